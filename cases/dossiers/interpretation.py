"""Interpretations: what a rule means, said by whom the rules name, dated, public, and never for the past (norm N5.1)."""

from __future__ import annotations

from datetime import datetime

from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import ALWAYS
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, Refusal
from cases.needs import instant, text
from cases.rulebook import NOTICE, Interpretation

AUTHORS = by(ActorKind.OPERATOR, ActorKind.OWNER)


def announced(attempt: Attempt) -> Refusal | None:
    """An interpretation counts seven days after it is published at the earliest."""
    effective = datetime.fromisoformat(str(attempt.field("effective_at")))
    if effective < attempt.now + NOTICE:
        return Refusal("too_soon", f"an interpretation is public {NOTICE.days} days before it is used")
    return None


MACHINE = Machine(
    "interpretation",
    (
        Move(
            "write",
            {BEGINNING: "written", "written": "written"},
            AUTHORS,
            {"rule": text(4), "text": text(2_000), "effective_at": instant()},
            zh="起草",
        ),
        Move("publish", {"written": "published"}, AUTHORS, guards=(announced,), zh="公布"),
        Move(
            "withdraw", {"written": "withdrawn", "published": "withdrawn"}, AUTHORS, {"reason": text(1_000)}, zh="撤回"
        ),
    ),
)

KIND = DossierKind("interpretation", "规则解释", MACHINE, "N5.1", readers=frozenset(ActorKind), retention=ALWAYS)


def meaning_of(dossier: Dossier) -> Interpretation:
    """A published interpretation as the rulebook keeps it."""
    step = dossier.last("publish")
    return Interpretation(
        dossier.id,
        str(dossier.fields["rule"]),
        str(dossier.fields["text"]),
        step.at if step else dossier.last_at,
        datetime.fromisoformat(dossier.fields["effective_at"]),
    )
