"""Capped exponential back-off with full jitter, as a pure value.

Full jitter spreads reconnects evenly over the whole span, so that a platform coming back is not met by a herd
(AWS Architecture Blog, "Exponential Backoff And Jitter").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """The delay before the n-th attempt in a row: uniform between nothing and ``first * 2**n``, at most ``cap``."""

    first: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(seconds=60)

    def ceiling(self, failures: int) -> timedelta:
        """The longest delay after ``failures`` failures in a row (0: none yet, no delay)."""
        if failures <= 0:
            return timedelta(0)
        doublings = min(failures - 1, 30)
        return min(self.cap, self.first * (1 << doublings))

    def delay(self, failures: int, chance: float) -> timedelta:
        """The delay after ``failures`` failures; ``chance`` in [0, 1) is the caller's draw."""
        return self.ceiling(failures) * chance
