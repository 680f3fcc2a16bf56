"""The order of the moderators' queue: what is grave, what is happening now, what has waited (norm N1.3-3, N2.2-1).

A person's standing only decides between cases that are otherwise alike, and how many reported decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.deadlines import Deadline
from cases.model import AppealStatus, CaseState, CaseStatus
from cases.presumption import presumed
from cases.sentence import Severity
from cases.standing import NOBODY, Brigade, Credibility, brigade, voices
from streams.events import RoomKey

GROWING = timedelta(minutes=10)
"""New people who report within so long say that the harm grows."""


WAITING = (CaseStatus.APPEALED, CaseStatus.OPEN, CaseStatus.REVIEW, CaseStatus.PANEL)
"""How a case stands that waits for a person."""


@dataclass(frozen=True, slots=True)
class Place:
    """A case with what gives it its place. Compare by `order`, the smallest first."""

    state: CaseState
    urgent: bool
    live: bool
    growing: bool
    since: datetime
    credibility: float
    brigade: Brigade | None
    due: Deadline | None = None
    """The next step that has to be taken by an instant, None: none runs."""
    overdue: bool = False
    topics: tuple[str, ...] = ()
    """What the room is about, where a promotion was reported: whether it is on topic is for a person to say."""

    @property
    def severity(self) -> Severity:
        """How grave it is taken to be."""
        return presumed(self.state)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is worth saying of it, in words of the catalogue's area ``queue``."""
        said = {"urgent": self.urgent, "live": self.live, "growing": self.growing, "overdue": self.overdue}
        return tuple(word for word, holds in said.items() if holds)

    @property
    def order(self) -> tuple[bool, int, bool, bool, datetime, float, str]:
        """Life or a child first; then severity, on air, growing, age to the minute, the reporters' record."""
        minute = self.since.replace(second=0, microsecond=0)
        severity = self.severity.rank
        return (
            not self.urgent,
            -severity,
            not self.live,
            not self.growing,
            minute,
            -self.credibility,
            self.state.code,
        )


def queue(
    states: Iterable[CaseState],
    now: datetime,
    live: Set[RoomKey],
    earlier: Mapping[str, frozenset[str]],
    records: Mapping[str, Credibility],
    due: Mapping[str, Deadline] | None = None,
) -> Sequence[Place]:
    """The cases that wait for a person, in the order in which they should be looked at.

    ``live`` are the rooms on air; ``earlier`` and ``records`` say of each reporter's pseudonym which cases they reported
    before and how far that held. Who is in neither is nobody yet. ``due`` has the next deadline by code; it is shown and
    orders nothing.
    """
    waiting = [state for state in states if state.status in WAITING]
    places = [_place(state, now, live, earlier, records, (due or {}).get(state.code)) for state in waiting]
    return sorted(places, key=lambda place: place.order)


def _place(
    state: CaseState,
    now: datetime,
    live: Set[RoomKey],
    earlier: Mapping[str, frozenset[str]],
    records: Mapping[str, Credibility],
    due: Deadline | None,
) -> Place:
    own = {report.reporter for report in state.reports}
    others = {reporter: earlier[reporter] - {state.code} for reporter in own if reporter in earlier}
    found = brigade(state, others)
    best = max((records.get(report.reporter, NOBODY).mean for report in state.reports), default=NOBODY.mean)
    return Place(
        state,
        urgent=any(report.urgent for report in state.reports),
        live=state.room in live,
        growing=voices(state, found, now - GROWING) > 1,
        since=_since(state),
        credibility=NOBODY.mean if found else best,
        brigade=found,
        due=due,
        overdue=due is not None and due.due_at <= now,
    )


def _since(state: CaseState) -> datetime:
    """Since when somebody waits for this case."""
    asked = [appeal.at for appeal in state.appeals if appeal.status is AppealStatus.OPEN]
    return min(asked, default=state.opened_at)


@dataclass(frozen=True, slots=True)
class Queue:
    """The places in order, and how many further cases wait that were not looked at."""

    places: Sequence[Place]
    more: int = 0
