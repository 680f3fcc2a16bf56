"""tmi.js and twurple, written by others, hear and moderate the simulated Twitch: it speaks the real protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.foreign import npm_clients
from tests.foreign.test_twitch_clients import LAST, Driven, converse
from tests.simulators.twitch import TwitchSimulator

pytestmark = pytest.mark.needs("npm", "node")


@asynccontextmanager
async def _driving(client: str, simulator: TwitchSimulator) -> AsyncIterator[Driven]:
    script = await asyncio.to_thread(npm_clients.script, "twitch_clients.mjs")
    wish = json.dumps({**simulator.describe(), "client": client, "until": LAST})
    process = await asyncio.create_subprocess_exec("node", str(script), wish, stdout=asyncio.subprocess.PIPE)
    try:
        yield Driven(process)
        assert await asyncio.wait_for(process.wait(), 50) == 0
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_twurple_hears_every_line_and_may_moderate() -> None:
    async with TwitchSimulator() as simulator, _driving("twurple", simulator) as driven:
        await converse(simulator, driven)


async def test_tmi_js_hears_every_line_and_sees_a_timeout() -> None:
    async with TwitchSimulator() as simulator, _driving("tmi.js", simulator) as driven:
        await driven.told("live")
        first = await simulator.say("ann", "第一条 Kappa @ben")
        assert first is not None
        heard = await driven.told("text")
        assert (heard["text"], heard["user"], heard["id"]) == (first.text, first.user.id, first.id)
        await simulator.say("ben", "!report spam", reply_to=first)
        assert (await driven.told("text"))["reply"] == first.user.id
        await simulator.say("ann", LAST)
        await driven.told("text")
        await simulator.chat.ban(simulator.channel, simulator.bot, first.user, "flooding", 60)
        assert (await driven.told("banned"))["banned"] == "ann"
