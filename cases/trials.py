"""How each check does in a room: what it hit since when, and whether a fresh edit of it went wrong. Pure, in memory only.

A check in shadow is asked and counted, so that one can see what it would do before it does it. A check that was edited a
moment ago and at once hits far more than it should disarms itself: it goes back to shadow, and a person decides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from cases.signals import Signals

if TYPE_CHECKING:  # the room's memory holds the trials
    from cases.room_memory import Line, RoomMemory, SenderMemory

FRESH_S = 3600.0
"""An edit is fresh for an hour …"""
FRESH_LINES = 2_000
"""… or for so many lines, whichever is over first."""
MOST_SHARE = 0.05
"""A freshly edited check that hits more than this share of the lines went wrong …"""
FEW_HITS = 2
"""… but for so few hits nothing is wrong."""
SAMPLES_KEPT = 5
SAMPLE_SPAN_S = 600.0
"""Lines that nobody reported are gone after ten minutes, here too."""
NUMBERS_KEPT = 512
"""Of so many of the latest lines is remembered that they are counted: a wave names its earlier lines again and again."""
FORGET_EVERY = 64
"""Once so many lines what is too old is dropped."""
REGULAR_LINES = 5
REGULAR_S = 300.0
"""A regular has said so many things here, and began so long ago."""


class Sample(NamedTuple):
    """One line that a check hit."""

    at_s: float
    name: str
    text: str
    regular: bool
    signals: Signals


class Disarmed(NamedTuple):
    """A check went back to shadow: it hit ``hits`` of ``lines`` after its edit."""

    check: str
    hits: int
    lines: int
    at_s: float


@dataclass(slots=True)
class Tally:
    """What one check hit here. ``since_s`` None: since the room was joined; ``edited_s`` None: it was not edited lately."""

    since_s: float | None = None
    edited_s: float | None = None
    before: int = 0
    """The room's lines until then."""
    hits: int = 0
    regulars: int = 0
    """Hits whose senders are regulars."""
    disarmed: bool = False
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=SAMPLES_KEPT))
    counted: set[int] = field(default_factory=set)

    def latest(self, now_s: float) -> list[Sample]:
        """The last lines it hit, oldest first, as far as they may still be shown."""
        self.forget(now_s)
        return list(self.samples)

    def forget(self, now_s: float) -> None:
        """Drop the lines that nobody may be shown any more."""
        while self.samples and now_s - self.samples[0].at_s > SAMPLE_SPAN_S:
            self.samples.popleft()


class Trials:
    """One room's tallies. ``lines`` are those the checks were asked about; ``on_disarm`` hears when one went wrong."""

    def __init__(self) -> None:
        self.lines = 0
        self.on_disarm: Callable[[Disarmed], None] = lambda disarmed: None
        self._tallies: dict[str, Tally] = {}

    def asked(self, at_s: float) -> None:
        """The checks are asked about one more line."""
        self.lines += 1
        if not self.lines % FORGET_EVERY:
            for tally in self._tallies.values():
                tally.forget(at_s)

    def tally(self, check: str) -> Tally:
        """What a check hit here."""
        return self._tallies.setdefault(check, Tally())

    def lines_of(self, check: str) -> int:
        """How many lines this check was asked about since its tally began."""
        return self.lines - self.tally(check).before

    def edited(self, check: str, at_s: float) -> None:
        """Its mode or a threshold of its was changed: it is counted anew, watched, and armed again."""
        self._tallies[check] = Tally(since_s=at_s, edited_s=at_s, before=self.lines)

    def disarm(self, check: str) -> None:
        """It stays in shadow until it is edited."""
        self.tally(check).disarmed = True

    def is_fresh(self, check: str, at_s: float) -> bool:
        """True while an edit of it is new."""
        edited_s = self.tally(check).edited_s
        return edited_s is not None and at_s - edited_s <= FRESH_S and self.lines_of(check) <= FRESH_LINES

    def hit(self, check: str, lines: Iterable[Line], signals: Signals, memory: RoomMemory, *, acts: bool) -> bool:
        """A check said yes about these lines. ``acts``: its mode lets something follow. False where it must not."""
        tally = self.tally(check)
        for line in _new(tally, lines):
            self._count(tally, line, signals, memory)
        if acts and not tally.disarmed and self._went_wrong(check, tally, memory.now_s):
            tally.disarmed = True
            self.on_disarm(Disarmed(check, tally.hits, self.lines_of(check), memory.now_s))
        return acts and not tally.disarmed

    def _count(self, tally: Tally, line: Line, signals: Signals, memory: RoomMemory) -> None:
        sender = line.message.sender
        regular = is_regular(memory.sender(sender.id) if sender.id else None, line.at_s)
        tally.hits += 1
        tally.regulars += regular
        tally.samples.append(Sample(line.at_s, sender.name, line.message.text, regular, signals))

    def _went_wrong(self, check: str, tally: Tally, at_s: float) -> bool:
        """Far too much, and only of a fresh edit: a check that ran well before is not disarmed by a real attack."""
        if tally.hits <= FEW_HITS or not self.is_fresh(check, at_s):
            return False
        return tally.hits > MOST_SHARE * self.lines_of(check)


def _new(tally: Tally, lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        if line.number not in tally.counted:
            tally.counted.add(line.number)
            if len(tally.counted) > 2 * NUMBERS_KEPT:
                latest = max(tally.counted)
                tally.counted = {number for number in tally.counted if number > latest - NUMBERS_KEPT}
            yield line


def is_regular(sender: SenderMemory | None, at_s: float) -> bool:
    """True for somebody who has been talking here for a while."""
    return sender is not None and sender.lines > REGULAR_LINES and at_s - sender.first_s >= REGULAR_S
