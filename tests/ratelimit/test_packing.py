"""The arguments of the script and its answers, as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratelimit.limits import WINDOWS, Hit, Usage
from ratelimit.packing import pack, pseudonyms, unpack

PSEUDONYM = pseudonyms(b"secret")


def test_senders_and_texts_are_named_once_a_room() -> None:
    hits = [Hit("r", "ann", "x", 1), Hit("r", "ann", "x", 2), Hit("s", None, "x", 3), Hit("r", "ann", None, 4)]
    arguments, order = pack(hits, PSEUDONYM)
    assert order == [0, 1, 3, 2]
    assert arguments.count(PSEUDONYM("ann")) == 1
    assert arguments.count(PSEUDONYM("ann") + b"x") == 1
    assert b"danmod:{r}:" in arguments


def test_a_pseudonym_depends_on_the_key_and_is_short() -> None:
    assert len(PSEUDONYM("ann")) == 8
    assert PSEUDONYM("ann") == pseudonyms(b"secret")("ann") != pseudonyms(b"other")("ann")


@pytest.mark.parametrize(("width", "count"), [(1, 255), (2, 65_535), (4, 70_000)])
def test_counts_of_every_width_are_read(width: int, count: int) -> None:
    plane = bytes([width]) + count.to_bytes(width, "little") * 2
    assert unpack(plane * len(WINDOWS), [1, 0]) == [Usage((count,) * 4)] * 2


@given(st.binary(max_size=60) | st.none() | st.integers() | st.lists(st.integers()), st.integers(0, 5))
def test_any_answer_is_read_or_refused(packed: object, lines: int) -> None:
    try:
        usages = unpack(packed, range(lines))
    except ValueError:
        return
    assert isinstance(packed, bytes)
    assert len(usages) == lines
