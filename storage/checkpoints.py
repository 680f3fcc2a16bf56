"""Signed ends of the history, kept outside the database (norm N3.1-3): who can write the database cannot write these.

One JSON object a line: ``at``, ``seq`` and ``hash`` (the end of the chain then), ``key`` (the public key, Ed25519) and
``signature`` over ``danmod-checkpoint/1``, instant, seq and hash, a line each. Checking needs the public key alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from cases.ports import StorageError
from storage import schema
from storage.chain import Head
from storage.chain_end import load_head
from storage.database import at_file, locate, read, reading_engine
from storage.revisions import check_file
from storage.vault import Keys

_PAGE = 500
_T = TypeVar("_T")


class Checkpoint(msgspec.Struct, frozen=True):
    """One signed end; hash, key and signature in hexadecimal."""

    at: datetime
    seq: int
    hash: str
    key: str
    signature: str

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return _content(self.at, self.seq, self.hash)


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found. ``problem`` is one sentence, None when the history has every checkpoint's end."""

    checkpoints: int
    last: datetime | None
    problem: str | None = None


class _Bad(Exception):
    """The sentence that names the first disagreement."""


def sign(keys: Keys, head: Head, now: datetime) -> Checkpoint:
    """The end of the history, signed."""
    signature = keys.sign(_content(now, head.seq, head.hash.hex()))
    return Checkpoint(now, head.seq, head.hash.hex(), keys.public_key, signature.hex())


def append(file: Path, checkpoint: Checkpoint) -> None:
    """One more line, on the disk when this returns; the file is made with mode 0600. Raises StorageError."""
    line = msgspec.json.encode(checkpoint) + b"\n"
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as opened:
            opened.write(b"\n" + line if _is_torn(cast(BinaryIO, opened)) else line)
            os.fsync(opened.fileno())
    except OSError as fault:
        raise StorageError(f"the checkpoints {file} cannot be written: {fault.strerror}") from fault


def _is_torn(opened: BinaryIO) -> bool:
    """A crash cut the last line short: what comes now begins a line of its own."""
    if not opened.seek(0, os.SEEK_END):
        return False
    opened.seek(-1, os.SEEK_END)
    return opened.read(1) != b"\n"


def stored(file: Path) -> list[Checkpoint]:
    """Every checkpoint of the file in order; none where there is no file. A line cut short by a crash is left out.

    Raises StorageError for a file that cannot be read.
    """
    try:
        lines = file.read_bytes().split(b"\n") if file.exists() else []
    except OSError as fault:
        raise StorageError(f"the checkpoints {file} cannot be read: {fault.strerror}") from fault
    return [found for line in lines if line.strip() and (found := _decoded(line)) is not None]


def _decoded(line: bytes) -> Checkpoint | None:
    try:
        return msgspec.json.decode(line, type=Checkpoint)
    except msgspec.MsgspecError:
        return None


async def head_of(url: str) -> Head:
    """The end of the history of a database, danmod running on it or not. Raises as `compare`."""
    return await _with(url, load_head)


async def compare(url: str, file: Path, key: str = "") -> Compared:
    """Compare the history with every checkpoint. ``key`` is the public key to trust, "" the one the file names itself.

    Raises ValueError for a URL of another kind, and StorageError when database or file cannot be read.
    """
    known = stored(file)
    last = known[-1].at if known else None
    try:
        for place, one in enumerate(known, 1):
            _check_signature(place, one, key or known[0].key)
        _check_order(known)
        await _with(url, lambda connection: _check_history(connection, known))
    except _Bad as bad:
        return Compared(len(known), last, str(bad))
    return Compared(len(known), last)


def _check_signature(place: int, one: Checkpoint, key: str) -> None:
    try:
        if one.key != key:
            raise InvalidSignature
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(one.signature), one.signed)
    except (InvalidSignature, ValueError):
        raise _Bad(f"checkpoint {place} (of {_told(one.at)}) is not signed by the key {key[:16]}…") from None


def _check_order(known: Sequence[Checkpoint]) -> None:
    for earlier, later in pairwise(known):
        if later.seq < earlier.seq:
            raise _Bad(f"the checkpoint of {_told(later.at)} ends before the one of {_told(earlier.at)}")


def _check_history(connection: Connection, known: Sequence[Checkpoint]) -> None:
    end = load_head(connection).seq
    for one, found in _with_hashes(connection, known):
        if found is None:
            raise _Bad(
                f"the history was cut: on {_told(one.at)} it had {one.seq} entries, entry {one.seq} is missing "
                f"(it ends with entry {end})"
            )
        if found != one.hash:
            raise _Bad(f"the history was written anew: on {_told(one.at)} entry {one.seq} was another one")


def _with_hashes(connection: Connection, known: Sequence[Checkpoint]) -> Iterator[tuple[Checkpoint, str | None]]:
    """Each checkpoint with the hash that its entry has now; an empty history needs no entry."""
    table = schema.history.c
    for start in range(0, len(known), _PAGE):
        page = [one for one in known[start : start + _PAGE] if one.seq]
        query = select(table.seq, table.hash).where(table.seq.in_([one.seq for one in page]))
        hashes = {row.seq: row.hash.hex() for row in connection.execute(query)}
        yield from ((one, hashes.get(one.seq)) for one in page)


async def _with(url: str, query: Callable[[Connection], _T]) -> _T:
    place = locate(url) if "://" in url else at_file(Path(url))
    check_file(place, must_exist=True)
    engine = reading_engine(place)
    try:
        return await read(engine, query)
    finally:
        await engine.dispose()


def _content(at: datetime, seq: int, digest: str) -> bytes:
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"danmod-checkpoint/1\n{instant}\n{seq}\n{digest}\n".encode()


def _told(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
