"""Reading cases, on connections that cannot write."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, or_, select
from sqlalchemy import func as sql
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.evidence import storable
from cases.model import ActionKind, CaseState, CaseStatus, Evidence, MeasureStatus, ReportStatus, Statement
from cases.ports import CaseFilter, HistoryRow, MuteRow, StorageError, StrikeRow
from cases.standing import Earlier
from storage import schema
from storage.database import read
from storage.rows import decode_entry, decode_evidence, decode_state, decode_statement
from storage.vault import token_hash
from streams.events import RoomKey

MOST_RECORDS = 20_000
"""So many reports of a queue's reporters are looked at, the newest."""
ASKED_AT_ONCE = 500
PORTION = 500
"""So many cases are read at once: some milliseconds of decoding."""
_LIVE = (
    MeasureStatus.PENDING,
    MeasureStatus.IN_FORCE,
    MeasureStatus.PARTIAL,
    MeasureStatus.UNCONFIRMED,
    MeasureStatus.UNSUPPORTED,
)


class StoredCaseReader:
    """Implements the port `CaseReader`. Every method raises StorageError when the database cannot answer."""

    def __init__(self, readers: AsyncEngine) -> None:
        self._readers = readers

    async def case(self, code: str) -> CaseState | None:
        """The case with this code, None if there is none."""
        return await read(self._readers, lambda connection: _state(connection, _plain(code)))

    async def cases(self, which: CaseFilter) -> Sequence[CaseState]:
        """The cases that match, newest first."""
        query = _filtered(which)
        return await read(self._readers, lambda connection: [decode_state(text) for text in connection.scalars(query)])

    async def history(self, code: str) -> Sequence[HistoryRow]:
        """Every entry of a case in order; ``entry`` is None where the body was erased."""
        return await read(self._readers, lambda connection: history_of(connection, _plain(code)))

    async def evidence(self, code: str) -> Sequence[Evidence]:
        """What was frozen, in order of capture, without what was erased.

        Raises StorageError when something does not match its digest any more.
        """
        return await read(self._readers, lambda connection: _evidence(connection, _plain(code)))

    async def statements(self, code: str) -> Sequence[Statement]:
        """The statements of a case in order of their issue; ``token`` is empty."""
        table = schema.statements.c
        query = select(table.body).where(table.code == _plain(code)).order_by(table.issued_at, table.id)
        return await read(
            self._readers, lambda connection: [decode_statement(body) for body in connection.scalars(query)]
        )

    async def statement_by_token(self, token: str) -> tuple[CaseState, Statement] | None:
        """The statement a secret token opens, None for any other token."""
        table = schema.statements.c
        query = select(table.code, table.body).where(table.token_hash == token_hash(token))
        found = await read(self._readers, lambda connection: _opened(connection, query))
        return None if found is None else (found[0], decode_statement(found[1]))

    async def report_by_token(self, token: str) -> tuple[CaseState, str] | None:
        """The case and the report's id that a reporter's secret token opens, None for any other token."""
        table = schema.reports.c
        query = select(table.code, table.id).where(table.token_hash == token_hash(token))
        return await read(self._readers, lambda connection: _opened(connection, query))

    async def strikes(self, since: datetime) -> Sequence[StrikeRow]:
        """Strikes that count, not cleared, since ``since``, oldest first."""
        table = schema.strikes.c
        query = select(schema.strikes).where(table.cleared_at.is_(None), table.at >= since).order_by(table.at, table.id)
        return await read(self._readers, lambda connection: [_strike(row) for row in connection.execute(query)])

    async def mutes_in_force(self, now: datetime) -> Sequence[MuteRow]:
        """Mutes and bans that should hold now, over all rooms, in the order they were decided."""
        table = schema.outbox.c
        query = select(schema.outbox).where(
            table.kind.in_((ActionKind.MUTE, ActionKind.BAN)),
            table.status.in_(_LIVE),
            or_(table.until.is_(None), table.until > now),
        )
        ordered = query.order_by(table.position)
        return await read(self._readers, lambda connection: [_mute(row) for row in connection.execute(ordered)])

    async def reports_since(self, room: RoomKey, reporter: str, since: datetime) -> int:
        """How many reports a pseudonym made in its room since ``since``."""
        table = schema.reports.c
        query = select(sql.count()).where(table.room == room, table.reporter == reporter, table.received_at >= since)
        return await read(self._readers, lambda connection: connection.scalar(query) or 0)

    async def reports_by(self, room: RoomKey, reporters: Collection[str], since: datetime) -> Sequence[Earlier]:
        """The reports of these pseudonyms of one room since ``since``, newest first, at most 20,000."""
        asked = sorted(one for one in reporters if one)
        return await read(self._readers, lambda connection: _reports_by(connection, room, asked, since))

    async def opened(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[CaseState]]:
        """The cases opened from ``since`` until before ``until``, the latest first, in portions."""
        before: int | None = None
        while True:
            rows = await read(self._readers, partial(_opened_before, since, until, before))
            if rows:
                yield [decode_state(row.state) for row in rows]
            if len(rows) < PORTION:
                return
            before = rows[-1].ordinal

    async def first_opened(self) -> datetime | None:
        """When the first case was opened, None while there is none."""
        table = schema.cases.c
        query = select(table.opened_at).order_by(table.ordinal).limit(1)
        return await read(self._readers, lambda connection: connection.scalar(query))

    async def counts(self) -> dict[str, int]:
        """``cases_<status>``, ``actions_<status>``, and how many timers and notices wait; absent means none."""
        return await read(self._readers, _counts)


