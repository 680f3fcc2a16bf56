"""Who looked at what, and why: every reading is an entry of the history, and a row to find it by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.evidence import storable
from cases.history import AccessNoted
from cases.model import Actor, ActorKind
from cases.ports import AccessFilter, AccessRow
from storage import schema
from storage.database import read
from storage.dossier_log import AccessWork, DossierClerk
from storage.writer import Writer

_table = schema.access_log.c


class StoredAccessReader:
    """Implements the port `AccessReader`."""

    def __init__(self, readers: AsyncEngine) -> None:
        self._readers = readers

    async def accesses(self, which: AccessFilter) -> Sequence[AccessRow]:
        """Who looked, newest first."""
        query = _filtered(which)
        return await read(self._readers, lambda connection: [_row(row) for row in connection.execute(query)])


class StoredAccessLog(StoredAccessReader):
    """Implements the port `AccessLog`."""

    def __init__(self, writer: Writer, clerk: DossierClerk, readers: AsyncEngine) -> None:
        super().__init__(readers)
        self._writer = writer
        self._clerk = clerk

    async def note(self, at: datetime, who: Actor, what: str, ref: str, why: str) -> None:
        """Write it down; comes back when it is committed. Raises StorageError when it cannot be."""
        await self._writer.do(self._clerk, AccessWork(AccessNoted(at=at, by=who, what=what, ref=ref, why=why)))


def _filtered(which: AccessFilter) -> Select[Any]:
    query = select(schema.access_log).order_by(_table.seq.desc()).limit(which.limit)
    given = {_table.what: which.what, _table.ref: which.ref, _table.who: which.who}
    query = query.where(*(column == storable(value) for column, value in given.items() if value is not None))
    return query if which.since is None else query.where(_table.at >= which.since)


def _row(row: Row[Any]) -> AccessRow:
    return AccessRow(row.seq, row.at, Actor(ActorKind(row.role), row.who, row.name), row.what, row.ref, row.why)
