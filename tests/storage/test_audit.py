"""The audit names the first row that was changed, removed, reordered or cut; it needs no key."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from cases.model import Refusal
from cases.ports import Applied, ByCode, StorageError
from storage.audit import AuditReport, verify
from tests.storage.stores import Store, sqlite_store
from tests.storage.stories import ANN, BEN, MODERATOR, NOW, adding, flood, muting, outcome
from tests.storage.tickets import DUE, TICKETS, opening, step, taken

UNGUARDED = "DROP TRIGGER history_no_update; DROP TRIGGER history_no_delete; DROP TRIGGER history_body_no_update;"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a few cases, made once."""
    file = tmp_path_factory.mktemp("written") / "danmod.db"

    async def write() -> None:
        async with sqlite_store(file).open() as storage:
            for who in (ANN, BEN):
                answer = await storage.log.apply(*muting(who))
                assert not isinstance(answer, Refusal)
                assert isinstance(answer, Applied)
                await storage.log.apply(*flood(who, at=NOW))
                await storage.log.apply(ByCode(answer.state.code), adding(outcome(answer.state.actions[0].id)))

    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(lambda: asyncio.run(write())).result()
    return file


@pytest.fixture
def file(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path / "copy.db"))


def tamper(file: Path, script: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(UNGUARDED + script)


async def problem(file: Path) -> str:
    report = await verify(str(file))
    assert not report.sound
    return report.problem or ""


ENTRIES = 12


class TestASoundStore:
    async def test_verifies_and_counts(self, file: Path) -> None:
        seen: list[tuple[int, int]] = []
        report = await verify(f"sqlite:///{file}", lambda done, total: seen.append((done, total)))
        assert report == AuditReport(entries=ENTRIES, cases=2, erased=0)
        assert report.sound
        assert seen[-1] == (2 * ENTRIES, 2 * ENTRIES)

    async def test_verifies_on_both_databases_while_open(self, store: Store) -> None:
        async with store.open() as storage:
            await storage.log.apply(*muting())
            assert await verify(store.url) == AuditReport(entries=4, cases=1, erased=0)

    @pytest.mark.norm("N3.1-3", "behaviour")
    async def test_erasing_bodies_keeps_the_chain_whole(self, store: Store) -> None:
        async with store.open() as storage:
            answer = await storage.log.apply(*muting())
            assert isinstance(answer, Applied)
            store.sql("DELETE FROM history_body WHERE seq > 2")
            store.sql("UPDATE evidence SET body = NULL")
            assert await verify(store.url) == AuditReport(entries=4, cases=1, erased=2)
            rows = await storage.reader.history(answer.state.code)
            assert [row.entry is None for row in rows] == [False, False, True, True]
            assert await storage.reader.evidence(answer.state.code) == []

    async def test_an_empty_store_is_sound(self, store: Store) -> None:
        async with store.open():
            pass
        assert (await verify(store.url)).sound


@pytest.mark.norm("N3.1-3", "behaviour")
class TestTampering:
    @pytest.mark.parametrize("seq", range(1, ENTRIES + 1))
    @pytest.mark.parametrize(
        "change",
        ["code = 'X3X3'", "at = '2020-01-01T00:00:00.000000+00:00'", "at = 'rubbish'", "entry = 'dismissed'",
         "commitment = x'00'", "hash = x'00'", "prev_hash = x'00'"],
    )  # fmt: skip
    async def test_a_changed_row_is_named(self, file: Path, seq: int, change: str) -> None:
        tamper(file, f"UPDATE history SET {change} WHERE seq = {seq}")
        assert f"entry {seq} " in await problem(file)

    @pytest.mark.parametrize("seq", range(1, ENTRIES + 1))
    async def test_a_changed_body_is_named(self, file: Path, seq: int) -> None:
        tamper(file, f"UPDATE history_body SET body = replace(body, 'a', 'b') WHERE seq = {seq}")
        assert f"the body of entry {seq} " in await problem(file)

    @pytest.mark.parametrize("seq", range(1, ENTRIES + 1))
    async def test_a_deleted_row_is_named(self, file: Path, seq: int) -> None:
        tamper(file, f"PRAGMA foreign_keys = OFF; DELETE FROM history WHERE seq = {seq}")
        assert f"entry {seq} of" in await problem(file)

    @pytest.mark.parametrize("seq", range(1, ENTRIES))
    async def test_reordered_rows_are_named(self, file: Path, seq: int) -> None:
        tamper(
            file,
            f"UPDATE history SET seq = -1 WHERE seq = {seq}; UPDATE history SET seq = {seq} WHERE seq = {seq + 1};"
            f"UPDATE history SET seq = {seq + 1} WHERE seq = -1;",
        )
        assert f"entry {seq} " in await problem(file)

    @pytest.mark.parametrize("seq", range(1, ENTRIES + 1))
    async def test_a_cut_end_is_named(self, file: Path, seq: int) -> None:
        tamper(file, f"DELETE FROM history_body WHERE seq >= {seq}; DELETE FROM history WHERE seq >= {seq}")
        assert f"cut: entry {seq} " in await problem(file)

    async def test_a_cut_with_the_remembered_end_moved_too_shows_in_the_cases(self, file: Path) -> None:
        tamper(
            file,
            f"DELETE FROM history_body WHERE seq = {ENTRIES}; DELETE FROM history WHERE seq = {ENTRIES};"
            "UPDATE meta SET value = (SELECT seq || ':' || lower(hex(hash)) FROM history ORDER BY seq DESC LIMIT 1) "
            "WHERE name = 'history_head';",
        )
        assert "counts 6 entries, but its history has 5" in await problem(file)

    async def test_a_changed_state_is_named(self, file: Path) -> None:
        tamper(file, "UPDATE cases SET state = replace(state, 'Ann', 'Ben')")
        assert "the state of case" in await problem(file)

    async def test_a_removed_case_is_named(self, file: Path) -> None:
        tamper(file, "PRAGMA foreign_keys = OFF; DELETE FROM cases WHERE ordinal = 1")
        assert "is missing, but the history tells of it" in await problem(file)

    @pytest.mark.parametrize(
        ("script", "word"),
        [("UPDATE evidence SET body = replace(body, 'buy', 'bye')", "changed"), ("DELETE FROM evidence", "missing")],
    )
    async def test_evidence_that_was_changed_or_removed_is_named(self, file: Path, script: str, word: str) -> None:
        tamper(file, script)
        assert f"was {word}" in await problem(file) or f"is {word}" in await problem(file)


@pytest.mark.norm("N3.1-3", "behaviour")
class TestDossiersAndReadings:
    @pytest.fixture
    async def filed(self, tmp_path: Path) -> Path:
        """A file with two tickets, a warned deadline and two readings, on one chain."""
        file = tmp_path / "danmod.db"
        async with sqlite_store(file).open(kinds=TICKETS) as storage:
            for _ in range(2):
                await taken(storage, None, opening())
            (row, _) = await storage.deadlines.overdue(DUE)
            await storage.deadlines.mark_overdue(row.deadline, DUE)
            for ref in ("r1", "r2"):
                await storage.access.note(NOW, MODERATOR, "identity", ref, "why")
            await taken(storage, "ticket-1", step("close"))
        return file

    async def test_are_verified_with_the_rest(self, filed: Path) -> None:
        report = await verify(str(filed), kinds=TICKETS)
        assert report == AuditReport(entries=6, cases=0, erased=0, dossiers=2)

    @pytest.mark.parametrize(
        ("script", "says"),
        [
            ("UPDATE dossiers SET state = replace(state, 'closed', 'open')", "the state of dossier ticket-1"),
            ("UPDATE dossiers SET version = 1", "dossier ticket-1 counts 1 entries, but its history has 3"),
            ("DELETE FROM dossiers WHERE number = 2", "dossier ticket-2 is missing, but the history tells of it"),
            ("UPDATE history SET code = 'ticket-2' WHERE seq = 3", "entry 3 (deadline-missed of dossier ticket-2)"),
            ("DROP TRIGGER access_log_no_update; UPDATE access_log SET who = 'x' WHERE ref = 'r2'", "the reading 5 was"),
            ("DELETE FROM access_log WHERE ref = 'r1'", "the history tells of 2 readings, but 1 are listed"),
            ("UPDATE history SET code = 'A7K2' WHERE code = 'access'", "entry 4 (access-noted of case A7K2) was changed"),
        ],
    )  # fmt: skip
    async def test_that_were_changed_or_removed_are_named(self, filed: Path, script: str, says: str) -> None:
        tamper(filed, script)
        assert says in ((await verify(str(filed), kinds=TICKETS)).problem or "")

    async def test_that_were_erased_are_counted(self, filed: Path) -> None:
        tamper(filed, "DELETE FROM history_body WHERE seq IN (1, 4); DELETE FROM access_log WHERE seq = 4")
        assert await verify(str(filed), kinds=TICKETS) == AuditReport(entries=6, cases=0, erased=2, dossiers=2)

    async def test_of_a_kind_nobody_knows_are_named(self, filed: Path) -> None:
        report = await verify(str(filed), kinds={})
        assert report.problem == "the state of dossier ticket-1 is not what its history says"


class TestTheGuards:
    @pytest.mark.parametrize(
        "statement",
        ["UPDATE history SET code = 'X3X3'", "DELETE FROM history", "UPDATE history_body SET body = '{}'"],
    )
    async def test_the_database_itself_refuses(self, store: Store, statement: str) -> None:
        async with store.open() as storage:
            await storage.log.apply(*muting())
        with pytest.raises(Exception, match=r"kept as they are|non-zero exit status"):
            store.sql(statement)
        assert (await verify(store.url)).sound

    async def test_a_missing_file_is_not_made(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match="there is no database"):
            await verify(str(tmp_path / "absent.db"))
        assert not (tmp_path / "absent.db").exists()
