"""The bodies of many cases' or dossiers' histories with one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from storage import schema


def bodies_of(connection: Connection, codes: Sequence[str]) -> dict[str, list[str | None]]:
    """By code the bodies of its entries, in their order; None where one was erased. Codes without entries are absent."""
    rows, bodies = schema.history.c, schema.history_body.c
    joined = schema.history.outerjoin(schema.history_body, bodies.seq == rows.seq)
    query = select(rows.code, bodies.body).select_from(joined).where(rows.code.in_(codes)).order_by(rows.code, rows.seq)
    found: dict[str, list[str | None]] = defaultdict(list)
    for code, body in connection.execute(query):
        found[code].append(body)
    return found
