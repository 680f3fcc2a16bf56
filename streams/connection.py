"""The one async shell of every feed: dial, pump, watch, back off, again.

What the bytes mean is a :class:`Session`'s business, a sans-I/O value that each platform writes. What a dial needs (a
token, an address) is fetched anew for every dial by the platform's ``prepare``.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

import structlog
import websockets

from streams.backoff import Backoff
from streams.events import FeedChanged, FeedState, RoomKey
from streams.platform import Emit
from streams.session import Clock, Frame, Session, SessionOver
from streams.transport import FRAME_CAP, Dial, Transport, open_transport

__all__ = [
    "FRAME_CAP",
    "Clock",
    "Connection",
    "Dial",
    "Frame",
    "Prepare",
    "Session",
    "SessionOver",
    "Sleep",
    "Transport",
    "open_transport",
]

log = structlog.get_logger(__name__)

Sleep = Callable[[float], Awaitable[object]]
"""Waits a number of seconds."""

PREPARE_S = 30.0
"""Longest time to fetch what a dial needs."""

STEADY_S = 30.0
"""A connection kept for so long after the platform let us in starts the back-off anew."""

BAD_FRAMES = 20
BAD_FRAMES_WITHIN_S = 60.0
"""So many frames our decoder fails on, within so many seconds, end a session."""

LONGEST_NAP_S = 3600.0
"""The watchdog looks at the clock at least so often, however far its deadline."""

Prepare = Callable[[], Awaitable[Dial]]
"""Fetches what a dial needs. Raises SessionOver or OSError when there is nothing to dial."""


class Connection:
    """Keeps one connection alive for ever and turns it into events.

    ``rooms`` answers which rooms this connection serves now, for their FeedChanged events. ``clock`` is steady Unix
    time, ``chance`` the draw for the jitter, ``sleep`` waits a number of seconds (tests put their own clock behind
    both). ``failures`` counts the lost connections in a row, ``dropped_frames`` the frames that could not be taken.
    """

    def __init__(
        self,
        name: str,
        prepare: Prepare,
        rooms: Callable[[], Iterable[RoomKey]],
        *,
        clock: Clock,
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.name = name
        self.failures = 0
        self.dropped_frames = 0
        self._prepare = prepare
        self._rooms = rooms
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._chance = chance
        self._sleep = sleep
        self._pump: Pump | None = None

    @property
    def session(self) -> Session | None:
        """The session of the open connection, None while there is none."""
        return self._pump.session if self._pump else None

    def flush(self) -> None:
        """The session has something new to send: send it soon."""
        if self._pump:
            self._pump.wake()

    async def run(self, emit: Emit) -> None:
        """Dial, serve, back off, again; until cancelled."""
        while True:
            end = await self._serve_once(emit)
            self._tell(emit, end)
            self.failures += 1
            delay_s = self._delay_s(end)
            log.warning("feed lost", connection=self.name, reason=end.reason, retry_s=round(delay_s, 2))
            await self._sleep(delay_s)

    async def _serve_once(self, emit: Emit) -> SessionOver:
        """One dial from start to end; answers why it ended."""
        try:
            async with asyncio.timeout(PREPARE_S):
                dial = await self._prepare()
            async with open_transport(dial) as transport:
                self._pump = Pump(self, transport, dial.session, emit)
                await self._pump.run()
        except Exception as fault:  # a feed outlives every fault of its platform, and ours
            if (task := asyncio.current_task()) and task.cancelling():
                raise asyncio.CancelledError from fault  # a task group that fails while cancelled forgets the latter
            return _end_of(fault, self.name)
        finally:
            self._pump = None
        return SessionOver("the platform closed the connection")

    def _delay_s(self, end: SessionOver) -> float:
        """Full jitter; where only a person can help, the upper half of the longest delay."""
        if end.for_good:
            return self._backoff.cap.total_seconds() * (1 + self._chance()) / 2
        return self._backoff.delay(self.failures, self._chance()).total_seconds()

    def _tell(self, emit: Emit, end: SessionOver) -> None:
        state = FeedState.REFUSED if end.for_good else FeedState.CONNECTING
        now_s = self._clock()
        emit([FeedChanged(room, now_s, state, end.reason) for room in self._rooms()])


class Pump:
    """Moves one open connection: the receiver, the sender and the watchdog never wait for each other.

    A peer that stops reading blocks the sender only; the watchdog still comes to its deadline and ends the session.
    """

    def __init__(self, owner: Connection, transport: Transport, session: Session, emit: Emit) -> None:
        self.session = session
        self._owner = owner
        self._transport = transport
        self._emit = emit
        self._outgoing: deque[Frame] = deque()
        self._to_send = asyncio.Event()
        self._to_watch = asyncio.Event()
        self._watched_s = -math.inf
        self._let_in_s: float | None = None
        self._bad_frames: deque[float] = deque(maxlen=BAD_FRAMES)

    async def run(self) -> None:
        """Until the peer closes. Raises what ended it otherwise, mostly in an exception group."""
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._send()), group.create_task(self._watch())]
            self._settle()
            while (frame := await self._transport.receive()) is not None:
                self._take(frame)
            for worker in workers:
                worker.cancel()

    def wake(self) -> None:
        """Let the session advance now, and send what it has to send."""
        self._to_watch.set()

    def _take(self, frame: Frame) -> None:
        try:
            self.session.receive_data(frame, self._owner._clock())
        except SessionOver:
            self._settle()  # what was understood before the end is not lost
            raise
        except Exception as fault:  # one bad frame is no reason to lose the room
            self._drop(frame, fault)
        self._settle()

    def _drop(self, frame: Frame, fault: Exception) -> None:
        """Count and log a frame our decoder failed on; too many within a minute end the session."""
        now_s = self._owner._clock()
        self._owner.dropped_frames += 1
        self._bad_frames.append(now_s)
        trace = fault if len(self._bad_frames) == 1 else None  # one trace tells the bug, a storm of them is one more
        log.warning("frame dropped", connection=self._owner.name, size=len(frame), fault=_words(fault), exc_info=trace)
        if len(self._bad_frames) == BAD_FRAMES and now_s - self._bad_frames[0] <= BAD_FRAMES_WITHIN_S:
            raise SessionOver(f"{BAD_FRAMES} frames within a minute could not be understood")

    def _settle(self) -> None:
        """Pass on what the session has: events, frames to send, an earlier deadline."""
        if events := self.session.events_received():
            self._emit(events)
        if frames := self.session.data_to_send():
            self._outgoing.extend(frames)
            self._to_send.set()
        if self.session.next_deadline_s < self._watched_s:
            self._to_watch.set()
        if self.session.established:
            self._forgive()

    def _forgive(self) -> None:
        """Forget the failures once the platform has kept us for a while: a let-in that is cut at once is a failure."""
        now_s = self._owner._clock()
        if self._let_in_s is None:
            self._let_in_s = now_s
        elif now_s - self._let_in_s >= STEADY_S:
            self._owner.failures = 0

    async def _send(self) -> None:
        """The one task that writes, so that frames leave in order."""
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            while self._outgoing:
                await self._transport.send(self._outgoing.popleft())

    async def _watch(self) -> None:
        """The application's own watchdog: wakes at the session's deadlines and when told to."""
        while True:
            self._watched_s = self.session.next_deadline_s
            await self._until(self._watched_s)
            self._to_watch.clear()
            self._watched_s = -math.inf  # the deadline is read anew at once: no need to wake us for it
            try:
                self.session.advance(self._owner._clock())
            finally:
                self._settle()

    async def _until(self, deadline_s: float) -> None:
        """Sleep until the deadline or until woken."""
        wait_s = max(0.0, deadline_s - self._owner._clock())
        sleeper = asyncio.ensure_future(self._owner._sleep(min(wait_s, LONGEST_NAP_S)))
        waker = asyncio.ensure_future(self._to_watch.wait())
        try:
            await asyncio.wait((sleeper, waker), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            waker.cancel()


def _end_of(fault: BaseException, name: str) -> SessionOver:
    """Why a connection ended, as one sentence: the session's own word first, then the socket's, then a bug's."""
    faults = sorted(_leaves(fault), key=_rank)
    first = faults[0]
    if isinstance(first, SessionOver):
        return first
    if _rank(first) > 1:
        log.error("feed failed", connection=name, exc_info=first)
    return SessionOver(_words(first))


def _leaves(fault: BaseException) -> list[BaseException]:
    if isinstance(fault, BaseExceptionGroup):
        return [leaf for part in fault.exceptions for leaf in _leaves(part)]
    return [fault]


def _rank(fault: BaseException) -> int:
    if isinstance(fault, SessionOver):
        return 0
    return 1 if isinstance(fault, OSError | TimeoutError | EOFError | websockets.WebSocketException) else 2


def _words(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {fault}"[:200].rstrip(": ")
