"""Malicious reports: a person finds malice with reasons, a second confirms, each step is told, ends, and can be appealed.

One dossier a reporter and room; it is about the pseudonym. The steps go up one by one: warning, limited reporting,
suspended for 7, 30 and 90 days, barred (norm N4.3-2a). The program never moves anybody up; it only ends what has run out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.history import Addressee, Letter
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, CaseState, Profile, Refusal
from cases.needs import instant, many, number, one_of, text
from cases.standing import STEPS, TERMS, Earlier, Step

FORGOTTEN = timedelta(days=365)
"""After so long without a finding the ladder begins anew."""
WITHIN = timedelta(days=7)
"""A finding is made so long after its case was closed, and no later."""
PEOPLE = by(ActorKind.MODERATOR, ActorKind.OWNER, ActorKind.OPERATOR, ActorKind.SUPERVISOR)
CASES_NAMED = 20
LEAST = 2
"""One false report is a mistake until more follow."""


def next_step(attempt: Attempt) -> Refusal | None:
    """The ladder is climbed one step at a time."""
    wanted, step = str(attempt.fields["proposed"]), expected(attempt.dossier, attempt.now)
    return None if wanted == step else Refusal("wrong_step", f"the next step is {step}")


def _climbed(dossier: Dossier | None, now: datetime) -> int:
    """How many steps count: none after an overturned finding, or when the last one is long ago."""
    confirmed = dossier.last("confirm") if dossier else None
    if dossier is None or confirmed is None or _cleared(dossier) or now - confirmed.at > FORGOTTEN:
        return 0
    return STEPS.index(str(dossier.fields["step"])) + 1


def _cleared(dossier: Dossier) -> bool:
    """True when an appeal set the latest step aside."""
    confirmed, overturned = dossier.last("confirm"), dossier.last("overturn")
    return overturned is not None and (confirmed is None or overturned.at >= confirmed.at)


def in_time(attempt: Attempt) -> Refusal | None:
    """Seven days after the case was closed nobody is accused of malice any more."""
    closed = datetime.fromisoformat(str(attempt.fields["closed_at"]))
    if attempt.now - closed > WITHIN:
        return Refusal("too_late", f"malice is found within {WITHIN.days} days of the case's end")
    return None


def another(attempt: Attempt) -> Refusal | None:
    """Who found it does not confirm or decline it, and neither of the two hears the appeal."""
    if attempt.house.profile is Profile.SOLO or attempt.dossier is None:
        return None
    moves = ("find",) if attempt.dossier.status == "found" else ("find", "confirm")
    lately = (attempt.dossier.last(move) for move in moves)
    if attempt.by.ref in {step.by.ref for step in lately if step}:
        return Refusal("second_person", "a second person has to do this")
    return None


def as_found(attempt: Attempt) -> Refusal | None:
    """What is confirmed is what was found."""
    if attempt.dossier is not None and attempt.fields["step"] != attempt.dossier.fields.get("proposed"):
        return Refusal("wrong_step", f"what was found is {attempt.dossier.fields.get('proposed')}")
    return None


def one_each(attempt: Attempt) -> Refusal | None:
    """A reporter's findings in a room stand in one dossier, so that the ladder is one."""
    if attempt.dossier is not None or not attempt.about.others:
        return None
    return Refusal("already", f"this reporter's findings are {attempt.about.others[0].id}: go on there")


def run_out(attempt: Attempt) -> Refusal | None:
    """A step ends by itself only when its term is over, and the bar only by a person."""
    if attempt.by.kind is ActorKind.BOT and attempt.dossier and attempt.dossier.fields.get("step") == "barred":
        return Refusal("not_allowed", "whoever is barred is let in again by a person")
    until = ends(attempt.dossier) if attempt.dossier else None
    if until is None or attempt.now < until:
        return Refusal("too_early", f"it runs until {until:%Y-%m-%d}" if until else "a warning does not run")
    return None


_FOUND = {
    "proposed": one_of(*STEPS),
    "reasons": text(4_000),
    "cases": many(text(12)),
    "false_reports": number(LEAST),
    "share": number(0, 1),
    "gravity": text(1_000),
    "intent": text(2_000),
    "closed_at": instant(),
}

