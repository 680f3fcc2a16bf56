"""A connection lost while its commit was on the way: PostgreSQL remembers whether the transaction was committed.

SQLite needs no such question: there a commit that failed did not happen.
"""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy import text as sql


def name_of(connection: Connection) -> int | None:
    """The server's number of the running transaction, None for SQLite."""
    if connection.dialect.name != "postgresql":
        return None
    number: int | None = connection.scalar(sql("SELECT txid_current()"))
    return number


def came_through(connection: Connection, number: int) -> bool | None:
    """True when the transaction of this number was committed, False when not, None while it is not decided."""
    status = connection.scalar(sql("SELECT txid_status(:number)"), {"number": number})
    return None if status == "in progress" else status == "committed"
