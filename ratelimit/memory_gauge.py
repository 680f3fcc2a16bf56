"""The gauge within this process: the counters of every room, those silent for long forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from ratelimit.counters import Counters, count_lines
from ratelimit.limits import Hit, Usage
from ratelimit.tokens import TokenMemory

IDLE_AFTER_HITS = 1 << 21
"""A room without a line while this many (to twice as many) were counted elsewhere is forgotten: 100 s at 20,000 a
second, and slower traffic needs no room back."""


class MemoryGauge:
    """Counts lines in sliding windows, in memory, for any number of rooms.

    Memory is bounded: at most ``fields`` counters per room, window and generation (beyond that the smallest are let go,
    so that in a storm of new accounts the loud ones stay counted), and at most twice ``rooms`` rooms, the longest
    silent of which are forgotten first. Both bounds are far above what a live room needs.
    """

    def __init__(self, *, fields: int = 1 << 16, rooms: int = 4096, idle_after_hits: int = IDLE_AFTER_HITS) -> None:
        self._fields = fields
        self._max_rooms = rooms
        self._idle_after = idle_after_hits
        self._left = idle_after_hits
        self._rooms: dict[str, Counters] = {}
        self._older: dict[str, Counters] = {}
        self._tokens = TokenMemory()

    @property
    def degraded(self) -> bool:
        """Never: there is nothing to lose."""
        return False

    async def count(self, batch: Sequence[Hit], token: str) -> list[Usage]:
        """See :class:`ratelimit.gauge.Gauge`. Tokens are remembered for the latest 16,384 lines."""
        return self.count_once(batch, token)

    async def close(self) -> None:
        """Nothing to let go of."""

    def count_once(self, batch: Sequence[Hit], token: str) -> list[Usage]:
        """As :meth:`count`, without awaiting."""
        if (known := self._tokens.recall(token)) is not None:
            return known
        answers = self.count_now(batch)
        self._tokens.remember(token, answers)
        return answers

    def count_now(self, batch: Sequence[Hit]) -> list[Usage]:
        """Count without a token: every call counts."""
        answers: list[Usage] = []
        while len(batch) > self._left:
            answers += self._count_run(batch[: self._left])
            batch = batch[self._left :]
            self._left = self._idle_after
            self._age()
        self._left -= len(batch)
        return answers + self._count_run(batch) if answers else self._count_run(batch)

    def _count_run(self, batch: Sequence[Hit]) -> list[Usage]:
        rooms = self._rooms
        found = []
        for hit in batch:
            room = rooms.get(hit[0])
            if room is None:
                room = self._find(hit[0])
                rooms = self._rooms
            found.append(room)
        return count_lines(batch, found, self._fields)

    def counters(self, room_key: str) -> Counters | None:
        """The counters of a room, None when it is not known. Only for looking."""
        return self._rooms.get(room_key) or self._older.get(room_key)

    def _find(self, room_key: str) -> Counters:
        """A room not seen since the last ageing, or never."""
        room = self._older.pop(room_key, None) or Counters()
        if len(self._rooms) >= self._max_rooms:
            self._age()
        self._rooms[room_key] = room
        return room

    def _age(self) -> None:
        """Forget the rooms silent since the last ageing."""
        self._older = self._rooms
        self._rooms = {}
