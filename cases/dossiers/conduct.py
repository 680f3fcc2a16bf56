"""Conduct: a complaint about a member of staff, or a flag, and what supervisors make of it (norm N4.3-1).

On a credible suspicion the role rests first, within the hour; then the matter is examined. The staff book reads the state
of these dossiers (`cases.staff`): nothing is copied. For the accused the dossier does not exist.
"""

from __future__ import annotations

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.history import Addressee, Letter
from cases.house import House
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import Actor, ActorKind, Refusal
from cases.needs import Need, one_of, text

SOURCES = ("complaint", "flag", "sample", "appeal", "leak")
"""What raised the suspicion; ``flag`` is the program's (`cases.flags`)."""
_K = ActorKind
_JUDGES = by(_K.SUPERVISOR, _K.OPERATOR)
_ANYBODY = frozenset(ActorKind)
_REASON: dict[str, Need] = {"reason": text()}


def about_somebody(attempt: Attempt) -> Refusal | None:
    """A matter of conduct names whom it is about."""
    return None if attempt.about_id.strip() else Refusal("unfit", "about is missing: a staff id or an account")


def impartial(attempt: Attempt) -> Refusal | None:
    """Judged by supervisors from outside the room, never by whoever complained."""
    dossier = attempt.dossier
    if dossier is None:
        return None
    if attempt.by.ref in dossier.made_by("complain"):
        return Refusal("conflict", "somebody who did not complain judges this")
    member = attempt.house.staff.member(attempt.by.ref, dossier.room)
    own_room = member is not None and dossier.room is not None and dossier.room in member.rooms
    return Refusal("conflict", "a supervisor from outside the room judges this") if own_room else None


def is_accused(dossier: Dossier, reader: Actor, house: House) -> bool:
    """True for whom the matter is about, under whichever account or id they come."""
    if not reader.ref:
        return False
    return reader.ref == dossier.about or house.staff.same(reader.ref, dossier.about, dossier.room)


def _told(attempt: Attempt, dossier: Dossier) -> Effects:
    """Every supervisor but the accused learns of a new matter at once; where there is none, the operator."""
    if attempt.move != "complain":
        return Effects()
    book = attempt.house.staff
    others = [one.id for one in book.holders(_K.SUPERVISOR) if not book.same(one.id, dossier.about, dossier.room)]
    refs = others or [f"role:{_K.OPERATOR}"]
    return Effects(letters=tuple(Letter(Addressee.STAFF, ref, "conduct_received", {"id": dossier.id}) for ref in refs))


def _outcome(name: str, state: str, zh: str) -> Move:
    """An ending, from a resting role or from one that went on."""
    steps = {"suspended": state, "examined": state}
    return Move(name, steps, _JUDGES, needs=_REASON, guards=(impartial,), zh=zh)


KIND = DossierKind(
    name="conduct",
    zh="工作人员行为",
    machine=Machine(
        "conduct matter",
        (
            Move(
                "complain",
                {BEGINNING: "received"},
                _ANYBODY,
                needs={"what": text()},
                allows={"source": one_of(*SOURCES), "case": text(40)},
                guards=(about_somebody,),
                starts=("conduct_suspend",),
                zh="投诉",
            ),
            Move(
                "suspend",
                {"received": "suspended", "examined": "suspended"},
                _JUDGES,
                needs=_REASON,
                guards=(impartial,),
                meets=("conduct_suspend",),
                zh="先行停职",
            ),
            Move(
                "examine",
                {"received": "examined"},
                _JUDGES,
                needs=_REASON,
                guards=(impartial,),
                meets=("conduct_suspend",),
                zh="无须停职，继续调查",
            ),
            _outcome("clear", "cleared", "查无问题"),
            _outcome("warn", "warned", "警告"),
            _outcome("retrain", "retrained", "重新培训"),
            _outcome("remove", "removed", "免职"),
            _outcome("refer", "referred", "移送有关部门"),
        ),
    ),
    clause="N4.3-1",
    readers=_JUDGES,
    private=frozenset({"what", "reason"}),
    effects=_told,
    hidden=is_accused,
)
