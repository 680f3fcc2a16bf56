"""The keys, kept in a file apart from the database: pseudonyms, secret tokens, sealed contacts, case codes.

One random master key lies in the file; every other key is derived from it for one purpose (HKDF-SHA256), so that one
short file is all there is to back up. A contact has a data key of its own, wrapped by the master: erasing the wrapped
key erases the contact here; copies of the database made before age out (`docs/how-to/backup.md`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cases.evidence import storable
from cases.ports import StorageError
from streams.events import RoomKey

_log = structlog.get_logger("danmod.storage")

_MASTER_BYTES = 32
_NONCE_BYTES = 12
_TOKEN_LENGTH = 26
_FILE_TEXT = """\
# The keys of this danmod. Keep a copy in a safe place, apart from the database and its backups.
# Without this file, reporters' contacts and pseudonyms, receipts and statement links cannot be opened any more.
version = 1
master = "{master}"
"""


class KeysError(StorageError):
    """The key file is missing, damaged, or belongs to another database; the sentence names the consequence."""


@dataclass(frozen=True, slots=True)
class SealedContact:
    """An encrypted contact, or file, and its own key, itself encrypted; both carry their nonce in front."""

    wrapped_key: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Keys:
    """Everything keyed. Implements the port `Seals`; never prints itself."""

    code_key: bytes = field(repr=False)
    """For the permutation of case codes, 32 bytes."""
    gauge_key: bytes = field(repr=False)
    """For the pseudonyms in counter keys, 32 bytes."""
    fingerprint: str
    """Tells key files apart and reveals nothing of them; the database remembers the one it was written under."""
    _pseudonym_key: bytes = field(repr=False)
    _token_key: bytes = field(repr=False)
    _contact_key: bytes = field(repr=False)
    _seal_key: bytes = field(repr=False)
    _file_key: bytes = field(repr=False)
    _checkpoint_key: bytes = field(repr=False)

    @classmethod
    def of(cls, master: bytes) -> Keys:
        """The keys under a master key. Raises ValueError for fewer than 32 bytes."""
        if len(master) < _MASTER_BYTES:
            raise ValueError(f"a master key has at least {_MASTER_BYTES} bytes, got {len(master)}")
        return cls(
            code_key=_derived(master, "case codes"),
            gauge_key=_derived(master, "counters"),
            fingerprint=_derived(master, "fingerprint").hex()[:16],
            _pseudonym_key=_derived(master, "pseudonyms"),
            _token_key=_derived(master, "tokens"),
            _contact_key=_derived(master, "contacts"),
            _seal_key=_derived(master, "seals"),
            _file_key=_derived(master, "files"),
            _checkpoint_key=_derived(master, "checkpoints"),
        )

    @classmethod
    def ephemeral(cls, seed: bytes) -> Keys:
        """Keys that are never stored: the same seed gives the same keys. For replay, the demo and tests."""
        return cls.of(hashlib.sha256(seed).digest())

    @classmethod
    def open(cls, path: Path, create: bool) -> Keys:
        """Read the key file; with ``create`` make it (mode 0600) when there is none.

        Raises KeysError for a missing file without ``create``, an unreadable one, and one that is no key file.
        """
        if create and not path.exists():
            _write_new(path, os.urandom(_MASTER_BYTES))
        return cls.of(_read(path))

    def pseudonym(self, room: RoomKey, sender_id: str) -> str:
        """A sender's pseudonym in one room, 26 characters: stable there, not linkable to other rooms."""
        content = f"{len(room)}:{storable(room)}{storable(sender_id)}"
        return _spelled(hmac.digest(self._pseudonym_key, content.encode(), "sha256"))

    def token(self, purpose: str, ref: str) -> str:
        """A secret token for one thing: 26 characters a-z and 2-7, 130 bits."""
        content = f"{len(purpose)}:{storable(purpose)}{storable(ref)}"
        return _spelled(hmac.digest(self._token_key, content.encode(), "sha256"))

    def seal_contact(self, report_id: str, contact: str) -> SealedContact:
        """Encrypt a contact under a fresh key of its own; it opens only for the same report."""
        data_key = AESGCM.generate_key(bit_length=256)
        return SealedContact(
            wrapped_key=_encrypt(self._contact_key, data_key, report_id),
            sealed=_encrypt(data_key, storable(contact).encode(), report_id),
        )

    def open_contact(self, report_id: str, contact: SealedContact) -> str:
        """The contact in the clear. Raises KeysError when key, report or ciphertext do not belong together."""
        try:
            data_key = _decrypt(self._contact_key, contact.wrapped_key, report_id)
            return _decrypt(data_key, contact.sealed, report_id).decode()
        except InvalidTag:
            raise KeysError(f"the contact of report {report_id} does not open with these keys") from None

    def seal_file(self, file_id: str, content: bytes) -> SealedContact:
        """Encrypt a file under a fresh key of its own; it opens only under the same id."""
        data_key = AESGCM.generate_key(bit_length=256)
        return SealedContact(_encrypt(self._file_key, data_key, file_id), _encrypt(data_key, content, file_id))

    def open_file(self, file_id: str, file: SealedContact) -> bytes:
        """The file in the clear. Raises KeysError when key, id or ciphertext do not belong together."""
        try:
            return _decrypt(_decrypt(self._file_key, file.wrapped_key, file_id), file.sealed, file_id)
        except InvalidTag:
            raise KeysError(f"the file {file_id} does not open with these keys") from None

    def sign(self, content: bytes) -> bytes:
        """An Ed25519 signature; `public_key` checks it."""
        return Ed25519PrivateKey.from_private_bytes(self._checkpoint_key).sign(content)

    @property
    def public_key(self) -> str:
        """The public key of `sign`, 64 hexadecimal digits: nothing secret."""
        public = Ed25519PrivateKey.from_private_bytes(self._checkpoint_key).public_key()
        return public.public_bytes_raw().hex()

    def seal(self, purpose: str, text: str) -> str:
        """The text encrypted, as URL-safe text without padding; it opens only for the same purpose."""
        sealed = _encrypt(self._seal_key, storable(text).encode(), storable(purpose))
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def unseal(self, purpose: str, sealed: str) -> str:
        """The text in the clear. Raises KeysError when key, purpose or ciphertext do not belong together."""
        try:
            content = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
            return _decrypt(self._seal_key, content, storable(purpose)).decode()
        except (InvalidTag, ValueError):
            raise KeysError(f"what was sealed for {purpose} does not open with these keys") from None


