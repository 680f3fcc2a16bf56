"""Owncast under the platform contract: our simulator of the server, with people on plain websockets of their own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp

from streams.events import room_key
from streams.owncast.feed import OwncastPlatform
from streams.owncast.settings import OwncastSettings
from streams.platform import MuteSender, Platform
from tests.contracts.platforms import eventually
from tests.simulators.owncast import Account, OwncastSimulator

ROOM = "live.example.org"


class OwncastViewer:
    """A person on a websocket; every event the server sends is kept."""

    def __init__(self, harness: OwncastHarness, account: Account) -> None:
        self.name = account.name
        self.account = account
        self.events: list[dict[str, object]] = []
        self._harness = harness
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def id(self) -> str:
        return self.account.id

    async def enter(self) -> None:
        """Open a socket, if none is open or the server is closing it, and wait for the server's first word."""
        if self._socket is not None and not self._socket.closed:
            if not self._is_shut_out():
                return
            await self._socket.close()
        mark = len(self.events)
        simulator = self._harness.simulator
        self._socket = await self._harness.http.ws_connect(
            f"{simulator.url}/ws", params={"accessToken": self.account.token}
        )
        self._reading = asyncio.create_task(self._read(self._socket))
        await eventually(lambda: len(self.events) > mark, what=f"a word to {self.name}")

    async def say(self, text: str) -> None:
        assert self._socket is not None
        await self._socket.send_json({"type": "CHAT", "body": text})

    async def heard(self) -> list[str]:
        gone: set[object] = set()
        for event in self.events:
            if event["type"] == "VISIBILITY-UPDATE":
                ids = event["ids"]
                assert isinstance(ids, list)
                gone = gone - set(ids) if event["visible"] else gone | set(ids)
        lines = [event for event in self.events if event["type"] == "CHAT" and event["id"] not in gone]
        return [str(event["body"]).removeprefix("<p>").removesuffix("</p>") for event in lines]

    async def whispers(self) -> list[str]:
        return []

    async def can_speak(self) -> bool:
        """Say a line and see whether it stays. A canary, muted like everybody who is, speaks after it: when its line is
        gone and nothing is being hidden any more, this one would be gone too."""
        await self.enter()
        if self._is_shut_out():
            return False
        text = f"may I? {time.monotonic_ns()}"
        await self.say(text)
        await eventually(
            lambda: self._is_shut_out() or any(text in str(event.get("body")) for event in self.events), what="the line"
        )
        await self._harness.settled()
        return text in await self.heard()

    def _is_shut_out(self) -> bool:
        """The server's last word about us was that we are disabled."""
        about_us = ("CONNECTED_USER_INFO", "ERROR_USER_DISABLED")
        return [one["type"] for one in self.events if one["type"] in about_us][-1:] == ["ERROR_USER_DISABLED"]

    async def close(self) -> None:
        if self._reading is not None and self._socket is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            await self._socket.close()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            self.events += [json.loads(line) for line in frame.data.split("\n")]


class OwncastHarness:
    """The server, our adapter to it, and the people."""

    def __init__(self, simulator: OwncastSimulator, http: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.http = http
        self.room = room_key("owncast", ROOM)
        self.reader = simulator.world.register("keeper of the chat")
        self.reader.moderator = True
        self.integration = simulator.world.integrate("danmod", ("CAN_SEND_MESSAGES", "HAS_ADMIN_ACCESS"))
        self._people: list[OwncastViewer] = []
        self._owncast = OwncastPlatform(
            OwncastSettings(simulator.url, self.integration.token, self.reader.token),
            http,
            clock=time.time,
            chance=lambda: 0.0,
        )
        self.platform: Platform = self._owncast

    async def viewer(self, name: str) -> OwncastViewer:
        return await self._enter(self.simulator.world.register(name))

    async def moderator(self, name: str) -> OwncastViewer:
        account = self.simulator.world.register(name)
        account.moderator = True
        return await self._enter(account)

    async def _enter(self, account: Account) -> OwncastViewer:
        person = OwncastViewer(self, account)
        self._people.append(person)
        await person.enter()
        return person

    async def settled(self) -> None:
        """Whatever danmod hides of the lines said so far is hidden."""
        canary = self.simulator.world.register("canary")
        await self.platform.perform(MuteSender(self.room, canary.id, "canary", timedelta(minutes=1), "a probe"))
        line = self.simulator.say(canary, "tweet")
        await eventually(lambda: not line.visible and not self._owncast._hiding, what="the canary's line hidden")

    async def drop_connection(self) -> None:
        await self.simulator.cut(self.reader)

    async def take_down(self) -> None:
        await self.simulator.__aexit__(None, None, None)

    async def bring_up(self) -> None:
        port = int(self.simulator.url.rpartition(":")[2])
        world = self.simulator.world
        self.simulator = await OwncastSimulator(port, flood_control=False, world=world).__aenter__()

    async def close(self) -> None:
        for person in self._people:
            await person.close()


@asynccontextmanager
async def owncast() -> AsyncIterator[OwncastHarness]:
    """A server of the test's own, stopped in the end."""
    simulator = await OwncastSimulator(flood_control=False).__aenter__()
    async with aiohttp.ClientSession() as http:
        harness = OwncastHarness(simulator, http)
        try:
            yield harness
        finally:
            await harness.close()
            await harness.simulator.__aexit__(None, None, None)
