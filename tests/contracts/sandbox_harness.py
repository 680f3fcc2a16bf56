"""The sandbox under the platform contract: the real server, with people on plain websockets of their own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp

from streams.events import room_key
from streams.platform import Platform
from streams.sandbox.feed import SandboxPlatform, SandboxSettings
from streams.sandbox.server import SandboxServer
from tests.contracts.platforms import eventually

ROOM = "demo"


class SandboxViewer:
    """A person on a websocket; everything the server sends is kept."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, name: str) -> None:
        self.name = name
        self.frames: list[dict[str, object]] = []
        self.socket = socket
        self._reading = asyncio.create_task(self._read())

    @property
    def id(self) -> str:
        you = self.frames[0]["you"]
        assert isinstance(you, dict)
        return str(you["id"])

    async def welcomed(self) -> None:
        await eventually(lambda: self.frames, what=f"the welcome of {self.name}")
        assert self.frames[0]["kind"] == "welcome", self.frames[0]

    async def say(self, text: str, reply_to: str | None = None) -> None:
        await self.socket.send_json({"kind": "say", "text": text, "reply_to": reply_to})

    def of_kind(self, kind: str) -> list[dict[str, object]]:
        return [frame for frame in self.frames if frame["kind"] == kind]

    async def heard(self) -> list[str]:
        gone = {frame["id"] for frame in self.of_kind("removed")}
        return [str(frame["text"]) for frame in self.of_kind("message") if frame["id"] not in gone]

    async def whispers(self) -> list[str]:
        return [str(frame["text"]) for frame in self.of_kind("whisper")]

    async def can_speak(self) -> bool:
        """The server answers every line: with the line itself, or with a refusal."""
        text, refusals = f"may I? {time.monotonic_ns()}", len(self.of_kind("refused"))
        await self.say(text)

        def said() -> bool:
            return any(frame["text"] == text for frame in self.of_kind("message"))

        await eventually(lambda: said() or len(self.of_kind("refused")) > refusals, what="an answer to a line")
        return said()

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self.socket.close()

    async def _read(self) -> None:
        async for frame in self.socket:
            self.frames.append(json.loads(frame.data))


@asynccontextmanager
async def visiting(server: SandboxServer, name: str, room: str = ROOM, token: str = "") -> AsyncIterator[SandboxViewer]:
    """Somebody in a room, from the welcome until the end of the block."""
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(f"{server.url}/ws/{room}", params={"name": name, "token": token})
        viewer = SandboxViewer(socket, name)
        try:
            await viewer.welcomed()
            yield viewer
        finally:
            await viewer.close()


class SandboxHarness:
    """The server, our adapter to it, and the people."""

    def __init__(self, server: SandboxServer, http: aiohttp.ClientSession, people: AsyncExitStack) -> None:
        self.server = server
        self.room = room_key("sandbox", ROOM)
        self.platform: Platform = SandboxPlatform(
            SandboxSettings(server.url, server.token), http, clock=time.time, chance=lambda: 0.0
        )
        self._port = int(server.url.rpartition(":")[2])
        self._people = people

    async def viewer(self, name: str) -> SandboxViewer:
        return await self._people.enter_async_context(visiting(self.server, name))

    async def moderator(self, name: str) -> SandboxViewer:
        self.server.grant(ROOM, name, "moderator")
        return await self.viewer(name)

    async def drop_connection(self) -> None:
        self.server.cut_bots(ROOM)

    async def take_down(self) -> None:
        await self.server.__aexit__(None, None, None)

    async def bring_up(self) -> None:
        self.server = await SandboxServer(port=self._port, token=self.server.token).__aenter__()


@asynccontextmanager
async def sandbox() -> AsyncIterator[SandboxHarness]:
    """A server of the test's own, stopped in the end."""
    server = await SandboxServer().__aenter__()
    async with aiohttp.ClientSession() as http, AsyncExitStack() as people:
        harness = SandboxHarness(server, http, people)
        try:
            yield harness
        finally:
            await people.aclose()
            await harness.server.__aexit__(None, None, None)
