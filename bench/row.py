"""One line of the benchmark table, and how two things are compared fairly.

Absolute speeds move two- to threefold with a machine's other load, so a gate is always a ratio taken within one run:
rounds alternate between ours and the other, and the median of the rounds' ratios counts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One comparison.

    ``ours`` and ``other`` are measured figures with their unit. ``ratio`` is how many times better ours is, None when
    it could not be measured; ``note`` then says why. ``gate`` is the least ratio that holds; where less is better,
    ``ceiling`` is the greatest, and ``ratio`` how many times dearer ours is. Both None: for information only.
    """

    name: str
    ours: str
    other: str
    ratio: float | None
    gate: float | None
    note: str = ""
    ceiling: float | None = None

    @property
    def holds(self) -> bool:
        """False only when a gate was measured and missed."""
        if self.ratio is None:
            return True
        return (self.gate is None or self.ratio >= self.gate) and (self.ceiling is None or self.ratio <= self.ceiling)

    @property
    def bound(self) -> str:
        """The gate in words, for the table."""
        if self.ceiling is not None:
            return f"≤ {self.ceiling:g}"
        return "" if self.gate is None else f"≥ {self.gate:g}"

    @property
    def verdict(self) -> str:
        """The outcome in words, for the table."""
        if self.ratio is None:
            return f"not measured: {self.note}"
        if not self.bound:
            return "informative"
        return "holds" if self.holds else "MISSED"


def seconds(work: Callable[[], object]) -> float:
    """The wall time one call takes, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alternate(ours: Callable[[], float], other: Callable[[], float], rounds: int = 5) -> tuple[float, float, float]:
    """Run both by turns. Each callable answers its own cost per operation (seconds, or any unit; less is better).

    Returns (median of the rounds' other/ours ratios, median of ours, median of other). One unmeasured round of each
    goes first, to warm caches.
    """
    ours()
    other()
    pairs = [(ours(), other()) for _ in range(rounds)]
    ratios = [theirs / mine for mine, theirs in pairs]
    return (
        statistics.median(ratios),
        statistics.median(mine for mine, _ in pairs),
        statistics.median(theirs for _, theirs in pairs),
    )


async def alternate_async(
    ours: Callable[[], Awaitable[float]], other: Callable[[], Awaitable[float]], rounds: int = 5
) -> tuple[float, float, float]:
    """As :func:`alternate`, for work that must be awaited in one event loop."""
    await ours()
    await other()
    pairs = [(await ours(), await other()) for _ in range(rounds)]
    ratios = [theirs / mine for mine, theirs in pairs]
    return (
        statistics.median(ratios),
        statistics.median(mine for mine, _ in pairs),
        statistics.median(theirs for _, theirs in pairs),
    )
