"""What a thousand rooms with full windows weigh: their lines, senders, clusters and counters."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable, Iterator

from bench.row import Row
from bot.rooms import WatchedRoom
from cases.model import Mode
from cases.policy import RoomPolicy
from cases.room_memory import LINES_KEPT
from ratelimit.cluster import ClusterIndex
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
    """Fill rooms, weigh what each further room adds, and reckon for a thousand."""
    few, many = (10, 30) if quick else (40, 140)
    windows = _mib(_windows, few, many)
    whole = _mib(_rooms, few, many)
    name = f"memory of {ROOMS:,} rooms with full windows"
    return [
        Row(
            name, f"{windows:.0f} MiB", f"cap {CAP_MIB:.0f} MiB", CAP_MIB / windows, 1.0, "counters and near-duplicates"
        ),
        Row(
            f"{name} and {LINES_KEPT} lines",
            f"{whole:.0f} MiB",
            "",
            1.0,
            None,
            f"with the texts, ids and {SENDERS} senders of the room's memory",
        ),
    ]


def _mib(fill: Callable[[int], object], few: int, many: int) -> float:
    """What a thousand rooms weigh, from what each further room adds."""
    tracemalloc.start()
    try:
        light, heavy = _weight(fill, few), _weight(fill, many)
    finally:
        tracemalloc.stop()
    return (heavy - light) / (many - few) * ROOMS / 2**20


def _weight(fill: Callable[[int], object], count: int) -> int:
    """Bytes held while so many filled rooms are kept."""
    kept = fill(count)
    gc.collect()
    weight, _ = tracemalloc.get_traced_memory()
    del kept
    gc.collect()
    return weight


def _windows(count: int) -> object:
    """Counters and clusters alone, both full."""
    gauge, indices = MemoryGauge(), [ClusterIndex() for _ in range(count)]
    for number, index in enumerate(indices):
        for message, folded in _chat(number):
            if len(folded) >= 4:
                index.add(folded, message.sent_s)
            gauge.count_now([Hit(message.room, message.sender.id, int(message.sent_s * 1000))])
    return gauge, indices


def _rooms(count: int) -> object:
    """Whole watched rooms."""
    gauge, rooms = MemoryGauge(), []
    for number in range(count):
        room = WatchedRoom(room_key("bilibili", str(number)), Mode.ENFORCE, RoomPolicy(), "en", Capabilities)
        rooms.append(room)
        for message, _ in _chat(number):
            (usage,) = gauge.count_now([Hit(room.key, message.sender.id, int(message.sent_s * 1000))])
            room.judging.judge(room.judging.hear(message, message.sent_s), usage, room.policy, command=False)
    return gauge, rooms


def _chat(number: int) -> Iterator[tuple[Message, str]]:
    """Twice as many lines as are kept, over eight minutes, as a feed would bring them: every string is a new one."""
    chance, words = random.Random(number), WORDS.split("|")
    room = room_key("bilibili", str(number))
    for place in range(2 * LINES_KEPT):
        at_s = 1_800_000_000.0 + place * 0.48
        who = chance.randrange(SENDERS)
        text = "".join(chance.choice(words) for _ in range(chance.randint(2, 9)))
        yield Message(room, f"{place:032x}", Sender(f"1{who:09d}", f"viewer {who}"), text, at_s), fold(text)
