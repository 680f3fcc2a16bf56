"""Near-identical lines of one room, seen as one cluster.

Lines are compared by their likeness (:mod:`ratelimit.likeness`), which is one for most of what people do to a text to make
it look new; then the same text is one dictionary look-up. What remains, words exchanged, inserted or moved, is found in
two ways that cost the same however many texts are remembered:

- By its rarest pieces. Every remembered text stands in a table under a few of its pieces of two characters (four in a
  text of Latin letters): those whose characters are the rarest, wherever they stand. A new text is compared (rapidfuzz,
  normalised Indel similarity) with the texts that came last to two of its places, or to one where it is short.
- By the clusters that grow. A cluster that a variant joined a moment ago is likely to be joined by another: a new text is
  compared with the variants that came last, whatever pieces it has, and a little less likeness is enough.

A text of the same length that shares such a piece also joins if it is made of the same characters in another order.

``strict`` compares with every remembered text instead: nothing is missed, at several times the cost.

``capacity`` texts are remembered, the latest ones, and for longer those said again; in at most 150 KiB at 200.

Chains of small edits do not wander: a text joins a cluster only if it is also fairly near (threshold less 20) to the text
the cluster began with.
"""

from __future__ import annotations

import codecs
import struct
from array import array
from collections.abc import Collection

import msgspec
from rapidfuzz import fuzz, process

from ratelimit.likeness import likeness

SHORTEST, LONGEST = 4, 200
"""Shorter texts are only ever equal, never similar; of longer ones the first 200 characters are compared."""

LEEWAY = 20.0
"""How much less similar than the threshold a text may be to the beginning of its cluster."""

REORDERED = 85.0
"""How much of two texts must be the same characters for one to be the other in another order, in percent."""

SHORT, LONG = 6, 8
SHORT_LATIN, LONG_LATIN = 12, 16
"""The lengths of a likeness, in Chinese or other characters and in Latin letters, below which chance likenesses are many
and the threshold is 5 higher, and from which a growing cluster takes what is 8 less like it, or put in another order."""
HARDER, EASIER = 5.0, 8.0

GROWING, OF_ONE, GROWING_S = 12, 3, 90.0
"""So many variants of growing clusters are compared with every new text, so many of one cluster, and not when for so long
no variant has joined any."""

CHARACTERS_PER_TEXT = 40
"""The texts remembered have so many characters on average at most; where they are longer, fewer are remembered."""

CHANCES = 3
"""A text said again outlives so many turns of what is remembered, at most."""

VARIANTS_COUNTED = 64
"""Different folded texts of a cluster are counted so far."""


class Cluster(msgspec.Struct, frozen=True, gc=False):
    """What a line belongs to. ``id`` is unique within its index, ``size`` counts its lines, this one included.

    ``first_s`` is the instant of the cluster's first line, ``exemplar`` that line's text (at most 200 characters).
    ``variants``: how many different folded texts its lines have, as far as 64; 1 when all said the same.
    """

    id: str
    size: int
    first_s: float
    exemplar: str
    variants: int = 1


