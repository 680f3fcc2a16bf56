"""Frames to events: every kind that is read, several in one frame, and bytes that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import (
    Event,
    FeedChanged,
    FeedState,
    Message,
    MessageRemoved,
    Role,
    RoomKey,
    SenderRenamed,
)
from streams.owncast.frames import EVENTS_A_FRAME, read_history
from streams.owncast.session import WELCOME_CAP_S, OwncastSession
from streams.session import SessionOver

ROOM = RoomKey("owncast:live.example.org")
ME = {"id": "me", "displayName": "danmod", "createdAt": "2024-03-01T18:00:00.000000001Z", "scopes": ["MODERATOR"]}
ANN = {"id": "ann1", "displayName": "Ann", "createdAt": "2024-03-01T18:00:00.000000001Z", "isBot": False}
AT = "2024-03-01T18:05:00.123456789Z"
AT_S = 1_709_316_300.123456


def session(own: tuple[str, str] = ("", ""), missed: tuple[Any, ...] = ()) -> OwncastSession:
    return OwncastSession(ROOM, 0.0, is_own=lambda who, text: (who, text) == own, seen=lambda _: None, missed=missed)


def told(*events: dict[str, Any], made: OwncastSession | None = None) -> list[Event]:
    """What is told of these events, sent in one frame after the welcome."""
    begun = made or session()
    begun.receive_data(json.dumps({"type": "CONNECTED_USER_INFO", "user": ME}), 1.0)
    begun.events_received()
    begun.receive_data("\n".join(json.dumps(event) for event in events), 2.0)
    return begun.events_received()


def chat(text: str, user: dict[str, Any] = ANN, **more: Any) -> dict[str, Any]:
    return {"type": "CHAT", "id": text, "timestamp": AT, "body": f"<p>{text}</p>", "user": user, "visible": True} | more


def test_we_are_in_when_the_server_says_who_we_are() -> None:
    begun = session()
    assert not begun.established
    assert begun.next_deadline_s == WELCOME_CAP_S
    begun.receive_data(json.dumps({"type": "CONNECTED_USER_INFO", "user": ME}), 1.0)
    assert begun.events_received() == [FeedChanged(ROOM, 1.0, FeedState.LIVE)]
    assert begun.established
    begun.advance(10_000.0)
    assert begun.data_to_send() == []


def test_without_rights_the_room_is_live_and_says_what_is_missing() -> None:
    begun = session()
    begun.receive_data(json.dumps({"type": "CONNECTED_USER_INFO", "user": ANN}), 1.0)
    (change,) = begun.events_received()
    assert isinstance(change, FeedChanged)
    assert "no moderator" in change.reason


def test_a_server_that_never_says_who_we_are_is_left() -> None:
    with pytest.raises(SessionOver, match="did not let us in"):
        session().advance(WELCOME_CAP_S)


def test_one_frame_holds_several_events() -> None:
    events = told({"type": "USER_JOINED", "user": ANN}, chat("one"), chat("two"))
    assert [event.text for event in events if isinstance(event, Message)] == ["one", "two"]
    assert len(events) == 2


def test_a_line_carries_writer_instant_and_the_age_of_the_account() -> None:
    (line,) = told(chat("hello"))
    assert isinstance(line, Message)
    assert (line.id, line.text, line.sender.id, line.sender.name) == ("hello", "hello", "ann1", "Ann")
    assert line.sent_s == pytest.approx(AT_S)
    assert line.sender.created_s == pytest.approx(AT_S - 300.123456)


def test_roles_come_from_the_account() -> None:
    bot = {"id": "b", "displayName": "helper", "isBot": True}
    lines = told(
        chat("1"), chat("2", ME), chat("3", bot), chat("4", {**ANN, "scopes": ["MODERATOR"]}), made=session(("b", "3"))
    )
    assert [line.sender.roles for line in lines if isinstance(line, Message)] == [
        Role.VIEWER,
        Role.MODERATOR | Role.BOT | Role.SELF,
        Role.BOT | Role.SELF,
        Role.MODERATOR,
    ]


def test_hidden_lines_and_new_names_are_told() -> None:
    gone = {"type": "VISIBILITY-UPDATE", "timestamp": AT, "ids": ["a", "b"], "visible": False}
    back = gone | {"visible": True}
    name = {"type": "NAME_CHANGE", "timestamp": AT, "oldName": "Ann", "user": {**ANN, "displayName": "Anna"}}
    first, second, renamed = told(gone, back, name)
    assert [first, second] == [MessageRemoved(ROOM, first.at_s, message_id=one) for one in "ab"]  # type: ignore[union-attr]
    assert isinstance(renamed, SenderRenamed)
    assert (renamed.old_id, renamed.new.id, renamed.new.name) == ("ann1", "ann1", "Anna")


def test_a_line_that_is_hidden_already_is_not_told() -> None:
    assert told(chat("out of sight", visible=False)) == []


@pytest.mark.parametrize(
    ("kind", "for_good"),
    [
        ("ERROR_NEEDS_REGISTRATION", True),
        ("ERROR_USER_DISABLED", True),
        ("ERROR_MAX_CONNECTIONS_EXCEEDED", False),
        ("CHAT_DISABLED", False),
    ],
)
def test_the_server_shuts_us_out(kind: str, for_good: bool) -> None:
    with pytest.raises(SessionOver) as over:
        told({"type": kind, "id": "x", "timestamp": AT, "user": None})
    assert over.value.for_good is for_good


def test_what_was_missed_comes_after_the_welcome_and_in_order() -> None:
    history = json.dumps([chat("late", timestamp="2024-03-01T18:06:00Z"), chat("early")]).encode()
    begun = session(missed=tuple(read_history(history)))
    begun.receive_data(json.dumps({"type": "CONNECTED_USER_INFO", "user": ME}), 1.0)
    live, *lines = begun.events_received()
    assert isinstance(live, FeedChanged)
    assert [line.text for line in lines if isinstance(line, Message)] == ["early", "late"]


@pytest.mark.fault("X8")
@pytest.mark.parametrize(
    "frame",
    [
        "",
        "\n\n",
        "{",
        "[]",
        "null",
        "NaN",
        b"\xff\xfe",
        '{"type": 1}',
        '{"type": "CHAT"}',
        '{"type": "CHAT", "user": {"id": 1}, "body": []}',
        '{"type": "CHAT", "user": null, "body": null}',
        '{"type": "VISIBILITY-UPDATE", "visible": false, "ids": "x"}',
        '{"type": "NAME_CHANGE", "user": {}}',
        "[" * 50_000,
        '{"type": "CHAT", "id": "' + "9" * 100_000 + '"}',
    ],
)
def test_bytes_that_are_no_event_are_counted_and_lose_nothing(frame: str | bytes) -> None:
    begun = session()
    assert told(chat("before"), made=begun)
    begun.receive_data(frame, 3.0)
    assert not [event for event in begun.events_received() if isinstance(event, Message)]
    begun.receive_data(json.dumps(chat("after")), 4.0)
    assert len(begun.events_received()) == 1


@pytest.mark.fault("X7")
def test_a_lone_surrogate_costs_no_line() -> None:
    begun = session()
    told(made=begun)
    begun.receive_data(json.dumps(chat("x")).replace("<p>x</p>", "<p>\\ud800 still here</p>"), 3.0)
    (line,) = begun.events_received()
    assert isinstance(line, Message)
    assert line.text.endswith("still here")
    line.text.encode()


def test_a_frame_of_endless_events_is_looked_at_so_far() -> None:
    begun = session()
    told(made=begun)
    begun.receive_data("\n".join(json.dumps(chat(str(n))) for n in range(2 * EVENTS_A_FRAME)), 3.0)
    assert len(begun.events_received()) == EVENTS_A_FRAME


@given(st.one_of(st.text(), st.binary()))
def test_any_frame_is_taken(frame: str | bytes) -> None:
    begun = session()
    try:
        begun.receive_data(frame, 3.0)
    except SessionOver:
        assert isinstance(frame, str | bytes)
