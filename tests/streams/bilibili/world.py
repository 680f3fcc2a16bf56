"""A platform running against a simulator, and the settings for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp

from streams.bilibili.feed import BilibiliPlatform, BilibiliSettings
from streams.events import RoomKey
from tests.contracts.platforms import Record, serving
from tests.simulators.bilibili import BilibiliSimulator

SHORT = RoomKey("bilibili:77")


@dataclass
class Scene:
    """A running platform with the room ``77`` joined."""

    simulator: BilibiliSimulator
    platform: BilibiliPlatform
    record: Record
    room: RoomKey = SHORT


def settings_for(simulator: BilibiliSimulator, **changes: Any) -> BilibiliSettings:
    """The web route with a moderator's cookie, unless changed."""
    urls = simulator.urls
    fields = {"route": "web", "api_url": urls.api_url, "live_api_url": urls.live_api_url, "cookie": simulator.cookie}
    return BilibiliSettings(**{**fields, "open_url": urls.open_url, **changes})


def open_settings(simulator: BilibiliSimulator, **changes: Any) -> BilibiliSettings:
    """The open platform's route for the room named ``77``."""
    application = simulator.open
    fields = {
        "route": "open",
        "cookie": "",
        "access_key_id": application.key_id,
        "access_key_secret": application.secret,
        "app_id": application.app_id,
        "codes": {"77": simulator.room.code},
    }
    return settings_for(simulator, **{**fields, **changes})


@asynccontextmanager
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield http


@asynccontextmanager
async def scene(
    simulator: BilibiliSimulator, settings: BilibiliSettings | None = None, *, live: bool = True
) -> AsyncIterator[Scene]:
    """The platform over a simulator that serves already; with ``live`` False the room need not come up."""
    async with client() as http:
        platform = BilibiliPlatform(
            settings or settings_for(simulator),
            http,
            chance=lambda: 0.0,
            say_spacing=timedelta(0),
            echo_within=timedelta(seconds=0.3),
        )
        platform.join(SHORT)
        harness: Any = type("Harness", (), {"platform": platform, "room": SHORT})
        async with serving(harness, join=live) as record:
            yield Scene(simulator, platform, record)
