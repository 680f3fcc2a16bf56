"""Referrals: a suspected crime is told to the authority by a person, with facts, evidence and ground (norm N3.1-2d).

Two people approve; where a life is at risk one moderator starts it and nobody waits for the second. What leaves the house
is `file_of`: it names no reporter unless a lawful order is attached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import OFFICERS, second_person, to_role
from cases.evidence import digest
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, CaseState, Evidence, MeasureStatus, Refusal
from cases.needs import instant, one_of, text

LONGEST_SILENCE = timedelta(days=90)
"""How long the respondent's notice may be held back so that nobody is tipped off."""
STARTERS = OFFICERS | by(ActorKind.MODERATOR, ActorKind.SUPERVISOR)
URGENT = "life"


def about_a_case(attempt: Attempt) -> Refusal | None:
    """A referral is about a case with frozen evidence."""
    if attempt.about.case is None:
        return Refusal("unknown_case", "a referral is about a case: name its code")
    if not attempt.about.evidence:
        return Refusal("no_evidence", "the case holds no evidence that could be handed over")
    return None


def another(attempt: Attempt) -> Refusal | None:
    """Two people approve: who drafted it does not approve it."""
    return second_person(attempt, "draft")


def urgent_or_approved(attempt: Attempt) -> Refusal | None:
    """Without approval it is sent only where a life is at risk."""
    dossier = attempt.dossier
    if dossier is None or dossier.status != "drafted" or dossier.fields.get("risk") == URGENT:
        return None
    return Refusal("not_approved", "a second person approves a referral first; only a risk to life does not wait")


def bounded(attempt: Attempt) -> Refusal | None:
    """The respondent's notice is held back for a limited time only."""
    until = attempt.fields.get("silent_until")
    if until is None or datetime.fromisoformat(str(until)) <= attempt.now + LONGEST_SILENCE:
        return None
    return Refusal("too_long", f"the notice is held back for {LONGEST_SILENCE.days} days at most")


_FACTS = {
    "facts": text(8_000),
    "provision": text(500),
    "authority": text(300),
    "risk": one_of(URGENT, "none"),
}
_MORE = {"silent_until": instant(), "silence_reason": text(1_000)}

MACHINE = Machine(
    "referral",
    (
        Move("draft", {BEGINNING: "drafted"}, STARTERS, _FACTS, _MORE, (about_a_case, bounded), zh="起草"),
        Move("amend", {"drafted": "drafted"}, STARTERS, {}, {**_FACTS, **_MORE}, (bounded,), zh="补充"),
        Move("approve", {"drafted": "approved"}, OFFICERS | by(ActorKind.SUPERVISOR), {}, {}, (another,), zh="批准"),
        Move(
            "send",
            {"approved": "sent", "drafted": "sent"},
            STARTERS,
            {"channel": text(300), "sent_at": instant()},
            {"reference": text(200)},
            (urgent_or_approved,),
            meets=("referral", "referral_life"),
            zh="送交",
        ),
        Move(
            "record-reply",
            {"sent": "sent"},
            STARTERS,
            {"reply": text(8_000)},
            {"reference": text(200), "lawful_order": text(500)},
            zh="记录回复",
        ),
        Move("close", {"sent": "answered"}, OFFICERS, {"result": text(2_000)}, zh="结束"),
        Move(
            "drop",
            {"drafted": "dropped", "approved": "dropped"},
            OFFICERS | by(ActorKind.SUPERVISOR),
            {"reason": text(2_000)},
            {},
            (another,),
            meets=("referral", "referral_life"),
            zh="撤销",
        ),
    ),
)


def _effects(attempt: Attempt, dossier: Dossier) -> Effects:
    if attempt.move != "draft":
        return Effects()
    key = "referral_life" if dossier.fields["risk"] == URGENT else "referral"
    terms = attempt.house.terms
    running = terms.start(key, dossier.id, dossier.id, dossier.room, attempt.now)
    told = to_role(ActorKind.OPERATOR, dossier, "referral_drafted", code=dossier.about)
    return Effects(deadlines=(running,), letters=(told,))


KIND = DossierKind(
    "referral",
    "移送",
    MACHINE,
    "N3.1-2d",
    readers=STARTERS,
    private=frozenset({"facts", "reply", "silence_reason"}),
    effects=_effects,
)


def silent_until(code: str, dossiers: Sequence[Dossier]) -> datetime | None:
    """Until when the respondent of this case is not told; None: they are told as always."""
    ends = [
        datetime.fromisoformat(str(dossier.fields["silent_until"]))
        for dossier in dossiers
        if dossier.kind == KIND.name and dossier.about == code and dossier.fields.get("silent_until")
        if dossier.status in ("drafted", "approved", "sent")
    ]
    return max(ends, default=None)


def file_of(dossier: Dossier, case: CaseState, evidence: Sequence[Evidence]) -> Mapping[str, Any]:
    """What is handed to the authority: facts, ground, evidence with digests, measures taken.

    No reporter: of the reports their number and instants alone (norm N1.3-4); with a lawful order attached it says so, and
    the privacy officer discloses the identity by a way of its own (`cases.dossiers.disclosure`).
    """
    return {
        "format": "danmod-referral/1",
        "referral": dossier.id,
        "authority": dossier.fields["authority"],
        "provision": dossier.fields["provision"],
        "facts": dossier.fields["facts"],
        "lawful_order": dossier.fields.get("lawful_order", ""),
        "case": case.code,
        "room": case.room,
        "respondents": [{"account": person.id, "name": person.name} for person in case.respondents],
        "evidence": [_exhibit(one) for one in evidence],
        "measures": [
            {"kind": action.kind.value, "at": action.ordered_at.isoformat(), "outcome": action.status.value}
            for action in case.actions
            if action.status is not MeasureStatus.REVOKED
        ],
        "reports": len(case.reports),
    }


def _exhibit(evidence: Evidence) -> Mapping[str, Any]:
    return {
        "captured_at": evidence.captured_at.isoformat(),
        "sha256": digest(evidence),
        "gap": evidence.gap,
        "lines": [
            {"at": line.at.isoformat(), "sender": line.sender, "text": line.text, "judged": line.judged}
            for line in evidence.lines
        ],
    }
