"""Run the simulator by itself; see `tests.simulators.alone`."""

from __future__ import annotations

from tests.simulators.alone import run_alone
from tests.simulators.bilibili import BilibiliSimulator

if __name__ == "__main__":
    run_alone(lambda port: BilibiliSimulator(port=port), "A Bilibili Live that runs on this machine.")
