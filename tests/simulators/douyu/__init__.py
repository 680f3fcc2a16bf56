"""A Douyu chat server that runs on this machine: strict about log-in, group, heartbeats and frames.

It cuts its frames and reads others' with code of its own, so that a mistake of ours is not made twice.
"""

from __future__ import annotations

import asyncio
import secrets
import struct
import time
from dataclasses import dataclass, field
from typing import Self

from aiohttp import WSMsgType, web

SILENCE_S = 90.0
"""A client that does not beat for so long is dropped."""


def frame(body: str) -> bytes:
    """A body as the server sends it."""
    raw = body.encode()
    return struct.pack("<IIHH", len(raw) + 9, len(raw) + 9, 690, 0) + raw + b"\0"


def stt(**fields: object) -> str:
    """An object in Douyu's text format."""
    quoted = {key: str(value).replace("@", "@A").replace("/", "@S") for key, value in fields.items()}
    return "".join(f"{key.rstrip('_')}@={value}/" for key, value in quoted.items())


def bodies(data: bytes) -> list[str]:
    """The bodies of a client's message. Raises ValueError for what is no frame of a client."""
    found = []
    while data:
        length, again, kind, _ = struct.unpack_from("<IIHH", data)
        end = 4 + length
        if length != again or kind != 689 or end > len(data) or data[end - 1] != 0:
            raise ValueError(f"no frame of a client: {data[:40]!r}")
        found.append(data[12 : end - 1].decode())
        data = data[end:]
    return found


@dataclass(eq=False)
class Guest:
    """One connection."""

    socket: web.WebSocketResponse
    room: str = ""
    joined: bool = False
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)


class DouyuSimulator:
    """A server on loopback, for any room."""

    def __init__(self, port: int = 0) -> None:
        self.guests: list[Guest] = []
        self.refuse: list[str] = []
        """What clients did that the real server would not have, in words."""
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"ws://127.0.0.1:{self._port}/"

    def describe(self) -> dict[str, str]:
        """Addresses, for clients of other people."""
        return {"ws": self.url}

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes([web.get("/", self._socket)])
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    async def cut(self) -> None:
        """Close every connection."""
        for guest in list(self.guests):
            await guest.socket.close()

    async def say(self, room: str, uid: int, name: str, text: str, **more: object) -> str:
        """A line in a room; its id. It goes out together with somebody's entrance, in one message, as it often does."""
        line_id = secrets.token_hex(16)
        line = {"type": "chatmsg", "rid": room, "uid": uid, "nn": name, "txt": text, "cid": line_id}
        line |= {"level": 12, "col": 1, "cst": int(time.time() * 1000), "bnn": "粉丝牌", "bl": 7} | more
        await self.send(room, stt(type="uenter", rid=room, uid=1, nn="someone"), stt(**line))
        return line_id

    async def send(self, room: str, *told: str) -> None:
        """These bodies, in one message, to everybody in the room."""
        for guest in [one for one in self.guests if one.joined and one.room == room]:
            await guest.socket.send_bytes(b"".join(frame(body) for body in told))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        guest = Guest(socket)
        self.guests.append(guest)
        watching = asyncio.create_task(self._watch(guest))
        try:
            async for message in socket:
                if message.type is not WSMsgType.BINARY:
                    self.refuse.append("a message that is not binary")
                    break
                for body in bodies(message.data):
                    await self._answer(guest, body)
        except ValueError as fault:
            self.refuse.append(str(fault))
        finally:
            watching.cancel()
            self.guests.remove(guest)
        return socket

    async def _watch(self, guest: Guest) -> None:
        """Wait as long as something comes; who is silent too long is dropped."""
        try:
            while True:
                guest.heard.clear()
                async with asyncio.timeout(SILENCE_S):
                    await guest.heard.wait()
        except TimeoutError:
            await guest.socket.close()

    async def _answer(self, guest: Guest, body: str) -> None:
        guest.heard.set()
        asked = dict(part.split("@=", 1) for part in body.split("/") if part)
        guest.asked.append(asked["type"])
        match asked["type"]:
            case "loginreq" if asked["roomid"].isdigit():
                guest.room = asked["roomid"]
                tick = int(time.time() * 1000)
                login = stt(type="loginres", userid=0, roomgroup=0, pg=0, sessionid=0, username="", nickname="")
                await guest.socket.send_bytes(frame(login) + frame(stt(type="pingreq", tick=tick)))
            case "joingroup" if guest.room and asked["rid"] == guest.room and asked["gid"] == "-9999":
                guest.joined = True
            case "mrkl" if guest.room:
                await guest.socket.send_bytes(frame(stt(type="mrkl")))
            case "logout":
                await guest.socket.close()
            case _:
                self.refuse.append(body)
                await guest.socket.send_bytes(frame(stt(type="error", code=51)))
