"""Making a database ready: is it ours, is it whole, is its schema the one this danmod speaks?"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from cases.ports import StorageError
from storage.database import Place, claim, locate, lock, reading_engine, writing_engine
from storage.refold import refold
from storage.writer import sentence

_log = structlog.get_logger("danmod.storage")

MIGRATIONS = Path(__file__).parent / "migrations"
CHECKED_FULLY_BELOW_BYTES = 64 * 1024 * 1024
"""Smaller SQLite files are checked with their indexes at the start (about 10 ms a megabyte)."""
CHECKED_BELOW_BYTES = 512 * 1024 * 1024
"""Larger ones are not read whole at the start; `danmod audit verify` does that."""


class SchemaMismatch(StorageError):
    """The database has another schema than this danmod; the sentence names the cure."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def newest_revision() -> str:
    """The revision this danmod speaks."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise StorageError(f"the migrations are missing from {MIGRATIONS}: install danmod again")
    return head


async def prepare(place: Place) -> None:
    """Before work: check the file, make the tables of a new database, bring an older SQLite file up to date.

    The older file is copied first, to ``<file>.bak-<revision>``. Raises SchemaMismatch for an older PostgreSQL schema
    and any newer one, StorageError for a file that is damaged or not ours; nothing is written then.
    """
    check_file(place)
    revision = await _revision(place)
    if revision == newest_revision():
        return
    _refuse_unknown(place, revision)
    if revision is not None and place.file is None:
        raise SchemaMismatch(
            f"{place} has the older schema {revision}: stop danmod everywhere, then run danmod db upgrade"
        )
    await _migrate(place, revision)


async def require_current(place: Place) -> None:
    """Raises SchemaMismatch when the database has any other schema than this danmod; changes nothing."""
    revision = await _revision(place)
    if revision != newest_revision():
        raise SchemaMismatch(
            f"{place} has the schema {revision}, this danmod speaks {newest_revision()}: stop the danmod that runs on it, "
            "then run danmod db upgrade"
        )


async def upgrade(url: str) -> str:
    """For ``danmod db upgrade``: bring the database to the newest schema and answer its revision.

    Raises LockedError while danmod runs on it, SchemaMismatch when it is newer already, StorageError as `prepare`.
    """
    place = locate(url)
    held = lock(place)
    try:
        check_file(place)
        revision = await _revision(place)
        _refuse_unknown(place, revision)
        if revision != newest_revision():
            await _migrate(place, revision)
    finally:
        if held is not None:
            held.release()
    return newest_revision()


def check_file(place: Place, must_exist: bool = False) -> None:
    """Raises StorageError for a SQLite file that is damaged, or no database at all; a missing one may be fine."""
    if place.file is None:
        return
    if not place.file.exists():
        if must_exist:
            raise StorageError(f"there is no database {place.file}")
        return
    if place.file.stat().st_size == 0:
        raise StorageError(f"{place.file} is empty, which a database never is{_cure(place.file)}")
    try:
        problem = _first_problem(place.file)
    except sqlite3.OperationalError as error:
        raise StorageError(f"{place.file} cannot be opened: {error}{_cure(place.file)}") from error
    except sqlite3.DatabaseError as error:
        raise StorageError(f"{place.file} is damaged or no SQLite database: {error}{_cure(place.file)}") from error
    if problem != "ok":
        raise StorageError(f"{place.file} is damaged: {problem}{_cure(place.file)}")


def _first_problem(file: Path) -> str:
    """What SQLite finds wrong first, "ok" for nothing."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=15)) as connection:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if file.stat().st_size > CHECKED_BELOW_BYTES:
            return "ok"
        check = "integrity_check" if file.stat().st_size < CHECKED_FULLY_BELOW_BYTES else "quick_check"
        return " ".join(str(connection.execute(f"PRAGMA {check}(1)").fetchone()[0]).split())


def _cure(file: Path) -> str:
    backup = newest_backup(file)
    if backup is None:
        return "; restore a backup of it, or move it away"
    return f"; the newest backup is {backup}"


def newest_backup(file: Path) -> Path | None:
    """The most recent copy made before an upgrade, None if there is none."""
    copies = sorted(file.parent.glob(f"{file.name}.bak-*"), key=lambda path: path.stat().st_mtime)
    return next((path for path in reversed(copies) if path.suffix != ".partial"), None)


async def _revision(place: Place) -> str | None:
    """The schema of the database, None when it is empty. Raises StorageError when it is somebody else's."""
    if place.file is not None and not place.file.exists():
        return None
    engine = reading_engine(place)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_revision_of, str(place))
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(f"{place} cannot be opened: {sentence(error)}") from error
    finally:
        await engine.dispose()


def _revision_of(connection: Connection, name: str) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None and inspect(connection).get_table_names():
        raise StorageError(f"{name} holds the tables of something else: give danmod a database of its own")
    return revision


def _refuse_unknown(place: Place, revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaMismatch(
            f"{place} has the schema {revision}, newer than this danmod speaks ({newest_revision()}): install the newer "
            "danmod; danmod db upgrade cannot go back"
        )


async def _migrate(place: Place, revision: str | None) -> None:
    if revision is not None and place.file is not None:
        copy = back_up(place.file, revision)
        _log.info("copied the database before its upgrade", file=str(place.file), copy=str(copy))
    engine = writing_engine(place)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(claim)
            await connection.commit()
            async with connection.begin():
                await connection.run_sync(_run_migrations)
                if revision is not None:
                    await connection.run_sync(refold)
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(f"{place} could not be brought to schema {newest_revision()}: {sentence(error)}") from error
    finally:
        await engine.dispose()
    if revision is not None:
        _log.info("upgraded the database", database=str(place), before=revision, now=newest_revision())


def _run_migrations(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def back_up(file: Path, revision: str) -> Path:
    """Copy the database, its write-ahead log included, beside itself; an earlier copy is never overwritten.

    Raises StorageError when there is no room for it.
    """
    copy = _free_name(file, revision)
    partial = copy.with_name(f"{copy.name}.partial")
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
        shutil.copymode(file, partial)
        os.replace(partial, copy)
    except (sqlite3.Error, OSError) as error:
        partial.unlink(missing_ok=True)
        raise StorageError(f"{file} could not be copied to {copy} before its upgrade: {error}") from error
    return copy


def _free_name(file: Path, revision: str) -> Path:
    copy = file.with_name(f"{file.name}.bak-{revision}")
    number = 2
    while copy.exists():
        copy = file.with_name(f"{file.name}.bak-{revision}.{number}")
        number += 1
    return copy
