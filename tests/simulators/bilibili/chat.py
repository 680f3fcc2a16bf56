"""The chat servers: websocket and raw TCP, strict about login and heartbeats."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from tests.simulators.bilibili import codec
from tests.simulators.bilibili.world import SimRoom, World, masked


class Link(Protocol):
    """One client's socket."""

    echoes: bool
    user_agent: str | None
    """None: this kind of connection names none."""

    def frames(self) -> AsyncIterator[bytes]: ...

    async def send(self, data: bytes) -> None: ...

    def abort(self) -> None: ...


@dataclass(eq=False)
class Client:
    """A client that was let in. ``open_game`` names the open platform's session, empty on the web."""

    link: Link
    room: SimRoom
    uid: int
    protover: int
    open_game: str = ""
    acks: list[dict[str, Any]] = field(default_factory=list)

    async def push(self, events: list[dict[str, Any]]) -> None:
        """Send events, masked where the platform masks them for guests."""
        if self.uid == 0 and self.room.masks_guests and not self.open_game:
            events = [masked(event) if event["cmd"].startswith("DANMU_MSG") else event for event in events]
        await self.link.send(codec.frame(events, self.protover))


class Chat:
    """All connections. ``auth_within_s`` and ``beat_within_s`` are the platform's patience."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients: set[Client] = set()
        self.links: set[Link] = set()
        self.auth_within_s = 5.0
        self.beat_within_s = 60.0
        self.resets_after_auth = 0
        """So many connections are reset right after they were let in."""
        self.mute_heartbeats = False
        self.open_bodies: dict[bytes, tuple[SimRoom, str]] = {}
        """Login bodies the open platform gave out, to be sent exactly so."""
        self.logins = 0

    async def serve(self, link: Link) -> None:
        """One connection from login to end."""
        self.links.add(link)
        client: Client | None = None
        try:
            frames = link.frames()
            client = await self._login(link, frames)
            if client:
                await self._beats(client, frames)
        except (ValueError, TimeoutError):
            link.abort()
        finally:
            self.links.discard(link)
            self.clients.discard(client) if client else None

    async def broadcast(self, room: SimRoom, events: list[dict[str, Any]], *, open_route: bool = False) -> None:
        """Send events to everybody in the room who speaks the web's or the open platform's language."""
        for client in list(self.clients):
            if client.room is room and bool(client.open_game) is open_route:
                with contextlib.suppress(ConnectionError):
                    await client.push(events)

    def abort_all(self) -> None:
        """Reset every connection."""
        for link in list(self.links):
            link.abort()

    async def _login(self, link: Link, frames: AsyncIterator[bytes]) -> Client | None:
        async with asyncio.timeout(self.auth_within_s):
            first = await anext(frames, b"")
        if not first:
            return None
        operation, version, body = next(codec.split(first))
        if operation != codec.AUTH:
            raise ValueError("the first packet is no login")
        client = self._admit(link, body)
        if client is None:
            await link.send(codec.packet(codec.AUTH_REPLY, b'{"code":-101}', version))
            raise ValueError("unknown token")
        self.logins += 1
        await link.send(codec.packet(codec.AUTH_REPLY, b'{"code":0}', version))
        if self.resets_after_auth > 0:
            self.resets_after_auth -= 1
            raise ValueError("reset on demand")
        self.clients.add(client)
        if client.uid == 0 and client.room.masks_guests and not client.open_game:
            notice = {"cmd": "LOG_IN_NOTICE", "data": {"notice_msg": "登录后查看昵称"}}
            await client.push([notice])
        return client

    def _admit(self, link: Link, body: bytes) -> Client | None:
        """The client, None for an unknown token; raises ValueError where the real platform just resets."""
        if body in self.open_bodies:
            open_room, game = self.open_bodies[body]
            return Client(link, open_room, 0, 2, open_game=game)
        wish = json.loads(body)
        token = self.world.tokens.get(wish.get("key", ""))
        if token is None:
            return None
        room = next((room for room in self.world.rooms if room.room_id == wish.get("roomid")), None)
        agent_fits = None in (token.user_agent, link.user_agent) or token.user_agent == link.user_agent
        if room is None or token.uid != wish.get("uid") or not agent_fits:
            raise ValueError("wrong room, uid or agent")
        if token.buvid is not None and token.buvid != wish.get("buvid"):
            raise ValueError("another browser's token")
        return Client(link, room, token.uid, int(wish.get("protover", 0)))

    async def _beats(self, client: Client, frames: AsyncIterator[bytes]) -> None:
        while True:
            async with asyncio.timeout(self.beat_within_s):
                data = await anext(frames, b"")
            if not data:
                return
            for operation, version, body in codec.split(data):
                await self._answer(client, operation, version, body)

    async def _answer(self, client: Client, operation: int, version: int, body: bytes) -> None:
        if operation == codec.HEARTBEAT and not self.mute_heartbeats:
            reply = codec.packet(codec.HEARTBEAT_REPLY, struct.pack(">I", 1), version)
            await client.link.send(reply + (body if client.link.echoes else b""))
        elif operation == codec.ACK:
            client.acks.append(json.loads(body))


class WebSocketLink:
    """A websocket client."""

    echoes = True

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request
        self.user_agent: str | None = request.headers.get("User-Agent", "")

    async def frames(self) -> AsyncIterator[bytes]:
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                yield message.data

    async def send(self, data: bytes) -> None:
        await self._socket.send_bytes(data)

    def abort(self) -> None:
        if transport := self._request.transport:
            transport.abort()


class TcpLink:
    """A raw TCP client: no echo behind the heartbeat's answer, and whatever was sent comes as a stream."""

    echoes = False
    user_agent: str | None = None

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def frames(self) -> AsyncIterator[bytes]:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await self._reader.readexactly(4)
                yield head + await self._reader.readexactly(struct.unpack(">I", head)[0] - 4)

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def abort(self) -> None:
        self._writer.transport.abort()


def websocket_handler(chat: Chat) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """``/sub``."""

    async def handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=1 << 16)
        await socket.prepare(request)
        await chat.serve(WebSocketLink(socket, request))
        return socket

    return handle


async def tcp_handler(chat: Chat, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The raw TCP port."""
    try:
        await chat.serve(TcpLink(reader, writer))
    except ConnectionError:
        pass
    finally:
        writer.close()
