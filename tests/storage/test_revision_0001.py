"""A database as the first release wrote it: upgraded on either database, nothing of it is lost and everything goes on.

`data/revision_0001.sql` was written by that release: every kind of case, one of them with its bodies erased.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite

from cases.history import PanelOpened
from cases.lifecycle import fold
from cases.model import AppealStatus, CaseStatus, MeasureStatus, ReportStatus
from cases.ports import Applied, ByCode, CaseFilter, DeadlineFilter, StorageError
from storage import open_storage, schema, upgrade
from storage.audit import verify
from storage.database import locate, writing_engine
from storage.revisions import _config, newest_revision
from tests.postgres_server import PostgresServer
from tests.storage.stores import KEYS, KINDS, HandClock, Store, postgres_store, sqlite_store
from tests.storage.stories import MODERATOR, NOW, adding, flood, outcome
from tests.storage.tickets import TICKETS, opening, taken

RELEASED = Path(__file__).parent / "data" / "revision_0001.sql"
CASES, ENTRIES, ERASED = 10, 58, 4
TABLES = (
    "meta", "rooms", "room_numbers", "cases", "respondents", "history", "history_body", "evidence", "statements", "reports",
    "contacts", "outbox", "timers", "notices", "strikes", "processed",
)  # fmt: skip


def written(file: Path) -> Path:
    """The released database as a file."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(RELEASED.read_text(encoding="utf-8"))
    return file


