"""Bilibili under the platform contract: the web route against the simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp

from streams.bilibili.feed import BilibiliPlatform, BilibiliSettings
from streams.events import room_key
from tests.simulators.bilibili import BilibiliSimulator


class BilibiliViewer:
    """A person with an account of their own."""

    def __init__(self, simulator: BilibiliSimulator, uid: int, name: str, *, admin: bool) -> None:
        self._simulator = simulator
        self._admin = admin
        self._tries = 0
        self.uid = uid
        self.name = name

    @property
    def id(self) -> str:
        return str(self.uid)

    async def say(self, text: str) -> None:
        await self._simulator.say(self.uid, self.name, text, self._admin)

    async def heard(self) -> list[str]:
        return [line["text"] for line in self._simulator.room.lines]

    async def whispers(self) -> list[str]:
        return []

    async def can_speak(self) -> bool:
        self._tries += 1
        return await self._simulator.say(self.uid, self.name, f"can I speak? {self._tries}", self._admin)


class BilibiliHarness:
    """The platform on the web route, with a moderator's cookie."""

    def __init__(self, simulator: BilibiliSimulator, http: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        urls = simulator.urls
        settings = BilibiliSettings(
            route="web", api_url=urls.api_url, live_api_url=urls.live_api_url, cookie=simulator.cookie
        )
        self.platform = BilibiliPlatform(
            settings, http, chance=lambda: 0.0, say_spacing=timedelta(0), echo_within=timedelta(seconds=2)
        )
        self.room = room_key("bilibili", str(simulator.room.short_id))
        self._uid = 20_000

    async def viewer(self, name: str) -> BilibiliViewer:
        return self._person(name, admin=False)

    async def moderator(self, name: str) -> BilibiliViewer:
        return self._person(name, admin=True)

    async def drop_connection(self) -> None:
        self.simulator.chat.abort_all()

    async def take_down(self) -> None:
        await self.simulator.stop()

    async def bring_up(self) -> None:
        await self.simulator.start()

    def _person(self, name: str, *, admin: bool) -> BilibiliViewer:
        self._uid += 1
        return BilibiliViewer(self.simulator, self._uid, name, admin=admin)


@asynccontextmanager
async def bilibili() -> AsyncIterator[BilibiliHarness]:
    """A harness over a fresh simulator."""
    async with BilibiliSimulator() as simulator, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield BilibiliHarness(simulator, http)
