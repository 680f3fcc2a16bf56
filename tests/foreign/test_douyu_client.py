"""douyudm, written by others, connects to the simulator and hears its lines: the simulator speaks the real protocol."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.contracts.platforms import eventually
from tests.foreign import npm_clients
from tests.simulators.douyu import DouyuSimulator

LINES = ["第一条", "a@b/c @S @A", "third 😀", "the end"]


@pytest.mark.needs("npm", "node")
async def test_douyudm_hears_every_line(tmp_path: Path) -> None:
    script = await asyncio.to_thread(npm_clients.script, "douyu_client.mjs")
    async with DouyuSimulator() as simulator:
        process = await asyncio.create_subprocess_exec(
            *("node", str(script), simulator.url, "102965", LINES[-1]),
            stdout=asyncio.subprocess.PIPE,
            cwd=tmp_path,  # it keeps a log where it runs
        )
        await eventually(
            lambda: any(guest.joined for guest in simulator.guests), within_s=50, what="douyudm in the room"
        )
        for number, text in enumerate(LINES):
            await simulator.say("102965", 70_001 + number, "小老弟/@", text)
        output, _ = await asyncio.wait_for(process.communicate(), 50)
    live, *heard = output.decode().splitlines()
    assert live == "live"
    assert [json.loads(line) for line in heard] == [
        {"text": text, "uid": 70_001 + number, "name": "小老弟/@"} for number, text in enumerate(LINES)
    ]
    assert simulator.refuse == []
