"""The dossier log: load, decide, store, for a group inside the writer's one transaction, on the cases' own chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy import func as sql
from sqlalchemy.exc import SQLAlchemyError

from cases.docket import DossierDecide
from cases.dossier import DossierKind
from cases.history import AccessNoted, Changes
from cases.model import Refusal
from cases.ports import DossierApplied, Repeated
from storage import facts, schema
from storage.batch import Batch, Filed, flush
from storage.case_log import Unless, processed_before
from storage.chain_end import ChainEnd
from storage.dossier_rows import (
    access_rows,
    as_stored,
    decode_dossier,
    dossier_rows,
    folded,
    opener_token,
    plain_id,
)
from storage.row import Rows
from storage.vault import Keys
from storage.writer import Writer

Kinds = Mapping[str, DossierKind]


class StoredDossierLog:
    """Implements the port `DossierLog` over the writer."""

    def __init__(self, writer: Writer, clerk: DossierClerk) -> None:
        self._writer = writer
        self._clerk = clerk

    async def apply(
        self, dossier_id: str | None, kind: str, decide: DossierDecide
    ) -> DossierApplied | Repeated | Refusal:
        """Load the dossier (None: a new one), decide, store, commit, then answer.

        Raises StorageError when the database cannot take it, and whatever ``decide`` raises; nothing is written then.
        """
        work = DossierWork(dossier_id, kind, decide)
        answer: DossierApplied | Repeated | Refusal = await self._writer.do(self._clerk, work)
        return answer


@dataclass(frozen=True, slots=True)
class DossierWork:
    """One step waiting for its turn. ``unless`` is asked first, inside the transaction, and may refuse."""

    dossier_id: str | None
    kind: str
    decide: DossierDecide
    unless: Unless | None = None


@dataclass(frozen=True, slots=True)
class AccessWork:
    """One reading to be written down."""

    entry: AccessNoted


class DossierClerk:
    """Carries out the steps of dossiers, and notes readings, a group at a time."""

    def __init__(self, kinds: Kinds, keys: Keys, clock: Callable[[], datetime], chain: ChainEnd) -> None:
        self._kinds = kinds
        self._keys = keys
        self._clock = clock
        self._chain = chain
        self._numbers: dict[str, int] = {}
        """The last number of each kind."""

    def perform(self, connection: Connection, works: Sequence[DossierWork | AccessWork]) -> Sequence[Any]:
        """Answer the works in order; see `storage.writer.Clerk`."""
        batch, answers = Batch(self._chain.head(connection), next_ordinal=0), list[Any]()
        for work in works:
            try:
                answers.append(self._answer(connection, work, batch))
            except SQLAlchemyError:
                raise
            except Exception as error:
                answers.append(error)
        flush(connection, batch)
        self._chain.move(batch.head)
        for filed in batch.dossiers.values():
            self._numbers[filed.dossier.kind] = max(filed.number, self._numbers.get(filed.dossier.kind, 0))
        return answers

    def forget(self) -> None:
        """After a rollback: nothing remembered is certain any more."""
        self._chain.forget()
        self._numbers.clear()

    def _answer(self, connection: Connection, work: DossierWork | AccessWork, batch: Batch) -> Any:
        if isinstance(work, AccessWork):
            batch.add_rows(access_rows(work.entry, batch.head))
            return None
        refusal = work.unless(connection, batch) if work.unless else None
        return refusal or self._decide(connection, work, batch)

    def _decide(self, connection: Connection, work: DossierWork, batch: Batch) -> DossierApplied | Repeated | Refusal:
        kind = self._kinds.get(work.kind)
        if kind is None:
            return Refusal("unknown_kind", f"there is no kind of dossier {work.kind}")
        number = self._next_number(connection, kind.name, batch)
        filed = None if work.dossier_id is None else _find(connection, work.dossier_id, batch)
        if work.dossier_id is not None and (filed is None or filed.dossier.kind != kind.name):
            return Refusal("unknown_dossier", f"there is no {kind.name} {work.dossier_id}")
        decided = work.decide(None if filed is None else filed.dossier, f"{kind.name}-{number}")
        if isinstance(decided, Refusal):
            return decided
        return self._take(connection, kind, filed, number, decided, batch)

    def _take(
        self,
        connection: Connection,
        kind: DossierKind,
        filed: Filed | None,
        number: int,
        decided: Changes,
        batch: Batch,
    ) -> DossierApplied | Repeated | Refusal:
        entries = tuple(as_stored(entry) for entry in decided.entries)
        changes = msgspec.structs.replace(decided, entries=entries)
        dossier = folded(kind, None if filed is None else filed.dossier, entries, f"{kind.name}-{number}")
        rows = dossier_rows(changes, dossier, batch.head, self._clock())
        earlier = _processed(connection, rows, batch)
        if earlier is not None:
            return Repeated(earlier)
        if filed is None:
            filed = Filed(dossier, number, opener_token(kind, dossier.id, self._keys))
        batch.add_dossier(filed._replace(dossier=dossier), rows)
        return changes.refused or DossierApplied(dossier, changes)

    def _next_number(self, connection: Connection, kind: str, batch: Batch) -> int:
        if kind not in self._numbers:
            table = schema.dossiers.c
            stored = connection.scalar(select(sql.max(table.number)).where(table.kind == kind)) or 0
            self._numbers[kind] = max(stored, int(facts.get(connection, last_number(kind)) or 0))
        here = (filed.number for filed in batch.dossiers.values() if filed.dossier.kind == kind)
        return max((self._numbers[kind], *here)) + 1


def last_number(kind: str) -> str:
    """The name of the fact that keeps a dossier's id from being given twice, after the latest was erased."""
    return f"last_number:{kind}"


def _find(connection: Connection, dossier_id: str, batch: Batch) -> Filed | None:
    """The dossier as the group has left it, else as it is stored; None if there is none."""
    wanted = plain_id(dossier_id)
    if wanted in batch.dossiers:
        return batch.dossiers[wanted]
    table = schema.dossiers.c
    row = connection.execute(select(table.state, table.number, table.token_hash).where(table.id == wanted)).first()
    return None if row is None else Filed(decode_dossier(row.state), row.number, row.token_hash)


def _processed(connection: Connection, rows: Rows, batch: Batch) -> str | None:
    """The dossier or case this form or command led to before, None when it is new."""
    keys = {(row["room"], row["message_id"]) for table, row in rows.inserts if table == "processed"}
    known = batch.processed if keys & batch.processed.keys() else processed_before(connection, keys)
    return next((known[key] for key in keys if key in known), None)
