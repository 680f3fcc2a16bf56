"""A week's sample: from every stratum, the same again from its start, never a supervisor's own case (norm N4.1-1)."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.model import (
    ActorKind,
    CaseState,
    CaseStatus,
    Evidence,
    EvidenceKind,
    EvidenceLine,
    Panel,
    PanelRound,
    ReportStatus,
    Respondent,
)
from cases.sampling import (
    PER_STRATUM,
    agreement,
    blind,
    draw,
    gaps,
    strata,
    weaknesses,
    week_of,
)
from cases.sentence import Measure, Severity
from cases.staff import StaffBook
from tests.cases.matter import NOW, Matter, evidence
from tests.cases.roster import ROOM, ROSTER, member
from tests.cases.seals import SEALS

K = ActorKind
START = "9f2c"


def handled(code: str, moderator: str = "mona", **changes: object) -> CaseState:
    """A case that this moderator decided."""
    matter = Matter(code=code)
    matter.measure()
    return msgspec.structs.replace(matter.case, deciders=(moderator,), **changes)


WEEK = [
    *(handled(f"M{n:02}") for n in range(20)),
    *(handled(f"X{n:02}", "max") for n in range(7)),
    *(handled(f"S{n:02}", severity=Severity.SEVERE, measures=(Measure.DELETE,)) for n in range(3)),
    *(handled(f"D{n:02}", status=CaseStatus.DISMISSED, measures=()) for n in range(3)),
    handled("O00", "max", status=CaseStatus.OVERTURNED),
]


def drawn(cases: list[CaseState], start: str = START, book: StaffBook = ROSTER) -> dict[str, str]:
    return {one.code: one.supervisor for one in draw(cases, "2026-W18", start, book, SEALS).drawn}


@pytest.mark.norm("N4.1-1", "behaviour")
def test_every_stratum_is_in_the_sample() -> None:
    """By moderator, severity and outcome; a small stratum is not drowned by a large one."""
    sample = draw(WEEK, "2026-W18", START, ROSTER, SEALS)
    whole = {stratum for state in WEEK for stratum in strata(state, ROSTER)}
    assert {one.stratum for one in sample.drawn} == whole
    for stratum in whole:
        assert 1 <= sum(one.stratum == stratum for one in sample.drawn) <= PER_STRATUM


@pytest.mark.norm("N4.1-1", "behaviour")
def test_a_refused_report_makes_a_stratum_of_its_own() -> None:
    plain, refused = handled("A001"), Matter(code="A002")
    refused.report()
    refused.measure()
    reports = tuple(msgspec.structs.replace(one, status=ReportStatus.REFUSED) for one in refused.case.reports)
    other = msgspec.structs.replace(refused.case, reports=reports)
    assert {one.refused for one in strata(other, ROSTER)} == {True}
    assert not strata(plain, ROSTER) & strata(other, ROSTER)


@pytest.mark.norm("N4.1-1", "behaviour")
@given(st.permutations(WEEK))
def test_the_same_start_draws_the_same_sample(shuffled: list[CaseState]) -> None:
    assert draw(shuffled, "2026-W18", START, ROSTER, SEALS) == draw(WEEK, "2026-W18", START, ROSTER, SEALS)


@pytest.mark.norm("N4.1-1", "behaviour")
def test_another_start_draws_another_sample() -> None:
    assert len({frozenset(drawn(WEEK, str(n))) for n in range(10)}) > 1


def test_the_draw_is_the_same_once_the_checks_exist() -> None:
    """That supervisors now have these cases to judge does not change who was drawn."""
    before = drawn(WEEK)
    after = StaffBook(ROSTER.members, samples=[(ref, code) for code, ref in before.items()])
    assert drawn(WEEK, book=after) == before


@pytest.mark.norm("N4.1-1", "bad-input")
@pytest.mark.parametrize("part", ["decided", "reported", "accused", "voted"])
def test_nobody_judges_a_case_they_had_a_part_in(part: str) -> None:
    """Sid is the one left out; with nobody but Sid, nobody is named, rather than Sid."""
    matter = Matter(code="A001")
    matter.report(SEALS.pseudonym(ROOM, "sid") if part == "reported" else "p-cai")
    matter.measure(respondent=Respondent("sid", "Sid") if part == "accused" else Respondent("ann", "Ann"))
    state = matter.case
    if part == "decided":
        state = msgspec.structs.replace(state, deciders=("sid",))
    if part == "voted":
        panel = Panel((PanelRound(1, ("staff-sid",), NOW, "complex", outcome="decided"),))
        state = msgspec.structs.replace(state, panel=panel)
    assert set(drawn([state]).values()) == {"staff-sam"}
    alone = StaffBook([one for one in ROSTER.members if one.id != "staff-sam"])
    assert set(drawn([state], book=alone).values()) == {""}


def test_what_nobody_decided_or_was_a_dry_run_is_not_sampled() -> None:
    waiting = Matter(code="A001")
    waiting.report()
    dry = msgspec.structs.replace(handled("A002"), dry_run=True)
    assert drawn([waiting.case, dry]) == {}


def test_automatic_cases_are_a_stratum() -> None:
    matter = Matter(code="A001")
    matter.judge()
    (stratum,) = strata(matter.case, ROSTER)
    assert stratum.moderator == "automatic"


@pytest.mark.norm("N4.1-1", "behaviour")
def test_the_case_is_judged_blind() -> None:
    """Nothing of the decision, of who took it, or of who reported."""
    matter = Matter()
    matter.report("p-cai", note="MARK")
    matter.measure(reason="HIDDEN reason")
    gap = Evidence(EvidenceKind.AT_ONCE, NOW, (EvidenceLine("m", "viewer 2", "hm", NOW),), ("HIDDEN",), "a gap")
    seen = blind(matter.case, [evidence("you fool"), gap])
    assert seen.lines == ("> Ann: you fool", "  viewer 2: hm")
    assert seen.gaps == ("a gap",)
    shown = str(seen)
    for hidden in ("mute", "mona", "HIDDEN", "MARK", "p-cai", "decided", "R3", "moderate"):
        assert hidden not in shown, hidden


@pytest.mark.norm("N4.1-1", "behaviour")
@pytest.mark.parametrize(
    ("agreed", "judged", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (10, 10, 0.7225, 1.0), (0, 10, 0.0, 0.2775), (81, 263, 0.2553, 0.3662)],
)
def test_the_agreement_rate_has_its_wilson_interval(agreed: int, judged: int, low: float, high: float) -> None:
    """Numbers from Newcombe 1998, table I (81 of 263), and Wilson's formula by hand."""
    found = agreement([True] * agreed + [False] * (judged - agreed))
    assert found.rate == agreed / judged
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_nothing_judged_tells_nothing() -> None:
    found = agreement([])
    assert (found.rate, found.low, found.high) == (None, 0.0, 1.0)


