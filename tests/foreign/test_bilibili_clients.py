"""Clients written by others connect to the simulator and hear its lines: the simulator speaks the real protocol."""

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

from tests.foreign import npm_clients
from tests.simulators.bilibili import BilibiliSimulator

LINES = ["第一条", "second", "third 😀", "fourth", "the end"]
BLIVEDM_PATH = os.environ.get("BLIVEDM_PATH", "")


@asynccontextmanager
async def _running(*command: str, env: dict[str, str] | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, **(env or {})}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _conversation(simulator: BilibiliSimulator, process: asyncio.subprocess.Process) -> list[dict[str, Any]]:
    """What the client heard. A line is said when the last was heard: the clients inflate frames out of order."""
    heard: list[dict[str, Any]] = []
    async with asyncio.timeout(25):
        await _printed(process, b"live")
        for number, text in enumerate(LINES):
            await simulator.say(70_001 + number % 2, ("ann", "ben")[number % 2], text)
            heard.append(json.loads(await _printed(process, b"{")))
        assert await process.wait() == 0
    return heard


async def _printed(process: asyncio.subprocess.Process, start: bytes) -> bytes:
    """The next line of output that begins so."""
    assert process.stdout
    while not (said := await process.stdout.readline()).startswith(start):
        assert said, "the client ended too early"
        assert not said.startswith(b"error"), said
    return said


def _assert_all_heard(heard: list[dict[str, Any]]) -> None:
    assert [line["text"] for line in heard] == LINES
    assert [line["uid"] for line in heard[:2]] == [70_001, 70_002]
    assert heard[0]["name"] == "ann"


@pytest.mark.needs("npm", "node")
@pytest.mark.parametrize(
    ("client", "transport", "protover"),
    [
        ("bilibili-live-ws", "ws", 1),
        ("bilibili-live-ws", "ws", 2),
        ("bilibili-live-ws", "ws", 3),
        ("bilibili-live-ws", "tcp", 3),
        ("tiny-bilibili-ws", "ws", 1),
        ("tiny-bilibili-ws", "ws", 2),
        ("tiny-bilibili-ws", "ws", 3),
        ("tiny-bilibili-ws", "tcp", 3),
    ],
)
async def test_clients_from_npm_hear_every_line(client: str, transport: str, protover: int) -> None:
    """tiny-bilibili-ws fetches room, keys and token by itself; the other is handed its token."""
    script = await asyncio.to_thread(npm_clients.script, "bilibili_clients.mjs")
    async with BilibiliSimulator() as simulator:
        host, _, port = simulator.urls.tcp_url.removeprefix("tcp://").partition(":")
        wish = {
            "client": client,
            "transport": transport,
            "base": simulator.urls.api_url,
            "ws": simulator.urls.chat_url,
            "host": host,
            "port": int(port),
            "room": simulator.room.room_id,
            "cookie": f"{simulator.cookie}; buvid3=a-browser",
            "token": simulator.world.issue_token(1001, "a-browser"),
            "uid": 1001,
            "buvid": "a-browser",
            "protover": protover,
            "until": LINES[-1],
        }
        async with _running("node", str(script), json.dumps(wish)) as process:
            _assert_all_heard(await _conversation(simulator, process))


if BLIVEDM_PATH:  # measured where its source is at hand; its name on the package index is an outdated one

    async def test_blivedm_hears_every_line() -> None:
        """It fetches everything by itself: browser number, identity, signing keys, room, token."""
        script = Path(__file__).with_name("blivedm_client.py")
        async with BilibiliSimulator() as simulator:
            wish = {
                "base": simulator.urls.api_url,
                "ws": simulator.urls.chat_url,
                "room": simulator.room.short_id,
                "cookie": simulator.cookie,
                "until": LINES[-1],
            }
            env = {"PYTHONPATH": BLIVEDM_PATH}
            async with _running(sys.executable, str(script), json.dumps(wish), env=env) as process:
                _assert_all_heard(await _conversation(simulator, process))
