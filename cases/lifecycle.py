"""The allowed moves of a case as a table, and state as the fold of its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from cases.folds import FOLDS, opened, stepped
from cases.history import (
    ActionOrdered,
    Advised,
    AnyEntry,
    AppealCompleted,
    AppealDecided,
    Appealed,
    AppealOverdue,
    AppealRemarked,
    BanProposed,
    BanReviewed,
    Cascaded,
    Classified,
    Confirmed,
    ConflictDeclared,
    ConflictRefused,
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
    PanelClosed,
    PanelOpened,
    ProposalMoved,
    ReasonsGiven,
    Reexamined,
    ReportTaken,
    RespondentInformed,
    Supplied,
    Triaged,
    Undone,
    VoteCast,
)
from cases.machines import ANSWERS, CASE
from cases.model import (
    ActionKind,
    CaseKind,
    CaseState,
    CaseStatus,
    MeasureStatus,
    OrderedAction,
    Statement,
    StatementStatus,
)

MOVES: Mapping[type[Entry], str] = {
    ReportTaken: "report",
    Supplied: "supply",
    EvidenceFrozen: "freeze",
    ContextSeen: "look",
    Classified: "classify",
    Judged: "measure",
    PanelOpened: "convene",
    VoteCast: "deliberate",
    Advised: "deliberate",
    PanelClosed: "deliberate",
    ConflictDeclared: "declare-conflict",
    ConflictRefused: "note",
    ActionOrdered: "order",
    OutcomeRecorded: "outcome",
    MeasureEnded: "end",
    MeasureRevoked: "lift",
    MeasureLapsed: "lapse",
    Confirmed: "confirm",
    BanProposed: "propose",
    ReasonsGiven: "reasons",
    BanReviewed: "review-ban",
    Undone: "undo",
    Dismissed: "dismiss",
    Appealed: "appeal",
    RespondentInformed: "inform",
    AppealCompleted: "hear",
    AppealRemarked: "hear",
    AppealOverdue: "hear",
    Cascaded: "note",
    Reexamined: "note",
    DeadlineWarned: "note",
    DeadlineMissed: "note",
}
"""The move of the case that each entry makes; of the rest, and of what the program judged, see `move_of`."""
_PLAIN = frozenset(MOVES) - {Judged}
_FACTS = frozenset({Judged, ReportTaken})
"""An episode goes on with new facts about the respondents, not with the platform's answers or the clock."""


def move_of(entry: Entry, after: CaseState) -> str:
    """The name of the move an entry made, when the case stands so ``after`` it."""
    match entry:
        case Judged(automatic=True):
            return "judge"
        case Opened(kind=kind):
            return "open" if kind is CaseKind.REPORT else "begin"
        case Triaged(move=move):
            return move
        case ProposalMoved(move=move):
            return "note" if move == "lapse" else move
        case AppealDecided():
            return ANSWERS[after.status]
    return MOVES[type(entry)]


def may(move: str | type[Entry], state: CaseState) -> bool:
    """True when the table has this move, or the move an entry of this kind makes, for a case that stands so."""
    name = move if isinstance(move, str) else MOVES[move]
    known = CASE.move(name)
    return known is not None and state.status in known.steps


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
        return opened(entry)
    if state is None:
        raise ValueError(f"a history begins with Opened, got {type(entry).__name__}")
    kind = type(entry)
    after = FOLDS[kind](state, entry)
    move = MOVES[kind] if kind in _PLAIN else move_of(entry, after)
    status = stepped(CASE, state.status, move, state.code)
    last_at = entry.at if kind in _FACTS and entry.at > state.last_at else state.last_at
    return msgspec.structs.replace(after, status=status, version=state.version + 1, last_at=last_at)


def statement_status(state: CaseState, statement: Statement) -> StatementStatus:
    """Where a statement of reasons stands, read off its case: revoked with what it explains, informed once its person
    learned of it."""
    ordered = [a for a in state.actions if (a.respondent, a.ordered_at) == (statement.respondent, statement.issued_at)]
    explained = [action for action in ordered if action.kind in (ActionKind.MUTE, ActionKind.BAN)]
    aside = state.status in (CaseStatus.OVERTURNED, CaseStatus.UNDONE)
    if aside or (explained and all(action.status in _TAKEN_BACK for action in explained)):
        return StatementStatus.REVOKED
    informed = state.informed_at(statement.respondent, statement.issued_at) is not None
    return StatementStatus.INFORMED if informed else StatementStatus.ISSUED


_TAKEN_BACK = (MeasureStatus.REVOKED, MeasureStatus.LAPSED)


def lifts(action: OrderedAction) -> ActionKind:
    """The kind of action that takes this one back. Raises ValueError for an action that cannot be taken back."""
    counterparts = {ActionKind.MUTE: ActionKind.UNMUTE, ActionKind.BAN: ActionKind.UNBAN}
    if action.kind not in counterparts:
        raise ValueError(f"a {action.kind} cannot be taken back")
    return counterparts[action.kind]
