"""The questions the program asks of a line; each answers with a finding or None. One small function a check.

A check sees one line with its usage, its sender's and its room's memory, and the room's thresholds. It never acts: what
follows from findings is the policy's business. A line of three folded characters or fewer is never found for being
alike, nor is a command; their number per sender is limited all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

import msgspec
from rapidfuzz import fuzz

from cases.contacts import has_contact
from cases.room_memory import Line, RoomMemory, SenderMemory
from cases.rules import ADVERTISING, FLOODING, Rule
from ratelimit.fold import CAP
from ratelimit.limits import SENDER_BURST, SENDER_SUSTAINED, Limit, Usage

WAVE_LINES = 48
"""So many of a cluster's latest lines show whether it is a wave; looking at more would only cost more."""
CONTACT_LINES = 12
"""So many of a cluster's latest lines are looked at for a contact; one is enough."""
LONGEST_WORD = 60
"""A long line whose words are longer than this on average (Thai clauses are not) has no words: its characters count."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How much of what is too much, per room. Spans are timedeltas; similarities are rapidfuzz ratios from 0 to 100."""

    burst: Limit = Limit(SENDER_BURST, look=6, amount=8)
    sustained: Limit = Limit(SENDER_SUSTAINED, look=15, amount=20)
    repeats: int = 4
    repeat_span: timedelta = timedelta(seconds=30)
    near_similarity: float = 88.0
    shortest_compared: int = 4
    inside_length: int = 300
    inside_share: float = 0.12
    wave_span: timedelta = timedelta(seconds=60)
    wave_senders: int = 4
    wave_senders_plain: int = 8
    wave_length: int = 8
    wave_newcomers: float = 0.6
    chorus_senders: int = 4
    settled_after: timedelta = timedelta(minutes=2)
    going_on_after: timedelta = timedelta(seconds=2)
    going_on_lines: int = 3
    allowed: tuple[str, ...] = ()
    """Hosts whose links are welcome in this room: the streamer's own, and the sponsors'."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What a check may look at. (A struct, as there is one for every line: a frozen dataclass costs eight times as much.)

    ``sender`` is None for somebody the platform hides; ``plain`` marks a command or a canned phrase, which may be as alike
    as it likes; ``exempt`` a line of staff, of a bot or of ourselves, which is counted and never judged.
    """

    line: Line
    usage: Usage
    memory: RoomMemory
    sender: SenderMemory | None
    thresholds: Thresholds
    plain: bool = False
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A check's yes: which check, which rule, why in words with both numbers, and the lines it is about.

    ``lines`` holds more than the line looked at when earlier lines are found with it (a wave). ``certain`` False: enough
    to keep the lines off, not enough to silence anybody.
    """

    check: str
    rule: Rule
    words: str
    lines: tuple[Line, ...]
    cluster: str | None = None
    certain: bool = True


Check = Callable[[Seen], Finding | None]


def sender_rate(seen: Seen) -> Finding | None:
    """Too many lines by one sender, in a burst or for a whole minute."""
    if seen.sender is None:
        return None
    for limit in (seen.thresholds.burst, seen.thresholds.sustained):
        if limit.reached(seen.usage):
            count, span = seen.usage.count(limit.window), limit.window.span
            words = f"{count} lines in {_seconds(span)}, the limit is {limit.amount + limit.burst}"
            return Finding("sender-rate", FLOODING, words, (seen.line,))
    return None


def repeat(seen: Seen) -> Finding | None:
    """The same or nearly the same text again and again by one sender; not while a whole crowd says it."""
    if seen.plain or seen.sender is None or not _comparable(seen):
        return None
    thresholds = seen.thresholds
    oldest_s, recent = seen.line.at_s - thresholds.repeat_span.total_seconds(), seen.sender.recent
    if len(recent) < thresholds.repeats or recent[-thresholds.repeats].at_s < oldest_s:
        return None
    lately = [line for line in recent if line.at_s >= oldest_s]
    alike = sum(1 for line in lately if _alike(seen.line, line, thresholds))
    if alike < thresholds.repeats or _is_chorus(seen):
        return None
    equal = sum(1 for line in lately if line.folded == seen.line.folded)
    kind = "the same text" if equal == alike else "nearly the same text"
    words = f"{kind} {alike} times in {_seconds(thresholds.repeat_span)}, the limit is {thresholds.repeats - 1}"
    return Finding("repeat", FLOODING, words, (seen.line,))


def inside(seen: Seen) -> Finding | None:
    """One long line made of very little: the same characters or words over and over."""
    text = seen.line.message.text[:CAP]
    if seen.plain or len(text) < seen.thresholds.inside_length:
        return None
    words_said = text.split()
    spaced = len(words_said) > 1 and len(words_said) * LONGEST_WORD >= len(text)
    parts = words_said if spaced else text  # in a script without spaces: characters
    distinct, total = len(set(parts)), len(parts)
    if total < 8 or distinct / total > seen.thresholds.inside_share:
        return None
    words = (
        f"{len(text)} characters of which {distinct} different, the least share is {seen.thresholds.inside_share:.0%}"
    )
    return Finding("inside", FLOODING, words, (seen.line,))


def wave(seen: Seen) -> Finding | None:
    """Many senders pushing one text. A crowd's chorus is left alone: it is short, or sung by people known here.

    A wave is one cluster of near-identical lines of some length, most of whose senders have said nothing else here. It is
    certain when it names a contact, or comes into a room whose other lines are by people known here. Else, when its texts
    are made to differ a little from each other, it is kept off but nobody is silenced for it.
    """
    cluster = seen.line.cluster
    if seen.plain or cluster is None or len(seen.line.folded) < seen.thresholds.wave_length:
        return None
    since_s = seen.line.at_s - seen.thresholds.wave_span.total_seconds()
    lines = seen.memory.cluster_lines(cluster, since_s)[-WAVE_LINES:]
    if len(lines) < seen.thresholds.wave_senders:
        return None
    senders = _by_sender(lines)
    newcomers = [sender_id for sender_id, own in senders.items() if _only_this(seen.memory, sender_id, own)]
    push = _pushed(seen, lines, len(senders), len(newcomers))
    if push is None:
        return None
    words = (
        f"one text by {len(senders)} senders in {_seconds(seen.thresholds.wave_span)}, "
        f"{len(newcomers)} of them had said nothing else"
    )
    pushed = tuple(line for sender_id in newcomers for line in senders[sender_id])
    ordered = tuple(sorted(pushed, key=lambda line: line.number))
    return Finding("wave", ADVERTISING, f"{words}; {push.words}", ordered, cluster, certain=push.certain)


class _Push(NamedTuple):
    words: str
    certain: bool


def _pushed(seen: Seen, lines: list[Line], senders: int, newcomers: int) -> _Push | None:
    """What makes a cluster a wave, None for a chorus."""
    thresholds = seen.thresholds
    if senders < thresholds.wave_senders or newcomers < senders * thresholds.wave_newcomers:
        return None
    if any(has_contact(line.message.text, thresholds.allowed) for line in lines[-CONTACT_LINES:]):
        return _Push("it names a contact or link", certain=True)
    if senders < thresholds.wave_senders_plain or newcomers < senders * 0.8:
        return None
    if _settled(seen):
        return _Push("the room's other lines are by people known here", certain=True)
    variants = len({line.message.text for line in lines})
    if variants >= 0.6 * len(lines) and len(seen.line.folded) >= 1.5 * thresholds.wave_length:
        return _Push(f"{variants} variants of it in {len(lines)} lines", certain=False)
    return None


def _settled(seen: Seen) -> bool:
    """True in a room watched for a while, whose other recent lines are mostly by people who had spoken before."""
    memory = seen.memory
    if memory.started_s is None or seen.line.at_s - memory.started_s < seen.thresholds.settled_after.total_seconds():
        return False
    others = [line for line in memory.lines if line.cluster != seen.line.cluster][-100:]
    known = sum(1 for line in others if _known(memory, line))
    return len(others) >= 20 and known >= 0.7 * len(others)


def _known(memory: RoomMemory, line: Line) -> bool:
    sender = memory.sender(line.message.sender.id or "")
    return sender is not None and sender.lines > 1


def _by_sender(lines: list[Line]) -> dict[str, list[Line]]:
    senders: dict[str, list[Line]] = {}
    for line in lines:
        if line.message.sender.id is not None and not line.message.mirrored:
            senders.setdefault(line.message.sender.id, []).append(line)
    return senders


def _only_this(memory: RoomMemory, sender_id: str, own: list[Line]) -> bool:
    sender = memory.sender(sender_id)
    return sender is not None and sender.lines <= len(own) and not memory.is_exempt(sender.sender)


def _alike(line: Line, other: Line, thresholds: Thresholds) -> bool:
    if line.folded == other.folded:
        return True
    return fuzz.ratio(line.folded, other.folded, score_cutoff=thresholds.near_similarity) > 0


def _is_chorus(seen: Seen) -> bool:
    """True while several people who have also said other things here say this: joining in is no flood, being fast is."""
    if seen.line.cluster is None:
        return False
    since_s = seen.line.at_s - seen.thresholds.wave_span.total_seconds()
    senders = _by_sender(seen.memory.cluster_lines(seen.line.cluster, since_s))
    known = [person for person, own in senders.items() if not _only_this(seen.memory, person, own)]
    return len(set(known) - {seen.line.message.sender.id}) >= seen.thresholds.chorus_senders


def _comparable(seen: Seen) -> bool:
    return len(seen.line.folded) >= seen.thresholds.shortest_compared


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g} s"


CHECKS: tuple[Check, ...] = (sender_rate, repeat, inside, wave)
"""Every check, in the order they are asked."""


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """Thresholds and the checks that are switched off by name."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    off: frozenset[str] = frozenset()


def findings(seen: Seen, settings: CheckSettings) -> list[Finding]:
    """Every check's yes about one line."""
    found = []
    for check in CHECKS:
        if settings.off and check.__name__.replace("_", "-") in settings.off:
            continue
        finding = check(seen)
        if finding is not None:
            found.append(finding)
    return found
