"""Facts about the store itself, by name, in the table ``meta``."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from storage import schema


def get(connection: Connection, name: str) -> str | None:
    """The fact of this name, None when it was never noted."""
    value: str | None = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.name == name))
    return value


def put(connection: Connection, name: str, value: str) -> None:
    """Note a fact, in place of what it was before."""
    changed = connection.execute(update(schema.meta).where(schema.meta.c.name == name).values(value=value))
    if not changed.rowcount:
        connection.execute(insert(schema.meta).values(name=name, value=value))
