"""The simulator is as strict as the platform: what the real one refuses, it refuses."""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from streams.bilibili import sign, wire
from tests.simulators.bilibili import BilibiliSimulator

BUVID = {"buvid3": "browser"}


@pytest.fixture
async def simulator() -> AsyncIterator[BilibiliSimulator]:
    async with BilibiliSimulator() as serving:
        yield serving


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


def _auth(simulator: BilibiliSimulator, **changes: Any) -> bytes:
    token = simulator.world.issue_token(1001, "browser")
    body = {"uid": 1001, "roomid": simulator.room.room_id, "protover": 3, "buvid": "browser", "key": token, **changes}
    return wire.pack(7, json.dumps(body).encode())


async def _answer(simulator: BilibiliSimulator, http: aiohttp.ClientSession, *frames: bytes) -> list[bytes]:
    """What the chat answers to these frames, until it has answered each or closed."""
    answers: list[bytes] = []
    async with http.ws_connect(simulator.urls.chat_url) as socket:
        for frame in frames:
            await socket.send_bytes(frame)
            message = await socket.receive(timeout=5)
            if message.type is not aiohttp.WSMsgType.BINARY:
                break
            answers.append(message.data)
    return answers


async def test_a_login_is_answered_in_the_clients_own_version(
    simulator: BilibiliSimulator, http: aiohttp.ClientSession
) -> None:
    (reply,) = await _answer(simulator, http, _auth(simulator))
    assert struct.unpack_from(">IHHII", reply)[2:4] == (1, 8)
    plain = bytearray(_auth(simulator))
    plain[6:8] = b"\0\0"
    (reply,) = await _answer(simulator, http, bytes(plain))
    assert struct.unpack_from(">IHHII", reply)[2:4] == (0, 8)


@pytest.mark.parametrize("changes", [{"uid": 5}, {"buvid": "other"}, {"roomid": 77}])
async def test_a_login_that_does_not_fit_its_token_is_reset(
    simulator: BilibiliSimulator, http: aiohttp.ClientSession, changes: dict[str, Any]
) -> None:
    assert await _answer(simulator, http, _auth(simulator, **changes)) == []


async def test_an_unknown_token_is_told_so(simulator: BilibiliSimulator, http: aiohttp.ClientSession) -> None:
    (reply,) = await _answer(simulator, http, _auth(simulator, key="stale"))
    assert json.loads(reply[16:]) == {"code": -101}


async def test_the_heartbeats_body_is_echoed_behind_its_answer(
    simulator: BilibiliSimulator, http: aiohttp.ClientSession
) -> None:
    frames = [_auth(simulator), wire.pack(2, b"[object Object]"), wire.pack(2)]
    _, echoed, bare = await _answer(simulator, http, *frames)
    assert struct.unpack_from(">I", echoed)[0] == 20
    assert echoed[20:] == b"[object Object]"
    assert len(bare) == 20


async def test_silence_before_the_login_and_after_it_ends_the_connection(
    simulator: BilibiliSimulator, http: aiohttp.ClientSession
) -> None:
    simulator.chat.auth_within_s = simulator.chat.beat_within_s = 0.05
    async with http.ws_connect(simulator.urls.chat_url) as socket:
        assert (await socket.receive(timeout=5)).type is not aiohttp.WSMsgType.BINARY
    async with http.ws_connect(simulator.urls.chat_url) as socket:
        await socket.send_bytes(_auth(simulator))
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.BINARY
        assert (await socket.receive(timeout=5)).type is not aiohttp.WSMsgType.BINARY


async def test_an_acknowledgement_is_taken(simulator: BilibiliSimulator, http: aiohttp.ClientSession) -> None:
    ack = wire.pack(24, b'{"msg_id":"1","cmd":"X","p_msg_type":1}')
    assert len(await _answer(simulator, http, _auth(simulator), ack + wire.pack(2))) == 2


async def test_a_token_needs_a_signature_of_today_and_a_browser(
    simulator: BilibiliSimulator, http: aiohttp.ClientSession
) -> None:
    world, path = simulator.world, f"{simulator.urls.live_api_url}/xlive/web-room/v1/index/getDanmuInfo"
    key = sign.mixin_key(world.img_key, world.sub_key)

    async def code(query: str, cookies: dict[str, str]) -> int:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
        async with http.get(f"{path}?{query}", headers=headers) as response:
            return int((await response.json())["code"])

    params: dict[str, str | int] = {"id": simulator.room.room_id, "type": 0}
    good = sign.wbi_query(params, key, time.time())
    assert await code(good, BUVID) == 0
    assert await code(good, {}) == -352
    assert await code(good[:-1] + "x", BUVID) == -352
    assert await code(sign.wbi_query(params, key, time.time() - 7200), BUVID) == -352
    assert await code("id=545068&type=0", BUVID) == -352
    short: dict[str, str | int] = {"id": simulator.room.short_id, "type": 0}
    assert await code(sign.wbi_query(short, key, time.time()), BUVID) == 1002002


