"""What the record adds up to: types, outcomes, how long things took, what was set aside (norm N4.1-2).

Everything is counted from cases and deadlines alone, so that anybody with the record can count it again. What is published
(`published`) is rounded, totals too, so that no small number can be found by subtracting one table from another.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cases.model import AppealStatus, CaseKind, CaseState, CaseStatus, MeasureStatus, OrderedAction, ReportStatus
from cases.ports import DeadlineRow

BASE = 5
"""Published counts are multiples of this; what is smaller and not zero is only said to be small."""


@dataclass(frozen=True, slots=True)
class Span:
    """How long one kind of step took: median and 95th percentile of those that were taken, and how many were late."""

    started: int
    met: int
    overdue: int
    median: timedelta | None
    p95: timedelta | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which danmod saw nothing: not running, or a room was blind."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Period:
    """One period's numbers. ``tables`` counts by name of the table and of the cell; ``shares`` are between 0 and 1, None
    where nothing was there to be shared. ``partial``: something of the period was not seen."""

    since: datetime
    until: datetime
    cases: int
    tables: Mapping[str, Mapping[str, int]]
    shares: Mapping[str, float | None]
    spans: Mapping[str, Span]
    partial: bool
    gaps: Sequence[Gap] = field(default=())


def period(
    states: Iterable[CaseState],
    deadlines: Iterable[DeadlineRow],
    since: datetime,
    until: datetime,
    gaps: Iterable[Gap] = (),
) -> Period:
    """The numbers of the cases opened from ``since`` until before ``until``. Dry runs are not counted."""
    tally = Tally(since, until)
    tally.add_cases(states)
    tally.add_deadlines(deadlines)
    return tally.period(gaps)


class Tally:
    """Counts a period portion by portion, so that no period is too long to be counted; the order changes nothing."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self._since = since
        self._until = until
        self._cases = 0
        self._tables: dict[str, Counter[str]] = {name: Counter() for name in TABLES}
        self._part: Counter[str] = Counter()
        self._whole: Counter[str] = Counter()
        self._steps: dict[str, _Steps] = {}

    def add_cases(self, states: Iterable[CaseState]) -> None:
        """Count those opened in the period that are no dry run."""
        for state in states:
            if self._since <= state.opened_at < self._until and not state.dry_run:
                self._cases += 1
                for table, cell in _cells(state):
                    self._tables[table][cell] += 1
                for share, held in _answers(state):
                    self._whole[share] += 1
                    self._part[share] += held

    def add_deadlines(self, rows: Iterable[DeadlineRow]) -> None:
        """Count those that began in the period."""
        for row in rows:
            if self._since <= row.deadline.started_at < self._until:
                self._steps.setdefault(row.deadline.key, _Steps()).add(row)

    def period(self, gaps: Iterable[Gap] = ()) -> Period:
        """What was counted, with the gaps that fall into the period."""
        holes = tuple(gap for gap in gaps if gap.since < self._until and gap.until > self._since)
        return Period(
            since=self._since,
            until=self._until,
            cases=self._cases,
            tables={name: dict(table) for name, table in self._tables.items()},
            shares={name: self._part[name] / self._whole[name] if self._whole[name] else None for name in SHARES},
            spans={key: steps.span() for key, steps in sorted(self._steps.items())},
            partial=bool(holes),
            gaps=holes,
        )


TABLES = ("category", "severity", "outcome", "origin", "channel", "report", "measure", "decided", "appeal")
SHARES = ("appealed", "overturned", "refused", "detector_error")


def _cells(state: CaseState) -> Iterator[tuple[str, str]]:
    """Where a case counts, by table."""
    yield "category", state.category
    yield "severity", state.severity.value
    yield "outcome", state.status.value
    yield "origin", state.kind.value
    if state.decided_by:
        yield "decided", state.decided_by
    for report in state.reports:
        yield "channel", report.channel
        yield "report", report.status.value
    for measure in state.measures:
        yield "measure", measure.value
    for appeal in state.appeals:
        yield "appeal", appeal.status.value


def _answers(state: CaseState) -> Iterator[tuple[str, bool]]:
    """What a case says about each share."""
    if not state.status.waits:
        yield "appealed", bool(state.appeals)
        if state.kind is CaseKind.AUTOMATIC and state.actions:
            yield "detector_error", _was_wrong(state)
    for report in state.reports:
        if report.status is not ReportStatus.RECEIVED:
            yield "refused", report.status is ReportStatus.REFUSED
    for appeal in state.appeals:
        if appeal.status is not AppealStatus.OPEN:
            yield "overturned", appeal.status is not AppealStatus.UPHELD


