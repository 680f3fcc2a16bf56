"""The port of counting: hits in, usage out, one call a batch.

Two gauges keep it with equal answers: :class:`ratelimit.memory_gauge.MemoryGauge` and
:class:`ratelimit.redis_gauge.RedisGauge`. `tests/contracts/test_gauge.py` is the contract as a suite.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ratelimit.limits import Hit, Usage


class Gauge(Protocol):
    """Counts lines in sliding windows."""

    async def count(self, batch: Sequence[Hit], token: str) -> list[Usage]:
        """Count every hit in order and answer each as of its own place in the order.

        The answers do not depend on where a stream of hits is cut into batches. A batch repeated under its ``token``
        within a minute is not counted twice and gets the same answers. Time stepping back within a room is clamped to
        the latest seen in that room, strictly: one hit stamped far in the future makes all that follow count at that
        instant, so stamp hits with their arrival on a steady clock, never with a time a platform or viewer gave.
        Never raises for a lost server: the answers are then local and ``degraded``.
        """

    @property
    def degraded(self) -> bool:
        """True while the shared counters cannot be reached."""

    async def close(self) -> None:
        """Let go of connections."""
