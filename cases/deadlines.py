"""Deadlines: how long each step may take, and what nobody may make longer (norm, the table of deadlines).

The norm gives words ("immediately", "within the set time"); the numbers are ours, and each has a ceiling. A running
deadline is a row: it survives a restart, warns when three quarters have passed, and once overdue stays recorded so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from streams.events import RoomKey

WARN_AT = 0.75
"""The share of the time after which people are warned."""


@dataclass(frozen=True, slots=True)
class Term:
    """One kind of deadline. ``live`` is the span while the room is live, None: the same as otherwise.

    ``working_days`` counts Monday to Friday only: ``span`` and ``ceiling`` are then so many working days.
    """

    key: str
    clause: str
    span: timedelta
    ceiling: timedelta
    live: timedelta | None = None
    working_days: bool = False


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _m(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


def _h(hours: float) -> timedelta:
    return timedelta(hours=hours)


def _d(days: float) -> timedelta:
    return timedelta(days=days)


TERMS: Mapping[str, Term] = {
    term.key: term
    for term in (
        Term("ack", "N1.3-3", _s(45), _s(60)),
        Term("triage_auto", "N2.3-1", _s(5), _m(1)),
        Term("triage_human", "N2.3-1", _h(12), _h(24), live=_m(10)),
        Term("refusal_reason", "N2.3-1", _s(60), _h(1)),
        Term("review_severe", "N2.3-2", _h(2), _h(4), live=_m(15)),
        Term("review_moderate", "N2.3-2", _h(24), _h(48)),
        Term("review_minor", "N2.3-2", _h(72), _d(7)),
        Term("panel", "N2.3-3", _h(72), _d(7)),
        Term("apply", "N3.1-2", _m(10), _m(10)),
        Term("feedback", "N3.2-1", _s(60), _h(1)),
        Term("statement", "N3.2-1", _s(60), _h(1)),
        Term("appeal_ack", "N3.3-2", _m(1), _h(1)),
        Term("appeal_decide_running", "N3.3-2", _h(24), _h(72)),
        Term("appeal_decide", "N3.3-2", _d(7), _d(15)),
        Term("appeal_cure", "N3.3-1", _d(7), _d(7)),
        Term("revoke", "N3.3-3", _s(60), _m(10)),
        Term("provisional_expiry", "N1.3-2", _m(30), _h(2)),
        Term("ban_second", "N3.1-2c", _h(2), _h(2)),
        Term("ban_review", "N3.1-2c", _d(90), _d(90)),
        Term("command_reasons", "N3.1-2e", _m(30), _m(30)),
        Term("referral_life", "N3.1-2d", _h(1), _h(1)),
        Term("referral", "N3.1-2d", _h(24), _h(24)),
        Term("complaint_first", "P1-5", _h(24), _h(48)),
        Term("complaint_close", "P1-5", _d(10), _d(15), working_days=True),
        Term("rights_request", "P3-1c", _d(10), _d(15), working_days=True),
        Term("breach_notice", "P1-3", _h(24), _h(72)),
        Term("concern_reply", "N4.2-1", _d(3), _d(7), working_days=True),
        Term("entry", "N2.1-3", _h(4), _h(4)),
        Term("supervision_task", "N4.1-1", _d(14), _d(14)),
        Term("conduct_suspend", "N4.3-1", _h(1), _h(1)),
        Term("malice_finding", "N4.3-2a", _d(7), _d(7)),
        Term("disclosure", "N4.3-2b", _d(15), _d(15), working_days=True),
        Term("inspection", "P4-1", _d(1), _d(1), working_days=True),
        Term("self_assessment", "P5-1", _d(183), _d(183)),
        Term("life_or_child", "N2.2-1", _m(5), _m(5)),
    )
}
"""Every deadline by its key."""


class Deadline(msgspec.Struct, frozen=True):
    """One running deadline, a row until it is kept, dropped or long overdue.

    ``ref`` names what it runs for (a report, an action, an appeal, a dossier); ``key`` and ``ref`` together are unique.
    ``about`` is the case's code or the dossier's id; ``room`` None: the whole installation.
    """

    key: str
    ref: str
    about: str
    room: RoomKey | None
    started_at: datetime
    warn_at: datetime
    due_at: datetime


class Terms:
    """The spans of one installation, and those of ``rooms`` that set their own. Raises ValueError, naming key and
    ceiling, for a span longer than its ceiling."""

    def __init__(
        self,
        spans: Mapping[str, timedelta] | None = None,
        rooms: Mapping[RoomKey, Mapping[str, timedelta]] | None = None,
    ) -> None:
        self._spans = dict(spans or {})
        self._rooms = {room: dict(own) for room, own in (rooms or {}).items()}
        for own in (self._spans, *self._rooms.values()):
            for key, span in own.items():
                _check(key, span)

    def span(self, key: str, *, live: bool = False, room: RoomKey | None = None) -> timedelta:
        """How long a step may take; in working days where the term counts these. ``room`` None: as in no room."""
        term = TERMS[key]
        usual = term.live if live and term.live is not None else term.span
        own = self._rooms.get(room, {}) if room is not None else {}
        chosen = own.get(key, self._spans.get(key, usual))
        return min(chosen, usual) if live and term.live else chosen

    def due(self, key: str, started_at: datetime, *, live: bool = False, room: RoomKey | None = None) -> datetime:
        """When a step that began then is due."""
        span = self.span(key, live=live, room=room)
        return after_working_days(started_at, span) if TERMS[key].working_days else started_at + span

    def start(
        self, key: str, ref: str, about: str, room: RoomKey | None, started_at: datetime, *, live: bool = False
    ) -> Deadline:
        """A deadline that begins. ``live``: the room is on air."""
        due_at = self.due(key, started_at, live=live, room=room)
        return Deadline(key, ref, about, room, started_at, started_at + (due_at - started_at) * WARN_AT, due_at)


def _check(key: str, span: timedelta) -> None:
    if key not in TERMS:
        raise ValueError(f"there is no deadline {key}; there are {', '.join(TERMS)}")
    if not timedelta(0) < span <= TERMS[key].ceiling:
        raise ValueError(f"deadline {key} may be at most {TERMS[key].ceiling}, got {span}")


def after_working_days(start: datetime, span: timedelta) -> datetime:
    """The instant so many working days (Monday to Friday, in UTC) later, at the same time of day."""
    day, left = start, span.days
    while left > 0:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day
