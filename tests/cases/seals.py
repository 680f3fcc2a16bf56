"""Seals without a key file: deterministic, unlike what they seal."""

from __future__ import annotations

import hashlib

from cases.ports import StorageError
from streams.events import RoomKey


class PlainSeals:
    """Keyed by nothing: good enough where nobody attacks."""

    def pseudonym(self, room: RoomKey, sender_id: str) -> str:
        """A sender's pseudonym in one room."""
        return "p-" + _short(f"{room}|{sender_id}")

    def token(self, purpose: str, ref: str) -> str:
        """A token, 26 characters."""
        return _short(f"{purpose}|{ref}")

    def seal(self, purpose: str, text: str) -> str:
        """Spelled backwards behind its purpose."""
        return f"{_short(purpose)}|{text[::-1]}"

    def unseal(self, purpose: str, sealed: str) -> str:
        """The text again. Raises StorageError for another purpose."""
        mark, _, text = sealed.partition("|")
        if mark != _short(purpose):
            raise StorageError(f"what was sealed for {purpose} does not open")
        return text[::-1]


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:26]


SEALS = PlainSeals()
