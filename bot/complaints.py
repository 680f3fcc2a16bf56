"""What the event loop complains about, through our own log: redacted like every line, and a shortage told in one sentence.

Where the loop keeps a shortage of file descriptors to itself (uvloop closes what it cannot take), `look` finds it.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from typing import Any

import structlog

log = structlog.get_logger(__name__)

TOLD_EVERY_S = 10.0
"""A shortage lasts and complains every second; so often it is told."""


LOOK_EVERY_S = 1.0


class Complaints:
    """The loop's exception handler; `look` is to be called often."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told_s: float | None = None
        self._looked_s: float | None = None

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        fault = context.get("exception")
        if isinstance(fault, OSError) and fault.errno in (errno.EMFILE, errno.ENFILE):
            self._short_of_files(fault)
            return
        log.error("loop fault", what=context.get("message", ""), exc_info=fault)

    def look(self) -> None:
        """Once a second: whether a file could be opened."""
        now_s = self._clock()
        if self._looked_s is not None and now_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        try:
            os.close(os.open(os.devnull, os.O_RDONLY))
        except OSError as fault:
            self._short_of_files(fault)

    def _short_of_files(self, fault: OSError) -> None:
        now_s = self._clock()
        if self._told_s is None or now_s - self._told_s >= TOLD_EVERY_S:
            self._told_s = now_s
            log.error("no file descriptors left: raise the limit (ulimit -n, LimitNOFILE=)", reason=fault.strerror)
