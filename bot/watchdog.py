"""Notices a loop that no longer turns, and tells the service manager that it does.

A thread looks at the loop's beat: silent for two seconds, it logs where the loop stands. The service manager's own
watchdog (systemd: ``Type=notify``, ``WatchdogSec=30``) is fed by the loop alone, so a hung loop is restarted.
"""

from __future__ import annotations

import math
import os
import socket
import sys
import threading
import traceback
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

STALL_S = 2.0
LOOK_S = 0.5
PING_S = 1.0
"""The service manager is told so often that the loop turns."""


class LoopWatch:
    """Watches one loop. ``stalled`` is told how long the loop had been silent, once per stall."""

    def __init__(self, clock: Callable[[], float], stalled: Callable[[float], None]) -> None:
        self._clock = clock
        self._stalled = stalled
        self._beat_s = clock()
        self._pinged_s = -math.inf
        self._thread_id = threading.get_ident()
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin to watch the calling thread's loop."""
        threading.Thread(target=self._watch, name="loop-watch", daemon=True).start()

    def stop(self) -> None:
        """Watch no longer."""
        self._ended.set()

    def beat(self) -> None:
        """The loop turns."""
        self._beat_s = self._clock()
        if self._beat_s - self._pinged_s >= PING_S:
            self._pinged_s = self._beat_s
            notify("WATCHDOG=1")

    def look(self, told: bool) -> bool:
        """Look once; ``told`` is what the last look answered: True while a stall is known."""
        silent_s = self._clock() - self._beat_s
        if silent_s < STALL_S:
            return False
        if not told:
            log.error("the loop stands still", silent_s=round(silent_s, 1), where=self._where())
            self._stalled(silent_s)
        return True

    def _watch(self) -> None:
        told = False
        while not self._ended.wait(LOOK_S):
            told = self.look(told)

    def _where(self) -> str:
        frame = sys._current_frames().get(self._thread_id)
        return "" if frame is None else "".join(traceback.format_stack(frame)[-6:])


def notify(state: str) -> None:
    """Tell systemd (sd_notify(3)); does nothing where there is none, and never waits for it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        try:
            sender.connect("\0" + address[1:] if address.startswith("@") else address)
            sender.send(state.encode())
        except OSError as fault:
            log.debug("service manager not told", reason=str(fault))
