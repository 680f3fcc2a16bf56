"""Adding many rows at once. The statement is SQLAlchemy's; its parameters go to the driver as they are.

A group adds thousands of rows, and translating each value through the statement's types costs as much as writing it.
Only instants need translation, so only they get it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.engine import Dialect

from storage.schema import Instant

Row = dict[str, Any]


def add_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns; nothing for no rows."""
    if rows:
        statement = _prepared(table, connection.dialect, tuple(rows[0]))
        connection.exec_driver_sql(statement.text, [statement.parameters(row) for row in rows])


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
def _prepared(table: Table, dialect: Dialect, columns: tuple[str, ...]) -> _Statement:
    compiled: Any = insert(table).compile(dialect=dialect, column_keys=list(columns))
    order = compiled.positiontup
    instants = tuple(at for at, name in enumerate(order) if isinstance(table.c[name].type, Instant))
    return _Statement(str(compiled), itemgetter(*order), instants, Instant().bind_processor(dialect))
