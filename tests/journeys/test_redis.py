"""Redis goes away and comes back: moderation goes on, the status page says how it is."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from cases.model import ActionKind, MeasureStatus
from tests.conftest import RedisServers
from tests.journeys.running import Danmod, eventually
from tests.journeys.sandbox_room import sandbox_room

pytestmark = pytest.mark.needs("redis")


@pytest.mark.fault("F14")
async def test_a_flood_is_stopped_while_redis_is_away_and_all_is_well_again_after(
    tmp_path: Path, redis_server: RedisServers
) -> None:
    redis = redis_server()
    async with sandbox_room(tmp_path, more=f'[counters]\nurl = "{redis.url}"') as room:
        flooders = [await room.person(name) for name in ("Flo", "Finn", "Fritz")]
        await _flood_until_muted(room.danmod, flooders[0], people=1)
        assert (await room.danmod.status())["counters"] == "well"
        assert b"danmod" in redis.ask("KEYS", "*"), "Redis did count"

        redis.stop()
        await _flood_until_muted(room.danmod, flooders[1], people=2)
        status = await room.danmod.status()
        assert status["counters"] == "degraded"
        assert status["ready"]

        redis.start()
        await eventually(lambda: _is_well(room.danmod), "the shared counters to be back", 25.0)
        await _flood_until_muted(room.danmod, flooders[2], people=3)
        assert (await room.danmod.status())["counters"] == "well"
        assert "not judged" not in room.danmod.log


@pytest.mark.fault("F15")
async def test_a_redis_that_hangs_delays_nobody_for_long(tmp_path: Path, redis_server: RedisServers) -> None:
    redis = redis_server()
    async with sandbox_room(tmp_path, more=f'[counters]\nurl = "{redis.url}"') as room:
        mia = await room.person("Mia")
        await mia.say("before")
        await eventually(lambda: _shows(room.danmod, "before"), "an ordinary line on the feed")
        sleeping = asyncio.create_task(asyncio.to_thread(redis.ask, "DEBUG", "SLEEP", "4"))
        await asyncio.sleep(0.05)
        began_s = time.monotonic()
        await mia.say("meanwhile")
        await eventually(lambda: _shows(room.danmod, "meanwhile"), "a line while Redis hangs")
        assert time.monotonic() - began_s < 8.0, "a second's hold and a tenth's deadline, five times over"
        await sleeping


async def _flood_until_muted(danmod: Danmod, flooder: object, people: int) -> None:
    from tests.contracts.sandbox_harness import SandboxViewer

    assert isinstance(flooder, SandboxViewer)
    for _ in range(12):
        await flooder.say("me me me me me me")
    await eventually(lambda: _muted(danmod, people), f"{people} confirmed mutes")


async def _muted(danmod: Danmod, people: int) -> bool:
    mutes = await danmod.actions(ActionKind.MUTE)
    return len([mute for mute in mutes if mute.status is MeasureStatus.IN_FORCE]) == people


async def _is_well(danmod: Danmod) -> bool:
    return bool((await danmod.status())["counters"] == "well")


async def _shows(danmod: Danmod, text: str) -> bool:
    return text in await danmod.feed("sandbox:demo")
