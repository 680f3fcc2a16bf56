"""Rows that the norm's constraints look at: who took part in a case, its appeals, its votes, its reports' standing. Pure.

A person is compared with reporters by pseudonym, because reporters are known no other way; and the pseudonym by a digest
of this one case, so that nobody who reads the database learns what a member of staff reported elsewhere (norm N1.3-4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from cases.evidence import storable
from cases.history import AnyEntry, AppealDecided, ConflictDeclared, PanelOpened, ReportTaken, VoteCast
from cases.model import Appeal, CaseState
from cases.ports import Seals
from storage.row import Row, Rows

Mark = Callable[[CaseState, str], str]
"""Of a case and somebody's account there: what shows whether they reported in it, and nothing else."""
DECIDED = "decided"
REPORTED = "reported"
CONFLICT = "conflict"


def add_parts(
    rows: Rows, entries: Iterable[AnyEntry], before: CaseState | None, state: CaseState, seals: Seals
) -> None:
    """The rows of one change that led from ``before`` (None: the case begins) to ``state``."""

    def mark(case: CaseState, account: str) -> str:
        return _digest(seals, case, seals.pseudonym(case.room, account))

    at = state.opened_at
    for entry in entries:
        at = entry.at
        if isinstance(entry, ConflictDeclared):
            rows.parts.append(_part(state, entry.person, CONFLICT, at))
        elif isinstance(entry, VoteCast):
            rows.inserts.append(("votes", _vote_row(state, entry, mark)))
        elif isinstance(entry, _BARS_REPORTERS):
            rows.parts.extend(reporters(state, seals))
    rows.parts.extend(deciders(before, state, at))
    rows.appeals.extend(appeal_rows(before, state, mark))
    rows.report_status.update(_restood(before, state))


_BARS_REPORTERS = (ReportTaken, PanelOpened, AppealDecided)
"""With each of them it is written who reported: of a case from before an upgrade, or of which one reporter was erased, the
rows may be missing until then."""


def reporters(state: CaseState, seals: Seals) -> list[Row]:
    """Rows of those who reported, by digest."""
    known = [report for report in state.reports if report.reporter]
    return [_part(state, _digest(seals, state, report.reporter), REPORTED, report.at) for report in known]


def _digest(seals: Seals, state: CaseState, pseudonym: str) -> str:
    return seals.token("part", f"{state.code}/{pseudonym}")


def deciders(before: CaseState | None, state: CaseState, at: datetime) -> list[Row]:
    """Rows of those who newly decided something."""
    refs = state.deciders[len(before.deciders) if before else 0 :]
    return [_part(state, ref, DECIDED, at) for ref in refs]


def appeal_rows(before: CaseState | None, state: CaseState, mark: Mark) -> list[Row]:
    """Rows of the appeals that are new or changed."""
    known = before.appeals if before else ()
    return [_appeal_row(state, appeal, mark) for appeal in state.appeals if appeal not in known]


def _restood(before: CaseState | None, state: CaseState) -> dict[str, str]:
    stood = {report.id: report.status for report in (before.reports if before else ())}
    return {r.id: r.status for r in state.reports if r.id in stood and stood[r.id] != r.status}


def _part(state: CaseState, ref: str, part: str, at: datetime) -> Row:
    return {"code": state.code, "ref": storable(ref), "part": part, "at": at}


def _vote_row(state: CaseState, entry: VoteCast, mark: Mark) -> Row:
    return {
        "code": state.code,
        "ref": storable(entry.member),
        "round": entry.round,
        "pseudonym": mark(state, entry.member),
        "at": entry.at,
    }


def _appeal_row(state: CaseState, appeal: Appeal, mark: Mark) -> Row:
    decider = appeal.decided_by
    return {
        "id": appeal.id,
        "code": state.code,
        "respondent": storable(appeal.respondent),
        "filed_at": appeal.at,
        "status": appeal.status,
        "decided_by": None if decider is None else decider.ref,
        "decider_pseudonym": None if decider is None else mark(state, decider.ref),
        "decided_at": appeal.decided_at,
    }
