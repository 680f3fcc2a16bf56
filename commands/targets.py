"""Whom or which line a command names. Pure.

Names match letter by letter without regard to case, never by looking alike: who only looks like somebody is another
person. Where several people go by a name, nobody is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cases.room_memory import Line, RoomMemory
from commands.arguments import MARKS, RULE_LIKE, category, duration, plain
from commands.parse import LAST_WORDS, parse, visible
from streams.events import Message, Sender


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a command names. ``line`` is the one line it points at, None when it names a person.

    ``rest`` are the arguments that follow the target.
    """

    sender: Sender
    line: Line | None
    rest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several people have gone by this name. ``choices`` are the short ids of their latest lines."""

    name: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """No target: ``hint`` is ``no_target``, ``unknown_name``, ``unknown_line``, ``no_last_line`` or ``masked_target``."""

    hint: str


def resolve_target(
    arguments: Sequence[str], message: Message, memory: RoomMemory, *, known: Sequence[Sender] = ()
) -> Target | Ambiguous | Missing:
    """Whom or which line the arguments name, else the line this message answers.

    Names match letter by letter without regard to case, never by looking alike; the longest name that is somebody's
    wins. ``known`` are people to consider besides those who spoke lately.
    """
    first = arguments[0] if arguments else ""
    if first.startswith("#"):
        return _by_line_id(arguments, memory)
    if plain(first) in LAST_WORDS:
        return _by_last(arguments[1:], message, memory)
    if first.startswith("@"):
        return _by_name(" ".join(arguments)[1:].strip(), memory, known)
    if message.reply_to is not None or message.reply_to_sender is not None:
        return _by_reply(arguments, message, memory)
    if not arguments or duration(first) is not None or category(first) or RULE_LIKE.fullmatch(plain(first)):
        return Missing("no_target")
    return _by_name(" ".join(arguments), memory, known)


def _target_line(line: Line, memory: RoomMemory, rest: Sequence[str]) -> Target | Missing:
    sender = line.message.sender
    if sender.id is None:
        return Missing("masked_target")
    current = memory.sender(sender.id)
    return Target(current.sender if current else sender, line, tuple(rest))


def _by_line_id(arguments: Sequence[str], memory: RoomMemory) -> Target | Missing:
    typed = arguments[0][1:]
    glued = re.split(f"[{re.escape(MARKS)}]", typed, maxsplit=1)
    for wanted in (typed, visible(typed), plain(typed), plain(glued[0])):
        if wanted and (line := memory.line(wanted)) is not None:
            after = glued[1:] if wanted == plain(glued[0]) and glued[1:] != [""] else []
            return _target_line(line, memory, [*after, *arguments[1:]])
    return Missing("unknown_line" if typed else "no_target")


def _by_last(rest: Sequence[str], message: Message, memory: RoomMemory) -> Target | Missing:
    """The latest line before this message by a viewer other than its sender that is no command."""
    own = memory.line(message.id)
    for line in reversed(memory.lines):
        sender = line.message.sender
        if (own is not None and line.number >= own.number) or sender.id in (None, message.sender.id):
            continue
        if not memory.is_exempt(sender) and parse(line.message.text) is None:
            return _target_line(line, memory, rest)
    return Missing("no_last_line")


def _by_reply(arguments: Sequence[str], message: Message, memory: RoomMemory) -> Target | Missing:
    line = memory.line(message.reply_to) if message.reply_to is not None else None
    if line is not None:
        return _target_line(line, memory, arguments)
    author = memory.sender(message.reply_to_sender) if message.reply_to_sender is not None else None
    return Target(author.sender, None, tuple(arguments)) if author else Missing("unknown_line")


def _by_name(text: str, memory: RoomMemory, known: Sequence[Sender]) -> Target | Ambiguous | Missing:
    wanted = _possible_names(text)
    people = _people_named(frozenset(wanted), memory, known)
    for name, end in wanted.items():
        if found := people.get(name):
            rest = tuple(text[end:].lstrip(MARKS + " ").split())
            if len(found) == 1:
                return Target(next(iter(found.values())), None, rest)
            return Ambiguous(text[:end], _choices(found, memory))
    return Missing("unknown_name" if text else "no_target")


def _possible_names(text: str) -> dict[str, int]:
    """What the text may begin with as a name, longest first, with the place where it ends."""
    ends = [place for place in range(min(len(text), 80), 0, -1) if place == len(text) or text[place] in MARKS + " "]
    names: dict[str, int] = {}
    for end in ends:
        for name in (text[:end], visible(text[:end])):
            if name.strip():
                names.setdefault(name.strip().casefold(), end)
    return names


def _people_named(wanted: frozenset[str], memory: RoomMemory, known: Sequence[Sender]) -> dict[str, dict[str, Sender]]:
    """By name the people, as they are now, who go or lately went by it."""
    people: dict[str, dict[str, Sender]] = {}
    seen = [memory_of.sender for memory_of in memory.senders()]
    for sender in (*seen, *(line.message.sender for line in memory.lines), *known):
        if sender.id is not None and (name := sender.name.casefold()) in wanted:
            current = memory.sender(sender.id)
            people.setdefault(name, {})[sender.id] = current.sender if current else sender
    return people


def _choices(found: Mapping[str, Sender], memory: RoomMemory) -> tuple[str, ...]:
    latest = [
        memory_of.recent[-1] for sender_id in found if (memory_of := memory.sender(sender_id)) and memory_of.recent
    ]
    kept = [line for line in latest if memory.line(line.short_id) is line]
    return tuple(f"#{line.short_id}" for line in sorted(kept, key=lambda line: -line.number)[:4])
