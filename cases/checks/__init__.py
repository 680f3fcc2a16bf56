"""The questions the program asks of a line; each answers with a finding or None.

Read `seen` first (what a check looks at, what it answers with), then the checks: `sender` (what one person does), `wave`
(many people, one text), `contact` (a newcomer's link). What a room's people set up themselves are checks too, made from
their settings: `words`, `patterns`, `shape`. A new check is one function in a file here, an entry in `CHECKS`, its test
and its line in the example configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cases.checks.contact import contact
from cases.checks.seen import Check, CheckMode, Finding, Seen, Thresholds, Weight
from cases.checks.sender import inside, repeat, sender_rate
from cases.checks.wave import wave

__all__ = ["CHECKS", "Check", "CheckMode", "CheckSettings", "Finding", "Seen", "Thresholds", "Weight", "findings"]

CHECKS: tuple[Check, ...] = (
    Check("sender-rate", sender_rate, reads=("burst", "sustained", "newcomer_span")),
    Check(
        "repeat",
        repeat,
        reads=("repeats", "repeat_span", "repeat_span_busy", "near_similarity", "shortest_compared", "chorus_senders"),
    ),
    Check("inside", inside, reads=("inside_length", "inside_share")),
    Check(
        "wave",
        wave,
        reads=("wave_span", "wave_senders", "wave_mute_senders", "wave_length", "wave_points", "wave_mute_points"),
    ),
    Check("contact", contact, reads=("allowed",)),
)
"""Every check, in the order they are asked."""


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """Thresholds, and how far each check may go, by name; one that is not named goes as far as it says itself."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    modes: Mapping[str, CheckMode] = field(default_factory=dict)
    own: tuple[Check, ...] = ()
    """What the room's people set up themselves: filters, word lists, patterns."""

    @property
    def asked(self) -> tuple[Check, ...]:
        """Every check of the room, in the order they are asked."""
        return CHECKS + self.own if self.own else CHECKS


def findings(seen: Seen, settings: CheckSettings) -> list[Finding]:
    """Every check's yes about one line, as grave as its mode lets it be; what shadow found is only counted
    (`cases.trials`)."""
    found = []
    modes, trials, off = settings.modes, seen.memory.trials, CheckMode.OFF
    trials.asked(seen.line.at_s)
    for check in settings.asked:
        mode = modes.get(check.name, check.mode) if modes else check.mode
        finding = check.ask(seen) if mode is not off else None
        if finding is None:
            continue
        acts = mode is not CheckMode.SHADOW
        if trials.hit(check.name, finding.lines, finding.signals, seen.memory, acts=acts):
            found.append(finding if mode is CheckMode.ENFORCE else replace(finding, weight=Weight.HOLD))
    return found
