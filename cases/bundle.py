"""An inspection's bundle: rules, registers, numbers and proofs in one zip that anybody checks offline (norm P4-1).

Pure: parts in, bytes out. The zip holds a manifest with the digest of every file, the chain of the history without a
word of its content, and `verify.py`, which needs nothing but Python and checks both.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any

FORMAT = "danmod-bundle/1"
MANIFEST, CHAIN, VERIFIER, README = "manifest.json", "audit/chain.jsonl", "verify.py", "README.txt"
_OWN = frozenset({MANIFEST, CHAIN, VERIFIER, README})
_PATH = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""One date for every member: equal parts make an equal zip."""

_GUIDE = """\
This bundle was made by danmod for an inspection.

    python verify.py

run in this folder, needs Python 3.8 or later and nothing else, and no network. It checks
  - that every file is the one that manifest.json names by its SHA-256, and that no file is missing or was added;
  - that audit/chain.jsonl is an unbroken chain: every entry names the hash of the one before it, and the last hash is
    the one in manifest.json.
Exit 0: all is as it was made. Exit 1: something was changed; the first fault is named.

The digest of the whole zip was noted in the history of the installation when it was handed over. The chain holds no
words and no names: each entry stands there by its number, case, time, kind and commitment alone.
"""


@dataclass(frozen=True, slots=True)
class ChainRow:
    """One entry of the history as the chain has it, without its content. Hashes in hexadecimal, ``at`` as it was hashed."""

    seq: int
    code: str
    at: str
    entry: str
    commitment: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """The finished zip and its SHA-256."""

    content: bytes
    digest: str


def bundle(
    parts: Mapping[str, Any], chain: Iterable[ChainRow], made_at: datetime, about: Mapping[str, str] | None = None
) -> Bundle:
    """Pack the parts, by path (``rules.json``): bytes as they are, anything else as JSON.

    ``about`` is told in the manifest (the inspection's number, the authority). Raises ValueError for a path that leaves
    the folder or that the bundle itself uses.
    """
    files = {_checked(path): _bytes(part) for path, part in parts.items()}
    rows = tuple(chain)
    files[CHAIN] = _lines(rows)
    files[VERIFIER] = verifier()
    files[README] = _GUIDE.encode()
    files[MANIFEST] = _json(_manifest(files, rows, made_at, about or {}))
    content = _zipped(files)
    return Bundle(content, hashlib.sha256(content).hexdigest())


def verifier() -> bytes:
    """The script that checks a bundle, as it lies in it."""
    return (resources.files("cases") / "verify_bundle.txt").read_bytes()


def _checked(path: str) -> str:
    if not _PATH.fullmatch(path) or path in _OWN:
        raise ValueError(f"{path} cannot be a part of a bundle")
    return path


def _bytes(part: Any) -> bytes:
    return part if isinstance(part, bytes) else _json(part)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode("utf-8", "replace") + b"\n"


def _lines(rows: Sequence[ChainRow]) -> bytes:
    columns = ("seq", "code", "at", "entry", "commitment", "prev_hash", "hash")
    return b"".join(
        json.dumps([getattr(row, name) for name in columns], ensure_ascii=False).encode() + b"\n" for row in rows
    )


def _manifest(
    files: Mapping[str, bytes], rows: Sequence[ChainRow], made_at: datetime, about: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_at": made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "about": dict(about),
        "chain": {"entries": len(rows), "head": rows[-1].hash if rows else "0" * 64},
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in sorted(files.items())},
    }


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in sorted(files.items()):
            member = zipfile.ZipInfo(path, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    return out.getvalue()
