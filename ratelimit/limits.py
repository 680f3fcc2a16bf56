"""What is counted and how much of it is too much: windows, limits, hits and usage.

The three nouns of counting: *what* (here), *how* (:mod:`ratelimit.window`), *where* (the gauges).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple


class Subject(enum.Enum):
    """Whose lines a window counts."""

    SENDER = "sender"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Window:
    """A sliding window: lines of ``subject`` in the last ``span``. ``name`` is short."""

    name: str
    subject: Subject
    span: timedelta

    @property
    def span_ms(self) -> int:
        """The span in milliseconds."""
        return int(self.span / timedelta(milliseconds=1))


SENDER_BURST = Window("s10", Subject.SENDER, timedelta(seconds=10))
SENDER_SUSTAINED = Window("s60", Subject.SENDER, timedelta(seconds=60))
ROOM_TEMPO = Window("r10", Subject.ROOM, timedelta(seconds=10))

WINDOWS: tuple[Window, ...] = (SENDER_BURST, SENDER_SUSTAINED, ROOM_TEMPO)
"""The windows every line is counted in, in the order of :attr:`Usage.counts`."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``amount`` lines in ``window``; from ``look`` on the line is looked at more closely.

    ``burst`` more are forgiven on top (0: none). Reached means: this line is the ``amount + burst``-th.
    """

    window: Window
    look: int
    amount: int
    burst: int = 0

    def looked_at(self, usage: Usage) -> bool:
        """True from the ``look``-th line on."""
        return usage.counts[_POSITION[self.window.name]] >= self.look

    def reached(self, usage: Usage) -> bool:
        """True from the ``amount + burst``-th line on."""
        return usage.counts[_POSITION[self.window.name]] >= self.amount + self.burst


class Hit(NamedTuple):
    """One line to count. ``sender`` None: only the room is counted."""

    room: str
    sender: str | None
    at_ms: int


class Usage(NamedTuple):
    """A gauge's answer for one hit: how many lines each window holds, this one included.

    ``counts`` follows the order of :data:`WINDOWS`; a window that does not apply (no sender) counts 0. ``degraded``:
    shared counters could not be reached, these numbers are from this process alone.
    """

    counts: tuple[int, ...]
    degraded: bool = False

    def count(self, window: Window) -> int:
        """The number of lines in one of the :data:`WINDOWS`."""
        return self.counts[_POSITION[window.name]]


_POSITION: Mapping[str, int] = {window.name: index for index, window in enumerate(WINDOWS)}
