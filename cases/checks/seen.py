"""What a check looks at, and what it answers with.

A check sees one line with its usage, its sender's and its room's memory, and the room's thresholds. It never acts: what
follows from findings is the policy's business.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import msgspec

from cases.contacts import Contact, contact_in
from cases.customs import Customs
from cases.room_memory import Line, RoomMemory, SenderMemory
from cases.rules import Rule
from cases.signals import Signals, told
from ratelimit.echoes import Echo
from ratelimit.limits import SENDER_BURST, SENDER_SUSTAINED, Limit, Usage


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How much of what is too much, per room. Spans are timedeltas; similarities are rapidfuzz ratios from 0 to 100."""

    burst: Limit = Limit(SENDER_BURST, look=6, amount=8)
    sustained: Limit = Limit(SENDER_SUSTAINED, look=15, amount=20)
    newcomer_span: timedelta = timedelta(seconds=16)
    repeats: int = 4
    repeat_span: timedelta = timedelta(seconds=25)
    repeat_span_busy: timedelta = timedelta(seconds=20)
    near_similarity: float = 75.0
    shortest_compared: int = 4
    inside_length: int = 300
    inside_share: float = 0.12
    wave_span: timedelta = timedelta(minutes=10)
    wave_senders: int = 2
    wave_mute_senders: int = 4
    wave_length: int = 5
    wave_points: float = 4.0
    wave_mute_points: float = 8.0
    chorus_senders: int = 3
    going_on_after: timedelta = timedelta(seconds=2)
    going_on_lines: int = 7
    going_on_fast: int = 4
    allowed: tuple[str, ...] = ()
    """Hosts whose links are welcome in this room: the streamer's own, and the sponsors'."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What a check may look at. (A struct, as there is one for every line: a frozen dataclass costs eight times as much.)

    ``sender`` is None for somebody the platform hides; ``plain`` marks a command or a canned phrase, which may be as alike
    as it likes; ``exempt`` a line of staff, of a bot or of ourselves, which is counted and never judged. ``customs`` is
    what is usual here; ``echo`` where else the text was said, None where nobody asked.
    """

    line: Line
    usage: Usage
    memory: RoomMemory
    sender: SenderMemory | None
    thresholds: Thresholds
    plain: bool = False
    exempt: bool = False
    customs: Customs = msgspec.field(default_factory=Customs)
    echo: Echo | None = None


class Weight(enum.IntEnum):
    """How much may follow from a finding."""

    HOLD = 0
    """The line is kept off the overlay, quietly: enough doubt to wait, nobody's fault."""
    MILD = 1
    """A fault: hidden, with one reminder. Going on after that climbs the ladder."""
    GRAVE = 2
    """Moderate from the start: taken off, and the sender muted by the ladder."""


class CheckMode(enum.StrEnum):
    """How far a check may go in a room, least first."""

    OFF = "off"
    SHADOW = "shadow"
    """Asked and counted; nothing follows."""
    HIDE = "hide"
    """Whatever it finds is kept off, quietly; nobody is reminded or muted."""
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True)
class Finding:
    """A check's yes: which check, which rule, why, and the lines it is about.

    ``signals`` are what was seen, by name and value: first what happened, then counters, limits and grounds. Each name has
    a text in every language (`cases/texts/*/checks.toml`). ``lines`` holds more than the line looked at when earlier
    lines are found with it (a wave). ``weight``: how much may follow from it.
    """

    check: str
    rule: Rule
    signals: Signals
    lines: tuple[Line, ...]
    cluster: str | None = None
    weight: Weight = Weight.MILD

    @property
    def words(self) -> str:
        """The signals in English, as the record keeps them."""
        return told(self.signals)


@dataclass(frozen=True, slots=True)
class Check:
    """One question the program asks of a line. ``mode`` is how far it goes where the room says nothing; ``reads`` names
    the thresholds it depends on, empty: any of them may matter. Who changes one of these edits the check. ``made_of`` tells
    what a check that a room's people set up is made of (a digest will do): another one is an edit, too."""

    name: str
    ask: Callable[[Seen], Finding | None]
    mode: CheckMode = CheckMode.ENFORCE
    reads: tuple[str, ...] = ()
    made_of: str = ""


@lru_cache(maxsize=512)
def contact_of(text: str, allowed: tuple[str, ...]) -> Contact | None:
    """What `contact_in` says; several ask it of one line."""
    return contact_in(text, allowed)


def comparable(seen: Seen) -> bool:
    """True for a line long enough to be compared: three folded characters or fewer are never found for being alike."""
    return len(seen.line.folded) >= seen.thresholds.shortest_compared


def by_sender(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines of people whose id is known, by that id; copies from other rooms are left out."""
    senders: dict[str, list[Line]] = {}
    for line in lines:
        if line.message.sender.id is not None and not line.message.mirrored:
            senders.setdefault(line.message.sender.id, []).append(line)
    return senders


def only_this(memory: RoomMemory, sender_id: str, own: list[Line]) -> bool:
    """True for somebody, no staff, who said nothing here but these lines."""
    sender = memory.sender(sender_id)
    return sender is not None and sender.lines <= len(own) and not memory.is_exempt(sender.sender)


def seconds(span: timedelta) -> str:
    """A span as it stands in a signal: the number of its seconds."""
    return f"{span.total_seconds():g}"
