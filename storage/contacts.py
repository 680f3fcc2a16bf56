"""Addresses that reporters left, opened for one purpose only: to answer the report they were left with (norm N1.3-4).

An address goes 30 days after the last letter about its report, or at once when the reporter takes the consent back
(norm N2.1-2b, P1-1): its key is erased, that one was given stays.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy import func as sql
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.evidence import storable
from cases.history import Addressee
from cases.model import CaseStatus
from storage import schema
from storage.database import read
from storage.vault import Keys, SealedContact

KEPT = timedelta(days=30)
"""How long an address is kept after the last letter that could have used it."""
_GOES_ON = tuple(status for status in CaseStatus if status.waits or status is CaseStatus.APPEALED)
Write = Callable[[Callable[[Connection], Any]], Awaitable[Any]]


class StoredContacts:
    """Implements the port `bot.post.Contacts`. ``write`` runs a function of a connection inside the writer's transaction."""

    def __init__(self, write: Write, readers: AsyncEngine, keys: Keys) -> None:
        self._write = write
        self._readers = readers
        self._keys = keys

    async def of_report(self, report_id: str) -> str | None:
        """The address in the clear; None for an anonymous report, and where it was erased. Raises KeysError."""
        table = schema.contacts.c
        query = select(table.wrapped_key, table.sealed).where(table.report_id == storable(report_id))
        row = await read(self._readers, lambda connection: connection.execute(query).first())
        if row is None or row.wrapped_key is None or not row.sealed:
            return None
        return self._keys.open_contact(report_id, SealedContact(row.wrapped_key, row.sealed))

    async def is_kept(self, report_id: str) -> bool:
        """True while an address is kept for this report; nothing is opened."""
        table = schema.contacts.c
        query = select(sql.count()).where(table.report_id == storable(report_id), table.wrapped_key.is_not(None))
        return await read(self._readers, lambda connection: connection.scalar(query)) == 1

    async def erase(self, report_ids: Sequence[str]) -> None:
        """Erase these addresses: the key that opens each, and the rest; comes back when it is committed."""
        theirs = schema.contacts.c.report_id.in_([storable(name) for name in report_ids])
        change = update(schema.contacts).where(theirs).values(wrapped_key=None, sealed=b"")
        await self._write(lambda connection: connection.execute(change) and None)

    async def due(
        self, now: datetime, limit: int = 500, kept: timedelta = KEPT, held: frozenset[str] = frozenset()
    ) -> Sequence[str]:
        """The reports whose address has served: nothing waits, and the last letter is ``kept`` ago.

        ``held`` are the cases that a legal hold keeps.
        """
        contacts, letters, reports, cases = schema.contacts.c, schema.letters.c, schema.reports.c, schema.cases.c
        last = (
            select(sql.max(sql.coalesce(letters.sent_at, letters.held_at, letters.created_at)))
            .where(letters.addressee == Addressee.REPORTER, letters.ref == contacts.report_id)
            .scalar_subquery()
        )
        joined = schema.contacts.join(schema.reports, reports.id == contacts.report_id).join(
            schema.cases, cases.code == reports.code
        )
        query = (
            select(contacts.report_id)
            .select_from(joined)
            .where(contacts.wrapped_key.is_not(None), cases.status.not_in(_GOES_ON))
            .where(contacts.given_at <= now - kept, (last.is_(None)) | (last <= now - kept), cases.code.not_in(held))
            .order_by(contacts.given_at)
            .limit(limit)
        )
        return await read(self._readers, lambda connection: list(connection.scalars(query)))
