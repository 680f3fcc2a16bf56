"""The same text in several rooms of one installation: how many rooms, how many senders, within the last ten minutes.

A text is known here by a keyed hash of its likeness alone, rooms and senders by keyed hashes too; no text and no id is
kept, and without the key nothing can be guessed back. Asked only for texts that may be pushed (:func:`worth_asking`), so
that an ordinary line costs nothing.

:class:`Echoes` counts within this process and answers at once. Where several processes share a Redis,
:class:`ratelimit.redis_echoes.RedisEchoes` exchanges the counts in the background.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from ratelimit.likeness import likeness

SPAN = timedelta(minutes=10)
"""An echo fades after five to ten minutes of silence."""
SHORTEST = 8
"""The fewest folded characters of a text that is asked for."""
COUNTED = 32
"""Rooms and senders of a text are counted so far."""


class Echo(NamedTuple):
    """Where a text was heard: ``rooms`` counts the *other* rooms, ``senders`` everybody who said it, here included, and
    ``known`` those of them who are known in the room they said it in: a chorus has such people, a push has not.

    Counted up to 32.
    """

    rooms: int
    senders: int
    known: int = 0


def worth_asking(folded: str, *, newcomer: bool, size: int) -> bool:
    """True for a text of some length by somebody new here, or in a cluster of ``size`` two and more."""
    return len(folded) >= SHORTEST and (newcomer or size > 1)


class Echoes:
    """Counts in memory. ``key`` (1 to 64 bytes) makes the hashes; ``texts`` bounds what is remembered.

    At most twice ``texts`` are known, each with 32 rooms and senders: 30 MiB if an attacker fills all of it, and a few
    hundred KiB in ordinary chat. Raises ValueError for a key that cannot be.
    """

    def __init__(self, key: bytes, *, texts: int = 2048) -> None:
        if not 1 <= len(key) <= 64:
            raise ValueError(f"the key must have 1 to 64 bytes, not {len(key)}")
        self._key = key
        self._texts = texts
        self._turned_s = 0.0
        self._young: dict[int, _Heard] = {}
        self._old: dict[int, _Heard] = {}

    def hear(self, exemplar: str, room: str, sender: str, now_s: float, *, known: bool = False) -> Echo:
        """Count one line and answer where its text was heard. ``exemplar``: the folded text its cluster began with, so
        that all variants are one; a room's clusters begin with different variants, which their likeness makes one too.
        ``known``: the sender is known in this room."""
        self._turn(now_s)
        text = self._hash(likeness(exemplar))
        return self._count(text, self._hash(room), self._hash(f"{room} {sender}") | _KNOWN * known)

    def _count(self, text: int, room: int, sender: int) -> Echo:
        heard = self._young.get(text)
        if heard is None:
            heard = self._young[text] = self._old.pop(text) if text in self._old else _Heard(set(), set())
        _add(heard.rooms, (room,))
        _add(heard.senders, (sender,))
        knowing = sum(1 for one in heard.senders if one & _KNOWN)
        return Echo(len(heard.rooms) - (room in heard.rooms), len(heard.senders), knowing)

    def _learn(self, text: int, rooms: Iterable[int], senders: Iterable[int]) -> None:
        """Take over what was heard elsewhere of a text that is known here."""
        heard = self._young.get(text) or self._old.get(text)
        if heard is not None:
            _add(heard.rooms, rooms)
            _add(heard.senders, senders)

    def _turn(self, now_s: float) -> None:
        """Forget what has faded, and the older half when there is too much."""
        silent_s = now_s - self._turned_s
        if silent_s < SPAN.total_seconds() / 2 and len(self._young) < self._texts:
            return
        self._old = self._young if silent_s < SPAN.total_seconds() else {}
        self._young, self._turned_s = {}, now_s

    def _hash(self, text: str) -> int:
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=7).digest()
        return int.from_bytes(digest, "big")


_KNOWN = 1 << 56
"""Marks the hash of a sender who is known in the room; so it reaches other processes with it."""


class _Heard(NamedTuple):
    rooms: set[int]
    senders: set[int]


def _add(known: set[int], more: Iterable[int]) -> None:
    for one in more:
        if len(known) < COUNTED:
            known.add(one)
