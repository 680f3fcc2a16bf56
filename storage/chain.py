"""The chain of the history: what is hashed, and how. Needs no key, so that anybody with the file can check it.

    commitment = HMAC-SHA256(key=salt, body)
    hash       = SHA-256(JSON array of previous hash, seq, code, at, entry, commitment; hashes in hexadecimal)

Salt and body can be erased together: the commitment stays, says nothing of the body, and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

SALT_BYTES = 16
GENESIS = bytes(32)
"""What the first entry names as its predecessor."""


class Head(NamedTuple):
    """The end of the chain: the last number and the last hash. (0, GENESIS) when nothing is written yet."""

    seq: int
    hash: bytes

    def text(self) -> str:
        """As it is kept in the table ``meta``."""
        return f"{self.seq}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """The head from its text. Raises ValueError for any other text."""
        seq, _, digest = text.partition(":")
        return cls(int(seq), bytes.fromhex(digest))


START = Head(0, GENESIS)


def commit(salt: bytes, body: str) -> bytes:
    """The commitment to a body."""
    return hmac.digest(salt, body.encode(), "sha256")


def link(previous: bytes, seq: int, code: str, at: datetime, entry: str, commitment: bytes) -> bytes:
    """The hash of one entry, which the next one names as its predecessor."""
    content = [previous.hex(), seq, code, _spelled(at), entry, commitment.hex()]
    return hashlib.sha256(msgspec.json.encode(content)).digest()


@lru_cache(maxsize=1024)
def _spelled(at: datetime) -> str:
    """Remembered, because the entries of one change carry the same instant."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
