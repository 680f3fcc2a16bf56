"""Public case codes: a keyed permutation of the running number, so that codes are unique and tell no order.

A code is letter, digit, then any of both: ``A7K4``. Characters that are easily taken for one another (0 O, 1 I L, 2 Z,
5 S, 8 B, G, U, V) are left out. The 41,140 codes of four characters are used up first, then those of five, and so on.
"""

from __future__ import annotations

import hashlib
from functools import cache
from math import isqrt, prod

LETTERS = "ACDEFHJKMNPQRTWXY"
DIGITS = "34679"
ANY = LETTERS + DIGITS
SHORTEST = 4
_ROUNDS = 6


class CodeBook:
    """Codes under one key. ``key`` is at most 64 bytes; the same key gives the same codes for ever."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hashlib.blake2b(key=key, digest_size=8)

    def code(self, ordinal: int) -> str:
        """The code of the case with this running number, from 0. Raises ValueError for a negative number."""
        if ordinal < 0:
            raise ValueError(f"cases are numbered from 0, got {ordinal}")
        length = SHORTEST
        while ordinal >= capacity(length):
            ordinal -= capacity(length)
            length += 1
        return _spelled(self._shuffled(ordinal, length), length)

    def _shuffled(self, number: int, length: int) -> int:
        """Walk the permutation of a slightly larger square until it lands inside the range."""
        size = capacity(length)
        side = isqrt(size - 1) + 1
        while True:
            number = self._permuted(number, side, length)
            if number < size:
                return number

    def _permuted(self, number: int, side: int, length: int) -> int:
        left, right = divmod(number, side)
        for turn in range(_ROUNDS):
            left, right = right, (left + self._mixed(turn, length, right)) % side
        return left * side + right

    def _mixed(self, turn: int, length: int, value: int) -> int:
        mixed = self._keyed.copy()
        mixed.update(b"%d:%d:%d" % (turn, length, value))
        return int.from_bytes(mixed.digest())


@cache
def capacity(length: int) -> int:
    """How many codes of this length there are."""
    return prod(len(alphabet) for alphabet in _shape(length))


@cache
def _shape(length: int) -> tuple[str, ...]:
    return LETTERS, DIGITS, *(ANY,) * (length - 2)


def _spelled(number: int, length: int) -> str:
    characters = []
    for alphabet in _shape(length):
        number, index = divmod(number, len(alphabet))
        characters.append(alphabet[index])
    return "".join(characters)
