"""Something of the machine is missing: a free port, a name, a file descriptor. Said clearly, and got over."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog

from bot.complaints import TOLD_EVERY_S, Complaints
from bot.config import load
from bot.wiring import Danmod as Wired
from bot.wiring import open_danmod
from storage import Keys
from streams.connection import Connection, Dial
from streams.events import FeedChanged, RoomKey
from streams.sandbox.server import SandboxServer
from streams.sandbox.session import SandboxSession
from tests.journeys.running import Danmod, eventually
from tests.journeys.sandbox_room import sandbox_config, sandbox_room
from tests.servers import free_port

pytestmark = pytest.mark.fault("F29")

NOWHERE = "nowhere.invalid"


async def test_a_taken_port_is_one_sentence_that_names_it(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        async with SandboxServer(("demo",)) as server:
            running = Danmod(tmp_path, sandbox_config(server))
            running.config.write_text(running.config.read_text().replace(f"port = {running.port}", f"port = {port}"))
            running.launch()
            assert await running.ended() == 2
            said = [line for line in running.log.splitlines() if line.startswith("danmod:")]
            assert said == [f"danmod: port {port} on 127.0.0.1 is taken by another program; choose another [web] port"]
            assert "Traceback" not in running.log


@pytest.fixture
def no_such_name(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The resolver knows every name but one; what it was asked for in vain."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **more: Any) -> Any:
        if host in (NOWHERE, NOWHERE.encode()):
            asked.append(NOWHERE)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@asynccontextmanager
async def _running(folder: Path, text: str) -> AsyncIterator[Wired]:
    file = folder / "config.toml"
    more = f'[storage]\nurl = "sqlite:///{folder / "danmod.db"}"\n[web]\nport = {free_port()}\n'
    file.write_text(text + more, encoding="utf-8")
    async with open_danmod(load(file), Keys.ephemeral(b"scarcity")) as danmod:
        stop = asyncio.Event()
        task = asyncio.create_task(danmod.run(stop))
        try:
            await danmod.served()
            yield danmod
        finally:
            stop.set()
            await task


async def test_a_platform_whose_name_is_unknown_says_so_and_the_others_go_on(
    tmp_path: Path, no_such_name: list[str]
) -> None:
    irc = (
        f'[platforms.irc]\nurl = "ws://{NOWHERE}:6667"\nnick = "danmod"\n'
        '[[rooms]]\nplatform = "irc"\nroom = "#talk"\nmode = "enforce"\n'
    )
    async with SandboxServer(("demo",)) as server, _running(tmp_path, sandbox_config(server) + irc) as danmod:
        address = f"http://127.0.0.1:{(await danmod.served()).port}/statusz"

        async def rooms() -> dict[str, dict[str, Any]]:
            async with aiohttp.ClientSession() as http, http.get(address) as answer:
                return {room["room"]: room for room in (await answer.json())["rooms"]}

        async def told() -> bool:
            seen = await rooms()
            return "not known" in seen["irc:#talk"]["reason"] and seen["sandbox:demo"]["state"] == "live"

        await eventually(told, "the one room to say why, the other to be live")
        assert (await rooms())["irc:#talk"]["state"] == "connecting"
        assert no_such_name


async def test_names_that_stay_unknown_cost_no_memory(no_such_name: list[str]) -> None:
    tracemalloc.start()
    try:
        sizes = [await _after_dials(50, no_such_name), await _after_dials(300, no_such_name)]
    finally:
        tracemalloc.stop()
    assert sizes[1] - sizes[0] < 100_000, "hundreds of dials in vain leave nothing behind"


async def _after_dials(count: int, asked: list[str]) -> int:
    """The memory in use after so many dials of one connection, none of which found the name."""
    room, enough = RoomKey("sandbox:demo"), asyncio.Event()
    asked.clear()

    async def prepare() -> Dial:
        return Dial(f"ws://{NOWHERE}:1/ws/demo", SandboxSession(room, 0.0, lambda seen: None))

    async def sleep(seconds: float) -> None:
        assert seconds <= 60.0
        if len(asked) >= count:
            enough.set()
            await asyncio.Event().wait()

    def emit(events: Any) -> None:
        assert all(isinstance(event, FeedChanged) and "not known" in event.reason for event in events)

    connection = Connection("lost", prepare, lambda: [room], clock=lambda: 0.0, sleep=sleep)
    task = asyncio.create_task(connection.run(emit))
    async with asyncio.timeout(30):
        await enough.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    asked.clear()
    return tracemalloc.get_traced_memory()[0]


def _no_more_files(pid: int, spare: int) -> None:
    """From now on the process may open so many files more than it has open."""
    highest = max(int(number) for number in os.listdir(f"/proc/{pid}/fd"))
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 1 + spare, hard))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process are set on Linux alone")
async def test_without_file_descriptors_it_says_so_moderates_on_and_recovers(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path) as room:
        pid = room.danmod.pid
        _no_more_files(pid, spare=5)
        with ExitStack() as crowd:
            for _ in range(40):  # those beyond the limit wait in the kernel's queue
                crowd.enter_context(socket.create_connection(("127.0.0.1", room.danmod.port)))
            await eventually(lambda: "no file descriptors left" in room.danmod.log, "the shortage in the log")
            began_s, before_s = time.monotonic(), _cpu_s(pid)
            for _ in range(12):
                room.say("noisy", "the very same words again")
            await eventually(lambda: " decided " in room.danmod.log, "a decision in spite of the shortage")
            await eventually(lambda: time.monotonic() - began_s > 3.0, "three seconds of shortage")
            assert _cpu_s(pid) - before_s < 0.5 * (time.monotonic() - began_s), "no busy loop"
        await eventually(lambda: _answers(room.danmod), "the pages to be back")
        await eventually(lambda: room.server.room("demo").mutes, "the mute on the platform")
        assert "Traceback" not in room.danmod.log
        assert "part fell" not in room.danmod.log
        assert room.danmod.log.count("no file descriptors left") <= 3


async def _answers(danmod: Danmod) -> bool:
    try:
        return (await danmod.get("/readyz"))[0] == 200
    except (aiohttp.ClientError, OSError):
        return False


def test_a_shortage_that_lasts_is_told_now_and_then() -> None:
    now_s = 0.0
    complain = Complaints(lambda: now_s)
    context = {"message": "socket.accept() out of system resource", "exception": OSError(errno.EMFILE, "Too many")}
    with structlog.testing.capture_logs() as told:
        for second in range(25):
            now_s = float(second)
            complain(None, context)  # type: ignore[arg-type]  # the loop is not asked
    assert len(told) == 3
    assert all("LimitNOFILE" in entry["event"] for entry in told)
    assert TOLD_EVERY_S == 10.0


def test_a_shortage_the_loop_keeps_to_itself_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    complaints = Complaints(lambda: now_s)

    def none_left(*arguments: Any) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    with structlog.testing.capture_logs() as told:
        complaints.look()
        monkeypatch.setattr(os, "open", none_left)
        for tick in range(100):
            now_s = 0.5 + tick / 10
            complaints.look()
    assert [entry["reason"] for entry in told] == ["Too many open files"]


def test_any_other_complaint_keeps_its_trace() -> None:
    fault = RuntimeError("a task")
    with structlog.testing.capture_logs() as told:
        Complaints(lambda: 0.0)(None, {"message": "Task exception was never retrieved", "exception": fault})  # type: ignore[arg-type]  # the loop is not asked
    assert told == [
        {"event": "loop fault", "what": "Task exception was never retrieved", "exc_info": fault, "log_level": "error"}
    ]
