"""Measures, and the sentence: a set of measures with a mute length, merged by a union that keeps three laws."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta


class Measure(enum.StrEnum):
    """What can be done about a line or its sender, mildest first (norm N3.1-2)."""

    REMIND = "remind"
    WARN = "warn"
    HIDE = "hide"
    DELETE = "delete"
    MUTE = "mute"
    BAN = "ban"


class Severity(enum.StrEnum):
    """How grave a violation is; it bounds the measures (norm N3.1-1)."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"

    @property
    def rank(self) -> int:
        """0 for minor, 1 for moderate, 2 for severe."""
        return _RANKS[self]


_RANKS = {Severity.MINOR: 0, Severity.MODERATE: 1, Severity.SEVERE: 2}

ALLOWED: dict[Severity, frozenset[Measure]] = {
    Severity.MINOR: frozenset({Measure.REMIND, Measure.WARN, Measure.HIDE}),
    Severity.MODERATE: frozenset({Measure.REMIND, Measure.WARN, Measure.HIDE, Measure.DELETE, Measure.MUTE}),
    Severity.SEVERE: frozenset(Measure),
}
"""Which measures a severity permits (norm N3.1-2a to N3.1-2c)."""

RESTRICTIVE = frozenset({Measure.DELETE, Measure.MUTE, Measure.BAN})
"""Measures that owe the respondent a statement of reasons (norm N3.2-1b)."""


def worst(one: Severity, other: Severity) -> Severity:
    """The graver of two severities."""
    return max(one, other, key=lambda severity: severity.rank)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A set of measures. ``mute`` is the length of the mute; None exactly when MUTE is not among the measures.

    The union is a join-semilattice: idempotent, commutative, associative; the empty sentence is its neutral element.
    """

    measures: frozenset[Measure] = frozenset()
    mute: timedelta | None = None

    def __post_init__(self) -> None:
        if (Measure.MUTE in self.measures) != (self.mute is not None):
            raise ValueError(
                f"a mute needs a length and a length needs a mute, got {sorted(self.measures)}, {self.mute}"
            )

    def __or__(self, other: Sentence) -> Sentence:
        lengths = [length for length in (self.mute, other.mute) if length is not None]
        return Sentence(self.measures | other.measures, max(lengths, default=None))

    def __bool__(self) -> bool:
        return bool(self.measures)

    def within(self, severity: Severity) -> bool:
        """True when the severity permits every measure."""
        return self.measures <= ALLOWED[severity]


NOTHING = Sentence()


def sentence(*measures: Measure, mute: timedelta | None = None) -> Sentence:
    """A sentence from its measures; ``mute`` adds MUTE with that length."""
    chosen = frozenset(measures) | ({Measure.MUTE} if mute is not None else frozenset())
    return Sentence(chosen, mute)
