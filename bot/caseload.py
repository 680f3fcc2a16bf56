"""The moderators' queue over the store: what waits, in the order of `cases.queue` (norm N1.3-3, N4.3-2a)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta

from cases.deadlines import Deadline
from cases.model import CaseState
from cases.ports import CaseFilter, CaseReader, DeadlineBook, DeadlineFilter
from cases.promotions import PROMOTING
from cases.queue import WAITING, Queue, queue
from cases.standing import Earlier, credibility
from streams.events import RoomKey

NO_TOPICS: Mapping[RoomKey, tuple[str, ...]] = {}
MOST_WAITING = 500
"""So many waiting cases are put in order, the newest; of the others only the number is told."""
MOST_DEADLINES = 10_000
LOOKED_BACK = timedelta(days=365)
"""A report older than this says little about whoever made it."""


class Caseload:
    """What waits for a person. ``live`` are the rooms on air now, ``topics`` what each room is about."""

    def __init__(
        self,
        reader: CaseReader,
        deadlines: DeadlineBook,
        live: Callable[[], Set[RoomKey]] = frozenset,
        topics: Mapping[RoomKey, tuple[str, ...]] = NO_TOPICS,
    ) -> None:
        self._topics = topics
        self._reader = reader
        self._deadlines = deadlines
        self._live = live

    async def queue(self, now: datetime) -> Queue:
        """The queue as it stands. Raises StorageError."""
        found = [
            state
            for status in WAITING
            for state in await self._reader.cases(CaseFilter(status=status, limit=MOST_WAITING))
        ]
        newest = sorted(found, key=lambda state: state.opened_at, reverse=True)[:MOST_WAITING]
        records = await self._records(newest, now)
        places = queue(
            newest,
            now,
            self._live(),
            {reporter: frozenset(one.code for one in own) for reporter, own in records.items()},
            {reporter: credibility(own, now) for reporter, own in records.items()},
            await self._due(newest),
        )
        shown = [replace(place, topics=self.topics(place.state)) for place in places]
        return Queue(shown, await self._waiting() - len(newest))

    def topics(self, state: CaseState) -> tuple[str, ...]:
        """What the room is about, for a case about a promotion; nothing for any other (norm P1-4)."""
        return self._topics.get(state.room, ()) if state.category in PROMOTING else ()

    async def _records(self, states: Iterable[CaseState], now: datetime) -> dict[str, list[Earlier]]:
        """What the cases' reporters reported, by pseudonym; pseudonyms of two rooms are never the same."""
        reporters: dict[RoomKey, set[str]] = defaultdict(set)
        for state in states:
            reporters[state.room] |= {report.reporter for report in state.reports}
        records: dict[str, list[Earlier]] = defaultdict(list)
        for room, own in reporters.items():
            for one in await self._reader.reports_by(room, own, now - LOOKED_BACK):
                records[one.reporter].append(one)
        return records

    async def _due(self, states: Iterable[CaseState]) -> dict[str, Deadline]:
        """By code the next deadline that runs."""
        codes = {state.code for state in states}
        rows = await self._deadlines.deadlines(DeadlineFilter(running=True, among=codes, limit=MOST_DEADLINES))
        due: dict[str, Deadline] = {}
        for row in rows:  # the first due come first
            due.setdefault(row.deadline.about, row.deadline)
        return due

    async def _waiting(self) -> int:
        counted = await self._reader.counts()
        return sum(counted.get(f"cases_{status}", 0) for status in _names(WAITING))


def _names(statuses: Sequence[str]) -> list[str]:
    return [str(status).replace("-", "_") for status in statuses]
