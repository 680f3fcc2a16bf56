"""Key rotation: what wraps the keys of contacts and files is replaced, and the old goes (norm P3-1a, P1-3).

First the key file gets a new wrapping secret beside the old ones, then every wrapped key is wrapped anew, then the file
loses the old ones. Killed anywhere, everything opens, and the next rotation ends this one. Afterwards older copies of the
database stay closed under the new key file: what was erased since cannot come back out of them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, select, update
from sqlalchemy import func as sql

from storage import facts, key_file, schema
from storage.vault import Keys, KeysError

ROTATIONS = "key_rotations"
"""The name under which the table ``meta`` remembers how often the keys it is sealed under were rotated."""
BATCH = 500
"""Rows wrapped anew in one transaction."""
Write = Callable[[Callable[[Connection], Any]], Awaitable[Any]]
Tell = Callable[[int, int], None]
"""Called after every batch with how many rows are done, of how many."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """``wrapped`` keys are under the new key now; ``closed`` ones open under none and stay as they are."""

    wrapped: int = 0
    closed: int = 0


class _Batch(NamedTuple):
    """``last`` is where the next batch goes on, None after the last row."""

    last: str | None
    rows: int
    wrapped: int
    closed: int


class _Kind(NamedTuple):
    table: Table
    key: str
    rewrap: Callable[[Keys, str, bytes], bytes | None]


_KINDS = (
    _Kind(schema.contacts, "report_id", Keys.rewrap_contact),
    _Kind(schema.attachments, "id", Keys.rewrap_file),
)


async def rotate(file: Path, write: Write, tell: Tell) -> Rotated:
    """Rotate, or end a rotation that was cut short. ``write`` runs a function of a connection in a transaction of its own.

    Nobody else may write meanwhile. Raises KeysError for a key file that cannot be read or written, StorageError.
    """
    secrets = await asyncio.to_thread(key_file.load, file)
    if not secrets.is_rotating:
        secrets = secrets.begun(os.urandom(key_file.SECRET_BYTES))
        await asyncio.to_thread(key_file.put, file, secrets)
    keys = Keys.under(secrets)
    await write(lambda connection: facts.put(connection, ROTATIONS, str(secrets.rotations)))
    rotated = await _rewrap(keys, write, tell)
    while (await _rewrap(keys, write, lambda done, total: None)).wrapped:
        continue
    await asyncio.to_thread(key_file.put, file, secrets.ended())
    return rotated


async def _rewrap(keys: Keys, write: Write, tell: Tell) -> Rotated:
    """One walk over every wrapped key."""
    total, done, rotated = await write(_count), 0, Rotated()
    for kind in _KINDS:
        after: str | None = ""
        while after is not None:
            batch: _Batch = await write(_work(kind, keys, after))
            after, done = batch.last, done + batch.rows
            rotated = Rotated(rotated.wrapped + batch.wrapped, rotated.closed + batch.closed)
            tell(done, total)
    return rotated


def _count(connection: Connection) -> int:
    rows = (select(sql.count()).where(kind.table.c.wrapped_key.is_not(None)) for kind in _KINDS)
    return sum(connection.scalar(query) or 0 for query in rows)


def _work(kind: _Kind, keys: Keys, after: str) -> Callable[[Connection], _Batch]:
    return lambda connection: _batch(connection, kind, keys, after)


def _batch(connection: Connection, kind: _Kind, keys: Keys, after: str) -> _Batch:
    key, wrapped_key = kind.table.c[kind.key], kind.table.c.wrapped_key
    query = select(key, wrapped_key).where(key > after, wrapped_key.is_not(None)).order_by(key).limit(BATCH)
    rows = [(str(row[0]), bytes(row[1])) for row in connection.execute(query)]
    fresh, closed = list[dict[str, Any]](), 0
    for name, wrapped in rows:
        try:
            anew = kind.rewrap(keys, name, wrapped)
        except KeysError:  # an older copy of the database was put back: no rotation opens it
            closed += 1
            continue
        if anew is not None:
            fresh.append({"row": name, "anew": anew})
    if fresh:
        connection.execute(
            update(kind.table).where(key == bindparam("row")).values(wrapped_key=bindparam("anew")), fresh
        )
    return _Batch(rows[-1][0] if len(rows) == BATCH else None, len(rows), len(fresh), closed)
