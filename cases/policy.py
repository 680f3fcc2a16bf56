"""`judge`: from findings to decisions. Pure; decided here and only here.

A flood's first lines are minor: hidden, with one reminder. Going on after that within ten minutes is a new fact and
moderate: deleted where the platform can, and muted by the ladder. A wave is moderate from the start.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from cases.checks import CheckSettings, Finding, Seen, Weight, findings
from cases.checks.elsewhere import elsewhere
from cases.checks.seen import contact_of
from cases.crowd import Known, known
from cases.ladder import Ladder
from cases.room_memory import Line, SenderMemory
from cases.rules import ADVERTISING, FLOODING, Rule
from cases.sentence import Measure, Sentence, Severity, sentence
from cases.siege import ShieldPolicy

DEGRADED = "degraded: the shared counters were away, this process counted alone"
"""Stands among the facts of every decision made without the shared counters."""
TRUSTED_LINES = 20
"""Whoever said so many ordinary lines here, and none that was hit, is trusted."""
EPISODE_S = 600.0
"""A flood goes on while the gaps between its lines are at most ten minutes."""


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """How one room decides. ``can_delete``: the platform takes single lines out. ``hold`` delays every viewer's line on
    the overlay, ``hold_trusted`` at most that of somebody long known, ``hold_unsure`` that of somebody little known with a
    contact, or like another stranger's; half of that holds for a burst."""

    checks: CheckSettings = field(default_factory=CheckSettings)
    ladder: Ladder = field(default_factory=Ladder)
    can_delete: bool = False
    hold: timedelta = timedelta(seconds=1)
    hold_trusted: timedelta = timedelta(milliseconds=200)
    hold_unsure: timedelta = timedelta(seconds=8)
    shield: ShieldPolicy = field(default_factory=ShieldPolicy)


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows for one line. ``quiet``: no notice in chat. ``restricts``: this decision begins a mute, whose length
    counts the faults at the instants ``counted`` (Unix seconds)."""

    line: Line
    episode: str
    sentence: Sentence
    severity: Severity
    rule: Rule
    checks: tuple[str, ...]
    facts: tuple[str, ...]
    cluster: str | None = None
    quiet: bool = False
    restricts: bool = False
    counted: tuple[float, ...] = ()


def judge(seen: Seen, policy: RoomPolicy) -> list[Decision]:
    """The decisions a line leads to: none, one about itself, or (a wave) more about earlier lines.

    The sender's memory is brought up to date: a flood's beginning, a strike, a mute.
    """
    sender = seen.line.message.sender
    if seen.exempt or seen.line.message.mirrored:
        return []
    if seen.memory.is_muted(sender.id, seen.line.at_s):
        return [_still_muted(seen, policy)]
    found = findings(seen, policy.checks)
    if not found:
        return []
    floods = [finding for finding in found if finding.check != "wave"]
    decisions = [one for wave in found if wave.check == "wave" for one in _wave(seen, wave, policy)]
    if floods and not any(one.line is seen.line and one.severity is not Severity.MINOR for one in decisions):
        decisions = [one for one in decisions if one.line is not seen.line]
        decisions.append(_flood(seen, floods, policy))
    return [replace(one, facts=(*one.facts, DEGRADED)) for one in decisions] if seen.usage.degraded else decisions


def hold(seen: Seen, policy: RoomPolicy) -> timedelta:
    """How long the overlay waits before it shows a line that passed."""
    if seen.exempt:
        return timedelta(0)
    if known(seen.line) is not Known.WELL or seen.sender is None:
        text, allowed = seen.line.message.text, seen.thresholds.allowed
        if not seen.plain and (contact_of(text, allowed) or _echoes_stranger(seen)):
            return max(policy.hold, policy.hold_unsure)
    elif _is_trusted(seen) and not seen.thresholds.burst.looked_at(seen.usage):
        return min(policy.hold, policy.hold_trusted)
    if seen.thresholds.burst.looked_at(seen.usage):
        return max(policy.hold, policy.hold_unsure / 2)
    return policy.hold


def _is_trusted(seen: Seen) -> bool:
    sender = seen.sender
    return sender is not None and seen.line.earlier >= TRUSTED_LINES and sender.hit == 0


def _echoes_stranger(seen: Seen) -> bool:
    """True for a line like that of somebody else, while nobody known here says it; also for one that strangers push in
    another room."""
    line = seen.line
    if line.cluster is None or len(line.folded) < seen.thresholds.wave_length:
        return False
    if elsewhere(seen, 1).rooms:
        return True
    if not seen.memory.is_crowd(line.cluster):
        return False
    since_s, sender_id = line.at_s - seen.thresholds.wave_span.total_seconds(), line.message.sender.id
    others = [
        known(one) for one in seen.memory.cluster_lines(line.cluster, since_s) if one.message.sender.id != sender_id
    ]
    return bool(others) and Known.WELL not in others


def _still_muted(seen: Seen, policy: RoomPolicy) -> Decision:
    sender_id = seen.line.message.sender.id or ""
    return Decision(
        seen.line,
        seen.memory.muted_episode(sender_id),
        _taken_off(policy),
        Severity.MODERATE,
        FLOODING,
        ("muted",),
        ("written while muted",),
        seen.line.cluster,
        quiet=True,
    )


def _flood(seen: Seen, found: list[Finding], policy: RoomPolicy) -> Decision:
    sender_id = seen.line.message.sender.id
    checks = tuple(finding.check for finding in found)
    facts = tuple(finding.words for finding in found)
    cluster = seen.line.cluster
    gravest = max(found, key=lambda finding: finding.weight)
    rule = gravest.rule
    if sender_id is None or seen.sender is None:
        episode = f"unseen:{cluster}"
        return Decision(seen.line, episode, sentence(Measure.HIDE), Severity.MINOR, rule, checks, facts, cluster)
    if all(finding.weight is Weight.HOLD for finding in found):  # kept off; nothing harsher follows from it
        episode = f"flood:{sender_id}"
        return Decision(seen.line, episode, sentence(Measure.HIDE), Severity.MINOR, rule, checks, facts, cluster)
    going_on = _goes_on(seen.sender, seen, fast="sender-rate" in checks) or gravest.weight is Weight.GRAVE
    first = seen.sender.flood_lines == 0
    seen.sender.flood_lines += 1
    seen.sender.flood_last_s = seen.line.at_s
    episode = f"flood:{sender_id}"
    if not going_on:
        mild = sentence(Measure.HIDE, Measure.REMIND) if first else sentence(Measure.HIDE)
        return Decision(seen.line, episode, mild, Severity.MINOR, rule, checks, facts, cluster)
    counted = policy.ladder.counting(seen.memory.strikes(sender_id), seen.line.at_s)
    harsh = _taken_off(policy) | sentence(mute=_mute(seen, sender_id, episode, policy))
    given = (seen.line, episode, harsh, Severity.MODERATE, rule, checks, facts, cluster)
    return Decision(*given, restricts=True, counted=counted)


def _goes_on(sender: SenderMemory, seen: Seen, *, fast: bool) -> bool:
    """True when the sender was already found flooding and goes on: with several lines more after a moment in which to stop,
    or with many at once; sooner when faster than people write, or with what others are to follow, a contact or link."""
    now_s = seen.line.at_s
    if sender.flood_since_s is None or now_s - sender.flood_last_s > EPISODE_S:
        sender.flood_since_s, sender.flood_lines, sender.flood_last_s = now_s, 0, now_s
        return False
    late = now_s - sender.flood_since_s >= seen.thresholds.going_on_after.total_seconds()
    if late and contact_of(seen.line.message.text, seen.thresholds.allowed):
        return True
    lines = seen.thresholds.going_on_fast if fast else seen.thresholds.going_on_lines
    return sender.flood_lines >= ((lines + 1) // 2 if late else lines)


def _wave(seen: Seen, finding: Finding, policy: RoomPolicy) -> list[Decision]:
    """Every line of the wave that was not judged yet, once it is certain those that were only kept off too; lines by
    senders already muted for it are only taken off."""
    decisions = []
    grave = finding.weight is Weight.GRAVE
    muted: set[str] = set()
    for line in finding.lines:
        if line.judged and not (grave and line.held):
            continue
        sender_id = line.message.sender.id or ""
        what = _taken_off(policy) if grave else sentence(Measure.HIDE)
        restricts = grave and sender_id not in muted and not seen.memory.is_muted(sender_id, seen.line.at_s)
        counted: tuple[float, ...] = ()
        if restricts:
            muted.add(sender_id)
            counted = policy.ladder.counting(seen.memory.strikes(sender_id), seen.line.at_s)
            what |= sentence(mute=_mute(seen, sender_id, f"wave:{finding.cluster}", policy))
        decisions.append(
            Decision(
                line,
                f"wave:{finding.cluster}",
                what,
                Severity.MODERATE if grave else Severity.MINOR,
                ADVERTISING,
                (finding.check,),
                (finding.words,),
                finding.cluster,
                quiet=True,
                restricts=restricts,
                counted=counted,
            )
        )
    return decisions


def _mute(seen: Seen, sender_id: str, episode: str, policy: RoomPolicy) -> timedelta:
    """The mute by the ladder; memory counts the strike and keeps the sender's next lines off from now on."""
    now_s = seen.line.at_s
    length = policy.ladder.length(seen.memory.strikes(sender_id), now_s)
    seen.memory.strike(sender_id, now_s)
    seen.memory.mute(sender_id, "", now_s + length.total_seconds(), episode)
    return length


def _taken_off(policy: RoomPolicy) -> Sentence:
    return sentence(Measure.HIDE, Measure.DELETE) if policy.can_delete else sentence(Measure.HIDE)
