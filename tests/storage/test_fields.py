"""Norm P1-1: no column without purpose, ground, retention and readers; and the migrations make what the schema says."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from storage.fields import FIELDS, Field
from storage.schema import metadata
from tests.storage.stores import Store


def _columns() -> set[tuple[str, str]]:
    return {(table.name, column.name) for table in metadata.tables.values() for column in table.columns}


@pytest.mark.norm("P1-1", "bad-input")
def test_every_column_is_in_the_field_register_and_every_entry_is_a_column() -> None:
    assert {(table, column) for table, columns in FIELDS.items() for column in columns} == _columns()


@pytest.mark.norm("P1-1", "behaviour")
@pytest.mark.parametrize(("table", "column"), sorted(_columns()))
def test_every_entry_says_all_four_things(table: str, column: str) -> None:
    entry: Field = FIELDS[table][column]
    assert all(text.strip() for text in (entry.purpose, *astuple(entry.handling)))


async def test_the_migrations_make_the_schema(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        connection.exec_driver_sql("SELECT 1")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with store.open() as storage:
        writer = storage._writer
        assert await writer.do(storage._plain, differences) == []


def test_migrations_are_numbered_in_order() -> None:
    folder = Path(__file__).parents[2] / "storage" / "migrations" / "versions"
    numbers = sorted(path.name[:4] for path in folder.glob("[0-9]*.py"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
