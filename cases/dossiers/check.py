"""Supervision checks: one sampled case judged anew, blind; a finding becomes a dated task (norm N4.1-1).

drawn → judged → finding → task → done, or agreed after judged. Whether the judgements agree is found here, from the case,
not told by whoever judges.
"""

from __future__ import annotations

import re
from typing import Any

from cases.dossier import Attempt, DossierKind
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, CaseState, CaseStatus, Refusal
from cases.needs import Need, Unfit, one_of, text
from cases.sampling import acted
from cases.sentence import ALLOWED, Measure, Severity

NOTHING = "none"
"""No violation; no measure."""
RATINGS = ("minor", "serious", "grave")
_K = ActorKind
_REASON: dict[str, Need] = {"reason": text()}
_WEEK = re.compile(r"\d{4}-W[0-5]\d")


def _week() -> Need:
    """An ISO week."""

    def read(given: Any) -> str:
        if not isinstance(given, str) or not _WEEK.fullmatch(given):
            raise Unfit("is no week")
        return given

    return Need("a week like 2026-W47", read)


def uninvolved(attempt: Attempt) -> Refusal | None:
    """A supervisor checks no case they had a part in."""
    case, book = attempt.about.case, attempt.house.staff
    supervisor = book.member(str(attempt.field("supervisor")))
    if case is None or supervisor is None or _K.SUPERVISOR not in supervisor.roles:
        return Refusal("unfit", "name a case that is there and a supervisor")
    concerned = any(book.same(supervisor.id, person.id, case.room) for person in case.respondents)
    if concerned or acted(case, supervisor.id, book):
        return Refusal("conflict", f"{supervisor.id} had a part in {case.code}")
    if any(one.fields.get("week") == attempt.fields["week"] for one in attempt.about.others):
        return Refusal("already", f"{case.code} is in that week's sample")
    return None


def assigned(attempt: Attempt) -> Refusal | None:
    """The supervisor a case was drawn for judges it, nobody else."""
    if attempt.dossier is None:
        return None
    supervisor = str(attempt.dossier.fields["supervisor"])
    same = attempt.house.staff.same(attempt.by.ref, supervisor)
    return None if same else Refusal("not_allowed", "this was drawn for another supervisor")


def possible(attempt: Attempt) -> Refusal | None:
    """A judgement fits together: no measure without a violation, none beyond its severity."""
    severity, measure = attempt.fields["severity"], attempt.fields["measure"]
    if measure == NOTHING or (severity != NOTHING and Measure(measure) in ALLOWED[Severity(severity)]):
        return None
    return Refusal("unfit", f"measure: {severity} does not allow {measure}")


def in_agreement(attempt: Attempt) -> Refusal | None:
    """Only what agrees with the case closes without a finding."""
    agrees = attempt.dossier is not None and attempt.dossier.fields.get("agrees") is True
    return None if agrees else Refusal("invalid_transition", "the judgements differ: write the finding")


def agrees(case: CaseState, severity: str, measure: str) -> bool:
    """True when the judgement is the case's own: the same gravest measure and, where there is one, the same severity."""
    left = case.status in (CaseStatus.DISMISSED, CaseStatus.OVERTURNED, CaseStatus.UNDONE)
    decided = NOTHING if left or not case.measures else max(case.measures, key=list(Measure).index).value
    return measure == decided and (decided == NOTHING or severity == case.severity)


def _compared(attempt: Attempt) -> dict[str, Any]:
    """Whether the judgements agree, found from the case."""
    if attempt.move != "judge" or attempt.about.case is None:
        return {}
    return {"agrees": agrees(attempt.about.case, attempt.fields["severity"], attempt.fields["measure"])}


_SUPERVISORS = by(_K.SUPERVISOR)
_SYSTEM = by(_K.BOT, _K.OPERATOR, _K.SUPERVISOR)
_SEVERITIES, _MEASURES = one_of(NOTHING, *Severity), one_of(NOTHING, *Measure)

KIND = DossierKind(
    name="check",
    zh="监督抽查",
    machine=Machine(
        "supervision check",
        (
            Move(
                "draw",
                {BEGINNING: "drawn"},
                _SYSTEM,
                needs={"week": _week(), "start": text(80), "stratum": text(200), "supervisor": text(200)},
                guards=(uninvolved,),
                zh="抽取",
            ),
            Move(
                "judge",
                {"drawn": "judged"},
                _SUPERVISORS,
                needs={"severity": _SEVERITIES, "measure": _MEASURES, **_REASON},
                guards=(assigned, possible),
                zh="重新判断",
            ),
            Move("agree", {"judged": "agreed"}, _SUPERVISORS, guards=(assigned, in_agreement), zh="一致"),
            Move(
                "find",
                {"judged": "finding"},
                _SUPERVISORS,
                needs={"rating": one_of(*RATINGS), "finding": text()},
                guards=(assigned,),
                zh="发现问题",
            ),
            Move(
                "set-task",
                {"finding": "task"},
                _SUPERVISORS,
                needs={"task": text(), "owner": text(200)},
                starts=("supervision_task",),
                zh="限期整改",
            ),
            Move("miss", {"task": "overdue"}, by(_K.BOT), zh="逾期"),
            Move(
                "finish",
                {"task": "done", "overdue": "done"},
                by(_K.SUPERVISOR, _K.OPERATOR, _K.MODERATOR, _K.REVIEWER, _K.OWNER),
                needs={"done": text()},
                meets=("supervision_task",),
                zh="整改完成",
            ),
        ),
    ),
    clause="N4.1-1",
    readers=by(_K.SUPERVISOR, _K.OPERATOR),
    records=_compared,
)
