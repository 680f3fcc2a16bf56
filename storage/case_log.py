"""The case log: load, decide, store, for a whole group inside the writer's one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_
from sqlalchemy.exc import SQLAlchemyError

from cases.history import Changes, Opened
from cases.lifecycle import fold
from cases.model import Refusal
from cases.ports import Applied, CaseRef, Decide, Repeated
from storage import schema
from storage.batch import Batch, Known, flush, load_next_ordinal
from storage.chain_end import ChainEnd
from storage.codes import CodeBook
from storage.lookup import Cut, StateCache, current, find
from storage.rows import clean_changes, rows_of
from storage.vault import Keys
from storage.writer import Writer

REPEATS_KNOWN_FOR = timedelta(days=7)
_TIDIED_EVERY = timedelta(hours=1)


Unless = Callable[[Connection, Batch], Refusal | None]
"""Looks at what is stored, and at what the group has changed before, and may refuse the work."""


class StoredCaseLog:
    """Implements the port `CaseLog` over the writer."""

    def __init__(self, writer: Writer, clerk: CaseClerk) -> None:
        self._writer = writer
        self._clerk = clerk

    async def apply(self, ref: CaseRef, decide: Decide) -> Applied | Repeated | Refusal:
        """Load the state, decide, store, commit, then answer.

        Raises StorageError when the database cannot take it, and whatever ``decide`` raises; nothing is written then.
        """
        answer: Applied | Repeated | Refusal = await self._writer.do(self._clerk, CaseWork(ref, decide))
        return answer


@dataclass(frozen=True, slots=True)
class CaseWork:
    """One intent waiting for its turn. ``unless`` is asked first, inside the transaction, and may refuse."""

    ref: CaseRef
    decide: Decide
    unless: Unless | None = None


class CaseClerk:
    """Carries out intents, a group at a time."""

    def __init__(self, keys: Keys, clock: Callable[[], datetime], chain: ChainEnd) -> None:
        self._codes = CodeBook(keys.code_key)
        self._keys = keys
        self._clock = clock
        self._cache = StateCache()
        self._chain = chain
        self._next_ordinal: int | None = None
        self._fresh = (-1, "")
        self._tidied_at: datetime | None = None

    def perform(self, connection: Connection, works: Sequence[CaseWork]) -> Sequence[Any]:
        """Answer the works in order; see `storage.writer.Clerk`."""
        now = self._clock()
        self._tidy(connection, now)
        stored = find(connection, [work.ref for work in works], self._cache)
        batch, answers = self._decide_all(connection, works, stored, now)
        flush(connection, batch)
        self._cache.put(batch.touched.values())
        self._chain.move(batch.head)
        self._next_ordinal = batch.next_ordinal
        return answers

    def forget(self) -> None:
        """After a rollback: nothing remembered is certain any more."""
        self._cache.clear()
        self._chain.forget()
        self._next_ordinal = None
        self._tidied_at = None

    def _decide_all(
        self, connection: Connection, works: Sequence[CaseWork], stored: Sequence[Known | None], now: datetime
    ) -> tuple[Batch, list[Any]]:
        """Decide over the whole group; again, when it turns out that some of it was processed before."""
        before: dict[tuple[str, str], str] = {}
        asked: set[tuple[str, str]] = set()
        while True:
            batch = self._fresh_batch(connection)
            answers = self._decide_each(connection, works, stored, batch, before, now)
            unknown = batch.processed.keys() - asked
            repeated = processed_before(connection, unknown)
            if not repeated:
                return batch, answers
            asked |= unknown
            before |= repeated

    def _decide_each(
        self,
        connection: Connection,
        works: Sequence[CaseWork],
        stored: Sequence[Known | None],
        batch: Batch,
        before: dict[tuple[str, str], str],
        now: datetime,
    ) -> list[Any]:
        answers: list[Any] = []
        for work, found in zip(works, stored, strict=True):
            try:
                refusal = work.unless(connection, batch) if work.unless else None
                known = current(work.ref, found, batch)
                answers.append(refusal or self._decide(work.decide, known, batch, before, now))
            except Cut:
                break
            except SQLAlchemyError:
                raise
            except Exception as error:
                answers.append(error)
        return answers

    def _decide(
        self, decide: Decide, known: Known | None, batch: Batch, before: dict[tuple[str, str], str], now: datetime
    ) -> Applied | Repeated | Refusal:
        fresh = self._fresh_code(batch.next_ordinal)
        decided = decide(None if known is None else known.state, fresh)
        if isinstance(decided, Refusal):
            return decided
        changes, bodies = clean_changes(decided)
        begins = _begins(changes, fresh)
        if begins:
            known = None
        stood = None if known is None else known.state
        state = changes.state or fold(stood, changes.entries)
        rows = rows_of(changes, bodies, stood, state, batch.head, now, self._keys)
        for table, row in rows.inserts:
            if table == "processed":
                key = row["room"], row["message_id"]
                earlier = batch.processed.get(key) or before.get(key)
                if earlier is not None:
                    return Repeated(earlier)
        batch.add(Known(batch.next_ordinal if known is None else known.ordinal, state), rows, begins)
        return changes.refused or Applied(state, changes)

    def _fresh_code(self, ordinal: int) -> str:
        """The code of the next case; most intents join an older one, so the last answer is remembered."""
        if self._fresh[0] != ordinal:
            self._fresh = ordinal, self._codes.code(ordinal)
        return self._fresh[1]

    def _fresh_batch(self, connection: Connection) -> Batch:
        if self._next_ordinal is None:
            self._next_ordinal = load_next_ordinal(connection)
        return Batch(self._chain.head(connection), self._next_ordinal)

    def _tidy(self, connection: Connection, now: datetime) -> None:
        """Once an hour, forget which messages were processed longer ago than a platform would repeat them."""
        if self._tidied_at is None or now - self._tidied_at >= _TIDIED_EVERY:
            connection.execute(delete(schema.processed).where(schema.processed.c.at < now - REPEATS_KNOWN_FOR))
            self._tidied_at = now


def _begins(changes: Changes, fresh: str) -> bool:
    """True when the changes open a case. Raises ValueError for one that is opened under another code than the fresh."""
    if not changes.entries or not isinstance(changes.entries[0], Opened):
        return False
    if changes.entries[0].code != fresh:
        raise ValueError(f"a new case takes the fresh code {fresh}, got {changes.entries[0].code}")
    return True


def processed_before(connection: Connection, keys: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Which of these messages were processed before, with the case each led to."""
    if not keys:
        return {}
    table = schema.processed.c
    query = select(table.room, table.message_id, table.code).where(
        tuple_(table.room, table.message_id).in_(sorted(keys))
    )
    return {(row.room, row.message_id): row.code for row in connection.execute(query)}
