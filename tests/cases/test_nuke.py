"""A nuke's text is found through its evasions, hits nobody of the staff, lingers for its time, and ends when taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.nuke import Hits, Nuke, Nukes, Unfit, hits, is_too_broad, needle
from cases.room_memory import Line, RoomMemory
from cases.sentence import Measure
from commands.parse import parse
from ratelimit.fold import fold
from streams.events import Message, Role, Sender
from tests.cases.room import ROOM, START_S, TALK

PUSH = "加群领福利 12345678"


def say(memory: RoomMemory, who: str, text: str, at_s: float = START_S, roles: Role = Role.VIEWER) -> Line:
    number = memory.lines[-1].number + 1 if memory.lines else 1
    message = Message(ROOM, f"m{number}", Sender(who, who, roles), text, at_s)
    return memory.add(message, fold(text), memory.clamp(at_s))


def found(memory: RoomMemory, text: str, since_s: float = START_S) -> Hits:
    return hits(needle(text), memory, since_s, lambda words: parse(words) is not None)


@pytest.mark.parametrize(
    "evaded",
    [
        "加群领福利 12345678",
        "加群領福利 １２３４５６７８",
        "加\u200b群领福\u200b利 12345678",
        "【加群领福利】12345678",
        "大家好，加群领福利 12345678 哦",
        "join: 加群领福利 12345678 !!!",
    ],
)
def test_evasions_do_not_help(evaded: str) -> None:
    memory = RoomMemory(ROOM)
    say(memory, "ann", evaded)
    assert found(memory, PUSH).viewers == 1


@pytest.mark.parametrize("other", TALK)
def test_ordinary_talk_is_not_hit(other: str) -> None:
    memory = RoomMemory(ROOM)
    say(memory, "ann", other)
    assert found(memory, PUSH).lines == ()


@pytest.mark.parametrize("roles", [Role.MODERATOR, Role.OWNER, Role.BOT, Role.SELF])
def test_staff_and_bots_are_never_hit_then_or_later(roles: Role) -> None:
    memory, nukes = RoomMemory(ROOM), Nukes()
    line = say(memory, "mona", PUSH, roles=roles)
    assert found(memory, PUSH).lines == ()
    nukes.add(Nuke("1", needle(PUSH), Measure.DELETE, None, START_S + 300, ("A1",)))
    assert nukes.hit(line, memory, can_delete=True) is None


def test_only_what_was_said_in_that_time() -> None:
    memory = RoomMemory(ROOM)
    say(memory, "old", PUSH, START_S)
    say(memory, "new", PUSH, START_S + 300)
    assert [line.message.sender.id for line in found(memory, PUSH, START_S + 1).lines] == ["new"]


@pytest.mark.parametrize(("text", "why"), [("", "nuke_empty"), ("\u200b", "nuke_empty"), ("/(/", "nuke_pattern")])
def test_what_is_no_text_is_refused(text: str, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        needle(text)


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    memory = RoomMemory(ROOM)
    say(memory, "ann", "hello everybody")
    try:
        what = needle(text)
    except Unfit:
        return
    is_too_broad(found(memory, text), what)


def test_half_of_the_people_known_here_is_too_broad_however_many_strangers_there_are() -> None:
    memory = RoomMemory(ROOM)
    for words, at_s in (("good evening all of you", START_S), ("good evening again", START_S + 550)):
        for number in range(6):
            say(memory, f"regular{number}", words, at_s)
    for number in range(50):
        say(memory, f"stranger{number}", PUSH, START_S + 601)
    wave, evening = found(memory, PUSH, START_S + 100), found(memory, "good evening", START_S + 100)
    assert (wave.viewers, wave.known, wave.of_known) == (50, 0, 6)
    assert not is_too_broad(wave, needle(PUSH))
    assert is_too_broad(evening, needle("good evening"))


STEPS = st.lists(st.tuples(st.sampled_from(["copy", "talk", "undo"]), st.integers(0, 200)), max_size=20)


@given(STEPS, st.sampled_from([Measure.HIDE, Measure.DELETE, Measure.MUTE]))
def test_late_copies_are_hit_for_as_long_as_it_lingers_and_not_after_it_was_taken_back(
    steps: list[tuple[str, int]], measure: Measure
) -> None:
    memory, nukes, now_s, lives = RoomMemory(ROOM), Nukes(), START_S, True
    span = timedelta(minutes=10) if measure is Measure.MUTE else None
    nukes.add(Nuke("1", needle(PUSH), measure, span, START_S + 300, ("A1",), ["m0"]))
    hit_ids = ["m0"]
    for number, (step, wait_s) in enumerate(steps):
        now_s += wait_s
        if step == "undo":
            assert list(nukes.end("A1")) == (hit_ids if lives else [])
            lives = False
            continue
        line = say(memory, f"v{number}", PUSH if step == "copy" else TALK[number % len(TALK)], now_s)
        decision = nukes.hit(line, memory, can_delete=True)
        assert (decision is not None) is (step == "copy" and lives and now_s < START_S + 300)
        if decision is not None:
            hit_ids.append(line.message.id)
            assert Measure.HIDE in decision.sentence.measures
            assert (Measure.DELETE in decision.sentence.measures) is (measure is Measure.DELETE)
            assert (decision.sentence.mute == span) if span else decision.sentence.mute is None
            assert decision.quiet
