"""Many senders pushing one text: a wave. A crowd's chorus is left alone."""

from __future__ import annotations

from typing import NamedTuple

from cases.checks.seen import Finding, Seen, Weight, by_sender, only_this, seconds
from cases.contacts import has_contact
from cases.room_memory import Line, RoomMemory
from cases.rules import ADVERTISING

WAVE_LINES = 48
"""So many of a cluster's latest lines show whether it is a wave; looking at more would only cost more."""
CONTACT_LINES = 12
"""So many of a cluster's latest lines are looked at for a contact; one is enough."""


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
    senders = by_sender(lines)
    newcomers = [sender_id for sender_id, own in senders.items() if only_this(seen.memory, sender_id, own)]
    push = _pushed(seen, lines, len(senders), len(newcomers))
    if push is None:
        return None
    signals = (
        ("senders", str(len(senders))),
        ("span", seconds(seen.thresholds.wave_span)),
        ("newcomers", str(len(newcomers))),
        push.signal,
    )
    pushed = tuple(line for sender_id in newcomers for line in senders[sender_id])
    ordered = tuple(sorted(pushed, key=lambda line: line.number))
    return Finding("wave", ADVERTISING, signals, ordered, cluster, weight=push.weight)


class _Push(NamedTuple):
    signal: tuple[str, str]
    weight: Weight


def _pushed(seen: Seen, lines: list[Line], senders: int, newcomers: int) -> _Push | None:
    """What makes a cluster a wave, None for a chorus."""
    thresholds = seen.thresholds
    if senders < thresholds.wave_senders or newcomers < senders * thresholds.wave_newcomers:
        return None
    if any(has_contact(line.message.text, thresholds.allowed) for line in lines[-CONTACT_LINES:]):
        return _Push(("contact", ""), weight=Weight.GRAVE)
    if senders < thresholds.wave_senders_plain or newcomers < senders * 0.8:
        return None
    if _settled(seen):
        return _Push(("settled", ""), weight=Weight.GRAVE)
    variants = len({line.message.text for line in lines})
    if variants >= 0.6 * len(lines) and len(seen.line.folded) >= 1.5 * thresholds.wave_length:
        return _Push(("variants", str(variants)), weight=Weight.HOLD)
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
