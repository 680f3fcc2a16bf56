"""The classic filters: capitals, symbols, emoji, length. All off unless a room asks for them; regulars are spared.

What a line looks like says little about what it means, so that whatever these find is kept off and no more, unless the room
says otherwise. In quiet hours a room may have other limits, and keep every contact of people it does not know off.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta

from cases.checks.contact import held_for
from cases.checks.quiet import QuietHours
from cases.checks.seen import Check, Finding, Seen, Weight
from cases.contacts import contact_in
from cases.rules import FLOODING
from cases.signals import Signals
from ratelimit.fold import CAP

LEAST_LETTERS = 8
"""Shorter cries (GG, NOOO) are nobody's business."""
_EMOJI = re.compile(
    "[\u231a\u231b\u23e9-\u23f3\u25fd\u25fe\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001f3fa\U0001f400-\U0001faff]"
    r"|\[[^\[\]\s]{1,8}\]"
)
"""One emoji, or a platform's own in brackets ([笑哭]). Skin tones and joiners do not count."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The most of each; None: that one is off. Shares are of 1."""

    capitals: float | None = None
    symbols: float | None = None
    emoji: int | None = None
    length: int | None = None

    @property
    def is_off(self) -> bool:
        """True when nothing is looked at."""
        return self.capitals is None and self.symbols is None and self.emoji is None and self.length is None

    def over(self, text: str) -> Signals:
        """What a line has too much of, with the limit; empty when it is fine."""
        if self.length is not None and len(text) > self.length:
            return (("characters", str(len(text))), ("limit", str(self.length)))
        text = text[:CAP]
        if self.emoji is not None and (count := len(_EMOJI.findall(text))) > self.emoji:
            return (("emoji", str(count)), ("limit", str(self.emoji)))
        if self.capitals is not None and (share := capitals(text)) > self.capitals:
            return (("capitals", f"{share:.0%}"), ("limit", f"{self.capitals:.0%}"))
        if self.symbols is not None and (share := symbols(text)) > self.symbols:
            return (("symbols", f"{share:.0%}"), ("limit", f"{self.symbols:.0%}"))
        return ()


@dataclass(frozen=True, slots=True)
class Filters:
    """One room's classic filters. ``quiet_shape`` counts in the quiet hours instead of ``shape``; ``quiet_contacts``: then
    every contact, even a mere word about one, is kept off. Whoever has said ``regular_lines`` here and wrote first
    ``regular_span`` ago is spared."""

    shape: Shape = field(default_factory=Shape)
    weight: Weight = Weight.HOLD
    regular_lines: int = 20
    regular_span: timedelta = timedelta(minutes=10)
    quiet: QuietHours | None = None
    quiet_shape: Shape = field(default_factory=Shape)
    quiet_contacts: bool = False

    def checks(self) -> tuple[Check, ...]:
        """The checks that these settings need: none when all is off."""
        wanted = []
        if not self.shape.is_off or (self.quiet is not None and not self.quiet_shape.is_off):
            wanted.append(Check("shape", self._shape))
        if self.quiet is not None and self.quiet_contacts:
            wanted.append(Check("quiet-contact", self._quiet_contact))
        return tuple(wanted)

    def _shape(self, seen: Seen) -> Finding | None:
        if seen.plain or self._is_spared(seen):
            return None
        shape = self.quiet_shape if self._is_quiet(seen) else self.shape
        signals = shape.over(seen.line.message.text)
        return Finding("shape", FLOODING, signals, (seen.line,), weight=self.weight) if signals else None

    def _quiet_contact(self, seen: Seen) -> Finding | None:
        if seen.plain or self._is_spared(seen) or not self._is_quiet(seen):
            return None
        contact = contact_in(seen.line.message.text, seen.thresholds.allowed)
        finding = None if contact is None else held_for(seen, contact)
        if finding is None:
            return None
        return Finding(
            "quiet-contact", finding.rule, (*finding.signals, ("quiet", "")), (seen.line,), weight=Weight.HOLD
        )

    def _is_quiet(self, seen: Seen) -> bool:
        return self.quiet is not None and self.quiet.covers(seen.line.at_s)

    def _is_spared(self, seen: Seen) -> bool:
        if seen.sender is None or seen.line.earlier < self.regular_lines:
            return False
        here_s = seen.line.at_s - seen.sender.first_s
        before_now = seen.line.earlier - (len(seen.sender.recent) - 1)  # who comes back after a silence begins anew
        return here_s >= self.regular_span.total_seconds() or before_now >= self.regular_lines


def capitals(text: str) -> float:
    """The share of capitals among the letters that have two cases; 0 of a line with few of those."""
    upper = sum(1 for one in text if one.isupper())
    cased = upper + sum(1 for one in text if one.islower())
    return upper / cased if cased >= LEAST_LETTERS else 0.0


def symbols(text: str) -> float:
    """The share of punctuation and symbols, emoji apart, among all that is no space; 0 of a short line."""
    marks = [one for one in _EMOJI.sub("", text) if not one.isspace()]
    found = sum(1 for one in marks if unicodedata.category(one)[0] in "PS")
    return found / len(marks) if len(marks) >= LEAST_LETTERS else 0.0
