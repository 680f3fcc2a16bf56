"""Whom a command names: exactly that person, or nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.room_memory import RoomMemory
from commands.parse import Invocation, parse, visible
from commands.targets import Ambiguous, Missing, Target, resolve_target
from streams.events import Message, Sender, room_key

ROOM = room_key("irc", "#talk")
NAMES = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6)


def _room(*names: str) -> RoomMemory:
    memory = RoomMemory(ROOM)
    for number, name in enumerate(names):
        memory.add(Message(ROOM, f"m{number}", Sender(f"u{number}", name), "hi", float(number)), "hi", float(number))
    return memory


def _asked(text: str, *, reply_to: str | None = None, reply_to_sender: str | None = None) -> Message:
    return Message(ROOM, "asked", Sender("me", "Me"), text, 99.0, reply_to, reply_to_sender)


def _resolved(text: str, memory: RoomMemory, **answers: str) -> Target | Ambiguous | Missing:
    invocation = parse(text)
    assert isinstance(invocation, Invocation)
    return resolve_target(invocation.arguments, _asked(text, **answers), memory)


@pytest.mark.parametrize(
    ("typed", "found", "rest"),
    [
        ("@Night", "u0", ()),
        ("@Night Owl", "u1", ()),
        ("@night owl 10m", "u1", ("10m",)),
        ("@Night Owl, 10m", "u1", ("10m",)),
        ("@Night watch is bad", "u0", ("watch", "is", "bad")),
        ("Night Owl spam", "u1", ("spam",)),
        ("“Night Owl”，spam", "u1", ("spam",)),
        ("@小明，刷屏", "u2", ("刷屏",)),
        ("小明 刷屏", "u2", ("刷屏",)),
        ("@\u200b小\u200b明", "u2", ()),
        ("@Dr. No!", "u3", ()),
        ("@STRASSE", "u4", ()),
    ],
)
def test_the_longest_name_that_is_somebodys(typed: str, found: str, rest: tuple[str, ...]) -> None:
    target = _resolved(f"!report {typed}", _room("Night", "Night Owl", "小明", "Dr. No", "Straße"))
    assert isinstance(target, Target)
    assert (target.sender.id, target.rest) == (found, rest)


@pytest.mark.fault("X2")
@pytest.mark.norm("N2.1-1b", "bad-input")
@pytest.mark.parametrize("typed", ["@Ｎｉｇｈｔ", "@Nіght", "@N1ght", "@Nigh", "@Nightt", "@𝐍ight", "@Níght"])
def test_who_only_looks_like_somebody_is_somebody_else(typed: str) -> None:
    assert _resolved(f"!report {typed}", _room("Night")) == Missing("unknown_name")


def test_an_impostor_with_an_invisible_letter_is_not_the_one_who_was_named() -> None:
    memory = _room("Night", "Ni\u200bght")
    plain, hidden = _resolved("!report @Night", memory), _resolved("!report @Ni\u200bght", memory)
    assert isinstance(plain, Target)
    assert isinstance(hidden, Target)
    assert (plain.sender.id, hidden.sender.id) == ("u0", "u1")


@given(NAMES, st.integers(0, 5))
def test_a_target_is_always_somebody_whose_name_was_typed(names: list[str], which: int) -> None:
    typed = names[which % len(names)]
    found = resolve_target((f"@{typed}",), _asked(""), _room(*names))
    if isinstance(found, Target):
        name = found.sender.name.casefold()
        assert typed.strip().casefold().startswith(name.strip()) or visible(typed).strip().casefold().startswith(name)
    if isinstance(found, Ambiguous):
        assert len(found.choices) >= 2


def test_an_answer_names_its_line_unless_another_target_is_written() -> None:
    memory = _room("Night", "Owl")
    answered = _resolved("!report spam", memory, reply_to="m1")
    assert isinstance(answered, Target)
    assert (answered.sender.id, answered.line and answered.line.message.id, answered.rest) == ("u1", "m1", ("spam",))
    written = _resolved("!report @night", memory, reply_to="m1")
    assert isinstance(written, Target)
    assert written.sender.id == "u0"
    by_sender = _resolved("!report", memory, reply_to_sender="u1")
    assert isinstance(by_sender, Target)
    assert (by_sender.sender.id, by_sender.line) == ("u1", None)
    assert _resolved("!report", memory, reply_to="gone") == Missing("unknown_line")


def test_a_line_by_the_platforms_id_or_by_ours() -> None:
    memory = _room("Night", "Owl")
    short = memory.lines[1].short_id
    for typed in ("#m1", f"#{short}", f"＃{short.upper()}", f"# {short},", f"#{short}，刷屏"):
        found = _resolved(f"!report {typed}", memory)
        assert isinstance(found, Target), typed
        assert found.sender.id == "u1"


def test_people_of_one_name_are_asked_about_latest_first() -> None:
    memory = _room("Night", "NIGHT", "Owl")
    found = _resolved("!report @night", memory)
    assert found == Ambiguous("night", (f"#{memory.lines[1].short_id}", f"#{memory.lines[0].short_id}"))