def _plain(code: str) -> str:
    return storable(code).strip().upper()


def _state(connection: Connection, code: str) -> CaseState | None:
    text = connection.scalar(select(schema.cases.c.state).where(schema.cases.c.code == code))
    return None if text is None else decode_state(text)


def _filtered(which: CaseFilter) -> Select[Any]:
    cases, people = schema.cases.c, schema.respondents.c
    # The same order either way; each has an index that gives it without sorting.
    by_room = which.room is not None and which.status is None and which.since is None
    newest = cases.number if by_room else cases.ordinal
    query = select(cases.state).order_by(newest.desc()).limit(which.limit)
    if which.since is not None:
        query = query.where(cases.ordinal.in_(_recent(which)))
    elif which.room is not None:
        query = query.where(cases.room == which.room)
    if which.status is not None:
        query = query.where(cases.status == which.status)
    if which.kind is not None:
        query = query.where(cases.kind == which.kind)
    if which.respondent is not None:
        theirs = select(people.code).where(people.sender_id == storable(which.respondent))
        query = query.where(cases.code.in_(theirs))
    return query


def _recent(which: CaseFilter) -> Select[Any]:
    """The cases that go on since then, found by their last fact alone: these are few, the room's may be many.

    The room is compared as an expression, so that no planner begins with all of the room's.
    """
    recent = schema.cases.alias("recent").c
    query = select(recent.ordinal).where(recent.last_at >= which.since)
    return query if which.room is None else query.where(recent.room.concat("") == which.room)


def history_of(connection: Connection, code: str) -> list[HistoryRow]:
    """Every entry of a case or dossier in order."""
    rows, bodies = schema.history.c, schema.history_body.c
    joined = schema.history.outerjoin(schema.history_body, bodies.seq == rows.seq)
    query = select(rows.seq, rows.code, bodies.body).select_from(joined).where(rows.code == code).order_by(rows.seq)
    return [
        HistoryRow(row.seq, row.code, None if row.body is None else decode_entry(row.body))
        for row in connection.execute(query)
    ]


def _evidence(connection: Connection, code: str) -> list[Evidence]:
    table = schema.evidence.c
    query = select(table.digest, table.body).where(table.code == code, table.body.is_not(None))
    found = []
    for row in connection.execute(query.order_by(table.captured_at, table.id)):
        if hashlib.sha256(row.body.encode()).hexdigest() != row.digest:
            raise StorageError(f"evidence of case {code} was changed after it was frozen: run danmod audit verify")
        found.append(decode_evidence(row.body))
    return found


def _opened(connection: Connection, query: Select[Any]) -> tuple[CaseState, str] | None:
    row = connection.execute(query).first()
    if row is None:
        return None
    state = _state(connection, row[0])
    return None if state is None else (state, row[1])


def _opened_before(since: datetime, until: datetime, before: int | None, connection: Connection) -> list[Any]:
    """Cases get their ordinals as they are opened: the latest first is the order they are stored in."""
    table = schema.cases.c
    query = select(table.ordinal, table.state).where(table.opened_at >= since, table.opened_at < until)
    if before is not None:
        query = query.where(table.ordinal < before)
    return list(connection.execute(query.order_by(table.ordinal.desc()).limit(PORTION)))


def _reports_by(connection: Connection, room: RoomKey, reporters: Sequence[str], since: datetime) -> list[Earlier]:
    """Asked in portions: a statement takes only so many values."""
    table, cases = schema.reports.c, schema.cases.c
    joined = schema.reports.join(schema.cases, cases.code == table.code)
    found: list[Earlier] = []
    for start in range(0, len(reporters), ASKED_AT_ONCE):
        portion = reporters[start : start + ASKED_AT_ONCE]
        query = (
            select(table.reporter, table.code, table.received_at, table.status, cases.status.label("case_status"))
            .select_from(joined)
            .where(table.room == room, table.reporter.in_(portion), table.received_at >= since)
            .order_by(table.received_at.desc())
            .limit(MOST_RECORDS - len(found))
        )
        found += [_earlier(row) for row in connection.execute(query)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _earlier(row: Any) -> Earlier:
    status = ReportStatus(row.status or ReportStatus.RECEIVED)
    return Earlier(row.reporter, row.code, row.received_at, status, CaseStatus(row.case_status))


def _strike(row: Any) -> StrikeRow:
    return StrikeRow(RoomKey(row.room), row.sender_id, row.at, row.code)


def _mute(row: Any) -> MuteRow:
    return MuteRow(RoomKey(row.room), row.sender_id, row.action_id, row.until)


def _counts(connection: Connection) -> dict[str, int]:
    counted: dict[str, int] = {}
    for name, table in (("cases", schema.cases), ("actions", schema.outbox)):
        query = select(table.c.status, sql.count()).group_by(table.c.status).order_by(table.c.status)
        for status, number in connection.execute(query):
            counted[f"{name}_{status.replace('-', '_')}"] = number
    waiting = {
        "timers_waiting": select(sql.count()).where(schema.timers.c.done_at.is_(None)),
        "notices_waiting": select(sql.count()).where(
            schema.notices.c.sent_at.is_(None), schema.notices.c.lapsed_at.is_(None)
        ),
    }
    return counted | {name: connection.scalar(query) or 0 for name, query in waiting.items()}
