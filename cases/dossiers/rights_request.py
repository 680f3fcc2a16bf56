"""Requests about one's own data: to see, copy, correct or erase it, or to have a decision explained (norm P3-1c).

A request without proof gets one answer, whether data exists or not. Proof is what only the person has: the secret token
of a statement or a receipt, or a session linked to the account.
"""

from __future__ import annotations

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import ASKERS, OFFICERS, language, officer, to_person
from cases.dossiers.legal_hold import KIND as HOLD
from cases.dossiers.legal_hold import REFERRAL, is_held
from cases.erasing import plan
from cases.history import Letter
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, Refusal
from cases.needs import many, one_of, text

RIGHTS = ("access", "copy", "correction", "erasure", "explanation")
PROOFS = ("statement-token", "receipt-token", "link-session", "document")
REFUSALS = ("others-rights", "pending-case", "legal-duty", "repeated", "not-personal", "already-erased")
"""Why a proved request may be refused; words come beside it."""
SELF_SERVICE = frozenset({"access", "copy", "explanation"})
"""What the program itself hands over at once, to whoever proved who they are."""


def own_words(attempt: Attempt) -> Refusal | None:
    """A correction says what is wrong and how it should be."""
    if attempt.field("what") == "correction" and not attempt.field("words"):
        return Refusal("unfit", "words is missing: say what is wrong and how it should be")
    return None


def by_the_program(attempt: Attempt) -> Refusal | None:
    """The program grants only what it can hand over itself; correcting and erasing are for a person."""
    if attempt.by.kind is not ActorKind.BOT:
        return officer(attempt)
    if attempt.field("what") in SELF_SERVICE:
        return None
    return Refusal("not_allowed", "a person decides on correction and erasure")


def says_what_is_kept(attempt: Attempt) -> Refusal | None:
    """An erasure names everything that a pending case or a duty keeps, by its kind."""
    if attempt.field("what") != "erasure" or attempt.about.case is None:
        return None
    reporter = attempt.field("proof") == "receipt-token"
    items = plan(attempt.about.case, reporter=reporter, held=_is_kept(attempt))
    must = {item.kind for item in items if item.because}
    if untold := must - set(attempt.fields.get("kept", ())):
        return Refusal("kept_untold", f"kept must name what stays: {', '.join(sorted(untold))}")
    return None


def _is_kept(attempt: Attempt) -> bool:
    """True while a hold, a referral or an unanswered claim needs the case."""
    claims = (each for each in attempt.about.linked if each.kind == "disclosure" and each.about == attempt.about_id)
    open_claim = any(each.status in ("demanded", "order-checked", "approved") for each in claims)
    return open_claim or is_held(attempt.about_id, attempt.about.linked)


_ASKED = {"what": one_of(*RIGHTS)}
_MORE = {"words": text(4_000), "language": language()}
_PROOF = {"proof": one_of(*PROOFS), "subject": text(80)}

MACHINE = Machine(
    "rights request",
    (
        Move("ask", {BEGINNING: "asked"}, ASKERS, _ASKED, _MORE, (own_words,), zh="提出"),
        Move(
            "ask-proved",
            {BEGINNING: "proved"},
            ASKERS,
            {**_ASKED, **_PROOF},
            _MORE,
            (own_words,),
            starts=("rights_request",),
            zh="提出并证明",
        ),
        Move(
            "prove",
            {"asked": "proved"},
            OFFICERS | by(ActorKind.VIEWER),
            _PROOF,
            starts=("rights_request",),
            zh="证明身份",
        ),
        Move("close-unproved", {"asked": "unproved"}, OFFICERS | by(ActorKind.BOT, ActorKind.SUPPORT), zh="未证明"),
        Move(
            "grant",
            {"proved": "granted"},
            OFFICERS | by(ActorKind.BOT),
            {"answer": text(4_000)},
            {"erased": many(text(80)), "kept": many(text(80))},
            (by_the_program, says_what_is_kept),
            meets=("rights_request",),
            zh="满足",
        ),
        Move(
            "refuse",
            {"proved": "refused"},
            OFFICERS,
            {"ground": one_of(*REFUSALS), "reason": text(4_000)},
            guards=(officer,),
            meets=("rights_request",),
            zh="拒绝",
        ),
    ),
)


def _letters(attempt: Attempt, dossier: Dossier) -> tuple[Letter, ...]:
    """Before proof every letter is the same, so that none tells whether data exists."""
    if attempt.move in ("ask", "close-unproved"):
        return (to_person(dossier, "rights_unproved"),)
    if attempt.move in ("ask-proved", "prove"):
        return (to_person(dossier, "rights_received"),)
    if attempt.move == "grant":
        kept = ", ".join(attempt.fields.get("kept", ())) or "-"
        return (to_person(dossier, "rights_granted", answer=str(attempt.fields["answer"]), kept=kept),)
    if attempt.move == "refuse":
        return (to_person(dossier, "rights_refused", reason=str(attempt.fields["reason"])),)
    return ()


KIND = DossierKind(
    "rights_request",
    "个人权利请求",
    MACHINE,
    "P3-1c",
    readers=OFFICERS,
    tokened=True,
    private=frozenset({"words", "answer", "reason", "subject"}),
    looks_at=frozenset({"disclosure", HOLD.name, REFERRAL}),
    effects=lambda attempt, dossier: Effects(letters=_letters(attempt, dossier)),
)
