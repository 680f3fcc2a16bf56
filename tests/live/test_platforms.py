"""Against the real platforms, by choice. Nothing here runs unless ``DANMOD_LIVE_ROOMS`` names rooms.

    DANMOD_LIVE_ROOMS="douyu:102965 owncast:chat" DANMOD_PLATFORMS__OWNCAST__URL=https://live.example.org \
        .venv/bin/python -m pytest tests/live -rP

Addresses and secrets come by the same environment variables as for `danmod run`. ``DANMOD_LIVE_SAY=1`` says one line where
danmod may speak; ``DANMOD_LIVE_LINES=N`` waits for so many lines (default 1; 0: to be let in is enough). Choose rooms that
are yours, or that talk anyway.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot import platforms
from bot.clock import SteadyClock
from bot.config import Settings
from streams.events import FeedChanged, FeedState, RoomKey, platform_of
from streams.platform import OutcomeStatus, Platform, Say
from tests.contracts.platforms import Record, eventually

ROOMS = [RoomKey(name) for name in os.environ.get("DANMOD_LIVE_ROOMS", "").split()]
LINES = int(os.environ.get("DANMOD_LIVE_LINES", "1"))
SEEN_WITHIN_S, LINES_WITHIN_S = 40.0, 75.0

if ROOMS:

    @pytest.mark.parametrize("room", ROOMS)
    async def test_the_room_is_seen(room: RoomKey) -> None:
        async with _watching(room) as (platform, record):
            await eventually(lambda: _settled(record), SEEN_WITHIN_S, f"{room} seen")
            change = _settled(record)
            assert change is not None
            assert change.state is FeedState.LIVE, change.reason
            await eventually(lambda: len(record.messages(room)) >= LINES, LINES_WITHIN_S, f"{LINES} lines in {room}")
            for line in record.messages(room)[:LINES]:
                assert line.id
                assert line.text
                assert line.sent_s > 946_684_800
            await _say(platform, room, record)


async def _say(platform: Platform, room: RoomKey, record: Record) -> None:
    if not os.environ.get("DANMOD_LIVE_SAY") or not platform.capabilities(room).say:
        return
    outcome = await platform.perform(Say(room, "danmod: a test line"))
    assert outcome.status in (OutcomeStatus.DONE, OutcomeStatus.UNCONFIRMED), outcome.detail


def _settled(record: Record) -> FeedChanged | None:
    """The first word that does not only say that we are on the way."""
    changes = [event for event in record.events if isinstance(event, FeedChanged)]
    return next((one for one in changes if one.state not in (FeedState.CONNECTING, FeedState.STALE)), None)


@asynccontextmanager
async def _watching(room: RoomKey) -> AsyncIterator[tuple[Platform, Record]]:
    """The room's platform, running as `danmod run` would run it."""
    settings = Settings.model_validate({"platforms": {platform_of(room): _section(platform_of(room))}})
    record = Record()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        built = platforms.build(settings, [room], http, SteadyClock(), random.random)[platform_of(room)]
        built.join(room)
        running = asyncio.create_task(built.run(record.emit))
        try:
            yield built, record
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def _section(platform: str) -> dict[str, str]:
    """What the environment says of a platform, by the variables of `danmod run`."""
    prefix = f"DANMOD_PLATFORMS__{platform.upper()}__"
    return {name.removeprefix(prefix).lower(): value for name, value in os.environ.items() if name.startswith(prefix)}
