"""Seals without a key file: deterministic, unlike what they seal."""

from __future__ import annotations

import hashlib

from streams.events import RoomKey


class PlainSeals:
    """Keyed by nothing: good enough where nobody attacks."""

    def pseudonym(self, room: RoomKey, sender_id: str) -> str:
        """A sender's pseudonym in one room."""
        return "p-" + _short(f"{room}|{sender_id}")

    def token(self, purpose: str, ref: str) -> str:
        """A token, 26 characters."""
        return _short(f"{purpose}|{ref}")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:26]


SEALS = PlainSeals()
