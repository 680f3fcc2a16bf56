"""The key file: a master key, or, once it was rotated, the keys derived from it and those that wrap (norm P3-1a).

A file never rotated holds the master alone, and the master wraps. The first rotation keeps what was derived from it for
pseudonyms, tokens and codes, puts a new wrapping secret in front, and makes the master the oldest wrapping secret: it goes
with the others when nothing is wrapped under them any more, and no key file opens what was wrapped under it.
"""

from __future__ import annotations

import base64
import os
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import structlog
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cases.ports import StorageError

_log = structlog.get_logger("danmod.storage")

SECRET_BYTES = 32
LASTING = ("case codes", "counters", "fingerprint", "pseudonyms", "tokens", "seals", "checkpoints")
"""What a rotation leaves as it is: the purposes that one key each was derived from the master for."""
_HEAD = """\
# The keys of this danmod. Keep a copy in a safe place, apart from the database and its backups.
# Without this file, reporters' contacts and pseudonyms, receipts and statement links cannot be opened any more.
version = 1
"""


class KeysError(StorageError):
    """The key file is missing, damaged, or belongs to another database; the sentence names the consequence."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a key file holds. ``wrapping`` is never empty, the current one first; ``master`` None once it was rotated."""

    lasting: Mapping[str, bytes] = field(repr=False)
    wrapping: tuple[bytes, ...] = field(repr=False)
    rotations: int = 0
    master: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(cls, master: bytes) -> Secrets:
        """Those of a master key. Raises ValueError for fewer than 32 bytes."""
        if len(master) < SECRET_BYTES:
            raise ValueError(f"a master key has at least {SECRET_BYTES} bytes, got {len(master)}")
        return cls({purpose: derived(master, purpose) for purpose in LASTING}, (master,), 0, master)

    @property
    def is_rotating(self) -> bool:
        """True between the beginning and the end of a rotation."""
        return len(self.wrapping) > 1

    def begun(self, fresh: bytes) -> Secrets:
        """With a new wrapping secret in front; the master is one of the old ones from now on."""
        return replace(self, wrapping=(fresh, *self.wrapping), rotations=self.rotations + 1, master=None)

    def ended(self) -> Secrets:
        """Without the old wrapping secrets."""
        return replace(self, wrapping=self.wrapping[:1])


def derived(secret: bytes, purpose: str) -> bytes:
    """The key for one purpose, 32 bytes (HKDF-SHA256)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"danmod {purpose}".encode()).derive(secret)


def make(path: Path) -> None:
    """Make a key file with a new master, mode 0600; one that is there already stays. Raises KeysError."""
    try:
        _write(path, Secrets.of(os.urandom(SECRET_BYTES)))
    except FileExistsError:
        return
    except OSError as error:
        raise KeysError(f"the key file {path} cannot be written: {error.strerror}") from error
    _log.info("made a new key file; keep a copy of it apart from the database", path=str(path))


def put(path: Path, secrets: Secrets) -> None:
    """Put these in the file's place, whole or not at all, on the disk when it comes back. Raises KeysError."""
    target = path.resolve()
    beside = target.with_name(f"{target.name}.new")
    try:
        beside.unlink(missing_ok=True)
        _write(beside, secrets, like=target)
        os.replace(beside, target)
        _sync_folder(target.parent)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise KeysError(f"the key file {path} cannot be written: {error.strerror}") from error


def load(path: Path) -> Secrets:
    """What the file holds. Raises KeysError for a missing, an unreadable and a damaged one."""
    try:
        secrets = _parsed(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise KeysError(f"the key file {path} is missing") from None
    except OSError as error:
        raise KeysError(f"the key file {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeysError(f"{path} is no key file of danmod, or it is damaged: restore your copy of it") from None
    _warn_when_open(path)
    return secrets


def _parsed(content: Mapping[str, Any]) -> Secrets:
    if content["version"] != 1:
        raise ValueError("a later format")
    if "master" in content:
        return Secrets.of(_secret(content["master"]))
    wrapping = tuple(_secret(text) for text in content["wrapping"])
    rotations = content["rotations"]
    if not wrapping or type(rotations) is not int or rotations < 1:
        raise ValueError("no wrapping secret, or no count of the rotations")
    return Secrets({purpose: _secret(content["lasting"][_name(purpose)]) for purpose in LASTING}, wrapping, rotations)


def _secret(text: str) -> bytes:
    secret = base64.b64decode(text, validate=True)
    if len(secret) != SECRET_BYTES:
        raise ValueError("a secret of another length")
    return secret


def _text(secrets: Secrets) -> str:
    if secrets.master is not None:
        return f'{_HEAD}master = "{_spelled(secrets.master)}"\n'
    wrapping = ", ".join(f'"{_spelled(secret)}"' for secret in secrets.wrapping)
    lasting = "".join(f'{_name(purpose)} = "{_spelled(secrets.lasting[purpose])}"\n' for purpose in LASTING)
    return f"{_HEAD}rotations = {secrets.rotations}\nwrapping = [{wrapping}]\n\n[lasting]\n{lasting}"


def _name(purpose: str) -> str:
    return purpose.replace(" ", "_")


def _spelled(secret: bytes) -> str:
    return base64.b64encode(secret).decode()


def _write(path: Path, secrets: Secrets, like: Path | None = None) -> None:
    """A new file, mode 0600, belonging to whom ``like`` belongs: root may rotate what another user runs on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        chown: Callable[[int, int, int], None] | None = getattr(os, "fchown", None)
        if like is not None and chown is not None:
            chown(file.fileno(), like.stat().st_uid, like.stat().st_gid)
        file.write(_text(secrets))
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """The new name is on the disk; Windows does so by itself."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _warn_when_open(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        _log.warning("the key file can be read by others; set its mode to 0600", path=str(path))