MACHINE = Machine(
    "standing",
    (
        Move(
            "find",
            {BEGINNING: "found", "in-force": "found", "ended": "found", "declined": "found", "cleared": "found"},
            PEOPLE,
            _FOUND,
            guards=(one_each, in_time, next_step),
            zh="认定恶意举报",
        ),
        Move(
            "confirm",
            {"found": "in-force"},
            PEOPLE,
            {"step": one_of(*STEPS)},
            guards=(another, as_found),
            meets=("malice_finding",),
            zh="确认",
        ),
        Move(
            "decline",
            {"found": "declined"},
            PEOPLE,
            {"reason": text(2_000)},
            guards=(another,),
            meets=("malice_finding",),
            zh="不予认定",
        ),
        Move("appeal", {"in-force": "appealed"}, by(ActorKind.VIEWER), {"objection": text(4_000)}, zh="申诉"),
        Move("uphold", {"appealed": "in-force"}, PEOPLE, {"answer": text(4_000)}, guards=(another,), zh="维持"),
        Move(
            "overturn",
            {"appealed": "cleared"},
            PEOPLE,
            {"answer": text(4_000)},
            guards=(another,),
            zh="撤销",
        ),
        Move("end", {"in-force": "ended"}, PEOPLE | by(ActorKind.BOT), guards=(run_out,), zh="期满恢复"),
    ),
)


def ends(dossier: Dossier) -> datetime | None:
    """When the step in force ends; None for a warning, and where nothing is in force."""
    confirmed = dossier.last("confirm")
    term = TERMS.get(str(dossier.fields.get("step")))
    if confirmed is None or term is None or dossier.status not in ("in-force", "appealed"):
        return None
    return confirmed.at + term


def due_to_end(dossier: Dossier, now: datetime) -> bool:
    """True when the step in force has run out; the bar ends only by a person."""
    until = ends(dossier) if dossier.status == "in-force" and dossier.fields.get("step") != "barred" else None
    return until is not None and now >= until


def expected(dossier: Dossier | None, now: datetime) -> str:
    """The step that a finding now would propose."""
    return STEPS[min(_climbed(dossier, now), len(STEPS) - 1)]


def prefilled(earlier: Iterable[Earlier], state: CaseState, dossier: Dossier | None, now: datetime) -> dict[str, Any]:
    """What a finding begins with, counted from the reporter's record and the case it starts from."""
    decided = [one for one in earlier if one.judged]
    false = [one for one in decided if one.fell]
    return {
        "false_reports": len(false),
        "share": round(len(false) / len(decided), 2) if decided else 0,
        "cases": list(dict.fromkeys(one.code for one in false))[:CASES_NAMED],
        "closed_at": state.last_at,
        "proposed": expected(dossier, now),
    }


def _effects(attempt: Attempt, dossier: Dossier) -> Effects:
    """Whoever is concerned is told of each step: what, why, until when, and how to object. The second person has what is
    left of the seven days."""
    if attempt.move == "find":
        terms, since = attempt.house.terms, datetime.fromisoformat(str(attempt.fields["closed_at"]))
        return Effects(deadlines=(terms.start("malice_finding", dossier.id, dossier.id, dossier.room, since),))
    told = {
        "confirm": "standing_step",
        "uphold": "standing_upheld",
        "overturn": "standing_cleared",
        "end": "standing_ended",
    }
    key = told.get(attempt.move)
    if key is None:
        return Effects()
    until = ends(dossier)
    words = {
        "id": dossier.id,
        "step": str(dossier.fields.get("step", "")),
        "reasons": str(dossier.fields.get("reasons", "")),
        "answer": str(dossier.fields.get("answer", "")),
        "until": f"{until:%Y-%m-%d}" if until else "-",
    }
    return Effects(letters=(Letter(Addressee.PERSON, dossier.id, key, words),))


KIND = DossierKind(
    "standing",
    "举报信誉",
    MACHINE,
    "N4.3-2a",
    readers=PEOPLE,
    retention=FORGOTTEN,
    tokened=True,
    private=frozenset({"reasons", "intent", "gravity", "cases"}),
    effects=_effects,
)


def in_force(dossiers: Iterable[Dossier]) -> dict[str, Step]:
    """By pseudonym the step that was confirmed and not set aside since; found, declined and ended ones bind nobody."""
    found = {one.about: _step(one) for one in dossiers if one.kind == KIND.name}
    return {pseudonym: step for pseudonym, step in found.items() if step is not None}


def _step(dossier: Dossier) -> Step | None:
    confirmed = dossier.last("confirm")
    if confirmed is None or dossier.status == "ended" or _cleared(dossier):
        return None
    return Step(str(dossier.fields["step"]), confirmed.at)
