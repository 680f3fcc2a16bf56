"""Rows of what a change owes to people: deadlines that begin, are kept or dropped, and letters. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from cases.deadlines import Deadline
from cases.evidence import scrubbed, storable
from cases.history import AnyEntry, Changes, DeadlineMissed, DeadlineWarned, Letter
from storage.row import Row, Rows
from streams.events import RoomKey


def add_owed(rows: Rows, changes: Changes, about: str, room: RoomKey | None, at: datetime) -> None:
    """The rows of a case's or dossier's change; ``about`` is its code or id."""
    _add_ends(rows, changes, at)
    for deadline in changes.deadlines:
        taken = (deadline.key, deadline.ref) in changes.deadlines_kept
        rows.deadlines.append(_deadline_row(deadline, at if taken else None))
    for letter in changes.letters:
        rows.inserts.append(("letters", _letter_row(letter, about, room, at)))


def _add_ends(rows: Rows, changes: Changes, at: datetime) -> None:
    """What ends goes before what begins: a deadline may be kept and begin anew in one change."""
    for key, ref in changes.deadlines_met:
        rows.deadline_changes.append(((key, storable(ref)), {"met_at": at}))
    for key, ref in changes.deadlines_dropped:
        rows.deadline_changes.append(((key, storable(ref)), {"dropped_at": at}))
    for key, ref, change in _marks(changes.entries):
        rows.deadline_changes.append(((key, storable(ref)), change))


def _marks(entries: Iterable[AnyEntry]) -> Iterable[tuple[str, str, Row]]:
    for entry in entries:
        if isinstance(entry, DeadlineWarned):
            yield entry.key, entry.ref, {"warned_at": entry.at}
        elif isinstance(entry, DeadlineMissed):
            yield entry.key, entry.ref, {"overdue_at": entry.at}


def _deadline_row(deadline: Deadline, met_at: datetime | None) -> Row:
    """``met_at`` None: the deadline runs. One that is met late was missed first."""
    late = met_at is not None and met_at > deadline.due_at
    return {
        "key": deadline.key,
        "ref": storable(deadline.ref),
        "about": storable(deadline.about),
        "room": deadline.room,
        "started_at": deadline.started_at,
        "warn_at": deadline.warn_at,
        "due_at": deadline.due_at,
        "warned_at": None,
        "met_at": met_at,
        "overdue_at": met_at if late else None,
        "dropped_at": None,
    }


def _letter_row(letter: Letter, about: str, room: RoomKey | None, at: datetime) -> Row:
    return {
        "addressee": letter.to,
        "ref": storable(letter.ref),
        "about": about,
        "room": room,
        "key": letter.key,
        "words": msgspec.json.encode(scrubbed(letter.words)).decode(),
        "created_at": at,
        "due_at": at,
        "attempts": 0,
        "sent_at": None,
        "held_at": None,
        "channel": "",
        "detail": "",
    }
