"""How fast a room's own people write, learned from its lines: what is fast differs from room to room.

A tempo is two things: how many lines within ten seconds one person of this room may well write (a quantile of what was
seen), and how many lines within ten seconds the room as a whole is used to (a mean that forgets). Both come from counters
that are kept anyway, in a few hundred bytes, and the answer depends on the lines alone.
"""

from __future__ import annotations

HIGHEST = 31
"""Counts above it are taken for it."""
LEAST_SEEN = 1_000
"""Fewer lines say nothing about quantiles."""
FORGET_AT = 8_000
"""At so many lines the old ones count half."""
STEADY = 1 / 128
"""How much one line moves the room's mean."""


class Tempo:
    """The tempo of one room."""

    __slots__ = ("_counts", "_lines", "_room")

    def __init__(self) -> None:
        self._counts = [0] * (HIGHEST + 1)
        self._lines = 0
        self._room = 0.0

    def note(self, of_sender: int, of_room: int) -> None:
        """A line that nothing was wrong with: so many lines of its sender, and of its room, in ten seconds."""
        self._counts[of_sender if of_sender < HIGHEST else HIGHEST] += 1
        self._lines += 1
        self._room += (of_room - self._room) * (STEADY if self._lines > 128 else 1 / self._lines)
        if self._lines >= FORGET_AT:
            self._counts = [count // 2 for count in self._counts]
            self._lines = sum(self._counts)

    @property
    def room(self) -> float:
        """Lines of the room in ten seconds, as usual; 0 before the first line."""
        return self._room

    def sender(self, share: float) -> int:
        """So many lines in ten seconds are not exceeded by this share of the lines; 0 while too little was seen."""
        if self._lines < LEAST_SEEN:
            return 0
        above = self._lines
        for count, lines in enumerate(self._counts):
            above -= lines
            if above <= (1.0 - share) * self._lines:
                return count
        return HIGHEST
