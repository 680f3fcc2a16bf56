"""One run of the scorecard: what was asked for is measured, and stands in one value."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.scorecard import report
from bench.scorecard.engine import Fate
from bench.scorecard.logs import Chat
from bench.scorecard.real import Toll, tolls
from bench.scorecard.recorded import is_aside, recorded_kinds
from bench.scorecard.single import Singles, singles
from bench.scorecard.targets import Target, targets
from bench.scorecard.trials import Trial, trials
from cases.policy import RoomPolicy
from streams.sandbox.attacks import KINDS, Kind

GROUPS = ("attacks", "innocents", "real", "single")


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure: ``groups`` of GROUPS; ``kinds`` of scenes by name, by family, or by how the name begins (``wave-``),
    None all; ``seeds`` of the scenes; lines of a source and texts of a label, None all there are."""

    groups: Sequence[str] = GROUPS
    kinds: Sequence[str] | None = None
    seeds: range = range(10)
    lines: int | None = 24_000
    texts: int | None = 150


@dataclass(frozen=True, slots=True)
class Card:
    """What was measured, and the CPU seconds it took."""

    trials: list[Trial]
    tolls: list[Toll]
    singles: list[Singles]
    cpu_s: float

    def targets(self) -> list[Target]:
        """Every target about which something was measured."""
        return list(targets(self.trials, self.tolls, self.singles))

    def sheets(self) -> Iterator[report.Sheet]:
        """The tables that have rows."""
        found = (
            report.attacks(self.trials),
            report.innocents(self.trials),
            report.bystanders(self.trials),
            report.real(self.tolls),
            report.single(self.singles),
            report.verdicts(self.targets()),
        )
        return (sheet for sheet in found if sheet.rows)

    def fates(self, what: str) -> list[Fate]:
        """The lines that were ``hidden``, ``muted``, or ``shown`` (those of scenes and the labelled ones); never the texts
        of a part kept aside."""
        found = [fate for trial in self.trials if not is_aside(trial.kind) for fate in trial.lines]
        found += [fate for trial in self.trials if trial.part != "aside" for fate in trial.bystanders if fate.hidden]
        found += [fate for toll in self.tolls if toll.part != "aside" for fate in toll.hit]
        found += [fate for each in self.singles if each.part != "aside" for fate in each.fates]
        return [fate for fate in found if {"hidden": fate.hidden, "muted": fate.muted, "shown": fate.shown()}[what]]


def measure(chat: Chat, policy: RoomPolicy, asked: Asked) -> Card:
    """Measure. Raises ValueError where a kind is asked for that there is not."""
    begin_s = time.process_time()
    played = list(trials(kinds_of(chat, asked), asked.seeds, chat, policy))
    toll = list(tolls(chat, policy, asked.lines)) if "real" in asked.groups else []
    said = list(singles(chat, policy, asked.texts)) if "single" in asked.groups else []
    return Card(played, toll, said, time.process_time() - begin_s)


def kinds_of(chat: Chat, asked: Asked) -> list[Kind]:
    """The kinds of scenes that are asked for, those made of recorded texts among them."""
    known = [kind for kind in (*KINDS.values(), *recorded_kinds(chat)) if _group(kind) in asked.groups]
    if asked.kinds is None:
        return known
    found = [kind for kind in known if any(_is_meant(kind, word) for word in asked.kinds)]
    if not found:
        raise ValueError(
            f"there is no kind {', '.join(asked.kinds)} here; there are {', '.join(each.name for each in known)}"
        )
    return found


def _group(kind: Kind) -> str:
    return "innocents" if kind.family == "innocent" else "attacks"


def _is_meant(kind: Kind, word: str) -> bool:
    return word in (kind.name, kind.family) or (word.endswith("-") and kind.name.startswith(word))
