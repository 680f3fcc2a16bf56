"""Sockets over the loopback: overlays and feed pages get their frames, a frozen one harms nobody."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMsgType, WSServerHandshakeError

from streams.events import RoomKey
from tests.web.house import DEMO, House, until
from web.sockets import SOCKETS_PER_VISITOR

OVERLAY = "/overlay/demo/socket?key=key-of-sandbox:demo"


async def _frames(socket: ClientWebSocketResponse, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(10):
        return [json.loads((await socket.receive()).data) for _ in range(count)]


async def _shown(socket: ClientWebSocketResponse, count: int) -> list[str]:
    """The texts of the next lines shown."""
    texts: list[str] = []
    while len(texts) < count:
        (frame,) = await _frames(socket, 1)
        texts += [line["text"] for line in frame.get("show", ())]
    return texts


async def test_an_overlay_gets_lines_after_their_hold(house: House) -> None:
    socket = await house.session.ws_connect(OVERLAY)
    await _frames(socket, 1)
    began = house.clock()
    house.say("held", hold_s=0.3)
    assert await _shown(socket, 1) == ["held"]
    assert house.clock() - began >= 0.3
    await socket.close()


async def test_a_feed_page_needs_no_key_and_begins_with_what_is_shown(house: House) -> None:
    house.say("earlier")
    house.say("pending", hold_s=60)
    await until(lambda: bool(house.hub.lines(DEMO)))
    socket = await house.session.ws_connect("/feed/demo/socket")
    (first,) = await _frames(socket, 1)
    assert [line["text"] for line in first["snapshot"]] == ["earlier"]
    assert set(first["snapshot"][0]) == {"id", "name", "text", "at", "role"}
    await socket.close()


async def test_the_server_says_when_the_engine_is_gone(house: House) -> None:
    socket = await house.session.ws_connect(OVERLAY)
    house.beating = False
    house.offset_s += 6
    house.say("never")
    async with asyncio.timeout(10):
        while (frame := (await _frames(socket, 1))[0])["live"]:
            pass
    assert "show" not in frame
    house.beating = True
    assert await _shown(socket, 1) == ["never"]
    await socket.close()


async def test_a_planned_stop_says_goodbye(house: House) -> None:
    socket = await house.session.ws_connect(OVERLAY)
    await _frames(socket, 1)
    stopping = asyncio.create_task(house.stop())
    async with asyncio.timeout(10):
        while (message := await socket.receive()).type is WSMsgType.TEXT:
            pass
        assert message.data == WSCloseCode.GOING_AWAY
        await stopping


async def test_a_room_that_closes_cuts_its_sockets(house: House) -> None:
    socket = await house.session.ws_connect("/feed/demo/socket")
    house.hub.close_room(DEMO)
    async with asyncio.timeout(10):
        while not (await socket.receive()).type.name.startswith("CLOS"):
            pass
    await until(lambda: house.hub.viewers == 0)


async def test_a_room_without_a_screen_says_try_again(house: House) -> None:
    house.hub.close_room(RoomKey("irc:#room"))
    socket = await house.session.ws_connect("/feed/irc:room/socket")
    message = await socket.receive()
    assert message.data == WSCloseCode.TRY_AGAIN_LATER


async def test_what_a_viewer_sends_is_let_go_and_a_large_frame_closes(house: House) -> None:
    socket = await house.session.ws_connect(OVERLAY)
    await socket.send_str('{"show": "me"}')
    await socket.send_bytes(b"\x00")
    house.say("still here")
    assert await _shown(socket, 1) == ["still here"]
    await socket.send_str("x" * 5000)
    async with asyncio.timeout(10):
        while (await socket.receive()).type is WSMsgType.TEXT:
            pass
    await until(lambda: house.hub.viewers == 0)


async def test_one_address_opens_only_so_many_sockets(house: House) -> None:
    open_now = [await house.session.ws_connect("/feed/demo/socket") for _ in range(SOCKETS_PER_VISITOR)]
    with pytest.raises(WSServerHandshakeError) as refused:
        await house.session.ws_connect("/feed/demo/socket")
    assert refused.value.status == 503
    await open_now[0].close()
    await until(lambda: house.hub.viewers == SOCKETS_PER_VISITOR - 1)
    open_now[0] = await house.session.ws_connect("/feed/demo/socket")
    for socket in open_now:
        await socket.close()


@pytest.mark.fault("F32")
async def test_a_client_that_stops_reading_is_dropped_and_the_others_miss_nothing(house: House) -> None:
    stuck = await _raw_client(house)
    watching = await house.session.ws_connect(OVERLAY)
    await until(lambda: house.hub.overlays == 2)
    wanted: list[str] = []
    reading = asyncio.create_task(_collect(watching))
    async with asyncio.timeout(30):
        while house.hub.overlays == 2:
            fresh = [f"{len(wanted) + index} " + "长" * 250 for index in range(100)]
            for text in fresh:
                house.say(text)
            wanted += fresh
            await asyncio.sleep(0.01)
    assert house.hub.overlays == 1
    house.say("the end")
    got = await reading
    assert got == [*wanted, "the end"]
    stuck.close()
    await watching.close()


async def _collect(socket: ClientWebSocketResponse) -> list[str]:
    texts: list[str] = []
    while not texts or texts[-1] != "the end":
        texts += await _shown(socket, 1)
    return texts


async def _raw_client(house: House) -> sockets.socket:
    """A socket that asks for an overlay and then never reads."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", int(house.url.rpartition(":")[2])))
    head = (
        f"GET {OVERLAY} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await loop.sock_sendall(raw, head.encode())
    return raw
