"""The allowed moves of a case as a table, and state as the fold of its history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from cases.history import (
    ActionOrdered,
    AnyEntry,
    AppealCompleted,
    AppealDecided,
    Appealed,
    AppealOverdue,
    AppealRemarked,
    DeadlineMissed,
    DeadlineWarned,
    Dismissed,
    Entry,
    EvidenceFrozen,
    Judged,
    MeasureEnded,
    MeasureRevoked,
    Opened,
    OutcomeRecorded,
    ReportTaken,
    Undone,
)
from cases.model import (
    ActionKind,
    ActorKind,
    CaseKind,
    CaseState,
    CaseStatus,
    MeasureStatus,
    OrderedAction,
    Respondent,
)
from cases.objections import FOLDS as OBJECTIONS
from cases.rounds import FOLDS as ROUNDS
from cases.sentence import worst

MOVES: Mapping[type[Entry], frozenset[CaseStatus]] = {
    ReportTaken: frozenset({CaseStatus.OPEN, CaseStatus.DECIDED, CaseStatus.APPEALED, CaseStatus.UPHELD}),
    Judged: frozenset({CaseStatus.OPEN, CaseStatus.DECIDED, CaseStatus.APPEALED, CaseStatus.UPHELD}),
    Undone: frozenset({CaseStatus.DECIDED}),
    Dismissed: frozenset({CaseStatus.OPEN}),
    Appealed: frozenset({CaseStatus.DECIDED, CaseStatus.UPHELD, CaseStatus.APPEALED, CaseStatus.DISMISSED}),
    AppealCompleted: frozenset({CaseStatus.APPEALED}),
    AppealRemarked: frozenset({CaseStatus.APPEALED}),
    AppealOverdue: frozenset({CaseStatus.APPEALED}),
    AppealDecided: frozenset({CaseStatus.APPEALED}),
}
"""In which status a move may happen. Entries that are no moves (evidence, outcomes, ends) may come at any time."""


def may(move: type[Entry], state: CaseState) -> bool:
    """True when the move is allowed in the state."""
    return move not in MOVES or state.status in MOVES[move]


def fold(state: CaseState | None, entries: Iterable[AnyEntry]) -> CaseState:
    """The state after more entries. ``state`` None: the first entry must be Opened.

    Raises ValueError for a history that does not begin with Opened or opens twice, and for a move the table refuses.
    """
    for entry in entries:
        state = _step(state, entry)
    if state is None:
        raise ValueError("a history begins with Opened, got no entry")
    return state


def _step(state: CaseState | None, entry: AnyEntry) -> CaseState:
    if isinstance(entry, Opened):
        if state is not None:
            raise ValueError(f"case {state.code} is opened twice")
        return _opened(entry)
    if state is None:
        raise ValueError(f"a history begins with Opened, got {type(entry).__name__}")
    if not may(type(entry), state):
        raise ValueError(f"{type(entry).__name__} is not allowed in case {state.code}, which is {state.status}")
    after = _FOLDS[type(entry)](state, entry)
    return _with(after, version=state.version + 1, last_at=_last_at(state, entry))


def _opened(entry: Opened) -> CaseState:
    return CaseState(
        code=entry.code,
        room=entry.room,
        kind=entry.kind,
        status=CaseStatus.OPEN if entry.kind is CaseKind.REPORT else CaseStatus.DECIDED,
        episode=entry.episode,
        opened_at=entry.at,
        last_at=entry.at,
        severity=entry.severity,
        category=entry.category,
        rule=entry.rule,
        dry_run=entry.dry_run,
        automatic=entry.kind is CaseKind.AUTOMATIC,
        version=1,
    )


def _last_at(state: CaseState, entry: AnyEntry) -> datetime:
    """An episode goes on with new facts about the respondents, not with the platform's answers or the clock."""
    return max(state.last_at, entry.at) if isinstance(entry, Judged | ReportTaken) else state.last_at


