"""The process itself: a planned stop, a second instance, kills in the middle of work, a stuck terminal."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from cases.model import ActionKind, MeasureStatus
from streams.sandbox.server import SandboxServer
from tests.journeys.running import ROOT, Danmod, eventually
from tests.journeys.sandbox_room import SandboxRoom, sandbox_config, sandbox_room


@pytest.mark.fault("F36")
async def test_a_stop_under_load_is_quick_and_loses_nothing_decided(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        load = asyncio.create_task(room.load(60))
        await eventually(lambda: _some_mutes(room.danmod, 20), "twenty mutes under load")
        began_s = time.monotonic()
        code = await room.danmod.terminate(within_s=50.0)
        assert code == 0, room.danmod.log[-2000:]
        assert time.monotonic() - began_s < 50.0
        await _cancel(load)
        assert "without having written" not in room.danmod.log
        assert "decisions lost" not in room.danmod.log
        assert "Traceback" not in room.danmod.log
        await room.danmod.command("audit", "verify")
        assert _integrity(room.danmod) == "ok"
        ordered = {mute.respondent for mute in await room.danmod.actions(ActionKind.MUTE)}

        await room.danmod.start()
        await eventually(lambda: _no_mute_waits(room.danmod), "every mute to be performed")
        assert ordered <= set(room.server.room("demo").mutes)


@pytest.mark.fault("F36")
async def test_a_stop_while_it_starts_is_a_stop(tmp_path: Path) -> None:
    async with SandboxServer(("demo",)) as server:
        running = Danmod(tmp_path, sandbox_config(server))
        running.launch()
        await eventually(lambda: running.database.exists(), "the first sign of life", every_s=0.005)
        assert await running.terminate() == 0
        assert "Traceback" not in running.log


@pytest.mark.fault("F27")
async def test_a_second_instance_on_one_database_is_refused(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", "-c", str(room.danmod.config),
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(50):
            _, err = await process.communicate()
        assert process.returncode == 2
        assert "another danmod is already running" in err.decode()
        assert len(err.decode().strip().splitlines()) <= 3
        assert (await room.danmod.get("/readyz"))[0] == 200, "the first goes on"


@pytest.mark.fault("F13")
async def test_killed_again_and_again_under_load_nothing_decided_is_lost(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        load = asyncio.create_task(room.load(80))
        for number in range(1, 4):
            await eventually(lambda wanted=8 * number: _some_mutes(room.danmod, wanted), "mutes under load")  # type: ignore[misc]
            await room.danmod.kill()
            assert _integrity(room.danmod) == "ok"
            await room.danmod.start()
        await _cancel(load)
        await eventually(lambda: _no_mute_waits(room.danmod), "every mute to be performed")
        cases = await room.danmod.cases()
        assert len({case.code for case in cases}) == len(cases)
        mutes = await room.danmod.actions(ActionKind.MUTE)
        assert {mute.status for mute in mutes} <= {MeasureStatus.IN_FORCE}
        assert {mute.respondent for mute in mutes} <= set(room.server.room("demo").mutes)
        timers = _rows(room.danmod, "SELECT ref FROM timers WHERE done_at IS NULL")
        assert {mute.id for mute in mutes} <= {ref for (ref,) in timers}
        await room.danmod.command("audit", "verify")


@pytest.mark.fault("F39")
async def test_a_terminal_that_reads_nothing_does_not_stop_the_moderation(tmp_path: Path) -> None:
    async with SandboxServer(("demo",)) as server:
        running = Danmod(tmp_path, sandbox_config(server))
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        process = subprocess.Popen(  # noqa: ASYNC220 - starting takes a millisecond
            [sys.executable, "-m", "bot", "run", "-c", str(running.config), "--verbose"],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing,
        )  # fmt: skip
        os.close(writing)
        try:
            await eventually(lambda: _ready(running), "danmod to be ready", 40.0)
            async with contextlib.AsyncExitStack() as people:
                room = SandboxRoom(server, running, people)
                load = asyncio.create_task(room.load(120))
                await eventually(lambda: _some_mutes(running, 100), "a hundred mutes, each of them logged", 50.0)
                await _cancel(load)
            assert (await running.get("/readyz"))[0] == 200
            process.send_signal(signal.SIGTERM)
            await eventually(lambda: process.poll() is not None, "the end", 50.0)
            assert process.returncode == 0
        finally:
            process.kill()
            process.wait()
            os.close(reading)


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        other = tmp_path / "other"
        other.mkdir()
        second = Danmod(other, sandbox_config(room.server))
        text = second.config.read_text().replace(f"port = {second.port}", f"port = {room.danmod.port}")
        second.config.write_text(text)
        second.launch()
        assert await second.ended() == 2
        assert f"port {room.danmod.port}" in second.log
        assert "Traceback" not in second.log


async def _ready(running: Danmod) -> bool:
    try:
        return (await running.get("/readyz"))[0] == 200
    except OSError:
        return False


async def _some_mutes(running: Danmod, count: int) -> bool:
    return len(await running.actions(ActionKind.MUTE)) >= count


async def _no_mute_waits(running: Danmod) -> bool:
    return all(mute.status is not MeasureStatus.PENDING for mute in await running.actions(ActionKind.MUTE))


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _integrity(running: Danmod) -> str:
    ((answer,),) = _rows(running, "PRAGMA integrity_check")
    return str(answer)


def _rows(running: Danmod, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(running.database)) as connection:
        return connection.execute(query).fetchall()
