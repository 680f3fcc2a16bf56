"""Who may act: in profile `platform` only who passed the test, and only while it counts (norm N4.1-3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, get_type_hints

import pytest

from cases import intents
from cases.docket import Docket, Wish
from cases.dossier import About
from cases.dossiers import KINDS
from cases.house import House
from cases.machine import BEGINNING
from cases.model import BOT, Actor, ActorKind, AppealStatus, Profile, Refusal
from cases.registrar import Registrar
from cases.sentence import Measure, Severity
from cases.staff import StaffBook
from cases.training import MODERATING, NEW_RULES_GRACE, TEST_HOLDS, Edition, may_act, valid_until
from tests.cases.matter import ANN, MONA, NOW, Matter
from tests.cases.roster import ROOM, ROSTER, TESTED_AT, actor, member
from tests.cases.seals import SEALS

SECOND = timedelta(seconds=1)
PLATFORM = House(Profile.PLATFORM, staff=ROSTER)


def asked(by: Actor, house: House = PLATFORM, now: Any = NOW, **more: Any) -> str | None:
    """The refusal's reason, None when they may."""
    refusal = may_act(house.staff, by, now, house, ROOM, **more)
    return refusal.reason if refusal else None


@pytest.mark.norm("N4.1-3", "behaviour")
def test_who_passed_may_act_and_who_did_not_may_not() -> None:
    untested = replace(PLATFORM, staff=StaffBook([member("new", "east", passed_at=None)]))
    assert asked(actor("mona")) is None
    assert asked(MONA) is None
    assert asked(actor("new"), untested) == "untrained"
    assert asked(actor("nobody")) == "untrained"


@pytest.mark.norm("N4.1-3", "behaviour")
@pytest.mark.parametrize("profile", [Profile.SOLO, Profile.TEAM])
def test_smaller_houses_have_no_gate(profile: Profile) -> None:
    assert asked(actor("nobody"), House(profile)) is None


@pytest.mark.parametrize("profile", Profile)
def test_a_resting_role_acts_in_no_house(profile: Profile) -> None:
    house = House(profile, staff=StaffBook([member("mona", "east", status="suspended")], suspended=["irc:max"]))
    assert asked(actor("mona"), house) == "suspended"
    assert asked(Actor(ActorKind.MODERATOR, "max"), house) == "suspended"
    assert asked(actor("mona", ActorKind.SUPERVISOR), house) == "suspended"


@pytest.mark.norm("N4.1-3", "deadline")
def test_a_test_counts_for_180_days_to_the_second() -> None:
    end = TESTED_AT + timedelta(days=180)
    assert timedelta(days=180) == TEST_HOLDS
    assert asked(actor("mona"), now=end - SECOND) is None
    assert asked(actor("mona"), now=end) == "untrained"


@pytest.mark.norm("N4.1-3", "deadline")
def test_after_a_major_change_of_the_rules_the_old_test_counts_for_14_days() -> None:
    since = NOW - timedelta(days=3)
    house = replace(PLATFORM, edition=Edition("2", since))
    assert timedelta(days=14) == NEW_RULES_GRACE
    assert asked(actor("mona"), house, since + NEW_RULES_GRACE - SECOND) is None
    assert asked(actor("mona"), house, since + NEW_RULES_GRACE) == "untrained"
    retested = StaffBook([member("mona", "east", passed_rules="2", passed_at=since)])
    assert asked(actor("mona"), replace(house, staff=retested), since + NEW_RULES_GRACE) is None


def test_a_change_does_not_lengthen_a_test() -> None:
    edition = Edition("2", TESTED_AT + TEST_HOLDS - SECOND)
    assert valid_until(member("mona", "east"), edition) == TESTED_AT + TEST_HOLDS


@pytest.mark.norm("N4.1-3", "bad-input")
def test_a_test_before_the_retraining_does_not_count() -> None:
    again = StaffBook([member("mona", "east", retrain_since=TESTED_AT + SECOND)])
    assert asked(actor("mona"), replace(PLATFORM, staff=again)) == "untrained"


