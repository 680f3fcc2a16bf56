"""A newcomer's link or contact: kept off the overlay, quietly. Nobody is reminded, muted or counted for it.

Somebody known here is never touched, nor staff. What the room itself talks about is fine from anybody: its allowed
hosts, and a host that staff or somebody known here has named lately. A room danmod has just joined knows nobody: there a
bare link, which a regular may well post, is left alone for the first minutes, and only what people hide or sell is kept off.
"""

from __future__ import annotations

from datetime import timedelta

from cases.checks.seen import Finding, Seen, Weight, contact_of
from cases.contacts import Contact, ContactKind
from cases.room_memory import Line
from cases.rules import ADVERTISING

KNOWN_LINES = 3
"""Somebody who said so many ordinary lines here more than a minute ago is known …"""
KNOWN_SPAN = timedelta(minutes=1)
"""… or one more, having begun so long ago."""
JUST_JOINED = timedelta(minutes=2)


def contact(seen: Seen) -> Finding | None:
    """A contact or link by somebody who is not known here."""
    if seen.plain or is_known(seen):
        return None
    found = contact_of(seen.line.message.text, seen.thresholds.allowed)
    if found is None or not found.sure:
        return None
    return held_for(seen, found)


def held_for(seen: Seen, found: Contact) -> Finding | None:
    """The finding about a contact; None when it is part of the room's talk, or a moderator gave leave."""
    if found.kind is ContactKind.LINK and (_is_just_joined(seen) or _is_talked_about(seen, found.found)):
        return None
    if found.found.startswith("@") and seen.memory.named(found.found[1:]):
        return None
    if seen.memory.permits.covers(seen.line.message.sender.id, seen.line.number, seen.line.at_s):
        return None
    signals = ((f"names_{found.kind}", found.found if found.kind is ContactKind.LINK else ""), _standing(seen))
    return Finding("contact", ADVERTISING, signals, (seen.line,), seen.line.cluster, weight=Weight.HOLD)


def is_known(seen: Seen) -> bool:
    """True for somebody who has said several ordinary lines here, and not only just now."""
    if seen.sender is None:
        return False
    earlier, just_now = seen.line.earlier, len(seen.sender.recent) - 1
    here_s = seen.line.at_s - seen.sender.first_s
    return earlier - just_now >= KNOWN_LINES or (earlier > KNOWN_LINES and here_s >= KNOWN_SPAN.total_seconds())


def _standing(seen: Seen) -> tuple[str, str]:
    return ("unknown_sender", "") if seen.sender is None else ("earlier_lines", str(seen.line.earlier))


def _is_just_joined(seen: Seen) -> bool:
    started_s = seen.memory.started_s
    return started_s is not None and seen.line.at_s - started_s < JUST_JOINED.total_seconds()


def _is_talked_about(seen: Seen, host: str) -> bool:
    """True when staff, or somebody known here, named this host in the lines that are remembered."""
    name = host.removeprefix("www.")
    return any(name in line.message.text.casefold() and _counts(seen, line) for line in seen.memory.lines)


def _counts(seen: Seen, line: Line) -> bool:
    if line is seen.line or line.judged or line.message.mirrored:
        return False
    return seen.memory.is_exempt(line.message.sender) or line.earlier >= KNOWN_LINES
