"""What one sender does: too many lines, the same line again and again, one line made of very little.

A line of three folded characters or fewer is never found for being alike, nor is a command; their number per sender is
limited all the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from rapidfuzz import fuzz

from cases.checks.seen import Finding, Seen, Thresholds, Weight, by_sender, comparable, only_this, seconds
from cases.crowd import FEW
from cases.room_memory import Line, SenderMemory
from cases.rules import FLOODING
from ratelimit.fold import CAP
from ratelimit.laughter import emotion
from ratelimit.limits import ROOM_TEMPO, SENDER_BURST, SENDER_SUSTAINED

JOINED_S = 60.0
"""What others said so lately is what the room says now."""
JOINING = 5
"""Even whoever joins in stays below so many times the limit."""
STILL_S = 30.0
"""Somebody found flooding so lately is still at it."""
QUICK_S = 4.0
"""Copies that take longer than this are forgiven one more: so people greet again and again."""
SLOW_S = 15.0
"""Copies that take longer than this are kept off, and nobody is reminded or muted for them."""
BUSY_LINES = 7
"""A room in which others write so many lines in ten seconds is busy."""
SHORTEST_WITHIN = 3
"""A text of so many characters may be looked for within another one of the same sender."""
SHORTEST_STACKED, STACKED = 2, 6
"""A text that folds to so few characters, of a line of so many, is made of words stacked on each other."""
LONGEST_WORD = 60
"""A long line whose words are longer than this on average (Thai clauses are not) has no words: its characters count."""


def sender_rate(seen: Seen) -> Finding | None:
    """Too many lines by one sender, in a burst or for a whole minute, measured by what is usual here; whoever goes on after
    being found has less room. Joining in with what many others say at the same time is no flood, and for a vote or a command
    said too often nobody is reminded or muted."""
    if seen.sender is None:
        return None
    found = _too_fast(seen, seen.sender)
    if found is None or (found.most < JOINING * found.limit and _joins_in(seen)):
        return None
    signals = (("lines", str(found.most)), ("span", seconds(found.span)), ("limit", str(found.limit)))
    weight = Weight.HOLD if seen.plain else Weight.MILD
    return Finding("sender-rate", FLOODING, signals, (seen.line,), weight=weight)


class _Fast(NamedTuple):
    most: int
    span: timedelta
    limit: int


def _too_fast(seen: Seen, sender: SenderMemory) -> _Fast | None:
    thresholds, usage = seen.thresholds, seen.usage
    burst, most = usage.count(SENDER_BURST), thresholds.burst.amount + thresholds.burst.burst
    less = most - most // 4
    if burst >= less:
        limit = less if _found_lately(sender, seen.line.at_s) else max(most, _usual_burst(seen))
        if burst >= limit:
            return _Fast(burst, SENDER_BURST.span, limit)
    if seen.line.earlier < 2 * most and len(sender.recent) >= most:
        span = thresholds.newcomer_span
        if seen.line.at_s - sender.recent[-most].at_s <= span.total_seconds():
            return _Fast(most, span, most)
    if thresholds.sustained.reached(usage):
        return _Fast(usage.count(SENDER_SUSTAINED), SENDER_SUSTAINED.span, thresholds.sustained.amount)
    return None


def _usual_burst(seen: Seen) -> int:
    """Half as much again as nearly everybody here keeps to, at most twice the limit: a fast room tolerates more."""
    usual = seen.customs.tempo.sender(0.999)
    return min(usual + (usual + 1) // 2, 2 * seen.thresholds.burst.amount)


def _found_lately(sender: SenderMemory, now_s: float) -> bool:
    return sender.flood_since_s is not None and now_s - sender.flood_last_s <= STILL_S


def _joins_in(seen: Seen) -> bool:
    """True while several others say the very same, or give the same command."""
    line, said = seen.line, _what(seen.line)
    own, most = line.message.sender.id, seen.thresholds.chorus_senders
    is_text = not said.startswith(_COMMANDS)  # then the others' folded text tells, and most are through
    others: set[str | None] = set()
    for one in seen.memory.since_s(line.at_s - JOINED_S):
        if is_text and one.folded != said:
            continue
        if one.message.sender.id != own and not one.judged and _what(one) == said:
            others.add(one.message.sender.id)
            if len(others) > most:
                return True
    return False


_COMMANDS = ("!", "！")


def _what(line: Line) -> str:
    """What a line says; of a command the word alone, as its argument is everybody's own."""
    text = line.message.text.lstrip()
    return text.split(maxsplit=1)[0].casefold() if text.startswith(_COMMANDS) else line.folded


