"""The shell of every feed against servers that freeze, cut, dribble, refuse and lie. Time is the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import struct
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from streams.backoff import Backoff
from streams.connection import BAD_FRAMES, FRAME_CAP, STEADY_S, Connection, Dial, Frame, SessionOver
from streams.events import Event, FeedChanged, FeedState, RoomKey
from tests.chaos import ChaosProxy
from tests.contracts.platforms import eventually

ROOM = RoomKey("irc:#r")
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Time:
    """A clock that moves only when a test moves it, or leaps over every sleep."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.naps: list[float] = []
        self.leap = False
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        if self.leap:
            self.now_s += seconds
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        self._sleepers.append((self.now_s + seconds, woken))
        await woken.wait()

    def advance(self, seconds: float) -> None:
        self.now_s += seconds
        for until_s, woken in self._sleepers:
            if until_s <= self.now_s:
                woken.set()


class LineSession:
    """A session of lines: ``hello`` lets us in, ``boom`` is a bug, ``over`` ends it; silence for 15 s ends it too."""

    def __init__(self, time: Time) -> None:
        self.heard: list[str] = []
        self.to_send: list[Frame] = []
        self.established = False
        self._rest = b""
        self._events: list[Event] = []
        self._last_s = time()

    def receive_data(self, data: Frame, now_s: float) -> None:
        self._last_s = now_s
        *lines, self._rest = (self._rest + (data.encode() if isinstance(data, str) else data)).split(b"\n")
        for line in lines:
            self._take(line.decode(), now_s)

    def _take(self, line: str, now_s: float) -> None:
        if line == "boom":
            raise KeyError(line)
        if line.startswith("over"):
            raise SessionOver(line, for_good=line == "over for good")
        self.established = self.established or line == "hello"
        self.heard.append(line)
        self.to_send.append(f"ack {line}\n")
        self._events.append(FeedChanged(ROOM, now_s, FeedState.LIVE, line))

    def events_received(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def data_to_send(self) -> list[Frame]:
        frames, self.to_send = self.to_send, []
        return frames

    def advance(self, now_s: float) -> None:
        if now_s >= self._last_s + 15:
            raise SessionOver("silent for 15 s")

    @property
    def next_deadline_s(self) -> float:
        return self._last_s + 15


class Rig:
    """A connection to a peer of the test's own, and everything it told."""

    def __init__(self, url: str, *, time: Time, chance: float = 1.0, backoff: Backoff | None = None) -> None:
        self.url = url
        self.time = time
        self.events: list[Event] = []
        self.sessions: list[LineSession] = []
        self.connection = Connection(
            "test",
            self._prepare,
            lambda: [ROOM],
            clock=time,
            chance=lambda: chance,
            sleep=time.sleep,
            backoff=backoff,
        )

    async def _prepare(self) -> Dial:
        self.sessions.append(LineSession(self.time))
        return Dial(self.url, self.sessions[-1])

    def emit(self, events: Sequence[Event]) -> None:
        self.events.extend(events)

    def reasons(self, state: FeedState) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, FeedChanged) and event.state is state]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Rig]:
        task = asyncio.create_task(self.connection.run(self.emit))
        try:
            yield self
            assert not task.done(), "run() ended by itself"
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert self.connection.session is None