@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_the_interval_holds_the_rate(verdicts: list[bool]) -> None:
    found = agreement(verdicts)
    assert found.rate is not None
    assert 0 <= found.low <= found.rate + 1e-12
    assert found.rate - 1e-12 <= found.high <= 1


@pytest.mark.norm("N4.1-1", "deadline")
@pytest.mark.norm("N4.1-1", "bad-input")
def test_a_week_without_a_sample_is_a_gap_once_it_is_over() -> None:
    """A week in which nothing was handled is none, and the running one is not late yet."""
    running, last, before = (week_of(NOW - timedelta(days=7 * back)) for back in range(3))
    cases = {running: 4, last: 9, before: 2, "2026-W01": 0}
    assert gaps([before], cases, NOW) == (last,)
    assert gaps([], cases, NOW) == (before, last)
    assert gaps([last, before], cases, NOW) == ()
    assert gaps([before], cases, NOW + timedelta(days=7)) == (last, running)


@pytest.mark.norm("N4.1-1", "behaviour")
def test_a_group_that_is_no_supervision_is_named() -> None:
    assert weaknesses(ROSTER) == ()
    both = (K.SUPERVISOR, K.MODERATOR)
    one_group = StaffBook([member("a", "east", *both), member("b", "east", *both)])
    assert len(weaknesses(one_group)) == 2
    assert len(weaknesses(StaffBook())) == 2


def test_weeks_are_iso_weeks() -> None:
    assert week_of(NOW) == "2026-W18"
    assert week_of(NOW.replace(month=1, day=1)) == "2026-W01"
    assert week_of(NOW.replace(year=2027, month=1, day=1)) == "2026-W53"
