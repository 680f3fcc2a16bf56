"""Why danmod decided as it did, in words: which checks, what they saw at that instant with their limits, and whose lines
were alike. Everything comes from what was frozen when the decision fell. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cases.history import AnyEntry, Judged
from cases.model import Evidence, EvidenceLine
from cases.signals import check_name, first_phrase, phrase, understood

_GOES_ON = ("muted",)
"""What is written while muted needs no explaining: the mute does."""


class Seen(NamedTuple):
    """One signal: its name ("": words that are no check's), its value at that instant, and both in words."""

    signal: str
    value: str
    words: str


class Told(NamedTuple):
    """One automatic decision: when it fell, about whom (an account), by which checks, and what they saw."""

    at: datetime
    respondent: str
    checks: tuple[str, ...]
    seen: tuple[Seen, ...]


class Explained(NamedTuple):
    """All of a case. ``looks_for`` says by check what it looks for. ``members`` are the lines that one decision joined
    because they were alike, each once; empty where no text was pushed by several."""

    looks_for: dict[str, str]
    decisions: tuple[Told, ...]
    members: tuple[EvidenceLine, ...]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "looks_for": self.looks_for,
            "decisions": [
                {
                    "at": one.at.isoformat(),
                    "respondent": one.respondent,
                    "checks": list(one.checks),
                    "seen": [seen._asdict() for seen in one.seen],
                }
                for one in self.decisions
            ],
            "members": [{"at": line.at.isoformat(), "sender": line.sender, "text": line.text} for line in self.members],
        }


def explained(entries: Iterable[AnyEntry | None], evidence: Sequence[Evidence], language: str) -> Explained:
    """The decisions that checks made in a case, by its history (None: an erased entry) and what was frozen with it."""
    judged = [entry for entry in entries if isinstance(entry, Judged) and entry.automatic and entry.checks != _GOES_ON]
    decisions = tuple(
        Told(entry.at, entry.respondent.id, entry.checks, _seen(entry.facts, language)) for entry in judged
    )
    names = dict.fromkeys(check for entry in judged for check in entry.checks)
    pushed = len({entry.respondent.id for entry in judged if entry.cluster is not None}) > 1
    members = {line.message_id: line for part in evidence for line in part.lines if line.judged} if pushed else {}
    return Explained({name: check_name(name, language) for name in names}, decisions, tuple(members.values()))


def why_phrase(entries: Iterable[AnyEntry | None], respondent: str, language: str) -> str:
    """What happened, in one phrase, by the checks' latest decision about somebody; "" where a person decided after it."""
    own = [entry for entry in entries if isinstance(entry, Judged) and entry.respondent.id == respondent]
    for entry in reversed(own):
        told = first_phrase(entry.facts, language) if entry.automatic else ""
        if told or not entry.automatic:
            return told
    return ""


def _seen(facts: Iterable[str], language: str) -> tuple[Seen, ...]:
    found = (signal for fact in facts for signal in understood(fact))
    return tuple(Seen(name, value if name else "", phrase(name, value, language)) for name, value in found)