class ClusterIndex:
    """Finds the cluster of each line of one room.

    ``threshold``: the least similarity, in percent, of two lines of one cluster. ``capacity``: how many different texts
    are remembered. A cluster that was silent for ``quiet_s`` is over: the same text then begins a new one. The result
    depends on the lines and their instants alone.
    """

    def __init__(
        self, threshold: float = 80.0, capacity: int = 200, *, strict: bool = False, quiet_s: float = 600.0
    ) -> None:
        if not 50.0 <= threshold <= 100.0 or not 1 <= capacity < _NOWHERE:
            raise ValueError(f"threshold must be 50 to 100 and capacity 1 to 65534, not {threshold} and {capacity}")
        self._threshold = threshold
        self._strict = strict
        self._quiet_s = quiet_s
        self._number = 0
        self._known = _Known(capacity)
        self._growing = (_Growing(), _Growing())

    def add(self, folded: str, now_s: float) -> Cluster:
        """Count one line and answer its cluster. ``now_s`` does not step back by more than is forgiven: it only decides
        whether a cluster has gone quiet."""
        text = likeness(folded if len(folded) <= LONGEST else folded[:LONGEST])
        group = self._known.said_again(text)
        if group is None or now_s - group.last_s > self._quiet_s:
            group = self._found(text, folded, now_s)
        group.size += 1
        if now_s > group.last_s:
            group.last_s = now_s
        if folded != group.exemplar:
            group.vary(folded)
        others = group.others
        return Cluster(group.name, group.size, group.first_s, group.exemplar, 1 if others is None else 1 + len(others))

    def _found(self, text: str, folded: str, now_s: float) -> _Group:
        """The group of a text that is not known (or whose group is over); the text is remembered."""
        latin = text.isascii()
        pieces = _latin_pieces(text) if latin else _pieces(text)
        growing = self._growing[latin]
        group = None
        if len(text) >= SHORTEST:
            short, long = (SHORT_LATIN, LONG_LATIN) if latin else (SHORT, LONG)
            least = self._threshold if len(text) >= short else min(100.0, self._threshold + HARDER)
            if self._strict:
                group = self._scan(text, least, now_s)
            else:
                if growing.texts and (latin or len(text) >= short):
                    group = self._grown(text, growing, least - EASIER if len(text) >= long else least, now_s)
                if group is None and (places := self._known.sharing(pieces, len(text) < short)):
                    group = self._look_up(text, places, least, long, now_s)
        if group is None:
            self._number += 1
            group = _Group(f"c{self._number}", folded[:LONGEST], text, now_s, now_s)
        elif not self._strict:
            growing.add(text, group, now_s)
        self._known.remember(text, group, pieces)
        return group

    def _grown(self, text: str, growing: _Growing, least: float, now_s: float) -> _Group | None:
        """The growing cluster with the variant nearest to this text."""
        found = process.extractOne(text, growing.at(now_s), scorer=fuzz.ratio, score_cutoff=least)
        if found is None:
            return None
        group = growing.groups[found[2]]
        return group if self._is_near(text, group, now_s) else None

    def _look_up(self, text: str, places: Collection[int], least: float, long: int, now_s: float) -> _Group | None:
        """The nearest of the texts that share pieces with this one, or one made of the same characters."""
        best: _Group | None = None
        known, size = self._known, len(text)
        for place in places:
            other = known.texts[place]
            if other is None or not size * 2 <= len(other) * 3 <= size * 5:  # most are too short or too long
                continue
            score = fuzz.ratio(text, other, score_cutoff=least)
            if score < least and size >= long and _is_reordered(text, other):
                score = least
            if score > least or (best is None and score == least):
                group = known.groups[place]
                if group is not None and self._is_near(text, group, now_s):
                    best, least = group, score
        return best

    def _scan(self, text: str, least: float, now_s: float) -> _Group | None:
        """The nearest of all remembered texts."""
        found = process.extract(text, self._known.texts, scorer=fuzz.ratio, score_cutoff=least, limit=None)
        for known, _, place in found:
            group = self._known.groups[place]
            if group is not None and len(known) >= SHORTEST and self._is_near(text, group, now_s):
                return group
        return None

    def _is_near(self, text: str, group: _Group, now_s: float) -> bool:
        """True if the group is not over and began with something like this text."""
        if now_s - group.last_s > self._quiet_s:
            return False
        floor = self._threshold - LEEWAY
        if fuzz.ratio(text, group.likeness, score_cutoff=floor) >= floor:
            return True
        return fuzz.ratio(_bag(text), _bag(group.likeness)) >= REORDERED - LEEWAY


class _Group(msgspec.Struct):
    """A cluster as it grows. ``others``: hashes of the texts that are not the exemplar."""

    name: str
    exemplar: str
    likeness: str
    first_s: float
    last_s: float
    size: int = 0
    others: set[int] | None = None

    def vary(self, folded: str) -> None:
        """Count a text that is not the exemplar."""
        if self.others is None:
            self.others = set()
        if len(self.others) < VARIANTS_COUNTED - 1:
            self.others.add(hash(folded))


