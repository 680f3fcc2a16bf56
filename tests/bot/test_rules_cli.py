"""`danmod rules`, `statements`, `statistics`, `fingerprints`: the files they write hold together, and refusals are told."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.eu_statements import faults
from cases.ports import Applied, ByCode
from cases.registrar import Registrar
from storage import open_keys, open_storage
from tests.bot.test_cli import Danmod
from tests.bot.test_cli import danmod as danmod
from tests.cases.matter import NOW, commanded, reported

SOON = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}"


@pytest.fixture
def rules(danmod: Danmod, tmp_path: Path) -> Path:
    """A file of the rules danmod comes with, with other words for R3."""
    (tmp_path / "config.toml").write_text("")
    danmod("rules", "export", "rules.json")
    file = tmp_path / "rules.json"
    document = json.loads(file.read_text())
    next(rule for rule in document["rules"] if rule["id"] == "R3")["words"] = {"en": "be kind"}
    file.write_text(json.dumps(document))
    return file


@pytest.mark.norm("N1.1", "behaviour")
@pytest.mark.norm("N4.2-2", "behaviour")
def test_a_version_is_written_published_and_shown(danmod: Danmod, rules: Path) -> None:
    assert danmod("rules", "check", "rules.json").out.strip().endswith("5 rules, all in order")
    written = danmod("rules", "write", "rules.json", "--change", "kinder words", "--effective", SOON)
    assert written.out.strip().endswith("policy-1: written")
    assert danmod("rules", "publish", "policy-1").out.strip().endswith("policy-1: published")
    shown = danmod("rules", "show").out
    assert f"from {SOON}: kinder words" in shown
    assert "be kind" in shown
    assert "no insults" in shown


@pytest.mark.norm("N5.1", "bad-input")
def test_a_version_that_comes_too_soon_is_refused_and_stays_unpublished(danmod: Danmod, rules: Path) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    danmod("rules", "write", "rules.json", "--change", "x", "--effective", today)
    refused = danmod("rules", "publish", "policy-1", code=1)
    assert "too_soon" in refused.out
    assert "be kind" not in danmod("rules", "show").out


@pytest.mark.parametrize(
    ("content", "why"),
    [("", "Expecting value"), ("{}", "format"), ('{"format": "danmod-rules/1", "rules": []}', "R0 is missing")],
)
def test_a_file_of_no_rules_is_one_sentence(danmod: Danmod, tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "bad.json").write_text(content)
    for command in (("check", "bad.json"), ("write", "bad.json", "--change", "x", "--effective", SOON)):
        assert why in danmod("rules", *command, code=2).err


def _muted(folder: Path) -> None:
    async def write() -> None:
        keys = await open_keys(Path("danmod.keys"), "sqlite:///danmod.db")
        async with open_storage("sqlite:///danmod.db", keys=keys) as storage:
            registrar = Registrar(keys)
            answer = await storage.log.apply(ByCode("-"), registrar.report(reported("p-MARK"), NOW))
            assert isinstance(answer, Applied), answer
            await storage.log.apply(ByCode(answer.state.code), registrar.measure(commanded(), NOW))

    asyncio.run(write())


def test_statements_go_out_as_the_database_takes_them(danmod: Danmod, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    _muted(tmp_path)
    danmod("statements", "out.json", "--since", f"{NOW:%Y-%m-%d}")
    (row,) = json.loads((tmp_path / "out.json").read_text())["statements"]
    assert list(faults(row)) == []
    assert "MARK" not in json.dumps(row)
    assert "exists already" in danmod("statements", "out.json", "--since", "2026-01-01", code=2).err


@pytest.mark.norm("N4.1-2", "behaviour")
def test_a_months_numbers_are_counted_from_the_record(danmod: Danmod, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    _muted(tmp_path)
    out = danmod("statistics", "--month", f"{NOW:%Y-%m}").out
    told = json.loads(out[out.index("{") :])
    assert (told["cases"], told["tables"]["origin"]) == ("<5", {"report": "<5"})
    for wrong in ("may", "2026-13"):
        assert f"'{wrong}' is no month like 2026-05" in danmod("statistics", "--month", wrong, code=2).err


def test_no_single_persons_words_leave_as_a_fingerprint(danmod: Danmod, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    _muted(tmp_path)
    danmod("fingerprints", "fp.json", "--source", "us")
    assert json.loads((tmp_path / "fp.json").read_text())["prints"] == []
