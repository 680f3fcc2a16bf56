"""Supervision checks: judged anew by whom they were drawn for, compared by the program, findings become tasks (N4.1-1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cases.deadlines import TERMS
from cases.dossier import About, Dossier
from cases.dossiers.check import agrees
from cases.history import ConflictRefused
from cases.house import House
from cases.intents import DismissCommanded
from cases.model import BOT, Actor, ActorKind, CaseStatus, Profile, Refusal
from cases.sentence import Measure, Severity
from cases.staff import StaffBook
from tests.cases.dossiers.matters import NOW, OLA, Matters
from tests.cases.matter import Matter
from tests.cases.roster import MEMBERS

K = ActorKind
DRAWN: dict[str, Any] = {"week": "2026-W18", "start": "9f2c", "stratum": "mona, moderate, decided"}
AGREEING = {"severity": "moderate", "measure": "mute", "reason": "plain insults"}
DIFFERING = {"severity": "none", "measure": "none", "reason": "banter"}


def supervised(matter: Matter | None = None) -> tuple[Matters, dict[str, Actor]]:
    """A decided case, and two supervisors in the book."""
    if matter is None:
        matter = Matter()
        matter.measure()
    matters = Matters(about=About(case=matter.case))
    people = {}
    for name in ("sid", "sam"):
        dossier = matters.begin(
            "staff", "propose", OLA, name=name, accounts=f"irc:{name}", roles="supervisor", group=name
        )
        matters.go(dossier, "activate", OLA)
        people[name] = Actor(K.SUPERVISOR, dossier.id)
    return matters, people


def drawn(matters: Matters, sid: Actor, **changes: Any) -> Dossier:
    fields = DRAWN | {"supervisor": sid.ref} | changes
    return matters.begin("check", "draw", BOT, "A7K2", **fields)


@pytest.mark.norm("N4.1-1", "behaviour")
def test_who_agrees_closes_without_a_finding() -> None:
    matters, who = supervised()
    check = matters.go(drawn(matters, who["sid"]), "judge", who["sid"], **AGREEING)
    assert check.fields["agrees"] is True
    assert matters.go(check, "agree", who["sid"]).status == "agreed"


@pytest.mark.norm("N4.1-1", "behaviour")
@pytest.mark.norm("N4.1-1", "deadline")
def test_who_differs_writes_a_finding_and_a_task_for_14_days() -> None:
    matters, who = supervised()
    check = matters.go(drawn(matters, who["sid"]), "judge", who["sid"], **DIFFERING)
    assert check.fields["agrees"] is False
    assert matters.refused(check, "check", "agree", who["sid"]) == "invalid_transition"
    matters.go(check, "find", who["sid"], rating="serious", finding="context was not looked at")
    matters.go(check, "set-task", who["sid"], task="train on banter", owner="staff-mona")
    assert matters.due("supervision_task", check) == NOW + timedelta(days=14)
    assert TERMS["supervision_task"].ceiling == timedelta(days=14)
    matters.later(days=15)
    assert matters.go(check, "miss", BOT).status == "overdue"
    assert matters.go(check, "finish", OLA, done="two sessions held").status == "done"
    assert matters.due("supervision_task", check) is None


@pytest.mark.norm("N4.1-1", "bad-input")
def test_only_whom_it_was_drawn_for_judges() -> None:
    matters, who = supervised()
    check = drawn(matters, who["sid"])
    assert matters.refused(check, "check", "judge", who["sam"], **AGREEING) == "not_allowed"
    assert matters.refused(check, "check", "judge", Actor(K.MODERATOR, "mona"), **AGREEING) in (
        "not_allowed",
        "untrained",
    )
    matters.go(check, "judge", Actor(K.SUPERVISOR, "irc:sid"), **AGREEING)


@pytest.mark.norm("N4.1-1", "bad-input")
def test_a_check_of_the_own_case_is_not_opened() -> None:
    matter = Matter()
    matter.measure()
    matter.state = msgspec.structs.replace(matter.case, deciders=("sid",))
    matters, who = supervised(matter)
    own = DRAWN | {"supervisor": who["sid"].ref}
    assert matters.refused(None, "check", "draw", BOT, "A7K2", **own) == "conflict"
    drawn(matters, who["sam"])


@pytest.mark.norm("N4.1-1", "bad-input")
@pytest.mark.parametrize(
    "changes", [{"supervisor": "staff-nobody"}, {"week": "last week"}, {"start": " "}, {"supervisor": ""}], ids=str
)
def test_what_is_no_draw(changes: dict[str, Any]) -> None:
    matters, who = supervised()
    fields = DRAWN | {"supervisor": who["sid"].ref} | changes
    assert matters.refused(None, "check", "draw", BOT, "A7K2", **fields) == "unfit"


def test_a_case_is_once_in_a_weeks_sample() -> None:
    matters, who = supervised()
    drawn(matters, who["sid"])
    again = DRAWN | {"supervisor": who["sam"].ref}
    assert matters.refused(None, "check", "draw", BOT, "A7K2", **again) == "already"
    drawn(matters, who["sam"], week="2026-W19")


@pytest.mark.norm("N4.1-1", "bad-input")
@pytest.mark.parametrize(
    "judgement", [{"severity": "none", "measure": "mute"}, {"severity": "minor", "measure": "ban"}], ids=str
)
def test_a_judgement_fits_together(judgement: dict[str, str]) -> None:
    matters, who = supervised()
    check = drawn(matters, who["sid"])
    assert matters.refused(check, "check", "judge", who["sid"], reason="so", **judgement) == "unfit"
    told = AGREEING | {"agrees": True}
    assert matters.refused(check, "check", "judge", who["sid"], **told) == "unfit"


@pytest.mark.norm("N4.1-1", "behaviour")
@pytest.mark.parametrize(
    ("status", "measures", "severity", "judgement", "expected"),
    [
        (CaseStatus.DECIDED, ("mute",), "moderate", ("moderate", "mute"), True),
        (CaseStatus.DECIDED, ("hide", "mute"), "moderate", ("moderate", "mute"), True),
        (CaseStatus.DECIDED, ("mute",), "moderate", ("severe", "mute"), False),
        (CaseStatus.DECIDED, ("mute",), "moderate", ("moderate", "delete"), False),
        (CaseStatus.DECIDED, ("mute",), "moderate", ("none", "none"), False),
        (CaseStatus.DISMISSED, (), "minor", ("none", "none"), True),
        (CaseStatus.DISMISSED, (), "minor", ("minor", "remind"), False),
        (CaseStatus.OVERTURNED, ("mute",), "moderate", ("none", "none"), True),
    ],
)
def test_agreement_is_about_measure_and_class(
    status: CaseStatus, measures: tuple[str, ...], severity: str, judgement: tuple[str, str], expected: bool
) -> None:
    matter = Matter()
    matter.measure()
    ordered = tuple(Measure(one) for one in measures)
    case = msgspec.structs.replace(matter.case, status=status, measures=ordered, severity=Severity(severity))
    assert agrees(case, *judgement) is expected


@pytest.mark.norm("N4.1-1", "bad-input")
def test_who_samples_a_case_does_not_decide_it() -> None:
    """A supervisor would handle a report about staff; not one drawn for them. The attempt stands on record."""
    book = StaffBook(MEMBERS, samples=[("staff-sid", "A7K2")])
    matter = Matter(House(Profile.PLATFORM, staff=book))
    matter.report(about_staff=True)
    sid, sam = Actor(K.SUPERVISOR, "staff-sid"), Actor(K.SUPERVISOR, "staff-sam")
    answer = matter.apply(matter.registrar.dismiss(DismissCommanded(sid, "banter"), matter.now))
    assert isinstance(answer, Refusal)
    entry = matter.entries[-1]
    assert isinstance(entry, ConflictRefused)
    assert entry.reason == "sampled"
    matter.done(matter.registrar.dismiss(DismissCommanded(sam, "banter"), matter.now))


def test_the_book_knows_the_sample_from_the_dossiers() -> None:
    matters, who = supervised()
    drawn(matters, who["sid"])
    assert matters.house.staff.samples("irc:sid", "A7K2")
    assert not matters.house.staff.samples(who["sam"].ref, "A7K2")
