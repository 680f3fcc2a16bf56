"""The whole way of a line, from a brotli frame to a written case, against the pipeline one would write in an afternoon.

Both read the same frames, count in the same Redis (each line in the same three windows), compare with the last 200 lines
of the room and write to SQLite with ``synchronous=FULL``. Decision latency is measured at offered rates besides.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
import unicodedata
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiosqlite
import redis.asyncio
from rapidfuzz import fuzz, process

from bench.bilibili import LINES_A_FRAME, decode_plainly
from bench.redis_place import local_redis
from bench.row import Row
from bench.traffic import RAID_SHARE, ROOMS, decoders, frames, room_key
from bot.intake import BATCH, Arrived, Intake
from bot.pipeline import Pipeline
from bot.recorder import Recorder
from bot.rooms import Rooms, WatchedRoom
from bot.running import calm_collector
from cases.model import Mode
from cases.policy import Decision, RoomPolicy
from cases.ports import Applied
from cases.registrar import Registrar
from cases.room_memory import Line
from commands.replies import Reply
from commands.router import Router
from ratelimit.gauge import Gauge
from ratelimit.memory_gauge import MemoryGauge
from ratelimit.redis_gauge import RedisGauge
from storage import Keys, open_storage
from streams.bilibili.session import ChatSession
from streams.events import Event, RoomKey
from streams.platform import Capabilities
from web.screen import FeedLine

GATE = 8.0
WINDOW = 200
RATES: tuple[int, ...] = (1_000, 5_000, 10_000, 20_000)
NAIVE_SCRIPT = """
local answers = {}
for place, key in ipairs(KEYS) do
    answers[place] = redis.call('INCR', key)
    if answers[place] == 1 then redis.call('PEXPIRE', key, ARGV[place]) end
end
return answers
"""


class Rig:
    """Everything between the frames and the database, without a platform."""

    def __init__(self, gauge: Gauge, storage_log: object, reader: object, keys: Keys) -> None:
        self.now_s = 1_800_000_000.0
        self.latencies: list[float] = []
        self.rooms = Rooms()
        for number in range(ROOMS):
            room = WatchedRoom(room_key(number), Mode.ENFORCE, RoomPolicy(), "zh-CN", Capabilities)
            self.rooms.add(room)
        registrar = Registrar(keys)
        router = Router(storage_log, reader, registrar, keys)  # type: ignore[arg-type]
        self.recorder = Recorder(storage_log, registrar, router, self, lambda room, ids: None)  # type: ignore[arg-type]
        self.pipeline = Pipeline(
            self.rooms, gauge, self.recorder, router, self, self, clock=self.clock, run_id=str(time.time_ns())
        )
        self.sessions = [ChatSession(decoder, b"", self.now_s) for decoder in decoders()]
        self.decided = 0
        self.real = False

    def clock(self) -> float:
        return time.time() if self.real else self.now_s

    def line_decided(self, room: RoomKey, latency_s: float) -> None:
        self.latencies.append(latency_s)

    def written(self, decisions: Iterable[Decision], code: str, now_s: float) -> None:
        self.decided += sum(1 for _ in decisions)

    def applied(self, room: WatchedRoom, applied: Applied) -> None: ...
    def replied(self, room: WatchedRoom, reply: Reply, line: Line) -> None: ...
    def refused(self, reason: str) -> None: ...
    def tidy(self, room: WatchedRoom, line: Line) -> None: ...
    def judged(self, line: FeedLine, hold_s: float | None) -> None: ...
    def hide(self, room: RoomKey, message_ids: Iterable[str]) -> None: ...
    def hide_sender(self, room: RoomKey, sender_key: str) -> None: ...
    def clear(self, room: RoomKey) -> None: ...
    def beat(self, now_s: float) -> None: ...

    def hear(self, room: int, frame: bytes) -> list[Event]:
        """What the feed understands of a frame."""
        session = self.sessions[room]
        session.receive_data(frame, self.clock())
        return session.events_received()

    async def work_through(self, load: list[tuple[int, bytes]]) -> None:
        """All of it at full speed, in batches of what waits."""
        batch: list[Arrived] = []
        for room, frame in load:
            self.now_s += LINES_A_FRAME / 2_000
            events, at_s = self.hear(room, frame), self.clock()
            batch += [Arrived(event, at_s) for event in events]
            if len(batch) + LINES_A_FRAME > BATCH:
                await self.pipeline.handle(batch)
                batch = []
        if batch:
            await self.pipeline.handle(batch)
        await self.recorder.drain()


@asynccontextmanager
async def rig(gauge: Gauge, folder: Path) -> AsyncIterator[Rig]:
    """A rig on a database of its own."""
    keys = Keys.ephemeral(b"bench")
    async with open_storage(f"sqlite:///{folder / 'bench.db'}", keys=keys) as storage:
        made = Rig(gauge, storage.log, storage.reader, keys)
        writing = asyncio.create_task(made.recorder.run())
        try:
            yield made
        finally:
            writing.cancel()
            await gauge.close()


def run(quick: bool) -> list[Row]:
    """The race, then the latencies."""
    with local_redis() as url:
        if url is None:
            return [Row("whole pipeline with Redis", "", "", None, GATE, "redis-server is not installed")]
        return asyncio.run(_all(url, quick))


async def _all(url: str, quick: bool) -> list[Row]:
    rows = [await _race(url, rounds=2 if quick else 5)]
    for rate in RATES:
        rows.append(await _latency(MemoryGauge(), rate, 1.0 if quick else 4.0, "memory"))
        gauge = RedisGauge(url, key=b"bench" * 4, clock=time.time)
        rows.append(await _latency(gauge, rate, 1.0 if quick else 4.0, "Redis"))
    return rows


async def _race(url: str, rounds: int) -> Row:
    ours, others, rows_a_decision = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "bench.db"
        gauge = RedisGauge(url, key=b"bench" * 4, clock=time.time)
        async with rig(gauge, Path(folder)) as made, Naive(url, Path(folder)) as naive:
            few = frames(20, seed=1)
            await made.work_through(frames(60, seed=99))
            calm_collector()
            await made.work_through(_renumbered(100, 99))
            for number in range(rounds):
                load, rows, decided = _renumbered(200, number), _rows(database), made.decided
                ours.append(await _seconds_a_line(made.work_through(load), len(load)))
                naive.rows_a_decision = (_rows(database) - rows) / (made.decided - decided)
                others.append(await _seconds_a_line(naive.work_through(few), len(few)))
                rows_a_decision.append(naive.rows_a_decision)
    ratio = statistics.median(other / mine for mine, other in zip(ours, others, strict=True))
    speed, other_speed = 1 / statistics.median(ours), 1 / statistics.median(others)
    note = (
        f"wall; {made.decided} lines decided; the other decides {RAID_SHARE:.0%} and writes as many rows for each "
        f"({statistics.median(rows_a_decision):.1f}), a commit a row"
    )
    return Row("whole pipeline with Redis", f"{speed:,.0f} lines/s", f"{other_speed:,.0f} lines/s", ratio, GATE, note)


def _rows(database: Path) -> int:
    """How many rows our own record holds."""
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return sum(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables)


def _renumbered(count: int, number: int) -> list[tuple[int, bytes]]:
    return frames(count, seed=1_000 + number)


async def _seconds_a_line(work: object, count: int) -> float:
    begin = time.perf_counter()
    await work  # type: ignore[misc]
    return (time.perf_counter() - begin) / (count * LINES_A_FRAME)


async def _latency(gauge: Gauge, rate: int, span_s: float, counters: str) -> Row:
    """From the frame's arrival to the verdict, at an offered rate."""
    load = frames(max(8, int(rate * span_s / LINES_A_FRAME)), seed=rate)
    with tempfile.TemporaryDirectory() as folder:
        async with rig(gauge, Path(folder)) as made:
            made.real = True
            await made.work_through(load[:1])
            made.latencies.clear()
            await _offer(made, load[1:], rate)
    cuts = statistics.quantiles(made.latencies, n=100)
    figures = f"p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms"
    return Row(f"decision latency at {rate:,} lines/s, {counters}", figures, "", 1.0, None, "decoding beside it")


