"""A nuke (清场): one text cleared out of a room by a moderator, with what comes after it for a while. Pure.

A text is found where it stands in a line, or where the line is nearly it, under the fold: evasions do not help. Staff and
bots are never hit, nor are commands: a report may quote what it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, Protocol

import re2  # type: ignore[import-untyped]
from rapidfuzz import fuzz

from cases.policy import Decision
from cases.room_memory import Line, RoomMemory
from cases.rules import R0
from cases.sentence import Measure, Severity, sentence
from cases.signals import told
from ratelimit.fold import fold
from streams.events import Sender

NAME = "nuke"
"""Stands among the checks of what was hit afterwards."""
PREFIX = "nuke:"
"""So the episodes of nukes begin."""
LINGERS = timedelta(minutes=5)
"""Late copies are treated likewise for so long."""
LONGEST_BACK = timedelta(minutes=10)
"""No line is remembered for longer."""
SHORTEST = 2
"""A text of fewer folded characters hits nearly everything."""
NEARLY_FROM = 8
"""From so many folded characters on, a line may be nearly the text."""
ALIKE, WITHIN = 88.0, 90.0
"""Rapidfuzz ratios: how near a whole line has to be, and how near the part of a longer one."""
BROAD_SHARE = 0.5
BROAD_FROM = 4
"""Among fewer viewers than this no share means anything."""
LONGEST_PATTERN = 100
KNOWN_S = 600.0
"""Who began to write here ten minutes ago, and wrote more than once, is known here."""

_OPTIONS = re2.Options()
_OPTIONS.max_mem = 1 << 20
_OPTIONS.log_errors = False
_OPTIONS.case_sensitive = False


class Unfit(Exception):
    """Not a text to clear a room of; the argument is the key of the hint."""


class Needle(Protocol):
    """What a line is held against."""

    @property
    def length(self) -> int:
        """Folded characters it is made of."""

    def hits(self, line: Line) -> bool:
        """True for a line of it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text, folded."""

    folded: str

    @property
    def length(self) -> int:
        return len(self.folded)

    def hits(self, line: Line) -> bool:
        if self.folded in line.folded:
            return True
        if self.length < NEARLY_FROM or len(line.folded) < NEARLY_FROM:
            return False
        if fuzz.ratio(self.folded, line.folded, score_cutoff=ALIKE) > 0:
            return True
        return len(line.folded) > self.length and fuzz.partial_ratio(self.folded, line.folded, score_cutoff=WITHIN) > 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A simple pattern, asked of the line as it was written and as it is folded."""

    words: str
    _compiled: object = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        try:
            compiled = re2.compile(self.words, _OPTIONS)
        except re2.error:
            raise Unfit("nuke_pattern") from None
        if len(self.words) > LONGEST_PATTERN or compiled.search("") is not None:
            raise Unfit("nuke_pattern")
        object.__setattr__(self, "_compiled", compiled)

    @property
    def length(self) -> int:
        return len(self.words)

    def hits(self, line: Line) -> bool:
        search: Callable[[str], object] = self._compiled.search  # type: ignore[attr-defined]  # re2 tells no types
        return search(line.message.text) is not None or search(line.folded) is not None


def needle(text: str) -> Needle:
    """What somebody typed: ``/pattern/`` or a text. Raises Unfit: ``nuke_empty``, ``nuke_pattern``."""
    tidy = text.strip()
    if len(tidy) > 2 and tidy.startswith("/") and tidy.endswith("/"):
        return Pattern(tidy[1:-1])
    folded = fold(tidy)
    if not folded:
        raise Unfit("nuke_empty")
    return Text(folded)


class Hits(NamedTuple):
    """What a text hits among a room's recent lines: the lines with their senders' ids, oldest first, and of those people
    how many are known here. ``of`` is how many viewers wrote in that time."""

    lines: tuple[Line, ...]
    viewers: int
    known: int
    of: int
    of_known: int

    def people(self) -> dict[str, tuple[Sender, list[Line]]]:
        """The hit people by id, each with the own lines."""
        found: dict[str, tuple[Sender, list[Line]]] = {}
        for line in self.lines:
            sender = line.message.sender
            found.setdefault(sender.id or "", (sender, []))[1].append(line)
        return found


