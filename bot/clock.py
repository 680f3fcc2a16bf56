"""Time that never steps back while the process lives: Unix seconds, carried by the monotonic clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SteadyClock:
    """Reads the wall clock once, then counts on: a jump of the wall clock moves no timer and no window.

    After a restart it starts from the wall clock again; what must survive is stored as absolute instants.
    """

    def __init__(self) -> None:
        self._start_s = time.time() - time.monotonic()

    def __call__(self) -> float:
        return self._start_s + time.monotonic()


def instant(at_s: float) -> datetime:
    """Unix seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(at_s, UTC)
