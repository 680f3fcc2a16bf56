"""Modes of checks on record: who sets them, one record a check, and what the latest move means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.check_standing import Origin, Standing, said, standing
from cases.checks import Check, CheckMode
from cases.dossiers.check_mode import on_record
from cases.model import BOT, Actor, ActorKind, Profile
from streams.events import RoomKey
from tests.cases.dossiers.matters import OLA, STREAMER, SUE, VERA, Matters

KIND = "check-mode"
ROOM = RoomKey("irc:#talk")
REPEAT = Check("repeat", lambda seen: None)
HITS = {"hits": 3, "lines": 40}
MOVES = st.lists(st.sampled_from(["off", "shadow", "hide", "enforce", "disarm", "clear"]), max_size=8)


def small() -> Matters:
    return Matters(profile=Profile.SOLO)


def test_the_operator_and_the_streamer_set_a_mode_everywhere() -> None:
    for who in (OLA, STREAMER):
        matters = small()
        matters.begin(KIND, "set", who, "repeat", mode="shadow")
        (record,) = on_record(matters.dossiers.values()).items()
        assert record[0] == (None, "repeat")
        assert (record[1].mode, record[1].disarmed, record[1].by) == (CheckMode.SHADOW, False, who)


@pytest.mark.parametrize("who", [SUE, VERA, BOT, Actor(ActorKind.MODERATOR, "irc:mona", "Mona")])
def test_nobody_else_does(who: Actor) -> None:
    assert small().refused(None, KIND, "set", who, "repeat", mode="off") == "not_allowed"


def test_only_the_program_says_that_a_check_disarmed_itself() -> None:
    matters = small()
    record = matters.begin(KIND, "set", OLA, "repeat", mode="hide")
    assert matters.refused(record, KIND, "disarm", OLA, **HITS) == "not_allowed"
    assert matters.go(record, "disarm", BOT, **HITS, cases="A7K2").status == "disarmed"


@pytest.mark.parametrize("about", ["", "two words", "x" * 61, "a;b"])
def test_a_record_is_about_one_check(about: str) -> None:
    assert small().refused(None, KIND, "set", OLA, about, mode="off") == "unfit"


def test_a_check_has_one_record() -> None:
    matters = small()
    matters.begin(KIND, "set", OLA, "repeat", mode="off")
    assert matters.refused(None, KIND, "set", OLA, "repeat", mode="hide") == "already"


@given(MOVES, st.sampled_from([None, *CheckMode]))
def test_what_holds_follows_from_the_last_moves_and_the_file(moves: list[str], file: CheckMode | None) -> None:
    matters, record, wanted, disarmed = small(), None, None, False
    for move in moves:
        if move == "clear" and (record is None or matters.dossiers[record.id].status == "cleared"):
            continue
        who, fields = (BOT, HITS) if move == "disarm" else (OLA, {})
        name = move if move in ("disarm", "clear") else "set"
        fields = {"mode": move} if name == "set" else fields
        record = (
            matters.go(record, name, who, **fields) if record else matters.begin(KIND, name, who, "repeat", **fields)
        )
        wanted = CheckMode(move) if name == "set" else None if move == "clear" else wanted
        disarmed = move == "disarm"
    records = {(ROOM, about): one for (_, about), one in on_record(matters.dossiers.values()).items()}
    named = {} if file is None else {"repeat": file}
    expected = file or wanted or CheckMode.ENFORCE
    assert said(REPEAT, named, records, ROOM).mode is expected
    found = standing(REPEAT, named, records, ROOM)
    if disarmed and expected in (CheckMode.HIDE, CheckMode.ENFORCE):
        assert found == Standing(CheckMode.SHADOW, Origin.DISARMED)
    else:
        assert found.mode is expected
    assert (said(REPEAT, named, records, ROOM).origin is Origin.FILE) == (file is not None)
