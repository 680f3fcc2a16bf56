"""Try a line before anybody says it: what a room's checks would make of it, each with its reason, and nothing happens.

The line is said into a made-up room, calm and known for half an hour, through the same engine as in a real one.
"""

from __future__ import annotations

from dataclasses import dataclass

from cases.checks import Check, CheckMode, Finding, Seen, Weight
from cases.checks.contact import is_known
from cases.contacts import Contact, contact_in
from cases.judging import Judging
from cases.policy import RoomPolicy
from cases.room_memory import RoomMemory
from cases.signals import Signals
from ratelimit.limits import WINDOWS, Usage
from ratelimit.obfuscation import obfuscation
from streams.events import Message, RoomKey, Sender

ROOM = RoomKey("tryout:room")
BEFORE_S = 1800.0
REGULAR_LINES = 25
_CALM = Usage(tuple(1 for _ in WINDOWS))
_SEVERAL = frozenset({"sender-rate", "repeat", "wave"})
"""These look at several lines; one alone is never found by them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One check's answer. ``found`` are its signals, None when it found nothing; ``why_not`` says why, as a key of the
    catalogue (`checks.why.…`), "" when it found something. ``weight``: how much would follow, as far as its mode lets it."""

    check: str
    mode: CheckMode
    found: Signals | None
    weight: Weight | None
    why_not: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a line. ``disguised`` counts characters in disguise (`ratelimit.obfuscation`); ``measures`` are what
    would follow, empty when nothing does; ``hold_s`` is how long the overlay would wait, None when it never shows it."""

    folded: str
    disguised: int
    contact: Contact | None
    checks: tuple[Asked, ...]
    measures: tuple[str, ...]
    hold_s: float | None


def try_line(text: str, policy: RoomPolicy, at_s: float, *, regular: bool = False) -> Tried:
    """What the checks would make of a line said at ``at_s`` (Unix seconds) by somebody never seen, or by a ``regular``."""
    judging = _room(at_s, regular=regular)
    line = judging.hear(Message(ROOM, "tried", Sender("ann", "Ann"), text, at_s), at_s)
    seen = judging.look(line, _CALM, policy)
    checks = tuple(_asked(seen, check, policy) for check in policy.checks.asked)
    verdict = judging.decide(seen, policy)
    measures = sorted({measure for decision in verdict.decisions for measure in decision.sentence.measures})
    return Tried(
        folded=line.folded,
        disguised=obfuscation(text, line.folded),
        contact=contact_in(text, policy.checks.thresholds.allowed),
        checks=checks,
        measures=tuple(measures),
        hold_s=None if verdict.hold is None else verdict.hold.total_seconds(),
    )


def _room(at_s: float, *, regular: bool) -> Judging:
    """A room where three people talk; a regular among them has said something every minute."""
    judging = Judging(RoomMemory(ROOM))
    names = ["Ben", "Cho", "Dee"] + (["Ann"] * 3 if regular else [])
    for number in range(REGULAR_LINES * 2 if regular else 12):
        name = names[number % len(names)]
        then_s = at_s - BEFORE_S + number * (BEFORE_S - 120) / (REGULAR_LINES * 2)
        message = Message(
            ROOM, f"m{number}", Sender(name.lower(), name), f"{_TALK[number % len(_TALK)]} {number}", then_s
        )
        judging.hear(message, then_s)
    return judging


_TALK = ("what a jump that was", "I missed the boss", "this map again", "hello from Lisbon", "who wrote this song")


def _asked(seen: Seen, check: Check, policy: RoomPolicy) -> Asked:
    mode = policy.checks.modes.get(check.name, check.mode)
    finding = None if mode is CheckMode.OFF else check.ask(seen)
    if finding is None:
        return Asked(check.name, mode, None, None, _why_not(seen, check, mode))
    return Asked(check.name, mode, finding.signals, _weight(finding, mode), "")


def _weight(finding: Finding, mode: CheckMode) -> Weight | None:
    if mode is CheckMode.SHADOW:
        return None
    return finding.weight if mode is CheckMode.ENFORCE else Weight.HOLD


def _why_not(seen: Seen, check: Check, mode: CheckMode) -> str:
    """Why a check found nothing, in the order in which it looks."""
    if mode is CheckMode.OFF:
        return "off"
    if seen.plain:
        return "command"
    if check.name in _SEVERAL:
        return "alone"
    if check.name == "contact":
        return _why_no_contact(seen)
    kind = check.name.partition(":")[0]
    return {"words": "not_listed", "pattern": "no_match", "quiet-contact": "not_quiet"}.get(kind, "within")


def _why_no_contact(seen: Seen) -> str:
    if is_known(seen):
        return "known"
    contact = contact_in(seen.line.message.text, seen.thresholds.allowed)
    if contact is None:
        return "no_contact"
    return "talked_about" if contact.sure else "unsure_contact"
