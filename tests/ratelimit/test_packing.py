"""The arguments of the script and what it tells, as bytes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratelimit.counters import Counters, count_lines
from ratelimit.limits import Hit
from ratelimit.packing import begin, cut, pack, pseudonyms, unpack

PSEUDONYM = pseudonyms(b"secret")
EPOCH_MS = 10_000


def test_senders_are_named_once_a_room_with_the_number_of_their_lines() -> None:
    hits = [Hit("r", "ann", 1), Hit("r", "ann", 2), Hit("s", None, 3), Hit("r", "bob", 4), Hit("r", None, 5)]
    arguments = pack(cut(hits)[0], PSEUDONYM)
    assert arguments.count(PSEUDONYM("ann")) == 1
    start = arguments.index(b"danmod:{r}:")
    room = b"-" * 65
    assert arguments[start : start + 6] == [
        b"danmod:{r}:",
        b"5",
        b"\0\4\0\2\0\1",
        room,
        PSEUDONYM("ann"),
        PSEUDONYM("bob"),
    ]
    assert arguments[start + 6 :] == [b"danmod:{s}:", b"3", b"\0\1", room]


def test_a_room_whose_epoch_turns_is_sent_in_two_stretches() -> None:
    hits = [Hit("r", "ann", EPOCH_MS - 1), Hit("r", "bob", EPOCH_MS), Hit("r", "ann", EPOCH_MS - 5)]
    stretches, of_line = cut(hits)
    assert [(stretch.latest_ms, stretch.senders) for stretch in stretches] == [
        (EPOCH_MS - 1, {"ann": 1}),
        (EPOCH_MS, {"bob": 1, "ann": 1}),
    ]
    assert of_line == [stretches[0], stretches[1], stretches[1]]


def test_a_pseudonym_depends_on_the_key_and_is_short() -> None:
    assert len(PSEUDONYM("ann")) == 8
    assert PSEUDONYM("ann") == pseudonyms(b"secret")("ann") != pseudonyms(b"other")("ann")


def test_counting_starts_from_what_was_before() -> None:
    """At 13 s, 7 of 10 parts of the earlier 10 s are left, and 47 of 60 of the earlier minute."""
    hits = [Hit("r", "ann", 13_000)]
    stretches, of_line = cut(hits)
    begin(stretches, [0, 12_000, 1, 999, 999, 20, 6, 1, 300, 41, 10, 6])
    [usage] = count_lines(hits, [stretch.counters for stretch in of_line], 1)
    assert usage.counts == (10 * 7 // 10 + 6, 300 * 47 // 60 + 41, 20 * 7 // 10 + 6)


def test_what_counters_tell_they_take() -> None:
    told = [1, 2, 3, 4, 5, 1, 6, 7, 8, 9, 1, 10, 11, 12, 13]
    counters = Counters()
    counters.turn(EPOCH_MS)
    counters.take(told, 0, {"ann": 0, "bob": 0})
    assert counters.told(["ann", "bob"]) == told
    assert counters.told(["cy"]) == [1, 2, 3, 4, 5, 1, 0, 0, 0, 0]


@given(st.binary(max_size=60) | st.none() | st.integers() | st.lists(st.integers()))
def test_any_answer_is_read_or_refused(answer: object) -> None:
    try:
        told = unpack(answer)
    except ValueError:
        return
    assert isinstance(answer, bytes)
    assert all(isinstance(number, int) for number in told)


@pytest.mark.parametrize("numbers", [0, 11, 13])
def test_too_few_or_too_many_numbers_are_refused(numbers: int) -> None:
    with pytest.raises(ValueError, match="expected 12 numbers"):
        begin(cut([Hit("r", "ann", 1)])[0], unpack(b"\1" * 4 * numbers))


hits = st.builds(
    Hit, st.sampled_from("ab"), st.sampled_from([None, "ann", "bob"]), st.integers(-5, 4 * EPOCH_MS) | st.integers()
)


@given(st.lists(hits, max_size=40))
def test_stretches_hold_every_line_once_in_one_epoch(batch: list[Hit]) -> None:
    stretches, of_line = cut(batch)
    assert sum(stretch.lines for stretch in stretches) == len(of_line) == len(batch)
    for hit, stretch in zip(batch, of_line, strict=True):
        assert stretch.room == hit.room
        assert hit.at_ms < stretch.end_ms
        assert stretch.end_ms - EPOCH_MS <= stretch.latest_ms < stretch.end_ms
    for _, own in itertools.groupby(sorted(stretches, key=lambda one: one.room), key=lambda one: one.room):
        ends = [stretch.end_ms for stretch in own]
        assert ends == sorted(set(ends)), "the epochs of a room follow each other"
