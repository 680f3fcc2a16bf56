"""The adapter's sans-I/O core: every frame to its event, every hostile byte to a count."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.connection import SessionOver
from streams.events import (
    Event,
    FeedChanged,
    FeedState,
    Message,
    MessageRemoved,
    Role,
    RolesChanged,
    RoomClosed,
    RoomKey,
    RoomLive,
    RoomSilenced,
    SenderFreed,
    SenderSilenced,
)
from streams.sandbox.session import SILENCE_CAP_S, SandboxSession

ROOM = RoomKey("sandbox:demo")
ANN = {"id": "u1", "name": "ann", "role": "viewer"}
BOT = {"id": "u0", "name": "danmod", "role": "bot"}
LINE = {"kind": "message", "id": "x-1", "sender": ANN, "text": "弹幕", "at_s": 5.0}
WELCOME = {"kind": "welcome", "you": BOT, "at_s": 1.0, "live": True, "lines": []}


def session(seen: list[str] | None = None) -> SandboxSession:
    return SandboxSession(ROOM, 0.0, (seen if seen is not None else []).append)


def told(frame: dict[str, object]) -> list[Event]:
    begun = session()
    begun.receive_data(json.dumps(WELCOME), 1.0)
    begun.events_received()
    begun.receive_data(json.dumps(frame), 2.0)
    return begun.events_received()


def test_the_welcome_makes_the_room_live_and_brings_what_was_missed() -> None:
    seen: list[str] = []
    begun = session(seen)
    silence = {"kind": "room-silence", "on": True, "at_s": 3.0, "until_s": 9.0}
    begun.receive_data(json.dumps(WELCOME | {"lines": [LINE], "silence": silence}), 1.0)
    live, message, silenced = begun.events_received()
    assert begun.established
    assert live == FeedChanged(ROOM, 1.0, FeedState.LIVE)
    assert isinstance(message, Message)
    assert silenced == RoomSilenced(ROOM, 3.0, True, 9.0)
    assert seen == ["x-1"]
    assert begun.events_received() == []


def test_a_line_with_everything() -> None:
    (message,) = told(LINE | {"reply_to": "x-0", "reply_to_sender": "u9"})
    assert isinstance(message, Message)
    assert (message.id, message.text, message.sent_s) == ("x-1", "弹幕", 5.0)
    assert (message.reply_to, message.reply_to_sender) == ("x-0", "u9")
    assert (message.sender.id, message.sender.name) == ("u1", "ann")


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("viewer", Role.VIEWER),
        ("moderator", Role.MODERATOR),
        ("streamer", Role.OWNER),
        ("bot", Role.BOT | Role.SELF),
    ],
)
def test_roles_become_ours(word: str, role: Role) -> None:
    (message,) = told(LINE | {"sender": ANN | {"role": word}})
    assert isinstance(message, Message)
    assert message.sender.roles is role
    assert told({"kind": "roles", "at_s": 2, "sender": ANN | {"role": word}}) == [RolesChanged(ROOM, 2, "u1", role)]


@pytest.mark.parametrize(
    ("frame", "event"),
    [
        ({"kind": "removed", "id": "x-1", "at_s": 2}, MessageRemoved(ROOM, 2, message_id="x-1")),
        (
            {"kind": "silenced", "sender_id": "u1", "at_s": 2, "until_s": 62, "banned": False, "reason": ""},
            SenderSilenced(ROOM, 2, "u1", 62),
        ),
        ({"kind": "silenced", "sender_id": "u1", "at_s": 2, "banned": True}, SenderSilenced(ROOM, 2, "u1", None, True)),
        ({"kind": "freed", "sender_id": "u1", "at_s": 2}, SenderFreed(ROOM, 2, "u1")),
        ({"kind": "room-silence", "on": False, "at_s": 2}, RoomSilenced(ROOM, 2, False)),
        ({"kind": "live", "at_s": 2}, RoomLive(ROOM, 2)),
        ({"kind": "closed", "at_s": 2}, RoomClosed(ROOM, 2)),
    ],
)
def test_every_other_frame_has_its_event(frame: dict[str, object], event: Event) -> None:
    assert told(frame) == [event]


def test_what_is_only_for_the_page_is_no_event() -> None:
    assert told({"kind": "crowd", "playing": ["calm"]}) == []
    assert told({"kind": "pulse", "at_s": 2}) == []


def test_nothing_is_told_before_the_welcome() -> None:
    begun = session()
    assert not begun.established
    begun.receive_data(json.dumps(LINE), 1.0)
    assert begun.events_received() == []


def test_a_silent_server_is_given_up_after_three_missed_signs_of_life() -> None:
    begun = session()
    begun.receive_data(json.dumps(WELCOME), 10.0)
    assert begun.next_deadline_s == 10.0 + SILENCE_CAP_S
    begun.advance(10.0 + SILENCE_CAP_S - 0.1)
    with pytest.raises(SessionOver, match="silent for 45 s"):
        begun.advance(10.0 + SILENCE_CAP_S)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(["message", "welcome", "silenced", "roles", "removed", "crowd", "nonsense"])
frames = st.fixed_dictionaries(
    {"kind": kinds | json_values},
    optional=dict.fromkeys(("id", "sender", "text", "at_s", "lines", "you", "live", "until_s"), json_values),
)


@pytest.mark.fault("X8")
@given(st.lists(st.binary(max_size=60) | st.text(max_size=60) | frames.map(json.dumps), max_size=6))
def test_hostile_frames_are_counted_and_the_session_lives(data: list[bytes | str]) -> None:
    begun = session()
    begun.receive_data(json.dumps(WELCOME), 1.0)
    begun.events_received()
    for frame in data:
        begun.receive_data(frame, 1.0)
    begun.receive_data(json.dumps(LINE), 2.0)
    assert isinstance(begun.events_received()[-1], Message)


@pytest.mark.fault("X8")
@pytest.mark.parametrize(
    "data", ["[" * 100_000, '{"kind":"message","at_s":' + "9" * 5000 + "}", '{"kind":"live","at_s":NaN}', b"\xff\xfe"]
)
def test_deep_huge_and_broken_frames_are_dropped(data: str | bytes) -> None:
    begun = session()
    begun.receive_data(data, 1.0)
    assert begun.unknown == 1
