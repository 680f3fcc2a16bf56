"""The core: log-in, group, heartbeats, lines; and what is no line."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.douyu.session import HEARTBEAT_S, SILENCE_CAP_S, DouyuSession
from streams.douyu.wire import Frames, read_object
from streams.events import FeedChanged, FeedState, Message, Role, RoomClosed, RoomKey, RoomLive
from streams.session import SessionOver
from tests.simulators.douyu import frame, stt

ROOM = RoomKey("douyu:102965")
LINE = {
    "type": "chatmsg",
    "rid": "102965",
    "uid": "36216769",
    "nn": "小老弟233",
    "txt": "注意保暖",
    "cid": "00bd3553ee494c929f45090100000000",
    "cst": "1609614129227",
}


def sent(session: DouyuSession) -> list[str]:
    """The kinds of what the session wants to send."""
    frames = Frames()
    return [read_object(body)["type"] for data in session.data_to_send() for body in frames.feed(bytes(data))]  # type: ignore[arg-type]


def begun() -> DouyuSession:
    session = DouyuSession(ROOM, 0.0)
    session.receive_data(frame(stt(type="loginres", userid=0)), 1.0)
    session.events_received()
    session.data_to_send()
    return session


def heard(**changes: str) -> list[Message]:
    session = begun()
    session.receive_data(frame(stt(**LINE | changes)), 2.0)
    return [event for event in session.events_received() if isinstance(event, Message)]


def test_the_log_in_the_group_and_the_room_is_live() -> None:
    session = DouyuSession(ROOM, 0.0)
    assert sent(session) == ["loginreq"]
    session.receive_data(frame(stt(type="loginres")) + frame(stt(type="loginres")), 1.0)
    assert session.events_received() == [FeedChanged(ROOM, 1.0, FeedState.LIVE)]
    assert sent(session) == ["joingroup"]
    assert session.established


def test_a_heartbeat_each_45_s_and_an_end_after_a_long_silence() -> None:
    session = begun()
    session.advance(HEARTBEAT_S - 1)
    assert sent(session) == []
    session.advance(HEARTBEAT_S)
    assert sent(session) == ["mrkl"]
    session.receive_data(frame(stt(type="mrkl")), HEARTBEAT_S + 0.1)
    assert session.next_deadline_s == 2 * HEARTBEAT_S
    with pytest.raises(SessionOver, match="silent"):
        session.advance(HEARTBEAT_S + 0.1 + SILENCE_CAP_S)


def test_a_line_carries_writer_instant_and_text_and_no_money() -> None:
    (line,) = heard(bnn="铁粉", bl="30", nl="7", txt="!report 坏人 a@b/c @S @A")
    assert (line.id, line.text) == (LINE["cid"], "!report 坏人 a@b/c @S @A")
    assert (line.sender.id, line.sender.name, line.sender.roles) == ("36216769", "小老弟233", Role.VIEWER)
    assert line.sent_s == 1_609_614_129.227
    assert "铁粉" not in repr(line)


@pytest.mark.parametrize(
    ("rg", "role"), [("4", Role.MODERATOR), ("5", Role.OWNER), ("1", Role.VIEWER), ("x", Role.VIEWER)]
)
def test_roles_come_from_the_room(rg: str, role: Role) -> None:
    assert heard(rg=rg)[0].sender.roles is role


@pytest.mark.fault("X28")
@pytest.mark.parametrize("uid", ["0", "", "-5", "１２", "abc", "9" * 30])
def test_a_writer_without_a_number_is_nobody(uid: str) -> None:
    assert heard(uid=uid)[0].sender.id is None


@pytest.mark.parametrize("cst", ["", "0", "soon", "99999999999999999", "-1"])
def test_an_instant_that_is_none_is_the_arrival(cst: str) -> None:
    assert heard(cst=cst)[0].sent_s == 2.0


@pytest.mark.parametrize("changes", [{"cid": ""}, {"txt": ""}, {"cid": "x" * 65}])
def test_a_line_of_which_nothing_could_be_said_later_is_counted(changes: dict[str, str]) -> None:
    session = begun()
    session.receive_data(frame(stt(**LINE | changes)), 2.0)
    assert (session.events_received(), session.unread) == ([], 1)


def test_a_line_of_another_room_is_a_copy() -> None:
    assert heard(rid="7")[0].mirrored
    assert not heard()[0].mirrored


def test_gifts_and_entrances_are_nothing() -> None:
    session = begun()
    session.receive_data(frame(stt(type="dgb", gfid=1)) + frame(stt(type="uenter")) + frame("no object"), 2.0)
    assert (session.events_received(), session.unread) == ([], 1)


def test_the_stream_begins_and_ends() -> None:
    session = begun()
    session.receive_data(frame(stt(type="rss", rid="102965", ss=1)) + frame(stt(type="rss", rid="102965", ss=2)), 2.0)
    assert session.events_received() == [RoomLive(ROOM, 2.0), RoomClosed(ROOM, 2.0)]


def test_a_refusal_ends_the_session() -> None:
    with pytest.raises(SessionOver, match="51"):
        begun().receive_data(frame(stt(type="error", code=51)), 2.0)


@pytest.mark.fault("X9")
@given(st.binary())
def test_any_bytes_are_taken_or_end_the_session(data: bytes) -> None:
    with contextlib.suppress(SessionOver):
        begun().receive_data(data, 2.0)
