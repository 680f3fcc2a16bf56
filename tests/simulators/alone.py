"""A simulator by itself: prints one line of JSON with its addresses when ready, stops on SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol


class Simulator(Protocol):
    """What can be run alone."""

    def describe(self) -> Mapping[str, Any]:
        """Its addresses, and what else a client needs."""


def run_alone(make: Callable[[int], AbstractAsyncContextManager[Simulator]], description: str) -> None:
    """Read ``--port`` and serve until told to stop; ``make`` builds the simulator for a port (0: any free one)."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0, help="HTTP and websocket port; 0: any free one")
    asyncio.run(_serve(make(parser.parse_args().port)))


async def _serve(simulator: AbstractAsyncContextManager[Simulator]) -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    async with simulator as serving:
        sys.stdout.write(json.dumps(serving.describe()) + "\n")
        sys.stdout.flush()
        await done.wait()
