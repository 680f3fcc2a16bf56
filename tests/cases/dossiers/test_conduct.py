"""Complaints about staff: to supervisors outside the room, the role rests first, the accused sees nothing (norm N4.3-1)."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from cases.deadlines import TERMS
from cases.dossier import Dossier, may_read
from cases.dossiers.conduct import KIND
from cases.exercises import built_in
from cases.model import BOT, Actor, ActorKind, Profile
from cases.training import may_act
from streams.events import RoomKey
from tests.cases.dossiers.matters import NOW, OLA, SID, VERA, Matters

K = ActorKind
ROOM = RoomKey("irc:#talk")
RIGHT = {one.id: one.right for one in built_in()}


def staff(matters: Matters, name: str, *roles: str, rooms: str | None = None) -> Dossier:
    dossier = matters.begin(
        "staff", "propose", OLA, name=name, accounts=f"irc:{name}", roles=list(roles), group="east", rooms=rooms
    )
    return matters.go(dossier, "activate", OLA)


def complained(matters: Matters, about: str) -> Dossier:
    return matters.begin("conduct", "complain", VERA, about, what="told my name to the one I reported")


@pytest.mark.norm("N4.3-1", "deadline")
def test_somebody_looks_within_the_hour() -> None:
    matters = Matters()
    mona = staff(matters, "mona", "moderator")
    matter = complained(matters, mona.id)
    assert matters.due("conduct_suspend", matter) == NOW + timedelta(hours=1)
    assert TERMS["conduct_suspend"].ceiling == timedelta(hours=1)
    assert [(letter.key, letter.ref) for letter in matters.letters] == [("conduct_received", "role:operator")]
    matters.go(matter, "suspend", SID, reason="credible")
    assert matters.due("conduct_suspend", matter) is None


@pytest.mark.norm("N4.3-1", "deadline")
def test_not_suspending_is_a_decision_too() -> None:
    matters = Matters()
    matter = complained(matters, "irc:mona")
    matters.go(matter, "examine", SID, reason="not credible so far")
    assert matters.due("conduct_suspend", matter) is None
    matters.go(matter, "suspend", SID, reason="now it is")


@pytest.mark.norm("N4.3-1", "behaviour")
@pytest.mark.parametrize("about", ["id", "account"])
def test_a_suspended_role_rests_at_once_everywhere(about: str) -> None:
    """Derived from the matter: nothing is copied to the member's own dossier."""
    matters = Matters(Profile.TEAM)
    mona = staff(matters, "mona", "moderator")
    matter = complained(matters, mona.id if about == "id" else "irc:mona")
    by = Actor(K.MODERATOR, "mona")
    assert may_act(matters.house.staff, by, NOW, matters.house, ROOM) is None
    matters.go(matter, "suspend", SID, reason="credible")
    refusal = may_act(matters.house.staff, by, NOW, matters.house, ROOM)
    assert refusal is not None
    assert refusal.reason == "suspended"
    assert matters.dossiers[mona.id].status == "active"
    matters.go(matter, "clear", SID, reason="it was a mix-up")
    assert may_act(matters.house.staff, by, NOW, matters.house, ROOM) is None


@pytest.mark.norm("N4.3-1", "behaviour")
def test_a_rooms_own_moderator_whom_nobody_entered_rests_too() -> None:
    matters = Matters(Profile.SOLO)
    matters.go(complained(matters, "irc:freelancer"), "suspend", OLA, reason="credible")
    assert matters.house.staff.is_suspended("freelancer", ROOM)


@pytest.mark.norm("N4.3-1", "behaviour")
@pytest.mark.parametrize(
    ("move", "status", "rests"),
    [
        ("clear", "cleared", False),
        ("warn", "warned", False),
        ("retrain", "retrained", False),
        ("remove", "removed", True),
        ("refer", "referred", True),
    ],
)
def test_every_outcome(move: str, status: str, rests: bool) -> None:
    matters = Matters()
    mona = staff(matters, "mona", "moderator")
    matter = matters.go(complained(matters, mona.id), "suspend", SID, reason="credible")
    ended = matters.go(matter, move, SID, reason="after looking at everything")
    assert ended.status == status
    assert status in KIND.machine.final
    assert matters.house.staff.is_suspended(mona.id) == rests


