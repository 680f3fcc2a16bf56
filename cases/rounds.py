"""How the entries about panels and conflicts change a case: their part of the fold. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from cases.history import Advised, ConflictDeclared, ConflictRefused, Entry, PanelClosed, PanelOpened, VoteCast
from cases.model import Advice, CaseState, Conflict, Panel, PanelRound, SealedVote


def _opened(state: CaseState, entry: PanelOpened) -> CaseState:
    begun = PanelRound(entry.round, entry.members, entry.at, entry.why)
    panel = replace(state.panel, rounds=(*state.panel.rounds, begun)) if state.panel else Panel((begun,))
    return replace(state, panel=panel)


def _panel(state: CaseState) -> Panel:
    if state.panel is None:
        raise ValueError(f"case {state.code} has no panel")
    return state.panel


def _last(panel: Panel, **changes: Any) -> Panel:
    return replace(panel, rounds=(*panel.rounds[:-1], replace(panel.last, **changes)))


def _cast(state: CaseState, entry: VoteCast) -> CaseState:
    panel = _panel(state)
    vote = SealedVote(entry.member, entry.at, entry.sealed)
    return replace(state, panel=_last(panel, sealed=(*panel.last.sealed, vote)))


def _advised(state: CaseState, entry: Advised) -> CaseState:
    panel = _panel(state)
    advice = Advice(entry.by.ref, entry.at, entry.text)
    return replace(state, panel=replace(panel, advice=(*panel.advice, advice)))


def _closed(state: CaseState, entry: PanelClosed) -> CaseState:
    panel = _last(_panel(state), ballots=entry.ballots, outcome=entry.outcome)
    return replace(state, panel=replace(panel, severity=entry.severity, measure=entry.measure))


def _declared(state: CaseState, entry: ConflictDeclared) -> CaseState:
    conflict = Conflict(entry.person, entry.reason, entry.by.ref)
    return replace(state, conflicts=(*state.conflicts, conflict))


def _only_noted(state: CaseState, entry: ConflictRefused) -> CaseState:
    return state


FOLDS: Mapping[type[Entry], Callable[[CaseState, Any], CaseState]] = {
    PanelOpened: _opened,
    VoteCast: _cast,
    Advised: _advised,
    PanelClosed: _closed,
    ConflictDeclared: _declared,
    ConflictRefused: _only_noted,
}
"""What each entry about panels and conflicts does to the state."""
