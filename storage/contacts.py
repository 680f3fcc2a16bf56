"""Addresses that reporters left, opened for one purpose only: to answer the report they were left with (norm N1.3-4)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.evidence import storable
from storage import schema
from storage.database import read
from storage.vault import Keys, SealedContact


class StoredContacts:
    """Opens the sealed addresses; the post alone asks."""

    def __init__(self, readers: AsyncEngine, keys: Keys) -> None:
        self._readers = readers
        self._keys = keys

    async def of_report(self, report_id: str) -> str | None:
        """The address in the clear; None for an anonymous report, and where it was erased. Raises KeysError."""
        table = schema.contacts.c
        query = select(table.wrapped_key, table.sealed).where(table.report_id == storable(report_id))
        row = await read(self._readers, lambda connection: connection.execute(query).first())
        if row is None or row.wrapped_key is None or row.sealed is None:
            return None
        return self._keys.open_contact(report_id, SealedContact(row.wrapped_key, row.sealed))
