"""The IRC harness of the platform contract: a real InspIRCd, danmod its channel's first member and so its operator."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streams.events import RoomKey, room_key
from streams.irc.feed import IrcPlatform, IrcSettings
from tests.irc_server import InspIRCd, IrcClient, inspircd

ROOM = "#talk"
SPARES = 3


class IrcViewer:
    """A person on a plain TCP client."""

    _probes = itertools.count(1)

    def __init__(self, client: IrcClient, witness: IrcClient) -> None:
        self.client = client
        self._witness = witness

    @property
    def name(self) -> str:
        return self.client.nick

    @property
    def id(self) -> str:
        return self.client.nick.lower()

    async def say(self, text: str) -> None:
        await self.client.say(ROOM, text)

    async def heard(self) -> list[str]:
        return self.client.heard(ROOM)

    async def whispers(self) -> list[str]:
        return self.client.heard(self.client.nick)

    async def can_speak(self) -> bool:
        probe = f"probe {next(self._probes)}"
        self.client.send(f"JOIN {ROOM}")
        await self.say(probe)
        await self._witness.settle()
        return probe in self._witness.heard(ROOM)


class IrcHarness:
    """A server, danmod's adapter, and people connected ahead of time (the server greets once a second)."""

    room: RoomKey = room_key("irc", ROOM)

    def __init__(self, server: InspIRCd) -> None:
        settings = IrcSettings(server.url, "danmod", lines_per_s=1000, burst=1000)
        self.platform = IrcPlatform(settings, clock=time.time, chance=lambda: 0.0)
        self._server = server
        self._clients: list[IrcClient] = []
        self._numbers = itertools.count(1)
        self._fill()

    def _fill(self) -> None:
        self._watching = False
        self._warden = asyncio.create_task(self._connect())
        self._witness = asyncio.create_task(self._connect())
        self._spares = [asyncio.create_task(self._connect()) for _ in range(SPARES)]

    async def _connect(self) -> IrcClient:
        client = await IrcClient.connect(self._server.port, f"spare{next(self._numbers)}")
        self._clients.append(client)
        return client

    async def viewer(self, name: str) -> IrcViewer:
        witness = await self._witness
        if not self._watching:
            self._watching = True
            await witness.join(ROOM)
        client = await (self._spares.pop() if self._spares else asyncio.create_task(self._connect()))
        await client.change_nick(name)
        await client.join(ROOM)
        return IrcViewer(client, witness)

    async def moderator(self, name: str) -> IrcViewer:
        viewer = await self.viewer(name)
        warden = await self._warden
        await warden.oper()
        warden.send(f"SAMODE {ROOM} +o {name}")
        await warden.settle()
        return viewer

    async def drop_connection(self) -> None:
        warden = await self._warden
        await warden.oper()
        warden.send("KILL danmod :cut")
        await warden.settle()

    async def take_down(self) -> None:
        await self._server.stop()
        await self.close()

    async def bring_up(self) -> None:
        await self._server.start()
        self._fill()

    async def close(self) -> None:
        """Hang up all people."""
        pending = [self._warden, self._witness, *self._spares]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for client in self._clients:
            await client.close()
        self._clients.clear()


@asynccontextmanager
async def irc() -> AsyncIterator[IrcHarness]:
    """A server with timed bans, and everything around it."""
    async with inspircd() as server:
        harness = IrcHarness(server)
        try:
            yield harness
        finally:
            await harness.close()
