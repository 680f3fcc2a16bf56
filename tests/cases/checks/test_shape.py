"""The classic filters: off unless asked for, regulars spared, as hard as the room says, stricter in quiet hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.checks import CheckSettings, Weight
from cases.checks.quiet import quiet_hours
from cases.checks.shape import Filters, Shape, capitals, symbols
from cases.sentence import Measure
from tests.cases.room import Room

CRY = "WHAT ARE YOU DOING THERE"


def room_with(filters: Filters) -> Room:
    room = Room()
    room.policy = type(room.policy)(checks=CheckSettings(own=filters.checks()))
    return room


def found(filters: Filters, text: str, name: str = "New") -> list[str]:
    return [fact for decision in room_with(filters).say(name, text) for fact in decision.facts]


def test_all_is_off_unless_asked_for() -> None:
    assert Filters().checks() == ()


@pytest.mark.parametrize(
    ("shape", "text", "words"),
    [
        (Shape(capitals=0.7), CRY, "100% of its letters are capitals; the limit is 70%"),
        (Shape(symbols=0.5), "?!?!?!?!?!?! ok", "86% of it are symbols; the limit is 50%"),
        (Shape(emoji=3), "🎉🎉🎉🎉", "4 emoji; the limit is 3"),
        (Shape(emoji=3), "[笑哭][笑哭][笑哭][笑哭]", "4 emoji; the limit is 3"),
        (Shape(length=20), "a" * 21, "one line of 21 characters; the limit is 20"),
    ],
)
def test_too_much_is_found_with_both_numbers(shape: Shape, text: str, words: str) -> None:
    assert found(Filters(shape), text) == [words]


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (Shape(capitals=0.7), "GG NOOO"),
        (Shape(capitals=0.7), "这个主播真的太强了吧哈哈哈"),
        (Shape(capitals=0.7), "ПРИВЕТ как дела у вас"),
        (Shape(symbols=0.5), "???"),
        (Shape(symbols=0.5), "🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉"),
        (Shape(emoji=3), "👍🏽👍🏽👍🏽"),
        (Shape(length=20), "a" * 20),
    ],
)
def test_what_is_within_is_fine(shape: Shape, text: str) -> None:
    assert found(Filters(shape), text) == []


def test_it_keeps_off_and_no_more_unless_the_room_says_so() -> None:
    (held,) = room_with(Filters(Shape(capitals=0.7))).say("New", CRY)
    assert held.sentence.measures == {Measure.HIDE}
    (mild,) = room_with(Filters(Shape(capitals=0.7), weight=Weight.MILD)).say("New", CRY)
    assert mild.sentence.measures == {Measure.HIDE, Measure.REMIND}


def test_regulars_are_spared() -> None:
    filters = Filters(Shape(capitals=0.7), regular_lines=3, regular_span=timedelta(minutes=4))
    room = room_with(filters)
    for number in range(4):
        assert room.say("Ann", f"something I say here, {number}") == []
        room.wait(61)
    assert room.say("Ann", CRY) == []
    assert room.say("New", CRY) != []


NIGHT = quiet_hours(["22:00-07:00"], "Asia/Shanghai")


def at(hour: int, minute: int = 0) -> float:
    """An instant of a day, by the clock of Shanghai."""
    return (datetime(2026, 5, 1, hour, minute, tzinfo=UTC) - timedelta(hours=8)).timestamp()


@pytest.mark.parametrize(
    ("instant", "quiet"), [(at(21, 59), False), (at(22), True), (at(3), True), (at(6, 59), True), (at(7), False)]
)
def test_quiet_hours_go_over_midnight_by_the_rooms_clock(instant: float, quiet: bool) -> None:
    assert NIGHT.covers(instant) is quiet


def test_quiet_hours_follow_summer_time() -> None:
    berlin = quiet_hours(["22:00-23:00"], "Europe/Berlin")
    assert berlin.covers(datetime(2026, 1, 1, 21, 30, tzinfo=UTC).timestamp())
    assert berlin.covers(datetime(2026, 7, 1, 20, 30, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("hours", ["25:00-07:00", "22-7", "22:00", "", "22:00-22:00", "22:60-23:00"])
def test_what_is_no_span_of_the_day_is_refused(hours: str) -> None:
    with pytest.raises(ValueError, match=r"22:00-07:00|another minute"):
        quiet_hours([hours], "UTC")


@pytest.mark.parametrize("zone", ["Shanghai", "../etc/passwd", "", "Asia/Nowhere"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="Asia/Shanghai"):
        quiet_hours(["22:00-07:00"], zone)


def in_the_night(filters: Filters, text: str, instant: float) -> list[str]:
    room = room_with(replace(filters, quiet=NIGHT))
    room.now_s = instant - 600
    room.settle(people=3, lines=2, gap_s=60)
    room.now_s = instant
    return [check for decision in room.say("New", text) for check in decision.checks]


def test_quiet_hours_have_their_own_limits() -> None:
    filters = Filters(quiet_shape=Shape(capitals=0.7))
    assert in_the_night(filters, CRY, at(23)) == ["shape"]
    assert in_the_night(filters, CRY, at(12)) == []


def test_in_quiet_hours_even_a_word_about_a_contact_can_be_kept_off() -> None:
    filters = Filters(quiet_contacts=True)
    assert in_the_night(filters, "0176525", at(23)) == ["quiet-contact"]
    assert in_the_night(filters, "0176525", at(12)) == []


@given(st.text())
def test_shares_are_shares_of_any_text(text: str) -> None:
    assert 0.0 <= capitals(text) <= 1.0
    assert 0.0 <= symbols(text) <= 1.0
    Shape(0.5, 0.5, 3, 20).over(text)
