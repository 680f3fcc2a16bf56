"""Months of complaints: every cause coded, an action for the top ones, its effect looked at later (norm P2-2)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cases.dossier import Dossier
from cases.dossiers.improvement import in_month, late, top_causes
from tests.cases.dossiers.matters import NOW, SID, SUE, VERA, Matters

JUNE = datetime(2026, 6, 2, 9, tzinfo=UTC)


def _complaints(matters: Matters, **causes: int) -> list[Dossier]:
    return [
        matters.go(matters.begin("complaint", "receive", VERA, text="hm"), "code", SUE, cause=cause)
        for cause, count in causes.items()
        for _ in range(count)
    ]


def _plan(matters: Matters, cause: str) -> Dossier:
    fields = {"month": "2026-05", "cause": cause, "action": "more people", "owner": "Sid", "until": "2026-06-20T00:00Z"}
    return matters.begin("improvement", "plan", SID, **fields)


@pytest.mark.norm("P2-2", "behaviour")
def test_a_month_closes_when_every_top_cause_has_an_action() -> None:
    matters = Matters()
    _complaints(matters, slow=4, manners=3, technical=2, privacy=1)
    month = matters.begin("period", "begin", SID, month="2026-05")
    matters.now = JUNE
    for cause in ("slow", "manners", "technical"):
        assert matters.refused(month, "period", "close", SID, summary="a slow month") == "no_action"
        _plan(matters, cause)
    assert matters.go(month, "close", SID, summary="a slow month").status == "closed"


@pytest.mark.norm("P2-2", "bad-input")
def test_a_cause_left_uncoded_keeps_the_month_open() -> None:
    matters = Matters()
    matters.begin("complaint", "receive", VERA, text="hm")
    month = matters.begin("period", "begin", SID, month="2026-05")
    matters.now = JUNE
    answer = matters.attempt(month, "period", "close", SID, summary="quiet")
    assert getattr(answer, "reason", "") == "uncoded"
    assert "complaint-1" in getattr(answer, "detail", "")
    matters.go(matters.dossiers["complaint-1"], "convert", SUE, linked="A7K2")
    assert matters.go(month, "close", SID, summary="quiet").status == "closed"


@pytest.mark.norm("P2-2", "deadline")
def test_a_month_closes_after_its_end_and_has_one_list() -> None:
    matters = Matters()
    month = matters.begin("period", "begin", SID, month="2026-05")
    matters.now = datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC)
    assert matters.refused(month, "period", "close", SID, summary="early") == "too_early"
    assert matters.refused(None, "period", "begin", SID, month="2026-05") == "already"
    matters.now = datetime(2026, 6, 1, tzinfo=UTC)
    assert matters.go(month, "close", SID, summary="nothing came in").status == "closed"


@pytest.mark.norm("P2-2", "behaviour")
def test_an_actions_effect_is_looked_at_later() -> None:
    matters = Matters()
    action = matters.go(_plan(matters, "slow"), "finish", SID, result="two more people")
    assert matters.refused(action, "improvement", "check", SID, effect="better", seen="x") == "too_early"
    matters.later(days=14)
    action = matters.go(action, "check", SID, effect="better", seen="answers take 5 hours instead of 20")
    assert (action.status, action.fields["effect"]) == ("checked", "better")


@pytest.mark.norm("P2-2", "bad-input")
@pytest.mark.parametrize("month", ["2026-13", "2026-5", "May", "2026-05-01"])
def test_a_month_is_a_month(month: str) -> None:
    assert Matters().refused(None, "period", "begin", SID, month=month) == "unfit"


def test_the_top_causes_are_the_most_frequent() -> None:
    matters = Matters()
    found = _complaints(matters, privacy=1, manners=2, slow=2, staff=1)
    assert top_causes(found) == ("slow", "manners", "privacy")
    assert top_causes(()) == ()
    assert len(in_month(found, "2026-05")) == 6
    assert in_month(found, "2026-06") == ()


def test_actions_whose_day_has_passed_are_late() -> None:
    matters = Matters()
    action = _plan(matters, "slow")
    assert late([action], NOW) == ()
    assert late([action], datetime(2026, 6, 21, tzinfo=UTC)) == (action,)
