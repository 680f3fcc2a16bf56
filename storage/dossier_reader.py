"""Reading dossiers, on connections that cannot write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.dossier import Dossier
from cases.evidence import storable
from cases.ports import DossierFilter, HistoryRow
from storage import schema
from storage.database import read
from storage.dossier_rows import decode_dossier, plain_id
from storage.reader import history_of
from storage.vault import token_hash

_table = schema.dossiers.c


class StoredDossierReader:
    """Implements the port `DossierReader`. Every method raises StorageError when the database cannot answer."""

    def __init__(self, readers: AsyncEngine) -> None:
        self._readers = readers

    async def dossier(self, dossier_id: str) -> Dossier | None:
        """The dossier with this id, None if there is none."""
        return await self._one(select(_table.state).where(_table.id == plain_id(dossier_id)))

    async def dossiers(self, which: DossierFilter) -> Sequence[Dossier]:
        """The dossiers that match, newest first."""
        query = _filtered(which)
        return await read(self._readers, lambda connection: [decode_dossier(t) for t in connection.scalars(query)])

    async def dossier_by_token(self, token: str) -> Dossier | None:
        """The dossier a secret token opens, None for any other token."""
        return await self._one(select(_table.state).where(_table.token_hash == token_hash(token)))

    async def dossier_history(self, dossier_id: str) -> Sequence[HistoryRow]:
        """Every entry of a dossier in order; ``entry`` is None where the body was erased."""
        return await read(self._readers, lambda connection: history_of(connection, plain_id(dossier_id)))

    async def _one(self, query: Select[Any]) -> Dossier | None:
        text = await read(self._readers, lambda connection: connection.scalar(query))
        return None if text is None else decode_dossier(text)


def _filtered(which: DossierFilter) -> Select[Any]:
    # The same order either way; each has an index that gives it without sorting.
    newest = (_table.number.desc(),) if which.kind is not None else (_table.opened_at.desc(), _table.number.desc())
    query = select(_table.state).order_by(*newest).limit(which.limit)
    given = {_table.kind: which.kind, _table.status: which.status}
    query = query.where(*(column == value for column, value in given.items() if value is not None))
    if which.about is not None:
        query = query.where(_table.about == storable(which.about))
    if which.room is not None:
        query = query.where(_table.room == which.room if which.room else _table.room.is_(None))
    if which.since is not None:
        query = query.where(_table.last_at >= which.since)
    return query
