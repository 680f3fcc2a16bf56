"""One at a time, the more urgent first."""

from __future__ import annotations

import asyncio
import enum
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Rank(enum.IntEnum):
    """How urgent a call is, the most urgent first."""

    MEASURE = 0
    """Mutes, bans, silence, and the reads that confirm them."""
    READING = 1
    """What a dial needs."""
    CHATTER = 2
    """Our own lines."""


class Turns:
    """A lock that lets the most urgent waiter in first, and equals in the order they came."""

    def __init__(self) -> None:
        self._taken = False
        self._order = itertools.count()
        self._waiting: list[tuple[Rank, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, rank: Rank) -> AsyncIterator[None]:
        """Hold the turn inside the block."""
        await self._take(rank)
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, rank: Rank) -> None:
        if not self._taken:
            self._taken = True
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), waiter))
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._pass_on()  # the turn had come just when we were cancelled
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            *_, waiter = heapq.heappop(self._waiting)
            if not waiter.done():
                waiter.set_result(None)
                return
        self._taken = False
