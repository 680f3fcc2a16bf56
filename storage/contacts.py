"""Addresses that reporters left, opened for one purpose only: to answer the report they were left with (norm N1.3-4).

An address goes 30 days after the last letter about its report, or at once when the reporter takes the consent back
(norm N2.1-2b, P1-1): its key is erased, that one was given stays.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func as sql
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.evidence import storable
from cases.history import Addressee
from cases.model import CaseStatus
from cases.retention import RULES
from storage import schema
from storage.database import locate, read, reading_engine
from storage.vault import Keys, SealedContact

KEPT = RULES["contact"].default
"""How long an address is kept after the last letter that could have used it."""
_GOES_ON = tuple(status for status in CaseStatus if status.waits or status is CaseStatus.APPEALED)
Withdraw = Callable[[str], Awaitable[Any]]


class StoredContacts:
    """Implements the port `bot.post.Contacts`. ``withdraw`` erases one report's address."""

    def __init__(self, withdraw: Withdraw, readers: AsyncEngine, keys: Keys) -> None:
        self._withdraw = withdraw
        self._readers = readers
        self._keys = keys

    async def of_report(self, report_id: str) -> str | None:
        """The address in the clear; None for an anonymous report, and where it was erased. Raises KeysError."""
        return await _opened(self._readers, self._keys, report_id)

    async def is_kept(self, report_id: str) -> bool:
        """True while an address is kept for this report; nothing is opened."""
        table = schema.contacts.c
        query = select(sql.count()).where(table.report_id == storable(report_id), table.wrapped_key.is_not(None))
        return await read(self._readers, lambda connection: connection.scalar(query)) == 1

    async def erase(self, report_ids: Sequence[str]) -> None:
        """Consent was taken back: erase these addresses, each with a proof; comes back when it is committed."""
        for report_id in report_ids:
            await self._withdraw(storable(report_id))

    async def due(
        self, now: datetime, limit: int = 500, kept: timedelta = KEPT, held: frozenset[str] = frozenset()
    ) -> Sequence[str]:
        """The reports whose address has served: nothing waits, and the last letter is ``kept`` ago.

        ``held`` are the cases that a legal hold keeps.
        """
        return await due(self._readers, now, limit, kept, held)


async def due(readers: AsyncEngine, now: datetime, limit: int, kept: timedelta, held: frozenset[str]) -> Sequence[str]:
    """As `StoredContacts.due`."""
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
    return await read(readers, lambda connection: list(connection.scalars(query)))


async def contact_beside(url: str, keys: Keys, report_id: str) -> str | None:
    """As `StoredContacts.of_report`, beside a danmod that may be running on the database. Raises KeysError, StorageError."""
    engine = reading_engine(locate(url))
    try:
        return await _opened(engine, keys, report_id)
    finally:
        await engine.dispose()


async def _opened(readers: AsyncEngine, keys: Keys, report_id: str) -> str | None:
    table = schema.contacts.c
    query = select(table.wrapped_key, table.sealed).where(table.report_id == storable(report_id))
    row = await read(readers, lambda connection: connection.execute(query).first())
    if row is None or row.wrapped_key is None or not row.sealed:
        return None
    return keys.open_contact(report_id, SealedContact(row.wrapped_key, row.sealed))
