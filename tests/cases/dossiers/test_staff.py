"""Members of staff: entered, tested, resting, back, gone; the book follows (norm N4.1-3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.dossier import Dossier, may_read
from cases.dossiers.staff import KIND
from cases.exercises import built_in
from cases.model import Actor, ActorKind, Profile
from cases.staff import StaffBook
from cases.training import may_act
from streams.events import RoomKey
from tests.cases.dossiers.matters import NOW, OLA, SID, STREAMER, SUE, Matters

K = ActorKind
RIGHT = {one.id: one.right for one in built_in()}
ROOM = RoomKey("irc:#talk")
ALICE: dict[str, Any] = {
    "name": "Alice",
    "accounts": ["irc:alice", "twitch:12"],
    "roles": ["moderator", "reviewer"],
    "group": "east",
}


def entered(matters: Matters, **changes: Any) -> Dossier:
    return matters.begin("staff", "propose", OLA, **(ALICE | changes))


def active(matters: Matters, **changes: Any) -> Dossier:
    return matters.go(entered(matters, **changes), "activate", OLA)


def alice(dossier: Dossier, kind: ActorKind = K.MODERATOR) -> Actor:
    return Actor(kind, dossier.id, "Alice")


def book(matters: Matters) -> StaffBook:
    return matters.house.staff


def test_a_member_is_proposed_activated_and_in_the_book() -> None:
    matters = Matters()
    dossier = active(matters, rooms="irc:#talk, irc:#chess")
    member = book(matters).member("irc:alice")
    assert member is not None
    assert (member.id, member.status, member.group) == (dossier.id, "active", "east")
    assert member.roles == {K.MODERATOR, K.REVIEWER}
    assert member.rooms == {ROOM, "irc:#chess"}
    assert member.passed_at is None


@pytest.mark.norm("N4.1-3", "behaviour")
def test_a_passed_test_opens_the_gate() -> None:
    matters = Matters()
    dossier = active(matters)
    assert may_act(book(matters), alice(dossier), matters.now, matters.house) is not None
    tested = matters.go(dossier, "take-test", alice(dossier), answers=RIGHT)
    assert tested.fields["score"] == 1.0
    assert may_act(book(matters), alice(dossier), matters.now, matters.house) is None
    member = book(matters).member(dossier.id)
    assert member is not None
    assert (member.passed_at, member.passed_rules) == (NOW, "1")


@pytest.mark.norm("N4.1-3", "behaviour")
def test_the_program_grades_not_who_sends_it() -> None:
    matters = Matters()
    dossier = active(matters)
    cheat = {"answers": RIGHT, "score": 1, "passed_at": "2030-01-01T00:00+00:00"}
    assert matters.refused(dossier, "staff", "take-test", alice(dossier), **cheat) == "unfit"


@pytest.mark.norm("N4.1-3", "bad-input")
def test_a_failed_test_is_recorded_and_opens_nothing() -> None:
    matters = Matters()
    dossier = active(matters)
    failed = matters.go(dossier, "take-test", alice(dossier), answers=_fit("nothing"))
    assert failed.fields["score"] < 0.8
    assert may_act(book(matters), alice(dossier), matters.now, matters.house) is not None


def _fit(word: str) -> dict[str, str]:
    """An answer that can be given for each exercise: the word where it is a choice, else some wrong one."""
    return {
        one.id: word if word in one.choices else next(key for key in one.choices if key != one.right)
        for one in built_in()
    }


@pytest.mark.norm("N4.1-3", "deadline")
def test_the_next_try_is_an_hour_later() -> None:
    matters = Matters()
    dossier = active(matters)
    matters.go(dossier, "take-test", alice(dossier), answers=_fit("nothing"))
    matters.later(minutes=59)
    assert matters.refused(dossier, "staff", "take-test", alice(dossier), answers=RIGHT) == "too_soon"
    matters.later(minutes=1)
    matters.go(dossier, "take-test", alice(dossier), answers=RIGHT)


@pytest.mark.norm("N4.1-3", "behaviour")
def test_failing_again_does_not_take_what_was_passed() -> None:
    matters = Matters()
    dossier = active(matters)
    matters.go(dossier, "take-test", alice(dossier), answers=RIGHT)
    matters.later(days=100)
    matters.go(dossier, "take-test", alice(dossier), answers=_fit("nothing"))
    assert may_act(book(matters), alice(dossier), matters.now, matters.house) is None
    matters.later(days=80)
    assert may_act(book(matters), alice(dossier), matters.now, matters.house) is not None


@pytest.mark.norm("N4.1-3", "bad-input")
@pytest.mark.parametrize(
    "answers",
    [{}, "", "chorus", {"chorus": "nothing"}, RIGHT | {"chorus": "dance"}, "chorus=nothing"],
    ids=str,
)
def test_half_a_test_is_none(answers: Any) -> None:
    matters = Matters()
    dossier = active(matters)
    assert matters.refused(dossier, "staff", "take-test", alice(dossier), answers=answers) == "unfit"


def test_answers_may_come_as_text() -> None:
    matters = Matters()
    dossier = active(matters)
    text = ", ".join(f"{key}={value.upper()}" for key, value in RIGHT.items())
    assert matters.go(dossier, "take-test", alice(dossier), answers=text).fields["score"] == 1.0


@pytest.mark.norm("N4.1-3", "bad-input")
def test_nobody_takes_the_test_of_another() -> None:
    matters = Matters()
    dossier = active(matters)
    other = active(matters, name="Bo", accounts=["irc:bo"])
    assert matters.refused(dossier, "staff", "take-test", alice(other), answers=RIGHT) == "not_allowed"
    matters.go(dossier, "take-test", Actor(K.MODERATOR, "irc:alice"), answers=RIGHT)


def test_roles_rest_come_back_and_end() -> None:
    matters = Matters()
    dossier = active(matters)
    matters.go(dossier, "suspend", SID, reason="asked to")
    assert book(matters).is_suspended("irc:alice")
    matters.go(dossier, "reinstate", SID, reason="settled")
    assert not book(matters).is_suspended("irc:alice")
    gone = matters.go(dossier, "remove", OLA, reason="left the team")
    assert KIND.machine.final == {"removed"}
    assert book(matters).member("irc:alice") is None
    assert matters.refused(gone, "staff", "reinstate", OLA, reason="x") == "invalid_transition"


def test_a_change_keeps_what_it_does_not_name() -> None:
    matters = Matters()
    dossier = matters.go(active(matters), "change", OLA, roles="supervisor", group="office")
    assert dossier.fields["roles"] == ["supervisor"]
    assert dossier.fields["accounts"] == ["irc:alice", "twitch:12"]


@pytest.mark.norm("N4.3-1", "bad-input")
@pytest.mark.parametrize("move", ["suspend", "remove", "change"])
def test_nobody_decides_about_the_own_role(move: str) -> None:
    matters = Matters()
    dossier = active(matters, roles=["operator", "supervisor"])
    fields = {"change": {"group": "west"}}.get(move, {"reason": "why not"})
    assert matters.refused(dossier, "staff", move, Actor(K.OPERATOR, "irc:alice"), **fields) == "conflict"


@pytest.mark.parametrize(
    "changes",
    [
        {"accounts": ["alice"]},
        {"accounts": []},
        {"accounts": [":alice"]},
        {"roles": ["viewer"]},
        {"roles": ["bot"]},
        {"roles": []},
        {"name": " "},
        {"group": ""},
        {"rooms": ["talk"]},
    ],
    ids=str,
)
def test_what_is_no_member(changes: dict[str, Any]) -> None:
    assert Matters().refused(None, "staff", "propose", OLA, **(ALICE | changes)) == "unfit"


def test_an_account_is_one_persons() -> None:
    matters = Matters()
    active(matters)
    assert matters.refused(None, "staff", "propose", OLA, **(ALICE | {"accounts": ["twitch:12"]})) == "already"
    assert len(matters.dossiers) == 1


def test_only_the_operator_and_the_streamer_enter_people() -> None:
    assert Matters().refused(None, "staff", "propose", SUE, **ALICE) == "not_allowed"
    Matters(Profile.SOLO).begin("staff", "propose", STREAMER, **ALICE)


def test_the_file_is_not_for_colleagues() -> None:
    matters = Matters()
    dossier = active(matters)
    assert may_read(KIND, dossier, SUE, matters.house) is not None
    assert may_read(KIND, dossier, SID, matters.house) is None


@pytest.mark.norm("N4.1-3", "behaviour")
def test_expired_may_view_not_act() -> None:
    """Reading asks for the role, not for the test."""
    matters = Matters()
    dossier = active(matters, roles=["moderator"])
    matters.go(dossier, "take-test", alice(dossier), answers=RIGHT)
    matters.now += timedelta(days=180)
    assert may_act(book(matters), alice(dossier), matters.now, matters.house) is not None
    assert book(matters).may(dossier.id, K.MODERATOR, ROOM)
