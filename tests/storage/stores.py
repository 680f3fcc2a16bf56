"""Databases for tests, of both kinds, and a bare way into them that goes past the code under test."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from storage import Keys, Storage, open_storage, upgrade
from tests.postgres_server import PostgresServer, postgres_server
from tests.storage.stories import NOW

KEYS = Keys.ephemeral(b"tests")
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]


class HandClock:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Any:
        return self.now


@dataclass
class Store:
    """A database of one kind that can be opened, and looked into with plain SQL."""

    url: str
    sql: Callable[[str], list[tuple[Any, ...]]]
    """Runs a statement past the code under test, triggers included."""
    dump: Callable[[], str]
    clock: HandClock

    def open(self, **options: Any) -> AbstractAsyncContextManager[Storage]:
        return open_storage(self.url, keys=KEYS, clock=self.clock, **options)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """The name of a database that has its tables already: copying it is quicker than migrating."""
    url = postgres.database()
    _upgrade(url)
    return url.rpartition("/")[2]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that has its tables already."""
    file = tmp_path_factory.mktemp("template") / "danmod.db"
    _upgrade(f"sqlite:///{file}")
    return file


def _upgrade(url: str) -> None:
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(lambda: asyncio.run(upgrade(url))).result()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A database without cases, of each kind in turn."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "danmod.db")
        return sqlite_store(tmp_path / "danmod.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return postgres_store(server, server.database(request.getfixturevalue("postgres_template")))


@pytest.fixture
async def storage(store: Store) -> AsyncIterator[Storage]:
    async with store.open() as opened:
        yield opened


@asynccontextmanager
async def private_storage() -> AsyncIterator[Storage]:
    """A store that leaves nothing behind."""
    async with open_storage("", keys=KEYS, clock=HandClock(), in_memory=True) as opened:
        yield opened


def sqlite_store(file: Path) -> Store:
    def sql(statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(file)) as connection:
            rows = connection.execute(statement).fetchall()
            connection.commit()
            return rows

    def dump() -> str:
        with closing(sqlite3.connect(file)) as connection:
            return "\n".join(connection.iterdump())

    return Store(f"sqlite:///{file}", sql, dump, HandClock())


def postgres_store(server: PostgresServer, url: str) -> Store:
    name = url.rpartition("/")[2]

    def sql(statement: str) -> list[tuple[Any, ...]]:
        return [tuple(line.split("|")) for line in server.sql(name, statement).splitlines()]

    return Store(url, sql, lambda: server.dump(name), HandClock())
