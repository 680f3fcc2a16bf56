"""Where the database is, and the engines that talk to it: one connection for writing, a small pool for reading."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy import text as sql
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cases.ports import StorageError
from storage.writer import Connect, sentence
from storage.writing import awaited, threaded

_T = TypeVar("_T")

BUSY_TIMEOUT_MS = 15_000
"""How long SQLite waits for another process that holds the file."""
ADVISORY_LOCK = 0x64616E6D6F64
"""The PostgreSQL advisory lock that the one writing process holds ("danmod" in ASCII)."""
CACHE_KIB = 16 * 1024
"""Pages the writer keeps in memory: new case codes fall all over their index."""
WAL_PAGES = 4000
"""The write-ahead log is copied into the file about every 16 MB: fewer pages are copied twice, fewer waits for the disk."""
READERS = 4


class LockedError(StorageError):
    """Another danmod process works on this database."""


@dataclass(frozen=True, slots=True)
class Place:
    """A database. ``file`` is the SQLite file, None for PostgreSQL. ``durable`` False: losing it is fine (replay)."""

    url: URL
    file: Path | None
    durable: bool = True

    def __str__(self) -> str:
        return str(self.file) if self.file is not None else self.url.render_as_string(hide_password=True)


def locate(url: str) -> Place:
    """The place a ``[storage] url`` names. Raises ValueError, in one sentence, for anything else."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("storage.url must be sqlite:///FILE or postgresql://…, got no URL") from None
    if parsed.drivername == "sqlite":
        return _sqlite_place(parsed)
    if parsed.drivername in ("postgresql", "postgres", "postgresql+asyncpg"):
        return Place(parsed.set(drivername="postgresql+asyncpg"), None)
    raise ValueError(f"storage.url must be sqlite:///FILE or postgresql://…, got {parsed.drivername}://")


def _sqlite_place(url: URL) -> Place:
    if not url.database or url.database == ":memory:" or url.host:
        raise ValueError("storage.url names no file: write sqlite:///danmod.db, or sqlite:////absolute/path.db")
    return at_file(Path(url.database))


def at_file(file: Path, durable: bool = True) -> Place:
    """The place of a SQLite file."""
    return Place(URL.create("sqlite+aiosqlite", database=str(file)), file, durable)


def lock(place: Place) -> FileLock | None:
    """Take the lock that only one writing process may hold; None for PostgreSQL, which locks on its connection.

    Raises LockedError when another process holds it, StorageError when the folder cannot be written.
    """
    if place.file is None:
        return None
    if not place.file.parent.is_dir():
        raise StorageError(f"the folder {place.file.parent} of the database does not exist: make it first")
    held = FileLock(f"{place.file}.lock", thread_local=False)
    try:
        held.acquire(timeout=0)
    except Timeout:
        raise LockedError(f"another danmod is already running on {place.file}; stop it first") from None
    except OSError as error:
        raise StorageError(f"the folder of {place.file} cannot be written: {error.strerror}") from error
    return held


def writing_engine(place: Place) -> AsyncEngine:
    """An async engine for one connection that writes: for schema changes, and for an edit beside a running danmod."""
    engine = _engine(place, pool_size=1)
    if place.file is not None:
        _prepare_to_write(engine.sync_engine, place)
    return engine


@asynccontextmanager
async def writings(place: Place) -> AsyncIterator[Connect]:
    """How to get the connection the writer writes on, again and again: each is let go by whoever got it."""
    if place.file is None:
        engine = writing_engine(place)
        try:
            yield partial(awaited, engine)
        finally:
            await engine.dispose()
        return
    plain = create_engine(
        place.url.set(drivername="sqlite"),
        poolclass=NullPool,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )
    _prepare_to_write(plain, place)
    yield partial(threaded, plain)


def _prepare_to_write(engine: Engine, place: Place) -> None:
    _prepare_sqlite(engine, begin="BEGIN IMMEDIATE", read_only=False, durable=place.durable)


def reading_engine(place: Place) -> AsyncEngine:
    """An engine whose connections cannot write."""
    engine = _engine(place, pool_size=READERS)
    if place.file is not None:
        _prepare_sqlite(engine.sync_engine, begin="BEGIN", read_only=True, durable=place.durable)
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _engine(place: Place, pool_size: int) -> AsyncEngine:
    if place.file is None and importlib.util.find_spec("asyncpg") is None:
        raise StorageError("PostgreSQL needs the driver asyncpg: install danmod[postgres]")
    return create_async_engine(
        place.url, pool_size=pool_size, max_overflow=0, pool_pre_ping=place.file is None, hide_parameters=True
    )


def _prepare_sqlite(engine: Engine, begin: str, read_only: bool, durable: bool) -> None:
    """Transactions are begun by us, not by the driver, so that reads and schema changes are inside them too."""

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _pragmas(read_only, durable):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _pragmas(read_only: bool, durable: bool) -> tuple[str, ...]:
    common = (f"busy_timeout = {BUSY_TIMEOUT_MS}", "foreign_keys = ON")
    if read_only:
        return (*common, "query_only = ON")
    return (
        *common,
        f"cache_size = -{CACHE_KIB}",
        f"wal_autocheckpoint = {WAL_PAGES}",
        "secure_delete = ON",  # what is erased is overwritten in the file
        "journal_mode = WAL",
        f"synchronous = {'FULL' if durable else 'OFF'}",
    )


def claim(connection: Connection) -> None:
    """On PostgreSQL take the advisory lock of the writing process, for as long as this connection lives.

    Raises LockedError when another process holds it.
    """
    if connection.dialect.name != "postgresql":
        return
    if not connection.scalar(sql("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}):
        raise LockedError("another danmod is already running on this PostgreSQL database; stop it first")


async def read(engine: AsyncEngine, query: Callable[[Connection], _T]) -> _T:
    """Run a query in a snapshot of what is committed. Raises StorageError when the database cannot answer."""
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(query)
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(sentence(error)) from error
