"""The one async shell of every feed: dial, pump, watch, back off, again.

What the bytes mean is a :class:`Session`'s business, a sans-I/O value that each platform writes: bytes in, events out,
bytes to send, next deadline. What a dial needs (a token, an address) is fetched anew for every dial by the platform's
``prepare``. This file is the only one that awaits a feed's socket.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import structlog
import websockets
from websockets.asyncio.client import ClientConnection, connect

from streams.backoff import Backoff
from streams.events import Event, FeedChanged, FeedState, RoomKey
from streams.platform import Emit

log = structlog.get_logger(__name__)

Frame = bytes | str
Clock = Callable[[], float]
"""Unix seconds that never step back within one process."""

FRAME_CAP = 1 << 20
"""Largest frame accepted from a platform, in bytes; a larger one closes the connection."""


class SessionOver(Exception):
    """The session cannot go on and the connection is to be closed.

    ``reason`` is one sentence for the operator. ``for_good``: dialling again is useless until a person acts (wrong
    secret, no such room); the connection then waits at the back-off's cap and says so.
    """

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good


class Session(Protocol):
    """The sans-I/O core of one connection. Made anew for every dial."""

    def receive_data(self, data: Frame, now_s: float) -> None:
        """Take one websocket frame, or a TCP read of any size. Raises SessionOver; nothing else for hostile bytes."""

    def events_received(self) -> list[Event]:
        """The events understood since the last call, in order."""

    def data_to_send(self) -> list[Frame]:
        """What must be sent now, in order; each item is one websocket frame or one TCP write."""

    def advance(self, now_s: float) -> None:
        """Do what is due (heartbeats, watchdog). Raises SessionOver when the peer has been silent too long."""

    @property
    def next_deadline_s(self) -> float:
        """The instant ``advance`` wants to be called, at the latest."""

    @property
    def established(self) -> bool:
        """True once the platform has let us in: the next failure starts the back-off anew."""


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


class Transport(Protocol):
    """A socket, opened."""

    async def receive(self) -> Frame | None:
        """The next frame or read; None when the peer closed."""

    async def send(self, frame: Frame) -> None:
        """Hand one frame to the socket."""


Prepare = Callable[[], Awaitable[Dial]]
"""Fetches what a dial needs. Raises SessionOver or OSError when there is nothing to dial."""


class Connection:
    """Keeps one connection alive for ever and turns it into events.

    ``rooms`` answers which rooms this connection serves now, for their FeedChanged events. ``clock`` is steady Unix
    time, ``chance`` the draw for the jitter.
    """

    def __init__(
        self,
        name: str,
        prepare: Prepare,
        rooms: Callable[[], Iterable[RoomKey]],
        *,
        clock: Clock,
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.failures = 0
        self._prepare = prepare
        self._rooms = rooms
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._chance = chance
        self._wake = asyncio.Event()
        self._session: Session | None = None
        self._emit: Emit = lambda events: None

    @property
    def session(self) -> Session | None:
        """The session of the open connection, None while there is none."""
        return self._session

    def flush(self) -> None:
        """The session has something new to send: send it soon."""
        self._wake.set()

    async def run(self, emit: Emit) -> None:
        """Dial, serve, back off, again; until cancelled."""
        self._emit = emit
        while True:
            reason, for_good = await self._serve_once()
            state = FeedState.REFUSED if for_good else FeedState.CONNECTING
            self._tell(state, reason)
            self.failures = 30 if for_good else self.failures + 1
            delay = self._backoff.delay(self.failures, self._chance())
            log.warning("feed lost", connection=self.name, reason=reason, retry_s=round(delay.total_seconds(), 2))
            await asyncio.sleep(delay.total_seconds())

    async def _serve_once(self) -> tuple[str, bool]:
        """One dial from start to end; answers why it ended and whether that is for good."""
        end = ("the platform closed the connection", False)
        try:
            dial = await self._prepare()
            async with open_transport(dial) as transport:
                await self._pump(transport, dial.session)
        except* SessionOver as over:
            end = _reason(over)
        except* (OSError, TimeoutError, websockets.WebSocketException, EOFError) as fault:
            end = _reason(fault)
        finally:
            self._session = None
        return end

    async def _pump(self, transport: Transport, session: Session) -> None:
        self._session = session
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch(transport, session))
            await self._settle(transport, session)
            while (frame := await transport.receive()) is not None:
                session.receive_data(frame, self._clock())
                await self._settle(transport, session)
            watch.cancel()

    async def _watch(self, transport: Transport, session: Session) -> None:
        """The application's own watchdog: wakes at the session's deadlines and when there is something to send."""
        while True:
            wait_s = max(0.0, session.next_deadline_s - self._clock())
            try:
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()
            except TimeoutError:
                session.advance(self._clock())
            self._wake.clear()
            await self._settle(transport, session)

    async def _settle(self, transport: Transport, session: Session) -> None:
        if events := session.events_received():
            self._emit(events)
        for frame in session.data_to_send():
            await transport.send(frame)
        if session.established and self.failures >= 0:
            self.failures = 0

    def _tell(self, state: FeedState, reason: str) -> None:
        now_s = self._clock()
        self._emit([FeedChanged(room, now_s, state, reason) for room in self._rooms()])


def _reason(group: BaseException) -> tuple[str, bool]:
    """The first fault of a group as one sentence, and whether it is for good."""
    fault = group
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    if isinstance(fault, SessionOver):
        return fault.reason, fault.for_good
    return f"{type(fault).__name__}: {fault}"[:200], False


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
        open_timeout=10,
        close_timeout=2,
        ping_interval=20,
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
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port), ssl=context)
    try:
        yield StreamTransport(reader, writer)
    finally:
        writer.close()


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
