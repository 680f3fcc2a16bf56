"""Twitch as a platform: read as a guest, or moderated with an account."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Protocol

import aiohttp

from streams.events import RoomKey
from streams.platform import Action, Capabilities, Emit, Outcome, RoomMode, Silenced
from streams.session import Clock
from streams.twitch.account import AccountRoute
from streams.twitch.guest import GuestRoute
from streams.twitch.settings import TwitchSettings
from streams.twitch.tokens import GrantStore

__all__ = ["TwitchPlatform", "TwitchSettings"]


class Route(Protocol):
    """One of the two ways to Twitch."""

    def join(self, room: RoomKey) -> None: ...

    def leave(self, room: RoomKey) -> None: ...

    async def run(self, emit: Emit) -> None: ...

    def capabilities(self, room: RoomKey) -> Capabilities: ...

    async def perform(self, action: Action) -> Outcome: ...

    async def silenced(self, room: RoomKey) -> Silenced | None: ...

    async def room_mode(self, room: RoomKey) -> RoomMode | None: ...

    async def probe(self, room: RoomKey) -> None: ...


class TwitchPlatform:
    """All Twitch rooms. See :class:`streams.platform.Platform`.

    With a login in ``grants`` and an application in the settings danmod moderates; else it reads as a guest. ``http`` is
    made and closed by the caller. ``clock`` is steady Unix time, ``chance`` draws the jitter.
    """

    name = "twitch"

    def __init__(
        self,
        settings: TwitchSettings,
        http: aiohttp.ClientSession,
        *,
        clock: Clock = time.time,
        chance: Callable[[], float] = random.random,
        grants: GrantStore | None = None,
    ) -> None:
        self._route: Route
        if grants is not None and settings.client_id and grants.load() is not None:
            self._route = AccountRoute(settings, grants, http, clock=clock, chance=chance)
        else:
            self._route = GuestRoute(settings, clock=clock, chance=chance)

    def join(self, room: RoomKey) -> None:
        """Want this room from now on."""
        self._route.join(room)

    def leave(self, room: RoomKey) -> None:
        """No longer want this room."""
        self._route.leave(room)

    async def run(self, emit: Emit) -> None:
        """Serve the wanted rooms until cancelled."""
        await self._route.run(emit)

    def capabilities(self, room: RoomKey) -> Capabilities:
        """What can be done in the room now."""
        return self._route.capabilities(room)

    async def perform(self, action: Action) -> Outcome:
        """Carry out one action; never raises for the platform's faults."""
        return await self._route.perform(action)

    async def silenced(self, room: RoomKey) -> Silenced | None:
        """Who is silent in the room, where it can be read."""
        return await self._route.silenced(room)

    async def room_mode(self, room: RoomKey) -> RoomMode | None:
        """Who may write in the room now, where it can be read."""
        return await self._route.room_mode(room)

    async def probe(self, room: RoomKey) -> None:
        """Ask anew what we may do in the room."""
        await self._route.probe(room)
