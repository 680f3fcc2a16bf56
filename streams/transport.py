"""Sockets, opened: websockets and plain or TLS streams behind one small protocol."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import websockets
from websockets.asyncio.client import ClientConnection, connect

from streams.session import Frame, Session

FRAME_CAP = 1 << 20
"""Largest frame accepted from a platform, in bytes after decompression; a larger one closes the connection."""

OPEN_S = 10.0
CLOSE_S = 2.0
"""Longest time to open a socket, and to part with one in good order."""


@dataclass(frozen=True, slots=True)
class Dial:
    """Where to dial and with whom to speak: the answer of a platform's ``prepare``, fresh for every attempt.

    ``url`` is ``ws://``, ``wss://``, ``tcp://host:port`` or ``tls://host:port``. ``origin`` None sends no
    Origin header.
    """

    url: str
    session: Session
    headers: Mapping[str, str] = field(default_factory=dict)
    origin: str | None = None
    user_agent: str | None = None
    subprotocols: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None
    """None: the system's trust for wss:// and tls://."""
    pings: bool = True
    """False: nothing but answers is sent on a websocket of our own accord, for a peer that ends a connection for it."""


class Transport(Protocol):
    """A socket, opened."""

    async def receive(self) -> Frame | None:
        """The next frame or read; None when the peer closed."""

    async def send(self, frame: Frame) -> None:
        """Hand one frame to the socket."""


@asynccontextmanager
async def open_transport(dial: Dial) -> AsyncIterator[Transport]:
    """Open what ``dial.url`` names, and close it in the end."""
    scheme, _, address = dial.url.partition("://")
    if scheme in ("tcp", "tls"):
        async with _open_stream(dial, address, tls=scheme == "tls") as stream:
            yield stream
        return
    async with connect(
        dial.url,
        additional_headers=dict(dial.headers),
        origin=websockets.Origin(dial.origin) if dial.origin else None,
        user_agent_header=dial.user_agent,
        subprotocols=[websockets.Subprotocol(name) for name in dial.subprotocols] or None,
        ssl=(dial.tls or True) if scheme == "wss" else None,
        max_size=FRAME_CAP,
        open_timeout=OPEN_S,
        close_timeout=CLOSE_S,
        ping_interval=20 if dial.pings else None,
        ping_timeout=20,
        proxy=None,
    ) as socket:
        yield WebSocketTransport(socket)


class WebSocketTransport:
    """A websocket as a Transport."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def receive(self) -> Frame | None:
        try:
            return await self._socket.recv()
        except websockets.ConnectionClosedOK:
            return None

    async def send(self, frame: Frame) -> None:
        await self._socket.send(frame)


@asynccontextmanager
async def _open_stream(dial: Dial, address: str, *, tls: bool) -> AsyncIterator[StreamTransport]:
    host, _, port = address.rpartition(":")
    context = (dial.tls or ssl.create_default_context()) if tls else None
    async with asyncio.timeout(OPEN_S):
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port), ssl=context)
    try:
        yield StreamTransport(reader, writer)
    finally:
        writer.close()
        try:
            async with asyncio.timeout(CLOSE_S):
                await writer.wait_closed()
        except (OSError, TimeoutError):
            writer.transport.abort()  # the peer is gone, or takes nothing any more


class StreamTransport:
    """A TCP or TLS stream as a Transport."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> Frame | None:
        return await self._reader.read(1 << 16) or None

    async def send(self, frame: Frame) -> None:
        self._writer.write(frame.encode() if isinstance(frame, str) else frame)
        await self._writer.drain()
