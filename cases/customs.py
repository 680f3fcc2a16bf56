"""What is usual in one room, learned from its ordinary lines: its tempo, who writes in it, what is said in it."""

from __future__ import annotations

from cases.crowd import FEW, Mix
from cases.room_memory import Line
from cases.vocabulary import Vocabulary
from ratelimit.limits import ROOM_TEMPO, SENDER_BURST, WINDOWS, Usage
from ratelimit.tempo import Tempo

_BURST, _ROOM = WINDOWS.index(SENDER_BURST), WINDOWS.index(ROOM_TEMPO)


class Customs:
    """The customs of one room. Bounded: some 17 KiB."""

    __slots__ = ("mix", "tempo", "vocabulary")

    def __init__(self) -> None:
        self.tempo = Tempo()
        self.mix = Mix()
        self.vocabulary = Vocabulary()

    def learn(self, line: Line, usage: Usage) -> None:
        """A line by a viewer that nothing was wrong with."""
        counts = usage.counts
        self.tempo.note(counts[_BURST], counts[_ROOM])
        self.mix.note(line)
        if line.earlier >= FEW and line.number & 1:  # every other line teaches enough, and costs half
            self.vocabulary.learn(line.folded)
