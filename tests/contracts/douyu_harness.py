"""Douyu under the platform contract: our simulator, in which people speak by the simulator's own mouth."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from streams.douyu.feed import DouyuPlatform
from streams.events import room_key
from streams.platform import Platform
from tests.contracts.platforms import eventually
from tests.simulators.douyu import DouyuSimulator

ROOM = "102965"


class DouyuViewer:
    """A person whose lines the server tells everybody."""

    def __init__(self, harness: DouyuHarness, uid: int, name: str, role: str) -> None:
        self.name = name
        self.id = str(uid)
        self._harness = harness
        self._role = role

    async def say(self, text: str) -> None:
        self._harness.heard.append(text)
        more = {"rg": self._role} if self._role else {}
        await self._harness.simulator.say(ROOM, int(self.id), self.name, text, **more)

    async def heard(self) -> list[str]:
        return self._harness.heard

    async def whispers(self) -> list[str]:
        return []

    async def can_speak(self) -> bool:
        return True


class DouyuHarness:
    """The server, our adapter to it, and the people."""

    def __init__(self, simulator: DouyuSimulator) -> None:
        self.simulator = simulator
        self.room = room_key("douyu", ROOM)
        self.platform: Platform = DouyuPlatform(simulator.url, clock=time.time, chance=lambda: 0.0)
        self.heard: list[str] = []
        self._numbers = count(36_216_769)

    async def viewer(self, name: str) -> DouyuViewer:
        await self.joined()
        return DouyuViewer(self, next(self._numbers), name, "")

    async def moderator(self, name: str) -> DouyuViewer:
        await self.joined()
        return DouyuViewer(self, next(self._numbers), name, "4")

    async def joined(self) -> None:
        """Danmod stands in the room's group."""
        await eventually(lambda: any(guest.joined for guest in self.simulator.guests), what="the group joined")

    async def drop_connection(self) -> None:
        await self.simulator.cut()

    async def take_down(self) -> None:
        await self.simulator.__aexit__(None, None, None)

    async def bring_up(self) -> None:
        port = int(self.simulator.url.rstrip("/").rpartition(":")[2])
        self.simulator = await DouyuSimulator(port).__aenter__()


@asynccontextmanager
async def douyu() -> AsyncIterator[DouyuHarness]:
    """A server of the test's own, stopped in the end; it must have had nothing to refuse."""
    harness = DouyuHarness(await DouyuSimulator().__aenter__())
    try:
        yield harness
        assert harness.simulator.refuse == []
    finally:
        await harness.simulator.__aexit__(None, None, None)
