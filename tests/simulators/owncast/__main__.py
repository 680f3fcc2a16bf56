"""Run the simulator by itself; see `tests.simulators.alone`."""

from __future__ import annotations

from tests.simulators.alone import run_alone
from tests.simulators.owncast import OwncastSimulator

if __name__ == "__main__":
    run_alone(lambda port: OwncastSimulator(port=port), "An Owncast server that runs on this machine.")
