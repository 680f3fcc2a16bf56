"""A batch as the arguments of `windows.lua`, and the script's answer as usages.

Rooms are grouped, senders and texts named once a room, so that Redis does one look-up per window for all of them.
"""

from __future__ import annotations

import functools
import hashlib
import struct
from collections.abc import Callable, Iterator, Sequence

from ratelimit.limits import WINDOWS, Hit, Usage

Pseudonym = Callable[[str], bytes]
"""A sender's id as eight bytes that tell nothing about it without the key."""

LINES_AT_ONCE = 4096
"""The most lines one call may hold: names are numbered in two bytes, and Redis should not be busy for long."""

_LAST_INSTANT_MS = (1 << 52) - 1
_WINDOW_WORDS: tuple[bytes, ...] = (
    str(len(WINDOWS)).encode(),
    *(word.encode() for window in WINDOWS for word in (window.name, str(window.span_ms), window.subject.value)),
    b"*",
)


def pseudonyms(key: bytes) -> Pseudonym:
    """A keyed, memoised pseudonym function. Raises ValueError unless the key has 1 to 64 bytes."""
    if not 1 <= len(key) <= 64:
        raise ValueError(f"the pseudonym key must have 1 to 64 bytes, not {len(key)}")

    @functools.lru_cache(maxsize=1 << 16)
    def pseudonym(sender: str) -> bytes:
        return hashlib.blake2b(sender.encode("utf-8", "surrogatepass"), key=key, digest_size=8).digest()

    return pseudonym


class _Room:
    """The lines of one room within a batch."""

    __slots__ = ("places", "repeats", "senders", "words")

    def __init__(self) -> None:
        self.places: list[int] = []
        self.words: list[int] = []
        self.senders: dict[str, int] = {}
        self.repeats: dict[tuple[str, str], int] = {}


def pack(batch: Sequence[Hit], pseudonym: Pseudonym) -> tuple[list[bytes], list[int]]:
    """The script's arguments, and the place in the batch of each line it will answer, in its order."""
    arguments = list(_WINDOW_WORDS)
    order: list[int] = []
    for key, room in _group(batch).items():
        order += room.places
        arguments += (_prefix(key), b"%d" % len(room.places), _lines(room.words))
        arguments.append(b"%d" % len(room.senders))
        arguments += map(pseudonym, room.senders)
        arguments.append(b"%d" % len(room.repeats))
        arguments += [pseudonym(sender) + text.encode("utf-8", "surrogatepass") for sender, text in room.repeats]
    return arguments, order


def _group(batch: Sequence[Hit]) -> dict[str, _Room]:
    rooms: dict[str, _Room] = {}
    for place, (key, sender, text, at_ms) in enumerate(batch):
        room = rooms.get(key)
        if room is None:
            room = rooms[key] = _Room()
        room.places.append(place)
        which = which_repeat = 0
        if sender is not None:
            senders = room.senders
            which = senders.setdefault(sender, len(senders) + 1)
            if text is not None:
                repeats = room.repeats
                which_repeat = repeats.setdefault((sender, text), len(repeats) + 1)
        room.words += (at_ms, which, which_repeat)
    return rooms


@functools.lru_cache(maxsize=4096)
def _prefix(room: str) -> bytes:
    """The start of all keys of a room. The braces keep them on one slot of a cluster; a brace in a room's name would
    end the tag early, so it is written as a sequence that no name holds."""
    safe = room.replace("%", "%25").replace("{", "%7B").replace("}", "%7D")
    return f"danmod:{{{safe}}}:".encode("utf-8", "surrogatepass")


@functools.lru_cache(maxsize=512)
def _line_format(lines: int) -> struct.Struct:
    return struct.Struct(">" + "QHH" * lines)


def _lines(words: list[int]) -> bytes:
    try:
        return _line_format(len(words) // 3).pack(*words)
    except struct.error:  # an instant before 1970 or beyond all years: the nearest that can be told
        words[::3] = [min(max(at_ms, 0), _LAST_INSTANT_MS) for at_ms in words[::3]]
        return _line_format(len(words) // 3).pack(*words)


def unpack(packed: object, order: Sequence[int]) -> list[Usage]:
    """The script's answer as usages in the order of the batch. Raises ValueError when it is not what was expected."""
    if not isinstance(packed, bytes):
        raise ValueError(f"expected packed counts, got {packed!r:.80}")
    planes = list(_planes(packed, len(order)))
    usages: list[Usage] = [_NOTHING] * len(order)
    for place, counts in zip(order, zip(*planes, strict=True), strict=True):
        usages[place] = _new_usage(Usage, (counts, False))
    return usages


def _planes(packed: bytes, lines: int) -> Iterator[Sequence[int]]:
    """The counts of all lines, one window after the other."""
    start = 0
    for _ in WINDOWS:
        letter = _LETTERS.get(packed[start : start + 1])
        if letter is None:
            raise ValueError(f"expected a width of 1, 2 or 4 at byte {start} of {len(packed)}")
        end = start + 1 + lines * packed[start]
        if end > len(packed):
            raise ValueError(f"expected at least {end} bytes of counts, got {len(packed)}")
        yield struct.unpack(f"<{lines}{letter}", packed[start + 1 : end])
        start = end
    if start != len(packed):
        raise ValueError(f"expected {start} bytes of counts, got {len(packed)}")


_LETTERS = {b"\1": "B", b"\2": "H", b"\4": "I"}
_NOTHING = Usage((0,) * len(WINDOWS))
_new_usage = tuple.__new__
