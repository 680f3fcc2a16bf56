"""What each entry of a history does to the state of its case: reports, classes, decisions, actions. Pure.

Whether the entry may come at all says `cases.lifecycle`; what is inside the case moves by the tables here. Panels and
appeals have theirs in `cases.rounds` and `cases.objections`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cases.history import (
    ActionOrdered,
    AppealDecided,
    BanProposed,
    BanReviewed,
    Classified,
    Confirmed,
    ContextSeen,
    DeadlineMissed,
    DeadlineWarned,
    Dismissed,
    Entry,
    EvidenceFrozen,
    Judged,
    MeasureEnded,
    MeasureLapsed,
    MeasureRevoked,
    Opened,
    OutcomeRecorded,
    ProposalMoved,
    ReasonsGiven,
    ReportTaken,
    Supplied,
    Triaged,
    Undone,
)
from cases.machine import BEGINNING, Machine
from cases.machines import ACTION, CASE, OUTCOMES, PROPOSAL, REPORT
from cases.model import (
    ActorKind,
    AppealStatus,
    CaseKind,
    CaseState,
    CaseStatus,
    Classification,
    EvidenceKind,
    MeasureStatus,
    ProposalStatus,
    ReportStatus,
    Respondent,
)
from cases.objections import FOLDS as OBJECTIONS
from cases.rounds import FOLDS as ROUNDS
from cases.sentence import Measure, worst


def stepped(machine: Machine, status: str, move: str, what: str) -> str:
    """Where a move leads. Raises ValueError, naming what it is about, for one the table does not have."""
    try:
        return machine.after(status, move)
    except ValueError as fault:
        raise ValueError(f"{what}: {fault}") from None


def opened(entry: Opened) -> CaseState:
    return CaseState(
        code=entry.code,
        room=entry.room,
        kind=entry.kind,
        status=CaseStatus(CASE.after(BEGINNING, "open" if entry.kind is CaseKind.REPORT else "begin")),
        episode=entry.episode,
        opened_at=entry.at,
        last_at=entry.at,
        severity=entry.severity,
        category=entry.category,
        rule=entry.rule,
        dry_run=entry.dry_run,
        policy_version=entry.policy_version,
        automatic=entry.kind is CaseKind.AUTOMATIC,
        version=1,
    )


def _with(state: CaseState, **changes: Any) -> CaseState:
    return msgspec.structs.replace(state, **changes)


def _join(people: tuple[Respondent, ...], person: Respondent | None) -> tuple[Respondent, ...]:
    if person is None or any(known.id == person.id for known in people):
        return people
    return (*people, person)


def _acted(people: tuple[str, ...], entry: Entry) -> tuple[str, ...]:
    """The people, with whoever made the entry unless it was the program or somebody of no office."""
    if entry.by.kind in (ActorKind.BOT, ActorKind.VIEWER) or entry.by.ref in people:
        return people
    return (*people, entry.by.ref)


def _report_taken(state: CaseState, entry: ReportTaken) -> CaseState:
    return _with(
        state,
        reports=(*state.reports, entry.report),
        respondents=_join(state.respondents, entry.respondent),
        about_staff=state.about_staff or entry.about_staff,
        victims=(*state.victims, entry.victim) if entry.victim else state.victims,
    )


def _changed_report(state: CaseState, report_id: str, move: str, **changes: Any) -> CaseState:
    """The state with one report moved on."""
    report = state.report(report_id)
    if report is None:
        raise ValueError(f"case {state.code} has no report {report_id}")
    status = ReportStatus(stepped(REPORT, report.status, move, report_id))
    changed = msgspec.structs.replace(report, status=status, **changes)
    return _with(state, reports=tuple(changed if one.id == report_id else one for one in state.reports))


def _triaged(state: CaseState, entry: Triaged) -> CaseState:
    report = state.report(entry.report_id)
    told = entry.move in ("ask", "refuse")
    refused_by = _acted(report.refused_by, entry) if report and entry.move == "refuse" else report and report.refused_by
    changes = {"code": entry.code, "answer": entry.text} if told else {}
    after = _changed_report(state, entry.report_id, entry.move, refused_by=refused_by or (), **changes)
    after = _with(after, deciders=_acted(state.deciders, entry))
    return _accepted(after, entry) if entry.move == "accept" else after


def _accepted(state: CaseState, entry: Triaged) -> CaseState:
    """With a case's first acceptance its review begins, under the provisional class."""
    first = state.accepted_at is None
    state = _with(state, accepted_at=entry.at if first else state.accepted_at, live=entry.live if first else state.live)
    mark = state.mark
    if entry.severity is None or (mark and (not mark.provisional or entry.severity.rank <= mark.severity.rank)):
        return state
    mark = Classification(entry.category, entry.severity, entry.text, entry.by, entry.at, provisional=True)
    return _marked(state, mark)


