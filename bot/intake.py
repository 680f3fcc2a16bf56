"""What waits before the pipeline: a bounded queue that drops repeated message ids and says what it sheds.

Overload sheds the least valuable first: plain viewers' lines. Events that are no lines, staff's lines and lines that look
like commands have as much room again before they too are shed. A shed line gets no verdict, so no overlay shows it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec

from streams.events import Event, Message, RoomKey

BATCH = 512
QUEUE = 20_000
IDS_KEPT = 512
"""Ids remembered of each room: a platform repeats a line at once or after a reconnect, not much later."""
LINGER = timedelta(milliseconds=2)


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """An event and the instant it arrived, Unix seconds."""

    event: Event
    at_s: float


class Intake:
    """Where feeds put events and the pipeline takes them.

    ``shed`` is told the reason (``overload``, ``repeated``) for every event not kept.
    """

    def __init__(self, clock: Callable[[], float], shed: Callable[[str], None], capacity: int = QUEUE) -> None:
        self._clock = clock
        self._shed = shed
        self._capacity = capacity
        self._waiting: deque[Arrived] = deque()
        self._filled = asyncio.Event()
        self._seen: dict[RoomKey, dict[str, None]] = {}
        self._last_batch = 0
        self.closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, events: Sequence[Event]) -> None:
        """Keep the events of a feed in order; never blocks, never raises."""
        at_s = self._clock()
        for event in events:
            if not self.closed and self._admit(event):
                self._waiting.append(Arrived(event, at_s))
        if self._waiting:
            self._filled.set()

    def close(self) -> None:
        """Take nothing more; what waits is still handed out, then None."""
        self.closed = True
        self._filled.set()

    async def take(self) -> list[Arrived] | None:
        """The next batch, at most BATCH events; None when closed and empty.

        Lingers up to two milliseconds for more when the last batch was small: alone a line gains nothing by it, but under
        many small frames fewer and larger batches cost less than they delay.
        """
        while not self._waiting:
            if self.closed:
                return None
            self._filled.clear()
            await self._filled.wait()
        if 1 < self._last_batch < 16 and len(self._waiting) < 16 and not self.closed:
            await asyncio.sleep(LINGER.total_seconds())
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        self._last_batch = len(batch)
        return batch

    def forget(self, room: RoomKey) -> None:
        """The room is no longer watched."""
        self._seen.pop(room, None)

    def _admit(self, event: Event) -> bool:
        full = len(self._waiting) >= self._capacity
        if isinstance(event, Message):
            if self._repeated(event):
                self._shed("repeated")
                return False
            if full and not _precious(event):
                self._shed("overload")
                return False
        if full and len(self._waiting) >= 2 * self._capacity:
            self._shed("overload")
            return False
        return True

    def _repeated(self, message: Message) -> bool:
        seen = self._seen.setdefault(message.room, {})
        if message.id in seen:
            return True
        seen[message.id] = None
        if len(seen) > IDS_KEPT:
            del seen[next(iter(seen))]
        return False


def _precious(message: Message) -> bool:
    """Staff's lines and whatever begins like a command (marks in use before the word, or the Chinese words bare)."""
    return message.sender.roles.is_staff or message.text.lstrip()[:1] in {"!", "！", "举", "舉", "申", "@", "＠"}
