"""After an upgrade: states are what this version makes of the history, and the rows that constraints look at are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, bindparam, select, update

from cases.deadlines import Deadline, Terms
from cases.lifecycle import fold
from cases.model import AppealStatus, CaseState, ReportStatus
from storage import schema
from storage.bodies import bodies_of
from storage.inserts import add_rows, upsert
from storage.parts import appeal_rows, deciders
from storage.rows import decode_entry, moving_columns

_log = structlog.get_logger("danmod.storage")
_PAGE = 500


def refold(connection: Connection) -> int:
    """Fold every case anew and answer how many there are.

    A case of which something was erased, or whose history this version cannot read, keeps the state it has.
    """
    folded = 0
    for codes in _pages(connection):
        bodies = bodies_of(connection, codes)
        states = [state for code in codes if (state := _folded(code, bodies[code])) is not None]
        _store(connection, states)
        folded += len(states)
    return folded


def _pages(connection: Connection) -> Iterator[list[str]]:
    last, table = -1, schema.cases.c
    page = select(table.ordinal, table.code).order_by(table.ordinal).limit(_PAGE)
    while rows := connection.execute(page.where(table.ordinal > last)).all():
        yield [row.code for row in rows]
        last = rows[-1].ordinal


def _folded(code: str, stored: list[str | None]) -> CaseState | None:
    kept = [body for body in stored if body is not None]
    if len(kept) < len(stored):
        return None
    try:
        return fold(None, map(decode_entry, kept))
    except (ValueError, msgspec.MsgspecError) as error:
        _log.warning("a case's history could not be read anew", case=code, error=str(error))
        return None


def _store(connection: Connection, states: list[CaseState]) -> None:
    if not states:
        return
    _change(connection, schema.cases, "code", [{"of": state.code, **moving_columns(state)} for state in states])
    stood = [{"of": report.id, "status": report.status} for state in states for report in state.reports]
    _change(connection, schema.reports, "id", stood)
    parts = [row for state in states for row in deciders(None, state, state.opened_at)]
    upsert(connection, schema.participations, parts, ("code", "ref", "part"), keep=True)
    _add_appeals(connection, states)
    _start_clocks(connection, states)


def _start_clocks(connection: Connection, states: list[CaseState]) -> None:
    """What waited before there were deadlines has them from when it came: late is late, and somebody is told."""
    rows = [_clock(one) for state in states if not state.dry_run for one in waiting(state)]
    upsert(connection, schema.deadlines, rows, ("key", "ref"), keep=True)


def waiting(state: CaseState) -> Iterator[Deadline]:
    """The deadlines of a case's reports that nobody looked at, and of its appeals that nobody answered."""
    terms = Terms()
    for report in state.reports:
        if state.status.waits and report.status is ReportStatus.RECEIVED:
            yield terms.start("triage_human", report.id, state.code, state.room, report.at)
    for appeal in state.appeals:
        if appeal.status is AppealStatus.OPEN:
            key = "appeal_decide_running" if state.in_force(appeal.respondent) else "appeal_decide"
            yield terms.start(key, appeal.id, state.code, state.room, appeal.at)


def _clock(deadline: Deadline) -> dict[str, Any]:
    nothing = dict.fromkeys(("warned_at", "met_at", "overdue_at", "dropped_at"))
    return {**msgspec.structs.asdict(deadline), **nothing}


def _change(connection: Connection, table: Any, key: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        columns: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "of"}
        connection.execute(update(table).where(table.c[key] == bindparam("of")).values(columns), rows)


def _add_appeals(connection: Connection, states: list[CaseState]) -> None:
    """Those that have no row yet; who answered is not compared with reporters, for want of the keys (`storage.parts` adds
    who reported with the next step that bars them)."""
    table = schema.appeals.c
    known = set(connection.scalars(select(table.id).where(table.code.in_([state.code for state in states]))))
    rows = [row for state in states for row in appeal_rows(None, state, lambda case, ref: "")]
    add_rows(connection, schema.appeals, [row for row in rows if row["id"] not in known])
