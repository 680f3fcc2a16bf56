"""The server as people and the bot meet it: what it enforces, what it survives, whom it turns away."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import aiohttp
import pytest

from streams.sandbox.frames import FRAME_CAP
from streams.sandbox.hub import EXCESS_CAP, FRAMES_BURST
from streams.sandbox.names import account_id
from streams.sandbox.server import SandboxServer
from tests.contracts.platforms import eventually
from tests.contracts.sandbox_harness import SandboxViewer, visiting
from tests.streams.sandbox.conftest import HandClock

ANN = account_id("ann")


@pytest.fixture
async def bot(server: SandboxServer) -> AsyncIterator[aiohttp.ClientSession]:
    """HTTP with the bot's token; addresses are relative to the room."""
    headers = {"Authorization": f"Bearer {server.token}"}
    async with aiohttp.ClientSession(f"{server.url}/api/rooms/demo/", headers=headers) as http:
        yield http


@pytest.fixture
async def stranger() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


async def frame_of(viewer: SandboxViewer, kind: str) -> dict[str, Any]:
    return (await eventually(lambda: viewer.of_kind(kind), what=f"a {kind} frame"))[-1]


async def test_a_line_reaches_everybody_in_the_room_and_nobody_in_another() -> None:
    async with (
        SandboxServer(("demo", "other")) as server,
        visiting(server, "ann") as ann,
        visiting(server, "ben") as ben,
        visiting(server, "cat", "other") as cat,
    ):
        await ann.say("hello 弹幕")
        frame = await frame_of(ben, "message")
        await cat.say("alone")
        await frame_of(cat, "message")
        assert frame["sender"] == {"id": ANN, "name": "ann", "role": "viewer"}
        assert await cat.heard() == ["alone"]


async def test_who_comes_late_reads_what_was_said(server: SandboxServer) -> None:
    async with visiting(server, "ann") as ann:
        await ann.say("early")
        await frame_of(ann, "message")
        async with visiting(server, "ben") as ben:
            assert [line["text"] for line in ben.frames[0]["lines"]] == ["early"]  # type: ignore[attr-defined]


async def test_a_mute_is_told_to_its_person_alone_and_ends_by_the_servers_clock(
    server: SandboxServer, bot: aiohttp.ClientSession, clock: HandClock
) -> None:
    async with visiting(server, "ann") as ann, visiting(server, "ben") as ben:
        body = {"sender_id": ANN, "span_s": 60, "reason": "R1 flooding"}
        assert await (await bot.post("mutes", json=body)).json() == {"status": "done"}
        silenced = await frame_of(ann, "silenced")
        assert (silenced["until_s"], silenced["reason"]) == (clock.now_s + 60, "R1 flooding")
        assert not await ann.can_speak()
        assert await ben.can_speak()
        assert not ben.of_kind("silenced")
        clock.now_s += 60
        await frame_of(ann, "freed")
        assert await ann.can_speak()


async def test_a_ban_a_delete_and_a_silence_hold(server: SandboxServer, bot: aiohttp.ClientSession) -> None:
    async with visiting(server, "ann") as ann:
        await ann.say("out")
        line = await frame_of(ann, "message")
        assert (await bot.delete(f"messages/{line['id']}")).status == 200
        await frame_of(ann, "removed")
        assert not server.room("demo").lines
        await bot.post("bans", json={"sender_id": ANN})
        assert not await ann.can_speak()
        await bot.delete(f"bans/{ANN}")
        await bot.put("mode", json={"mode": "silent"})
        assert not await ann.can_speak()
        await bot.put("mode", json={"mode": ""})
        assert await ann.can_speak()


