"""Complaints about how we work: numbered, answered in time, with a solution; counted, and coded by cause (norm P1-5, P2-2).

A complaint is no report: it is about us, not about somebody in the chat. One that is a report is converted, and the
person told where it went.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cases.deadlines import Terms
from cases.docket import Effects, Wish
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import ASKERS, HANDLERS, held, language, matching, to_person
from cases.history import Letter
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import Actor, ActorKind, Refusal
from cases.needs import number, one_of, text

CAUSES = ("slow", "decision", "manners", "unclear-rule", "not-told", "technical", "privacy", "staff", "other")
"""What complaints come from."""
REOPEN_WITHIN = timedelta(days=90)
"""How long after its resolution a person may open a complaint again."""


def in_time(attempt: Attempt) -> Refusal | None:
    """Opened again within 90 days of the resolution."""
    if attempt.dossier is None or attempt.now - attempt.dossier.last_at <= REOPEN_WITHIN:
        return None
    return Refusal("late", f"this was resolved more than {REOPEN_WITHIN.days} days ago; please write a new complaint")


def other_in_words(attempt: Attempt) -> Refusal | None:
    """A cause that is none of the list is told in words."""
    if attempt.field("cause") == "other" and not attempt.field("cause_words"):
        return Refusal("unfit", "cause_words is missing: the cause is none of the list, so say it in words")
    return None


_OPEN = ("received", "answering", "reopened")
_CAUSE = {"cause": one_of(*CAUSES)}
_CAUSE_WORDS = {"cause_words": text(200)}

MACHINE = Machine(
    "complaint",
    (
        Move(
            "receive",
            {BEGINNING: "received"},
            ASKERS,
            {"text": text(4_000)},
            {"language": language(), "channel": one_of("web", "mail", "telephone", "social")},
            starts=("complaint_first", "complaint_close"),
            zh="收到",
        ),
        Move(
            "answer",
            {"received": "answering", "answering": "answering", "reopened": "answering"},
            HANDLERS,
            {"reply": text(4_000)},
            meets=("complaint_first",),
            zh="答复",
        ),
        Move(
            "code", dict(zip(_OPEN, _OPEN, strict=True)), HANDLERS, _CAUSE, _CAUSE_WORDS, (other_in_words,), zh="归因"
        ),
        Move(
            "resolve",
            dict.fromkeys(_OPEN, "resolved"),
            HANDLERS,
            {"reply": text(4_000), **_CAUSE},
            _CAUSE_WORDS,
            (other_in_words,),
            meets=("complaint_first", "complaint_close"),
            zh="解决",
        ),
        Move(
            "reopen",
            {"resolved": "reopened"},
            ASKERS,
            {"reason": text(4_000)},
            guards=(held, in_time),
            starts=("complaint_first", "complaint_close"),
            zh="重新打开",
        ),
        Move(
            "rate",
            {"resolved": "resolved"},
            by(ActorKind.VIEWER),
            {"satisfaction": number(1, 5)},
            guards=(held,),
            zh="评价",
        ),
        Move(
            "convert",
            dict.fromkeys(_OPEN, "converted"),
            HANDLERS,
            {"linked": matching(r"[A-Z0-9]{2,12}|[a-z_]+-[0-9]+", "the case's code or the dossier's number")},
            meets=("complaint_first", "complaint_close"),
            zh="转为举报",
        ),
    ),
)

_TOLD: Mapping[str, str] = {
    "receive": "complaint_received",
    "answer": "complaint_answered",
    "resolve": "complaint_resolved",
    "reopen": "complaint_reopened",
    "convert": "complaint_converted",
}
"""The letter with which the person is told of a move. Every one of them is told alone, grouped or not."""


def _letters(attempt: Attempt, dossier: Dossier) -> tuple[Letter, ...]:
    key = _TOLD.get(attempt.move)
    words = {name: str(attempt.fields[name]) for name in ("reply", "linked") if name in attempt.fields}
    return (to_person(dossier, key, **words),) if key else ()


def _effects(attempt: Attempt, dossier: Dossier) -> Effects:
    return Effects(letters=_letters(attempt, dossier))


KIND = DossierKind(
    "complaint",
    "投诉",
    MACHINE,
    "P1-5",
    readers=HANDLERS | by(ActorKind.PRIVACY),
    tokened=True,
    private=frozenset({"text", "reply", "reason", "cause_words"}),
    effects=_effects,
    resting=frozenset({"resolved"}),
)


def next_step(complaint: Dossier, terms: Terms) -> datetime | None:
    """By when the person hears from us next; None when nothing is owed."""
    if complaint.status not in _OPEN:
        return None
    began = complaint.last("reopen") or complaint.steps[0]
    owed = "complaint_close" if complaint.status == "answering" else "complaint_first"
    return terms.due(owed, began.at)


def by_cause(complaints: Iterable[Dossier]) -> dict[str, tuple[Dossier, ...]]:
    """Complaints grouped by their coded cause, the most frequent first; not coded ones under ``""``."""
    coded = list(complaints)
    counted = Counter(str(each.fields.get("cause", "")) for each in coded)
    return {
        cause: tuple(each for each in coded if each.fields.get("cause", "") == cause)
        for cause, _ in counted.most_common()
    }


def to_each(group: Iterable[Dossier], move: str, who: Actor, fields: Mapping[str, Any]) -> tuple[tuple[str, Wish], ...]:
    """One handling of a group as a move of every complaint in it: grouped, yet each person is answered."""
    return tuple((each.id, Wish("complaint", move, who, fields)) for each in group)


@dataclass(frozen=True, slots=True)
class ComplaintFigures:
    """What the complaints of a period say, in numbers without a name.

    ``satisfaction`` counts the last mark of each person, 1 to 5. ``mean`` None: nobody said. ``reopen_rate`` is the share
    of resolved complaints that were opened again, None: none was resolved.
    """

    received: int
    answered: int
    resolved: int
    reopened: int
    converted: int
    overdue: int
    satisfaction: Mapping[int, int]
    mean: float | None
    reopen_rate: float | None


def figures(complaints: Sequence[Dossier], missed: Container[str] = ()) -> ComplaintFigures:
    """Count complaints: answers, resolutions, satisfaction, how many were opened again. ``missed`` are the ids of those
    that ever missed a deadline."""

    def having(move: str) -> int:
        return sum(each.last(move) is not None for each in complaints)

    marks = Counter(int(each.fields["satisfaction"]) for each in complaints if "satisfaction" in each.fields)
    resolved, reopened = having("resolve"), having("reopen")
    return ComplaintFigures(
        received=len(complaints),
        answered=sum(any(each.last(move) for move in ("answer", "resolve", "convert")) for each in complaints),
        resolved=resolved,
        reopened=reopened,
        converted=having("convert"),
        overdue=sum(each.id in missed for each in complaints),
        satisfaction={mark: marks[mark] for mark in range(1, 6)},
        mean=sum(mark * count for mark, count in marks.items()) / marks.total() if marks else None,
        reopen_rate=reopened / resolved if resolved else None,
    )
