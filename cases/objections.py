"""How the entries about appeals change a case: their part of the fold. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cases.history import (
    AppealCompleted,
    AppealDecided,
    Appealed,
    AppealOverdue,
    AppealRemarked,
    Cascaded,
    Entry,
    Reexamined,
    RespondentInformed,
)
from cases.model import Appeal, AppealStatus, CaseState, CaseStatus, Informed


def _with(state: CaseState, **changes: Any) -> CaseState:
    return msgspec.structs.replace(state, **changes)


def _changed(state: CaseState, appeal_id: str, change: Callable[[Appeal], dict[str, Any]]) -> CaseState:
    """The state with one appeal changed."""

    def one(appeal: Appeal) -> Appeal:
        return msgspec.structs.replace(appeal, **change(appeal)) if appeal.id == appeal_id else appeal

    return _with(state, appeals=tuple(one(appeal) for appeal in state.appeals))


def _appealed(state: CaseState, entry: Appealed) -> CaseState:
    return _with(
        state,
        status=CaseStatus.APPEALED,
        appeals=(*state.appeals, entry.appeal),
        next_appeal=state.next_appeal + 1,
    )


def _informed(state: CaseState, entry: RespondentInformed) -> CaseState:
    return _with(state, informed=(*state.informed, Informed(entry.respondent, entry.at, entry.how)))


def _completed(state: CaseState, entry: AppealCompleted) -> CaseState:
    def added(appeal: Appeal) -> dict[str, Any]:
        reasons = "\n".join(part for part in (appeal.reasons, entry.reasons) if part)
        return {"reasons": reasons, "evidence": (*appeal.evidence, *entry.evidence), "status": AppealStatus.OPEN}

    return _changed(state, entry.appeal_id, added)


def _remarked(state: CaseState, entry: AppealRemarked) -> CaseState:
    return _changed(state, entry.appeal_id, lambda appeal: {"remarks": (*appeal.remarks, entry.remark)})


def _overdue(state: CaseState, entry: AppealOverdue) -> CaseState:
    return _changed(
        state,
        entry.appeal_id,
        lambda appeal: {"overdue": True, "suspended": (*appeal.suspended, *entry.suspended)},
    )


def _decided(state: CaseState, entry: AppealDecided) -> CaseState:
    answered = _changed(
        state,
        entry.appeal_id,
        lambda _: {
            "status": entry.outcome,
            "decided_by": entry.by,
            "decided_at": entry.at,
            "answer": entry.answer,
            "findings": entry.findings,
            "alone": entry.alone,
        },
    )
    appeal = next(one for one in answered.appeals if one.id == entry.appeal_id)
    return _with(answered, status=_status_after(answered, appeal))


def _status_after(state: CaseState, appeal: Appeal) -> CaseStatus:
    """How the case stands once this appeal is answered."""
    if any(one.status.waits for one in state.appeals):
        return CaseStatus.APPEALED
    if appeal.report:
        return _after_objection(state, appeal)
    if appeal.status is AppealStatus.OVERTURNED and len(state.respondents) <= 1:
        return CaseStatus.OVERTURNED
    return CaseStatus.UPHELD if appeal.status is AppealStatus.UPHELD else CaseStatus.DECIDED


def _after_objection(state: CaseState, appeal: Appeal) -> CaseStatus:
    """A refusal that was set aside opens the case again for somebody else; kept, all is as before."""
    if state.measures:
        return CaseStatus.DECIDED
    return CaseStatus.DISMISSED if appeal.status is AppealStatus.UPHELD else CaseStatus.OPEN


def _cascaded(state: CaseState, entry: Cascaded) -> CaseState:
    return state


def _reexamined(state: CaseState, entry: Reexamined) -> CaseState:
    return _with(state, reexamined=(*state.reexamined, entry.cause))


FOLDS: Mapping[type[Entry], Callable[[CaseState, Any], CaseState]] = {
    Appealed: _appealed,
    RespondentInformed: _informed,
    AppealCompleted: _completed,
    AppealRemarked: _remarked,
    AppealOverdue: _overdue,
    AppealDecided: _decided,
    Cascaded: _cascaded,
    Reexamined: _reexamined,
}
"""What each entry about appeals does to the state."""
