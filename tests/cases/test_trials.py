"""Modes of checks: what shadow counts and leaves alone, and when a fresh edit disarms itself."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.checks import CHECKS, CheckMode, CheckSettings, Thresholds
from cases.sentence import Measure
from cases.trials import FEW_HITS, FRESH_LINES, FRESH_S, SAMPLE_SPAN_S, SAMPLES_KEPT, Disarmed
from tests.cases.room import TALK, Room

COPY = "buy my skins"


def room_with(**modes: CheckMode) -> Room:
    """A room whose other checks are off."""
    room = Room()
    named = {check.name: modes.get(check.name.replace("-", "_"), CheckMode.OFF) for check in CHECKS}
    room.policy = replace(room.policy, checks=CheckSettings(Thresholds(repeats=4), named))
    return room


def talk(room: Room, lines: int) -> None:
    """Different people say different things."""
    for number in range(lines):
        room.say(f"Guest{number}", f"{TALK[number % len(TALK)]} {number * 7919}")
        room.wait(1.0)


def flood(room: Room, lines: int, sender: str = "Ann") -> int:
    """One sender copies; how many decisions followed."""
    return sum(len(room.say(sender, COPY)) for _ in range(lines))


class TestShadow:
    def test_nothing_follows_and_it_is_counted(self) -> None:
        room = room_with(repeat=CheckMode.SHADOW)
        talk(room, 10)
        assert flood(room, 6) == 0
        tally = room.memory.trials.tally("repeat")
        assert (tally.hits, tally.regulars, room.memory.trials.lines_of("repeat")) == (3, 0, 16)

    def test_hits_on_regulars_are_told_apart(self) -> None:
        room = room_with(repeat=CheckMode.SHADOW)
        for number in range(8):
            room.say("Ann", f"{TALK[number]} {number * 7919}")
            room.wait(60.0)
        flood(room, 5)
        flood(room, 5, sender="Bob")
        tally = room.memory.trials.tally("repeat")
        assert (tally.hits, tally.regulars) == (4, 2)

    def test_a_line_is_counted_once_however_often_it_is_found(self) -> None:
        room = room_with(wave=CheckMode.SHADOW)
        for number in range(20):
            room.say(f"New{number}", "加微信 abc888 领取福利")
        assert room.memory.trials.tally("wave").hits == 20

    def test_the_last_lines_are_kept_for_minutes_only(self) -> None:
        room = room_with(repeat=CheckMode.SHADOW)
        flood(room, 12)
        tally = room.memory.trials.tally("repeat")
        kept = tally.latest(room.now_s)
        assert len(kept) == SAMPLES_KEPT
        assert (kept[-1].name, kept[-1].text, kept[-1].regular) == ("Ann", COPY, False)
        assert kept[-1].signals[0][0] == "same"
        assert tally.latest(room.now_s + SAMPLE_SPAN_S + 1) == []

    def test_off_does_not_even_ask(self) -> None:
        room = room_with()
        assert flood(room, 20) == 0
        assert room.memory.trials.tally("repeat").hits == 0

    def test_hide_keeps_off_quietly_and_never_mutes(self) -> None:
        room = room_with(repeat=CheckMode.HIDE)
        decided = [one for _ in range(12) for one in room.say("Ann", COPY)]
        assert len(decided) == 9
        assert all(one.sentence.measures == {Measure.HIDE} and not one.restricts for one in decided)


class TestDisarming:
    def edited(self, room: Room, check: str = "repeat") -> list[Disarmed]:
        told: list[Disarmed] = []
        room.memory.trials.on_disarm = told.append
        room.memory.trials.edited(check, room.now_s)
        return told

    def test_a_fresh_edit_that_hits_far_too_much_goes_back_to_shadow(self) -> None:
        room = room_with(repeat=CheckMode.ENFORCE)
        talk(room, 10)
        told = self.edited(room)
        talk(room, 10)
        assert flood(room, 20) == FEW_HITS
        assert told == [Disarmed("repeat", 3, 16, room.now_s)]
        assert room.memory.trials.tally("repeat").hits == 17, "shadow goes on counting"

    def test_not_while_it_hits_few_of_many_lines(self) -> None:
        room = room_with(repeat=CheckMode.ENFORCE)
        told = self.edited(room)
        talk(room, 400)
        assert flood(room, 10) == 7
        assert told == []

    def test_never_one_that_ran_well_before(self) -> None:
        room = room_with(repeat=CheckMode.ENFORCE)
        told: list[Disarmed] = []
        room.memory.trials.on_disarm = told.append
        assert flood(room, 200) > 190
        assert told == []

    @pytest.mark.parametrize("way", ["an hour", "many lines"])
    def test_an_edit_does_not_stay_fresh(self, way: str) -> None:
        room = room_with(repeat=CheckMode.ENFORCE)
        told = self.edited(room)
        if way == "an hour":
            room.wait(FRESH_S + 1)
        else:
            room.memory.trials.lines += FRESH_LINES + 1
        flood(room, 2_000)
        assert told == []

    def test_another_check_is_not_touched(self) -> None:
        room = room_with(repeat=CheckMode.HIDE, sender_rate=CheckMode.HIDE)
        told = self.edited(room, "sender-rate")
        decided = flood(room, 40)
        assert [one.check for one in told] == ["sender-rate"]
        assert decided == 37, "the other one goes on"

    def test_a_new_edit_arms_it_again(self) -> None:
        room = room_with(repeat=CheckMode.ENFORCE)
        self.edited(room)
        flood(room, 10)
        room.wait(120)
        self.edited(room)
        assert flood(room, 5) == FEW_HITS

    @given(few=st.integers(0, FEW_HITS), lines=st.integers(0, 30))
    @settings(max_examples=30, deadline=None)
    def test_for_so_few_hits_never(self, few: int, lines: int) -> None:
        room = room_with(repeat=CheckMode.ENFORCE)
        told = self.edited(room)
        talk(room, lines)
        assert flood(room, 3 + few) == few
        assert told == []


def test_what_a_check_reads_are_thresholds() -> None:
    names = {field.name for field in fields(Thresholds)}
    for check in CHECKS:
        assert set(check.reads) <= names, check.name
