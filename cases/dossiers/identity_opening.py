"""Opening a reporter's identity: the privacy officer alone, for a written reason, with a second person's consent, once
(norm N1.3-4, N4.3-2b).

Whoever else tries is refused, and the attempt is on record and told to the supervisors (`attempt`). What is opened is the
address the reporter left; the record says that it was opened, never what it was.
"""

from __future__ import annotations

from datetime import timedelta

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import OFFICERS, officer, second_person, to_role
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, Refusal
from cases.needs import text

GOOD_FOR = timedelta(hours=72)
"""So long after the approval it may be opened."""


def a_report_of_the_case(attempt: Attempt) -> Refusal | None:
    """The report belongs to the case this is about."""
    case = attempt.about.case
    if case is not None and case.report(str(attempt.fields["report"])) is not None:
        return None
    return Refusal("unknown_report", "about must be a case, and report one of its reports")


def second(attempt: Attempt) -> Refusal | None:
    """Whoever asked does not approve."""
    return second_person(attempt, "ask")


def the_asker(attempt: Attempt) -> Refusal | None:
    """Whoever asked opens it, nobody else."""
    asked = attempt.dossier.made_by("ask") if attempt.dossier else frozenset()
    return None if attempt.by.ref in asked else Refusal("not_allowed", "somebody else asked for this")


def in_time(attempt: Attempt) -> Refusal | None:
    """An approval is good for 72 hours."""
    approved = attempt.dossier.last("approve") if attempt.dossier else None
    if approved is not None and attempt.now - approved.at <= GOOD_FOR:
        return None
    return Refusal("too_late", "the approval is older than 72 hours; ask again")


MACHINE = Machine(
    "identity opening",
    (
        Move(
            "ask",
            {BEGINNING: "asked"},
            OFFICERS,
            {"report": text(64), "reason": text(1_000)},
            guards=(officer, a_report_of_the_case),
            zh="申请打开",
        ),
        Move(
            "attempt",
            {BEGINNING: "refused"},
            by(ActorKind.BOT),
            {"who": text(200), "role": text(40), "refusal": text(300)},
            {"report": text(64)},
            zh="拒绝越权",
        ),
        Move("approve", {"asked": "approved"}, OFFICERS | by(ActorKind.SUPERVISOR), guards=(second,), zh="批准"),
        Move(
            "decline",
            {"asked": "declined", "approved": "declined"},
            OFFICERS | by(ActorKind.SUPERVISOR),
            {"reason": text(1_000)},
            zh="不批准",
        ),
        Move("open", {"approved": "opened"}, OFFICERS, guards=(officer, the_asker, in_time), zh="打开"),
    ),
)
TOLD = {"ask": "identity_asked", "attempt": "identity_refused", "open": "identity_opened"}
"""What the supervisors are told."""


def _effects(attempt: Attempt, dossier: Dossier) -> Effects | None:
    if attempt.move not in TOLD:
        return None
    words = {name: str(dossier.fields[name]) for name in ("reason", "role") if name in dossier.fields}
    return Effects(letters=(to_role(ActorKind.SUPERVISOR, dossier, TOLD[attempt.move], **words),))


KIND = DossierKind(
    "identity-opening",
    "打开举报人身份",
    MACHINE,
    "N1.3-4",
    readers=OFFICERS | by(ActorKind.SUPERVISOR),
    private=frozenset({"report", "reason", "who"}),
    resting=frozenset({"asked", "approved"}),
    effects=_effects,
)