@pytest.mark.norm("N4.3-1", "behaviour")
def test_retraining_asks_for_a_new_test() -> None:
    matters = Matters()
    mona = staff(matters, "mona", "moderator")
    by = Actor(K.MODERATOR, mona.id)
    matters.go(mona, "take-test", by, answers=RIGHT)
    matter = matters.go(complained(matters, mona.id), "suspend", SID, reason="credible")
    matters.later(days=1)
    matters.go(matter, "retrain", SID, reason="did not know the rule")
    assert may_act(matters.house.staff, by, matters.now, matters.house) is not None
    matters.later(hours=1)
    matters.go(mona, "take-test", by, answers=RIGHT)
    assert may_act(matters.house.staff, by, matters.now, matters.house) is None


@pytest.mark.norm("N4.3-1", "bad-input")
@pytest.mark.parametrize("ref", ["id", "irc:sue", "twitch:9"])
@pytest.mark.parametrize("kind", [K.SUPERVISOR, K.OPERATOR])
def test_the_accused_neither_sees_nor_touches_it(ref: str, kind: ActorKind) -> None:
    """Whatever office and account they come with: for them it does not exist."""
    matters = Matters()
    sue = matters.begin(
        "staff",
        "propose",
        OLA,
        name="Sue",
        accounts=["irc:sue", "twitch:9"],
        roles=["supervisor", "operator"],
        group="x",
    )
    matters.go(sue, "activate", OLA)
    matter = complained(matters, "irc:sue")
    accused = Actor(kind, sue.id if ref == "id" else ref)
    unseen = may_read(KIND, matter, accused, matters.house)
    assert unseen is not None
    assert unseen.reason == "unknown_dossier"
    for move in ("suspend", "examine", "clear", "remove", "nonsense"):
        assert matters.refused(matter, "conduct", move, accused, reason="nothing to see") == "unknown_dossier"
    assert may_read(KIND, matter, SID, matters.house) is None


@pytest.mark.norm("N4.3-1", "bad-input")
def test_the_letter_goes_past_the_accused() -> None:
    matters = Matters()
    for name in ("sue", "sam", "sid"):
        staff(matters, name, "supervisor")
    complained(matters, "irc:sam")
    told = {letter.ref for letter in matters.letters if letter.key == "conduct_received"}
    assert told == {"staff-1", "staff-3"}


@pytest.mark.norm("N4.3-1", "bad-input")
def test_supervisors_come_from_outside_the_room_and_did_not_complain() -> None:
    matters = Matters()
    near = staff(matters, "near", "supervisor", "moderator", rooms="irc:#talk")
    far = staff(matters, "far", "supervisor", rooms="irc:#other")
    from_room = matters.attempt(None, "conduct", "complain", VERA, "irc:mona", what="rude")
    assert isinstance(from_room, Dossier)
    matter = msgspec.structs.replace(from_room, room=ROOM)
    matters.dossiers[matter.id] = matter
    insider = Actor(K.SUPERVISOR, near.id)
    assert matters.refused(matter, "conduct", "suspend", insider, reason="credible") == "conflict"
    matters.go(matter, "suspend", Actor(K.SUPERVISOR, far.id), reason="credible")
    own = matters.begin("conduct", "complain", SID, "irc:max", what="rude to viewers")
    assert matters.refused(own, "conduct", "suspend", SID, reason="credible") == "conflict"


@pytest.mark.norm("N4.3-1", "bad-input")
def test_what_is_no_complaint() -> None:
    matters = Matters()
    assert matters.refused(None, "conduct", "complain", VERA, what="rude") == "unfit"
    assert matters.refused(None, "conduct", "complain", VERA, "irc:mona", what="  ") == "unfit"
    matter = complained(matters, "irc:mona")
    assert matters.refused(matter, "conduct", "suspend", SID) == "unfit"
    assert matters.refused(matter, "conduct", "clear", SID, reason="quickly") == "invalid_transition"
    assert matters.refused(matter, "conduct", "suspend", Actor(K.MODERATOR, "max"), reason="x") == "not_allowed"


def test_the_program_raises_a_flag_but_suspends_nobody() -> None:
    matters = Matters()
    matter = matters.begin("conduct", "complain", BOT, "irc:max", what="lifted the own mute", source="flag")
    assert matters.refused(matter, "conduct", "suspend", BOT, reason="flag") == "not_allowed"
