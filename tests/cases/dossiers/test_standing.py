"""Malicious reports: found by people, confirmed by others, step by step, with an end and an appeal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cases.dossier import Dossier
from cases.dossiers.common import holder
from cases.dossiers.standing import LEAST, MACHINE, in_force
from cases.model import BOT, Actor, ActorKind, Profile
from cases.standing import STEPS, TERMS, Step, refusal
from tests.cases.dossiers.matters import NOW, OLA, SID, STREAMER, VERA, Matters

UNA = Actor(ActorKind.SUPERVISOR, "staff-una", "Una")
SEEN = {
    "reasons": "five reports on one person within a day, all of lines that were never written",
    "cases": "A7K2, B3C4",
    "false_reports": 5,
    "share": 1.0,
    "gravity": "the person was silenced for an hour",
    "intent": "announced in another room: let us report them away",
}


def find(matters: Matters, step: str, dossier: Dossier | None = None, **changes: Any) -> Dossier:
    given = {**SEEN, "closed_at": matters.now, "proposed": step, **changes}
    if dossier is None:
        return matters.begin("standing", "find", OLA, "p-mal", **given)
    return matters.go(dossier, "find", OLA, **given)


def confirmed(matters: Matters, step: str, dossier: Dossier | None = None) -> Dossier:
    return matters.go(find(matters, step, dossier), "confirm", SID, step=step)


def refused_as(dossier: Dossier, now: datetime) -> str:
    """The word with which this reporter's second report of the day is refused, "" when it is taken."""
    answer = refusal(in_force([dossier]).get("p-mal"), 1, now, urgent=False)
    return answer.reason if answer else ""


@pytest.mark.norm("N4.3-2a", "behaviour")
def test_the_ladder_is_climbed_step_by_step() -> None:
    matters = Matters()
    dossier = None
    for step in STEPS:
        dossier = confirmed(matters, step, dossier)
        assert dossier.fields["step"] == step
    assert dossier is not None
    assert refused_as(dossier, matters.now + timedelta(days=1_000)) == "reporting_suspended"
    assert matters.told(dossier) == ["standing_step"] * len(STEPS)


@pytest.mark.norm("N4.3-2a", "bad-input")
@pytest.mark.parametrize("step", STEPS[1:])
def test_nobody_begins_higher_up(step: str) -> None:
    matters = Matters()
    given = {**SEEN, "closed_at": NOW, "proposed": step}
    assert matters.refused(None, "standing", "find", OLA, "p-mal", **given) == "wrong_step"


@pytest.mark.norm("N4.3-2a", "bad-input")
def test_the_program_finds_no_malice() -> None:
    matters = Matters()
    given = {**SEEN, "closed_at": NOW, "proposed": "warning"}
    assert matters.refused(None, "standing", "find", BOT, "p-mal", **given) == "not_allowed"
    found = find(matters, "warning")
    assert matters.refused(found, "standing", "confirm", BOT, step="warning") == "not_allowed"
    assert [move.name for move in MACHINE.moves if ActorKind.BOT in move.by] == ["end"]


@pytest.mark.norm("N4.3-2a", "bad-input")
@pytest.mark.parametrize("missing", ["reasons", "intent", "gravity", "cases", "share", "false_reports"])
def test_a_finding_says_all_it_stands_on(missing: str) -> None:
    matters = Matters()
    given = {name: value for name, value in SEEN.items() if name != missing}
    assert matters.refused(None, "standing", "find", OLA, "p", **given, closed_at=NOW, proposed="warning") == "unfit"


def test_one_false_report_is_a_mistake() -> None:
    matters = Matters()
    given = {**SEEN, "false_reports": LEAST - 1, "closed_at": NOW, "proposed": "warning"}
    assert matters.refused(None, "standing", "find", OLA, "p", **given) == "unfit"


@pytest.mark.norm("N4.3-2a", "behaviour")
def test_a_second_person_confirms() -> None:
    matters = Matters()
    found = find(matters, "warning")
    assert matters.refused(found, "standing", "confirm", OLA, step="warning") == "second_person"
    assert matters.refused(found, "standing", "confirm", SID, step="limited") == "wrong_step"
    assert in_force([found]) == {}
    alone = Matters(profile=Profile.SOLO)
    given = {**SEEN, "closed_at": NOW, "proposed": "warning"}
    own = alone.begin("standing", "find", STREAMER, "p", **given)
    assert alone.go(own, "confirm", STREAMER, step="warning").status == "in-force"


@pytest.mark.norm("N4.3-2a", "deadline")
@pytest.mark.parametrize(("late", "taken"), [(timedelta(days=7), True), (timedelta(days=7, seconds=1), False)])
def test_malice_is_found_within_seven_days(late: timedelta, taken: bool) -> None:
    matters = Matters()
    given = {**SEEN, "closed_at": NOW - late, "proposed": "warning"}
    if taken:
        assert matters.begin("standing", "find", OLA, "p", **given).status == "found"
    else:
        assert matters.refused(None, "standing", "find", OLA, "p", **given) == "too_late"


@pytest.mark.norm("N4.3-2a", "deadline")
@pytest.mark.parametrize("step", ["suspended-7", "suspended-30", "suspended-90", "limited"])
def test_a_term_ends_and_restores(step: str) -> None:
    matters = Matters()
    dossier = None
    for earlier in STEPS[: STEPS.index(step) + 1]:
        dossier = confirmed(matters, earlier, dossier)
    assert dossier is not None
    until = matters.now + TERMS[step]
    assert refused_as(dossier, until - timedelta(seconds=1)).startswith("reporting_")
    assert refused_as(dossier, until) == ""
    assert matters.refused(dossier, "standing", "end", BOT) == "too_early"
    matters.now = until
    assert matters.go(dossier, "end", BOT).status == "ended"
    assert matters.told(dossier)[-1] == "standing_ended"


@pytest.mark.norm("N4.3-2a", "behaviour")
def test_a_danger_to_life_passes_every_step() -> None:
    for name in STEPS:
        assert refusal(Step(name, NOW), 40, NOW, urgent=True) is None
    assert refusal(Step("limited", NOW), 0, NOW, urgent=False) is None
    assert refusal(Step("warning", NOW), 40, NOW, urgent=False) is None
    assert refusal(None, 40, NOW, urgent=False) is None


@pytest.mark.norm("N4.3-2a", "behaviour")
def test_an_appeal_of_its_own_undoes_it() -> None:
    matters = Matters()
    dossier = confirmed(matters, "limited", confirmed(matters, "warning"))
    assert matters.refused(dossier, "standing", "uphold", SID, answer="no") == "already"
    appealed = matters.go(dossier, "appeal", holder(dossier.id), objection="they were real lines")
    assert in_force([appealed]) == {"p-mal": Step("limited", matters.now)}
    assert matters.refused(appealed, "standing", "overturn", SID, answer="right") == "second_person"
    cleared = matters.go(appealed, "overturn", UNA, answer="the lines were found in another log")
    assert in_force([cleared]) == {}
    matters.later(days=1)
    again = find(matters, "warning", cleared)
    assert in_force([again]) == {}


def test_a_declined_finding_leaves_what_was_in_force() -> None:
    matters = Matters()
    dossier = confirmed(matters, "limited", confirmed(matters, "warning"))
    declined = matters.go(find(matters, "suspended-7", dossier), "decline", SID, reason="a mistake")
    assert in_force([declined])["p-mal"].name == "limited"
    assert (
        matters.refused(None, "standing", "find", VERA, "p", **SEEN, closed_at=NOW, proposed="warning") == "not_allowed"
    )
