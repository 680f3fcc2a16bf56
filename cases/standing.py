"""A reporter's standing: how far earlier reports held, and whether many come together (norm N4.3-2a).

It orders the queue among cases of equal weight and proves nothing: no outcome depends on it, and only a person finds
malice (`cases.dossiers.standing`). A mistaken report in good faith costs nothing but a little of this order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.model import CaseState, CaseStatus, Refusal, Report, ReportStatus

HALF_LIFE = timedelta(days=90)
"""After so long an earlier report counts half."""
TOGETHER = timedelta(minutes=10)
"""Reports on one matter within so long have come together."""
TOGETHER_MIN = int(TOGETHER / timedelta(minutes=1))
BRIGADE = 5
"""Fewer reporters than these are neighbours, not a brigade."""
_HELD = frozenset({CaseStatus.DECIDED, CaseStatus.APPEALED, CaseStatus.UPHELD})
_FELL = frozenset({CaseStatus.DISMISSED, CaseStatus.OVERTURNED})


@dataclass(frozen=True, slots=True)
class Credibility:
    """A Beta distribution over how likely a report of this person holds: ``held`` and ``fell`` are decayed counts.

    Nobody known has 1 and 1: everything is possible. (Beta-binomial model with a uniform prior.)
    """

    held: float = 1.0
    fell: float = 1.0

    @property
    def mean(self) -> float:
        """The expected share of reports that hold, 0 to 1."""
        return self.held / (self.held + self.fell)

    @property
    def doubt(self) -> float:
        """The standard deviation: large while little is known."""
        total = self.held + self.fell
        return math.sqrt(self.held * self.fell / (total * total * (total + 1)))


NOBODY = Credibility()


@dataclass(frozen=True, slots=True)
class Earlier:
    """One report as a reporter's record keeps it: which case it led to, and how that and the report itself stand."""

    reporter: str
    code: str
    at: datetime
    status: ReportStatus
    case: CaseStatus

    @property
    def held(self) -> bool:
        """True when a person found that it was right."""
        return self.case in _HELD

    @property
    def fell(self) -> bool:
        """True when a person found nothing to do, or it was refused."""
        return not self.held and (self.case in _FELL or self.status is ReportStatus.REFUSED)

    @property
    def judged(self) -> bool:
        """True when it says something about whoever made it."""
        return self.held or self.fell


def credibility(reports: Iterable[Earlier], now: datetime) -> Credibility:
    """From a person's earlier reports; those whose case is not decided yet say nothing."""
    held, fell = NOBODY.held, NOBODY.fell
    for report in reports:
        weight = 0.5 ** (max(timedelta(0), now - report.at) / HALF_LIFE)
        held += weight if report.held else 0
        fell += weight if report.fell else 0
    return Credibility(held, fell)


@dataclass(frozen=True, slots=True)
class Brigade:
    """Reporters who came together and have done so before, or of whom nothing else is known.

    ``reporters`` are pseudonyms: for counting alone; what is shown names nobody.
    """

    reporters: frozenset[str]
    part: int
    """So many of them reported together before (``known``), or never reported before."""
    known: bool

    @property
    def why(self) -> str:
        """What was seen, in English."""
        of = "of people who also reported together before" if self.known else "of people who never reported before"
        return f"{len(self.reporters)} reports within {TOGETHER_MIN} minutes, {self.part} {of}"


def brigade(state: CaseState, earlier: Mapping[str, frozenset[str]]) -> Brigade | None:
    """A brigade among a case's reporters, None where there is none.

    ``earlier`` gives for each pseudonym the codes of the other cases they reported. Their number never makes a case
    graver, and their reports are judged like any: a brigade may be right.
    """
    crowd = _together(state.reports)
    if len(crowd) < BRIGADE:
        return None
    shared = {
        one
        for one in crowd
        if any(earlier.get(one, frozenset()) & earlier.get(other, frozenset()) for other in crowd - {one})
    }
    if len(shared) >= BRIGADE and len(shared) * 2 >= len(crowd):
        return Brigade(frozenset(crowd), len(shared), known=True)
    unknown = {one for one in crowd if not earlier.get(one)}
    if len(crowd) >= 2 * BRIGADE and len(unknown) * 5 >= len(crowd) * 4:
        return Brigade(frozenset(crowd), len(unknown), known=False)
    return None


def _together(reports: Sequence[Report]) -> set[str]:
    """The largest group of reporters within one span."""
    ordered = sorted(reports, key=lambda report: report.at)
    best: set[str] = set()
    start = 0
    for place, report in enumerate(ordered):
        while report.at - ordered[start].at > TOGETHER:
            start += 1
        group = {one.reporter for one in ordered[start : place + 1]}
        best = max(best, group, key=len)
    return best


def voices(state: CaseState, found: Brigade | None, since: datetime) -> int:
    """How many independent people reported since an instant: a brigade is one voice."""
    recent = {report.reporter for report in state.reports if report.at >= since}
    if found is None:
        return len(recent)
    return len(recent - found.reporters) + bool(recent & found.reporters)


# -- what a finding of malice takes away ----------------------------------------------------------------------------

STEPS = ("warning", "limited", "suspended-7", "suspended-30", "suspended-90", "barred")
TERMS: Mapping[str, timedelta] = {
    "limited": timedelta(days=30),
    "suspended-7": timedelta(days=7),
    "suspended-30": timedelta(days=30),
    "suspended-90": timedelta(days=90),
    "barred": timedelta(days=90),
}
"""How long a step lasts; whoever is barred is looked at again after that time. A warning does not run."""
DAY = timedelta(days=1)
PER_DAY = 1
"""How many reports a day `limited` leaves."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the ladder and since when it is in force."""

    name: str
    since: datetime


def refusal(step: Step | None, reports_today: int, now: datetime, *, urgent: bool) -> Refusal | None:
    """Why a report is not taken from this reporter, None when it is: a danger to a life always passes.

    A term that is over does not bind, even before anybody has ended it; the bar ends only by a person.
    """
    if step is None or urgent or step.name not in TERMS:
        return None
    until = step.since + TERMS[step.name]
    if now >= until and step.name != "barred":
        return None
    if step.name != "limited":
        ends = "" if step.name == "barred" else f" until {until:%Y-%m-%d}"
        return Refusal("reporting_suspended", f"your reporting is suspended{ends}; a danger to a life still passes")
    if reports_today < PER_DAY:
        return None
    return Refusal("reporting_limited", "one report a day for now; a danger to a life still passes")
