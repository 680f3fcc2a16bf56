"""Run the simulator by itself; see `tests.simulators.alone`."""

from __future__ import annotations

from tests.simulators.alone import run_alone
from tests.simulators.twitch import TwitchSimulator

if __name__ == "__main__":
    run_alone(lambda port: TwitchSimulator(port=port), "A Twitch that runs on this machine.")
