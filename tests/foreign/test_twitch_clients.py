"""Clients written by others hear and moderate the simulator: it speaks the real protocol."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.twitch import TwitchSimulator
from tests.simulators.twitch.world import BOT_SCOPES

LAST = "the end"


class Driven:
    """A client in a process of its own, and what it prints."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def told(self, key: str) -> dict[str, Any]:
        """The next line of its output that has this key."""
        assert self.process.stdout
        while raw := await asyncio.wait_for(self.process.stdout.readline(), 30):
            if raw.startswith(b"{") and key in (said := json.loads(raw)):
                return dict(said)
        raise AssertionError(f"the client ended before it told {key}")


@pytest.mark.parametrize("client", ["twitchapi", "twitchio"])
async def test_clients_of_others_hear_every_line_and_may_moderate(client: str, tmp_path: Path) -> None:
    async with TwitchSimulator() as simulator, _driving(f"{client}_client.py", simulator, tmp_path) as driven:
        await converse(simulator, driven)


async def test_a_chat_client_of_others_reads_and_speaks_over_irc(tmp_path: Path) -> None:
    async with TwitchSimulator() as simulator, _driving("twitchapi_chat.py", simulator, tmp_path) as driven:
        await driven.told("live")
        first = await simulator.say("ann", "第一条 Kappa")
        assert first is not None
        heard = await driven.told("text")
        assert (heard["text"], heard["user"], heard["id"]) == (first.text, first.user.id, first.id)
        await simulator.say("ben", "!report spam", reply_to=first)
        assert (await driven.told("text"))["reply"] == first.user.id
        await simulator.say("ann", LAST)
        await driven.told("done")
        assert simulator.channel.lines[-1].text == "hello from twitchAPI"


@asynccontextmanager
async def _driving(script: str, simulator: TwitchSimulator, folder: Path) -> AsyncIterator[Driven]:
    """A script of this folder against the simulator; it has to end well by itself."""
    known = simulator.describe()
    scopes = (*BOT_SCOPES, "chat:read", "chat:edit")
    token = simulator.world.issue(simulator.bot, scopes, client_id="secretclient")
    given = {"access_token": token.access, "refresh_token": token.refresh, "until": LAST}
    wish = json.dumps({**known, **known["confidential_client"], **given})
    path = str(Path(__file__).with_name(script))
    process = await asyncio.create_subprocess_exec(
        sys.executable, path, wish, stdout=asyncio.subprocess.PIPE, cwd=folder, env=dict(os.environ)
    )
    try:
        yield Driven(process)
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def converse(simulator: TwitchSimulator, driven: Driven) -> None:
    await driven.told("live")
    first = await simulator.say("ann", "第一条 Kappa @ben")
    assert first is not None
    heard = await driven.told("text")
    assert (heard["text"], heard["user"], heard["id"]) == (first.text, first.user.id, first.id)
    await simulator.say("ben", "!report spam", reply_to=first)
    heard = await driven.told("text")
    assert (heard["text"], heard["reply"]) == ("@ann !report spam", first.user.id)
    await simulator.say("ann", LAST)
    assert (await driven.told("sent"))["sent"] is True
    assert any(line.text.startswith("hello from") for line in simulator.channel.lines)
    assert (await driven.told("banned"))["banned"] == first.user.id
    assert (await driven.told("unbanned"))["unbanned"] is True
    assert simulator.channel.ban_of(first.user.id) is None
