"""The gauge within this process: two generations of counters per room and window, swapped at each epoch.

This is the hottest loop of the program (every line of every room passes it, even where Redis counts, so that local
numbers are warm when Redis goes away). Therefore the windows of :data:`ratelimit.limits.WINDOWS` are written out in
:meth:`MemoryGauge._count_run` instead of looped over, which halves the cost; the assertion below and the contract suite
keep both in step.
"""

from __future__ import annotations

from collections.abc import Sequence

from ratelimit.limits import WINDOWS, Hit, Subject, Usage
from ratelimit.tokens import TokenMemory
from ratelimit.window import epoch_of

assert [window.subject for window in WINDOWS] == [Subject.SENDER, Subject.SENDER, Subject.ROOM, Subject.REPEAT]

IDLE_AFTER_HITS = 1 << 21
"""A room without a line while this many (to twice as many) were counted elsewhere is forgotten: 100 s at 20,000 a
second, and slower traffic needs no room back."""

_new_usage = tuple.__new__
"""A NamedTuple's own constructor unpacks and repacks its arguments; this does not."""


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
        self._rooms: dict[str, _Room] = {}
        self._older: dict[str, _Room] = {}
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
            self._count_run(batch[: self._left], answers)
            batch = batch[self._left :]
            self._left = self._idle_after
            self._age()
        self._left -= len(batch)
        self._count_run(batch, answers)
        return answers

    def _count_run(self, batch: Sequence[Hit], answers: list[Usage]) -> None:
        rooms = self._rooms
        bound = self._fields
        for room_key, sender, text, at_ms in batch:
            room = rooms.get(room_key)
            if room is None:
                room = self._find(room_key)
                rooms = self._rooms
            if at_ms > room.latest_ms:
                room.latest_ms = at_ms
                if at_ms >= room.turn_ms:
                    room.turn(at_ms)
            else:
                at_ms = room.latest_ms
            burst, sustained, tempo, repeat = room.slots
            current = tempo.current
            in_room = current[""] = current.get("", 0) + 1
            if "" in tempo.previous:
                in_room += tempo.previous[""] * (tempo.end_ms - at_ms) // tempo.span_ms
            in_burst = in_sustained = in_repeat = 0
            if sender is not None:
                current = burst.current
                in_burst = current[sender] = current.get(sender, 0) + 1
                if sender in burst.previous:
                    in_burst += burst.previous[sender] * (burst.end_ms - at_ms) // burst.span_ms
                current = sustained.current
                in_sustained = current[sender] = current.get(sender, 0) + 1
                if in_sustained == 1 and len(current) > bound:
                    room.thin(bound)
                if sender in sustained.previous:
                    in_sustained += sustained.previous[sender] * (sustained.end_ms - at_ms) // sustained.span_ms
                if text is not None:
                    pair = (sender, text)
                    said = repeat.current
                    in_repeat = said[pair] = said.get(pair, 0) + 1
                    if in_repeat == 1 and len(said) > bound:
                        room.thin(bound)
                    if pair in repeat.previous:
                        in_repeat += repeat.previous[pair] * (repeat.end_ms - at_ms) // repeat.span_ms
            answers.append(_new_usage(Usage, ((in_burst, in_sustained, in_room, in_repeat), False)))

    def _find(self, room_key: str) -> _Room:
        """A room not seen since the last ageing, or never."""
        room = self._older.pop(room_key, None) or _Room()
        if len(self._rooms) >= self._max_rooms:
            self._age()
        self._rooms[room_key] = room
        return room

    def _age(self) -> None:
        """Forget the rooms silent since the last ageing."""
        self._older = self._rooms
        self._rooms = {}


class _Slot:
    """One window of one room: the running epoch's counters and those of the epoch before."""

    __slots__ = ("current", "end_ms", "previous", "span_ms")

    def __init__(self, span_ms: int) -> None:
        self.span_ms = span_ms
        self.end_ms = span_ms
        self.current: dict[object, int] = {}
        self.previous: dict[object, int] = {}

    def turn(self, at_ms: int) -> None:
        """Begin the epoch of ``at_ms``; the running one becomes the one before if it ended just now."""
        begin_ms = epoch_of(at_ms, self.span_ms) * self.span_ms
        self.previous = self.current if begin_ms == self.end_ms else {}
        self.current = {}
        self.end_ms = begin_ms + self.span_ms

    def thin(self, bound: int) -> None:
        """Let go of the smallest counters until at most half the bound are left."""
        if len(self.current) > bound // 2:
            by_size = sorted(self.current.items(), key=lambda item: -item[1])
            self.current = dict(by_size[: bound // 2])


class _Room:
    """One room: its windows, and the latest instant seen, below which time does not step."""

    __slots__ = ("latest_ms", "slots", "turn_ms")

    def __init__(self) -> None:
        self.latest_ms = 0
        self.slots = tuple(_Slot(window.span_ms) for window in WINDOWS)
        self.turn_ms = min(slot.end_ms for slot in self.slots)

    def turn(self, at_ms: int) -> None:
        """Turn every window whose epoch is over."""
        for slot in self.slots:
            if at_ms >= slot.end_ms:
                slot.turn(at_ms)
        self.turn_ms = min(slot.end_ms for slot in self.slots)

    def thin(self, bound: int) -> None:
        """Make room in every window."""
        for slot in self.slots:
            slot.thin(bound)
