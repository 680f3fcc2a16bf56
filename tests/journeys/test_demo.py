"""`danmod demo`: one command, and a raid is kept off the overlay of a room of one's own."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys

import aiohttp

from tests.journeys.running import ROOT, eventually


async def test_the_demo_prints_its_addresses_and_keeps_a_raid_off_the_overlay() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--crowd", "raid",
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = await _until(process.stdout, "Ctrl-C")
        urls = dict(re.findall(r"^(chat|overlay|feed|report|desk) +(http\S+)$", said, re.MULTILINE))
        assert set(urls) == {"chat", "overlay", "feed", "report", "desk"}
        shown = await _overlay_until_muted(urls["overlay"], urls["desk"])
        ours = ("danmod moderates here", "Shield up:")
        assert [text for text in shown if not text.startswith(ours)] == [], "only the raiders wrote"
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(50):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _until(stream: asyncio.StreamReader, word: str) -> str:
    said = ""
    async with asyncio.timeout(40):
        while word not in said:
            line = await stream.readline()
            assert line, said
            said += line.decode()
    return said


async def _overlay_until_muted(overlay: str, desk: str) -> list[str]:
    """What the overlay has shown by the time the raiders are muted."""
    metrics = desk.replace("/desk", "/metrics")
    path, _, query = overlay.partition("?")
    shown: list[str] = []
    frames = 0
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{path}/socket?{query}") as socket:

        async def look() -> None:
            nonlocal frames
            async for frame in socket:
                frames += 1
                shown.extend(str(line["text"]) for line in frame.json().get("show", ()))

        looking = asyncio.create_task(look())

        async def muted() -> bool:
            async with http.get(metrics) as answer:
                done = re.search(r'kind="mute",outcome="done"} (\d+)', await answer.text())
            return done is not None and int(done[1]) >= 20

        await eventually(muted, "twenty mutes", 50.0, every_s=0.2)
        then = frames

        async def held_no_more() -> bool:
            return frames >= then + 10  # the overlay's pulse comes once a second; the longest hold is eight

        await eventually(held_no_more, "the hold of what came before", 60.0)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    assert frames > 5, "the overlay was connected all the time"
    return shown
