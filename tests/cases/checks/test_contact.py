"""A newcomer's link or contact is kept off quietly; nobody known here is touched, and nobody is punished for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.checks import CHECKS, Finding, Weight
from cases.checks.contact import KNOWN_LINES, contact
from cases.sentence import Measure
from streams.events import Role, Sender
from tests.cases.room import Room, viewer

AD = "加v abc123 看片"
LINK = "cheap coins at coins.invalid"


def settled() -> Room:
    room = Room()
    room.settle(people=4, lines=3, gap_s=12)
    return room


def found(room: Room, sender: Sender | str, text: str) -> Finding | None:
    return contact(room.see(sender, text))


def talk(room: Room, name: str, lines: int, gap_s: float = 30.0) -> None:
    for number in range(lines):
        room.say(name, f"an ordinary remark of mine, number {number} {'xyz'[number % 3]}")
        room.wait(gap_s)


@pytest.mark.parametrize("text", [AD, LINK, "call 13800138000", "write to me@coins.example", "subscribe to my channel"])
def test_a_newcomers_contact_is_kept_off_without_a_word(text: str) -> None:
    (decision,) = settled().say("New", text)
    assert decision.checks == ("contact",)
    assert decision.sentence.measures == {Measure.HIDE}
    assert not decision.restricts


def test_it_leads_to_nothing_else_however_often() -> None:
    room = settled()
    for number in range(3):
        room.wait(60)
        (decision,) = room.say("New", f"{LINK} number {number}")
        assert decision.sentence.measures == {Measure.HIDE}
    assert room.memory.strikes("new") == ()


def test_somebody_known_here_is_not_touched() -> None:
    room = settled()
    talk(room, "Ann", KNOWN_LINES + 1)
    room.wait(60)
    assert found(room, "Ann", AD) is None


def test_a_few_lines_just_before_make_nobody_known() -> None:
    room = settled()
    talk(room, "Warm", KNOWN_LINES + 2, gap_s=5)
    assert found(room, "Warm", AD) is not None


def test_somebody_here_for_a_while_is_known_however_lively_just_now() -> None:
    room = settled()
    talk(room, "Ann", 1, gap_s=300)
    talk(room, "Ann", 3, gap_s=5)
    assert found(room, "Ann", AD) is None


def test_a_regular_who_comes_back_is_still_known() -> None:
    room = settled()
    talk(room, "Ann", 6)
    room.wait(1200)
    talk(room, "Ben", 2)
    assert found(room, "Ann", AD) is None


@pytest.mark.parametrize("roles", [Role.OWNER, Role.MODERATOR, Role.BOT])
def test_staff_and_bots_post_what_they_like(roles: Role) -> None:
    assert settled().say(viewer("Staff", roles), LINK) == []


def test_a_link_that_the_room_talks_about_is_anybodys() -> None:
    room = settled()
    assert found(room, "New", "is coins.invalid worth it") is not None
    room.see(viewer("Mona", Role.MODERATOR), "join on coins.invalid please")
    assert found(room, "Newer", "where on coins.invalid do I click") is None


def test_what_another_newcomer_pushes_is_not_the_rooms_talk() -> None:
    room = settled()
    room.say("New", LINK)
    assert found(room, "Newer", LINK) is not None


def test_a_room_just_joined_knows_nobody_and_lets_bare_links_be() -> None:
    room = Room()
    assert found(room, "Ann", "look at clips.example/x") is None
    assert found(room, "Seller", AD) is not None
    room.wait(121)
    assert found(room, "Ben", "look at clips.example/x") is not None


def test_a_hidden_sender_has_no_standing() -> None:
    room = settled()
    finding = found(room, Sender(None, "***"), AD)
    assert finding is not None
    assert "hides who wrote it" in finding.words


def test_a_name_that_spoke_here_is_no_contact() -> None:
    room = settled()
    text = "what a goal that was today@{}"
    assert found(room, "New", text.format("seller_x9")) is not None
    room.see(Sender("ann9", "Ann_Nine"), "hello")
    assert found(room, "Newer", text.format("ann_nine")) is None


def test_the_words_name_the_kind_and_the_host_but_no_number() -> None:
    room = settled()
    link, number = found(room, "New", LINK), found(room, "New", "call 13800138000")
    assert link is not None
    assert "coins.invalid" in link.words
    assert number is not None
    assert "13800138000" not in number.words


def test_leave_is_for_one_line_and_a_while() -> None:
    room = settled()
    room.memory.permits.give("new", room.now_s + 120)
    allowed = room.see("New", LINK)
    assert contact(allowed) is None
    assert contact(allowed) is None
    assert found(room, "New", LINK) is not None
    room.memory.permits.give("new", room.now_s + 120)
    room.wait(121)
    assert found(room, "New", LINK) is not None


def test_it_is_asked_and_only_ever_holds() -> None:
    (check,) = [check for check in CHECKS if check.name == "contact"]
    finding = check.ask(settled().see("New", AD))
    assert finding is not None
    assert finding.weight is Weight.HOLD


@given(st.text(alphabet="加v微信@.comabc/:1380 点➕", max_size=40))
def test_no_text_of_somebody_known_is_ever_found(text: str) -> None:
    room = Room()
    talk(room, "Ann", KNOWN_LINES + 1, gap_s=90)
    assert found(room, "Ann", text) is None
