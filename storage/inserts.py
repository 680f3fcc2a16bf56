"""Adding many rows at once. The statement is SQLAlchemy's; its parameters go to the driver as they are.

A group adds thousands of rows, and translating each value through the statement's types costs as much as writing it.
Only instants need translation, so only they get it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from storage.row import Row
from storage.schema import Instant


def add_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns; nothing for no rows."""
    if rows:
        _write(connection, _prepared(table, connection.dialect, tuple(rows[0])), rows)


def upsert(
    connection: Connection,
    table: Table,
    rows: Iterable[Row],
    key: tuple[str, ...],
    *,
    keep: bool = False,
    where: ColumnElement[bool] | None = None,
) -> None:
    """Insert rows that all have the same columns. One of a known key is changed to the given one; it is kept with ``keep``,
    and where ``where`` is false of it: always the same object, without bound values, because statements are remembered."""
    given = list(rows)
    if given:
        _write(connection, _prepared(table, connection.dialect, tuple(given[0]), key, keep, where), given)


@dataclass(frozen=True, slots=True)
class _Statement:
    text: str
    pick: Callable[[Row], tuple[Any, ...]]
    instants: tuple[int, ...]
    """Positions of the values that are instants."""
    spell: Callable[[Any], Any]

    def parameters(self, row: Row) -> tuple[Any, ...]:
        values = list(self.pick(row))
        for position in self.instants:
            values[position] = self.spell(values[position])
        return tuple(values)


@lru_cache(maxsize=256)
def _prepared(
    table: Table,
    dialect: Dialect,
    columns: tuple[str, ...],
    key: tuple[str, ...] = (),
    keep: bool = False,
    where: ColumnElement[bool] | None = None,
) -> _Statement:
    """The insertion of these columns; an upsert, where a key is given."""
    new: Any = postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)
    if keep:
        new = new.on_conflict_do_nothing(index_elements=key)
    elif key:
        others = {name: new.excluded[name] for name in columns if name not in key}
        new = new.on_conflict_do_update(index_elements=key, set_=others, where=where)
    compiled: Any = new.compile(dialect=dialect, column_keys=list(columns))
    order = compiled.positiontup
    instants = tuple(at for at, name in enumerate(order) if isinstance(table.c[name].type, Instant))
    return _Statement(str(compiled), itemgetter(*order), instants, Instant().bind_processor(dialect))


def _write(connection: Connection, statement: _Statement, rows: Iterable[Row]) -> None:
    connection.exec_driver_sql(statement.text, [statement.parameters(row) for row in rows])
