"""What the storage costs: committing in groups against committing each case, and reading while it writes."""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.row import Row, alternate_async
from bot.running import calm_collector
from cases.history import Changes, Opened
from cases.model import BOT, CaseKind, CaseState
from cases.ports import ByCode, CaseFilter
from cases.sentence import Severity
from storage import Keys, Storage, open_storage
from storage.writer import LARGEST_GROUP
from streams.events import RoomKey

GROUP_GATE = 30.0
"""Group commit is at least this many times quicker than a commit for each case, at synchronous=FULL."""
ROOM = RoomKey("bench:room")
READS = 200


def run(quick: bool) -> list[Row]:
    """Every row. ``quick`` measures fewer cases."""
    return asyncio.run(_run(quick))


async def _run(quick: bool) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="danmod-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        async with open_storage(url, keys=Keys.ephemeral(b"bench")) as storage:
            thresholds = gc.get_threshold()
            calm_collector()  # as `danmod run` does
            try:
                return [await _group_commit(storage, quick), await _reading(storage)]
            finally:
                gc.set_threshold(*thresholds)
                gc.unfreeze()


async def _group_commit(storage: Storage, quick: bool) -> Row:
    """Case rows by many callers at once, against one caller who waits for each commit."""
    many, few, rounds = (5_000, 150, 5) if quick else (10_000, 300, 7)

    async def grouped() -> float:
        return await _seconds_each(storage, many, callers=2 * LARGEST_GROUP)

    async def single() -> float:
        return await _seconds_each(storage, few, callers=1)

    ratio, ours, other = await alternate_async(grouped, single, rounds)
    return Row(
        name="group commit, case rows with their history, SQLite, synchronous=FULL",
        ours=f"{1 / ours:,.0f} cases/s",
        other=f"{1 / other:,.0f} cases/s with a commit each",
        ratio=ratio,
        gate=GROUP_GATE,
    )


async def _reading(storage: Storage) -> Row:
    """The last twenty cases of a room, calm and while groups are committed: information, no gate."""
    calm = await _read_latency(storage)
    writing = asyncio.create_task(_seconds_each(storage, 1_000_000, callers=20))
    try:
        busy = await _read_latency(storage)
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    return Row(
        name="reading the last 20 cases of a room, median and 99th percentile",
        ours=f"{calm[0] * 1e3:.1f} / {calm[1] * 1e3:.1f} ms calm",
        other=f"{busy[0] * 1e3:.1f} / {busy[1] * 1e3:.1f} ms while writing",
        ratio=busy[0] / calm[0],
        gate=None,
    )


async def _seconds_each(storage: Storage, cases: int, callers: int) -> float:
    """The wall time a case takes when so many callers each wait for their own."""
    left = iter(range(cases))

    async def caller() -> None:
        for _ in left:
            await storage.log.apply(ByCode(""), _open)

    start = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return (time.perf_counter() - start) / cases


def _open(state: CaseState | None, fresh: str) -> Changes:
    entry = Opened(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        by=BOT,
        code=fresh,
        room=ROOM,
        kind=CaseKind.AUTOMATIC,
        episode=fresh,
        category="flood",
        rule="R1",
        severity=Severity.MINOR,
        dry_run=False,
    )
    return Changes(entries=(entry,))


async def _read_latency(storage: Storage) -> tuple[float, float]:
    spans = []
    for _ in range(READS):
        start = time.perf_counter()
        await storage.reader.cases(CaseFilter(room=ROOM, limit=20))
        spans.append(time.perf_counter() - start)
    spans.sort()
    return statistics.median(spans), spans[int(len(spans) * 0.99)]
