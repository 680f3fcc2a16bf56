"""`danmod privacy`, `danmod keys`, `danmod audit self` from the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from bot.cli import app
from storage import Keys, KeysError, key_file
from storage.database import LockedError
from tests.bot.bureau import bureau


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, str, str]:
    """A configuration over a file with one report that left an address; its case and report."""
    keys = Keys.open(tmp_path / "danmod.keys", create=True)

    async def fill() -> tuple[str, str]:
        async with bureau(file=tmp_path / "danmod.db", keys=keys) as desk:
            state = await desk.report(contact="cai@example.org")
            return state.code, state.reports[0].id

    config = tmp_path / "config.toml"
    config.write_text(
        f'[storage]\nurl = "sqlite:///{tmp_path}/danmod.db"\n[keys]\nfile = "{tmp_path}/danmod.keys"\n',
        encoding="utf-8",
    )
    return config, *asyncio.run(fill())


def danmod(config: Path, *words: str) -> tuple[int, str]:
    result: Any = CliRunner().invoke(app, [*words, "-c", str(config)])
    return result.exit_code, result.output


@pytest.mark.norm("N1.3-4", "behaviour")
def test_an_identity_is_asked_for_approved_and_printed_once(place: tuple[Path, str, str]) -> None:
    config, code, report = place
    assert danmod(config, "privacy", "ask-identity", code, report, "--why", "a court order") == (
        0,
        "identity-opening-1: asked\n",
    )
    assert danmod(config, "privacy", "open-identity", "identity-opening-1")[0] == 1
    assert danmod(config, "privacy", "approve-identity", "identity-opening-1")[0] == 0
    assert danmod(config, "privacy", "open-identity", "identity-opening-1") == (
        0,
        "identity-opening-1: opened\ncai@example.org\n",
    )
    again = danmod(config, "privacy", "open-identity", "identity-opening-1")
    assert (again[0], "cai@example.org" in again[1]) == (1, False)


@pytest.mark.norm("P3-2", "behaviour")
def test_the_self_audit_names_what_is_missing_and_is_content_when_it_was_done(place: tuple[Path, str, str]) -> None:
    config, *_ = place
    code, said = danmod(config, "audit", "self")
    assert (code, "backup: nobody noted where a copy of the key file is kept" in said) == (1, True), said
    assert danmod(config, "keys", "noted", "in the safe") == (0, "assessment-1: backup-noted\n")
    assert "backup" not in danmod(config, "audit", "self")[1]


@pytest.mark.norm("P3-1a", "behaviour")
def test_rotated_keys_open_what_was_sealed_and_the_self_audit_asks_for_a_fresh_copy(
    place: tuple[Path, str, str],
) -> None:
    config, code, report = place
    assert danmod(config, "keys", "noted", "in the safe")[0] == 0
    exit_code, said = danmod(config, "keys", "rotate")
    assert exit_code == 0, said
    assert "Addresses and files under the new key: 1. The old key is gone from" in said
    assert "Pseudonyms, tokens and case codes stay as they are." in said
    assert "Copy the key file anew" in said
    on_record = danmod(config, "dossiers", "list", "--kind", "audit-report")[1]
    assert "audit-report-1" in on_record
    audited = danmod(config, "audit", "self")[1]
    assert "nobody noted where a copy of the key file is kept since its keys were rotated" in audited
    assert danmod(config, "keys", "noted", "in the new safe")[0] == 0
    assert "backup" not in danmod(config, "audit", "self")[1]
    danmod(config, "privacy", "ask-identity", code, report, "--why", "a court order")
    danmod(config, "privacy", "approve-identity", "identity-opening-1")
    assert danmod(config, "privacy", "open-identity", "identity-opening-1")[1].endswith("cai@example.org\n")


def test_keys_that_are_missing_or_in_use_are_not_rotated(place: tuple[Path, str, str]) -> None:
    config, *_ = place
    file = config.with_name("danmod.keys")
    before = file.read_bytes()
    with FileLock(config.with_name("danmod.db.lock")):
        result: Any = CliRunner().invoke(app, ["keys", "rotate", "-c", str(config)])
        assert isinstance(result.exception, LockedError)
        assert "another danmod is already running" in str(result.exception)
    assert file.read_bytes() == before
    file.unlink()
    result = CliRunner().invoke(app, ["keys", "rotate", "-c", str(config)])
    assert isinstance(result.exception, KeysError)
    assert not file.exists()


def test_a_rotation_cut_short_is_told_by_the_self_audit_and_ended_by_the_next(place: tuple[Path, str, str]) -> None:
    config, *_ = place
    file = config.with_name("danmod.keys")
    key_file.put(file, key_file.load(file).begun(bytes(32)))
    assert "keys: a rotation of the keys was cut short" in danmod(config, "audit", "self")[1]
    assert danmod(config, "keys", "rotate")[0] == 0
    assert "cut short" not in danmod(config, "audit", "self")[1]
