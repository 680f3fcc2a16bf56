"""A server of every test's own, with a clock that the test moves by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from streams.sandbox.server import SandboxServer
from tests.browser import browser as browser
from tests.browser import visitor as visitor


@dataclass
class HandClock:
    """Unix seconds that pass only when told to."""

    now_s: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def server(clock: HandClock) -> AsyncIterator[SandboxServer]:
    async with SandboxServer(clock=clock) as running:
        yield running
