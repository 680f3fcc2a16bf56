"""The text stage of one line, folding it and finding its cluster, against one scan of the latest 200 lines.

The lines are a room's chat (`bench.traffic.chat`), different ones in every round, so that memos hit as often as they do in
a room: what a crowd repeats, and nothing else.
"""

from __future__ import annotations

import gc
import itertools
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator

from rapidfuzz import fuzz, process

from bench.row import Row, alternate
from bench.traffic import chat
from ratelimit.cluster import ClusterIndex
from ratelimit.fold import fold
from ratelimit.likeness import likeness

WINDOW = 200
SHARE_OF_A_SCAN = 0.6
FLATNESS = 1.3
ROOM_KIB = 180.0


def run(quick: bool) -> list[Row]:
    """The price of a line, how it grows with what is remembered, and what a full room weighs."""
    lines, rounds = (4_000, 5) if quick else (8_000, 9)
    texts = _fresh(lines)
    return [_price(texts, rounds), _growth(texts, rounds), _weight()]


def _fresh(count: int) -> Iterator[list[str]]:
    """Another part of the chat each time."""
    return (chat(count, seed) for seed in itertools.count(1))


def _price(texts: Iterator[list[str]], rounds: int) -> Row:
    """Both work through the same lines in turn."""
    ours, scan = _stage(WINDOW), _scan()
    waiting: list[list[str]] = []

    def mine() -> float:
        waiting.append(next(texts))
        return _cpu_s(ours, waiting[-1])

    ratio, own_s, scan_s = alternate(mine, lambda: _cpu_s(scan, waiting[-1]), rounds)
    return Row(
        "fold and cluster of a line", f"{own_s * 1e6:.1f} us", f"scan {scan_s * 1e6:.1f} us", 1 / ratio, None,
        f"against one extractOne over the latest {WINDOW} lines", SHARE_OF_A_SCAN,
    )  # fmt: skip


def _growth(texts: Iterator[list[str]], rounds: int) -> Row:
    few, many = _stage(50), _stage(1_000)
    ratio, small_s, large_s = alternate(lambda: _cpu_s(few, next(texts)), lambda: _cpu_s(many, next(texts)), rounds)
    return Row(
        "fold and cluster, 1,000 texts known", f"{large_s * 1e6:.1f} us", f"50 known {small_s * 1e6:.1f} us", ratio, None,
        "how many times dearer", FLATNESS,
    )  # fmt: skip


def _weight() -> Row:
    """What a room's index holds when it is full of different texts, memos (the process's) apart."""
    folded = list(dict.fromkeys(map(fold, chat(30 * WINDOW, seed=0))))
    for text in folded:
        likeness(text)
    tracemalloc.start()
    try:
        index = ClusterIndex(capacity=WINDOW)
        for number, text in enumerate(folded):
            index.add(text, 1e9 + number)
        gc.collect()
        kib = tracemalloc.get_traced_memory()[0] / 1024
    finally:
        tracemalloc.stop()
    return Row(
        f"near-identical lines of a full room ({WINDOW} texts)", f"{kib:.0f} KiB", f"cap {ROOM_KIB:.0f} KiB",
        kib / ROOM_KIB, None, "tracemalloc", 1.0,
    )  # fmt: skip


def _stage(capacity: int) -> Callable[[str], object]:
    index, clock_s = ClusterIndex(capacity=capacity), itertools.count(0.0, 0.1)

    def stage(text: str) -> object:
        folded = fold(text)
        return index.add(folded, next(clock_s)) if len(folded) >= 4 else None

    return stage


def _scan() -> Callable[[str], object]:
    window: deque[str] = deque(maxlen=WINDOW)

    def scan(text: str) -> object:
        found = process.extractOne(text, window, scorer=fuzz.ratio, score_cutoff=80)
        window.append(text)
        return found

    return scan


def _cpu_s(work: Callable[[str], object], texts: list[str]) -> float:
    """The CPU time of one line."""
    start = time.process_time()
    for text in texts:
        work(text)
    return (time.process_time() - start) / len(texts)
