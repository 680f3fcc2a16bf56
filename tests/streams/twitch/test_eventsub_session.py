"""One EventSub socket as transcripts: welcomed, kept alive, moved, revoked, silent. No socket, no clock."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.events import RoomKey
from streams.recent import Recent
from streams.session import SessionOver
from streams.twitch.decode import Decoder, Tally
from streams.twitch.eventsub_session import SLACK_S, WELCOME_S, EventSubSession, Hooks, Revoked
from tests.streams.twitch.samples import DATA
from tests.streams.twitch.test_decode import line

FRAMES = json.loads((DATA / "session_frames.json").read_text(encoding="utf-8"))["frames"]


class Talk:
    """A session and Twitch's side of it."""

    def __init__(self, seen: Recent | None = None) -> None:
        self.now_s = 1000.0
        self.told: list[Any] = []
        hooks = Hooks(self.told.append, self.told.append, self.told.append)
        self.tally = Tally()
        decoder = Decoder({"9001": RoomKey("twitch:streamer")}, "1001", self.tally)
        self.session = EventSubSession(decoder, seen or Recent(100), hooks, self.now_s)

    def hear(self, frame: Any) -> list[Any]:
        self.session.receive_data(frame if isinstance(frame, str) else json.dumps(frame), self.now_s)
        return self.session.events_received()

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.session.advance(self.now_s)


def test_a_welcome_tells_the_session_and_nothing_is_ever_sent() -> None:
    talk = Talk()
    assert not talk.session.established
    talk.hear(FRAMES["session_welcome"])
    assert talk.session.established
    assert talk.told == ["AQoQexAWVYKSTIu4ec_2VAxyuhAB"]
    talk.hear(FRAMES["session_keepalive"])
    talk.hear(line("hi"))
    assert talk.session.data_to_send() == []


def test_without_a_welcome_or_a_sign_of_life_it_is_over() -> None:
    with pytest.raises(SessionOver, match="did not welcome"):
        Talk().wait(WELCOME_S)
    talk = Talk()
    talk.hear(FRAMES["session_welcome"])
    talk.wait(10 + SLACK_S - 0.1)
    talk.hear(FRAMES["session_keepalive"])
    talk.wait(10 + SLACK_S - 0.1)
    with pytest.raises(SessionOver, match="silent"):
        talk.wait(0.2)


def test_the_promised_keepalive_counts() -> None:
    talk, welcome = Talk(), json.loads(json.dumps(FRAMES["session_welcome"]))
    welcome["payload"]["session"]["keepalive_timeout_seconds"] = 60
    talk.hear(welcome)
    talk.wait(60)
    assert talk.session.next_deadline_s == 1000 + 60 + SLACK_S


def test_an_event_counts_once_over_all_sockets() -> None:
    seen = Recent(100)
    old, new = Talk(seen), Talk(seen)
    assert len(old.hear(line("hi"))) == 1
    assert old.hear(line("hi")) == []
    assert new.hear(line("hi")) == []


def test_a_move_and_a_revocation_are_told() -> None:
    talk = Talk()
    talk.hear(FRAMES["session_reconnect"])
    subscription = {
        "id": "s1",
        "type": "channel.chat.message",
        "status": "chat_user_banned",
        "condition": {"broadcaster_user_id": "9001"},
    }
    metadata = {"message_id": "r", "message_type": "revocation", "message_timestamp": "2026-11-22T01:02:03Z"}
    talk.hear({"metadata": metadata, "payload": {"subscription": subscription}})
    assert talk.told == [
        "wss://eventsub-experimental.wss.twitch.tv?...",
        Revoked("s1", "channel.chat.message", "chat_user_banned", "9001"),
    ]


@pytest.mark.parametrize("frame", ["", "null", "[]", '{"metadata":{}}', '{"metadata":{"message_type":5}}', "\x00"])
def test_what_is_no_frame_is_counted_and_ends_nothing(frame: str) -> None:
    talk = Talk()
    assert talk.hear(frame) == []
    assert sum(talk.tally.counts.values()) == 1


def test_a_welcome_without_a_session_is_none() -> None:
    metadata = {"message_id": "w", "message_type": "session_welcome", "message_timestamp": "2026-11-22T01:02:03Z"}
    with pytest.raises(SessionOver, match="no session"):
        Talk().hear({"metadata": metadata, "payload": {"session": []}})


def test_a_session_that_is_ended_is_over_at_once() -> None:
    talk = Talk()
    talk.session.end("the login is over")
    assert talk.session.next_deadline_s < talk.now_s
    with pytest.raises(SessionOver, match="the login is over"):
        talk.wait(0)