def token_hash(token: str) -> bytes:
    """What is stored of a secret token: its SHA-256. Case and surrounding blanks do not matter."""
    return hashlib.sha256(storable(token).strip().lower().encode()).digest()


def _derived(master: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"danmod {purpose}".encode()).derive(master)


def _spelled(digest: bytes) -> str:
    return base64.b32encode(digest).decode().lower()[:_TOKEN_LENGTH]


def _encrypt(key: bytes, plain: bytes, bound_to: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def _decrypt(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode())


def _write_new(path: Path, master: bytes) -> None:
    text = _FILE_TEXT.format(master=base64.b64encode(master).decode())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        return
    except OSError as error:
        raise KeysError(f"the key file {path} cannot be written: {error.strerror}") from error
    _log.info("made a new key file; keep a copy of it apart from the database", path=str(path))


def _read(path: Path) -> bytes:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        master = base64.b64decode(content["master"], validate=True)
    except FileNotFoundError:
        raise KeysError(f"the key file {path} is missing") from None
    except OSError as error:
        raise KeysError(f"the key file {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError):
        raise KeysError(f"{path} is no key file of danmod, or it is damaged: restore your copy of it") from None
    if len(master) != _MASTER_BYTES or content.get("version") != 1:
        raise KeysError(f"{path} is no key file this danmod can read: restore your copy of it")
    _warn_when_open(path)
    return master


def _warn_when_open(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        _log.warning("the key file can be read by others; set its mode to 0600", path=str(path))
