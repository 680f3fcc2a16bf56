"""Everything one group writes, gathered so that each table is written once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, select, update
from sqlalchemy import func as sql
from sqlalchemy.dialects import postgresql, sqlite

from cases.model import CaseState
from storage import schema
from storage.chain import START, Head
from storage.inserts import add_rows
from storage.rows import CaseRows, Row, case_row, moving_columns
from streams.events import RoomKey

HEAD = "history_head"
"""The name under which the end of the chain stands in the table ``meta``."""
_ONLY_ADDED = (
    "respondents",
    "history",
    "history_body",
    "evidence",
    "statements",
    "reports",
    "contacts",
    "outbox",
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

    def add(self, case: Known, rows: CaseRows, begins: bool) -> None:
        """Take in what one intent writes; later intents of the group see it."""
        code = case.state.code
        if begins:
            self.new[code] = None
            self.next_ordinal += 1
        if code not in self.touched:
            self.by_episode[case.state.room, case.state.episode].append(code)
        self.touched[code] = case
        self.head = rows.head
        self._add_rows(rows)
        self._add_actions(rows)
        self._add_timers(rows)
        self._add_strikes(code, rows)

    def _add_rows(self, rows: CaseRows) -> None:
        for table, row in rows.inserts:
            self.inserts[table].append(row)
            if table == "processed":
                self.processed[row["room"], row["message_id"]] = row["code"]

    def _add_actions(self, rows: CaseRows) -> None:
        for row in rows.actions:
            self.actions[row["action_id"]] = row
            self.inserts["outbox"].append(row)
            self.ordered.append(Ordered(row["room"], row["ordered_by"], row["ordered_at"], row["code"]))
        for action_id, change in rows.action_changes.items():
            self.actions.get(action_id, self.action_changes.setdefault(action_id, {})).update(change)

    def _add_timers(self, rows: CaseRows) -> None:
        for ref, at in rows.timers_done.items():
            self.timers_done[ref] = at
            for row in self.timers.values():
                if row["ref"] == ref:
                    row["done_at"] = at
        for row in rows.timers:
            self.timers[row["kind"], row["ref"]] = row

    def _add_strikes(self, code: str, rows: CaseRows) -> None:
        for sender_id, at in rows.strikes_cleared.items():
            self.strikes_cleared[code, sender_id] = at
            for row in self.inserts["strikes"]:
                if (row["code"], row["sender_id"]) == (code, sender_id) and row["cleared_at"] is None:
                    row["cleared_at"] = at
        self.inserts["strikes"].extend(rows.strikes)


def load_head(connection: Connection) -> Head:
    """The stored end of the chain."""
    text = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.name == HEAD))
    return START if text is None else Head.parse(text)


def load_next_ordinal(connection: Connection) -> int:
    """The running number of the next case."""
    last = connection.scalar(select(sql.max(schema.cases.c.ordinal)))
    return 0 if last is None else int(last) + 1


def flush(connection: Connection, batch: Batch) -> None:
    """Write everything. What ends older rows goes first, so that rows of this group are not ended by it."""
    _end_older(connection, batch)
    _write_cases(connection, batch)
    for name in _ONLY_ADDED:
        add_rows(connection, schema.metadata.tables[name], batch.inserts.get(name, ()))
    if batch.timers:
        _upsert(connection, schema.timers, batch.timers.values(), ("kind", "ref"))
    if batch.inserts.get("history"):
        _upsert(connection, schema.meta, [{"name": HEAD, "value": batch.head.text()}], ("name",))


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
    _upsert(connection, table, [{"room": name, "last_number": last[name]} for name in names], ("room",))
    return numbers


def _upsert(connection: Connection, table: Table, rows: Iterable[Row], key: tuple[str, ...]) -> None:
    given = list(rows)
    new: Any = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    others = {column.name: new.excluded[column.name] for column in table.columns if column.name not in key}
    connection.execute(new.on_conflict_do_update(index_elements=list(key), set_=others), given)
