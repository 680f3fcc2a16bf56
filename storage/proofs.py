"""The chain of the history without its content, for an inspection's bundle: it proves order and wholeness, and tells
nothing of anybody."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from sqlalchemy import select

from cases.bundle import ChainRow
from storage import schema
from storage.database import locate, read, reading_engine
from storage.revisions import check_file


async def chain_rows(url: str) -> list[ChainRow]:
    """Every entry's place in the chain, in order; danmod may be running on the database. Raises as `audit.verify`."""
    place = locate(url)
    check_file(place, must_exist=True)
    engine = reading_engine(place)
    query = select(schema.history).order_by(schema.history.c.seq)
    try:
        return await read(engine, lambda connection: [_row(row) for row in connection.execute(query)])
    finally:
        await engine.dispose()


def _row(row: Any) -> ChainRow:
    """Hashes in hexadecimal, the instant as `storage.chain.link` hashed it."""
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    return ChainRow(row.seq, row.code, at, row.entry, row.commitment.hex(), row.prev_hash.hex(), row.hash.hex())
