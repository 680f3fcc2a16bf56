"""Counting, measured: batches against lines one by one, our gauges against `limits`, half-keys against scans.

Everything synthetic: 50 rooms, a few of them loud, heavy-tailed senders, 3 windows a line. Redis rows are wall time over TCP
(the server works beside the client), memory rows are CPU time of this process.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from rapidfuzz import fuzz, process
from redis.asyncio import Redis

from bench.row import Row, alternate, alternate_async
from ratelimit.cluster import ClusterIndex
from ratelimit.limits import WINDOWS, Hit, Subject
from ratelimit.memory_gauge import MemoryGauge
from ratelimit.redis_gauge import RedisGauge

BATCH = 512
KEY = b"bench"
SERIAL = itertools.count()
MINUTES = itertools.count()


def lines(number: int, seed: int = 1) -> list[Hit]:
    """A storm in 50 rooms, about 2,000 lines a second. Batches are as large as the pipeline takes them."""
    chance = random.Random(seed)
    at_ms = 1_700_000_000_000
    hits = []
    for _ in range(number):
        at_ms += chance.choice((0, 0, 1, 1))
        room = f"irc:#{min(int(chance.paretovariate(0.8)), 50)}"
        hits.append(Hit(room, f"u{int(chance.paretovariate(0.6)) % 5000}", at_ms))
    return hits


def run(quick: bool) -> list[Row]:
    """Every comparison; ``quick`` uses a fifth of the lines."""
    return [*memory_rows(quick), *asyncio.run(_redis_rows(quick)), *near_duplicate_rows(quick)]


def memory_rows(quick: bool) -> list[Row]:
    """Our memory gauge against `limits` in memory, per line and window."""
    try:
        from limits import parse
        from limits.aio.storage import MemoryStorage
        from limits.aio.strategies import SlidingWindowCounterRateLimiter
    except ImportError:
        return [Row("memory gauge vs limits", "", "", None, 15, "the package limits is not installed")]
    hits = lines(20_000 if quick else 100_000)
    few = hits[: len(hits) // 10]
    item = parse("1000000/10 second")

    def ours() -> float:
        gauge = MemoryGauge()
        start = time.process_time()
        for batch in _cut(hits, BATCH):
            gauge.count_now(batch)
        return (time.process_time() - start) / len(hits) / len(WINDOWS)

    def theirs(tell: bool) -> Callable[[], float]:
        async def work() -> float:
            limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
            start = time.process_time()
            for hit in few:
                await limiter.hit(item, hit.room, hit.sender or "")
                if tell:
                    await limiter.get_window_stats(item, hit.room, hit.sender or "")
            return (time.process_time() - start) / len(few)

        return lambda: asyncio.run(work())

    unit = "us CPU per line and window"
    asked = alternate(ours, theirs(tell=True))
    blind = alternate(ours, theirs(tell=False))
    return [
        _row("memory gauge vs limits sliding-window counter, count and tell", asked, 15, unit),
        _row("memory gauge vs limits sliding-window counter, hit without the count", blind, None, unit),
    ]


async def _redis_rows(quick: bool) -> list[Row]:
    if shutil.which("redis-server") is None:
        why = "redis-server is not installed"
        return [Row(_AWAITED, "", "", None, 40, why), Row(_LIMITS, "", "", None, 25, why)]
    with _redis() as url:
        return await _measure_redis(url, 10 if quick else 40)


async def _measure_redis(url: str, batches: int) -> list[Row]:
    hits = lines(BATCH * batches)
    few = hits[: 400 if batches < 20 else 1000]
    client = Redis.from_url(url)
    gauge = RedisGauge(url, clock=time.time, key=KEY, deadline=timedelta(seconds=10))

    async def ours() -> float:
        return await _batches(gauge, hits, BATCH)

    async def line_by_line() -> float:
        """The same gauge with everything it does, one line a call."""
        return await _batches(gauge, few, 1)

    rows = [
        _row(_AWAITED, await alternate_async(ours, lambda: _awaited(client, few)), 40, _WALL),
        _row(_SAME, await alternate_async(ours, line_by_line), None, _WALL),
        await _against_limits(url, few, ours),
    ]
    assert not gauge.degraded
    await gauge.close()
    await client.aclose()
    return rows


def _later(hits: Sequence[Hit]) -> list[Hit]:
    """The same people a minute later each time, so that every round finds counters of the minute before."""
    shift_ms = next(MINUTES) * 60_000
    return [Hit(room, sender, at_ms + shift_ms) for room, sender, at_ms in hits]


async def _batches(gauge: RedisGauge, hits: Sequence[Hit], size: int) -> float:
    batches = list(_cut(_later(hits), size))
    start = time.perf_counter()
    for batch in batches:
        await gauge.count(batch, f"b{next(SERIAL)}")
    return (time.perf_counter() - start) / len(hits)


_AWAITED = "Redis gauge, batches of 512 vs one awaited EVALSHA a line (same three windows)"
_SAME = "Redis gauge, batches of 512 vs the same gauge, one line a call"
_LIMITS = "Redis gauge, batches of 512 vs limits on Redis, sliding-window counter, the same three windows"

ONE_LINE = """
local counts = {}
for i = 1, #KEYS, 2 do
  local now, span = tonumber(ARGV[1]), tonumber(ARGV[(i + 3) / 2])
  local running = redis.call('INCR', KEYS[i])
  if running == 1 then
    redis.call('PEXPIRE', KEYS[i], 2 * span)
  end
  local before = tonumber(redis.call('GET', KEYS[i + 1]) or 0)
  counts[#counts + 1] = running + math.floor(before * (span - now % span) / span)
end
return counts
"""
"""What one would write by hand: a counter a key for each window and its epoch before, nothing clamped, no repeats known."""


async def _awaited(client: Redis, hits: Sequence[Hit]) -> float:
    """One EVALSHA for each line, for all of its windows, awaited on redis-py's own client: no deadline, no fallback."""
    sha = await client.script_load(ONE_LINE)
    spans = [window.span_ms for window in WINDOWS]
    hits = _later(hits)
    start = time.perf_counter()
    for room, sender, at_ms in hits:
        keys: list[str] = []
        for window, span in zip(WINDOWS, spans, strict=True):
            stem = f"{room}:{sender}:{span}" if window.subject is Subject.SENDER else f"{room}:{span}"
            keys += (f"{stem}:{at_ms // span}", f"{stem}:{at_ms // span - 1}")
        await client.evalsha(sha, len(keys), *keys, at_ms, *spans)
    return (time.perf_counter() - start) / len(hits)


async def _against_limits(url: str, few: Sequence[Hit], ours: Callable[[], Awaitable[float]]) -> Row:
    try:
        from limits import parse
        from limits.aio.storage import RedisStorage
        from limits.aio.strategies import SlidingWindowCounterRateLimiter
    except ImportError:
        return Row(_LIMITS, "", "", None, 25, "the package limits is not installed")
    limiter = SlidingWindowCounterRateLimiter(RedisStorage(f"async+{url}", implementation="redispy"))
    ten, sixty = parse("1000000/10 second"), parse("1000000/60 second")

    async def theirs() -> float:
        start = time.perf_counter()
        for room, sender, _ in few:
            await limiter.hit(ten, room, sender or "")
            await limiter.hit(sixty, room, sender or "")
            await limiter.hit(ten, room)
        return (time.perf_counter() - start) / len(few)

    return _row(_LIMITS, await alternate_async(ours, theirs), 25, _WALL)


_WALL = "us wall per line"


def near_duplicate_rows(quick: bool) -> list[Row]:
    """The index by parts against a plain scan of the window by rapidfuzz; a quarter of the lines a raid of variants."""
    texts = _raid(2_000 if quick else 10_000)
    return [_near_duplicates(window, texts) for window in (200, 1000)]


def _near_duplicates(window: int, texts: Sequence[str]) -> Row:
    few = texts[: len(texts) // 4]

    def ours() -> float:
        index = ClusterIndex(capacity=window)
        start = time.process_time()
        for text in texts:
            index.add(text, 0.0)
        return (time.process_time() - start) / len(texts)

    def scan() -> float:
        seen: deque[str] = deque(texts[-window:], maxlen=window)
        start = time.process_time()
        for text in few:
            process.extractOne(text, seen, scorer=fuzz.ratio, score_cutoff=80)
            seen.append(text)
        return (time.process_time() - start) / len(few)

    return _row(f"near-duplicates by parts vs extractOne, W={window}", alternate(ours, scan), None, "us CPU per line")


def _raid(number: int) -> list[str]:
    chance = random.Random(2)
    letters = "abcdefghijklmnopqrstuvwxyz     "
    fresh = ["".join(chance.choice(letters) for _ in range(chance.randrange(6, 40))) for _ in range(number)]
    spam = list("buy cheap viewers at our lovely shop")
    for place in range(0, number, 4):
        variant = spam.copy()
        for _ in range(3):
            variant[chance.randrange(len(variant))] = chance.choice(letters)
        fresh[place] = "".join(variant)
    return fresh


def _row(name: str, measured: tuple[float, float, float], gate: float | None, unit: str) -> Row:
    ratio, ours, other = measured
    return Row(name, f"{ours * 1e6:.2f} {unit}", f"{other * 1e6:.2f} {unit}", ratio, gate)


def _cut(hits: Sequence[Hit], size: int) -> Iterator[Sequence[Hit]]:
    return (hits[start : start + size] for start in range(0, len(hits), size))


@contextmanager
def _redis() -> Iterator[str]:
    """A redis-server of our own, for as long as the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        process = subprocess.Popen([*command, "--dir", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await_port(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait()


def _await_port(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"redis-server did not listen on port {port} within 10 s")


if __name__ == "__main__":
    for row in run(quick=False):
        print(row.name, row.ours, row.other, row.ratio and round(row.ratio, 1), row.verdict, sep=" | ")  # noqa: T201  # its output
