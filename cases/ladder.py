"""The one ladder for bot and people: how long a mute is, from the faults that still count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Ladder:
    """Mute lengths by the number of earlier faults; a fault stops counting after ``decay``; never above ``cap``."""

    steps: tuple[timedelta, ...] = (
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=24),
    )
    decay: timedelta = timedelta(days=7)
    cap: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        if not self.steps or min(self.steps) <= timedelta(0) or self.cap <= timedelta(0):
            raise ValueError(f"a ladder needs steps and a cap above zero, got {self.steps} and {self.cap}")

    def counting(self, strikes_s: Sequence[float], now_s: float) -> tuple[float, ...]:
        """Those of the strikes (Unix seconds) that still count."""
        oldest_s = now_s - self.decay.total_seconds()
        return tuple(at_s for at_s in strikes_s if at_s > oldest_s)

    def length(self, strikes_s: Sequence[float], now_s: float) -> timedelta:
        """The mute for one more fault."""
        step = min(len(self.counting(strikes_s, now_s)), len(self.steps) - 1)
        return min(self.steps[step], self.cap)
