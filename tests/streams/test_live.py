"""The tests against real platforms do what they say: here they are pointed at the simulators."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.contracts.platforms import eventually
from tests.simulators.douyu import DouyuSimulator
from tests.simulators.owncast import OwncastSimulator

ROOT = Path(__file__).resolve().parents[2]


async def _run(**env: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/live"),
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def test_rooms_that_are_named_are_watched_and_spoken_in() -> None:
    async with OwncastSimulator() as owncast, DouyuSimulator() as douyu:
        integration = owncast.world.integrate("danmod", ("CAN_SEND_MESSAGES",))
        process = await _run(
            DANMOD_LIVE_ROOMS="owncast:chat douyu:102965",
            DANMOD_LIVE_SAY="1",
            DANMOD_PLATFORMS__OWNCAST__URL=owncast.url,
            DANMOD_PLATFORMS__OWNCAST__ACCESS_TOKEN=integration.token,
            DANMOD_PLATFORMS__DOUYU__CHAT_URL=douyu.url,
        )
        await eventually(lambda: owncast.clients, 60.0, "danmod at Owncast")
        owncast.say(owncast.world.register("ann"), "hello")
        await eventually(lambda: any(guest.joined for guest in douyu.guests), 60.0, "danmod at Douyu")
        await douyu.say("102965", 7, "小明", "你好")
        output, _ = await asyncio.wait_for(process.communicate(), 60)
        said = [line.typed for line in owncast.world.lines]
    assert process.returncode == 0, output.decode()
    assert b"2 passed" in output
    assert said == ["hello", "danmod: a test line"]


async def test_a_room_that_cannot_be_seen_fails_with_the_reason() -> None:
    process = await _run(DANMOD_LIVE_ROOMS="douyu:not-a-number", DANMOD_PLATFORMS__DOUYU__CHAT_URL="ws://127.0.0.1:9")
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert b"is a number" in output