class _Growing:
    """The variants that joined clusters last, with the texts those began with."""

    __slots__ = ("_until_s", "groups", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.groups: list[_Group] = []
        self._until_s = 0.0

    def at(self, now_s: float) -> list[str]:
        if now_s > self._until_s and self.texts:
            self.texts, self.groups = [], []
        return self.texts

    def add(self, text: str, group: _Group, now_s: float) -> None:
        """A variant joined: the next may be like it."""
        self._until_s = now_s + GROWING_S
        texts, groups = self.texts, self.groups
        own = [place for place, one in enumerate(groups) if one is group]
        if not own:
            texts.append(group.likeness)
            groups.append(group)
        elif len(own) >= OF_ONE:
            del texts[own[1]], groups[own[1]]
        texts.append(text)
        groups.append(group)
        del texts[:-GROWING], groups[:-GROWING]


class _Known:
    """The texts remembered, each at a place that is taken in turn by new ones, and the places where each piece was last."""

    __slots__ = (
        "_chances", "_characters", "_most_characters", "_next", "_place_of", "_table", "groups", "texts",
    )  # fmt: skip

    def __init__(self, capacity: int) -> None:
        self.texts: list[str | None] = [None] * capacity
        self.groups: list[_Group | None] = [None] * capacity
        self._place_of: dict[str, int] = {}
        self._table = array("H", b"\xff\xff" * _PIECES)
        self._chances = bytearray(capacity)
        self._next = 0
        self._characters = 0
        self._most_characters = capacity * CHARACTERS_PER_TEXT

    def said_again(self, text: str) -> _Group | None:
        """The group of this very text; it is remembered for longer."""
        place = self._place_of.get(text)
        if place is None:
            return None
        if self._chances[place] < CHANCES:
            self._chances[place] += 1
        return self.groups[place]

    def sharing(self, pieces: list[int], is_short: bool) -> Collection[int]:
        """The places that two of these pieces were last at, or one of a short text's: a change takes most of those."""
        table = self._table
        places = [table[piece] for piece in pieces]
        apart = set(places)
        if is_short:
            return apart - {_NOWHERE}
        if len(apart) == len(places):
            return ()
        return [place for place in apart if places.count(place) > 1 and place != _NOWHERE]

    def remember(self, text: str, group: _Group, pieces: list[int]) -> None:
        place = self._freed()
        self.texts[place] = text
        self.groups[place] = group
        self._place_of[text] = place
        self._characters += len(text)
        while self._characters > self._most_characters and len(self._place_of) > 1:
            self._freed()
        table = self._table
        for piece in pieces:
            table[piece] = place

    def _freed(self) -> int:
        """The next place in turn whose text was not said again since its last turn; that text is forgotten."""
        place, chances, capacity = self._next, self._chances, len(self.texts)
        while chances[place]:
            chances[place] -= 1
            place = (place + 1) % capacity
        self._next = (place + 1) % capacity
        if (forgotten := self.texts[place]) is not None:
            self._characters -= len(forgotten)
            self.texts[place] = self.groups[place] = None
            if self._place_of.get(forgotten) == place:
                del self._place_of[forgotten]
        return place


def _pieces(text: str) -> list[int]:
    """Where in the table a text stands: under the highest numbers of its pieces, which are its rarest characters'."""
    data = _utf16(text, "surrogatepass")[0]
    size = len(data)
    found = [*_UNPACK[size >> 2](data), *_UNPACK[(size - 2) >> 2](data, 2)]
    found.sort()
    return [piece % _PIECES for piece in found[-_PIECES_OF_ONE:]]


def _latin_pieces(text: str) -> list[int]:
    """The same for a text in Latin letters."""
    data = text.encode("ascii")
    size = len(data)
    if size < 4:
        return []
    found = [
        *_UNPACK[size >> 2](data),
        *_UNPACK[(size - 1) >> 2](data, 1),
        *_UNPACK[(size - 2) >> 2](data, 2),
        *_UNPACK[(size - 3) >> 2](data, 3),
    ]
    found.sort()
    return [piece % _PIECES for piece in found[-_PIECES_OF_ONE:]]


def _is_reordered(text: str, known: str) -> bool:
    """True for texts of one length that are made of the same characters for the most part."""
    if len(text) != len(known):
        return False
    return fuzz.ratio(_bag(text), _bag(known), score_cutoff=REORDERED) > 0.0


def _bag(text: str) -> str:
    return "".join(sorted(text))


_utf16 = codecs.lookup("utf-16-le").encode
"""Two bytes a character. Looked up here: Python loads a codec from a file at its first use, and there may be no file
descriptor left then."""
_UNPACK = [struct.Struct(f"<{count}I").unpack_from for count in range(2 * LONGEST)]
_PIECES, _PIECES_OF_ONE = 4093, 8
_NOWHERE = 0xFFFF
