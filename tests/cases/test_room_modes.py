"""A room is set back exactly as it was found, and what people changed meanwhile is theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cases.room_modes import Plan, again, fields_of, is_ours, plan, plan_of, restored, runs_out, to_set
from streams.platform import EVERYBODY, RoomMode, ShieldCapability

NOW_S = 1_777_636_800.0
ENDLESS = ShieldCapability("known:120", regulars=True)
TIMED = ShieldCapability("member", longest=timedelta(minutes=30))
CANS = st.sampled_from([ENDLESS, TIMED])
WORDS = ("", "slow:10", "silent", "known:120", "member", "level:5")
MODES = st.builds(RoomMode, st.sampled_from(WORDS), st.none() | st.floats(NOW_S + 4000, NOW_S + 9000))
VOICES = st.lists(st.sampled_from(["ann", "ben", "cleo"]), unique=True).map(tuple)


def _stored(made: Plan) -> dict[str, Any]:
    """As the store gives it back: instants are ISO texts."""
    fields = fields_of(made)
    return {k: v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for k, v in fields.items()}


@given(MODES, CANS, VOICES)
def test_what_is_written_down_is_read_back(found: RoomMode, can: ShieldCapability, voices: Any) -> None:
    made = plan(found, can, NOW_S, voices)
    if made is None:
        assert found.words == can.words or found.ends_s is not None
    else:
        assert plan_of(_stored(made)) == made
        assert made.voices == (voices if can.regulars else ())


STEPS = st.lists(
    st.one_of(
        st.just("read"),  # the mode is read
        st.just("set"),  # the deed, as far as the law lets
        st.just("die"),  # what was in memory is gone; the plan is read from the record
        st.tuples(st.just("people"), MODES),  # somebody sets the room by hand
    ),
    max_size=12,
)


@given(MODES, CANS, STEPS)
def test_whatever_happens_in_between_the_room_ends_as_people_left_it(found: RoomMode, can: Any, steps: Any) -> None:
    """The law: after the shield the room has the mode it had before, or the last one that a person gave it."""
    made = plan(found, can, NOW_S)
    standing, by_people, touched = found, found, False
    for step in steps if made else ():
        assert made is not None
        if step == "set" and to_set(standing, made):
            standing = made.wanted
        elif step == "die":
            made = plan_of(_stored(made))
        elif isinstance(step, tuple):
            standing = by_people = step[1]
            touched = True
    if made is not None:
        standing = restored(standing, made)
        if touched and is_ours(by_people, made):
            assert standing == made.before, "a person wished for the very same: it goes with the shield"
            return
    assert standing == by_people


def test_who_has_a_voice_already_keeps_it() -> None:
    made = plan(RoomMode(voiced=frozenset({"ann"})), ENDLESS, NOW_S, ("ann", "ben"))
    assert made is not None
    assert made.voices == ("ben",)


def test_a_mode_that_ends_by_itself_is_left_alone() -> None:
    assert plan(RoomMode("level:5", NOW_S + 900), TIMED, NOW_S) is None


def test_a_room_that_is_protected_already_is_left_alone() -> None:
    assert plan(RoomMode("known:120"), ENDLESS, NOW_S) is None


def test_a_clock_a_little_off_is_still_ours_and_a_longer_one_is_theirs() -> None:
    made = plan(EVERYBODY, TIMED, NOW_S)
    assert made is not None
    assert is_ours(RoomMode("member", NOW_S + 1860), made)
    assert runs_out(made, NOW_S + 1750)
    assert is_ours(RoomMode("member", NOW_S + 1750 + 1800), again(made, TIMED, NOW_S + 1750))
    assert not is_ours(RoomMode("member", NOW_S + 3600), made)
    assert not is_ours(RoomMode("member"), made), "somebody silenced it until further notice"