def _marked(state: CaseState, mark: Classification) -> CaseState:
    return _with(state, classifications=(*state.classifications, mark))


def _supplied(state: CaseState, entry: Supplied) -> CaseState:
    report = state.report(entry.report_id)
    changes = {"category": entry.category} if entry.category else {}
    added = (*(report.added if report else ()), entry.text)
    after = _changed_report(state, entry.report_id, "supply", added=added, **changes)
    return _with(after, respondents=_join(state.respondents, entry.respondent))


def _context_seen(state: CaseState, entry: ContextSeen) -> CaseState:
    return _with(state, seen_by=_acted(state.seen_by, entry))


def _classified(state: CaseState, entry: Classified) -> CaseState:
    mark = Classification(entry.category, entry.severity, entry.reason, entry.by, entry.at, stands=entry.stands)
    marked = _with(_marked(state, mark), deciders=_acted(state.deciders, entry))
    if not entry.stands:
        return marked
    severity = entry.severity if state.status.waits else worst(state.severity, entry.severity)
    return _with(marked, category=entry.category, rule=entry.rule or state.rule, severity=severity)


def _judged(state: CaseState, entry: Judged) -> CaseState:
    weightier = state.status.waits or entry.severity.rank > state.severity.rank
    by_a_person = not entry.automatic
    after = _with(
        state,
        rule=entry.rule if weightier else state.rule,
        respondents=_join(state.respondents, entry.respondent),
        severity=worst(state.severity, entry.severity),
        measures=_widened(state.measures, entry.measures),
        lines=state.lines + len(entry.message_ids),
        deciders=_acted(state.deciders, entry),
        orderers=_acted(state.orderers, entry) if by_a_person else state.orderers,
        reminded=_reminded(state, entry),
        classifications=_finally(state, entry),
    )
    return _answered(after) if after.reports else after


def _widened(known: tuple[Measure, ...], more: tuple[Measure, ...]) -> tuple[Measure, ...]:
    if all(one in known for one in more):
        return known
    return tuple(sorted({*known, *more}))


def _finally(state: CaseState, entry: Judged) -> tuple[Classification, ...]:
    """The class that came with a decision; of the program's decisions only one that changes it."""
    mark = state.mark
    if mark is not None and entry.automatic and mark.severity is entry.severity:
        return state.classifications
    reason = entry.reason or "; ".join(entry.facts)
    final = Classification(state.category, entry.severity, reason, entry.by, entry.at, final=True)
    return (*state.classifications, final)


def _reminded(state: CaseState, entry: Judged) -> tuple[str, ...]:
    person = entry.respondent.id
    if Measure.REMIND not in entry.measures or person in state.reminded:
        return state.reminded
    return (*state.reminded, person)


def _answered(state: CaseState) -> CaseState:
    """A decision answers every report that waits; one that was refused stays so."""
    for report in state.reports:
        if report.status not in (ReportStatus.REFUSED, ReportStatus.ANSWERED):
            state = _changed_report(state, report.id, "close-report")
    return state


def _frozen(state: CaseState, entry: EvidenceFrozen) -> CaseState:
    """What is missing before counts; that nothing followed is no gap."""
    at_once = entry.kind == EvidenceKind.AT_ONCE
    return _with(state, gap=entry.gap or state.gap) if at_once and entry.gap else state


def _only_noted(state: CaseState, entry: Entry) -> CaseState:
    return state


def _action_ordered(state: CaseState, entry: ActionOrdered) -> CaseState:
    return _with(state, actions=(*state.actions, entry.action), next_action=state.next_action + 1)


