"""Links that are welcome in a room: neither held nor taken for a wave; every trick to look like one stays a contact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.contacts import has_contact
from cases.promotions import Sponsor, sponsor_of
from tests.cases.room import Room

ALLOWED = ("shop.example", "club.test")
WELCOME = ["thanks https://shop.example", "see www.shop.example/deals now", "a.shop.example", "ＳＨＯＰ.example !"]
TRICKS = [
    "evil-shop.example",
    "shop.example.evil.com",
    "shop.example@evil.com",
    "https://evil.com/shop.example",
    "shop.example/?go=evil.com",
    "éshop.example/x evil.com",
    "shop.example or vx abc123",
    "shop.example call 138 0013 8001",
    "evil dot com and shop.example",
    "s\u200bhop.example.evil.com",
]


@pytest.mark.norm("P1-4", "behaviour")
@pytest.mark.parametrize("text", WELCOME)
def test_welcome_links_are_no_contact_there_and_one_elsewhere(text: str) -> None:
    assert not has_contact(text, ALLOWED)
    assert has_contact(text)


@pytest.mark.norm("P1-4", "bad-input")
@pytest.mark.parametrize("text", TRICKS)
def test_what_only_looks_welcome_is_a_contact(text: str) -> None:
    assert has_contact(text, ALLOWED)
    assert sponsor_of(text, [Sponsor("Shop", ALLOWED)]) is None


@given(st.text(max_size=80))
def test_a_text_without_a_welcome_link_is_judged_as_ever(text: str) -> None:
    if not any(host in text.casefold() for host in ALLOWED):
        assert has_contact(text, ("nowhere.example",)) == has_contact(text) or "nowhere" in text.casefold()


def _push(allowed: tuple[str, ...], text: str) -> list[str]:
    """What becomes of a text that twelve newcomers push into a room where people talk."""
    room = Room()
    room.change(allowed=allowed)
    room.settle(people=4, lines=2)
    return [decision.checks[0] for number in range(6) for decision in room.say(f"New{number}", f"{text} {number}")]


@pytest.mark.norm("P1-4", "behaviour")
def test_a_crowd_that_greets_the_sponsor_is_no_wave_and_sellers_are() -> None:
    assert _push(ALLOWED, "thanks to shop.example for tonight") == []
    assert "wave" in _push((), "thanks to shop.example for tonight")
    assert "wave" in _push(ALLOWED, "cheap coins at coins.invalid tonight")


@pytest.mark.norm("P1-4", "behaviour")
def test_a_newcomers_welcome_link_is_not_held_longer() -> None:
    room = Room()
    held = room.hold_s(room.see("Ann", "look at shop.example"))
    room.change(allowed=ALLOWED)
    assert room.hold_s(room.see("Ben", "their new boards are on shop.example/deals")) < held


@pytest.mark.norm("N2.2-3b", "bad-input")
@pytest.mark.parametrize(
    "disguised",
    [
        "cheap  COINS at coins.invalid tonight",
        "ch\u0435ap coins at coins.invalid tonight",  # a Cyrillic letter
        "c\u200bh\u200be\u200bap coins at coins.invalid tonight",
        "ｃｈｅａｐ coins at coins.invalid tonight",
    ],
)
def test_disguises_are_matched_as_one_text_and_kept_as_written(disguised: str) -> None:
    plain = "cheap coins at coins.invalid tonight"
    room = Room()
    lines = [room.see(f"New{number}", disguised if number % 2 else plain).line for number in range(6)]
    assert len({line.cluster for line in lines}) == 1
    assert lines[1].message.text == disguised


@pytest.mark.norm("N2.2-3b", "bad-input")
@pytest.mark.parametrize(
    "contact", ["加微芯 abc123", "加➕v abc123", "ｔｇ abc_123", "w\u200be\u200bchat abc123", "vⅹ abc123"]
)
def test_obfuscated_ids_are_contacts(contact: str) -> None:
    assert has_contact(contact)
