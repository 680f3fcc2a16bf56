"""What must hold: one row for each target, with what was measured and whether it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.scorecard.real import Toll
from bench.scorecard.score import AFTER, figures, touched
from bench.scorecard.single import Singles
from bench.scorecard.trials import Trial

STOPPED = {"wave": 0.99, "alone": 0.99, "fast": 0.99, "slow": 0.95}
WAVE_SHOWN = 3.0
"""Most lines of a wave on the screen, in the median."""
HIDDEN_PER_10_000, MUTED_PER_10_000 = 5.0, 0.3
ADS_HELD = 0.90
FAMILIES = {
    "wave": "wave of 10 to 80 fresh accounts, one text",
    "alone": "one account repeating itself",
    "fast": "one account writing too fast",
    "slow": "warmed-up accounts, slow drip",
}


@dataclass(frozen=True, slots=True)
class Target:
    """One row: what, the gate in words, the measured figure in words, and whether it holds."""

    name: str
    gate: str
    measured: str
    holds: bool

    @property
    def verdict(self) -> str:
        """The outcome in a word."""
        return "holds" if self.holds else "MISSED"


def targets(trials: Sequence[Trial], real: Sequence[Toll], ads: Sequence[Singles]) -> Iterator[Target]:
    """Every target about which something was measured."""
    for family, name in FAMILIES.items():
        if own := [trial for trial in trials if trial.kind.family == family]:
            yield from _attack(family, name, own)
    if innocents := [trial for trial in trials if trial.kind.family == "innocent"]:
        hit = touched(innocents)
        yield Target(
            "innocents muted or banned", "0", f"{hit.muted + hit.banned} of {hit.people:,}", hit.muted + hit.banned == 0
        )
    yield from _links(trials)
    for toll in real:
        yield from _toll(toll)
    yield from _ads(ads)


def _attack(family: str, name: str, trials: Sequence[Trial]) -> Iterator[Target]:
    found, least = figures(trials, AFTER[family]), STOPPED[family]
    if found.stopped is not None:
        yield Target(
            f"{name}: lines after no. {found.after} kept off",
            f"≥ {least:.0%}",
            f"{found.stopped:.2%}",
            found.stopped >= least,
        )
    if family == "wave":
        yield Target(f"{name}: lines shown, median", f"≤ {WAVE_SHOWN:g}", f"{found.shown:g}", found.shown <= WAVE_SHOWN)


def _toll(toll: Toll) -> Iterator[Target]:
    name = f"{toll.source}, {toll.part} part"
    for what, count, most in (
        ("hidden", toll.hidden, HIDDEN_PER_10_000),
        ("muted", toll.muted, MUTED_PER_10_000),
        ("banned", toll.banned, 0.0),
    ):
        rate = toll.per_10_000(count)
        yield Target(f"{name}: {what} per 10,000 lines", f"≤ {most:g}", f"{rate:.2f}", rate <= most)


def _links(trials: Sequence[Trial]) -> Iterator[Target]:
    """Advertisements of our own, and people of the room who name a link."""
    if ads := [fate for trial in trials if trial.kind.family == "single" for fate in trial.lines]:
        yield _held("advertisements with a contact, by newcomers, kept off", sum(fate.hidden for fate in ads), len(ads))
    if links := [fate for trial in trials if trial.kind.name == "shared-link" for fate in trial.lines]:
        held = sum(fate.hidden for fate in links)
        yield Target("links named by people known there kept off", "0", f"{held} of {len(links)}", held == 0)


def _ads(ads: Sequence[Singles]) -> Iterator[Target]:
    spam = [each for each in ads if each.label == "ad"]
    said, regulars = sum(each.said for each in spam), sum(each.regulars_said for each in spam)
    if said:
        yield _held("collected advertisements, by newcomers, kept off", sum(each.held for each in spam), said)
    if regulars:
        held = sum(each.regulars_held for each in spam)
        yield Target("the same by people known there kept off", "0", f"{held} of {regulars:,}", held == 0)


def _held(name: str, held: int, said: int) -> Target:
    return Target(name, f"≥ {ADS_HELD:.0%}", f"{held / said:.1%} of {said:,}", held / said >= ADS_HELD)
