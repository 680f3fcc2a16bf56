"""Freezing what a command is about, at once: the lines named, the target's other lines, and what came before them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from cases.capture import capture
from cases.evidence import storable
from cases.model import Evidence, EvidenceLine
from cases.room_memory import Line, RoomMemory
from commands.parse import parse
from commands.targets import Target

RECENT_LINES = 10


def is_command(text: str) -> bool:
    """True for a line that is a command of ours, whoever wrote it."""
    return parse(text) is not None


def named_lines(target: Target) -> tuple[Line, ...]:
    """The line a command points at; none when it names a person."""
    return () if target.line is None else (target.line,)


def freeze(target: Target, memory: RoomMemory, before: Line | None, now: datetime) -> Evidence:
    """The target's latest lines and up to ten lines before them, as they were when ``before`` (None: now) was written.

    Marked as what the case is about are the line the command points at, or else all of the target's. Commands, whose
    ever, are left out: they would show who reported (norm N1.3-4).
    """
    own = _own_lines(target, memory, before)
    about = {line.message.id for line in named_lines(target)} or {line.message.id for line in own}
    evidence = capture(memory, target.sender.id, own, now, is_command=is_command)
    lines = tuple(_frozen(line, line.message_id in about) for line in evidence.lines)
    gap = evidence.gap if own else "no line of this sender is remembered"
    return msgspec.structs.replace(evidence, lines=lines, gap=gap)


def message_ids(target: Target, memory: RoomMemory, before: Line | None) -> tuple[str, ...]:
    """What a report is about: the line it points at, or the target's latest lines."""
    lines = named_lines(target) or _own_lines(target, memory, before)
    return tuple(line.message.id for line in lines)


def _frozen(line: EvidenceLine, judged: bool) -> EvidenceLine:
    return msgspec.structs.replace(line, judged=judged, text=storable(line.text), sender=storable(line.sender))


def _own_lines(target: Target, memory: RoomMemory, before: Line | None) -> tuple[Line, ...]:
    own = target.sender.id
    recent = [line for line in memory.lines if own is not None and line.message.sender.id == own and line is not before]
    chosen = {line.number: line for line in (*recent[-RECENT_LINES:], *named_lines(target))}
    return tuple(chosen[number] for number in sorted(chosen) if not is_command(chosen[number].message.text))
