"""How long each kind of data is kept (norm P3-1b): a schedule with a default and a ceiling each; pure.

An installation may keep data for less time, never for longer than the ceiling. A legal hold (`cases.dossiers.legal_hold`)
is the only thing that stops an erasure that is due; dossiers are kept as their kind says (`DossierKind.retention`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ERASED_WITHIN = timedelta(hours=24)
"""What is due is erased within this time (norm P3-1b)."""
BACKUPS_KEPT = timedelta(days=35)
"""Copies of the database are older than this nowhere (norm P3-1b)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of data. ``default`` is how long it is kept unless the installation keeps it for less; never more than
    ``ceiling``, never less than ``floor``. ``since`` says, in words, from when it counts."""

    key: str
    default: timedelta
    ceiling: timedelta
    since: str
    floor: timedelta = timedelta(days=1)


_YEAR = timedelta(days=365)
_HALF = timedelta(days=180)

_ALL = (
    Rule(
        "person",
        _HALF,
        _HALF,
        "after the case is closed, longer while a measure runs or an appeal is possible",
        timedelta(days=30),
    ),
    Rule("attachment", _HALF, _HALF, "after the case is closed"),
    Rule("contact", timedelta(days=30), timedelta(days=30), "after the last letter"),
    Rule("letter", _HALF, _HALF, "after it was sent or held"),
    Rule("errand", _HALF, _HALF, "after it is done"),
    Rule("strike", _HALF, _HALF, "after it was counted", floor=timedelta(days=30)),
    Rule("repeat", timedelta(days=7), timedelta(days=7), "after it came", floor=timedelta(days=7)),
    Rule("record", 3 * _YEAR, 3 * _YEAR, "after the case's last entry", floor=_YEAR),
    Rule("deadline", 3 * _YEAR, 3 * _YEAR, "after it began", floor=_YEAR),
    Rule("reading", 3 * _YEAR, 3 * _YEAR, "after the reading", floor=_YEAR),
)

RULES: Mapping[str, Rule] = {rule.key: rule for rule in _ALL}
"""Every kind of data by its key; the keys of ``[retention]`` in the configuration."""


class TooLong(ValueError):
    """A span that an installation must not choose; the sentence names key, value and bound."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long an installation keeps each kind of data. ``own`` are the spans it set itself, by key.

    Raises TooLong for a span over its ceiling or under its floor, KeyError for a kind there is not.
    """

    own: Mapping[str, timedelta] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, span in self.own.items():
            check(key, span)

    def span(self, key: str) -> timedelta:
        """How long this kind of data is kept."""
        return self.own.get(key, RULES[key].default)

    def edge(self, key: str, now: datetime) -> datetime:
        """What began to count at this instant or before is due now."""
        return now - self.span(key)


def check(key: str, span: timedelta) -> None:
    """Raises TooLong for a span that this kind of data must not be kept for."""
    rule = RULES[key]
    if span > rule.ceiling:
        raise TooLong(f"{told(span)} is longer than {told(rule.ceiling)}, the longest {key} data may be kept")
    if span < rule.floor:
        raise TooLong(f"{told(span)} is shorter than {told(rule.floor)}, the shortest {key} data must be kept")


def told(span: timedelta) -> str:
    """A span in plain words: whole years, else days."""
    if span >= _YEAR and not span % _YEAR:
        years = span // _YEAR
        return f"{years} year{'' if years == 1 else 's'}"
    days = span / timedelta(days=1)
    return f"{days:g} day{'' if days == 1 else 's'}"


def kept(key: str) -> str:
    """How long a kind of data is kept at most, as the field register says it."""
    rule = RULES[key]
    return f"{told(rule.ceiling)} {rule.since}"
