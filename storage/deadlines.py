"""The deadlines that run: looked at with the readers' connections, marked through the clerks of cases and dossiers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, select
from sqlalchemy import func as sql
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.deadlines import Deadline
from cases.dossier import Dossier
from cases.evidence import storable
from cases.history import Changes, DeadlineMissed, DeadlineWarned, Letter
from cases.model import BOT, CaseState, Refusal
from cases.ports import ByCode, DeadlineCount, DeadlineFilter, DeadlineRow
from storage import schema
from storage.batch import Batch
from storage.case_log import CaseClerk, CaseWork
from storage.database import read
from storage.dossier_log import DossierClerk, DossierWork
from storage.writer import Writer
from streams.events import RoomKey

_table = schema.deadlines.c
_RUNNING = _table.met_at.is_(None), _table.dropped_at.is_(None)
_NOT_MISSED = *_RUNNING, _table.overdue_at.is_(None)
_NOT_WARNED = *_NOT_MISSED, _table.warned_at.is_(None)
_MARKS = {DeadlineWarned: "warned_at", DeadlineMissed: "overdue_at"}


class StoredDeadlineReader:
    """Looking at the deadlines, on connections that cannot write."""

    def __init__(self, readers: AsyncEngine) -> None:
        self._readers = readers

    async def to_warn(self, now: datetime, limit: int = 100) -> Sequence[DeadlineRow]:
        """Running deadlines of which it is time to warn and nobody was warned, the longest waiting first."""
        query = select(schema.deadlines).where(*_NOT_WARNED, _table.warn_at <= now).order_by(_table.warn_at)
        return await self._rows(query, limit)

    async def overdue(self, now: datetime, limit: int = 100) -> Sequence[DeadlineRow]:
        """Running deadlines whose instant has come and that are not marked so, the first due first."""
        return await self._rows(select(schema.deadlines).where(*_NOT_MISSED, _table.due_at <= now), limit)

    async def deadlines(self, which: DeadlineFilter) -> Sequence[DeadlineRow]:
        """The deadlines that match, the first due first."""
        return await self._rows(_filtered(which), which.limit)

    async def counts(self, since: datetime, until: datetime, room: RoomKey | None = None) -> Sequence[DeadlineCount]:
        """How the deadlines that began from ``since`` until before ``until`` were kept, by key."""
        query = _counted().where(_table.started_at >= since, _table.started_at < until)
        if room is not None:
            query = query.where(_table.room == room)
        rows = await read(self._readers, lambda connection: list(connection.execute(query)))
        return [DeadlineCount(*row) for row in rows]

    async def next_deadline(self) -> datetime | None:
        """The earliest instant at which a deadline must be looked at, None when none runs."""
        warn = select(sql.min(_table.warn_at)).where(*_NOT_WARNED)
        miss = select(sql.min(_table.due_at)).where(*_NOT_MISSED)
        found = await read(self._readers, lambda connection: [connection.scalar(warn), connection.scalar(miss)])
        return min((instant for instant in found if instant is not None), default=None)

    async def _rows(self, query: Select[Any], limit: int) -> Sequence[DeadlineRow]:
        first = query.order_by(_table.due_at, _table.key, _table.ref).limit(limit)
        return await read(self._readers, lambda connection: [_row(row) for row in connection.execute(first)])


class StoredDeadlineBook(StoredDeadlineReader):
    """Implements the port `DeadlineBook`."""

    def __init__(self, writer: Writer, cases: CaseClerk, dossiers: DossierClerk, readers: AsyncEngine) -> None:
        super().__init__(readers)
        self._writer = writer
        self._cases = cases
        self._dossiers = dossiers

    async def mark_warned(self, deadline: Deadline, now: datetime, letters: Sequence[Letter] = ()) -> bool:
        """Note in the row and in the history that people are warned; False when it was noted, or runs no more."""
        entry = DeadlineWarned(at=now, by=BOT, key=deadline.key, ref=deadline.ref)
        return await self._mark(deadline, entry, tuple(letters))

    async def mark_overdue(self, deadline: Deadline, now: datetime, letters: Sequence[Letter] = ()) -> bool:
        """Note in the row and in the history that it was missed; False when it was noted, or runs no more."""
        entry = DeadlineMissed(at=now, by=BOT, key=deadline.key, ref=deadline.ref)
        return await self._mark(deadline, entry, tuple(letters))

    async def _mark(
        self, deadline: Deadline, entry: DeadlineWarned | DeadlineMissed, letters: tuple[Letter, ...]
    ) -> bool:
        changes = Changes(entries=(entry,), letters=letters, code=deadline.about)

        def decide(known: CaseState | Dossier | None, fresh: str) -> Changes | Refusal:
            return Refusal("unknown", f"there is no {deadline.about}") if known is None else changes

        def unless(connection: Connection, batch: Batch) -> Refusal | None:
            return None if _runs(connection, batch, deadline, _MARKS[type(entry)]) else Refusal("already", "noted")

        kind, dash, _ = deadline.about.rpartition("-")
        if dash:
            work = DossierWork(deadline.about, kind, decide, unless)
            answer = await self._writer.do(self._dossiers, work)
        else:
            answer = await self._writer.do(self._cases, CaseWork(ByCode(deadline.about), decide, unless))
        return not isinstance(answer, Refusal)


def _runs(connection: Connection, batch: Batch, deadline: Deadline, mark: str) -> bool:
    """True while the deadline runs, as stored or as the group has left it, and is not marked."""
    known = batch.alongside.runs((deadline.key, storable(deadline.ref)), mark)
    if known is not None:
        return known
    theirs = _table.key == deadline.key, _table.ref == storable(deadline.ref), schema.deadlines.c[mark].is_(None)
    return connection.scalar(select(sql.count()).where(*theirs, *_RUNNING)) == 1


def _filtered(which: DeadlineFilter) -> Select[Any]:
    query = select(schema.deadlines)
    given = {_table.key: which.key, _table.ref: which.ref, _table.about: which.about, _table.room: which.room}
    query = query.where(*(column == storable(value) for column, value in given.items() if value is not None))
    if which.running is not None:
        running = _table.met_at.is_(None) & _table.dropped_at.is_(None)
        query = query.where(running if which.running else ~running)
    if which.missed is not None:
        query = query.where(_table.overdue_at.is_not(None) if which.missed else _table.overdue_at.is_(None))
    if which.among is not None:
        query = query.where(_table.about.in_(sorted(which.among)))
    if which.until is not None:
        query = query.where(_table.started_at < which.until)
    return query if which.since is None else query.where(_table.started_at >= which.since)


def _counted() -> Select[Any]:
    met, missed = _table.met_at.is_not(None), _table.overdue_at.is_not(None)
    numbers = (sql.count(), _sum(met), _sum(met & missed), _sum(missed), _sum(_table.dropped_at.is_not(None)))
    return select(_table.key, *numbers).group_by(_table.key).order_by(_table.key)


def _sum(condition: Any) -> Any:
    return sql.sum(case((condition, 1), else_=0))


def _row(row: Row[Any]) -> DeadlineRow:
    deadline = Deadline(row.key, row.ref, row.about, row.room, row.started_at, row.warn_at, row.due_at)
    return DeadlineRow(deadline, row.warned_at, row.met_at, row.overdue_at, row.dropped_at)
