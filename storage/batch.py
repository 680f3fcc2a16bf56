"""Everything one group writes, gathered so that each table is written once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy import func as sql

from cases.dossier import Dossier
from cases.model import CaseState
from storage import facts, schema
from storage.alongside import Alongside
from storage.chain import Head
from storage.chain_end import HEAD
from storage.dossier_rows import dossier_row
from storage.inserts import add_rows, upsert
from storage.row import Row, Rows
from storage.rows import case_row, moving_columns
from streams.events import RoomKey

LAST_ORDINAL = "last_ordinal"
"""The fact that keeps a case's code from being given twice, after the latest case was erased."""
_ONLY_ADDED = (
    "respondents",
    "history",
    "history_body",
    "evidence",
    "statements",
    "reports",
    "contacts",
    "outbox",
    "votes",
    "access_log",
    "letters",
    "notices",
    "strikes",
    "processed",
)
"""In an order in which every row finds what it refers to."""


class Known(NamedTuple):
    """A case's state with its running number over all rooms."""

    ordinal: int
    state: CaseState

    @property
    def age(self) -> tuple[datetime, int]:
        """Sorts cases by their last fact, the latest last."""
        return self.state.last_at, self.ordinal


class Filed(NamedTuple):
    """A dossier with what its row adds to it: its number within its kind, and what is stored of its opener's token."""

    dossier: Dossier
    number: int
    token_hash: bytes | None


class Ordered(NamedTuple):
    """An action ordered in this group, for `ByActor`."""

    room: RoomKey
    ref: str
    at: datetime
    code: str


@dataclass(slots=True)
class Batch:
    """What a group has changed so far, and how it will be written. Begins at the ends that are stored."""

    head: Head
    next_ordinal: int
    touched: dict[str, Known] = field(default_factory=dict)
    new: dict[str, None] = field(default_factory=dict)
    """Codes of the cases that begin in this group, in order."""
    by_episode: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    ordered: list[Ordered] = field(default_factory=list)
    inserts: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    actions: dict[str, Row] = field(default_factory=dict)
    action_changes: dict[str, Row] = field(default_factory=dict)
    timers: dict[tuple[str, str], Row] = field(default_factory=dict)
    timers_done: dict[str, datetime] = field(default_factory=dict)
    strikes_cleared: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """By case code and sender id."""
    processed: dict[tuple[str, str], str] = field(default_factory=dict)
    dossiers: dict[str, Filed] = field(default_factory=dict)
    alongside: Alongside = field(default_factory=Alongside)

    def add(self, case: Known, rows: Rows, begins: bool) -> None:
        """Take in what one intent writes; later intents of the group see it."""
        code = case.state.code
        if begins:
            self.new[code] = None
            self.next_ordinal += 1
        if code not in self.touched:
            self.by_episode[case.state.room, case.state.episode].append(code)
        self.touched[code] = case
        self.add_rows(rows)
        self._add_actions(rows)
        self._add_timers(rows)
        self._add_strikes(code, rows)

    def add_dossier(self, filed: Filed, rows: Rows) -> None:
        """Take in one step of a dossier."""
        self.dossiers[filed.dossier.id] = filed
        self.add_rows(rows)

    def add_rows(self, rows: Rows) -> None:
        """Take in rows that belong to no case's state."""
        self.head = rows.head
        self.alongside.add(rows)
        for table, row in rows.inserts:
            self.inserts[table].append(row)
            if table == "processed":
                self.processed[row["room"], row["message_id"]] = row["code"]

    def _add_actions(self, rows: Rows) -> None:
        for row in rows.actions:
            self.actions[row["action_id"]] = row
            self.inserts["outbox"].append(row)
            self.ordered.append(Ordered(row["room"], row["ordered_by"], row["ordered_at"], row["code"]))
        for action_id, change in rows.action_changes.items():
            self.actions.get(action_id, self.action_changes.setdefault(action_id, {})).update(change)

    def _add_timers(self, rows: Rows) -> None:
        for ref, at in rows.timers_done.items():
            self.timers_done[ref] = at
            for row in self.timers.values():
                if row["ref"] == ref:
                    row["done_at"] = at
        for row in rows.timers:
            self.timers[row["kind"], row["ref"]] = row

    def _add_strikes(self, code: str, rows: Rows) -> None:
        for sender_id, at in rows.strikes_cleared.items():
            self.strikes_cleared[code, sender_id] = at
            for row in self.inserts["strikes"]:
                if (row["code"], row["sender_id"]) == (code, sender_id) and row["cleared_at"] is None:
                    row["cleared_at"] = at
        self.inserts["strikes"].extend(rows.strikes)