@asynccontextmanager
async def peer(serve: Peer) -> AsyncIterator[int]:
    """A TCP server that does what ``serve`` does; yields its port."""
    tasks: set[asyncio.Task[None]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.transport.abort()
        tasks.discard(task)

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def echoing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says hello and three lines, then listens."""
    writer.write(b"hello\none\ntwo\nthree\n")
    while await reader.read(1 << 16):
        pass


async def frozen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says hello and never reads nor writes again."""
    writer.write(b"hello\n")
    await asyncio.Event().wait()


async def test_events_come_in_order_and_answers_leave_in_order() -> None:
    got = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(200):
            writer.write(f"line {number}\n".encode())
            await asyncio.sleep(0)
        while data := await reader.read(1 << 16):
            got.extend(data)

    async with peer(serve) as port, Rig(f"tcp://127.0.0.1:{port}", time=Time()).running() as rig:
        wanted = [f"line {number}" for number in range(200)]
        await eventually(lambda: rig.reasons(FeedState.LIVE) == wanted)
        await eventually(lambda: got.decode().splitlines() == [f"ack {line}" for line in wanted])


async def test_flush_sends_what_the_session_has() -> None:
    async with peer(echoing) as port, Rig(f"tcp://127.0.0.1:{port}", time=Time()).running() as rig:
        await eventually(lambda: len(rig.events) == 4)
        session = rig.connection.session
        assert session is rig.sessions[0]
        rig.sessions[0].to_send.append("more\n")
        rig.connection.flush()
        await eventually(lambda: not rig.sessions[0].to_send)


@pytest.mark.fault("F1")
async def test_a_frozen_peer_is_noticed_by_our_own_watchdog() -> None:
    time = Time()
    async with peer(frozen) as port, Rig(f"tcp://127.0.0.1:{port}", time=time).running() as rig:
        await eventually(lambda: rig.reasons(FeedState.LIVE) == ["hello"])
        time.advance(14.9)
        await asyncio.sleep(0.02)
        assert not rig.reasons(FeedState.CONNECTING)
        time.advance(0.2)
        await eventually(lambda: rig.reasons(FeedState.CONNECTING) == ["silent for 15 s"])
        time.advance(60)
        await eventually(lambda: len(rig.sessions) == 2)


@pytest.mark.fault("F1")
async def test_a_peer_that_stops_reading_cannot_hold_the_watchdog_up() -> None:
    time = Time()
    async with peer(frozen) as port, Rig(f"tcp://127.0.0.1:{port}", time=time).running() as rig:
        await eventually(lambda: rig.reasons(FeedState.LIVE) == ["hello"])
        rig.sessions[0].to_send.append("x" * (64 << 20))
        rig.connection.flush()
        await asyncio.sleep(0.02)
        time.advance(15.1)
        await eventually(lambda: rig.reasons(FeedState.CONNECTING) == ["silent for 15 s"])


@pytest.mark.fault("F2")
@pytest.mark.parametrize("cut_after", range(19))
async def test_a_reset_in_mid_line_gives_no_partial_event(cut_after: int) -> None:
    time = Time()
    tape = b"hello\none\ntwo\nthree\n"
    tapes = iter([tape[:cut_after]])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(part := next(tapes, tape))
        if part != tape:
            if b"\n" in part:
                await reader.readuntil(b"ack " + part.split(b"\n")[-2] + b"\n")
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return
        await reader.read()

    async with peer(serve) as port, Rig(f"tcp://127.0.0.1:{port}", time=time).running() as rig:
        await eventually(lambda: bool(rig.reasons(FeedState.CONNECTING)))
        whole = tape[:cut_after].decode().split("\n")[:-1]
        assert rig.reasons(FeedState.LIVE) == whole
        time.advance(60)
        await eventually(lambda: rig.reasons(FeedState.LIVE)[len(whole) :] == ["hello", "one", "two", "three"])


@pytest.mark.fault("F3")
async def test_a_dribbling_peer_gives_the_same_events() -> None:
    async with peer(echoing) as port, ChaosProxy(port) as proxy:
        proxy.dribble = True
        async with Rig(f"tcp://127.0.0.1:{proxy.port}", time=Time()).running() as rig:
            await eventually(lambda: rig.reasons(FeedState.LIVE) == ["hello", "one", "two", "three"])


@pytest.mark.fault("F4")
async def test_two_hundred_refusals_back_off_with_full_jitter_and_flat_memory() -> None:
    time = Time()
    time.leap = True
    backoff = Backoff()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with peer(refuse) as port:
        rig = Rig(f"tcp://127.0.0.1:{port}", time=time, chance=0.5, backoff=backoff)
        tracemalloc.start()
        try:
            async with rig.running():
                await eventually(lambda: rig.connection.failures >= 50, within_s=20)
                rig.events.clear()
                rig.sessions.clear()
                before, _ = tracemalloc.get_traced_memory()
                await eventually(lambda: rig.connection.failures >= 200, within_s=20)
                rig.events.clear()
                rig.sessions.clear()
                after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert after - before < 200_000
    spans = [nap for nap in time.naps if nap not in (15.0,)][:200]
    assert spans[:8] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert max(spans) == backoff.cap.total_seconds() / 2


@pytest.mark.fault("F4")
async def test_a_refusal_for_good_waits_long_and_says_so() -> None:
    time = Time()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"over for good\n")
        await reader.read()

    async with peer(refuse) as port, Rig(f"tcp://127.0.0.1:{port}", time=time, chance=0.0).running() as rig:
        await eventually(lambda: rig.reasons(FeedState.REFUSED) == ["over for good"])
        await eventually(lambda: time.naps[-1] == 30.0)


