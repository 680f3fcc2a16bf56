"""Old, new, foreign and damaged databases: nothing is ever overwritten, and one sentence says what to do."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cases.model import Respondent
from cases.ports import Applied, CaseFilter, StorageError
from storage import SchemaMismatch, open_beside, upgrade
from storage.database import locate
from storage.revisions import MIGRATIONS, check_file, newest_revision
from tests.storage.stores import Store, sqlite_store
from tests.storage.stories import flood, muting

SECOND_REVISION = """
from __future__ import annotations

import os

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("note", sa.Text(), nullable=True))
    {then}
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
"""


class Future:
    """A danmod of the future: one more migration."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self.folder = folder / "migrations"
        shutil.copytree(MIGRATIONS, self.folder)

    def install(self, then: str = "pass") -> None:
        text = SECOND_REVISION.format(newest=newest_revision(), then=then)
        (self.folder / "versions" / "9999_later.py").write_text(text)
        self._monkeypatch.setattr("storage.revisions.MIGRATIONS", self.folder)

    def forget(self) -> None:
        self._monkeypatch.setattr("storage.revisions.MIGRATIONS", MIGRATIONS)


@pytest.fixture
def future(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Future:
    return Future(monkeypatch, tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "danmod.db"


@pytest.fixture
async def older(file: Path) -> Store:
    """A file with one case, as this danmod writes it."""
    store = sqlite_store(file)
    async with store.open() as storage:
        await storage.log.apply(*muting())
    return store


@pytest.mark.fault("F37")
class TestAnOlderSchema:
    async def test_of_a_file_is_copied_and_brought_up_to_date(self, older: Store, file: Path, future: Future) -> None:
        before = newest_revision()
        future.install()
        async with older.open() as storage:
            assert isinstance(await storage.log.apply(*flood()), Applied)
        assert older.sql("SELECT version_num FROM alembic_version") == [("9999",)]
        copy = sqlite_store(file.with_name(f"danmod.db.bak-{before}"))
        assert copy.sql("SELECT version_num FROM alembic_version") == [(before,)]
        assert copy.sql("SELECT count(*) FROM cases") == [(1,)]

    async def test_an_earlier_copy_is_kept(self, older: Store, file: Path, future: Future) -> None:
        before = newest_revision()
        put(file.with_name(f"danmod.db.bak-{before}"), b"precious")
        future.install()
        async with older.open():
            pass
        assert content_of(file.with_name(f"danmod.db.bak-{before}")) == b"precious"
        assert content_of(file.with_name(f"danmod.db.bak-{before}.2")).startswith(b"SQLite format 3")

    async def test_a_migration_that_fails_changes_nothing(self, older: Store, future: Future) -> None:
        future.install(then='op.execute("SELECT * FROM nowhere")')
        with pytest.raises(StorageError, match="could not be brought to schema 9999"):
            async with older.open():
                pass
        future.forget()
        async with older.open() as storage:
            assert len(await storage.reader.cases(CaseFilter())) == 1

    async def test_a_kill_in_mid_migration_changes_nothing(self, older: Store, file: Path, future: Future) -> None:
        future.install(then="os._exit(9)")
        script = (
            "import asyncio, pathlib, storage.revisions as up\n"
            f"up.MIGRATIONS = pathlib.Path({str(future.folder)!r})\n"
            f"asyncio.run(up.upgrade('sqlite:///{file}'))"
        )
        killed = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=Path(__file__).parents[2])
        await killed.wait()
        assert killed.returncode == 9
        future.forget()
        async with older.open() as storage:
            assert len(await storage.reader.cases(CaseFilter())) == 1

    @pytest.mark.needs("postgresql")
    async def test_of_postgresql_waits_for_the_operator(self, store: Store, future: Future) -> None:
        if store.url.startswith("sqlite"):
            return
        async with store.open():
            pass
        future.install()
        with pytest.raises(SchemaMismatch, match="danmod db upgrade"):
            async with store.open():
                pass
        assert await upgrade(store.url) == "9999"
        async with store.open():
            pass


@pytest.mark.fault("F37")
async def test_a_newer_schema_is_refused(store: Store, future: Future) -> None:
    future.install()
    await upgrade(store.url)
    future.forget()
    with pytest.raises(SchemaMismatch, match=r"newer than this danmod.*danmod db upgrade"):
        async with store.open():
            pass
    with pytest.raises(SchemaMismatch):
        await upgrade(store.url)


async def test_upgrade_refuses_while_danmod_runs(store: Store, future: Future) -> None:
    async with store.open():
        future.install()
        with pytest.raises(StorageError, match="already running"):
            await upgrade(store.url)


async def test_rooms_can_be_edited_beside_a_running_danmod(store: Store) -> None:
    async with store.open() as running, open_beside(store.url, clock=store.clock) as beside:
        await running.log.apply(*flood())
        assert len(await beside.reader.cases(CaseFilter())) == 1
        assert await beside.rooms.add("irc:#new")  # type: ignore[arg-type]  # a plain text will do
        assert [row.room for row in await running.rooms.list()] == ["irc:#new"]


async def test_a_look_never_migrates_under_a_running_danmod(older: Store, future: Future) -> None:
    async with older.open():
        future.install()
        with pytest.raises(SchemaMismatch, match="stop the danmod that runs on it"):
            async with open_beside(older.url):
                pass
    async with open_beside(older.url) as beside:
        assert len(await beside.reader.cases(CaseFilter())) == 1
    assert older.sql("SELECT version_num FROM alembic_version") == [("9999",)]


@pytest.mark.fault("F28")
class TestADamagedFile:
    @pytest.mark.parametrize(
        "content", [b"not a database at all, but long enough to be looked at" * 40, b"", b"SQLite"]
    )
    async def test_of_rubbish_is_refused_and_kept(self, file: Path, content: bytes) -> None:
        put(file, content)
        with pytest.raises(StorageError):
            async with sqlite_store(file).open():
                pass
        assert content_of(file) == content

    async def test_names_the_newest_copy(self, file: Path) -> None:
        put(file, b"rubbish" * 1000)
        put(file.with_name("danmod.db.bak-0001"), b"copy")
        with pytest.raises(StorageError, match=r"newest backup is .*danmod\.db\.bak-0001"):
            async with sqlite_store(file).open():
                pass

    async def test_a_truncated_file_is_refused(self, older: Store, file: Path) -> None:
        whole = content_of(file)
        for share in (0.1, 0.5, 0.9):
            put(file, whole[: int(len(whole) * share)])
            with pytest.raises(StorageError):
                async with older.open():
                    pass

    async def test_flipped_bits_are_found_or_harmless_and_never_written_over(self, older: Store, file: Path) -> None:
        async with older.open() as storage:
            await asyncio.gather(*(storage.log.apply(*muting(Respondent(f"s{n}", "name"))) for n in range(200)))
        chance = random.Random(28)
        whole = content_of(file)
        found = [_problem(file, _damaged(whole, chance)) for _ in range(100)].count(True)
        assert found > 10

    async def test_somebody_elses_database_is_refused_and_kept(self, file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE theirs (id INTEGER)")
            connection.commit()
        content = content_of(file)
        with pytest.raises(StorageError, match="something else"):
            async with sqlite_store(file).open():
                pass
        assert content_of(file) == content


def _damaged(whole: bytes, chance: random.Random) -> bytes:
    """The file with sixty-four bytes inverted somewhere."""
    at = chance.randrange(len(whole) - 64)
    return whole[:at] + bytes(byte ^ 0xFF for byte in whole[at : at + 64]) + whole[at + 64 :]


def _problem(file: Path, content: bytes) -> bool:
    """True when the damage is found. However that is, the file stays as it is, and one sentence is said."""
    file.write_bytes(content)
    said = ""
    try:
        check_file(locate(f"sqlite:///{file}"))
    except StorageError as error:
        said = str(error)
    assert file.read_bytes() == content
    assert "\n" not in said
    return bool(said)


def put(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def content_of(file: Path) -> bytes:
    return file.read_bytes()


class TestTheUrl:
    def test_a_relative_and_an_absolute_file(self) -> None:
        assert str(locate("sqlite:///danmod.db")) == "danmod.db"
        assert str(locate("sqlite:////var/lib/danmod.db")) == "/var/lib/danmod.db"

    def test_postgresql(self) -> None:
        place = locate("postgresql://danmod:secret@db/danmod")
        assert place.file is None
        assert "secret" not in str(place)

    @pytest.mark.parametrize(
        "url", ["", "danmod.db", "mysql://a:secret@b/c", "sqlite://", "sqlite:///:memory:", "redis://x"]
    )
    def test_anything_else_is_refused_in_one_sentence(self, url: str) -> None:
        with pytest.raises(ValueError, match=r"^storage\.url ") as caught:
            locate(url)
        assert "secret" not in str(caught.value)

    async def test_a_folder_that_is_not_there_is_one_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match="does not exist"):
            async with sqlite_store(tmp_path / "absent" / "danmod.db").open():
                pass

    @pytest.mark.needs("postgresql")
    async def test_a_server_that_is_not_there_is_one_sentence(self) -> None:
        with pytest.raises(StorageError) as caught:
            await upgrade("postgresql://danmod:secret@127.0.0.1:9/danmod")
        assert "secret" not in str(caught.value)
