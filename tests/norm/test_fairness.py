"""One standard for all (norm N1.3-2): what changes nothing about the matter changes nothing about its outcome.

Metamorphic: the same case is told twice, with another reporter, another order, other numbers, another record; the outcome
must be the same. What review code must not look at, it cannot read: the fields do not exist.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import checks, intents, model, policy, room_memory
from cases.history import CaseEntry, Changes, Judged
from cases.house import House
from cases.model import CaseStatus, Profile
from cases.presumption import presumed, review_term
from cases.sentence import Measure
from streams import events
from tests.cases.matter import MINUTE, Matter, orders

MEASURES = (Measure.WARN, Measure.DELETE, Measure.MUTE, Measure.BAN)


def outcome(reporters: list[str], measure: Measure, profile: Profile, **report: Any) -> dict[str, Any]:
    """Everything the respondent meets with, after these people reported and Mona decided."""
    matter = Matter(House(profile))
    for reporter in reporters:
        matter.report(reporter, **report)
    waited = (matter.case.status, matter.case.severity, presumed(matter.case), review_term(matter.case))
    changes = matter.measure(measure)
    return {"waited": waited, **met_with(matter, changes)}


def met_with(matter: Matter, changes: Changes) -> dict[str, Any]:
    """What is done, said, written and counted about the respondent."""
    case = matter.case
    return {
        "orders": [(one.kind, one.until, one.message_id) for one in orders(changes)],
        "judged": [
            (one.measures, one.severity, one.rule, one.ground) for one in changes.entries if isinstance(one, Judged)
        ],
        "statements": changes.statements,
        "notices": changes.notices,
        "strikes": changes.strikes,
        "case": (case.status, case.severity, case.rule, case.measures, case.actions, case.proposals),
    }


people = st.lists(st.uuids().map(str), min_size=1, max_size=12, unique=True)


@pytest.mark.norm("N1.3-2", "behaviour")
@given(people, people, st.sampled_from(MEASURES), st.sampled_from(Profile))
def test_who_reports_and_in_which_order_changes_nothing(
    these: list[str], those: list[str], measure: Measure, profile: Profile
) -> None:
    told = outcome(these, measure, profile)
    assert outcome(these[::-1], measure, profile) == told
    assert outcome(those, measure, profile) == told


@pytest.mark.norm("N1.3-2", "behaviour")
@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("category", ["law", "insult", "advertising"])
def test_one_report_or_a_thousand(profile: Profile, category: str) -> None:
    one = outcome(["p-1"], Measure.MUTE, profile, category=category)
    assert outcome([f"p-{number}" for number in range(1_000)], Measure.MUTE, profile, category=category) == one


@pytest.mark.norm("N1.3-2", "behaviour")
@given(st.sampled_from(["chat", "web", "mail", "api"]), st.none() | st.emails(), st.sampled_from(Profile))
def test_neither_the_way_in_nor_a_contact_changes_anything(channel: str, contact: str | None, profile: Profile) -> None:
    told = outcome(["p-1"], Measure.MUTE, profile)
    assert outcome(["p-1"], Measure.MUTE, profile, channel=channel, contact=contact) == told


@pytest.mark.norm("N1.3-2", "bad-input")
def test_a_crowd_that_agreed_decides_nothing() -> None:
    """However many report: no measure, no class, no status but by a person."""
    matter = Matter(House(Profile.PLATFORM))
    for number in range(300):
        changes = matter.report(f"p-{number}", category="advertising")
        assert (orders(changes), changes.statements, changes.strikes, changes.notices) == ([], (), (), ())
    assert (matter.case.status, matter.case.measures) == (CaseStatus.REVIEW, ())
    assert len(matter.case.classifications) == 1


@pytest.mark.norm("N1.3-2", "behaviour")
def test_the_same_deed_gets_the_same_answer_whoever_did_it() -> None:
    """The respondent's name, and a display name that looks important, change nothing."""
    answers = []
    for name in ("Ann", "👑 Ann", "Max Patron"):
        matter = Matter()
        matter.judge(respondent=model.Respondent("ann", name))
        (mute,) = matter.case.actions
        answers.append((mute.kind, mute.until, matter.case.severity, matter.strikes()))
    assert answers[0] == answers[1] == answers[2]


BOUGHT = re.compile(
    r"gift|medal|guard|tier|subscri|bits|cheer|paid|price|money|amount|fans|follow|donat|vip|badge|credit|standing",
    re.I,
)


def fields(kind: Any) -> list[str]:
    """The names of what a value of this kind holds."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [field.name for field in msgspec.structs.fields(kind)]
    slots = getattr(kind, "__slots__", ()) or getattr(kind, "__annotations__", {})
    return [slots] if isinstance(slots, str) else list(slots)


READ_BY_REVIEW: list[Any] = [
    events.Message,
    events.Sender,
    model.CaseState,
    model.Report,
    model.Respondent,
    model.EvidenceLine,
    model.Evidence,
    model.OrderedAction,
    model.Statement,
    checks.Seen,
    policy.Decision,
    policy.RoomPolicy,
    room_memory.SenderMemory,
    room_memory.Line,
    intents.LinesJudged,
    intents.ReportMade,
    intents.MeasureCommanded,
    *CaseEntry.__args__,
]


@pytest.mark.norm("N1.3-2", "bad-input")
@pytest.mark.norm("P6-1", "behaviour")
@pytest.mark.parametrize("kind", READ_BY_REVIEW, ids=lambda kind: kind.__name__)
def test_what_somebody_paid_cannot_be_read(kind: Any) -> None:
    names = fields(kind)
    assert names or kind.__name__ == "ContextSeen"
    assert [name for name in names if BOUGHT.search(name)] == []
    assert [role.name for role in events.Role if BOUGHT.search(role.name or "")] == []


@pytest.mark.norm("N1.3-2", "deadline")
@given(st.integers(1, 40), st.sampled_from([Profile.TEAM, Profile.PLATFORM]))
def test_a_provisional_measure_lapses_alike_however_many_reported(count: int, profile: Profile) -> None:
    matter = Matter(House(profile))
    matter.judge()
    for number in range(count):
        matter.report(f"p-{number}")
    matter.wait(30 * MINUTE)
    changes = matter.done(matter.registrar.expire("provisional_expiry", "A7K2.1", matter.now))
    assert (len(orders(changes)), matter.case.in_force()) == (1, ())
    assert matter.case.deciders == ()
