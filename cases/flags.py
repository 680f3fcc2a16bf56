"""Flags: what in the record looks like an abuse of office, for supervisors to look at (norm N4.3-1). Pure, over rows.

A flag proves nothing: it opens a matter of conduct, and a person judges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.history import ActionOrdered, AnyEntry, MeasureRevoked
from cases.model import ActionKind, Actor, ActorKind
from cases.staff import StaffBook
from streams.events import RoomKey

FAVOURS = 3
"""So often somebody lifts what others had decided about the same person, within `FAVOURS_WITHIN`."""
FAVOURS_WITHIN = timedelta(days=30)
LOOKUPS = 30
"""So many different things looked at within `LOOKUPS_WITHIN`: nobody reads so fast."""
LOOKUPS_WITHIN = timedelta(minutes=10)
_STAFF = frozenset(ActorKind) - {ActorKind.BOT, ActorKind.VIEWER}


@dataclass(frozen=True, slots=True)
class Lift:
    """One measure taken back before its end. ``ordered_by`` and ``by`` are refs, "" for the program."""

    at: datetime
    room: RoomKey
    code: str
    respondent: str
    ordered_by: str
    by: Actor


@dataclass(frozen=True, slots=True)
class Look:
    """One thing somebody looked at, as the access log has it. ``ref`` is what: a case's code, a dossier's id."""

    at: datetime
    who: str
    ref: str


@dataclass(frozen=True, slots=True)
class Flag:
    """One suspicion: ``kind`` is ``self-reversal``, ``favour`` or ``bulk-lookup``; ``about`` names the member of staff."""

    kind: str
    about: str
    at: datetime
    room: RoomKey | None
    what: str

    @property
    def told(self) -> str:
        """The flag in a line, as a matter of conduct begins with it."""
        return f"{self.kind}: {self.what}"


def lifts(room: RoomKey, code: str, entries: Iterable[AnyEntry]) -> Iterator[Lift]:
    """The mutes and bans of one case that somebody took back, read off its history."""
    ordered: dict[str, tuple[str, str]] = {}
    for entry in entries:
        match entry:
            case ActionOrdered(action=action) if action.kind in (ActionKind.MUTE, ActionKind.BAN):
                ordered[action.id] = (action.respondent, entry.by.ref)
            case MeasureRevoked(action_id=action_id) if action_id in ordered and entry.by.kind in _STAFF:
                respondent, ordered_by = ordered[action_id]
                yield Lift(entry.at, room, code, respondent, ordered_by, entry.by)


def self_reversals(rows: Iterable[Lift], book: StaffBook) -> tuple[Flag, ...]:
    """Members of staff who took back a measure against themselves."""
    return tuple(
        Flag(
            "self-reversal",
            book.person(row.by.ref, row.room),
            row.at,
            row.room,
            f"lifted the own measure in {row.code}",
        )
        for row in rows
        if book.same(row.by.ref, row.respondent, row.room)
    )


def favours(rows: Iterable[Lift], book: StaffBook) -> tuple[Flag, ...]:
    """Members of staff who again and again lift what others decided about one and the same person."""
    pairs: dict[tuple[str, RoomKey, str], list[Lift]] = {}
    for row in sorted(rows, key=lambda row: row.at):
        if not book.same(row.by.ref, row.ordered_by, row.room):
            pairs.setdefault((book.person(row.by.ref, row.room), row.room, row.respondent), []).append(row)
    return tuple(flag for (who, room, _), own in pairs.items() for flag in _favour(who, room, own))


def _favour(who: str, room: RoomKey, rows: list[Lift]) -> Iterator[Flag]:
    for first, last in zip(rows, rows[FAVOURS - 1 :], strict=False):
        if last.at - first.at <= FAVOURS_WITHIN:
            codes = ", ".join(dict.fromkeys(row.code for row in rows if first.at <= row.at <= last.at))
            yield Flag("favour", who, last.at, room, f"lifted {FAVOURS} measures against one person: {codes}")
            return


def bulk_lookups(rows: Iterable[Look], book: StaffBook) -> tuple[Flag, ...]:
    """Members of staff who looked at more different things in a short time than anybody reads."""
    by_person: dict[str, list[Look]] = {}
    for row in sorted(rows, key=lambda row: row.at):
        by_person.setdefault(book.person(row.who), []).append(row)
    return tuple(flag for who, own in by_person.items() for flag in _bulk(who, own))


def _bulk(who: str, rows: list[Look]) -> Iterator[Flag]:
    first = 0
    for last, row in enumerate(rows):
        while row.at - rows[first].at > LOOKUPS_WITHIN:
            first += 1
        if len({one.ref for one in rows[first : last + 1]}) >= LOOKUPS:
            yield Flag("bulk-lookup", who, row.at, None, f"looked at {LOOKUPS} things within {LOOKUPS_WITHIN}")
            return
