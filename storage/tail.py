"""Checking what was added to the history since the last look: the daily part of the self-audit (norm P3-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy import func as sql

from cases.dossiers.erasure import KIND as PROOF
from storage import schema
from storage.chain import START, Head, commit, link
from storage.chain_end import load_head
from storage.dossier_rows import decode_dossier

_PAGE = 1_000


def check_tail(connection: Connection, since: Head) -> tuple[Head, str | None]:
    """The end of the history as checked from ``since`` on, and one sentence about the first row that is not as written."""
    rows, bodies = schema.history.c, schema.history_body.c
    if since != START and connection.scalar(select(rows.hash).where(rows.seq == since.seq)) != since.hash:
        return since, f"entry {since.seq} of the history is not the one that was checked last time"
    joined = schema.history.outerjoin(schema.history_body, bodies.seq == rows.seq)
    page = select(schema.history, bodies.salt, bodies.body).select_from(joined).order_by(rows.seq).limit(_PAGE)
    head = since
    while found := connection.execute(page.where(rows.seq > head.seq)).all():
        for row in found:
            if (problem := _problem(row, head)) is not None:
                return head, problem
            head = Head(row.seq, row.hash)
    stored = load_head(connection)
    return head, None if stored == head else f"the history ends with entry {head.seq}, the store remembers {stored.seq}"


def _problem(row: Any, before: Head) -> str | None:
    if (row.seq, row.prev_hash) != (before.seq + 1, before.hash):
        return f"entry {row.seq} of the history does not follow entry {before.seq}"
    if row.hash != link(row.prev_hash, row.seq, row.code, row.at, row.entry, row.commitment):
        return f"entry {row.seq} of the history was changed"
    if row.body is not None and commit(row.salt, row.body) != row.commitment:
        return f"the body of entry {row.seq} was changed"
    return None


def unproved(connection: Connection) -> int:
    """How many bodies of the history are gone without a proof of erasure; 0 when every one is accounted for."""
    bodies = schema.history_body.c
    entries = connection.scalar(select(sql.count()).select_from(schema.history)) or 0
    kept = connection.scalar(select(sql.count(bodies.seq))) or 0
    states = connection.scalars(select(schema.dossiers.c.state).where(schema.dossiers.c.kind == PROOF.name))
    proved = sum(_bodies(decode_dossier(state).fields) for state in states)
    return max(0, int(entries) - int(kept) - proved)


def _bodies(fields: Mapping[str, Any]) -> int:
    return int(fields.get("counts", {}).get("history_body", 0))
