"""Legal holds: the one thing that stops erasure, for a named ground, by two people, looked at again (norm N3.1-2d, P3-1b).

That a case is held is derived: `is_held` is true while an unfinished hold, or an unfinished referral, is about it.
"""

from __future__ import annotations

from collections.abc import Iterable

from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import OFFICERS, second_person
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, Refusal
from cases.needs import instant, text

REFERRAL = "referral"
_ENDED = frozenset({"released", "answered", "dropped"})


def another(attempt: Attempt) -> Refusal | None:
    """Whoever asked for a hold does not confirm it."""
    return second_person(attempt, "place")


MACHINE = Machine(
    "legal-hold",
    (
        Move(
            "place",
            {BEGINNING: "placed"},
            OFFICERS | by(ActorKind.SUPERVISOR, ActorKind.MODERATOR),
            {"ground": text(1_000)},
            {"until": instant()},
            zh="设置",
        ),
        Move("confirm", {"placed": "confirmed"}, OFFICERS, guards=(another,), zh="确认"),
        Move("release", {"placed": "released", "confirmed": "released"}, OFFICERS, {"reason": text(1_000)}, zh="解除"),
    ),
)

KIND = DossierKind(
    "legal-hold", "法定保全", MACHINE, "N3.1-2d", readers=OFFICERS | by(ActorKind.SUPERVISOR, ActorKind.MODERATOR)
)


def is_held(code: str, dossiers: Iterable[Dossier]) -> bool:
    """True while something keeps this case from being erased. A hold that nobody has confirmed yet keeps it too."""
    return any(
        dossier.about == code and dossier.kind in (KIND.name, REFERRAL) and dossier.status not in _ENDED
        for dossier in dossiers
    )
