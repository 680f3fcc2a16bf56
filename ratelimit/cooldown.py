"""How often one viewer may command: exact, for the few who do.

Example with one in 5 s and three in 5 min: taken at 12:00:00; at 12:00:03 the answer is "2 s to wait"; taken at 12:00:05
and 12:01:00; at 12:02:00 the answer is 3 min, for the first of the three leaves the 5 minutes at 12:05:00.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import timedelta

REPORT_LIMITS: tuple[tuple[int, timedelta], ...] = (
    (1, timedelta(seconds=5)),
    (3, timedelta(minutes=5)),
    (10, timedelta(hours=1)),
    (24, timedelta(days=1)),
)
"""How often one viewer may report."""


class Cooldowns:
    """Remembers when each key was last allowed, as far back as its limits ask.

    Memory is bounded: at most the largest amount of instants a key, and at most ``keys`` keys; beyond that those whose
    instants no longer matter go first, then those used longest ago.
    """

    def __init__(self, limits: Sequence[tuple[int, timedelta]], *, keys: int = 10_000) -> None:
        if not limits or any(amount < 1 or span <= timedelta() for amount, span in limits) or keys < 1:
            raise ValueError(f"limits must be pairs of an amount from 1 and a positive span, not {limits!r}")
        self._limits = [(amount, span.total_seconds()) for amount, span in limits]
        self._most = max(amount for amount, _ in limits)
        self._longest_s = max(span_s for _, span_s in self._limits)
        self._keys = keys
        self._taken: dict[Hashable, tuple[float, ...]] = {}

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._taken)

    def try_take(self, key: Hashable, now_s: float) -> timedelta | None:
        """Take one if every limit allows it.

        None: allowed, and it counts. Else how long to wait; asking too early costs nothing. Time that steps back stands
        still at the key's latest instant.
        """
        taken = self._taken.get(key, ())
        if taken:
            now_s = max(now_s, taken[-1])
        wait_s = max(self._wait_s(taken, now_s, amount, span_s) for amount, span_s in self._limits)
        if wait_s > 0:
            return timedelta(seconds=wait_s)
        self._taken.pop(key, None)  # put back at the end: the order is that of last use
        self._taken[key] = (*taken, now_s)[-self._most :]
        if len(self._taken) > self._keys:
            self._forget(now_s)
        return None

    @staticmethod
    def _wait_s(taken: tuple[float, ...], now_s: float, amount: int, span_s: float) -> float:
        """How long until fewer than ``amount`` lie within the span; 0 or less: now."""
        return taken[-amount] + span_s - now_s if len(taken) >= amount else 0.0

    def _forget(self, now_s: float) -> None:
        """Bring the number of keys down to nine tenths, so that this is rare."""
        for key, taken in list(self._taken.items()):
            if taken[-1] + self._longest_s <= now_s:
                del self._taken[key]
        surplus = len(self._taken) - self._keys * 9 // 10
        for key in list(self._taken)[: max(0, surplus)] if len(self._taken) > self._keys else ():
            del self._taken[key]
