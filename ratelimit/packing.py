"""A batch as the arguments of `windows.lua`, and the script's answer as usages.

Each sender is sent once with the number of its lines, and the script answers what the counters were before; counting on
from there is the same loop as in memory, so both gauges answer alike. A batch is cut into stretches: the lines of one room
within one epoch of every window, however the room's clock in Redis may clamp them.
"""

from __future__ import annotations

import functools
import hashlib
import struct
from collections.abc import Callable, Sequence

import msgspec

from ratelimit.counters import BURST_MS, SUSTAINED_MS, Counters
from ratelimit.limits import Hit

Pseudonym = Callable[[str], bytes]
"""A sender's id as eight bytes that tell nothing about it without the key."""

LINES_AT_ONCE = 2048
"""The most lines one call may hold: Lua's stack is limited, and Redis should not be busy for long."""

_ROOM_FIELD = b"-" * 65
"""Too long for Redis's packed encoding of small hashes, in which every look-up is a walk over all fields."""

_SPANS: tuple[bytes, ...] = (b"2", b"%d" % BURST_MS, b"%d" % SUSTAINED_MS)


def pseudonyms(key: bytes) -> Pseudonym:
    """A keyed, memoised pseudonym function. Raises ValueError unless the key has 1 to 64 bytes."""
    if not 1 <= len(key) <= 64:
        raise ValueError(f"the pseudonym key must have 1 to 64 bytes, not {len(key)}")

    @functools.lru_cache(maxsize=1 << 16)
    def pseudonym(sender: str) -> bytes:
        return hashlib.blake2b(sender.encode("utf-8", "surrogatepass"), key=key, digest_size=8).digest()

    return pseudonym


class Stretch:
    """Lines of one room in one epoch of every window: how many, by whom, and the latest instant."""

    __slots__ = ("counters", "end_ms", "latest_ms", "lines", "room", "senders")

    def __init__(self, room: str, at_ms: int) -> None:
        self.room = room
        self.latest_ms = max(at_ms, 0)
        self.end_ms = self.latest_ms - self.latest_ms % BURST_MS + BURST_MS
        self.lines = 0
        self.senders: dict[str, int] = {}
        self.counters = _NONE

    def begin(self, told: Sequence[int]) -> None:
        """Make the counters as the script told them to have been before this stretch."""
        self.counters = Counters()
        self.counters.turn(max(told[0], self.latest_ms))
        self.counters.take(told, self.senders)


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
    """Make every stretch's counters as they were told. Raises ValueError when that is not what was asked for."""
    expected = sum(1 + 4 * (len(stretch.senders) + 1) for stretch in stretches)
    if len(told) != expected:
        raise ValueError(f"expected {expected} counts, got {len(told)}")
    start = 0
    for stretch in stretches:
        end = start + 1 + 4 * (len(stretch.senders) + 1)
        stretch.begin(told[start:end])
        start = end


def unpack(answer: object) -> list[int]:
    """The numbers the script told. Raises ValueError when they are none."""
    if not isinstance(answer, bytes):
        raise ValueError(f"expected counts, got {answer!r:.80}")
    try:
        return _decoder.decode(answer)
    except msgspec.MsgspecError as fault:
        raise ValueError(f"expected counts, got {answer!r:.80}") from fault


_decoder = msgspec.json.Decoder(list[int])
