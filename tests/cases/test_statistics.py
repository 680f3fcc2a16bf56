"""Numbers: counted again from the record they are the same, and the published ones give no single case away."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.deadlines import Terms
from cases.model import AppealStatus, CaseState, CaseStatus, MeasureStatus
from cases.ports import DeadlineRow
from cases.statistics import BASE, SMALL, Gap, months, percentile, period, published, rounded, weeks
from streams.events import RoomKey
from tests.cases.matter import NOW, Matter
from tests.cases.people import REPORTERS, reported_case

SINCE, UNTIL = NOW - timedelta(days=30), NOW + timedelta(days=1)


def automatic(**changes: Any) -> CaseState:
    matter = Matter()
    matter.judge()
    return msgspec.structs.replace(matter.case, **changes)


def row(key: str, ref: str, took_s: float | None, *, late: bool = False) -> DeadlineRow:
    deadline = Terms().start(key, ref, "A7K2", RoomKey("irc:#a"), NOW)
    met = None if took_s is None else NOW + timedelta(seconds=took_s)
    return DeadlineRow(deadline, met_at=met, overdue_at=deadline.due_at if late else None)


@pytest.mark.norm("N4.1-2", "behaviour")
def test_the_numbers_are_those_of_the_record() -> None:
    reported = reported_case().case
    fell = automatic(status=CaseStatus.OVERTURNED)
    numbers = period(
        [reported, automatic(), fell], [row("ack", "r1", 2), row("ack", "r2", None, late=True)], SINCE, UNTIL
    )
    assert numbers.cases == 3
    assert numbers.tables["origin"] == {"report": 1, "automatic": 2}
    assert numbers.tables["channel"]["chat"] == 1
    assert numbers.shares["detector_error"] == 0.5
    ack = numbers.spans["ack"]
    assert (ack.started, ack.met, ack.overdue, ack.median) == (2, 1, 1, timedelta(seconds=2))


@pytest.mark.norm("N4.1-2", "behaviour")
def test_counting_again_gives_what_was_published() -> None:
    states = [automatic(code=f"C{n:03}", category=("flooding", "insult")[n % 2]) for n in range(37)]
    rows = [row("ack", f"r{n}", n) for n in range(37)]
    first = json.dumps(published(period(states, rows, SINCE, UNTIL)), sort_keys=True)
    assert json.dumps(published(period(reversed(states), reversed(rows), SINCE, UNTIL)), sort_keys=True) == first


def test_appeals_and_refusals_are_shares_of_what_was_answered() -> None:
    state = reported_case().case
    open_one = state.appeals[0]
    upheld, overturned = (
        msgspec.structs.replace(open_one, id=f"x/{n}", status=status)
        for n, status in enumerate((AppealStatus.UPHELD, AppealStatus.OVERTURNED))
    )
    both = msgspec.structs.replace(state, appeals=(open_one, upheld, overturned))
    numbers = period([both, automatic()], [], SINCE, UNTIL)
    assert (numbers.shares["appealed"], numbers.shares["overturned"]) == (0.5, 0.5)
    assert period([], [], SINCE, UNTIL).shares == dict.fromkeys(numbers.shares)


def test_what_a_person_took_back_was_the_detectors_error() -> None:
    state = automatic()
    gone = tuple(msgspec.structs.replace(action, status=MeasureStatus.REVOKED) for action in state.actions)
    numbers = period([msgspec.structs.replace(state, actions=gone), automatic()], [], SINCE, UNTIL)
    assert numbers.shares["detector_error"] == 0.5


@pytest.mark.norm("N4.1-2", "bad-input")
def test_a_period_that_was_not_seen_whole_says_so() -> None:
    gap = Gap(NOW - timedelta(days=2), NOW - timedelta(days=1))
    assert published(period([], [], SINCE, UNTIL, [gap]))["partial"] is True
    assert published(period([], [], UNTIL, UNTIL + timedelta(days=30), [gap]))["partial"] is False


def test_dry_runs_and_other_times_are_not_counted() -> None:
    outside = automatic(opened_at=UNTIL)
    assert period([automatic(dry_run=True), outside], [], SINCE, UNTIL).cases == 0


@pytest.mark.norm("N4.1-2", "behaviour")
@given(st.lists(st.sampled_from("abc"), max_size=40), st.sampled_from("abc"))
def test_no_small_number_comes_out_by_subtraction(cells: list[str], asked: str) -> None:
    """Whatever is published of a table and of the same table without one cell, more than one count fits the small one."""
    counts = {name: cells.count(name) for name in "abc"}
    if not 0 < counts[asked] < BASE:
        return
    whole, rest = sum(counts.values()), sum(counts.values()) - counts[asked]
    fitting = {
        guess
        for guess, total in product(range(1, BASE), range(len(cells) + BASE))
        if rounded(total) == rounded(whole) and rounded(total - guess) == rounded(rest) and rounded(guess) == SMALL
    }
    assert len(fitting) > 1


@pytest.mark.norm("N4.1-2", "behaviour")
def test_nobody_is_in_the_published_file() -> None:
    text = json.dumps(published(period([reported_case().case], [row("ack", "r1", 2)], SINCE, UNTIL)))
    assert [trace for trace in (*REPORTERS, "Ann", "A7K2", "irc:") if trace in text] == []


@given(st.lists(st.integers(0, 10_000), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_one_of_the_values_and_bounds_its_share(seconds: list[int], share: float) -> None:
    ordered = sorted(timedelta(seconds=one) for one in seconds)
    found = percentile(ordered, share)
    assert found in ordered
    assert sum(one <= found for one in ordered) >= share * len(ordered) - 1e-9  # type: ignore[operator]  # not None: there are values


@pytest.mark.norm("N4.1-2", "deadline")
@pytest.mark.parametrize("month", [1, 2, 11, 12])
def test_a_month_is_published_when_it_is_over_and_a_week_inside(month: int) -> None:
    first = datetime(2026, month, 10, 5, tzinfo=UTC)
    end = datetime(2026 + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    assert months(first, end - timedelta(seconds=1)) == ()
    assert months(first, end) == ((datetime(2026, month, 1, tzinfo=UTC), end),)
    monday = datetime(2026, 5, 4, tzinfo=UTC)
    assert weeks(monday, monday + timedelta(days=7)) == ((monday, monday + timedelta(days=7)),)
    assert weeks(monday, monday + timedelta(days=7, seconds=-1)) == ()
