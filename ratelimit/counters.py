"""The counters of one room, and the loop that counts lines in them.

This is the hottest loop of the program (every line of every room passes it, even where Redis counts). Therefore the
windows of :data:`ratelimit.limits.WINDOWS` are written out in :func:`count_lines` instead of looped over, which halves the
cost; the assertions below and the contract suite keep both in step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ratelimit.limits import ROOM_TEMPO, SENDER_BURST, SENDER_SUSTAINED, WINDOWS, Hit, Usage
from ratelimit.window import epoch_of

BURST_MS, SUSTAINED_MS = SENDER_BURST.span_ms, SENDER_SUSTAINED.span_ms

assert WINDOWS == (SENDER_BURST, SENDER_SUSTAINED, ROOM_TEMPO)
assert ROOM_TEMPO.span_ms == BURST_MS
assert SUSTAINED_MS % BURST_MS == 0, "an epoch of the longer span ends only where one of the shorter ends"

RECORD = 5
"""Numbers in a record: the short epoch, long before, long running, short before, short running."""

_32_BITS = 0xFFFFFFFF
_new_usage = tuple.__new__
"""A NamedTuple's own constructor unpacks and repacks its arguments; this does not."""


class Counters:
    """One room: for both spans the running epoch's counters and those of the epoch before, and the latest instant seen,
    below which time does not step.

    ``burst`` and ``sustained`` hold a counter for each sender; ``tempo`` and ``lines`` count the whole room in the
    epochs of the one and of the other.
    """

    __slots__ = (
        "burst",
        "burst_before",
        "burst_end_ms",
        "latest_ms",
        "lines",
        "lines_before",
        "sustained",
        "sustained_before",
        "sustained_end_ms",
        "tempo",
        "tempo_before",
    )

    def __init__(self, latest_ms: int = 0) -> None:
        self.latest_ms = latest_ms
        self.burst: dict[str, int] = {}
        self.burst_before: dict[str, int] = {}
        self.burst_end_ms = BURST_MS
        self.tempo = self.tempo_before = 0
        self.lines = self.lines_before = 0
        self.sustained: dict[str, int] = {}
        self.sustained_before: dict[str, int] = {}
        self.sustained_end_ms = SUSTAINED_MS

    def turn(self, at_ms: int) -> None:
        """Begin the epochs of ``at_ms``; the running ones become those before if they ended just now."""
        begin_ms = epoch_of(at_ms, BURST_MS) * BURST_MS
        follows = begin_ms == self.burst_end_ms
        self.burst_before, self.burst = self.burst if follows else {}, {}
        self.tempo_before, self.tempo = self.tempo if follows else 0, 0
        self.burst_end_ms = begin_ms + BURST_MS
        if at_ms >= self.sustained_end_ms:
            begin_ms = epoch_of(at_ms, SUSTAINED_MS) * SUSTAINED_MS
            follows = begin_ms == self.sustained_end_ms
            self.sustained_before, self.sustained = self.sustained if follows else {}, {}
            self.lines_before, self.lines = self.lines if follows else 0, 0
            self.sustained_end_ms = begin_ms + SUSTAINED_MS

    def told(self, senders: Iterable[str]) -> list[int]:
        """The records of the room and of these senders, as the script in Redis tells them."""
        epoch = epoch_of(self.burst_end_ms, BURST_MS) - 1 & _32_BITS
        long_before, long_running = self.sustained_before.get, self.sustained.get
        short_before, short_running = self.burst_before.get, self.burst.get
        told = [epoch, self.lines_before, self.lines, self.tempo_before, self.tempo]
        for who in senders:
            told += (epoch, long_before(who, 0), long_running(who, 0), short_before(who, 0), short_running(who, 0))
        return told

    def take(self, told: Sequence[int], lines: int, senders: Mapping[str, int]) -> None:
        """Be as the script told, less these ``lines`` in all and those of each sender; the epochs must be right."""
        self.lines_before, *before = told[1::RECORD]
        self.sustained_before = {sender: count for sender, count in zip(senders, before, strict=True) if count}
        self.lines, self.sustained = _less(told[2::RECORD], lines, senders)
        self.tempo_before, *before = told[3::RECORD]
        self.burst_before = {sender: count for sender, count in zip(senders, before, strict=True) if count}
        self.tempo, self.burst = _less(told[4::RECORD], lines, senders)

    def thin(self, bound: int) -> None:
        """Let go of the smallest counters until at most half the bound are left of each span."""
        self.burst = _largest(self.burst, bound // 2)
        self.sustained = _largest(self.sustained, bound // 2)


def _less(told: Sequence[int], lines: int, senders: Mapping[str, int]) -> tuple[int, dict[str, int]]:
    running, *counts = told
    return running - lines, {sender: count - own for (sender, own), count in zip(senders.items(), counts, strict=True)}


def _largest(counters: dict[str, int], number: int) -> dict[str, int]:
    if len(counters) <= number:
        return counters
    by_size = sorted(counters.items(), key=lambda item: -item[1])
    return dict(by_size[:number])


def count_lines(batch: Sequence[Hit], rooms: Iterable[Counters], bound: int) -> list[Usage]:
    """Count every hit in order, each in the counters of its room, and answer each as of its own place.

    More than ``bound`` senders of one room within one span: the smallest counters are let go.
    """
    answers: list[Usage] = []
    answer = answers.append
    for room, (_, sender, at_ms) in zip(rooms, batch, strict=True):
        if at_ms > room.latest_ms:
            room.latest_ms = at_ms
            if at_ms >= room.burst_end_ms:
                room.turn(at_ms)
        else:
            at_ms = room.latest_ms
        left_ms = room.burst_end_ms - at_ms
        room.lines += 1
        in_room = room.tempo = room.tempo + 1
        if room.tempo_before:
            in_room += room.tempo_before * left_ms // BURST_MS
        if sender is None:
            answer(_new_usage(Usage, ((0, 0, in_room), False)))
            continue
        current = room.burst
        in_burst = current[sender] = current.get(sender, 0) + 1
        if sender in room.burst_before:
            in_burst += room.burst_before[sender] * left_ms // BURST_MS
        current = room.sustained
        in_sustained = current[sender] = current.get(sender, 0) + 1
        if in_sustained == 1 and len(current) > bound:
            room.thin(bound)
        if sender in room.sustained_before:
            in_sustained += room.sustained_before[sender] * (room.sustained_end_ms - at_ms) // SUSTAINED_MS
        answer(_new_usage(Usage, ((in_burst, in_sustained, in_room), False)))
    return answers
