"""Loss through a false report: a correction, a dated evidence file, and an identity only on a lawful order (norm N4.3-2b).

We do not decide damages. Whoever was harmed gets the record set right and a file that names no reporter. A court or an
authority gets an identity by an order that the privacy officer checked and a second person approved.
"""

from __future__ import annotations

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import (
    ASKERS,
    HANDLERS,
    OFFICERS,
    digest,
    language,
    officer,
    second_person,
    to_person,
    to_role,
)
from cases.history import Letter
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, Profile, Refusal
from cases.needs import one_of, text, yes


def about_a_case(attempt: Attempt) -> Refusal | None:
    """It concerns a case."""
    return None if attempt.about.case is not None else Refusal("unknown_case", "no such case")


def wants_identity(attempt: Attempt) -> Refusal | None:
    """An identity was asked for."""
    if attempt.field("wants") == "identity":
        return None
    return Refusal("unfit", "no identity was asked for: give a correction or the evidence file")


def wants_no_identity(attempt: Attempt) -> Refusal | None:
    """An identity is never handed out in place of a correction or a file."""
    if attempt.field("wants") != "identity":
        return None
    return Refusal("no_order", "an identity needs a lawful order; without one, refuse and name the route")


def second_approves(attempt: Attempt) -> Refusal | None:
    """Somebody else than whoever checked the order approves."""
    return second_person(attempt, "check-order")


def two_people(attempt: Attempt) -> Refusal | None:
    """One person checked the order, another approved it. A streamer alone is both."""
    people = attempt.dossier.made_by("check-order", "approve") if attempt.dossier else frozenset()
    if len(people) >= 2 or attempt.house.profile is Profile.SOLO:
        return None
    return Refusal("second_person", "a second person has to approve")


CLAIMS = {"harm-correction": "correction", "harm-file": "evidence"}
"""What an injured person may ask for without an order, by the word of the form."""

MACHINE = Machine(
    "disclosure",
    (
        Move(
            "demand",
            {BEGINNING: "demanded"},
            ASKERS | OFFICERS,
            {"wants": one_of("correction", "evidence", "identity"), "harm": text(4_000)},
            {"who": text(300), "subject": text(80), "language": language()},
            (about_a_case,),
            starts=("disclosure",),
            zh="请求",
        ),
        Move(
            "correct",
            {"demanded": "corrected"},
            HANDLERS | OFFICERS,
            {"correction": text(2_000)},
            guards=(wants_no_identity,),
            meets=("disclosure",),
            zh="更正",
        ),
        Move(
            "give-file",
            {"demanded": "file-given"},
            OFFICERS,
            {"digest": digest()},
            guards=(officer, wants_no_identity),
            meets=("disclosure",),
            zh="交付证据文件",
        ),
        Move(
            "check-order",
            {"demanded": "order-checked"},
            OFFICERS,
            {"order": text(300), "court": text(300), "verified": text(1_000), "checked": yes()},
            guards=(officer, wants_identity),
            zh="核查法令",
        ),
        Move(
            "approve",
            {"order-checked": "approved"},
            OFFICERS | by(ActorKind.SUPERVISOR),
            guards=(second_approves,),
            zh="第二人批准",
        ),
        Move(
            "disclose",
            {"approved": "disclosed"},
            OFFICERS,
            {"handed_to": text(300), "reason": text(1_000)},
            guards=(officer, two_people),
            meets=("disclosure",),
            zh="披露",
        ),
        Move(
            "refuse",
            {"demanded": "refused", "order-checked": "refused", "approved": "refused"},
            HANDLERS | OFFICERS,
            {"reason": text(2_000)},
            meets=("disclosure",),
            zh="拒绝",
        ),
    ),
)


def _letters(attempt: Attempt, dossier: Dossier) -> tuple[Letter, ...]:
    """The reporter is never told by whom and why here, nor the injured person who reported: each only the own matter."""
    if attempt.move == "demand":
        return (to_person(dossier, "disclosure_received"),)
    if attempt.move == "correct":
        return (to_person(dossier, "disclosure_corrected", correction=str(attempt.fields["correction"])),)
    if attempt.move == "give-file":
        return (to_person(dossier, "disclosure_file", digest=str(attempt.fields["digest"])),)
    if attempt.move == "check-order":
        return (to_role(ActorKind.SUPERVISOR, dossier, "disclosure_approve"),)
    if attempt.move == "refuse":
        return (to_person(dossier, "disclosure_refused", reason=str(attempt.fields["reason"])),)
    return ()


KIND = DossierKind(
    "disclosure",
    "披露与更正",
    MACHINE,
    "N4.3-2b",
    readers=OFFICERS | by(ActorKind.SUPERVISOR),
    tokened=True,
    private=frozenset({"harm", "who", "subject", "handed_to", "order", "verified", "correction"}),
    effects=lambda attempt, dossier: Effects(letters=_letters(attempt, dossier)),
)
