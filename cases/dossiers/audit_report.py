"""Self-audits and assessments, kept three years (norm P3-2).

An audit report says what each check found; one with findings stays open until somebody says what was done. An assessment
is written by a person: once a year of all risks, before a new automatic measure of its impact, and when the key file was
copied to a safe place.
"""

from __future__ import annotations

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import OFFICERS, matching, to_role
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind
from cases.needs import many, text

_WHOLE = {
    "checks": many(text(40)),
    "head": matching(r"[0-9]+:[0-9a-f]{64}", "the end of the history: number, colon, hash"),
}
_FINDINGS = {"findings": many(text(500), most=500)}
_FINGERPRINT = matching(r"[0-9a-f]{16}", "the key file's fingerprint")
_PEOPLE = OFFICERS | by(ActorKind.SUPERVISOR)

AUDIT = Machine(
    "audit report",
    (
        Move("pass", {BEGINNING: "clean"}, by(ActorKind.BOT), _WHOLE, zh="通过"),
        Move("fail", {BEGINNING: "found"}, by(ActorKind.BOT), {**_WHOLE, **_FINDINGS}, zh="发现问题"),
        Move("resolve", {"found": "resolved"}, _PEOPLE, {"done": text(2_000)}, zh="已处理"),
    ),
)  # fmt: skip


def _effects(attempt: Attempt, dossier: Dossier) -> Effects | None:
    if attempt.move != "fail":
        return None
    findings = [str(one) for one in attempt.fields["findings"]]
    words = {"count": str(len(findings)), "first": findings[0]}
    return Effects(letters=(to_role(ActorKind.OPERATOR, dossier, "audit_found", **words),))


KIND = DossierKind(
    "audit-report",
    "自查报告",
    AUDIT,
    "P3-2",
    readers=_PEOPLE,
    effects=_effects,
    resting=frozenset({"found"}),
)

ASSESSMENT = DossierKind(
    "assessment",
    "评估",
    Machine(
        "assessment",
        (
            Move("assess", {BEGINNING: "assessed"}, _PEOPLE, {"risks": text(8_000), "measures": text(8_000)}, zh="年度评估"),
            Move(
                "assess-impact",
                {BEGINNING: "impact-assessed"},
                _PEOPLE,
                {"feature": text(200), "risks": text(8_000), "measures": text(8_000), "decision": text(2_000)},
                zh="影响评估",
            ),
            Move(
                "note-backup",
                {BEGINNING: "backup-noted"},
                OFFICERS,
                {"where": text(200), "keys": _FINGERPRINT},
                zh="记录备份",
            ),
        ),
    ),
    "P3-2",
    readers=_PEOPLE,
)  # fmt: skip