async def _offer(made: Rig, load: list[tuple[int, bytes]], rate: int) -> None:
    intake = Intake(made.clock, lambda reason: None, capacity=200_000)

    async def work() -> None:
        while (batch := await intake.take()) is not None:
            await made.pipeline.handle(batch)

    worker = asyncio.create_task(work())
    begin = time.perf_counter()
    for number, (room, frame) in enumerate(load):
        due = begin + number * LINES_A_FRAME / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        intake.put(made.hear(room, frame))
    intake.close()
    await worker
    await made.recorder.drain()


class Naive:
    """Every field decoded, one awaited EVALSHA a line, a scan of the window, a commit a row."""

    def __init__(self, url: str, folder: Path) -> None:
        self._redis = redis.asyncio.from_url(url)
        self._folder = folder
        self._windows: dict[int, deque[str]] = {}
        self.rows_a_decision = 1.0

    async def __aenter__(self) -> Naive:
        self._script = await self._redis.script_load(NAIVE_SCRIPT)
        self._database = await aiosqlite.connect(self._folder / "naive.db")
        await self._database.execute("PRAGMA journal_mode=WAL")
        await self._database.execute("PRAGMA synchronous=FULL")
        await self._database.execute("CREATE TABLE cases (room INT, uid INT, text TEXT, at REAL)")
        return self

    async def __aexit__(self, *fault: object) -> None:
        await self._database.close()
        await self._redis.aclose()

    async def work_through(self, load: list[tuple[int, bytes]]) -> None:
        """One line after the other."""
        written = 0
        for done, (room, frame) in enumerate(load):
            window = self._windows.setdefault(room, deque(maxlen=WINDOW))
            for body in decode_plainly(frame):
                text = unicodedata.normalize("NFKC", body["info"][1]).casefold()
                uid = body["info"][2][0]
                keys = [f"s10:{room}:{uid}", f"s60:{room}:{uid}", f"r10:{room}"]
                await self._redis.evalsha(self._script, len(keys), *keys, 10_000, 60_000, 10_000)
                process.extractOne(text, window, scorer=fuzz.ratio, score_cutoff=80)
                window.append(text)
                while written < self.rows_a_decision * RAID_SHARE * LINES_A_FRAME * (done + 1):
                    written += 1
                    await self._database.execute("INSERT INTO cases VALUES (?, ?, ?, ?)", (room, uid, text, 0.0))
                    await self._database.commit()
