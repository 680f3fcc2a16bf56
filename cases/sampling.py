"""Supervision by samples: which handled cases are judged anew, and what that tells of the handling (norm N4.1-1).

A week's sample is stratified by moderator, severity, outcome and whether a report was refused, and follows from one
recorded random start: whoever has the start and the week's cases draws the same sample again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.conflicts import party
from cases.model import ActorKind, CaseState, CaseStatus, Evidence, ReportStatus
from cases.ports import Seals
from cases.staff import Member, StaffBook
from cases.training import MODERATING

PER_STRATUM = 2
"""How many cases of one stratum are drawn."""
WITHOUT_A_PERSON = "automatic"
"""The stratum of cases that no person handled."""
_HANDLED = frozenset(CaseStatus) - {CaseStatus.OPEN, CaseStatus.REVIEW, CaseStatus.PANEL}


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    """What cases of one kind have in common. ``moderator`` is a staff id or account, or ``automatic``."""

    moderator: str
    severity: str
    outcome: str
    refused: bool

    def __str__(self) -> str:
        return f"{self.moderator}, {self.severity}, {self.outcome}{', a refused report' if self.refused else ''}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One case of a sample. ``supervisor`` "": nobody could judge it, for everybody had a part in it."""

    code: str
    stratum: Stratum
    supervisor: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A week's sample; ``start`` is the random start it follows from."""

    week: str
    start: str
    drawn: tuple[Drawn, ...]


def week_of(instant: datetime) -> str:
    """The ISO week of an instant, ``2026-W47``."""
    year, week, _ = instant.isocalendar()
    return f"{year}-W{week:02}"


def strata(state: CaseState, book: StaffBook) -> frozenset[Stratum]:
    """The strata a handled case belongs to, one for each person who acted; empty while nobody has decided."""
    if state.dry_run or state.status not in _HANDLED:
        return frozenset()
    refused = any(report.status is ReportStatus.REFUSED for report in state.reports)
    people = {book.person(ref, state.room) for ref in state.deciders} or {WITHOUT_A_PERSON}
    return frozenset(Stratum(person, state.severity, state.status, refused) for person in people)


def draw(
    cases: Iterable[CaseState],
    week: str,
    start: str,
    book: StaffBook,
    seals: Seals,
    per_stratum: int = PER_STRATUM,
) -> Sample:
    """The sample of a week's cases. A case is drawn once, and judged by a supervisor who had no part in it."""
    by_stratum: dict[Stratum, list[CaseState]] = {}
    for state in cases:
        for stratum in strata(state, book):
            by_stratum.setdefault(stratum, []).append(state)
    chosen: dict[str, Drawn] = {}
    for stratum in sorted(by_stratum):
        fresh = [state for state in by_stratum[stratum] if state.code not in chosen]
        lot = sorted(fresh, key=lambda state: _lot(start, state.code))[:per_stratum]
        chosen |= {one.code: Drawn(one.code, stratum, _judge_of(one, start, book, seals)) for one in lot}
    return Sample(week, start, tuple(chosen[code] for code in sorted(chosen)))


def _lot(start: str, what: str) -> bytes:
    return hashlib.sha256(f"{start}|{what}".encode()).digest()


def _judge_of(state: CaseState, start: str, book: StaffBook, seals: Seals) -> str:
    able = [one for one in book.holders(ActorKind.SUPERVISOR) if may_judge(state, one, book, seals)]
    return min((one.id for one in able), key=lambda ref: _lot(start, f"{state.code}|{ref}"), default="")


def may_judge(state: CaseState, supervisor: Member, book: StaffBook, seals: Seals) -> bool:
    """True when the supervisor neither acted in the case nor is concerned in it."""
    return not acted(state, supervisor.id, book) and party(state, supervisor.id, book, seals) is None


def acted(state: CaseState, ref: str, book: StaffBook) -> bool:
    """True when the person decided, voted or answered an appeal in the case."""
    people = {*state.deciders, *(state.panel.former if state.panel else ())}
    people |= {appeal.decided_by.ref for appeal in state.appeals if appeal.decided_by is not None}
    return any(book.same(person, ref, state.room) for person in people)


@dataclass(frozen=True, slots=True)
class Blind:
    """A case as it is judged anew: what was alleged and seen, nothing of what was decided, by whom, or who reported."""

    code: str
    category: str
    lines: tuple[str, ...]
    gaps: tuple[str, ...]


def blind(state: CaseState, evidence: Sequence[Evidence]) -> Blind:
    """The case without its decision and its decider."""
    category = state.reports[0].category if state.reports else state.category
    lines = tuple(f"{'>' if line.judged else ' '} {line.sender}: {line.text}" for one in evidence for line in one.lines)
    return Blind(state.code, category, lines, tuple(one.gap for one in evidence if one.gap))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often judgements agree: of ``judged`` cases ``agreed``; ``low`` to ``high`` is the 95 % Wilson interval."""

    judged: int
    agreed: int
    low: float
    high: float

    @property
    def rate(self) -> float | None:
        """The share that agreed, None when nothing was judged."""
        return self.agreed / self.judged if self.judged else None


def agreement(verdicts: Iterable[bool], z: float = 1.959963984540054) -> Agreement:
    """The agreement rate with its Wilson score interval (Wilson 1927); ``z`` is the normal quantile."""
    known = list(verdicts)
    n, agreed = len(known), sum(known)
    if n == 0:
        return Agreement(0, 0, 0.0, 1.0)
    p, z2 = agreed / n, z * z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Agreement(n, agreed, max(0.0, centre - half), min(1.0, centre + half))


def gaps(sampled: Iterable[str], handled: Mapping[str, int], now: datetime) -> tuple[str, ...]:
    """The weeks, finished by now, in which cases were handled but none was sampled: shown in public, oldest first.

    ``sampled`` are weeks with a sample, ``handled`` how many cases each week had.
    """
    drawn, running = set(sampled), week_of(now)
    return tuple(sorted(week for week, count in handled.items() if count and week not in drawn and week < running))


def weaknesses(book: StaffBook) -> tuple[str, ...]:
    """What the supervision group lacks, each in one sentence; empty when nothing."""
    group = book.holders(ActorKind.SUPERVISOR)
    lacks = []
    if len({member.group for member in group}) < 2:
        lacks.append("supervisors come from fewer than two groups")
    if not any(not member.roles & MODERATING for member in group):
        lacks.append("no supervisor is from outside moderation")
    return tuple(lacks)
