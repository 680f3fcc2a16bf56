"""Rows that the norm's constraints look at: who took part in a case, its appeals, its votes, its reports' standing. Pure.

A person is compared with reporters by pseudonym, because reporters are stored no other way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from cases.evidence import storable
from cases.history import AnyEntry, ConflictDeclared, VoteCast
from cases.model import Appeal, CaseState
from storage.row import Row, Rows
from streams.events import RoomKey

Pseudonym = Callable[[RoomKey, str], str]
DECIDED = "decided"
REPORTED = "reported"
CONFLICT = "conflict"


def add_parts(
    rows: Rows, entries: Iterable[AnyEntry], before: CaseState | None, state: CaseState, pseudonym: Pseudonym
) -> None:
    """The rows of one change that led from ``before`` (None: the case begins) to ``state``."""
    at = state.opened_at
    for entry in entries:
        at = entry.at
        if isinstance(entry, ConflictDeclared):
            rows.parts.append(_part(state, entry.person, CONFLICT, at))
        elif isinstance(entry, VoteCast):
            rows.inserts.append(("votes", _vote_row(state, entry, pseudonym)))
    rows.parts.extend(participants(before, state, at))
    rows.appeals.extend(appeal_rows(before, state, pseudonym))
    rows.report_status.update(_restood(before, state))


def participants(before: CaseState | None, state: CaseState, at: datetime) -> list[Row]:
    """Rows of those who newly took part."""
    deciders = state.deciders[len(before.deciders) if before else 0 :]
    reports = state.reports[len(before.reports) if before else 0 :]
    decided = [_part(state, ref, DECIDED, at) for ref in deciders]
    return decided + [_part(state, report.reporter, REPORTED, report.at) for report in reports]


def appeal_rows(before: CaseState | None, state: CaseState, pseudonym: Pseudonym) -> list[Row]:
    """Rows of the appeals that are new or changed."""
    known = before.appeals if before else ()
    return [_appeal_row(state, appeal, pseudonym) for appeal in state.appeals if appeal not in known]


def _restood(before: CaseState | None, state: CaseState) -> dict[str, str]:
    stood = {report.id: report.status for report in (before.reports if before else ())}
    return {r.id: r.status for r in state.reports if r.id in stood and stood[r.id] != r.status}


def _part(state: CaseState, ref: str, part: str, at: datetime) -> Row:
    return {"code": state.code, "ref": storable(ref), "part": part, "at": at}


def _vote_row(state: CaseState, entry: VoteCast, pseudonym: Pseudonym) -> Row:
    return {
        "code": state.code,
        "ref": storable(entry.member),
        "round": entry.round,
        "pseudonym": pseudonym(state.room, entry.member),
        "at": entry.at,
    }


def _appeal_row(state: CaseState, appeal: Appeal, pseudonym: Pseudonym) -> Row:
    decider = appeal.decided_by
    return {
        "id": appeal.id,
        "code": state.code,
        "respondent": storable(appeal.respondent),
        "filed_at": appeal.at,
        "status": appeal.status,
        "decided_by": None if decider is None else decider.ref,
        "decider_pseudonym": None if decider is None else pseudonym(state.room, decider.ref),
        "decided_at": appeal.decided_at,
    }