@pytest.mark.norm("N4.1-3", "bad-input")
def test_a_role_one_does_not_hold_is_not_trained() -> None:
    assert asked(actor("mona", ActorKind.REVIEWER)) == "untrained"
    assert may_act(ROSTER, actor("mona"), NOW, PLATFORM, None) is not None, "Mona works in one room alone"


def test_the_program_viewers_and_who_learns_are_let_through() -> None:
    assert asked(BOT) is None
    assert asked(Actor(ActorKind.VIEWER, "p-cai")) is None
    assert asked(actor("nobody"), learning=True) is None


# -- every acting route asks ------------------------------------------------------------------------------------------

GIVEN: dict[str, Any] = {
    "measure": Measure.MUTE,
    "respondent": ANN,
    "room": ROOM,
    "span": timedelta(minutes=5),
    "message_ids": (),
    "rule": "R3",
    "reason": "because",
    "evidence": None,
    "dry_run": False,
    "sender_id": "ann",
    "outcome": AppealStatus.UPHELD,
    "answer": "so it is",
    "uninvolved_exists": True,
    "missing": "which line",
    "code": "no-violation",
    "category": "insult",
    "severity": Severity.MODERATE,
    "why": "complex",
    "text": "advice",
    "action": "A7K2.1",
    "episode": "nuke:1",
    "orders": (),
    "keep": True,
}
FREE = {"remark", "declare"}
"""Routes of staff that are no acts: a decider is heard about an appeal, anybody declares the own conflict."""


def routes() -> dict[str, type]:
    """Every public method of the registrar whose intent carries the member of staff who wants it."""
    found = {}
    for name in dir(Registrar):
        method = getattr(Registrar, name)
        hints = {} if name.startswith("_") or not callable(method) else get_type_hints(method)
        for intent in hints.values():
            if getattr(intent, "__module__", "") == intents.__name__ and "by" in get_type_hints(intent):
                found[name] = intent
    return found


def intent_of(kind: type, by: Actor) -> Any:
    """An intent of this kind, filled in."""
    names = {one.name for one in fields(kind)}
    return kind(**{"by": by, **{name: value for name, value in GIVEN.items() if name in names}})


def test_all_routes_are_found() -> None:
    assert {"measure", "lift", "undo", "dismiss", "answer", "convene", "vote", "advise"} <= set(routes())


@pytest.mark.norm("N4.1-3", "behaviour")
@pytest.mark.norm("N4.1-3", "bad-input")
@pytest.mark.parametrize("route", sorted(set(routes()) - FREE))
@pytest.mark.parametrize("kind", sorted(MODERATING))
def test_every_acting_route_of_a_case_asks(route: str, kind: ActorKind) -> None:
    """Whatever else might be wrong with the wish: the gate answers first, and nothing changes."""
    matter = Matter()
    matter.report()
    registrar = Registrar(
        SEALS, replace(PLATFORM, staff=StaffBook([member("old", "east", *MODERATING, passed_at=None)]))
    )
    for who in (Actor(kind, "staff-old"), Actor(kind, "stranger")):
        act: Callable[..., Any] = getattr(registrar, route)
        answer = act(intent_of(routes()[route], who), NOW)(matter.state, "B3C4")
        assert isinstance(answer, Refusal)
        assert answer.reason == "untrained"


@pytest.mark.norm("N4.1-3", "behaviour")
@pytest.mark.norm("N4.1-3", "bad-input")
def test_every_move_of_a_dossier_asks() -> None:
    docket, asked_moves = Docket(KINDS, PLATFORM), 0
    for kind in KINDS.values():
        for move in kind.machine.moves:
            for role in sorted(MODERATING & move.by):
                if BEGINNING in move.steps and not move.learning:
                    wish = Wish(kind.name, move.name, Actor(role, "stranger"), {})
                    answer = docket.move(wish, About(), NOW)(None, f"{kind.name}-1")
                    assert isinstance(answer, Refusal)
                    assert answer.reason == "untrained", (kind.name, move.name)
                    asked_moves += 1
    assert asked_moves
