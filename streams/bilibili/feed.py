"""Bilibili as a platform: one connection for each room, over the route the operator chose."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

import aiohttp
import structlog

from streams.bilibili.answers import NO_DELETE, NO_WHISPER, NOT_CONNECTED, unsupported
from streams.bilibili.api import WebApi
from streams.bilibili.decode import Tally
from streams.bilibili.open_api import OpenApi
from streams.bilibili.open_route import OpenRoute
from streams.bilibili.rooms import Room
from streams.bilibili.settings import BilibiliSettings
from streams.bilibili.speaking import ECHO_WITHIN, SPACING, Voice
from streams.bilibili.web_route import WebRoute
from streams.connection import Clock, Connection, Dial
from streams.events import Event, RoomKey
from streams.platform import (
    Action,
    Capabilities,
    DeleteMessage,
    Emit,
    Outcome,
    OutcomeStatus,
    RoomMode,
    Silenced,
    Whisper,
)

__all__ = ["BilibiliPlatform", "BilibiliSettings"]

log = structlog.get_logger(__name__)

BEAT_EVERY_S = 20.0
"""How often the open platform wants to hear that its sessions are used; after 60 s it ends them."""
PARTING_S = 5.0
"""Longest time to end the open platform's sessions when we stop."""


class Route(Protocol):
    """One of the two ways to Bilibili."""

    async def prepare(self, room: Room) -> Dial: ...

    async def close(self, room: Room) -> None: ...

    async def beat(self) -> None: ...

    def capabilities(self, room: Room) -> Capabilities: ...

    async def perform(self, room: Room, action: Action) -> Outcome: ...

    async def silenced(self, room: Room) -> Silenced | None: ...

    async def room_mode(self, room: Room) -> RoomMode | None: ...

    async def probe(self, room: Room) -> None: ...


class BilibiliPlatform:
    """All Bilibili rooms of one account or application. See :class:`streams.platform.Platform`.

    ``http`` is made and closed by the caller; give it a cookie jar that keeps nothing (``aiohttp.DummyCookieJar``),
    for the platform distrusts two Cookie lines. ``clock`` is steady Unix time, ``chance`` the draw for the back-off.
    ``say_spacing`` and ``echo_within`` are the times between two lines and until our own line must be seen.
    """

    def __init__(
        self,
        settings: BilibiliSettings,
        http: aiohttp.ClientSession,
        *,
        clock: Clock = time.time,
        chance: Callable[[], float] = random.random,
        say_spacing: timedelta = SPACING,
        echo_within: timedelta = ECHO_WITHIN,
    ) -> None:
        self.tally = Tally()
        """What the platform sent and could not be used, by kind."""
        self._clock = clock
        self._chance = chance
        self._route: Route
        if settings.route == "web":
            api = WebApi(settings, http, clock)
            voice = Voice(api, clock, spacing=say_spacing, echo_within=echo_within)
            self._route = WebRoute(settings, api, voice, clock, self.tally)
        else:
            self._route = OpenRoute(settings, OpenApi(settings, http, clock), clock, self.tally)
        self._rooms: dict[RoomKey, Room] = {}
        self._changed = asyncio.Event()

    @property
    def name(self) -> str:
        """``bilibili``."""
        return "bilibili"

    def join(self, room: RoomKey) -> None:
        """Want this room from now on."""
        self._rooms.setdefault(room, Room(room))
        self._changed.set()

    def leave(self, room: RoomKey) -> None:
        """No longer want this room."""
        self._rooms.pop(room, None)
        self._changed.set()

    async def run(self, emit: Emit) -> None:
        """Serve the wanted rooms until cancelled."""
        serving: dict[Room, asyncio.Task[None]] = {}
        leaving: set[asyncio.Task[None]] = set()
        beating = asyncio.create_task(self._beat())
        try:
            while True:
                self._changed.clear()
                wanted = set(self._rooms.values())
                for room in wanted - serving.keys():
                    serving[room] = asyncio.create_task(self._serve(room, emit))
                for room in serving.keys() - wanted:
                    leaving.add(task := serving.pop(room))
                    task.add_done_callback(leaving.discard)
                    task.cancel()
                await self._changed.wait()
        finally:
            await _cancel([beating, *leaving, *serving.values()])

    def capabilities(self, room: RoomKey) -> Capabilities:
        """What can be done in the room now; nothing while it is not live."""
        known = self._rooms.get(room)
        return self._route.capabilities(known) if known else Capabilities()

    async def perform(self, action: Action) -> Outcome:
        """Carry out one action and confirm it where the platform allows."""
        room = self._rooms.get(action.room)
        if room is not None:
            return await self._route.perform(room, action)
        if isinstance(action, DeleteMessage | Whisper):
            return unsupported(NO_DELETE if isinstance(action, DeleteMessage) else NO_WHISPER)
        return Outcome(OutcomeStatus.RETRY, NOT_CONNECTED)

    async def silenced(self, room: RoomKey) -> Silenced | None:
        """The room's list of the silenced, where our route can read it."""
        known = self._rooms.get(room)
        return await self._route.silenced(known) if known else None

    async def room_mode(self, room: RoomKey) -> RoomMode | None:
        """Who may write in the room, where our route can read it."""
        known = self._rooms.get(room)
        return await self._route.room_mode(known) if known else None

    async def probe(self, room: RoomKey) -> None:
        """Ask for our role anew."""
        if known := self._rooms.get(room):
            await self._route.probe(known)

    async def _serve(self, room: Room, emit: Emit) -> None:
        """One room until cancelled; what it started on the platform is ended then."""
        room.connection = Connection(
            room.key, lambda: self._route.prepare(room), lambda: [room.key], clock=self._clock, chance=self._chance
        )
        try:
            await room.connection.run(lambda events: self._tell(room, events, emit))
        finally:
            with suppress(TimeoutError):  # a session that cannot be ended now lapses by itself
                async with asyncio.timeout(PARTING_S):
                    await self._route.close(room)

    def _tell(self, room: Room, events: Sequence[Event], emit: Emit) -> None:
        """Pass events on, unless the room was left in the meantime."""
        if self._rooms.get(room.key) is room:
            room.observe(events)
            emit(events)

    async def _beat(self) -> None:
        """Keep the open platform's sessions; a fault of ours in one beat is logged and spoils no other."""
        while True:
            await asyncio.sleep(BEAT_EVERY_S)
            try:
                await self._route.beat()
            except Exception:
                log.exception("heartbeat failed", platform=self.name)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
