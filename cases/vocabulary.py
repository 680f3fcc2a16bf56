"""What people known in a room talk about: the words they use, in two small bitmaps. A wave brings words of its own.

A crowd that answers to what it sees says it in the words of its evening: names of the game, of the people, of the room's
jokes. Of a text that is pushed into the room nobody known here used the words before. Only people with several ordinary
lines teach the room its words: who came to push a text cannot.

In scripts written without spaces two neighbouring characters are a word.
"""

from __future__ import annotations

import re
from zlib import crc32

BITS = 1 << 16
"""Of each bitmap: 8 KiB."""
WORDS = 4_000
"""When so many new words were learned, the older half is forgotten. Then one unknown word in twenty is taken for known."""
LOOKED_AT = 120
"""So many characters of a text are looked at."""


class Vocabulary:
    """The words of one room: between 4,000 and 8,000, in at most 16 KiB."""

    __slots__ = ("_learned", "_old", "_young")

    def __init__(self) -> None:
        self._young = bytearray()
        self._old = bytearray()
        self._learned = 0

    def learn(self, folded: str) -> None:
        """Somebody known here said this."""
        young = self._young
        if not young:
            young = self._young = bytearray(BITS // 8)
        for word in _words(folded):
            first, second = word & 0xFFFF, word >> 16
            one, other = 1 << (first & 7), 1 << (second & 7)
            if not (young[first >> 3] & one and young[second >> 3] & other):
                young[first >> 3] |= one
                young[second >> 3] |= other
                self._learned += 1
        if self._learned >= WORDS:
            self._old, self._young, self._learned = young, bytearray(), 0

    def share(self, folded: str) -> float:
        """The share of a text's different words that were said here before, 0 to 1."""
        words = set(_words(folded))
        return sum(1 for word in words if self._knows(word)) / len(words) if words else 1.0

    def _knows(self, word: int) -> bool:
        first, second = word & 0xFFFF, word >> 16
        one, other = 1 << (first & 7), 1 << (second & 7)
        return any(bits and bits[first >> 3] & one and bits[second >> 3] & other for bits in (self._young, self._old))


_PARTS = re.compile(r"[a-z0-9\u00c0-\u024f\u0370-\u052f]+|[^\sa-z0-9\u00c0-\u024f\u0370-\u052f]+")


def _words(folded: str) -> list[int]:
    """A 32-bit mark of each word; the same in every process, as what is found must not differ from run to run."""
    text = folded[:LOOKED_AT]
    if text.isascii():
        return [crc32(word.encode()) for word in text.split()]
    marks = []
    for part in _PARTS.findall(text):
        data = part.encode("utf-16-le", "surrogatepass")
        if len(data) <= 4 or part[0] <= "\u052f":
            marks.append(crc32(data))
        else:
            marks += [crc32(data[place : place + 4]) for place in range(0, len(data) - 2, 2)]
    return marks
