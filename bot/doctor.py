"""`danmod doctor`: what works, what is missing, and the cure, a line each."""

from __future__ import annotations

import asyncio
import random
import stat
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp

from bot import platforms
from bot.clock import SteadyClock
from bot.config import ConfigError, Settings, check_controller, list_reports
from bot.init import DOUYU_READS_ONLY, OWNCAST_TOKENS, READS_ONLY, UNSANCTIONED
from bot.twitch_login import standing
from cases.ports import StorageError
from ratelimit.gauges import make_gauge
from ratelimit.limits import Hit
from storage import open_beside
from streams.events import Event, FeedChanged, FeedState, RoomKey, platform_of
from streams.platform import Capabilities, Platform

LOOK_S = 8.0
"""How long a room may take to be seen."""


async def examine(settings: Settings, say: Callable[[str], Any]) -> int:
    """Look at everything; 0 when nothing is wrong, else 1."""
    wrong = 0
    for ok, text in [
        await _database(settings),
        await _counters(settings),
        _keys(settings),
        _public(settings),
        _controller(settings),
        *_lists(settings),
        *await _rooms(settings),
    ]:
        wrong += not ok
        say(f"{'ok   ' if ok else 'wrong'} {text}")
    return 1 if wrong else 0


async def _database(settings: Settings) -> tuple[bool, str]:
    try:
        async with open_beside(settings.storage.url) as beside:
            counts = await beside.reader.counts()
    except (StorageError, ValueError, OSError) as fault:
        return False, f"database: {fault}"
    return True, f"database: readable, {sum(n for name, n in counts.items() if name.startswith('cases'))} cases"


async def _counters(settings: Settings) -> tuple[bool, str]:
    clock = SteadyClock()
    gauge = make_gauge(settings.counters.url, key=b"doctor" * 6, clock=clock)
    try:
        usage = await gauge.count([Hit("doctor:check", "doctor", int(clock() * 1000))], "doctor")
    finally:
        await gauge.close()
    if usage[0].degraded:
        return False, f"counters: {_place(settings.counters.url)} does not answer; danmod would count alone"
    return True, f"counters: {_place(settings.counters.url)} answers"


def _place(url: str) -> str:
    """A URL without its password."""
    return url.rpartition("@")[2] if "@" in url else url


def _keys(settings: Settings) -> tuple[bool, str]:
    file = settings.keys.file
    if not file.exists():
        return True, f"keys: {file} will be made on the first run; then keep a copy apart from the database"
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        return False, f"keys: others can read {file}; chmod 600 {file}"
    return (
        True,
        f"keys: {file} is private; danmod cannot see whether you keep a copy of it: without one, loss is for good",
    )


def _public(settings: Settings) -> tuple[bool, str]:
    if settings.web.public_url:
        return True, f"pages: viewers reach them at {settings.web.public_url}"
    return True, "pages: no public_url: viewers get codes and commands in chat, but no report form and no case page"


def _controller(settings: Settings) -> tuple[bool, str]:
    try:
        check_controller(settings)
    except ConfigError as fault:
        return False, f"controller: {str(fault).splitlines()[0]}"
    if not (settings.controller.name and settings.controller.contact):
        return True, 'controller: nobody is named: the pages say "ask the streamer"; set [controller] name and contact'
    return True, f"controller: {settings.controller.name}, {settings.controller.contact}"


def _lists(settings: Settings) -> list[tuple[bool, str]]:
    """Each word list: what is used of it, and what is left out."""
    try:
        return [(True, f"word list {told}") for told in list_reports(settings)]
    except ConfigError as fault:
        return [(False, f"word lists: {fault}")]


async def _rooms(settings: Settings) -> list[tuple[bool, str]]:
    try:
        async with open_beside(settings.storage.url) as beside:
            keys = [stored.room for stored in await beside.rooms.list()]
    except (StorageError, ValueError, OSError):
        keys = []
    keys = list(dict.fromkeys([*(room.key for room in settings.rooms), *keys]))
    if not keys:
        return [(False, "rooms: none; danmod rooms add PLATFORM:ROOM")]
    return [*_route(settings), *await _seen(settings, keys)]


def _route(settings: Settings) -> list[tuple[bool, str]]:
    """What an operator should know of a platform's way in."""
    told: list[tuple[bool, str]] = []
    if (section := settings.platforms.bilibili) is not None:
        told.append((True, f"bilibili: {READS_ONLY if section.route == 'open' else UNSANCTIONED}"))
    if settings.platforms.twitch is not None:
        ok, text = standing(settings)
        told.append((ok, f"twitch: {text}"))
    if settings.platforms.douyu is not None:
        told.append((True, f"douyu: {DOUYU_READS_ONLY}"))
    if (owncast := settings.platforms.owncast) is not None and not owncast.access_token.get_secret_value():
        told.append((True, f"owncast: {OWNCAST_TOKENS}"))
    return told


async def _seen(settings: Settings, keys: Sequence[RoomKey]) -> list[tuple[bool, str]]:
    """Join every room for a moment and tell how it is seen and what can be done there."""
    clock = SteadyClock()
    states: dict[RoomKey, FeedChanged] = {}

    def note(events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, FeedChanged):
                states[event.room] = event

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        built = platforms.build(settings, keys, http, clock, random.random)
        for key in keys:
            built[platform_of(key)].join(key)
        tasks = [asyncio.create_task(platform.run(note)) for platform in built.values()]
        deadline_s = clock() + LOOK_S
        while clock() < deadline_s and not all(_settled(states.get(key)) for key in keys):  # noqa: ASYNC110 - two ends
            await asyncio.sleep(0.1)
        found = [_room(key, states.get(key), built[platform_of(key)]) for key in keys]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return found


def _settled(change: FeedChanged | None) -> bool:
    return change is not None and change.state in (FeedState.LIVE, FeedState.REFUSED, FeedState.BLIND)


def _room(key: RoomKey, change: FeedChanged | None, platform: Platform) -> tuple[bool, str]:
    if change is None or change.state is not FeedState.LIVE:
        reason = change.reason if change and change.reason else f"no answer within {LOOK_S:.0f} s"
        return False, f"{key}: {change.state.value if change else 'not seen'}: {reason}"
    note = f"; {change.reason}" if change.reason else ""
    return True, f"{key}: seen; danmod can {_can(platform.capabilities(key))}{note}"


def _can(capabilities: Capabilities) -> str:
    """What can be done in plain words."""
    words = ["hide"]
    words += ["delete"] if capabilities.delete else []
    words += ["mute"] if capabilities.mute else []
    words += ["ban"] if capabilities.ban else []
    words += ["speak"] if capabilities.say else []
    return ", ".join(words) + ("" if capabilities.mute else " (no mutes on the platform)")
