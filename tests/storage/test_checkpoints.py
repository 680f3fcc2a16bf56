"""Signed ends of the history outside the database: a cut or rewritten history is named, without any secret (norm N3.1-3)."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from cases.model import Respondent
from cases.ports import StorageError
from storage.audit import verify
from storage.chain import START
from storage.checkpoints import Compared, append, compare, sign, stored
from storage.vault import Keys
from tests.storage.stores import KEYS, Store, sqlite_store
from tests.storage.stories import NOW, flood

pytestmark = pytest.mark.norm("N3.1-3", "behaviour")


async def history_with_checkpoints(store: Store, file: Path, times: int = 3) -> None:
    """Three cases, each followed by a checkpoint."""
    async with store.open() as storage:
        for number in range(times):
            await storage.log.apply(*flood(at=NOW + timedelta(hours=number)))
            append(file, sign(KEYS, await storage.head(), NOW + timedelta(hours=number)))


def cut(store: Store, seq: int) -> None:
    """Cut the history cleanly behind an entry: rows, cases, and what the store remembers of its end."""
    guards = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    for (name,) in store.sql(guards):
        store.sql(f"DROP TRIGGER {name}")
    for statement in (
        f"DELETE FROM cases WHERE code IN (SELECT code FROM history WHERE seq > {seq})",
        f"DELETE FROM history_body WHERE seq > {seq}",
        f"DELETE FROM history WHERE seq > {seq}",
        "UPDATE meta SET value = (SELECT seq || ':' || lower(hex(hash)) FROM history ORDER BY seq DESC LIMIT 1) "
        "WHERE name = 'history_head'",
    ):
        store.sql(statement)


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Store:
    shutil.copy(sqlite_template, tmp_path / "danmod.db")
    return sqlite_store(tmp_path / "danmod.db")


async def test_a_whole_history_has_every_checkpoint(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "points.jsonl"
    await history_with_checkpoints(store, file)
    assert await compare(store.url, file, KEYS.public_key) == Compared(3, NOW + timedelta(hours=2))
    assert file.stat().st_mode & 0o777 == 0o600 or os.name == "nt"


async def test_a_cut_tail_that_the_database_alone_does_not_show_is_named(sqlite: Store, tmp_path: Path) -> None:
    file = tmp_path / "points.jsonl"
    await history_with_checkpoints(sqlite, file)
    cut(sqlite, 4)
    assert (await verify(sqlite.url)).problem is None, "whoever can write the database can hide it there"
    found = await compare(sqlite.url, file)
    assert found.problem == (
        "the history was cut: on 2026-05-01 14:00:00 UTC it had 6 entries, entry 6 is missing (it ends with entry 4)"
    )


async def test_a_tail_that_was_written_anew_is_named(sqlite: Store, tmp_path: Path) -> None:
    file = tmp_path / "points.jsonl"
    await history_with_checkpoints(sqlite, file)
    cut(sqlite, 2)
    async with sqlite.open() as storage:
        for number in range(4):
            await storage.log.apply(*flood(Respondent(f"p{number}", "P")))
    found = await compare(sqlite.url, file)
    assert found.problem == "the history was written anew: on 2026-05-01 13:00:00 UTC entry 4 was another one"


@pytest.mark.norm("N3.1-3", "bad-input")
async def test_a_checkpoint_that_was_changed_or_signed_by_somebody_else_is_named(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "points.jsonl"
    await history_with_checkpoints(store, file)
    text = file.read_text()
    file.write_text(text.replace('"seq":4', '"seq":5'))
    assert "checkpoint 2 (of 2026-05-01 13:00:00 UTC) is not signed" in ((await compare(store.url, file)).problem or "")
    file.write_text(text)
    other = Keys.ephemeral(b"somebody else")
    assert "checkpoint 1" in ((await compare(store.url, file, other.public_key)).problem or "")


async def test_a_line_cut_short_by_a_crash_is_left_out_and_the_next_begins_anew(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "points.jsonl"
    await history_with_checkpoints(store, file, times=2)
    file.write_bytes(file.read_bytes()[:-20])
    assert len(stored(file)) == 1
    async with store.open() as storage:
        append(file, sign(KEYS, await storage.head(), NOW + timedelta(hours=5)))
    assert (await compare(store.url, file)) == Compared(2, NOW + timedelta(hours=5))


async def test_no_file_is_no_checkpoint_and_a_folder_is_said(store: Store, tmp_path: Path) -> None:
    async with store.open():
        assert await compare(store.url, tmp_path / "none.jsonl") == Compared(0, None)
    with pytest.raises(StorageError, match="cannot be written"):
        append(tmp_path, sign(KEYS, START, NOW))
