"""The queue: gravity, urgency, live and age; standing only between equals, and a crowd of reports moves nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.model import CaseState, CaseStatus, Report, ReportStatus
from cases.queue import queue
from cases.standing import BRIGADE, NOBODY, Credibility, Earlier, brigade, credibility, voices
from tests.cases.matter import NOW, Matter, reported

ROOM = reported().room


def case(code: str, category: str = "insult", minutes: float = 30, reporters: int = 1, **changes: Any) -> CaseState:
    """An open case with so many reports, opened so many minutes ago."""
    at = NOW - timedelta(minutes=minutes)
    reports = tuple(Report(f"{code}-r{n}", f"p-{code}-{n}", "chat", at, category) for n in range(reporters))
    matter = Matter()
    matter.report()
    return msgspec.structs.replace(
        matter.case,
        code=code,
        opened_at=at,
        last_at=at,
        reports=reports,
        category=category,
        classifications=(),
        **changes,
    )


def earlier(status: CaseStatus) -> Earlier:
    """A report made just now whose case stands so."""
    return Earlier("p", "CASE", NOW, ReportStatus.RECEIVED, status)


def codes(*states: CaseState, **more: Any) -> list[str]:
    given: dict[str, Any] = {"live": frozenset(), "earlier": {}, "records": {}} | more
    return [place.state.code for place in queue(states, NOW, given["live"], given["earlier"], given["records"])]


@pytest.mark.norm("N1.3-3", "behaviour")
def test_gravity_then_live_then_growing_then_age() -> None:
    grave = case("GRAV", "terror", minutes=5)
    live = case("LIVE", minutes=5)
    growing = case("GROW", minutes=5, reporters=3)
    old, young = case("OLDC", minutes=600), case("YONG", minutes=5)
    others = [msgspec.structs.replace(one, room=ROOM + "x") for one in (growing, old, young)]
    assert codes(*others, live, grave, live=frozenset({ROOM})) == ["GRAV", "LIVE", "GROW", "OLDC", "YONG"]


@pytest.mark.norm("N2.2-1", "behaviour")
def test_a_life_or_a_child_goes_to_the_top() -> None:
    urgent = case("URGE", "other", minutes=1)
    reports = tuple(msgspec.structs.replace(report, urgent=True) for report in urgent.reports)
    assert codes(case("TERR", "terror"), msgspec.structs.replace(urgent, reports=reports)) == ["URGE", "TERR"]


@pytest.mark.norm("N4.3-2a", "behaviour")
def test_a_brigade_does_not_move_its_victim() -> None:
    """Forty people who came together before are one voice: the order is that of a single report."""
    attacked = case("VICT", minutes=5, reporters=40)
    earlier = {report.reporter: frozenset({"OLD1"}) for report in attacked.reports}
    others = [case("AAAA", minutes=6), case("BBBB", minutes=4)]
    alone = codes(*others, case("VICT", minutes=5))
    assert codes(*others, attacked, earlier=earlier) == alone
    found = brigade(attacked, earlier)
    assert found is not None
    assert len(found.reporters) == 40
    assert not any(report.reporter in found.why for report in attacked.reports)


@pytest.mark.parametrize("count", [1, BRIGADE - 1, BRIGADE, 30])
def test_neighbours_are_no_brigade(count: int) -> None:
    crowd = case("CASE", reporters=count)
    known = {report.reporter: frozenset({f"own-{report.reporter}"}) for report in crowd.reports}
    assert brigade(crowd, known) is None


@given(st.permutations(["AAAA", "BBBB", "CCCC", "DDDD"]), st.integers(1, 1000))
def test_the_order_depends_on_nothing_but_the_cases(order: list[str], reporters: int) -> None:
    """Neither the order of arrival nor the number of reports moves a case (once everybody's report is old)."""
    made = {
        code: case(code, minutes=30 + place, reporters=1) for place, code in enumerate(["AAAA", "BBBB", "CCCC", "DDDD"])
    }
    expected = codes(*made.values())
    made["BBBB"] = case("BBBB", minutes=31, reporters=reporters)
    assert codes(*(made[code] for code in order)) == expected


@pytest.mark.norm("N1.3-2", "behaviour")
def test_a_record_decides_between_equals_alone() -> None:
    good, bad = Credibility(9, 1), Credibility(1, 9)
    one, other = case("AAAA"), case("BBBB")
    records = {"p-AAAA-0": bad, "p-BBBB-0": good}
    assert codes(one, other, records=records) == ["BBBB", "AAAA"]
    assert codes(case("AAAA", "terror"), other, records=records) == ["AAAA", "BBBB"]
    assert codes(case("AAAA", minutes=90), other, records=records) == ["AAAA", "BBBB"]


@given(st.lists(st.booleans(), max_size=30))
def test_credibility_is_a_share_with_doubt(held: list[bool]) -> None:
    rows = [earlier(CaseStatus.UPHELD if one else CaseStatus.DISMISSED) for one in held]
    found = credibility(rows, NOW)
    assert 0 < found.mean < 1
    assert found.doubt <= NOBODY.doubt + 1e-9
    if held and all(held):
        assert found.mean > NOBODY.mean


def test_what_is_long_ago_counts_little_and_what_is_open_nothing() -> None:
    refused = Earlier("p", "CASE", NOW - timedelta(days=900), ReportStatus.REFUSED, CaseStatus.OPEN)
    assert credibility([refused], NOW).mean == pytest.approx(0.5, abs=0.01)
    assert credibility([earlier(CaseStatus.OPEN)], NOW) == NOBODY


def test_a_brigade_is_one_voice() -> None:
    attacked = case("VICT", reporters=12)
    assert voices(attacked, None, NOW - timedelta(hours=1)) == 12
    found = brigade(attacked, {})
    assert found is not None
    assert voices(attacked, found, NOW - timedelta(hours=1)) == 1
