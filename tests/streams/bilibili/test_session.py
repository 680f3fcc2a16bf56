"""One connection by hand: login, heartbeats, silence, masks, acknowledgements. The clock is a number."""

from __future__ import annotations

import json
import struct

import brotli  # type: ignore[import-untyped]  # the package ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.bilibili.decode import Decoder
from streams.bilibili.facts import RoomFacts
from streams.bilibili.session import ChatSession
from streams.bilibili.wire import pack
from streams.connection import SessionOver
from streams.events import Event, FeedChanged, FeedState, Message
from tests.simulators.bilibili import codec
from tests.streams.bilibili.samples import FACTS, NOW_S, ROOM, a_line, encoded

WELCOME = codec.packet(8, b'{"code":0}', 1)
HEARTBEAT = pack(2)
GUEST = RoomFacts(ROOM, 545068, owner_id="9001")


def _session(facts: RoomFacts = FACTS, *, byte_stream: bool = False, welcome: bool = True) -> ChatSession:
    session = ChatSession(Decoder(facts), b'{"uid":1}', NOW_S, byte_stream=byte_stream)
    if welcome:
        session.receive_data(WELCOME, NOW_S)
        session.data_to_send()
        session.events_received()
    return session


def _states(events: list[Event]) -> list[FeedState]:
    return [event.state for event in events if isinstance(event, FeedChanged)]


def _texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Message)]


def test_the_login_goes_first_and_the_welcome_starts_the_heartbeat() -> None:
    session = _session(welcome=False)
    (login,) = session.data_to_send()
    assert isinstance(login, bytes)
    assert struct.unpack_from(">IHHII", login) == (25, 16, 1, 7, 1)
    assert login[16:] == b'{"uid":1}'
    assert session.established is False
    session.receive_data(WELCOME, NOW_S + 1)
    assert bool(session.established)
    assert session.data_to_send() == [HEARTBEAT]
    assert _states(session.events_received()) == [FeedState.LIVE]
    assert session.next_deadline_s == NOW_S + 31


def test_heartbeats_go_out_every_thirty_seconds() -> None:
    session = _session()
    session.advance(NOW_S + 29.9)
    assert session.data_to_send() == []
    session.advance(NOW_S + 30)
    assert session.data_to_send() == [HEARTBEAT]
    assert session.next_deadline_s == NOW_S + 40


@pytest.mark.fault("F1")
def test_a_frozen_peer_is_stale_soon_and_given_up_before_a_minute() -> None:
    session = _session()
    session.advance(NOW_S + 30)
    session.advance(NOW_S + 40)
    assert _states(session.events_received()) == [FeedState.STALE]
    assert session.next_deadline_s == NOW_S + 55
    session.advance(NOW_S + 54.9)
    with pytest.raises(SessionOver, match="silent for 55 s"):
        session.advance(NOW_S + 55)


@pytest.mark.fault("F1")
def test_a_peer_that_comes_back_is_live_again() -> None:
    session = _session()
    session.advance(NOW_S + 41)
    session.receive_data(codec.packet(3, b"\0\0\0\1", 1), NOW_S + 42)
    assert _states(session.events_received()) == [FeedState.STALE, FeedState.LIVE]


def test_no_answer_to_the_login_ends_the_session() -> None:
    session = _session(welcome=False)
    assert session.next_deadline_s == NOW_S + 10
    with pytest.raises(SessionOver, match="no answer to our login"):
        session.advance(NOW_S + 10)


def test_a_refused_token_ends_the_session_and_a_third_refusal_needs_a_person() -> None:
    for refusals, for_good in ((0, False), (1, False), (2, True)):
        session = ChatSession(Decoder(FACTS), b"{}", NOW_S, refusals=refusals)
        with pytest.raises(SessionOver, match="-101") as caught:
            session.receive_data(codec.packet(8, b'{"code":-101}', 1), NOW_S)
        assert caught.value.for_good is for_good
        assert session.refusals == refusals + 1


@pytest.mark.parametrize("body", [b"", b"garbage", b"[]", b'{"code":null}', b'{"code":"0"}', b"{}"])
def test_a_welcome_that_is_none_ends_the_session(body: bytes) -> None:
    session = _session(welcome=False)
    with pytest.raises(SessionOver):
        session.receive_data(codec.packet(8, body, 1), NOW_S)
    assert not session.established


def test_welcome_heartbeat_answer_and_lines_may_share_a_frame() -> None:
    session = _session(welcome=False)
    session.receive_data(WELCOME + codec.frame([a_line("a")], 3) + codec.frame([a_line("b")], 2), NOW_S)
    assert _texts(session.events_received()) == ["a", "b"]
    session.receive_data(codec.packet(3, b"\0\0\0\1", 1) + b"[object Object]", NOW_S)
    assert session.events_received() == []


