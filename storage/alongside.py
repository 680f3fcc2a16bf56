"""What a group writes alongside its cases and dossiers: deadlines, appeals, who took part, where reports stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Update, bindparam, case, update

from storage import schema
from storage.inserts import upsert
from storage.row import Row, Rows

_RUNNING = schema.deadlines.c.met_at.is_(None), schema.deadlines.c.dropped_at.is_(None)
_OVER = schema.deadlines.c.met_at.is_not(None) | schema.deadlines.c.dropped_at.is_not(None)


@dataclass(slots=True)
class Alongside:
    """Gathered over a group, later changes over earlier ones."""

    deadlines: dict[tuple[str, str], Row] = field(default_factory=dict)
    """Those that begin in this group, by key and ref."""
    deadline_changes: dict[tuple[str, str], Row] = field(default_factory=dict)
    """Of those that began before it."""
    parts: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    appeals: dict[str, Row] = field(default_factory=dict)
    report_status: dict[str, str] = field(default_factory=dict)

    def add(self, rows: Rows) -> None:
        """Take in what one change writes."""
        for at, change in rows.deadline_changes:
            self._change(at, change)
        for row in rows.deadlines:
            self._begin((row["key"], row["ref"]), row)
        for row in rows.parts:
            self.parts.setdefault((row["code"], row["ref"], row["part"]), row)
        self.appeals.update({row["id"]: row for row in rows.appeals})
        self.report_status.update(rows.report_status)

    def _begin(self, at: tuple[str, str], row: Row) -> None:
        """A deadline that runs is not dated anew."""
        if at not in self.deadlines or not _runs(self.deadlines[at]):
            self.deadlines[at] = row

    def _change(self, at: tuple[str, str], change: Row) -> None:
        """Of the row of this group and of the stored one: only the flush learns which of them counts."""
        for row in (self.deadlines.get(at), self.deadline_changes.setdefault(at, {})):
            if row is not None and _runs(row):
                row.update(change)
                _note_lateness(row)

    def runs(self, at: tuple[str, str], mark: str) -> bool | None:
        """Whether a deadline runs, without that mark, as the group knows; None: what is stored says."""
        row = self.deadlines.get(at) or self.deadline_changes.get(at)
        if row is not None and not (_runs(row) and row.get(mark) is None):
            return False
        return True if at in self.deadlines else None

    def flush(self, connection: Connection) -> None:
        """Write everything; cases and reports are written already."""
        self._change_deadlines(connection)
        upsert(connection, schema.deadlines, self.deadlines.values(), ("key", "ref"), where=_OVER)
        self._write_parts(connection)
        upsert(connection, schema.appeals, self.appeals.values(), ("id",))
        if self.report_status:
            table = schema.reports
            changed = update(table).where(table.c.id == bindparam("of")).values(status=bindparam("now"))
            connection.execute(changed, [{"of": of, "now": now} for of, now in self.report_status.items()])

    def _change_deadlines(self, connection: Connection) -> None:
        """One statement for all that change alike: a group keeps hundreds."""
        alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for (key, ref), change in self.deadline_changes.items():
            alike[tuple(change)].append({"of_key": key, "of_ref": ref, **{f"new_{n}": at for n, at in change.items()}})
        for names, rows in alike.items():
            connection.execute(_changed(names), rows)

    def _write_parts(self, connection: Connection) -> None:
        upsert(connection, schema.participations, self.parts.values(), ("code", "ref", "part"), keep=True)


def _runs(row: Row) -> bool:
    return row.get("met_at") is None and row.get("dropped_at") is None


def _note_lateness(row: Row) -> None:
    """A step taken after its time was missed first, though nobody had marked it so yet."""
    met_at, due_at = row.get("met_at"), row.get("due_at")
    if met_at is not None and due_at is not None and met_at > due_at:
        row["overdue_at"] = row["overdue_at"] or met_at


def _changed(names: Iterable[str]) -> Update:
    """Changes these columns of a running deadline to the bound instants ``new_…``; lateness is noted of a stored row too."""
    table = schema.deadlines.c
    changes: dict[str, Any] = {name: bindparam(f"new_{name}", type_=table[name].type) for name in names}
    if "met_at" in changes and "overdue_at" not in changes:
        late = table.overdue_at.is_(None) & (table.due_at < changes["met_at"])
        changes["overdue_at"] = case((late, changes["met_at"]), else_=table.overdue_at)
    theirs = table.key == bindparam("of_key"), table.ref == bindparam("of_ref")
    return update(schema.deadlines).where(*theirs, *_RUNNING).values(changes)