async def test_a_whisper_waits_for_its_receiver(server: SandboxServer, bot: aiohttp.ClientSession) -> None:
    async with visiting(server, "ann"), visiting(server, "ben") as ben:
        pass
    assert (await bot.post("whisper", json={"sender_id": ANN, "text": "for ann"})).status == 200
    async with visiting(server, "ann") as ann, visiting(server, "ben") as ben:
        assert [word["text"] for word in ann.frames[0]["whispers"]] == ["for ann"]  # type: ignore[attr-defined]
        assert ben.frames[0]["whispers"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "why"),
    [
        ("DELETE", "messages/nope", None, 404, "no-such-line"),
        ("POST", "mutes", {"sender_id": "u0", "span_s": 60}, 404, "no-such-person"),
        ("POST", "mutes", {"sender_id": account_id("streamer"), "span_s": 60}, 403, "staff"),
        ("POST", "mutes", {"sender_id": ANN, "span_s": 0}, 422, "bad-span"),
        ("POST", "mutes", {"sender_id": 7}, 400, "bad-frame"),
        ("POST", "bans", [], 400, "bad-frame"),
        ("POST", "say", {"text": ""}, 422, "empty"),
        ("POST", "say", {"text": "x" * 201}, 422, "too-long"),
        ("POST", "whisper", {"sender_id": "u0", "text": "x"}, 404, "no-such-person"),
        ("PUT", "mode", {"mode": 1}, 400, "bad-frame"),
        ("PUT", "mode", {"mode": "quiet"}, 422, "bad-mode"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_code_and_a_sentence(
    server: SandboxServer, bot: aiohttp.ClientSession, method: str, path: str, body: object, status: int, why: str
) -> None:
    for name in ("ann", "streamer"):
        server.room("demo").enter(name)
    answer = await bot.request(method, path, json=body)
    assert answer.status == status
    refusal = await answer.json()
    assert refusal["why"] == why
    assert refusal["text"]


async def test_the_bots_requests_need_the_bots_token(server: SandboxServer, stranger: aiohttp.ClientSession) -> None:
    room = f"{server.url}/api/rooms/demo"
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {server.token}"}):
        assert (await stranger.get(room, headers=headers)).status == 401
        assert (await stranger.post(f"{room}/bans", json={"sender_id": ANN}, headers=headers)).status == 401
        assert (await stranger.get(f"{server.url}/bot/demo", headers=headers)).status == 401
    assert not server.room("demo").bans


@pytest.mark.fault("X18")
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example:80"},
        {"Host": "192.0.2.7"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
async def test_other_pages_cannot_drive_it(
    server: SandboxServer, stranger: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    assert (await stranger.post(f"{server.url}/api/rooms/demo/crowd/raid", headers=headers)).status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await stranger.ws_connect(f"{server.url}/ws/demo?name=ann", headers=headers)
    assert not server.room("demo").people


async def test_crowds_start_for_the_own_page_and_the_bot_only(
    server: SandboxServer, stranger: aiohttp.ClientSession, bot: aiohttp.ClientSession
) -> None:
    crowd = f"{server.url}/api/rooms/demo/crowd"
    own = {"Origin": server.url}
    assert (await stranger.post(f"{crowd}/raid")).status == 403
    assert (await stranger.post(f"{crowd}/mob", headers=own)).status == 404
    assert await (await stranger.post(f"{crowd}/raid", headers=own)).json() == {"playing": ["raid"]}
    assert await (await bot.post("crowd/calm")).json() == {"playing": ["calm", "raid"]}
    await eventually(lambda: server.room("demo").lines, what="a line of the raid")
    assert await (await stranger.delete(crowd, headers=own)).json() == {"playing": []}


async def test_it_listens_on_the_loopback_only_unless_told() -> None:
    with pytest.raises(ValueError, match="loopback only"):
        SandboxServer(host="0.0.0.0")
    async with SandboxServer(host="0.0.0.0", allow_remote=True) as server, aiohttp.ClientSession() as http:
        page = f"http://127.0.0.1:{server.url.rpartition(':')[2]}/"
        assert (await http.get(page)).status == 200
        assert (await http.get(page, headers={"Host": "rebound.example"})).status == 403


@pytest.mark.fault("X8")
async def test_frames_that_are_no_lines_are_refused_and_the_next_line_is_heard(server: SandboxServer) -> None:
    hostile: list[str | bytes] = [
        "",
        "hello",
        "{}",
        '{"kind":"say"}',
        '{"kind":"ban","text":"x"}',
        '{"kind":"say","text":7}',
        '{"kind":"say","text":"\\ud800"}',
        "[" * 4000,
        '{"kind":"say","text":null}',
        b"\x00\xff",
        '{"kind":"say","text":"\\u0000\\n"}',
    ]
    async with visiting(server, "ann") as ann:

        def refusals(count: int) -> bool:
            return len(ann.of_kind("refused")) == count

        for number, frame in enumerate(hostile, 1):
            await (ann.socket.send_str(frame) if isinstance(frame, str) else ann.socket.send_bytes(frame))
            await eventually(partial(refusals, number), what=f"a refusal of {frame!r}")
        await ann.say("still here")
        await eventually(lambda: ann.of_kind("message"), what="the line after them")
        assert await ann.heard() == ["still here"]


@pytest.mark.fault("X11")
async def test_a_frame_too_large_closes_its_own_connection_only(server: SandboxServer) -> None:
    async with visiting(server, "ann") as ann, visiting(server, "ben") as ben:
        await ann.socket.send_str(json.dumps({"kind": "say", "text": "x" * FRAME_CAP}))
        await eventually(lambda: ann.socket.closed, what="the end of the connection")
        assert ann.socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        assert await ben.can_speak()


async def test_a_connection_that_writes_too_fast_is_slowed_then_closed(server: SandboxServer) -> None:
    async with visiting(server, "ann") as ann:
        for number in range(int(FRAMES_BURST) + EXCESS_CAP + 1):
            await ann.say(f"line {number}")
        await eventually(lambda: ann.socket.closed, what="the end of the connection")
        assert len(server.room("demo").lines) == FRAMES_BURST
        assert ann.of_kind("refused")[0]["why"] == "too-fast"
        assert ann.socket.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION


@pytest.mark.fault("F32")
async def test_who_does_not_read_is_cut_off_and_the_others_hear_everything(server: SandboxServer) -> None:
    room = server.room("demo")
    async with aiohttp.ClientSession() as http, visiting(server, "ben") as ben:
        frozen = await http.ws_connect(f"{server.url}/ws/demo?name=ann")
        await eventually(lambda: account_id("ann") in room.people, what="ann in the room")
        connection = frozen._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.transport.pause_reading()
        hub = server.hub("demo")

        def storm() -> bool:
            for _ in range(400):
                room.speak(room.enter("streamer"), "弹" * 200, 0)
            hub.flush()
            return len(hub._clients) == 1

        await eventually(storm, within_s=20, what="the frozen one cut off")
        count = len(ben.frames)
        room.speak(room.enter("streamer"), "after", 0)
        hub.flush()
        await eventually(
            lambda: len(ben.frames) > count and ben.frames[-1].get("text") == "after", what="the last line"
        )


async def test_a_name_claimed_with_a_token_is_its_owners(
    server: SandboxServer, stranger: aiohttp.ClientSession
) -> None:
    async with visiting(server, "ann", token="secret"):
        pass
    for token in ("", "other"):
        thief = await stranger.ws_connect(f"{server.url}/ws/demo", params={"name": "ann", "token": token})
        assert (await thief.receive_json())["why"] == "name-taken"
        assert (await thief.receive()).type is aiohttp.WSMsgType.CLOSE
    async with visiting(server, "ann", token="secret") as ann:
        assert await ann.can_speak()


@pytest.mark.parametrize(("name", "why"), [("", "bad-name"), ("x" * 25, "bad-name"), ("danmod", "name-taken")])
async def test_names_nobody_can_have(
    server: SandboxServer, stranger: aiohttp.ClientSession, name: str, why: str
) -> None:
    visit = await stranger.ws_connect(f"{server.url}/ws/demo", params={"name": name})
    assert (await visit.receive_json())["why"] == why


@pytest.mark.fault("X21")
@pytest.mark.parametrize("path", ["/static/server.py", "/static/..%2fserver.py", "/static/%2e%2e/feed.py", "/rooms/no"])
async def test_only_the_pages_own_files_are_served(
    server: SandboxServer, stranger: aiohttp.ClientSession, path: str
) -> None:
    assert (await stranger.get(server.url + path)).status == 404


async def test_the_page_forbids_everything_it_does_not_need(
    server: SandboxServer, stranger: aiohttp.ClientSession
) -> None:
    server.overlay_url = "http://127.0.0.1:8080/overlay/sandbox%3Ademo?key=k"
    answer = await stranger.get(server.url)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-src http://127.0.0.1:8080;" in policy
    assert "unsafe" not in policy
    with pytest.raises(ValueError, match="not an http"):
        server.overlay_url = "javascript:alert(1)"
    with pytest.raises(ValueError, match="not an http"):
        server.overlay_url = "http://a.example;script-src/x"


async def test_a_crowd_that_plays_is_not_started_twice(server: SandboxServer) -> None:
    server.start_crowd("demo", "calm")
    server.start_crowd("demo", "calm")
    assert server.hub("demo").playing == ("calm",)
    await server.stop_crowds("demo")
    assert server.hub("demo").playing == ()


async def test_a_taken_port_is_said_at_once(server: SandboxServer) -> None:
    with pytest.raises(OSError, match="address already in use"):
        await SandboxServer(port=int(server.url.rpartition(":")[2])).__aenter__()


@pytest.mark.parametrize("rooms", [(), ("",), ("a/b",), ("a\nb",)])
def test_rooms_need_names(rooms: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="rooms need names"):
        SandboxServer(rooms)