def test_an_acknowledgement_is_sent_where_it_is_asked_for() -> None:
    session = _session()
    body = {**a_line("x"), "p_is_ack": True, "msg_id": "9", "p_msg_type": 2}
    session.receive_data(codec.frame([body], 0), NOW_S)
    (ack,) = session.data_to_send()
    assert isinstance(ack, bytes)
    assert struct.unpack_from(">IHHII", ack)[3] == 24
    assert json.loads(ack[16:]) == {"msg_id": "9", "cmd": "DANMU_MSG", "p_msg_type": 2}


@pytest.mark.fault("X10")
def test_a_bomb_ends_the_session_with_its_reason_and_keeps_what_came_before() -> None:
    session = _session()
    session.receive_data(codec.frame([a_line("before")], 0), NOW_S)
    with pytest.raises(SessionOver, match="inflates"):
        session.receive_data(pack(5, brotli.compress(bytes(40 << 20), quality=5), version=3), NOW_S)
    assert _texts(session.events_received()) == ["before"]


@pytest.mark.fault("X9")
@given(data=st.binary(max_size=120) | st.text(max_size=20))
def test_no_bytes_raise_anything_but_the_end(data: bytes | str) -> None:
    session = _session()
    try:
        session.receive_data(data, NOW_S)
    except SessionOver:
        return
    session.receive_data(codec.frame([a_line("still here")], 3), NOW_S)
    assert "still here" in _texts(session.events_received())


@pytest.mark.fault("F3")
@given(cuts=st.lists(st.integers(1, 4000), max_size=30))
def test_a_byte_stream_split_anywhere_tells_the_same(cuts: list[int]) -> None:
    frames = [codec.frame([a_line(f"line {number}")], number % 4) for number in range(8)]
    stream = WELCOME + b"".join(frames)
    points = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    session = _session(byte_stream=True, welcome=False)
    for start, end in zip(points, points[1:], strict=False):  # noqa: RUF007  # reads as the two ends of a piece
        session.receive_data(stream[start:end], NOW_S)
    assert _texts(session.events_received()) == [f"line {number}" for number in range(8)]


@pytest.mark.fault("X28")
def test_a_guest_is_blind_from_the_first_masked_line() -> None:
    session = _session(GUEST)
    session.receive_data(codec.frame([a_line(uid=0, name="奥***"), a_line(uid=0, name="小***")], 0), NOW_S)
    (masked,) = [event for event in session.events_received() if isinstance(event, FeedChanged)]
    assert masked.state is FeedState.BLIND
    assert "log in" in masked.reason


@pytest.mark.fault("X28")
def test_an_account_is_blind_after_some_masked_lines_and_sees_again_with_a_name() -> None:
    session = _session()
    for _ in range(4):
        session.receive_data(codec.frame([a_line(uid=0)], 0), NOW_S)
    assert _states(session.events_received()) == []
    session.receive_data(codec.frame([a_line(uid=0)], 0), NOW_S)
    session.receive_data(codec.frame([a_line(uid=5)], 0), NOW_S)
    assert _states(session.events_received()) == [FeedState.BLIND, FeedState.LIVE]


@pytest.mark.fault("X28")
def test_a_blind_room_that_was_stale_is_blind_again_and_never_live() -> None:
    session = _session(GUEST)
    session.receive_data(codec.frame([{"cmd": "LOG_IN_NOTICE"}], 0), NOW_S)
    session.advance(NOW_S + 41)
    session.receive_data(codec.packet(3, b"\0\0\0\1", 1), NOW_S + 42)
    assert _states(session.events_received()) == [FeedState.BLIND, FeedState.STALE, FeedState.BLIND]


def test_an_ended_session_ends_at_the_next_advance() -> None:
    session = _session()
    session.end("the game is over")
    assert session.next_deadline_s <= NOW_S
    with pytest.raises(SessionOver, match="the game is over"):
        session.advance(NOW_S)


def test_broken_frames_are_counted_and_cost_nothing_else() -> None:
    decoder = Decoder(FACTS)
    session = ChatSession(decoder, b"", NOW_S)
    session.receive_data(WELCOME, NOW_S)
    session.receive_data(b"short", NOW_S)
    session.receive_data(pack(5, encoded(a_line()), version=7), NOW_S)
    session.receive_data(pack(17, b""), NOW_S)
    assert set(decoder.tally.counts) == {"broken frame", "operation 5 version 7", "operation 17 version 1"}