def repeat(seen: Seen) -> Finding | None:
    """The same or nearly the same text again and again by one sender; not while a crowd says it too.

    In a busy room less time counts for somebody who also says other things: there a line more or less is nothing.
    """
    if seen.plain or seen.sender is None:
        return None
    if not comparable(seen):
        return _stacked(seen, seen.sender)
    thresholds, recent = seen.thresholds, seen.sender.recent
    if len(recent) < thresholds.repeats:
        return None
    alike = [line for line in recent if _alike(seen.line, line, thresholds)]
    span = _span(seen, alike)
    oldest_s = seen.line.at_s - span.total_seconds()
    copies = [line for line in alike if line.at_s >= oldest_s]
    least = _least(seen, seen.sender, copies)
    if len(copies) < least or _is_chorus(seen):
        return None
    kind = "same" if all(line.folded == seen.line.folded for line in copies) else "near"
    signals = ((kind, str(len(copies))), ("span", seconds(span)), ("limit", str(least - 1)))
    slow = (
        copies[-1].at_s - copies[-least].at_s > SLOW_S
    )  # a fan's patience: not shown again and again, and nobody's fault
    return Finding("repeat", FLOODING, signals, (seen.line,), weight=Weight.HOLD if slow else Weight.MILD)


def _least(seen: Seen, sender: SenderMemory, copies: list[Line]) -> int:
    """How many copies are too many: one more when they come as slowly as a fan types, fewer when it is no first time."""
    repeats = seen.thresholds.repeats
    if _found_lately(sender, seen.line.at_s):
        return repeats // 2 + 1
    quick = len(copies) >= repeats and copies[-1].at_s - copies[-repeats].at_s <= QUICK_S
    return repeats if quick else repeats + 1


def _stacked(seen: Seen, sender: SenderMemory) -> Finding | None:
    """The same very short words stacked into longer lines (开团开团开团), again and again by somebody who says nothing
    else and alone: kept off, and nobody's fault. Laughter and praise are stacked by everybody, as is a single character; and
    who is known here may chant."""
    folded, thresholds = seen.line.folded, seen.thresholds
    if len(folded) < SHORTEST_STACKED or not _is_stack(seen.line) or emotion(folded) is not None:
        return None
    oldest_s = seen.line.at_s - thresholds.repeat_span.total_seconds()
    copies = [line for line in sender.recent if line.folded == folded and _is_stack(line) and line.at_s >= oldest_s]
    if len(copies) <= thresholds.repeats or seen.line.earlier - len(copies) >= FEW or _joins_in(seen):
        return None
    span, limit = seconds(thresholds.repeat_span), str(thresholds.repeats)
    signals = (("same", str(len(copies))), ("span", span), ("limit", limit))
    return Finding("repeat", FLOODING, signals, (seen.line,), weight=Weight.HOLD)


def _is_stack(line: Line) -> bool:
    return len(line.message.text.strip()) >= STACKED


def _span(seen: Seen, alike: list[Line]) -> timedelta:
    """In how much time the copies are counted together."""
    thresholds = seen.thresholds
    others = seen.usage.count(ROOM_TEMPO) - seen.usage.count(SENDER_BURST)
    if others < BUSY_LINES or seen.line.earlier < 2 * len(alike):
        return thresholds.repeat_span
    return thresholds.repeat_span_busy


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
    kind, least = "different_words" if spaced else "different_characters", f"{seen.thresholds.inside_share:.0%}"
    signals = (("characters", str(len(text))), (kind, str(distinct)), ("least_share", least))
    return Finding("inside", FLOODING, signals, (seen.line,), weight=Weight.HOLD)


def _alike(line: Line, other: Line, thresholds: Thresholds) -> bool:
    """Equal, or nearly equal once spaces are out, or one mostly within the other: a text with something hung on it."""
    if line.folded == other.folded:
        return True
    one, two = line.folded.replace(" ", ""), other.folded.replace(" ", "")
    least = thresholds.near_similarity
    if fuzz.ratio(one, two, score_cutoff=least) > 0:
        return True
    shorter, longer = sorted((len(one), len(two)))
    within = shorter >= SHORTEST_WITHIN and longer <= 3 * shorter
    return within and fuzz.partial_ratio(one, two, score_cutoff=least + 5.0) > 0


def _is_chorus(seen: Seen) -> bool:
    """True while several people say this here: joining in is no flood. Three strangers count for one who is known, and
    what was kept off is no song."""
    if seen.line.cluster is None:
        return False
    since_s = seen.line.at_s - seen.thresholds.wave_span.total_seconds()
    senders = by_sender(line for line in seen.memory.cluster_lines(seen.line.cluster, since_s) if not line.judged)
    senders.pop(seen.line.message.sender.id or "", None)
    strangers = sum(1 for person, own in senders.items() if only_this(seen.memory, person, own))
    return len(senders) - strangers + strangers / 3 >= seen.thresholds.chorus_senders
