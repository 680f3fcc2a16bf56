"""Scenario tests: what would you do? The built-in ones, and ones made from decisions that were overturned (norm N4.1-3).

An exercise from a case carries no name, no id, no address and no number of it; what was overturned is the wrong answer.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cases.catalogue import LANGUAGES, say, spoken
from cases.model import AppealStatus, CaseState, Evidence

if TYPE_CHECKING:  # the house holds exercises, and the ports know the house
    from cases.ports import Seals

PASS_SHARE = 0.8
"""The share of right answers that passes."""
MODULES = ("flood", "insult", "privacy", "secrecy", "law", "fairness")
"""What the built-in exercises are about; each module has one or more."""
CHOICES = ("none", "remind", "hide", "delete", "mute", "ban")
"""The answers about a case that was overturned."""
_FILE = Path(__file__).parent / "texts" / "scenarios.toml"
_MENTION = re.compile(r"[\w.+-]*[@＠][^\s,，:：]+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\b[\w.-]+\.(?:com|net|org|cn|tv|io|me|cc)\b\S*", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d\s-]{3,}\d|\d{4,}")
_HIDDEN = "▇"


@dataclass(frozen=True, slots=True)
class Exercise:
    """One question. ``text`` and ``choices`` (by answer) are by language; ``why`` explains the right answer."""

    id: str
    module: str
    text: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]
    right: str
    why: Mapping[str, str]

    def said(self, language: str) -> str:
        """The question in a language."""
        return self.text[spoken(language)]

    def explained(self, language: str) -> str:
        """Why the right answer is right, in a language."""
        return self.why[spoken(language)]

    def offered(self, choice: str, language: str) -> str:
        """One of the answers in a language. Raises KeyError for one that cannot be given."""
        return self.choices[choice][spoken(language)]


@cache
def built_in() -> tuple[Exercise, ...]:
    """The exercises that come with the program."""
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Exercise(
            id=key,
            module=one["module"],
            text=one["text"],
            choices=one["choices"],
            right=one["right"],
            why=one["why"],
        )
        for key, one in table.items()
    )


def exercises(further: Iterable[Exercise] = ()) -> tuple[Exercise, ...]:
    """The whole test: the built-in exercises, then the house's own."""
    return (*built_in(), *further)


def missing(answers: Mapping[str, str], asked: Sequence[Exercise]) -> tuple[str, ...]:
    """The ids of exercises without an answer that could be given."""
    return tuple(one.id for one in asked if answers.get(one.id) not in one.choices)


def grade(answers: Mapping[str, str], asked: Sequence[Exercise] | None = None) -> float:
    """The share of right answers, 0 to 1; what is not answered is wrong. ``asked`` None: the built-in exercises."""
    test = built_in() if asked is None else asked
    return sum(answers.get(one.id) == one.right for one in test) / len(test) if test else 0.0


def from_overturned(state: CaseState, evidence: Sequence[Evidence], seals: Seals) -> Exercise | None:
    """An exercise from a case whose decision an appeal set aside; None where none was, or no line was kept."""
    lines = [line for one in evidence for line in one.lines]
    overturned = any(appeal.status is AppealStatus.OVERTURNED for appeal in state.appeals)
    if not overturned or not any(line.judged for line in lines):
        return None
    names = {person.name for person in state.respondents} | {person.id for person in state.respondents}
    names |= {line.sender for line in lines}
    senders = {sender: f"{place}" for place, sender in enumerate(dict.fromkeys(line.sender for line in lines), 1)}
    shown = [f"{senders[line.sender]}{'>' if line.judged else ':'} {anonymous(line.text, names)}" for line in lines]
    measures = ", ".join(state.measures)
    spoken_of = {"rule": state.rule, "measures": measures, "lines": " / ".join(shown)}
    return Exercise(
        id=f"case-{seals.token('exercise', state.code)[:8]}",
        module="fairness",
        text={language: say(language, "training.overturned", **spoken_of) for language in LANGUAGES},
        choices={one: {language: say(language, f"training.choice.{one}") for language in LANGUAGES} for one in CHOICES},
        right="none",
        why={language: say(language, "training.overturned_why") for language in LANGUAGES},
    )


def anonymous(text: str, names: Iterable[str]) -> str:
    """The text without these names, and without mentions, addresses and numbers that could be somebody's."""
    for name in sorted((name for name in names if name.strip()), key=len, reverse=True):
        text = re.sub(re.escape(name), _HIDDEN, text, flags=re.IGNORECASE)
    for pattern in (_MENTION, _ADDRESS, _NUMBER):
        text = pattern.sub(_HIDDEN, text)
    return text
