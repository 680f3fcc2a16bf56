"""Erasure: what is due, what somebody asked for, what consent was taken back for; each run leaves a proof (norm P3-1b).

The proof is a dossier of kind `erasure`, written by the same transaction on the same chain. In a SQLite file the bytes go
too: the writer overwrites what it deletes (`secure_delete`), and `settle` empties the write-ahead log. PostgreSQL frees
them at its next VACUUM, which it runs by itself.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.docket import Docket, Wish
from cases.dossier import About, Dossier
from cases.dossiers.erasure import KIND as PROOF
from cases.dossiers.erasure import digest_of
from cases.house import House
from cases.model import BOT
from cases.ports import DossierApplied, StorageError
from cases.retention import Schedule
from storage import contacts, erasing, schema
from storage.case_log import CaseClerk
from storage.database import read
from storage.dossier_log import DossierClerk, DossierWork, Kinds
from storage.erasing import Tally
from storage.erasing_request import erase_for
from storage.writer import Writer

_log = structlog.get_logger("danmod.storage")

AT_ONCE = 200
"""So many cases, and rows of each table, one transaction erases at most: nobody waits long for the writer."""
_SETTLE_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Erased:
    """What one transaction erased: rows by kind of data, and the proof's id; nothing and "" when nothing was due."""

    counts: dict[str, int]
    proof: str = ""


@dataclass(frozen=True, slots=True)
class EraseWork:
    """One erasure waiting for its turn. ``carry_out`` erases on the writer's connection and tells what."""

    carry_out: Callable[[Connection], Tally]
    cause: str
    now: datetime
    request: str = ""


class EraseClerk:
    """Erases, and has the proof written, in one transaction."""

    def __init__(self, cases: CaseClerk, dossiers: DossierClerk) -> None:
        self._cases = cases
        self._dossiers = dossiers
        self._docket = Docket({PROOF.name: PROOF}, House())

    def perform(self, connection: Connection, works: Sequence[EraseWork]) -> Sequence[Any]:
        """Answer the works in order; see `storage.writer.Clerk`."""
        return [self._erase(connection, work) for work in works]

    def forget(self) -> None:
        """The clerks of cases and dossiers remember what they must forget."""
        self._cases.forget()
        self._dossiers.forget()

    def _erase(self, connection: Connection, work: EraseWork) -> Erased:
        tally = work.carry_out(connection)
        if not tally.rows:
            return Erased({})
        fields = {"cause": work.cause, "counts": tally.counts, "digest": digest_of(tally.names)}
        wish = Wish(
            PROOF.name, "prove", BOT, fields | ({"request": work.request} if work.request else {}), work.request
        )
        decide = self._docket.move(wish, About(), work.now)
        (proof,) = self._dossiers.perform(connection, [DossierWork(None, PROOF.name, decide)])
        if not isinstance(proof, DossierApplied):
            raise StorageError(f"an erasure could not be put on record: {proof}")
        self.forget()
        return Erased(tally.counts, proof.dossier.id)


class StoredErasure:
    """Erases what is stored. Every method comes back when it is committed, and raises StorageError when it cannot be."""

    def __init__(self, writer: Writer, clerk: EraseClerk, readers: AsyncEngine, kinds: Kinds) -> None:
        self._writer = writer
        self._clerk = clerk
        self._readers = readers
        self._kinds = kinds

    async def erase_due(self, schedule: Schedule, now: datetime, at_once: int = AT_ONCE) -> Erased:
        """Erase what is due, at most ``at_once`` of each; call it again until nothing was erased."""
        keep = await read(self._readers, erasing.held)
        people = await self._found(erasing.due_cases(schedule, now, keep, at_once))
        reports = await contacts.due(self._readers, now, at_once, schedule.span("contact"), keep)

        def carry_out(connection: Connection) -> Tally:
            return _due(connection, schedule, now, self._kinds, (people, reports), at_once)

        return await self._do(EraseWork(carry_out, "due", now))

    async def overdue(self, schedule: Schedule, since: datetime) -> Sequence[str]:
        """Codes of cases whose people were due at this instant already and are still there, but for legal holds."""
        keep = await read(self._readers, erasing.held)
        return await self._found(erasing.due_cases(schedule, since, keep, AT_ONCE))

    async def withdraw(self, report_id: str, now: datetime) -> bool:
        """Consent to an address is taken back: it goes at once, whatever is pending. False when there was none."""

        def carry_out(connection: Connection) -> Tally:
            tally = Tally()
            erasing.erase_contacts(connection, [report_id], tally)
            return tally

        erased = await self._do(EraseWork(carry_out, "withdrawn", now))
        await self.settle()
        return bool(erased.counts)

    async def carry_out(self, request: Dossier, now: datetime) -> Erased:
        """Carry out a granted request to erase (`cases.dossiers.rights_request`), but for what it tells is kept."""
        return await self._do(EraseWork(lambda db: erase_for(db, request, now), "request", now, request.id))

    async def settle(self) -> bool:
        """Let a SQLite file's write-ahead log forget too; False where somebody still reads, and it is for the next time."""
        file = self._readers.url.database
        if self._readers.dialect.name != "sqlite" or not file:
            return True
        return await asyncio.to_thread(_emptied, file)

    async def _do(self, work: EraseWork) -> Erased:
        erased: Erased = await self._writer.do(self._clerk, work)
        if erased.counts:
            _log.info("erased", cause=work.cause, proof=erased.proof, rows=sum(erased.counts.values()))
        return erased

    async def _found(self, query: Any) -> Sequence[str]:
        return await read(self._readers, lambda connection: list(connection.scalars(query)))


def _due(
    connection: Connection,
    schedule: Schedule,
    now: datetime,
    kinds: Kinds,
    found: tuple[Sequence[str], Sequence[str]],
    limit: int,
) -> Tally:
    """``found`` are cases and reports that looked due on another connection: those that still are, are erased."""
    tally, keep = Tally(), erasing.held(connection)
    people, reports = found
    still = erasing.due_cases(schedule, now, keep, limit).where(schema.cases.c.code.in_(people))
    if codes := connection.scalars(still).all():
        erasing.erase_people(connection, codes, now, tally)
    erasing.erase_contacts(connection, _not_held(connection, reports, keep), tally)
    if records := connection.scalars(erasing.due_records(schedule, now, keep, limit)).all():
        erasing.erase_records(connection, records, tally)
    for kind in kinds.values():
        if ids := connection.scalars(erasing.due_dossiers(kind, now, keep, limit)).all():
            erasing.erase_dossiers(connection, kind.name, ids, now, tally)
    erasing.erase_old_rows(connection, schedule, now, keep, limit, tally)
    return tally


def _not_held(connection: Connection, reports: Sequence[str], keep: frozenset[str]) -> list[str]:
    table = schema.reports.c
    rows = connection.execute(select(table.id, table.code).where(table.id.in_(reports)))
    return [row.id for row in rows if row.code not in keep]


def _emptied(file: str) -> bool:
    try:
        with closing(sqlite3.connect(file, timeout=_SETTLE_WITHIN_S)) as connection:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as fault:
        _log.warning("the write-ahead log could not be emptied", reason=str(fault))
        return False
    return not busy
