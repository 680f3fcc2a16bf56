"""`danmod inspect bundle`: whole, verifiable offline, with nobody in it unless an order says so (norm P4-1)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cases.copies import digest_of
from cases.history import Addressee
from cases.ports import Applied, ByCode
from cases.registrar import Registrar
from storage import open_keys, open_storage
from tests.bot.test_cli import Danmod
from tests.bot.test_cli import danmod as danmod
from tests.cases.matter import NOW, commanded, reported
from tests.cases.people import NOTE

DEMAND = ("-f", "authority=the data authority", "-f", "basis=section 51", "-f", "contact=mail@authority.example")


def _case(folder: Path) -> str:
    """A stored case of a report and a mute; answers its code."""
    (folder / "config.toml").write_text("")

    async def write() -> str:
        url = "sqlite:///danmod.db"
        keys = await open_keys(Path("danmod.keys"), url)
        async with open_storage(url, keys=keys) as storage:
            registrar = Registrar(keys)
            answer = await storage.log.apply(ByCode("-"), registrar.report(reported("p-MARK", note=NOTE), NOW))
            assert isinstance(answer, Applied), answer
            code = answer.state.code
            await storage.log.apply(ByCode(code), registrar.measure(commanded(), NOW))
            return code

    return asyncio.run(write())


def _unpacked(folder: Path, name: str = "out.zip") -> Path:
    with zipfile.ZipFile(folder / name) as archive:
        archive.extractall(folder / "bundle")
    return folder / "bundle"


def _verified(bundle: Path) -> str:
    script = [sys.executable, "-I", "-S", str(bundle / "verify.py")]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def _inspection(danmod: Danmod) -> None:
    danmod("dossiers", "open", "inspection", *DEMAND)
    danmod("dossiers", "move", "inspection-1", "accept", "-f", "proof=called back", "-f", "checked=yes")


@pytest.mark.norm("P4-1", "behaviour")
def test_a_bundle_of_a_real_store_verifies_offline_and_names_nobody(danmod: Danmod, tmp_path: Path) -> None:
    _case(tmp_path)
    said = danmod("inspect", "bundle", "out.zip").out
    assert hashlib.sha256((tmp_path / "out.zip").read_bytes()).hexdigest() in said
    bundle = _unpacked(tmp_path)
    assert "entries of the history" in _verified(bundle)
    chain = (bundle / "audit/chain.jsonl").read_text().splitlines()
    assert len(chain) == json.loads((bundle / "audit/report.json").read_text())["entries"] > 2
    for part in ("rules", "registers/fields", "registers/deadlines", "registers/matters", "statistics/counts"):
        assert json.loads((bundle / f"{part}.json").read_text(encoding="utf-8"))
    content = b"".join(path.read_bytes() for path in bundle.rglob("*") if path.is_file())
    for trace in (b"MARK", b"Ann", b"Cai", b"you fool", b"mona"):
        assert trace not in content


@pytest.mark.norm("P4-1", "bad-input")
def test_without_an_order_no_case_leaves(danmod: Danmod, tmp_path: Path) -> None:
    code = _case(tmp_path)
    assert "no_order" in danmod("inspect", "bundle", "out.zip", "--case", code, code=1).out
    _inspection(danmod)
    wanted = ("inspect", "bundle", "out.zip", "--inspection", "inspection-1")
    assert "no_order" in danmod(*wanted, "--case", code, code=1).out
    assert "unknown_dossier" in danmod("inspect", "bundle", "out.zip", "--inspection", "inspection-9", code=1).out
    assert not (tmp_path / "out.zip").exists()


@pytest.mark.norm("P4-1", "behaviour")
def test_an_ordered_case_is_handed_over_and_that_is_on_record(danmod: Danmod, tmp_path: Path) -> None:
    code = _case(tmp_path)
    _inspection(danmod)
    danmod("dossiers", "move", "inspection-1", "order", "-f", "order=4 C 12/26", "-f", f"ordered_cases={code}")
    danmod("inspect", "bundle", "out.zip", "--inspection", "inspection-1", "--case", code.lower())
    bundle = _unpacked(tmp_path)
    _verified(bundle)
    assert "Ann" in (bundle / f"personal/{code}.json").read_text()
    assert "p-MARK" not in (bundle / f"personal/{code}.json").read_text()
    shown = danmod("dossiers", "show", "inspection-1").out
    assert "delivered" in shown
    assert hashlib.sha256((tmp_path / "out.zip").read_bytes()).hexdigest() in shown
    again = danmod("inspect", "bundle", "again.zip", "--inspection", "inspection-1", code=1)
    assert "already" in again.out
    assert not (tmp_path / "again.zip").exists()


@pytest.mark.norm("P4-1", "bad-input")
def test_a_refused_authority_gets_nothing(danmod: Danmod, tmp_path: Path) -> None:
    _case(tmp_path)
    danmod("dossiers", "open", "inspection", *DEMAND)
    assert "invalid_transition" in danmod("inspect", "bundle", "o.zip", "--inspection", "inspection-1", code=1).out
    danmod("dossiers", "move", "inspection-1", "refuse", "-f", "reason=nobody knows them there")
    danmod("inspect", "bundle", "o.zip", "--inspection", "inspection-1", code=1)
    assert not (tmp_path / "o.zip").exists()
    assert "refuse by" in danmod("dossiers", "show", "inspection-1").out


def test_a_file_is_never_overwritten(danmod: Danmod, tmp_path: Path) -> None:
    _case(tmp_path)
    (tmp_path / "out.zip").write_text("mine")
    assert "exists already" in danmod("inspect", "bundle", "out.zip", code=2).err
    assert (tmp_path / "out.zip").read_text() == "mine"


@pytest.mark.norm("N4.3-2b", "behaviour")
def test_an_evidence_file_is_dated_on_record_and_names_no_reporter(danmod: Danmod, tmp_path: Path) -> None:
    code = _case(tmp_path)
    claim = ("dossiers", "open", "disclosure", "--about", code, "-f", "harm=lost my job", "-f", f"subject={code}.1")
    danmod(*claim, "-f", "wants=evidence")
    danmod("inspect", "evidence", "disclosure-1", "file.json")
    made = json.loads((tmp_path / "file.json").read_text(encoding="utf-8"))
    assert made["digest"] == digest_of(made["content"])
    for trace in ("p-MARK", "MARK-note", "Cai", "report"):
        assert trace not in json.dumps(made)
    shown = danmod("dossiers", "show", "disclosure-1").out
    assert made["digest"] in shown
    assert "file-given" in shown
    assert "already" in danmod("inspect", "evidence", "disclosure-1", "again.json", code=1).out
    assert not (tmp_path / "again.json").exists()


@pytest.mark.norm("N4.3-2b", "bad-input")
def test_no_evidence_file_in_place_of_an_identity_or_of_nobody(danmod: Danmod, tmp_path: Path) -> None:
    code = _case(tmp_path)
    claim = ("dossiers", "open", "disclosure", "--about", code, "-f", "harm=lost my job")
    danmod(*claim, "-f", "wants=identity", "-f", f"subject={code}.1")
    danmod(*claim, "-f", "wants=evidence")
    assert "no_order" in danmod("inspect", "evidence", "disclosure-1", "f.json", code=1).out
    assert "unknown_case" in danmod("inspect", "evidence", "disclosure-2", "f.json", code=1).out
    assert "unknown_dossier" in danmod("inspect", "evidence", "disclosure-9", "f.json", code=1).out
    assert not (tmp_path / "f.json").exists()


@pytest.mark.norm("P1-3", "behaviour")
def test_a_drill_from_a_leaked_database_to_notices(danmod: Danmod, tmp_path: Path) -> None:
    """The database file itself leaks: everybody in it is found, and each gets a notice."""
    code = _case(tmp_path)
    (tmp_path / "leak.bin").write_bytes(b"".join(path.read_bytes() for path in tmp_path.glob("danmod.db*")))
    found = danmod("inspect", "affected", "leak.bin").out.splitlines()[-1]
    assert set(found.split(",")) == {f"{code}-r1", f"{code}.1"}
    (tmp_path / "other.txt").write_text("nothing of ours")
    assert "nobody" in danmod("inspect", "affected", "other.txt").out
    danmod("dossiers", "open", "incident", "-f", "what=a copy on the web", "-f", "certainty=suspected")
    record = ("kinds=names,lines", "cause=open server", "harm=mockery", "taken=closed", "advised=care", "contact=us")
    danmod("dossiers", "move", "incident-1", "assess", *(word for pair in record for word in ("-f", pair)))
    danmod("dossiers", "move", "incident-1", "tell-authority", "-f", "authority=the data authority")
    assert "told" in danmod("dossiers", "move", "incident-1", "tell-persons", "-f", f"persons={found}").out
    assert asyncio.run(_notices(code)) == {f"{code}-r1": "incident_person", f"{code}.1": "incident_person"}
    assert "there is no file" in danmod("inspect", "affected", "nowhere.bin", code=2).err


async def _notices(code: str) -> dict[str, str]:
    url = "sqlite:///danmod.db"
    async with open_storage(url, keys=await open_keys(Path("danmod.keys"), url)) as storage:
        reporter = await storage.letters.letters_to(Addressee.REPORTER, f"{code}-r1")
        respondent = await storage.letters.letters_to(Addressee.RESPONDENT, f"{code}.1")
    return {row.letter.ref: row.letter.key for row in (*reporter, *respondent) if row.about == "incident-1"}
