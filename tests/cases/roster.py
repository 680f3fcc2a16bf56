"""Everybody who works in the tests' house: three groups, all tested, Mona and Max in the room itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cases.house import House
from cases.model import Actor, ActorKind, Profile
from cases.staff import Member, StaffBook
from streams.events import RoomKey

TESTED_AT = datetime(2026, 4, 20, tzinfo=UTC)
ROOM = RoomKey("irc:#talk")
_K = ActorKind


def member(name: str, group: str, *roles: ActorKind, **changes: object) -> Member:
    """A tested member called ``staff-name`` with the account ``irc:name``."""
    plain = Member(
        f"staff-{name}",
        name.title(),
        frozenset({f"irc:{name}"}),
        frozenset(roles or (_K.MODERATOR,)),
        group,
        passed_at=TESTED_AT,
        passed_rules="1",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def actor(name: str, kind: ActorKind = ActorKind.MODERATOR) -> Actor:
    """A member as one who acts, by staff id."""
    return Actor(kind, f"staff-{name}", name.title())


MEMBERS = (
    member("mona", "east", rooms=frozenset({ROOM})),
    member("max", "east", _K.MODERATOR, _K.REVIEWER, rooms=frozenset({ROOM})),
    member("own", "east", _K.OWNER, rooms=frozenset({ROOM})),
    member("eve", "east"),
    member("wim", "west"),
    member("wes", "west", _K.MODERATOR, _K.REVIEWER),
    member("nora", "north"),
    member("nils", "north", _K.REVIEWER),
    member("sid", "office", _K.SUPERVISOR),
    member("sam", "north", _K.SUPERVISOR),
)
ROSTER = StaffBook(MEMBERS)


def staffed(house: House) -> House:
    """The house; in profile `platform`, where nobody untested acts, with everybody above unless it has staff."""
    empty = house.profile is Profile.PLATFORM and not house.staff.members
    return replace(house, staff=ROSTER) if empty else house