def _with(state: CaseState, **changes: Any) -> CaseState:
    return msgspec.structs.replace(state, **changes)


def _join(people: tuple[Respondent, ...], person: Respondent | None) -> tuple[Respondent, ...]:
    if person is None or any(known.id == person.id for known in people):
        return people
    return (*people, person)


def _decider(state: CaseState, entry: Entry) -> tuple[str, ...]:
    acting = entry.by.kind in (ActorKind.MODERATOR, ActorKind.OWNER, ActorKind.OPERATOR)
    if not acting or entry.by.ref in state.deciders:
        return state.deciders
    return (*state.deciders, entry.by.ref)


def _report_taken(state: CaseState, entry: ReportTaken) -> CaseState:
    return _with(state, reports=(*state.reports, entry.report), respondents=_join(state.respondents, entry.respondent))


def _judged(state: CaseState, entry: Judged) -> CaseState:
    weightier = state.status is CaseStatus.OPEN or entry.severity.rank > state.severity.rank
    return _with(
        state,
        status=CaseStatus.DECIDED if state.status is CaseStatus.OPEN else state.status,
        rule=entry.rule if weightier else state.rule,
        respondents=_join(state.respondents, entry.respondent),
        severity=worst(state.severity, entry.severity),
        measures=tuple(sorted({*state.measures, *entry.measures})),
        lines=state.lines + len(entry.message_ids),
        deciders=_decider(state, entry),
    )


def _only_noted(state: CaseState, entry: EvidenceFrozen | DeadlineWarned | DeadlineMissed) -> CaseState:
    return state


def _action_ordered(state: CaseState, entry: ActionOrdered) -> CaseState:
    return _with(state, actions=(*state.actions, entry.action), next_action=state.next_action + 1)


def _restatus(state: CaseState, action_id: str, status: MeasureStatus, detail: str | None = None) -> CaseState:
    def changed(action: OrderedAction) -> OrderedAction:
        if action.id != action_id:
            return action
        return msgspec.structs.replace(action, status=status, detail=action.detail if detail is None else detail)

    return _with(state, actions=tuple(changed(action) for action in state.actions))


def _outcome_recorded(state: CaseState, entry: OutcomeRecorded) -> CaseState:
    return _restatus(state, entry.action_id, entry.status, entry.detail)


def _measure_ended(state: CaseState, entry: MeasureEnded) -> CaseState:
    return _restatus(state, entry.action_id, MeasureStatus.ENDED)


def _measure_revoked(state: CaseState, entry: MeasureRevoked) -> CaseState:
    return _restatus(state, entry.action_id, MeasureStatus.REVOKED)


def _undone(state: CaseState, entry: Undone) -> CaseState:
    return _with(state, status=CaseStatus.UNDONE)


def _dismissed(state: CaseState, entry: Dismissed) -> CaseState:
    return _with(state, status=CaseStatus.DISMISSED, deciders=_decider(state, entry))


_FOLDS: Mapping[type[Entry], Callable[[CaseState, Any], CaseState]] = {
    ReportTaken: _report_taken,
    Judged: _judged,
    EvidenceFrozen: _only_noted,
    ActionOrdered: _action_ordered,
    OutcomeRecorded: _outcome_recorded,
    MeasureEnded: _measure_ended,
    MeasureRevoked: _measure_revoked,
    Undone: _undone,
    Dismissed: _dismissed,
    **OBJECTIONS,
    **ROUNDS,
    DeadlineWarned: _only_noted,
    DeadlineMissed: _only_noted,
}


def lifts(action: OrderedAction) -> ActionKind:
    """The kind of action that takes this one back. Raises ValueError for an action that cannot be taken back."""
    counterparts = {ActionKind.MUTE: ActionKind.UNMUTE, ActionKind.BAN: ActionKind.UNBAN}
    if action.kind not in counterparts:
        raise ValueError(f"a {action.kind} cannot be taken back")
    return counterparts[action.kind]
