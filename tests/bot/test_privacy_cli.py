"""`danmod privacy`, `danmod keys`, `danmod audit self` from the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from storage import Keys
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
