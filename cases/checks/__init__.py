"""The questions the program asks of a line; each answers with a finding or None.

Read `seen` first (what a check looks at, what it answers with), then the checks: `sender` (what one person does), `wave`
(many people, one text). A new check is one function in a file here, an entry in `CHECKS`, its test and its line in the
example configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cases.checks.seen import Check, CheckMode, Finding, Seen, Thresholds, Weight
from cases.checks.sender import inside, repeat, sender_rate
from cases.checks.wave import wave

__all__ = ["CHECKS", "Check", "CheckMode", "CheckSettings", "Finding", "Seen", "Thresholds", "Weight", "findings"]

CHECKS: tuple[Check, ...] = (
    Check("sender-rate", sender_rate),
    Check("repeat", repeat),
    Check("inside", inside),
    Check("wave", wave),
)
"""Every check, in the order they are asked."""


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """Thresholds, and how far each check may go, by name; one that is not named goes as far as it says itself."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    modes: Mapping[str, CheckMode] = field(default_factory=dict)


def findings(seen: Seen, settings: CheckSettings) -> list[Finding]:
    """Every check's yes about one line, as grave as its mode lets it be."""
    found = []
    modes = settings.modes
    for check in CHECKS:
        mode = modes.get(check.name, check.mode) if modes else check.mode
        if mode is CheckMode.OFF or mode is CheckMode.SHADOW:
            continue
        finding = check.ask(seen)
        if finding is not None:
            found.append(finding if mode is CheckMode.ENFORCE else replace(finding, weight=Weight.HOLD))
    return found
