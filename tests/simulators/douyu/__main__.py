"""Run the simulator by itself; see `tests.simulators.alone`."""

from __future__ import annotations

from tests.simulators.alone import run_alone
from tests.simulators.douyu import DouyuSimulator

if __name__ == "__main__":
    run_alone(lambda port: DouyuSimulator(port=port), "A Douyu chat that runs on this machine.")
