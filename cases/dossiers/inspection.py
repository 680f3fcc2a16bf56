"""Inspections by authorities: proved or refused; a bundle within a working day; personal data only on order (norm P4-1)."""

from __future__ import annotations

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import HANDLERS, OFFICERS, STAFF, digest, officer, to_role
from cases.history import Letter
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, Refusal
from cases.needs import many, text, yes


def ordered(attempt: Attempt) -> Refusal | None:
    """Personal data leaves only on a written order, and only of the cases it names."""
    if not attempt.fields.get("cases"):
        return None
    allowed = set(attempt.field("ordered_cases") or ()) if attempt.dossier and attempt.dossier.last("order") else set()
    if beyond := set(attempt.fields["cases"]) - allowed:
        return Refusal(
            "no_order", f"no order covers {', '.join(sorted(beyond))}: the bundle goes without personal data"
        )
    return officer(attempt)


_ACTING = OFFICERS | by(ActorKind.SUPERVISOR)

MACHINE = Machine(
    "inspection",
    (
        Move(
            "demand",
            {BEGINNING: "demanded"},
            STAFF,
            {"authority": text(300), "basis": text(1_000), "contact": text(300)},
            {"wants": text(2_000)},
            starts=("inspection",),
            zh="提出检查",
        ),
        Move(
            "accept",
            {"demanded": "accepted"},
            _ACTING,
            {"proof": text(1_000), "checked": yes()},
            zh="核实并接受",
        ),
        Move(
            "refuse",
            {"demanded": "refused"},
            _ACTING,
            {"reason": text(1_000)},
            meets=("inspection",),
            zh="拒绝",
        ),
        Move(
            "order",
            {"accepted": "accepted"},
            OFFICERS,
            {"order": text(300), "ordered_cases": many(text(12))},
            guards=(officer,),
            zh="记录调取令",
        ),
        Move(
            "deliver",
            {"accepted": "delivered"},
            _ACTING,
            {"digest": digest()},
            {"cases": many(text(12))},
            (ordered,),
            meets=("inspection",),
            zh="交付",
        ),
    ),
)


def _letters(attempt: Attempt, dossier: Dossier) -> tuple[Letter, ...]:
    if attempt.move == "demand":
        return (
            to_role(ActorKind.OPERATOR, dossier, "inspection_demanded", authority=str(attempt.fields["authority"])),
        )
    return ()


KIND = DossierKind(
    "inspection",
    "监管检查",
    MACHINE,
    "P4-1",
    readers=HANDLERS | OFFICERS,
    private=frozenset({"contact", "ordered_cases", "cases"}),
    effects=lambda attempt, dossier: Effects(letters=_letters(attempt, dossier)),
)


def may_hold_personal(inspection: Dossier, code: str) -> bool:
    """True when an order of this inspection names the case, so that its file may go into the bundle."""
    if inspection.status != "accepted" or inspection.last("order") is None:
        return False
    return code in inspection.fields["ordered_cases"]