def load_next_ordinal(connection: Connection) -> int:
    """The running number of the next case."""
    last = connection.scalar(select(sql.max(schema.cases.c.ordinal)))
    erased = facts.get(connection, LAST_ORDINAL)
    return max(-1 if last is None else int(last), -1 if erased is None else int(erased)) + 1


def flush(connection: Connection, batch: Batch) -> None:
    """Write everything. What ends older rows goes first, so that rows of this group are not ended by it."""
    _end_older(connection, batch)
    _write_cases(connection, batch)
    for name in _ONLY_ADDED:
        add_rows(connection, schema.metadata.tables[name], batch.inserts.get(name, ()))
    upsert(connection, schema.dossiers, [dossier_row(*filed) for filed in batch.dossiers.values()], ("id",))
    batch.alongside.flush(connection)
    if batch.timers:
        upsert(connection, schema.timers, batch.timers.values(), ("kind", "ref"))
    if batch.inserts.get("history"):
        upsert(connection, schema.meta, [{"name": HEAD, "value": batch.head.text()}], ("name",))


def _end_older(connection: Connection, batch: Batch) -> None:
    outbox, timers, strikes = schema.outbox, schema.timers, schema.strikes
    for action_id, change in batch.action_changes.items():
        if change:
            connection.execute(update(outbox).where(outbox.c.action_id == action_id).values(change))
    if batch.timers_done:
        done = update(timers).where(timers.c.ref == bindparam("of"), timers.c.done_at.is_(None))
        rows = [{"of": ref, "done_at": at} for ref, at in batch.timers_done.items()]
        connection.execute(done.values(done_at=bindparam("done_at")), rows)
    if batch.strikes_cleared:
        theirs = strikes.c.code == bindparam("of"), strikes.c.sender_id == bindparam("who")
        cleared = update(strikes).where(*theirs, strikes.c.cleared_at.is_(None))
        rows = [{"of": code, "who": who, "cleared_at": at} for (code, who), at in batch.strikes_cleared.items()]
        connection.execute(cleared.values(cleared_at=bindparam("cleared_at")), rows)


def _write_cases(connection: Connection, batch: Batch) -> None:
    new = [batch.touched[code] for code in batch.new]
    if new:
        numbers = _number(connection, new)
        add_rows(connection, schema.cases, [case_row(case.state, case.ordinal, numbers[case.ordinal]) for case in new])
    changed = [
        {"of": code, **moving_columns(case.state)} for code, case in batch.touched.items() if code not in batch.new
    ]
    if changed:
        columns: Row = {name: bindparam(name) for name in changed[0] if name != "of"}
        connection.execute(update(schema.cases).where(schema.cases.c.code == bindparam("of")).values(columns), changed)


def _number(connection: Connection, new: list[Known]) -> Mapping[int, int]:
    """The number of each new case in its room, by ordinal; the rooms' rows move on in the same transaction."""
    table = schema.room_numbers
    names = sorted({case.state.room for case in new})
    query = select(table.c.room, table.c.last_number).where(table.c.room.in_(names))
    last: dict[str, int] = {row.room: row.last_number for row in connection.execute(query)}
    numbers: dict[int, int] = {}
    for case in new:
        numbers[case.ordinal] = last[case.state.room] = last.get(case.state.room, 0) + 1
    upsert(connection, table, [{"room": name, "last_number": last[name]} for name in names], ("room",))
    return numbers
