"""The published rules with all their versions: a line is judged by those in force when it was written (norm N1.1, N5.1).

A version is published at least seven days before it takes effect, never backdated, and none is ever thrown away. The rules
name who interprets them; an interpretation is dated, public, and counts for cases opened after it took effect alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cases.categories import Category, known, offered
from cases.model import CaseState
from cases.rules import ADVERTISING, FLOODING, HOUSE_RULES, R0, Rule
from cases.sentence import Severity

NOTICE = timedelta(days=7)
"""How long before it takes effect a version or an interpretation is public."""
INDISPENSABLE = (R0.id, FLOODING.id, ADVERTISING.id)
"""What commands without a rule and danmod's own checks cite: every version has these."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the rules. ``published_at`` and ``effective_at`` None: it came with the program.

    ``major``: moderators have to learn it anew (norm N4.1-3). ``change`` says in a sentence what is new.
    """

    number: str
    rules: Mapping[str, Rule]
    published_at: datetime | None = None
    effective_at: datetime | None = None
    major: bool = True
    change: str = ""
    categories: tuple[str, ...] = ()
    """What can be reported under this version, by code; empty: the whole catalogue (norm N2.2-0)."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What one rule means, by whoever may say so."""

    id: str
    rule: str
    text: str
    published_at: datetime
    effective_at: datetime


FIRST = Version("1", HOUSE_RULES)
"""The rules danmod comes with."""


@dataclass(frozen=True)
class Rulebook:
    """Every version, the first one first. ``interpreter`` is who says what a rule means; "": the streamer."""

    versions: tuple[Version, ...] = (FIRST,)
    interpretations: tuple[Interpretation, ...] = ()
    interpreter: str = ""
    _by_number: Mapping[str, Version] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_number", {version.number: version for version in self.versions})
        if len(self._by_number) != len(self.versions):
            raise ValueError("two versions of the rules have one number")

    def at(self, instant: datetime) -> Version:
        """The version in force at an instant."""
        return next(
            version
            for version in reversed(self.versions)
            if version.effective_at is None or version.effective_at <= instant
        )

    def numbered(self, number: str) -> Version | None:
        """The version of this number, whether in force or long past."""
        return self._by_number.get(number)

    def rule(self, rule_id: str, instant: datetime) -> Rule | None:
        """The rule of this id in the version in force at an instant; None when that version has none."""
        return self.at(instant).rules.get(rule_id)

    def told(self, rule_id: str, number: str, language: str) -> str:
        """The rule in the words of this version; of a rule it does not have those of another, and the id itself of none."""
        version = self.numbered(number)
        rule = version.rules.get(rule_id) if version else None
        if rule is None:
            rule = next((found for version in self.versions if (found := version.rules.get(rule_id))), None)
        return rule_id if rule is None else rule.told(language)

    def offered(self, instant: datetime) -> tuple[Category, ...]:
        """The categories offered at an instant; "other" always is."""
        return offered(self.at(instant).categories)

    def upcoming(self, now: datetime) -> tuple[Version, ...]:
        """Versions that are published and not yet in force."""
        return tuple(version for version in self.versions if version.effective_at and version.effective_at > now)

    def learnt(self, now: datetime) -> Version:
        """The latest major version in force: what moderators have to know."""
        past = [version for version in self.versions if version.effective_at is None or version.effective_at <= now]
        return next(version for version in reversed(past) if version.major or version is past[0])

    def meanings(self, rule_id: str, state: CaseState) -> tuple[Interpretation, ...]:
        """What the rule was taken to mean when this case was opened: later interpretations do not reach it."""
        return tuple(
            meaning
            for meaning in self.interpretations
            if meaning.rule == rule_id and meaning.effective_at <= state.opened_at
        )


def faults(rules: Mapping[str, Rule]) -> Iterable[str]:
    """What is wrong with a set of rules, in sentences; nothing when it can be published."""
    for missing in (rule_id for rule_id in INDISPENSABLE if rule_id not in rules):
        yield f"{missing} is missing: danmod's own checks and commands without a rule cite it"
    for rule in rules.values():
        if not known(rule.category):
            yield f"{rule.id} names the category {rule.category}, which is not in the catalogue"
        if rule.mildest.rank > rule.gravest.rank:
            yield f"{rule.id} is at least {rule.mildest} and at most {rule.gravest}"
        if not rule.words.get("en", "").strip():
            yield f"{rule.id} has no English words"
    for rule_id in (FLOODING.id, ADVERTISING.id):
        if rule_id in rules and rules[rule_id].gravest is Severity.MINOR:
            yield f"{rule_id} must reach {Severity.MODERATE}: a wave is moderate from the start"
