"""Public explanations of notable outcomes: a paraphrase nobody can be recognised in, approved by a second person.

Not while an appeal waits; corrected or withdrawn, visibly, when the case is overturned later (norm N3.2-2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import second_person
from cases.leaks import leaks
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, CaseState, CaseStatus, Refusal
from cases.needs import one_of, text

WRITERS = by(ActorKind.MODERATOR, ActorKind.OWNER, ActorKind.OPERATOR, ActorKind.SUPERVISOR)
APPROVERS = by(ActorKind.SUPERVISOR, ActorKind.OPERATOR, ActorKind.OWNER)
_DECIDED = frozenset({CaseStatus.DECIDED, CaseStatus.DISMISSED, CaseStatus.UPHELD, CaseStatus.OVERTURNED})


def decided(attempt: Attempt) -> Refusal | None:
    """A note is about a case that is decided, and no appeal waits."""
    case = attempt.about.case
    if case is None:
        return Refusal("unknown_case", "a public explanation is about a case: name its code")
    if case.status is CaseStatus.APPEALED:
        return Refusal("appeal_waits", f"{case.code}: an appeal waits; explain when it is answered")
    if case.status not in _DECIDED or case.dry_run:
        return Refusal("not_decided", f"{case.code} is {case.status}: there is nothing to explain yet")
    return None


def no_leak(attempt: Attempt) -> Refusal | None:
    """Nobody can be recognised in the text, and nothing in it can be searched back."""
    case = attempt.about.case
    if case is None:
        return None
    named = attempt.field("room_named") == "yes"
    found = [
        leak
        for name in ("title", "text", "correction")
        for leak in leaks(str(attempt.field(name) or ""), case, attempt.about.evidence, room_named=named)
    ]
    return Refusal("leak", "; ".join(dict.fromkeys(found))) if found else None


def another(attempt: Attempt) -> Refusal | None:
    """Who wrote it does not approve it."""
    return second_person(attempt, "write", "rewrite", "correct")


_TEXT = {"title": text(200), "text": text(4_000), "scope": one_of("room", "site")}
_MORE = {"room_named": one_of("yes", "no")}

MACHINE = Machine(
    "public-note",
    (
        Move("write", {BEGINNING: "written"}, WRITERS, _TEXT, _MORE, (decided, no_leak), zh="撰写"),
        Move("rewrite", {"written": "written"}, WRITERS, _TEXT, _MORE, (decided, no_leak), zh="修改"),
        Move("approve", {"written": "public"}, APPROVERS, guards=(another, decided, no_leak), zh="批准公布"),
        Move("correct", {"public": "public"}, WRITERS, {"correction": text(2_000)}, guards=(no_leak,), zh="更正"),
        Move(
            "withdraw",
            {"written": "withdrawn", "public": "withdrawn"},
            WRITERS,
            {"reason": text(1_000)},
            zh="撤回",
        ),
    ),
)

KIND = DossierKind("public-note", "公开说明", MACHINE, "N3.2-2", readers=frozenset(ActorKind))


@dataclass(frozen=True, slots=True)
class Shown:
    """A note as the public reads it. ``week`` is coarse on purpose: the Monday of the week it was published in.

    ``overturned``: the decision it explains was set aside since. ``room`` "": it is not named.
    """

    id: str
    title: str
    text: str
    week: date
    room: str
    correction: str
    overturned: bool
    withdrawn: bool


def shown(note: Dossier, case: CaseState | None) -> Shown | None:
    """What the public sees of a note: nothing before it is approved; of a withdrawn one only that it was withdrawn."""
    approved = note.last("approve")
    if approved is None:
        return None
    withdrawn = note.status == "withdrawn"
    return Shown(
        id=note.id,
        title="" if withdrawn else str(note.fields["title"]),
        text="" if withdrawn else str(note.fields["text"]),
        week=approved.at.date() - timedelta(days=approved.at.weekday()),
        room=str(note.room or "") if note.fields.get("room_named") == "yes" else "",
        correction="" if withdrawn else str(note.fields.get("correction", "")),
        overturned=_was_overturned(note, case),
        withdrawn=withdrawn,
    )


def _was_overturned(note: Dossier, case: CaseState | None) -> bool:
    """True when the case fell after the note was approved: a note that explains the overturning is no error."""
    approved = note.last("approve")
    if case is None or approved is None or case.status is not CaseStatus.OVERTURNED:
        return False
    fell = [appeal.decided_at for appeal in case.appeals if appeal.decided_at is not None]
    return any(at > approved.at for at in fell)


def public(notes: Iterable[tuple[Dossier, CaseState | None]]) -> tuple[Shown, ...]:
    """All notes the public may read, the newest first."""
    known = [one for note, case in notes if (one := shown(note, case)) is not None]
    return tuple(sorted(known, key=lambda one: (one.week, one.id), reverse=True))