async def test_moderation_is_strict_about_who_and_how(
    simulator: BilibiliSimulator, http: aiohttp.ClientSession
) -> None:
    bot = simulator.world.bot
    url = f"{simulator.urls.live_api_url}/xlive/web-ucenter/v1/banned/AddSilentUser"
    form = {"room_id": "545068", "tuid": "42", "type": "1", "hour": "1", "csrf": bot.csrf, "csrf_token": bot.csrf}

    async def code(cookie: str = bot.cookie, **changes: str | None) -> int:
        data = {name: value for name, value in {**form, **changes}.items() if value is not None}
        async with http.post(url, data=data, headers={"Cookie": cookie}) as response:
            return int((await response.json())["code"])

    viewer = simulator.world.account(7)
    assert await code(cookie="") == -101
    assert await code(csrf="wrong") == -111
    assert await code(csrf_token=None) == -111
    assert await code(cookie=viewer.cookie, csrf=viewer.csrf, csrf_token=viewer.csrf) == 100004
    assert await code(hour="0") == 100004
    assert await code(hour=None) == 0
    assert simulator.silenced == set()
    assert await code() == 0
    assert simulator.silenced == {42}
    assert not await simulator.say(42, "v", "hm")


async def test_sending_has_its_limits(simulator: BilibiliSimulator, http: aiohttp.ClientSession) -> None:
    bot = simulator.world.bot
    url = f"{simulator.urls.live_api_url}/msg/send"

    async def send(text: str, **changes: str) -> tuple[int, str]:
        form = {
            "roomid": "545068",
            "msg": text,
            "rnd": "1",
            "color": "16777215",
            "csrf": bot.csrf,
            "csrf_token": bot.csrf,
        }
        async with http.post(url, data={**form, **changes}, headers={"Cookie": bot.cookie}) as response:
            answer = await response.json()
            return answer["code"], answer["message"]

    assert await send("hello") == (0, "")
    assert await send("again") == (0, "msg in 1s")
    bot.last_sent_s -= 2
    assert await send("again") == (0, "msg repeat")
    assert (await send("x" * 41))[0] == 1003212
    assert (await send("x", color="0"))[0] == -400
    bot.last_sent_s = 0
    simulator.room.keywords.append("spam")
    assert await send("some spam") == (0, "k")


async def test_the_open_platform_wants_every_signed_header_and_each_nonce_once(
    simulator: BilibiliSimulator, http: aiohttp.ClientSession
) -> None:
    platform = simulator.open
    body = json.dumps({"code": simulator.room.code, "app_id": platform.app_id}).encode()

    async def code(headers: dict[str, str], path: str = "/v2/app/start", sent: bytes = body) -> int:
        async with http.post(f"{simulator.urls.open_url}{path}", data=sent, headers=headers) as response:
            return int((await response.json())["code"])

    headers = sign.open_headers(body, platform.key_id, platform.secret, "once", time.time())
    assert await code(headers) == 0
    assert await code(headers) == 4002
    assert await code(sign.open_headers(body, platform.key_id, "wrong", "n2", time.time())) == 4002
    assert (
        await code(sign.open_headers(body, platform.key_id, platform.secret, "n3", time.time()), sent=body + b" ")
        == 4002
    )
    for number in range(4):
        assert await code(sign.open_headers(body, platform.key_id, platform.secret, f"m{number}", time.time())) == 0
    assert await code(sign.open_headers(body, platform.key_id, platform.secret, "m9", time.time())) == 7010
    gone = json.dumps({"game_id": "none", "app_id": platform.app_id}).encode()
    for path, expected in (("/v2/app/end", 7000), ("/v2/app/heartbeat", 7003)):
        signed = sign.open_headers(gone, platform.key_id, platform.secret, path, time.time())
        assert await code(signed, path, gone) == expected


async def test_it_runs_by_itself_takes_lines_from_outside_and_stops_when_told(http: aiohttp.ClientSession) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.simulators.bilibili", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        assert {"api_url", "live_api_url", "chat_url", "tcp_url", "open_url", "cookie", "room"} <= set(ready)
        async with http.post(f"{ready['control_url']}/say", json={"uid": 5, "name": "ann", "text": "hi"}) as response:
            assert await response.json() == {"said": True}
        async with http.get(f"{ready['control_url']}/state") as response:
            assert (await response.json())["rooms"][0]["lines"][0]["text"] == "hi"
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
