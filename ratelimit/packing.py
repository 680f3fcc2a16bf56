"""A batch as the arguments of `windows.lua`, and the script's answer as usages.

Each sender is sent once with the number of its lines, and the script answers what the counters then are. Counting again
from where they were before is the same loop as in memory, so both gauges answer alike. A batch is cut into stretches: the
lines of one room within one epoch of every window, also where the room's clock in Redis clamps them.
"""

from __future__ import annotations

import functools
import hashlib
import struct
from collections.abc import Callable, Sequence

from ratelimit.counters import BURST_MS, RECORD, SUSTAINED_MS, Counters
from ratelimit.limits import Hit

Pseudonym = Callable[[str], bytes]
"""A sender's id as eight bytes that tell nothing about it without the key."""

LINES_AT_ONCE = 2048
"""The most lines one call may hold: Lua's stack is limited, and Redis should not be busy for long."""

_ROOM_FIELD = b"-" * 65
"""Too long for Redis's packed encoding of small hashes, in which every look-up is a walk over all fields."""

_SPANS: tuple[bytes, ...] = (b"%d" % BURST_MS, b"%d" % SUSTAINED_MS)


def pseudonyms(key: bytes) -> Pseudonym:
    """A keyed, memoised pseudonym function. Raises ValueError unless the key has 1 to 64 bytes."""
    if not 1 <= len(key) <= 64:
        raise ValueError(f"the pseudonym key must have 1 to 64 bytes, not {len(key)}")

    @functools.lru_cache(maxsize=1 << 16)
    def pseudonym(sender: str) -> bytes:
        return hashlib.blake2b(sender.encode("utf-8", "surrogatepass"), key=key, digest_size=8).digest()

    return pseudonym


class Stretch:
    """Lines of one room in one epoch of every window: how many, by whom, and the latest instant.

    ``counters`` are those its lines are counted in, once :meth:`begin` has made them.
    """

    __slots__ = ("counters", "end_ms", "latest_ms", "lines", "room", "senders")

    def __init__(self, room: str, at_ms: int) -> None:
        self.room = room
        self.latest_ms = max(at_ms, 0)
        self.end_ms = self.latest_ms - self.latest_ms % BURST_MS + BURST_MS
        self.lines = 0
        self.senders: dict[str, int] = {}
        self.counters = _NONE

    @property
    def size(self) -> int:
        """How many numbers the script tells of it: the clock in two, and the records."""
        return 2 + RECORD * (len(self.senders) + 1)

    def begin(self, told: Sequence[int]) -> None:
        """Make the counters as they were before this stretch, of what the script told."""
        clock_ms = told[0] << 32 | told[1]
        self.counters = Counters(clock_ms)
        self.counters.turn(max(clock_ms, self.latest_ms))
        self.counters.take(told[2:], self.lines, self.senders)


_NONE = Counters()


def cut(batch: Sequence[Hit]) -> tuple[list[Stretch], list[Stretch]]:
    """The stretches of a batch in the order they begin, and the stretch of each line."""
    stretches: list[Stretch] = []
    of_line: list[Stretch] = []
    latest: dict[str, Stretch] = {}
    for room, sender, at_ms in batch:
        stretch = latest.get(room)
        if stretch is None or at_ms >= stretch.end_ms:
            stretch = latest[room] = Stretch(room, at_ms)
            stretches.append(stretch)
        elif at_ms > stretch.latest_ms:
            stretch.latest_ms = at_ms
        stretch.lines += 1
        if sender is not None:
            senders = stretch.senders
            senders[sender] = senders.get(sender, 0) + 1
        of_line.append(stretch)
    return stretches, of_line


def pack(stretches: Sequence[Stretch], pseudonym: Pseudonym) -> list[bytes]:
    """The script's arguments."""
    arguments = list(_SPANS)
    for stretch in stretches:
        senders = stretch.senders
        lines = _counts_format(len(senders) + 1).pack(stretch.lines, *senders.values())
        arguments += (_prefix(stretch.room), b"%d" % stretch.latest_ms, lines, _ROOM_FIELD)
        arguments += map(pseudonym, senders)
    return arguments


@functools.lru_cache(maxsize=LINES_AT_ONCE + 1)
def _counts_format(fields: int) -> struct.Struct:
    return struct.Struct(f">{fields}H")


@functools.lru_cache(maxsize=4096)
def _prefix(room: str) -> bytes:
    """The start of all keys of a room. The braces keep them on one slot of a cluster; a brace in a room's name would
    end the tag early, so it is written as a sequence that no name holds."""
    safe = room.replace("%", "%25").replace("{", "%7B").replace("}", "%7D")
    return f"danmod:{{{safe}}}:".encode("utf-8", "surrogatepass")


def begin(stretches: Sequence[Stretch], told: Sequence[int]) -> None:
    """Make every stretch's counters as they were before it. Raises ValueError when that is not what was asked for."""
    expected = sum(stretch.size for stretch in stretches)
    if len(told) != expected:
        raise ValueError(f"expected {expected} numbers, got {len(told)}")
    start = 0
    for stretch in stretches:
        stretch.begin(told[start : start + stretch.size])
        start += stretch.size


def unpack(answer: object) -> list[int]:
    """The numbers the script told. Raises ValueError when they are none."""
    if not isinstance(answer, bytes) or len(answer) % 4:
        raise ValueError(f"expected numbers of 4 bytes, got {answer!r:.80}")
    return list(struct.unpack(f">{len(answer) // 4}I", answer))
