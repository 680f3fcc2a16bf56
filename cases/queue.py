"""The order of the moderators' queue: what is grave, what is happening now, what has waited (norm N1.3-3, N2.2-1).

A person's standing only decides between cases that are otherwise alike, and how many reported decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.model import AppealStatus, CaseState, CaseStatus
from cases.presumption import presumed
from cases.standing import NOBODY, Brigade, Credibility, brigade, voices
from streams.events import RoomKey

GROWING = timedelta(minutes=10)
"""New people who report within so long say that the harm grows."""


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

    @property
    def order(self) -> tuple[bool, int, bool, bool, datetime, float, str]:
        """Life or a child first; then severity, on air, growing, age to the minute, the reporters' record."""
        minute = self.since.replace(second=0, microsecond=0)
        severity = presumed(self.state).rank
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
) -> Sequence[Place]:
    """The cases that wait for a person, in the order in which they should be looked at.

    ``live`` are the rooms on air; ``earlier`` and ``records`` say of each reporter's pseudonym which cases they reported
    before and how far that held. Who is in neither is nobody yet.
    """
    waiting = [state for state in states if state.status.waits or state.status is CaseStatus.APPEALED]
    places = [_place(state, now, live, earlier, records) for state in waiting]
    return sorted(places, key=lambda place: place.order)


def _place(
    state: CaseState,
    now: datetime,
    live: Set[RoomKey],
    earlier: Mapping[str, frozenset[str]],
    records: Mapping[str, Credibility],
) -> Place:
    others = {reporter: codes - {state.code} for reporter, codes in earlier.items()}
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
    )


def _since(state: CaseState) -> datetime:
    """Since when somebody waits for this case."""
    asked = [appeal.at for appeal in state.appeals if appeal.status is AppealStatus.OPEN]
    return min(asked, default=state.opened_at)
