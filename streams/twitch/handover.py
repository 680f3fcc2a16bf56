"""EventSub's connection: one socket, and two while Twitch moves us, so that no line is lost in between.

Asked to move, a second socket is opened at the address given; only when it was welcomed the first one is let go, after a
moment in which what is still on its way arrives. If the second fails, the first goes on until Twitch closes it, and then
another begins from the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog

from streams.connection import Connection, Dial
from streams.events import Event, FeedChanged, RoomKey
from streams.platform import Emit
from streams.session import Clock

log = structlog.get_logger(__name__)

MOVE_S = 25.0
"""Twitch gives 30 seconds to move."""
LINGER_S = 2.0


class Leg:
    """One socket, or a row of them one after the other. ``url`` is where Twitch told it to go; "": where everybody goes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.tries = 0
        self.settled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """True once it was welcomed, False when what Twitch told it to try failed."""
        self.task: asyncio.Task[None] | None = None
        self.connection: Connection | None = None

    def settle(self, *, welcomed: bool) -> None:
        """It was welcomed, or it failed; the first word counts."""
        if not self.settled.done():
            self.settled.set_result(welcomed)

    def stop(self) -> None:
        """Close its socket."""
        if self.task is not None:
            self.task.cancel()


Prepare = Callable[[Leg], Awaitable[Dial]]


class Handover:
    """Keeps EventSub open for ever. ``prepare`` makes a leg's dial; ``lost`` is told when the only socket is gone."""

    def __init__(
        self,
        prepare: Prepare,
        rooms: Callable[[], Iterable[RoomKey]],
        lost: Callable[[], None],
        *,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        self._prepare = prepare
        self._rooms = rooms
        self._lost = lost
        self._clock = clock
        self._chance = chance
        self._moves: asyncio.Queue[str] = asyncio.Queue()
        self._current: Leg | None = None
        self._heir: Leg | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, emit: Emit) -> None:
        """Serve until cancelled."""
        self._current = self._start("", emit)
        try:
            while True:
                await self._move(await self._moves.get(), emit)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._current = self._heir = None

    def welcomed(self, leg: Leg) -> bool:
        """A leg was welcomed; True when it carries on the subscriptions of the one before."""
        leg.settle(welcomed=True)
        if leg is not self._heir:
            return False
        old, self._current, self._heir = self._current, leg, None
        leg.url = ""
        if old is not None:
            self._keep(asyncio.create_task(self._fade(old)))
        return True

    def asked_to_move(self, leg: Leg, url: str) -> None:
        """Twitch asks a leg to go to another address."""
        if leg is self._current:
            self._moves.put_nowait(url)

    def flush(self) -> None:
        """The current session has something to do."""
        if self._current is not None and self._current.connection is not None:
            self._current.connection.flush()

    async def _move(self, url: str, emit: Emit) -> None:
        """Try the address once; the leg that goes on is told by :meth:`welcomed`."""
        heir = self._heir = self._start(url, emit)
        try:
            async with asyncio.timeout(MOVE_S):
                await heir.settled
        except TimeoutError:
            heir.settle(welcomed=False)
        if self._heir is heir:
            log.warning("could not move to another socket", platform="twitch")
            self._heir = None
            heir.stop()

    async def _fade(self, leg: Leg) -> None:
        await asyncio.sleep(LINGER_S)
        leg.stop()

    def _start(self, url: str, emit: Emit) -> Leg:
        leg = Leg(url)
        connection = Connection("twitch", lambda: self._dial(leg), self._rooms, clock=self._clock, chance=self._chance)
        leg.connection = connection
        leg.task = asyncio.create_task(connection.run(lambda events: self._pass_on(leg, events, emit)))
        self._keep(leg.task)
        return leg

    async def _dial(self, leg: Leg) -> Dial:
        """What a leg dials next. One that is no longer needed waits to be stopped."""
        leg.tries += 1
        if leg.url and leg.tries > 1:
            leg.settle(welcomed=False)
        if leg is self._current and self._heir is not None:
            await asyncio.wait([self._heir.settled])
        if leg is not self._current and not (leg is self._heir and leg.tries == 1):
            await asyncio.Event().wait()
        return await self._prepare(leg)

    def _pass_on(self, leg: Leg, events: Sequence[Event], emit: Emit) -> None:
        """All lines count; of the state of the feed only the current leg may speak."""
        if leg is self._current and any(isinstance(event, FeedChanged) for event in events):
            self._lost()
        emit([event for event in events if leg is self._current or not isinstance(event, FeedChanged)])

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