def _was_wrong(state: CaseState) -> bool:
    """True for an automatic case that was overturned or undone, or whose measures a person took back or let lapse."""
    if state.status in (CaseStatus.OVERTURNED, CaseStatus.UNDONE):
        return True
    measures = [action for action in state.actions if action.undoes is None]
    return bool(measures) and all(_fell(action) for action in measures)


def _fell(action: OrderedAction) -> bool:
    return action.status is MeasureStatus.REVOKED or action.status.value == "lapsed"


class _Steps:
    """The deadlines of one kind."""

    def __init__(self) -> None:
        self._started = 0
        self._overdue = 0
        self._took: list[timedelta] = []

    def add(self, row: DeadlineRow) -> None:
        self._started += 1
        self._overdue += row.overdue_at is not None
        if row.met_at is not None:
            self._took.append(row.met_at - row.deadline.started_at)

    def span(self) -> Span:
        took = sorted(self._took)
        return Span(self._started, len(took), self._overdue, percentile(took, 0.5), percentile(took, 0.95))


def percentile(ordered: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest value that at least this share does not exceed (nearest rank); None of nothing."""
    return ordered[max(1, math.ceil(share * len(ordered))) - 1] if ordered else None


# -- for the public -------------------------------------------------------------------------------------------------

SMALL = f"<{BASE}"
"""How a small cell is told."""


def published(numbers: Period) -> dict[str, object]:
    """A period as the public sees it, on the page and in the machine-readable file.

    Counts are rounded down to multiples of five, each for itself and the totals too; small ones are not told, and with fewer
    than five cases neither is a share or a span. A period with gaps says that it is partial.
    """
    return {
        "format": "danmod-statistics/1",
        "since": numbers.since.isoformat(),
        "until": numbers.until.isoformat(),
        "partial": numbers.partial,
        "cases": rounded(numbers.cases),
        "tables": {
            name: {cell: rounded(count) for cell, count in sorted(table.items())}
            for name, table in numbers.tables.items()
        },
        "shares": {
            name: round(share, 2) if share is not None and numbers.cases >= BASE * 4 else None
            for name, share in numbers.shares.items()
        },
        "deadlines": {key: _told(span) for key, span in numbers.spans.items()},
    }


def rounded(count: int) -> int | str:
    """The multiple of five at or below; ``<5`` for one to four, and zero for zero.

    Down and not to the nearest: 4 and 4 would be told as "<5" of 10, and only 4 fits that.
    """
    return SMALL if 0 < count < BASE else BASE * (count // BASE)


def _told(span: Span) -> dict[str, object]:
    tells = span.met >= BASE
    return {
        "started": rounded(span.started),
        "met": rounded(span.met),
        "overdue": rounded(span.overdue),
        "median_s": _coarse(span.median) if tells else None,
        "p95_s": _coarse(span.p95) if tells else None,
    }


def _coarse(span: timedelta | None) -> float | None:
    """Two digits that count: enough to compare, too little to know one case by."""
    if span is None:
        return None
    seconds = span.total_seconds()
    if seconds <= 0:
        return 0.0
    digits = 1 - math.floor(math.log10(seconds))
    return round(seconds, digits)


def months(first: datetime, now: datetime) -> Sequence[tuple[datetime, datetime]]:
    """The whole calendar months (UTC) from that of ``first`` to the last one that is over, the latest first."""
    start = first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found: list[tuple[datetime, datetime]] = []
    while (end := _next_month(start)) <= now:
        found.append((start, end))
        start = end
    return tuple(reversed(found))


def weeks(first: datetime, now: datetime) -> Sequence[tuple[datetime, datetime]]:
    """The whole weeks (from Monday, UTC) that are over, the latest first."""
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight - timedelta(days=midnight.weekday())
    found: list[tuple[datetime, datetime]] = []
    while (end := start + timedelta(days=7)) <= now:
        found.append((start, end))
        start = end
    return tuple(reversed(found))


def _next_month(start: datetime) -> datetime:
    return start.replace(year=start.year + (start.month == 12), month=start.month % 12 + 1)