async def test_a_let_in_that_is_cut_at_once_is_a_failure_and_a_steady_one_is_not() -> None:
    time = Time()
    async with peer(echoing) as port, ChaosProxy(port) as proxy:  # noqa: SIM117 - the rig needs the proxy's port
        async with Rig(f"tcp://127.0.0.1:{proxy.port}", time=time).running() as rig:
            for failures in (1, 2, 3):
                await eventually(lambda: len(rig.reasons(FeedState.LIVE)) == 4)
                rig.events.clear()
                proxy.cut_all()
                await eventually(lambda: rig.connection.failures == failures)  # noqa: B023 - asked within its turn
                await eventually(lambda: time.naps[-1] == 2.0 ** (failures - 1))  # noqa: B023
                time.advance(60)
            await eventually(lambda: len(rig.reasons(FeedState.LIVE)) == 4)
            rig.sessions[-1]._last_s += STEADY_S
            time.advance(STEADY_S)
            rig.connection.flush()
            await eventually(lambda: rig.connection.failures == 0)


async def test_prepare_is_called_anew_for_every_dial_and_may_fail_in_any_way() -> None:
    time = Time()
    time.leap = True
    faults = itertools.chain(
        [
            OSError("no route"),
            SessionOver("no token"),
            ValueError("a bug"),
            TimeoutError(),
            ExceptionGroup("two", [KeyError("x"), SessionOver("the session's own word")]),
        ],
        itertools.repeat(SessionOver("still no token")),
    )
    calls = 0

    async def prepare() -> Dial:
        nonlocal calls
        calls += 1
        raise next(faults)

    told: list[str] = []
    connection = Connection("test", prepare, lambda: [ROOM], clock=time, sleep=time.sleep)
    task = asyncio.create_task(connection.run(lambda events: told.extend(e.reason for e in events)))  # type: ignore[union-attr]
    await eventually(lambda: calls >= 8)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert told[:6] == [
        "OSError: no route",
        "no token",
        "ValueError: a bug",
        "TimeoutError",
        "the session's own word",
        "still no token",
    ]


@pytest.mark.fault("F34")
@pytest.mark.fault("X8")
async def test_a_frame_our_decoder_fails_on_is_dropped_and_counted() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in (b"hello\n", b"boom\n", b"after\n"):
            writer.write(line)
            await writer.drain()
            await reader.read(1) if line != b"boom\n" else await asyncio.sleep(0.05)
        await reader.read()

    async with peer(serve) as port, Rig(f"tcp://127.0.0.1:{port}", time=Time()).running() as rig:
        await eventually(lambda: rig.reasons(FeedState.LIVE) == ["hello", "after"])
        assert rig.connection.dropped_frames == 1
        assert len(rig.sessions) == 1


