"""The keys, kept in a file apart from the database: pseudonyms, secret tokens, sealed contacts, case codes.

Every key is derived for one purpose from what lies in the file (`key_file`), so that one short file is all there is to back
up. A contact has a data key of its own, wrapped: erasing the wrapped key erases the contact here; copies of the database
made before age out (`docs/how-to/backup.md`), or `rotation` closes them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cases.evidence import storable
from storage import key_file
from storage.key_file import KeysError, Secrets, derived
from streams.events import RoomKey

__all__ = ["Keys", "KeysError", "SealedContact", "token_hash"]

_NONCE_BYTES = 12
_TOKEN_LENGTH = 26


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
    rotations: int
    """How often the wrapping keys were rotated; the database remembers the same."""
    _pseudonym_key: bytes = field(repr=False)
    _token_key: bytes = field(repr=False)
    _contact_keys: tuple[bytes, ...] = field(repr=False)
    """What wraps the contacts' keys, the current one first."""
    _file_keys: tuple[bytes, ...] = field(repr=False)
    _seal_key: bytes = field(repr=False)
    _checkpoint_key: bytes = field(repr=False)

    @classmethod
    def of(cls, master: bytes) -> Keys:
        """The keys under a master key. Raises ValueError for fewer than 32 bytes."""
        return cls.under(Secrets.of(master))

    @classmethod
    def under(cls, secrets: Secrets) -> Keys:
        """The keys of a key file."""
        lasting = secrets.lasting
        return cls(
            code_key=lasting["case codes"],
            gauge_key=lasting["counters"],
            fingerprint=lasting["fingerprint"].hex()[:16],
            rotations=secrets.rotations,
            _pseudonym_key=lasting["pseudonyms"],
            _token_key=lasting["tokens"],
            _contact_keys=tuple(derived(secret, "contacts") for secret in secrets.wrapping),
            _file_keys=tuple(derived(secret, "files") for secret in secrets.wrapping),
            _seal_key=lasting["seals"],
            _checkpoint_key=lasting["checkpoints"],
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
            key_file.make(path)
        return cls.under(key_file.load(path))

    @property
    def edition(self) -> str:
        """A fingerprint that changes with every rotation: a copy of the key file is good for its own edition only."""
        if not self.rotations:
            return self.fingerprint
        return hashlib.sha256(f"{self.fingerprint}:{self.rotations}".encode()).hexdigest()[:16]

    @property
    def is_rotating(self) -> bool:
        """True while old wrapping keys are kept beside the current one: a rotation was begun and not ended."""
        return len(self._contact_keys) > 1

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
            wrapped_key=_encrypt(self._contact_keys[0], data_key, report_id),
            sealed=_encrypt(data_key, storable(contact).encode(), report_id),
        )

    def open_contact(self, report_id: str, contact: SealedContact) -> str:
        """The contact in the clear. Raises KeysError when key, report or ciphertext do not belong together."""
        try:
            data_key = _unwrap(self._contact_keys, contact.wrapped_key, report_id)
            return _decrypt(data_key, contact.sealed, report_id).decode()
        except InvalidTag:
            raise KeysError(f"the contact of report {report_id} does not open with these keys") from None

    def seal_file(self, file_id: str, content: bytes) -> SealedContact:
        """Encrypt a file under a fresh key of its own; it opens only under the same id."""
        data_key = AESGCM.generate_key(bit_length=256)
        return SealedContact(_encrypt(self._file_keys[0], data_key, file_id), _encrypt(data_key, content, file_id))

    def open_file(self, file_id: str, file: SealedContact) -> bytes:
        """The file in the clear. Raises KeysError when key, id or ciphertext do not belong together."""
        try:
            return _decrypt(_unwrap(self._file_keys, file.wrapped_key, file_id), file.sealed, file_id)
        except InvalidTag:
            raise KeysError(f"the file {file_id} does not open with these keys") from None

    def rewrap_contact(self, report_id: str, wrapped_key: bytes) -> bytes | None:
        """A contact's key wrapped anew under the current key; None where it is already. Raises KeysError."""
        return _rewrapped(self._contact_keys, wrapped_key, report_id)

    def rewrap_file(self, file_id: str, wrapped_key: bytes) -> bytes | None:
        """As `rewrap_contact`, for a file's key."""
        return _rewrapped(self._file_keys, wrapped_key, file_id)

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


def _spelled(digest: bytes) -> str:
    return base64.b32encode(digest).decode().lower()[:_TOKEN_LENGTH]


def _encrypt(key: bytes, plain: bytes, bound_to: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def _decrypt(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode())


def _unwrap(keys: Sequence[bytes], wrapped: bytes, bound_to: str) -> bytes:
    """The data key, under whichever key it was wrapped: AES-GCM tells. Raises InvalidTag when it is none of them."""
    for key in keys:
        try:
            return _decrypt(key, wrapped, bound_to)
        except (InvalidTag, ValueError):  # ValueError: too short to have a nonce
            continue
    raise InvalidTag


def _rewrapped(keys: Sequence[bytes], wrapped: bytes, bound_to: str) -> bytes | None:
    try:
        _unwrap(keys[:1], wrapped, bound_to)
    except InvalidTag:
        pass
    else:
        return None
    try:
        return _encrypt(keys[0], _unwrap(keys[1:], wrapped, bound_to), bound_to)
    except InvalidTag:
        raise KeysError(f"the key of {bound_to} does not open with these keys") from None
