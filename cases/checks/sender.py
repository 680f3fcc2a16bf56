"""What one sender does: too many lines, the same line again and again, one line made of very little.

A line of three folded characters or fewer is never found for being alike, nor is a command; their number per sender is
limited all the same.
"""

from __future__ import annotations

from rapidfuzz import fuzz

from cases.checks.seen import Finding, Seen, Thresholds, Weight, by_sender, comparable, only_this, seconds
from cases.room_memory import Line
from cases.rules import FLOODING
from ratelimit.fold import CAP

LONGEST_WORD = 60
"""A long line whose words are longer than this on average (Thai clauses are not) has no words: its characters count."""


def sender_rate(seen: Seen) -> Finding | None:
    """Too many lines by one sender, in a burst or for a whole minute."""
    if seen.sender is None:
        return None
    for limit in (seen.thresholds.burst, seen.thresholds.sustained):
        if limit.reached(seen.usage):
            count, span = seen.usage.count(limit.window), limit.window.span
            most = str(limit.amount + limit.burst)
            signals = (("lines", str(count)), ("span", seconds(span)), ("limit", most))
            return Finding("sender-rate", FLOODING, signals, (seen.line,))
    return None


def repeat(seen: Seen) -> Finding | None:
    """The same or nearly the same text again and again by one sender; not while a whole crowd says it."""
    if seen.plain or seen.sender is None or not comparable(seen):
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
    kind, span = "same" if equal == alike else "near", seconds(thresholds.repeat_span)
    signals = ((kind, str(alike)), ("span", span), ("limit", str(thresholds.repeats - 1)))
    return Finding("repeat", FLOODING, signals, (seen.line,))


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
    if line.folded == other.folded:
        return True
    return fuzz.ratio(line.folded, other.folded, score_cutoff=thresholds.near_similarity) > 0


def _is_chorus(seen: Seen) -> bool:
    """True while several people who have also said other things here say this: joining in is no flood, being fast is."""
    if seen.line.cluster is None:
        return False
    since_s = seen.line.at_s - seen.thresholds.wave_span.total_seconds()
    senders = by_sender(seen.memory.cluster_lines(seen.line.cluster, since_s))
    known = [person for person, own in senders.items() if not only_this(seen.memory, person, own)]
    return len(set(known) - {seen.line.message.sender.id}) >= seen.thresholds.chorus_senders
