"""Complaints: answered in time, with a solution, each person for themselves; counted by cause (norm P1-5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.deadlines import Terms
from cases.dossier import Dossier
from cases.dossiers.common import holder
from cases.dossiers.complaint import CAUSES, MACHINE, by_cause, figures, next_step, to_each
from cases.model import BOT, ActorKind, Profile
from tests.cases.dossiers.matters import NOW, OLA, STREAMER, SUE, VERA, Matters


def _complaint(matters: Matters, text: str = "nobody answers me") -> Dossier:
    return matters.begin("complaint", "receive", VERA, text=text)


@pytest.mark.norm("P1-5", "behaviour")
def test_a_complaint_is_numbered_answered_resolved_and_may_be_opened_again() -> None:
    matters = Matters()
    complaint = _complaint(matters)
    assert (complaint.id, complaint.status) == ("complaint-1", "received")
    complaint = matters.go(complaint, "answer", SUE, reply="we look into it")
    complaint = matters.go(complaint, "resolve", SUE, reply="it was a fault, mended", cause="technical")
    assert complaint.status == "resolved"
    complaint = matters.go(complaint, "reopen", holder(complaint.id), reason="it is back")
    assert complaint.status == "reopened"
    assert matters.told(complaint) == [
        "complaint_received",
        "complaint_answered",
        "complaint_resolved",
        "complaint_reopened",
    ]


@pytest.mark.norm("P1-5", "deadline")
def test_the_first_answer_is_due_in_a_day_and_the_end_in_ten_working_days() -> None:
    matters = Matters()
    complaint = _complaint(matters)
    assert matters.due("complaint_first", complaint) == NOW + timedelta(hours=24)
    assert matters.due("complaint_close", complaint) == datetime(2026, 5, 18, 9, 0, tzinfo=UTC)
    assert next_step(complaint, Terms()) == matters.due("complaint_first", complaint)
    matters.later(hours=3)
    complaint = matters.go(complaint, "answer", SUE, reply="we look into it")
    assert matters.due("complaint_first", complaint) is None
    assert next_step(complaint, Terms()) == matters.due("complaint_close", complaint)
    complaint = matters.go(complaint, "resolve", SUE, reply="done", cause="slow")
    assert matters.running == {}
    assert next_step(complaint, Terms()) is None
    matters.later(days=1)
    complaint = matters.go(complaint, "reopen", holder(complaint.id), reason="not done")
    assert next_step(complaint, Terms()) == matters.due("complaint_first", complaint) == matters.now + timedelta(days=1)


@pytest.mark.norm("P1-5", "behaviour")
def test_every_open_state_shows_a_next_step() -> None:
    ways: dict[str, list[tuple[str, dict[str, str]]]] = {
        "received": [],
        "answering": [("answer", {"reply": "yes"})],
        "reopened": [("resolve", {"reply": "done", "cause": "slow"}), ("reopen", {"reason": "no"})],
    }
    open_states = {state for state in MACHINE.states if state not in {"resolved", "converted"}}
    assert set(ways) == open_states
    for state, steps in ways.items():
        matters = Matters()
        complaint = _complaint(matters)
        for move, fields in steps:
            complaint = matters.go(complaint, move, SUE, **fields)
        assert complaint.status == state
        assert next_step(complaint, Terms()) is not None


@pytest.mark.norm("P1-5", "bad-input")
def test_a_complaint_that_is_a_report_is_converted_and_the_person_told_where_it_went() -> None:
    matters = Matters()
    complaint = _complaint(matters, "this viewer insulted me at 20:15")
    complaint = matters.go(complaint, "convert", SUE, linked="A7K2")
    assert complaint.status == "converted"
    assert complaint.fields["linked"] == "A7K2"
    assert matters.running == {}
    assert matters.letters[-1].key == "complaint_converted"
    assert matters.letters[-1].words["linked"] == "A7K2"
    assert matters.refused(complaint, "complaint", "answer", SUE, reply="hm") == "invalid_transition"


@pytest.mark.norm("P1-5", "bad-input")
@pytest.mark.parametrize(
    ("move", "fields"),
    [
        ("answer", {"reply": "  "}),
        ("answer", {}),
        ("resolve", {"reply": "done"}),
        ("resolve", {"reply": "done", "cause": "weather"}),
        ("resolve", {"reply": "done", "cause": "other"}),
        ("convert", {"linked": "see above"}),
    ],
)
def test_an_answer_without_words_or_a_cause_is_refused(move: str, fields: dict[str, str]) -> None:
    matters = Matters()
    assert matters.refused(_complaint(matters), "complaint", move, SUE, **fields) == "unfit"
    assert len(matters.letters) == 1


@pytest.mark.norm("P1-5", "bad-input")
def test_nobody_goes_on_with_somebody_elses_complaint() -> None:
    matters = Matters()
    mine, other = _complaint(matters), _complaint(matters)
    mine = matters.go(mine, "resolve", SUE, reply="done", cause="slow")
    assert matters.refused(mine, "complaint", "reopen", VERA, reason="me too") == "not_allowed"
    assert matters.refused(mine, "complaint", "reopen", holder(other.id), reason="me too") == "not_allowed"
    assert matters.refused(mine, "complaint", "rate", holder(other.id), satisfaction=1) == "not_allowed"
    assert matters.refused(mine, "complaint", "answer", holder(mine.id), reply="I answer") == "not_allowed"
    matters.later(days=91)
    assert matters.refused(mine, "complaint", "reopen", holder(mine.id), reason="now") == "late"


def test_a_streamer_alone_resolves_with_one_move() -> None:
    matters = Matters(Profile.SOLO)
    complaint = matters.go(_complaint(matters), "resolve", STREAMER, reply="sorry, mended", cause="technical")
    assert complaint.status == "resolved"
    assert matters.running == {}


@pytest.mark.norm("P1-5", "behaviour")
def test_complaints_of_one_cause_are_grouped_and_each_person_is_answered() -> None:
    matters = Matters()
    slow = [_complaint(matters) for _ in range(3)]
    rude = matters.go(_complaint(matters), "code", SUE, cause="manners")
    slow = [matters.go(each, "code", SUE, cause="slow") for each in slow]
    groups = by_cause([rude, *slow])
    assert list(groups) == ["slow", "manners"]
    wishes = to_each(groups["slow"], "resolve", SUE, {"reply": "more people answer now", "cause": "slow"})
    assert [ref for ref, _ in wishes] == [each.id for each in slow]
    for ref, wish in wishes:
        matters.go(matters.dossiers[ref], wish.move, wish.by, **wish.fields)
    assert all(matters.told(each)[-1] == "complaint_resolved" for each in slow)
    assert matters.told(rude) == ["complaint_received"]


@pytest.mark.norm("P1-5", "behaviour")
def test_satisfaction_and_reopenings_are_counted() -> None:
    matters = Matters()
    done = [matters.go(_complaint(matters), "resolve", SUE, reply="done", cause="slow") for _ in range(4)]
    waiting = _complaint(matters)
    for complaint, mark in zip(done, (5, 5, 2), strict=False):
        matters.go(complaint, "rate", holder(complaint.id), satisfaction=mark)
    matters.go(done[2], "reopen", holder(done[2].id), reason="no")
    counted = figures(tuple(matters.dossiers.values()), missed={waiting.id})
    assert (counted.received, counted.answered, counted.resolved, counted.reopened) == (5, 4, 4, 1)
    assert counted.satisfaction == {1: 0, 2: 1, 3: 0, 4: 0, 5: 2}
    assert counted.mean == 4
    assert counted.reopen_rate == 0.25
    assert counted.overdue == 1


def test_no_complaints_have_no_rates() -> None:
    counted = figures(())
    assert (counted.received, counted.mean, counted.reopen_rate) == (0, None, None)


_steps = st.lists(
    st.sampled_from(
        [
            ("answer", SUE, {"reply": "yes"}),
            ("resolve", OLA, {"reply": "done", "cause": "slow"}),
            ("reopen", SUE, {"reason": "no"}),
            ("code", SUE, {"cause": CAUSES[0]}),
            ("convert", SUE, {"linked": "A7K2"}),
            ("answer", BOT, {"reply": "automatic"}),
        ]
    ),
    max_size=8,
)


@pytest.mark.norm("P1-5", "behaviour")
@given(_steps)
def test_no_complaint_ends_without_an_answer(steps: list[tuple[str, Any, dict[str, str]]]) -> None:
    matters = Matters()
    complaint = _complaint(matters)
    for move, by, fields in steps:
        matters.attempt(complaint, "complaint", move, by, **fields)
    after = matters.dossiers[complaint.id]
    told = [key for key in matters.told(after) if key != "complaint_received"]
    assert bool(told) or after.status == "received"
    assert (after.status in ("resolved", "converted")) == (matters.running == {})
    assert all(step.by.kind is not ActorKind.BOT for step in after.steps)
