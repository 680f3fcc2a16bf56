"""Freezing evidence from a room's memory: the judged lines with what came before, and later what came after.

Nobody but the respondent is named: others get a per-case alias. Command lines are left out, so that a report in chat does
not enter the file of the reported (norm N1.3-4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from cases.model import Evidence, EvidenceKind, EvidenceLine
from cases.room_memory import Line, RoomMemory

LINES_BEFORE = 10
AFTERMATH_LINES = 20
AFTERMATH_SPAN = timedelta(seconds=30)
LINES_FROZEN = 60
"""At most so many lines in one capture: a flood is proved by its first lines and its numbers."""

IsCommand = Callable[[str], bool]


def capture(
    memory: RoomMemory,
    respondent_id: str | None,
    judged: Sequence[Line],
    now: datetime,
    *,
    facts: Iterable[str] = (),
    is_command: IsCommand,
) -> Evidence:
    """The judged lines and up to ten lines before the first of them."""
    context = memory.before(judged[0], LINES_BEFORE) if judged else []
    gap = _gap(judged[0], len(context)) if judged else ""
    chosen = [line for line in context if not is_command(line.message.text)]
    lines = _frozen([*chosen, *judged[:LINES_FROZEN]], respondent_id, {line.number for line in judged})
    return Evidence(EvidenceKind.AT_ONCE, now, lines, tuple(facts), gap, _live_since(memory))


def aftermath(
    memory: RoomMemory, respondent_id: str | None, after_number: int, now: datetime, *, is_command: IsCommand
) -> Evidence:
    """Up to twenty lines that followed the line of this number."""
    followed = [line for line in memory.since(after_number, AFTERMATH_LINES) if not is_command(line.message.text)]
    gap = "" if followed else "nothing was said afterwards"
    return Evidence(EvidenceKind.AFTERMATH, now, _frozen(followed, respondent_id, set()), (), gap, _live_since(memory))


def _live_since(memory: RoomMemory) -> datetime | msgspec.UnsetType:
    return msgspec.UNSET if memory.live_since_s is None else datetime.fromtimestamp(memory.live_since_s, UTC)


def _gap(first: Line, known: int) -> str:
    """What is missing of ten lines before the first judged one, "" when nothing is."""
    if known == LINES_BEFORE:
        return ""
    if first.number > LINES_BEFORE:
        return f"only {known} earlier lines are known: older ones were forgotten"
    if first.number == 1:
        return "the room was joined only now: no earlier lines are known"
    return f"only {known} earlier lines are known: the room was joined just before"


def _frozen(lines: Sequence[Line], respondent_id: str | None, judged: set[int]) -> tuple[EvidenceLine, ...]:
    aliases: dict[str, str] = {}
    return tuple(_frozen_line(line, respondent_id, line.number in judged, aliases) for line in lines)


def _frozen_line(line: Line, respondent_id: str | None, judged: bool, aliases: dict[str, str]) -> EvidenceLine:
    sender = line.message.sender
    if judged or (sender.id is not None and sender.id == respondent_id):
        name = sender.name
    else:
        name = aliases.setdefault(sender.id or f"?{line.number}", f"viewer {len(aliases) + 1}")
    at = datetime.fromtimestamp(line.at_s, UTC)
    return EvidenceLine(line.message.id, name, line.message.text, at, judged)
