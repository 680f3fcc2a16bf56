"""Run the simulator by itself: prints one line of JSON with its addresses when ready, stops on SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from tests.simulators.douyu import DouyuSimulator


async def main(port: int) -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    async with DouyuSimulator(port=port) as simulator:
        sys.stdout.write(json.dumps(simulator.describe()) + "\n")
        sys.stdout.flush()
        await done.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A Douyu chat that runs on this machine.")
    parser.add_argument("--port", type=int, default=0, help="websocket port; 0: any free one")
    asyncio.run(main(parser.parse_args().port))
