"""A loop that no longer turns is noticed and told, and the service manager hears of starts, life and stops."""

from __future__ import annotations

import asyncio
import configparser
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bot.watchdog import PING_S, STALL_S, LoopWatch, notify
from bot.wiring import STOP_WITHIN_S
from tests.journeys.running import ROOT, eventually

pytestmark = pytest.mark.fault("F30")


class Watched:
    """A watch whose clock is moved by hand, and whom it told."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.stalls: list[float] = []
        self.watch = LoopWatch(lambda: self.now_s, self.stalls.append)
        self._told = False

    def look(self) -> bool:
        self._told = self.watch.look(self._told)
        return self._told


def test_a_loop_that_turns_is_no_news() -> None:
    watched = Watched()
    for _ in range(50):
        watched.now_s += STALL_S - 0.1
        assert not watched.look()
        watched.watch.beat()
    assert watched.stalls == []


def test_a_stall_is_told_once_and_the_next_one_again() -> None:
    watched = Watched()
    with structlog.testing.capture_logs() as told:
        for stall in (1, 2):
            watched.now_s += STALL_S
            for _ in range(10):
                watched.now_s += 0.5
                assert watched.look()
            assert len(watched.stalls) == stall
            watched.watch.beat()
            assert not watched.look(), "it turns again"
    assert watched.stalls == [STALL_S + 0.5, STALL_S + 0.5]
    assert [entry["event"] for entry in told] == ["the loop stands still"] * 2
    assert told[0]["silent_s"] == STALL_S + 0.5


async def test_the_log_names_the_function_that_blocks() -> None:
    """The real thread looks while this very loop stands still."""
    told = threading.Event()
    now_s = 0.0
    watch = LoopWatch(lambda: now_s, lambda silent_s: told.set())

    def a_plug_in_that_blocks() -> None:
        nonlocal now_s
        now_s = 10.0
        assert told.wait(20.0), "nobody noticed"

    with structlog.testing.capture_logs() as logged:
        watch.start()
        try:
            a_plug_in_that_blocks()
        finally:
            watch.stop()
    (entry,) = (entry for entry in logged if entry["event"] == "the loop stands still")
    assert "a_plug_in_that_blocks" in entry["where"]
    assert entry["silent_s"] == 10.0


class Manager:
    """Stands in for the service manager: a datagram socket that keeps what it is told."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.told: list[tuple[float, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while (data := self._socket.recv(4096)) != b"END":
            self.told.append((time.monotonic(), data.decode()))

    def count(self, state: str) -> int:
        return sum(said == state for _, said in self.told)

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect("\0" + self.address[1:] if self.address.startswith("@") else self.address)
            sender.send(b"END")
        self._thread.join(10)
        self._socket.close()


@pytest.fixture(params=["in a folder", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    if request.param == "abstract" and sys.platform != "linux":
        pytest.skip("abstract addresses are Linux's")
    abstract = f"@danmod-test-{os.getpid()}-{time.monotonic_ns()}"
    manager = Manager(abstract if request.param == "abstract" else str(tmp_path / "notify"))
    yield manager
    manager.close()


async def test_the_manager_is_told(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
    notify("READY=1")
    await eventually(lambda: manager.count("READY=1"), "the datagram")


async def test_a_loop_that_turns_pings_once_a_second(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
    watched = Watched()
    for _ in range(100):
        watched.now_s += 0.1
        watched.watch.beat()
    notify("END OF TEST")
    await eventually(lambda: manager.count("END OF TEST"), "the last datagram")
    assert 9 <= manager.count("WATCHDOG=1") <= 11
    assert PING_S == 1.0


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@danmod-nobody-listens-here", "/" + "x" * 300])
def test_a_manager_that_is_not_there_harms_nobody(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("WATCHDOG=1")


def test_a_manager_that_does_not_read_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        deaf.bind(str(tmp_path / "deaf"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "deaf"))
        done = threading.Event()

        def tell() -> None:
            for _ in range(2000):
                notify("WATCHDOG=1")
            done.set()

        threading.Thread(target=tell, daemon=True).start()
        assert done.wait(20.0), "the queue of a manager that does not read blocked us"
    finally:
        deaf.close()


async def test_a_real_danmod_tells_ready_life_and_stop_in_order(manager: Manager, tmp_path: Path) -> None:
    env = {**os.environ, "NOTIFY_SOCKET": manager.address, "TMPDIR": str(tmp_path)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220 - starting takes a millisecond
            [sys.executable, "-m", "bot", "demo"], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        await eventually(lambda: manager.count("READY=1"), "READY=1", 50.0)
        await eventually(lambda: manager.count("WATCHDOG=1") >= 2, "two signs of life", 50.0)
        process.send_signal(signal.SIGTERM)
        await eventually(lambda: process.poll() is not None, "the end", 50.0)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, (tmp_path / "log").read_text()
    states = [state for _, state in manager.told]
    assert states.count("READY=1") == 1
    assert states.count("STOPPING=1") == 1
    assert states[0] == "READY=1"
    assert set(states) == {"READY=1", "WATCHDOG=1", "STOPPING=1"}


async def test_a_process_that_hangs_gives_no_sign_of_life(tmp_path: Path) -> None:
    """What `WatchdogSec` waits for: the pings stop as the loop stops, and come back with it."""
    manager = Manager(str(tmp_path / "notify"))
    env = {**os.environ, "NOTIFY_SOCKET": manager.address, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(  # noqa: ASYNC220 - starting takes a millisecond
        [sys.executable, "-m", "bot", "demo"],
        cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await eventually(lambda: manager.count("WATCHDOG=1"), "a sign of life", 50.0)
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.05)
        before, stopped_s = manager.count("WATCHDOG=1"), time.monotonic()
        await eventually(lambda: time.monotonic() - stopped_s > 2.5 * PING_S, "some missed pings")
        assert manager.count("WATCHDOG=1") == before
        process.send_signal(signal.SIGCONT)
        await eventually(lambda: manager.count("WATCHDOG=1") > before, "life again")
    finally:
        process.kill()
        process.wait()
        manager.close()


def test_the_unit_shown_is_one_the_watchdog_works_with() -> None:
    """``READY=1`` needs ``Type=notify``; a sign of life a second leaves a hung loop no doubt in thirty."""
    page = (ROOT / "docs" / "how-to" / "service.md").read_text(encoding="utf-8")
    shown = textwrap.dedent(page.partition("```ini\n")[2].partition("```")[0])
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names are not lower case
    unit.read_string(shown)
    service = unit["Service"]
    assert (service["Type"], service["Restart"]) == ("notify", "on-failure")
    assert int(service["WatchdogSec"]) >= 10 * PING_S + STALL_S
    assert int(service["TimeoutStopSec"]) > STOP_WITHIN_S
    assert service["RestartPreventExitStatus"] == "2", "what only a person can mend is not tried again"
