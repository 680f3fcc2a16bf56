"""Alarms: what the program noticed about itself or a platform, and somebody has to look at (norm N1.2, N1.3-3).

Each is raised once, told to those whom it concerns, and stays on the desk until a person has seen it or it is over.
"""

from __future__ import annotations

from datetime import timedelta

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import STAFF
from cases.history import Addressee, Letter
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind
from cases.needs import one_of, text

WHATS = {
    "drift": ActorKind.MODERATOR,
    "foreign": ActorKind.MODERATOR,
    "not-applied": ActorKind.OWNER,
    "not-lifted": ActorKind.OWNER,
    "rights": ActorKind.OWNER,
    "disarmed": ActorKind.MODERATOR,
}
"""What is told, and whom: a measure lifted on the platform by hand; somebody silent there by no measure of ours; a
measure the platform has not taken, a lift it does not show; rights that danmod lost; a check that went back to shadow."""

MACHINE = Machine(
    "alarm",
    (
        Move(
            "raise",
            {BEGINNING: "open"},
            by(ActorKind.BOT),
            {"what": one_of(*WHATS), "detail": text(500)},
            zh="报警",
        ),
        Move("see", {"open": "seen"}, STAFF, allows={"note": text(500)}, zh="已看"),
        Move("end", {"open": "over", "seen": "over"}, by(ActorKind.BOT), zh="解除警报"),
    ),
)


def _effects(attempt: Attempt, dossier: Dossier) -> Effects | None:
    if attempt.move != "raise":
        return None
    what = str(attempt.fields["what"])
    words = {"id": dossier.id, "about": dossier.about or dossier.room or "", "detail": str(attempt.fields["detail"])}
    return Effects(letters=(Letter(Addressee.STAFF, f"role:{WHATS[what]}", f"alarm_{what.replace('-', '_')}", words),))


KIND = DossierKind(
    "alarm",
    "警报",
    MACHINE,
    "N1.2",
    readers=STAFF,
    retention=timedelta(days=365),
    effects=_effects,
)