def hits(what: Needle, memory: RoomMemory, since_s: float, is_command: Callable[[str], bool]) -> Hits:
    """Hold a text against the viewers' lines since an instant."""
    lines = [line for line in memory.since_s(since_s) if _may_be_hit(line, memory, is_command)]
    direct = [line for line in lines if what.hits(line)]
    clusters = {line.cluster for line in direct if line.cluster is not None and what.length >= NEARLY_FROM}
    found = tuple(line for line in lines if line in direct or line.cluster in clusters) if clusters else tuple(direct)
    everybody, struck = _ids(lines), _ids(found)
    known = {who for who in everybody if _is_known(memory, who, memory.now_s)}
    return Hits(found, len(struck), len(struck & known), len(everybody), len(known))


def is_too_broad(found: Hits, what: Needle) -> bool:
    """True where more than half of the room would be hit.

    Half of the people known here; where hardly anybody is, half of everybody. A whole text of some length that a crowd
    pushes is not broad, however many they are.
    """
    if found.of_known >= BROAD_FROM:
        return found.known > BROAD_SHARE * found.of_known
    if found.of < BROAD_FROM or found.viewers <= BROAD_SHARE * found.of:
        return False
    return what.length < NEARLY_FROM or any(2 * what.length < len(line.folded) for line in found.lines)


def _may_be_hit(line: Line, memory: RoomMemory, is_command: Callable[[str], bool]) -> bool:
    message = line.message
    if message.sender.id is None or message.mirrored or memory.is_exempt(message.sender):
        return False
    return not is_command(message.text)


def _ids(lines: Iterable[Line]) -> set[str]:
    return {line.message.sender.id or "" for line in lines}


def _is_known(memory: RoomMemory, sender_id: str, now_s: float) -> bool:
    sender = memory.sender(sender_id)
    return sender is not None and sender.lines > 1 and now_s - sender.first_s >= KNOWN_S


# -- what comes afterwards ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Nuke:
    """One that was carried out: what, how, and until when late copies are treated likewise (Unix seconds).

    ``codes`` are its cases, ``message_ids`` the lines it hit, late ones too.
    """

    id: str
    what: Needle
    measure: Measure
    span: timedelta | None
    until_s: float
    codes: tuple[str, ...] = ()
    message_ids: list[str] = field(default_factory=list)

    @property
    def episode(self) -> str:
        """The episode that late copies join."""
        return f"{PREFIX}{self.id}"


class Nukes:
    """The nukes of one room whose late copies are still looked for, and those that may still be taken back."""

    KEPT = 20

    def __init__(self) -> None:
        self._nukes: list[Nuke] = []

    def add(self, nuke: Nuke) -> None:
        """From now on."""
        self._nukes.append(nuke)
        del self._nukes[: -self.KEPT]

    def end(self, code: str) -> Sequence[str]:
        """The case was taken back: nothing more is hit. Answers the ids of the lines it had hit."""
        ended = [nuke for nuke in self._nukes if code in nuke.codes]
        self._nukes = [nuke for nuke in self._nukes if code not in nuke.codes]
        return [message_id for nuke in ended for message_id in nuke.message_ids]

    def hit(self, line: Line, memory: RoomMemory, *, can_delete: bool) -> Decision | None:
        """What a late copy leads to; None for every other line."""
        if not self._nukes or memory.is_exempt(line.message.sender) or line.message.sender.id is None:
            return None
        for nuke in self._nukes:
            if line.at_s < nuke.until_s and not line.message.mirrored and nuke.what.hits(line):
                nuke.message_ids.append(line.message.id)
                return _late(line, nuke, memory, can_delete=can_delete)
        return None


def _late(line: Line, nuke: Nuke, memory: RoomMemory, *, can_delete: bool) -> Decision:
    sender_id = line.message.sender.id or ""
    delete = nuke.measure is Measure.DELETE and can_delete
    what = sentence(Measure.HIDE, Measure.DELETE) if delete else sentence(Measure.HIDE)
    mutes = nuke.measure is Measure.MUTE and nuke.span is not None and not memory.is_muted(sender_id, line.at_s)
    if mutes and nuke.span is not None:
        what |= sentence(mute=nuke.span)
        memory.strike(sender_id, line.at_s)
        memory.mute(sender_id, "", line.at_s + nuke.span.total_seconds(), nuke.episode)
    severity = Severity.MODERATE if delete or mutes else Severity.MINOR
    fact = told((("cleared_text", ""),))
    return Decision(line, nuke.episode, what, severity, R0, (NAME,), (fact,), line.cluster, quiet=True, restricts=mutes)
