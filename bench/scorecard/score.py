"""The arithmetic of the scorecard: trials in, figures out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.scorecard.engine import Fate
from bench.scorecard.trials import Trial

STRICT_HOLD_S = 1.0
"""The strict reckoning: had the overlay waited one second for every line and no longer."""
AFTER = {"wave": 5, "alone": 4, "fast": 8, "slow": 6}
"""By family: after so many lines of an attack the rest of it must be kept off."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a number of trials of attacks came to.

    ``shown`` and ``shown_p90``: lines the overlay showed of one attack, median and 90th percentile; ``strict`` the median
    under the strict reckoning. ``stopped``: of all the lines after the first ``after`` the share that was not shown, 0 to 1,
    ``stopped_strict`` likewise; None where no attack had so many lines.
    """

    attacks: int
    shown: float
    shown_p90: float
    strict: float
    after: int
    stopped: float | None
    stopped_strict: float | None


def figures(trials: Sequence[Trial], after: int) -> Figures:
    """The figures of these trials, of which there is at least one."""
    shown = sorted(count_shown(trial.lines) for trial in trials)
    strict = sorted(count_shown(trial.lines, STRICT_HOLD_S) for trial in trials)
    later = [fate for trial in trials for fate in trial.lines[after:]]
    return Figures(
        attacks=len(trials),
        shown=quantile(shown, 0.5),
        shown_p90=quantile(shown, 0.9),
        strict=quantile(strict, 0.5),
        after=after,
        stopped=share_stopped(later),
        stopped_strict=share_stopped(later, STRICT_HOLD_S),
    )


def count_shown(lines: Sequence[Fate], hold_s: float | None = None) -> int:
    """So many of the lines reached the screen."""
    return sum(fate.shown(hold_s) for fate in lines)


def share_stopped(lines: Sequence[Fate], hold_s: float | None = None) -> float | None:
    """The share of the lines that did not reach the screen; None of no lines."""
    return 1.0 - count_shown(lines, hold_s) / len(lines) if lines else None


def quantile(ordered: Sequence[float], share: float) -> float:
    """The least of the values that at least this share of them does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Touched:
    """Innocents of a number of trials: their lines, how many were hidden, how many people wrote, were muted, banned."""

    scenes: int
    lines: int
    hidden: int
    people: int
    muted: int
    banned: int


def touched(trials: Sequence[Trial]) -> Touched:
    """Who was hit among the people of these scenes."""
    return Touched(
        scenes=len(trials),
        lines=sum(len(trial.lines) for trial in trials),
        hidden=sum(fate.hidden for trial in trials for fate in trial.lines),
        people=sum(_people(trial.lines) for trial in trials),
        muted=sum(_people([fate for fate in trial.lines if fate.muted]) for trial in trials),
        banned=sum(_people([fate for fate in trial.lines if fate.banned]) for trial in trials),
    )


def _people(lines: Sequence[Fate]) -> int:
    return len({fate.message.sender.id for fate in lines})