@pytest.mark.fault("F34")
async def test_too_many_bad_frames_in_a_minute_reconnect() -> None:
    from websockets.asyncio.server import ServerConnection, serve

    async def handle(socket: ServerConnection) -> None:
        for _ in range(BAD_FRAMES + 5):
            await socket.send("boom\n")
        await socket.wait_closed()

    async with serve(handle, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with Rig(f"ws://127.0.0.1:{port}", time=Time()).running() as rig:
            await eventually(lambda: bool(rig.reasons(FeedState.CONNECTING)))
            assert rig.reasons(FeedState.CONNECTING) == [f"{BAD_FRAMES} frames within a minute could not be understood"]
            assert rig.connection.dropped_frames == BAD_FRAMES


HANDSHAKE = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n"
)


def websocket_of(*chunks: bytes) -> Peer:
    """A peer that shakes hands as a websocket server and then sends these raw bytes."""
    from websockets.utils import accept_key

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(
            line.split(": ")[1] for line in request.split("\r\n") if line.lower().startswith("sec-websocket-key")
        )
        writer.write(HANDSHAKE.format(accept_key(key)).encode())
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        await reader.read(1 << 20)
        await asyncio.sleep(0.05)

    return serve


HOSTILE = {
    "masked by the server": b"\x81\x85\0\0\0\0hello",
    "a reserved bit": b"\xc1\x05hello",
    "a length of 2^63": b"\x82\x7f" + struct.pack("!Q", 1 << 63),
    "a length over the cap": b"\x82\x7f" + struct.pack("!Q", FRAME_CAP + 1),
    "a control frame too long": b"\x89\x7e\x00\x80" + b"x" * 128,
    "a close code that must not be sent": b"\x88\x02" + struct.pack("!H", 1005),
    "a text that is no UTF-8": b"\x81\x02\xff\xfe",
    "an unknown opcode": b"\x83\x00",
    "a continuation of nothing": b"\x80\x01x",
}


@pytest.mark.fault("X11")
@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_websocket_is_left_and_dialled_again(name: str) -> None:
    time = Time()
    async with peer(websocket_of(HOSTILE[name])) as port, Rig(f"ws://127.0.0.1:{port}", time=time).running() as rig:
        await eventually(lambda: bool(rig.reasons(FeedState.CONNECTING)))
        assert rig.reasons(FeedState.CONNECTING)[0]
        assert not rig.reasons(FeedState.LIVE)
        time.advance(60)
        await eventually(lambda: len(rig.sessions) == 2)


@pytest.mark.fault("X11")
async def test_endless_fragments_and_pings_end_at_the_cap_with_flat_memory() -> None:
    fragment = b"\x02\x7e\x04\x00" + b"x" * 1024
    more = b"\x00\x7e\x04\x00" + b"x" * 1024
    ping = b"\x89\x00"
    chunks = [fragment, *[(more + ping) * 64 for _ in range(40)]]
    tracemalloc.start()
    try:
        async with peer(websocket_of(*chunks)) as port, Rig(f"ws://127.0.0.1:{port}", time=Time()).running() as rig:
            await eventually(lambda: bool(rig.reasons(FeedState.CONNECTING)), within_s=20)
            assert not rig.sessions[0].heard
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * FRAME_CAP


@pytest.mark.fault("X11")
async def test_countless_fragments_of_one_byte_are_refused_early() -> None:
    chunks = [b"\x02\x01x", *[b"\x00\x01x" * 4096 for _ in range(64)]]
    tracemalloc.start()
    try:
        async with peer(websocket_of(*chunks)) as port, Rig(f"ws://127.0.0.1:{port}", time=Time()).running() as rig:
            await eventually(lambda: bool(rig.reasons(FeedState.CONNECTING)), within_s=20)
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 24 * FRAME_CAP


async def test_cancelled_while_waiting_it_ends_at_once() -> None:
    async with peer(frozen) as port:
        rig = Rig(f"tcp://127.0.0.1:{port + 0}", time=Time())
        async with rig.running():
            await eventually(lambda: bool(rig.events))
    rig = Rig("tcp://127.0.0.1:1", time=Time())
    async with rig.running():
        await eventually(lambda: bool(rig.reasons(FeedState.CONNECTING)))