@pytest.fixture(params=KINDS)
async def old(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store of revision 0001 with what the release wrote, of each kind in turn."""
    file = written(tmp_path / "danmod.db")
    if request.param == "sqlite":
        return sqlite_store(file)
    server: PostgresServer = request.getfixturevalue("postgres")
    store = postgres_store(server, server.database())
    await _fill(file, store.url)
    return store


async def _fill(file: Path, url: str) -> None:
    """Revision 0001 alone, with every row of the file."""
    engine = writing_engine(locate(url))

    def fill(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for name in TABLES:
            _copy_table(file, connection, name)

    async with engine.begin() as connection:
        await connection.run_sync(fill)
    await engine.dispose()


def _copy_table(file: Path, connection: Connection, name: str) -> None:
    table = schema.metadata.tables[name]
    with closing(sqlite3.connect(file)) as source:
        cursor = source.execute(f"SELECT * FROM {name}")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    read: dict[str, Callable[[Any], Any]] = {column: _reading(table.c[column].type) for column in names}
    values = [{column: read[column](value) for column, value in row.items()} for row in rows]
    if values:
        connection.execute(table.insert().values(dict.fromkeys(names)), values)


def _reading(kind: Any) -> Callable[[Any], Any]:
    if isinstance(kind, schema.Instant):
        return lambda value: kind.process_result_value(value, sqlite.dialect())
    if kind.python_type is bool:
        return lambda value: None if value is None else bool(value)
    return lambda value: value


async def upgraded(store: Store) -> None:
    """By the one way each database has."""
    if not store.url.startswith("sqlite"):
        assert await upgrade(store.url) == newest_revision()


@pytest.mark.fault("F37")
class TestTheFirstRelease:
    async def test_is_upgraded_with_everything_kept(self, old: Store) -> None:
        before = {name: int(old.sql(f"SELECT count(*) FROM {name}")[0][0]) for name in TABLES}
        await upgraded(old)
        async with open_storage(old.url, keys=KEYS, clock=HandClock(), kinds=TICKETS) as storage:
            cases = await storage.reader.cases(CaseFilter())
            assert len(cases) == CASES
            after = {name: int(old.sql(f"SELECT count(*) FROM {name}")[0][0]) for name in TABLES}
            assert after == before | {"meta": after["meta"]}
        report = await verify(old.url, kinds=TICKETS)
        assert (report.problem, report.entries, report.erased) == (None, ENTRIES, ERASED)

    async def test_states_are_what_this_version_makes_of_the_history(self, old: Store) -> None:
        await upgraded(old)
        async with open_storage(old.url, keys=KEYS, clock=HandClock()) as storage:
            for case in await storage.reader.cases(CaseFilter()):
                entries = [row.entry for row in await storage.reader.history(case.code)]
                if None not in entries:
                    assert fold(None, [entry for entry in entries if entry is not None]) == case
            assert {case.status for case in await storage.reader.cases(CaseFilter())} >= {
                CaseStatus.OPEN, CaseStatus.DISMISSED, CaseStatus.APPEALED, CaseStatus.OVERTURNED, CaseStatus.UNDONE,
            }  # fmt: skip

    async def test_the_constraints_know_who_took_part(self, old: Store) -> None:
        await upgraded(old)
        async with open_storage(old.url, keys=KEYS, clock=HandClock()):
            pass
        parts = {(ref, part) for ref, part in old.sql("SELECT ref, part FROM participations")}
        assert ("mona", "decided") in parts
        appeals = sorted(str(status) for (status,) in old.sql("SELECT status FROM appeals"))
        assert appeals == ["open", "overturned", "upheld"]
        assert old.sql("SELECT count(*) FROM reports WHERE status IS NULL") in ([(0,)], [("0",)])
        assert {status for (status,) in old.sql("SELECT status FROM reports")} <= set(ReportStatus)

    async def test_who_reported_is_known_again_before_anybody_votes(self, old: Store) -> None:
        await upgraded(old)
        async with open_storage(old.url, keys=KEYS, clock=HandClock()) as storage:
            case = next(one for one in await storage.reader.cases(CaseFilter()) if one.reports)
            panel = PanelOpened(at=NOW, by=MODERATOR, round=1, members=("v1", "v2", "v3"), why="disputed")
            assert isinstance(await storage.log.apply(ByCode(case.code), adding(lambda _: panel)), Applied)
        marks = {KEYS.token("part", f"{case.code}/{report.reporter}") for report in case.reports}
        theirs = f"SELECT ref FROM participations WHERE part = 'reported' AND code = '{case.code}'"
        assert {ref for (ref,) in old.sql(theirs)} == marks

    async def test_work_goes_on(self, old: Store) -> None:
        await upgraded(old)
        async with open_storage(old.url, keys=KEYS, clock=HandClock(), kinds=TICKETS) as storage:
            assert isinstance(await storage.log.apply(*flood()), Applied)
            assert (await taken(storage, None, opening())).id == "ticket-1"
            banned = next(case for case in await storage.reader.cases(CaseFilter()) if case.in_force("dan"))
            done = adding(outcome(banned.in_force("dan")[0].id, MeasureStatus.IN_FORCE))
            assert isinstance(await storage.log.apply(ByCode(banned.code), done), Applied)
            assert (await verify(old.url, kinds=TICKETS)).sound

    async def test_an_upgrade_that_fails_changes_nothing(self, old: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(connection: Connection) -> int:
            raise OSError("the disk is full")

        before = old.dump()
        with monkeypatch.context() as patched:
            patched.setattr("storage.revisions.refold", broken)
            with pytest.raises(StorageError, match="could not be brought to schema"):
                await upgrade(old.url)
        assert _rows(old.dump()) == _rows(before)
        await upgraded(old)
        async with open_storage(old.url, keys=KEYS, clock=HandClock()) as storage:
            assert len(await storage.reader.cases(CaseFilter())) == CASES


def _rows(dump: str) -> list[str]:
    return [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict", "--"))]


async def test_a_file_is_copied_before_its_upgrade(tmp_path: Path) -> None:
    store = sqlite_store(written(tmp_path / "danmod.db"))
    async with store.open():
        pass
    copy = sqlite_store(tmp_path / "danmod.db.bak-0001")
    assert copy.sql("SELECT version_num FROM alembic_version") == [("0001",)]
    assert copy.sql("SELECT count(*) FROM cases") == [(CASES,)]
    assert store.sql("SELECT version_num FROM alembic_version") == [(newest_revision(),)]

    @pytest.mark.norm("N1.3-3", "behaviour")
    async def test_what_waited_before_there_were_deadlines_has_them_from_when_it_came(self, old: Store) -> None:
        await upgraded(old)
        async with open_storage(old.url, keys=KEYS, clock=HandClock()) as storage:
            states = await storage.reader.cases(CaseFilter(limit=100))
            rows = await storage.deadlines.deadlines(DeadlineFilter(running=True, limit=100))
        asked = {appeal.id: appeal.at for one in states for appeal in one.appeals if appeal.status is AppealStatus.OPEN}
        waits = {report.id: report.at for one in states if one.status is CaseStatus.OPEN for report in one.reports}
        assert asked
        assert waits
        assert {row.deadline.ref: row.deadline.started_at for row in rows} == asked | waits
