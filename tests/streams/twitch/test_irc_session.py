"""Reading as a guest, as transcripts: what Twitch says, what we answer, what we make of it. No socket, no clock."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import Event, FeedChanged, FeedState, Message, RoomKey
from streams.session import SessionOver
from streams.twitch.irc_session import (
    ANSWER_S,
    JOIN_ANSWER_S,
    NO_ANSWER,
    SILENCE_S,
    SUSPENDED,
    WELCOME_S,
    GuestSession,
)

ROOM = RoomKey("twitch:Somebody")


class Talk:
    """A session and the other side of it."""

    def __init__(self, rooms: Iterable[RoomKey] = (ROOM,)) -> None:
        self.now_s = 1000.0
        self.session = GuestSession(rooms, self.now_s, lambda: 0.5)

    def hear(self, *lines: str) -> list[Event]:
        for line in lines:
            self.session.receive_data(line, self.now_s)
        return self.session.events_received()

    def sent(self) -> list[str]:
        return [str(frame) for frame in self.session.data_to_send()]

    def wait(self, seconds: float) -> list[Event]:
        self.now_s += seconds
        self.session.advance(self.now_s)
        return self.session.events_received()

    def inside(self) -> Talk:
        self.sent()
        self.hear(":tmi.twitch.tv 001 justinfan50000 :Welcome, GLHF!")
        assert self.sent() == ["JOIN #somebody"]
        self.hear("@room-id=5;slow=0 :tmi.twitch.tv ROOMSTATE #somebody")
        return self


def test_a_guest_asks_for_tags_and_joins_in_lower_case_once_welcomed() -> None:
    talk = Talk()
    assert talk.sent() == ["CAP REQ :twitch.tv/tags twitch.tv/commands", "PASS SCHMOOPIIE", "NICK justinfan50000"]
    assert not talk.session.established
    talk.hear(":tmi.twitch.tv CAP * ACK :twitch.tv/tags twitch.tv/commands", ":tmi.twitch.tv 001 justinfan50000 :hi")
    assert talk.session.established
    assert talk.sent() == ["JOIN #somebody"]
    assert talk.hear("@room-id=5 :tmi.twitch.tv ROOMSTATE #somebody") == [FeedChanged(ROOM, 1000.0, FeedState.LIVE)]
    assert talk.session.is_inside(ROOM)
    assert talk.hear(":justinfan50000.tmi.twitch.tv 366 justinfan50000 #somebody :End of /NAMES list") == []


def test_the_end_of_the_names_is_as_good_as_a_room_state() -> None:
    talk = Talk()
    talk.hear(":tmi.twitch.tv 001 justinfan50000 :hi")
    (told,) = talk.hear(":justinfan50000.tmi.twitch.tv 366 justinfan50000 #somebody :End of /NAMES list")
    assert told == FeedChanged(ROOM, 1000.0, FeedState.LIVE)


def test_one_frame_may_hold_many_lines() -> None:
    lines = [f"@id={n};user-id=7 :a!a@a PRIVMSG #somebody :line {n}" for n in range(3)]
    events = Talk().inside().hear("\r\n".join(lines) + "\r\n")
    assert [event.text for event in events if isinstance(event, Message)] == ["line 0", "line 1", "line 2"]
    assert {event.room for event in events if isinstance(event, Message)} == {ROOM}


def test_what_is_not_ours_is_left_out() -> None:
    talk = Talk().inside()
    assert talk.hear("@id=1;user-id=7 :a!a@a PRIVMSG #other :hi", ":a!a@a PART #somebody", "@x=1 :b  BAD") == []
    assert talk.session.unread_lines == 1


def test_twitchs_ping_is_answered_and_silence_is_asked_about() -> None:
    talk = Talk().inside()
    talk.hear("PING :tmi.twitch.tv")
    assert talk.sent() == ["PONG :tmi.twitch.tv"]
    talk.wait(SILENCE_S)
    assert talk.sent() == ["PING :danmod"]
    talk.hear(":tmi.twitch.tv PONG tmi.twitch.tv :danmod")
    talk.wait(SILENCE_S)
    with pytest.raises(SessionOver, match="silent for 75 s"):
        talk.wait(ANSWER_S)


def test_a_reconnect_ends_the_session_for_another_try() -> None:
    with pytest.raises(SessionOver, match="connect anew") as end:
        Talk().inside().hear(":tmi.twitch.tv RECONNECT")
    assert not end.value.for_good


def test_a_name_that_does_not_exist_is_told_and_asked_for_again() -> None:
    talk = Talk()
    talk.hear(":tmi.twitch.tv 001 justinfan50000 :hi")
    talk.sent()
    assert talk.wait(JOIN_ANSWER_S) == [FeedChanged(ROOM, talk.now_s, FeedState.REFUSED, NO_ANSWER)]
    talk.wait(JOIN_ANSWER_S + 1)
    assert talk.sent() == ["JOIN #somebody"]


def test_a_suspended_channel_is_told_as_such() -> None:
    talk = Talk()
    talk.hear(":tmi.twitch.tv 001 justinfan50000 :hi")
    talk.sent()
    (told,) = talk.hear("@msg-id=msg_channel_suspended :tmi.twitch.tv NOTICE #somebody :This channel does not exist.")
    assert told == FeedChanged(ROOM, 1000.0, FeedState.REFUSED, SUSPENDED)


def test_no_more_than_twenty_rooms_are_asked_for_in_ten_seconds() -> None:
    talk = Talk([RoomKey(f"twitch:room{number}") for number in range(60)])
    talk.hear(":tmi.twitch.tv 001 justinfan50000 :hi")
    asked = [line for line in talk.sent() if line.startswith("JOIN")]
    for _ in range(10):
        talk.wait(1)
        asked += talk.sent()
    assert len(asked) == 20
    for _ in range(60):
        assert talk.wait(1) == [], "a room whose turn has not come is not taken for one that does not exist"
        for line in talk.sent():
            talk.hear(f"@room-id=5 :tmi.twitch.tv ROOMSTATE {line.removeprefix('JOIN ')}")
        for line in asked:
            talk.hear(f"@room-id=5 :tmi.twitch.tv ROOMSTATE {line.removeprefix('JOIN ')}")
        asked = []


def test_rooms_come_and_go() -> None:
    talk, other = Talk().inside(), RoomKey("twitch:other")
    talk.session.want(other)
    talk.wait(0)
    assert talk.sent() == ["JOIN #other"]
    talk.session.unwant(ROOM)
    talk.session.unwant(ROOM)
    assert talk.sent() == ["PART #somebody"]
    assert talk.hear("@id=1;user-id=7 :a!a@a PRIVMSG #somebody :late") == []


def test_a_refused_login_says_what_twitch_said() -> None:
    with pytest.raises(SessionOver, match="Login unsuccessful"):
        Talk().hear(":tmi.twitch.tv NOTICE * :Login unsuccessful")
    talk = Talk()
    with pytest.raises(SessionOver, match="did not welcome"):
        talk.wait(WELCOME_S)


@given(st.lists(st.one_of(st.text(max_size=60), st.binary(max_size=60)), max_size=8))
def test_hostile_frames_raise_nothing_but_the_end(frames: list[str | bytes]) -> None:
    session = GuestSession([ROOM], 0.0, lambda: 0.0)
    for frame in frames:
        try:
            session.receive_data(frame, 1.0)
        except SessionOver:
            return
        session.advance(1.0)
        assert session.next_deadline_s >= 0.0 or session.data_to_send()
