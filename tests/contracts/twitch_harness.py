"""Twitch under the platform contract: the simulator behind it, read as a guest or moderated with an account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp

from streams.events import room_key
from streams.twitch.feed import TwitchPlatform, TwitchSettings
from streams.twitch.oauth import Grant
from tests.simulators.twitch import TwitchSimulator
from tests.simulators.twitch.world import User


class TwitchViewer:
    """A person with an account of their own."""

    def __init__(self, simulator: TwitchSimulator, user: User) -> None:
        self._simulator = simulator
        self._tries = 0
        self.user = user

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def id(self) -> str:
        return self.user.id

    async def say(self, text: str) -> None:
        await self._simulator.say(self.user.login, text)

    async def heard(self) -> list[str]:
        return [line.text for line in self._simulator.channel.lines if not line.removed]

    async def whispers(self) -> list[str]:
        return [text for _, to, text in self._simulator.world.whispers if to is self.user]

    async def can_speak(self) -> bool:
        self._tries += 1
        return await self._simulator.say(self.user.login, f"can I speak? {self._tries}") is not None


class TwitchHarness:
    """The platform over a simulator."""

    def __init__(self, simulator: TwitchSimulator, platform: TwitchPlatform) -> None:
        self.simulator = simulator
        self.platform = platform
        self.room = room_key("twitch", simulator.channel.owner.login)

    async def viewer(self, name: str) -> TwitchViewer:
        return TwitchViewer(self.simulator, self.simulator.world.user(name))

    async def moderator(self, name: str) -> TwitchViewer:
        viewer = await self.viewer(name)
        self.simulator.channel.moderators.add(viewer.id)
        return viewer

    async def drop_connection(self) -> None:
        self.simulator.eventsub.abort_all()
        self.simulator.irc.abort_all()

    async def take_down(self) -> None:
        await self.simulator.stop()

    async def bring_up(self) -> None:
        await self.simulator.start()


class Grants:
    """A login that outlives nothing, and what was stored of it."""

    def __init__(self, grant: Grant | None) -> None:
        self.grant = grant
        self.saved: list[Grant] = []

    def load(self) -> Grant | None:
        return self.grant

    def save(self, grant: Grant) -> None:
        self.grant = grant
        self.saved.append(grant)


def settings_of(simulator: TwitchSimulator) -> TwitchSettings:
    """The settings that point to a simulator."""
    urls = simulator.urls
    return TwitchSettings(urls.helix_url, urls.oauth_url, urls.eventsub_url, urls.irc_url, simulator.client_id)


def grants_of(simulator: TwitchSimulator, user: User) -> Grants:
    """A fresh login of somebody."""
    token = simulator.world.issue(user)
    return Grants(Grant(token.access, token.refresh))


@asynccontextmanager
async def _with_account(user: Callable[[TwitchSimulator], User]) -> AsyncIterator[TwitchHarness]:
    async with TwitchSimulator() as simulator, aiohttp.ClientSession() as http:
        grants = grants_of(simulator, user(simulator))
        platform = TwitchPlatform(settings_of(simulator), http, chance=lambda: 0.0, grants=grants)
        yield TwitchHarness(simulator, platform)


def moderator() -> AbstractAsyncContextManager[TwitchHarness]:
    """With a moderator's account, which may not read lists of the banned."""
    return _with_account(lambda simulator: simulator.bot)


@asynccontextmanager
async def guest() -> AsyncIterator[TwitchHarness]:
    """Without an account."""
    async with TwitchSimulator() as simulator, aiohttp.ClientSession() as http:
        settings = TwitchSettings(irc_url=simulator.urls.irc_url)
        yield TwitchHarness(simulator, TwitchPlatform(settings, http, chance=lambda: 0.0))
