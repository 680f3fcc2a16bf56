"""What a thousand rooms with full windows weigh: their lines, senders, clusters and counters."""

from __future__ import annotations

import gc
import random
import tracemalloc

from bench.row import Row
from bot.rooms import WatchedRoom
from cases.model import Mode
from cases.policy import RoomPolicy
from cases.room_memory import LINES_KEPT
from ratelimit.fold import fold
from ratelimit.limits import Hit
from ratelimit.memory_gauge import MemoryGauge
from streams.events import Message, Sender, room_key
from streams.platform import Capabilities

ROOMS = 1_000
CAP_MIB = 200.0
SENDERS = 120
WORDS = "主播|今天|真的|好|强|这|波|操作|可以|下|把|再|来|晚上|吃|什么|加油|好听|第一次|看|画质|卡|了|声音|小|大"


def run(quick: bool) -> list[Row]:
    """Fill a sample of rooms, weigh them, and reckon for a thousand."""
    sample = 20 if quick else 100
    for number in range(40_000):
        fold(f"warm {number}")  # the memo of folding is one for all rooms and full in a long-running danmod
    gc.collect()
    tracemalloc.start()
    try:
        rooms, gauge = _filled(sample)
        gc.collect()
        weight, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    mib = weight / sample * ROOMS / 2**20
    note = (
        f"{LINES_KEPT} lines, {SENDERS} senders a room; {weight / sample / 1024:.0f} KiB a room, {len(rooms)} weighed"
    )
    ours = f"{mib:.0f} MiB"
    assert gauge is not None
    return [
        Row(f"memory of {ROOMS:,} rooms with full windows", ours, f"cap {CAP_MIB:.0f} MiB", CAP_MIB / mib, 1.0, note)
    ]


def _filled(count: int) -> tuple[list[WatchedRoom], MemoryGauge]:
    gauge = MemoryGauge()
    rooms = []
    for number in range(count):
        room = WatchedRoom(room_key("bilibili", str(number)), Mode.ENFORCE, RoomPolicy(), "en", Capabilities)
        _fill(room, gauge, random.Random(number))
        rooms.append(room)
    return rooms, gauge


def _fill(room: WatchedRoom, gauge: MemoryGauge, chance: random.Random) -> None:
    """Twice as many lines as are kept, over eight minutes, as a feed would bring them: every string is a new one."""
    words = WORDS.split("|")
    for place in range(2 * LINES_KEPT):
        at_s = 1_800_000_000.0 + place * 0.48
        number = chance.randrange(SENDERS)
        sender = Sender(f"1{number:09d}", f"viewer {number}")
        text = "".join(chance.choice(words) for _ in range(chance.randint(2, 9)))
        message = Message(room.key, f"{place:032x}", sender, text, at_s)
        folded = fold(text)
        line = room.memory.add(message, folded, at_s)
        if len(folded) >= 4:
            room.memory.cluster(line, room.clusters.add(folded, at_s).id)
        gauge.count_now([Hit(room.key, sender.id, int(at_s * 1000))])
