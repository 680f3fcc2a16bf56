"""An inspection's bundle verifies offline with the script inside it, and every change is seen (norm P4-1)."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.bundle import CHAIN, MANIFEST, VERIFIER, ChainRow, bundle
from storage.chain import GENESIS, commit, link

MADE = datetime(2026, 5, 4, 9, tzinfo=UTC)
PARTS = {"rules.json": {"R1": "no flooding 禁止刷屏"}, "statistics/cases.json": {"decided": 3}, "notes.txt": b"plain"}


def _chain(length: int = 5) -> list[ChainRow]:
    """A chain as storage makes it."""
    rows, previous = [], GENESIS
    for seq in range(1, length + 1):
        commitment = commit(bytes(16), f"body {seq}")
        hashed = link(previous, seq, f"A7K{seq}", MADE, "judged", commitment)
        at = MADE.isoformat(timespec="microseconds")
        rows.append(ChainRow(seq, f"A7K{seq}", at, "judged", commitment.hex(), previous.hex(), hashed.hex()))
        previous = hashed
    return rows


def _unpacked(folder: Path, length: int = 5) -> Path:
    made = bundle(PARTS, _chain(length), MADE, {"inspection": "inspection-1"})
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        archive.extractall(folder)
    return folder


def _verified(folder: Path) -> tuple[int, str]:
    """What the script inside says, in a Python without any of our packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / VERIFIER)], capture_output=True, text=True, cwd=folder, check=False
    )
    return done.returncode, done.stdout


@pytest.mark.norm("P4-1", "behaviour")
@pytest.mark.parametrize("length", [0, 1, 5])
def test_the_bundle_verifies_offline(tmp_path: Path, length: int) -> None:
    code, said = _verified(_unpacked(tmp_path, length))
    assert (code, said.split(",")[1].strip()) == (0, f"{length} entries of the history")


@pytest.mark.norm("P4-1", "bad-input")
@pytest.mark.parametrize("path", [*PARTS, CHAIN, "README.txt"])
def test_every_changed_missing_or_added_file_is_named(tmp_path: Path, path: str) -> None:
    folder = _unpacked(tmp_path)
    (folder / path).write_bytes((folder / path).read_bytes() + b" ")
    assert _verified(folder) == (1, f"NOT SOUND: {path} was changed\n")
    (folder / path).unlink()
    assert _verified(folder) == (1, f"NOT SOUND: {path} is missing\n")
    folder = _unpacked(tmp_path)
    (folder / "extra.json").write_text("{}")
    assert "extra.json was added" in _verified(folder)[1]


@pytest.mark.norm("P4-1", "bad-input")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("change", "entry 3 was changed"),
        ("drop", "entry 3 of the history is missing"),
        ("swap", "entry 2 of the history is missing"),
        ("cut", "the history was cut"),
    ],
)
def test_a_forged_chain_is_seen_even_under_a_forged_manifest(tmp_path: Path, name: str, told: str) -> None:
    folder = _unpacked(tmp_path)
    lines = (folder / CHAIN).read_text(encoding="utf-8").splitlines(keepends=True)
    forged = {
        "change": [*lines[:2], lines[2].replace("judged", "opened"), *lines[3:]],
        "drop": [*lines[:2], *lines[3:]],
        "swap": [lines[0], lines[2], lines[1], *lines[3:]],
        "cut": lines[:-1],
    }[name]
    (folder / CHAIN).write_text("".join(forged), encoding="utf-8")
    _mend_manifest(folder)
    assert told in _verified(folder)[1]


def _mend_manifest(folder: Path) -> None:
    import hashlib

    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"][CHAIN] = hashlib.sha256((folder / CHAIN).read_bytes()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def test_equal_parts_make_an_equal_bundle() -> None:
    assert bundle(PARTS, _chain(), MADE).digest == bundle(dict(reversed(PARTS.items())), _chain(), MADE).digest


@pytest.mark.parametrize(
    "path", ["../rules.json", "/etc/x", "a//b", ".hidden", "manifest.json", "verify.py", CHAIN, ""]
)
@pytest.mark.norm("P4-1", "bad-input")
def test_a_part_stays_in_its_folder(path: str) -> None:
    with pytest.raises(ValueError, match="cannot be a part"):
        bundle({path: {}}, (), MADE)


def test_what_is_no_bundle_is_said_to_be_none(tmp_path: Path) -> None:
    folder = _unpacked(tmp_path)
    (folder / MANIFEST).write_text("no json")
    code, said = _verified(folder)
    assert code == 1
    assert "no whole bundle" in said
