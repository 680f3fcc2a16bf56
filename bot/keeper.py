"""Keeps the long-running parts alive: a part that falls is started again, one that keeps falling ends the program."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

FALLS = 5
WITHIN_S = 60.0


class GaveUp(Exception):
    """A part fell too often; the program cannot go on."""


async def keep(
    name: str,
    part: Callable[[], Awaitable[None]],
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Run a part until it returns. Raises GaveUp after five falls within a minute."""
    falls: deque[float] = deque(maxlen=FALLS)
    while True:
        try:
            await part()
            return
        except asyncio.CancelledError:
            raise
        except Exception as fault:
            log.exception("part fell, starting it again", part=name)
            falls.append(clock())
            if len(falls) == FALLS and falls[-1] - falls[0] < WITHIN_S:
                raise GaveUp(f"{name} fell {FALLS} times within {WITHIN_S:.0f} s, last: {fault}") from fault
            await sleep(1.0)