def _changed_action(state: CaseState, action_id: str, move: str, **changes: Any) -> CaseState:
    """The state with one action moved on; of an action the case never ordered nothing is known."""
    known = state.action(action_id)
    if known is None:
        raise ValueError(f"case {state.code} never ordered {action_id}")
    status = MeasureStatus(stepped(ACTION, known.status, move, action_id))
    action = msgspec.structs.replace(known, status=status, **changes)
    return _with(state, actions=tuple(action if one.id == action_id else one for one in state.actions))


def _outcome_recorded(state: CaseState, entry: OutcomeRecorded) -> CaseState:
    return _changed_action(state, entry.action_id, OUTCOMES[entry.status], detail=entry.detail)


def _measure_ended(state: CaseState, entry: MeasureEnded) -> CaseState:
    return _changed_action(state, entry.action_id, "end")


def _measure_revoked(state: CaseState, entry: MeasureRevoked) -> CaseState:
    return _changed_action(state, entry.action_id, "lift")


def _measure_lapsed(state: CaseState, entry: MeasureLapsed) -> CaseState:
    return _changed_action(state, entry.action_id, "lapse")


def _confirmed(state: CaseState, entry: Confirmed) -> CaseState:
    after = _changed_action(state, entry.action_id, "confirm", provisional_until=None)
    return _with(after, deciders=_acted(state.deciders, entry))


def _ban_proposed(state: CaseState, entry: BanProposed) -> CaseState:
    return _with(state, proposals=(*state.proposals, entry.proposal))


def _proposal_moved(state: CaseState, entry: ProposalMoved) -> CaseState:
    known = next((one for one in state.proposals if one.id == entry.proposal_id), None)
    if known is None:
        raise ValueError(f"case {state.code} has no proposal {entry.proposal_id}")
    status = ProposalStatus(stepped(PROPOSAL, known.status, entry.move, entry.proposal_id))
    moved = msgspec.structs.replace(known, status=status, decided_by=entry.by.ref)
    proposals = tuple(moved if one.id == moved.id else one for one in state.proposals)
    return _with(state, proposals=proposals, deciders=_acted(state.deciders, entry))


def _reasons_given(state: CaseState, entry: ReasonsGiven) -> CaseState:
    return _with(state, reasons=(*state.reasons, entry.text), deciders=_acted(state.deciders, entry))


def _ban_reviewed(state: CaseState, entry: BanReviewed) -> CaseState:
    return _with(state, deciders=_acted(state.deciders, entry))


def _dismissed(state: CaseState, entry: Dismissed) -> CaseState:
    return _answered(_with(state, deciders=_acted(state.deciders, entry)))


def _appeal_decided(state: CaseState, entry: AppealDecided) -> CaseState:
    """An objection that succeeds brings the refused report back to the first look."""
    after: CaseState = OBJECTIONS[AppealDecided](state, entry)
    objection = next(appeal for appeal in after.appeals if appeal.id == entry.appeal_id)
    if not objection.report or objection.status is not AppealStatus.OVERTURNED:
        return after
    return _changed_report(after, objection.report, "reopen")


FOLDS: Mapping[type[Entry], Callable[[CaseState, Any], CaseState]] = {
    ReportTaken: _report_taken,
    Triaged: _triaged,
    Supplied: _supplied,
    ContextSeen: _context_seen,
    Classified: _classified,
    Judged: _judged,
    EvidenceFrozen: _frozen,
    ActionOrdered: _action_ordered,
    OutcomeRecorded: _outcome_recorded,
    MeasureEnded: _measure_ended,
    MeasureRevoked: _measure_revoked,
    MeasureLapsed: _measure_lapsed,
    Confirmed: _confirmed,
    BanProposed: _ban_proposed,
    ProposalMoved: _proposal_moved,
    ReasonsGiven: _reasons_given,
    BanReviewed: _ban_reviewed,
    Undone: _only_noted,
    Dismissed: _dismissed,
    **OBJECTIONS,
    AppealDecided: _appeal_decided,
    **ROUNDS,
    DeadlineWarned: _only_noted,
    DeadlineMissed: _only_noted,
}
