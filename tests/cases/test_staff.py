"""The staff book: one person under all their accounts, and what dossiers make of them."""

from __future__ import annotations

import pytest

from cases.model import ActorKind
from cases.staff import StaffBook
from streams.events import RoomKey
from tests.cases.roster import ROOM, ROSTER, member

ELSEWHERE = RoomKey("irc:#other")
BOOK = StaffBook(
    [
        member("mona", "east", rooms=frozenset({ROOM}), accounts=frozenset({"irc:mona", "twitch:77"})),
        member("sid", "office", ActorKind.SUPERVISOR),
        member("rob", "east", status="suspended"),
        member("gone", "east", status="removed"),
    ],
    suspended=["irc:freelancer"],
    samples=[("staff-sid", "A7K2")],
)


@pytest.mark.parametrize(
    ("ref", "room", "found"),
    [
        ("staff-mona", None, "staff-mona"),
        ("irc:mona", None, "staff-mona"),
        ("twitch:77", ROOM, "staff-mona"),
        ("mona", ROOM, "staff-mona"),
        ("mona", None, None),
        ("mona", RoomKey("twitch:x"), None),
        ("77", RoomKey("twitch:x"), "staff-mona"),
        ("irc:gone", None, None),
        ("staff-gone", None, "staff-gone"),
        ("", ROOM, None),
    ],
)
def test_a_person_is_found_by_id_and_by_account(ref: str, room: RoomKey | None, found: str | None) -> None:
    """An account of somebody who left belongs to nobody; the id stays theirs."""
    known = BOOK.member(ref, room)
    assert (known.id if known else None) == found


def test_one_person_is_the_same_under_every_name() -> None:
    assert BOOK.same("mona", "twitch:77", ROOM)
    assert BOOK.same("ann", "irc:ann", ROOM)
    assert not BOOK.same("mona", "irc:sid", ROOM)
    assert not BOOK.same("", "", ROOM)


def test_roles_count_where_the_member_works() -> None:
    assert BOOK.may("staff-mona", ActorKind.MODERATOR, ROOM)
    assert not BOOK.may("staff-mona", ActorKind.MODERATOR, ELSEWHERE)
    assert not BOOK.may("staff-mona", ActorKind.MODERATOR)
    assert not BOOK.may("staff-mona", ActorKind.SUPERVISOR, ROOM)
    assert BOOK.may("irc:sid", ActorKind.SUPERVISOR, ELSEWHERE)
    assert not BOOK.may("staff-rob", ActorKind.MODERATOR, ROOM)
    assert not BOOK.may("irc:nobody", ActorKind.MODERATOR, ROOM)


def test_a_role_rests_also_of_somebody_nobody_entered() -> None:
    assert BOOK.is_suspended("irc:rob")
    assert BOOK.is_suspended("freelancer", ROOM)
    assert BOOK.is_suspended("staff-gone")
    assert not BOOK.is_suspended("mona", ROOM)
    assert not BOOK.is_suspended("ann", ROOM)


def test_groups_and_holders() -> None:
    assert BOOK.groups == {"east", "office"}
    assert (BOOK.group("mona", ROOM), BOOK.group("ann", ROOM)) == ("east", "")
    assert [one.id for one in ROSTER.holders(ActorKind.REVIEWER, room=ELSEWHERE)] == ["staff-wes", "staff-nils"]


def test_who_judges_a_case_anew_is_known() -> None:
    assert BOOK.samples("irc:sid", "A7K2", ROOM)
    assert not BOOK.samples("staff-mona", "A7K2", ROOM)
    assert not BOOK.samples("staff-sid", "B3C4", ROOM)


def test_the_empty_book_knows_nobody() -> None:
    book = StaffBook()
    assert book.member("mona", ROOM) is None
    assert book.person("mona", ROOM) == "irc:mona"
    assert not book.is_suspended("mona", ROOM)
    assert book.holders(ActorKind.MODERATOR) == ()
