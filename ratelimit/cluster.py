"""Near-identical lines of one room, seen as one cluster.

Lines are compared by their likeness (:mod:`ratelimit.likeness`), which is one for most of what people do to a text to make
it look new; then the same text is one dictionary look-up. What remains, words exchanged, inserted or moved, is found in
two ways that cost the same however many texts are remembered:

- By its rarest pieces. Every remembered text stands in a table under a few of its pieces of two characters (four in a
  text of Latin letters): those whose characters are the rarest, wherever they stand. A new text is compared (rapidfuzz,
  normalised Indel similarity) with the latest texts that have such a piece too.
- By the clusters that grow. A cluster that was joined by a variant lately is likely to be joined by another: a new text is
  compared with the variants that came last, whatever pieces it has.

A text also joins what it shares most of its pieces with, if it is made of the same characters in another order.

``strict`` compares with every remembered text instead: nothing is missed, at several times the cost.

``capacity`` texts are remembered, the latest ones, in at most 180 KiB at 200.

Chains of small edits do not wander: a text joins a cluster only if it is also fairly near (threshold less 20) to the text
the cluster began with.
"""

from __future__ import annotations

import struct
from array import array

import msgspec
from rapidfuzz import fuzz, process

from ratelimit.likeness import likeness

SHORTEST, LONGEST = 4, 200
"""Shorter texts are only ever equal, never similar; of longer ones the first 200 characters are compared."""

LEEWAY = 20.0
"""How much less similar than the threshold a text may be to the beginning of its cluster."""

REORDERED = 85.0
"""How much of two texts must be the same characters for one to be the other in another order, in percent."""

GROWING = 24
"""So many variants of growing clusters are compared with every new text."""
OF_ONE = 3
"""So many of them may be of one cluster."""

SHORT, SHORT_LATIN = 6, 12
LONG, LONG_LATIN = 8, 16
BENEFIT = 8.0

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
        if not 50.0 <= threshold <= 100.0 or not 1 <= capacity <= 60_000:
            raise ValueError(f"threshold must be 50 to 100 and capacity 1 to 60000, not {threshold} and {capacity}")
        self._threshold = threshold
        self._strict = strict
        self._quiet_s = quiet_s
        self._number = 0
        self._texts: list[str | None] = [None] * capacity
        self._chances = bytearray(capacity)
        self._groups: list[_Group | None] = [None] * capacity
        self._places: dict[str, int] = {}
        self._characters = 0
        self._most_characters = capacity * CHARACTERS_PER_TEXT
        self._next = 0
        self._pieces = array("H", bytes(2 * PIECES))
        self._growing: list[str] = []
        self._growing_groups: list[_Group] = []

    def add(self, folded: str, now_s: float) -> Cluster:
        """Count one line and answer its cluster. ``now_s`` does not step back by more than is forgiven: it only decides
        whether a cluster has gone quiet."""
        text = likeness(folded if len(folded) <= LONGEST else folded[:LONGEST])
        place = self._places.get(text)
        group = None if place is None else self._groups[place]
        if place is None or group is None or now_s - group.last_s > self._quiet_s:
            group = self._found(text, folded, now_s)
        elif self._chances[place] < CHANCES:
            self._chances[place] += 1
        group.size += 1
        if now_s > group.last_s:
            group.last_s = now_s
        if folded != group.exemplar:
            group.vary(folded)
        return Cluster(group.name, group.size, group.first_s, group.exemplar, group.variants)

    def _found(self, text: str, folded: str, now_s: float) -> _Group:
        """The group of a text that is not known (or whose group is over); the text is remembered."""
        pieces = _pieces(text)
        group = None
        if len(text) >= SHORTEST:
            group = (
                self._scan(text, now_s)
                if self._strict
                else self._grown(text, now_s) or self._look_up(text, pieces, now_s)
            )
        if group is None:
            self._number += 1
            group = _Group(f"c{self._number}", folded[:LONGEST], text, now_s)
        elif not self._strict:
            self._grow(text, group)
        self._remember(text, group, pieces)
        return group

    def _remember(self, text: str, group: _Group, pieces: list[int]) -> None:
        place = self._free_place()
        self._texts[place], self._groups[place], self._places[text] = text, group, place
        self._characters += len(text)
        while self._characters > self._most_characters and len(self._places) > 1:
            self._free_place()
        table = self._pieces
        for piece in pieces:
            table[piece] = place

    def _free_place(self) -> int:
        """The next place in turn whose text was not said again since its last turn; that text is forgotten."""
        place, chances, capacity = self._next, self._chances, len(self._texts)
        while chances[place]:
            chances[place] -= 1
            place = (place + 1) % capacity
        self._next = (place + 1) % capacity
        forgotten = self._texts[place]
        if forgotten is not None:
            self._characters -= len(forgotten)
            self._texts[place] = self._groups[place] = None
            if self._places.get(forgotten) == place:
                del self._places[forgotten]
        return place

    def _grown(self, text: str, now_s: float) -> _Group | None:
        """The growing cluster with the variant nearest to this text."""
        least = (
            self._threshold - BENEFIT if len(text) >= (LONG_LATIN if text.isascii() else LONG) else self._least(text)
        )
        found = process.extractOne(text, self._growing, scorer=fuzz.ratio, score_cutoff=least)
        return None if found is None else self._near(text, self._growing_groups[found[2]], now_s)

    def _least(self, text: str) -> float:
        """The threshold for a text; a short one has chance likenesses."""
        short = SHORT_LATIN if text.isascii() else SHORT
        return self._threshold if len(text) >= short else min(100.0, self._threshold + 5.0)

    def _grow(self, text: str, group: _Group) -> None:
        """A variant joined: the next may be like it."""
        growing, groups = self._growing, self._growing_groups
        if group not in groups:
            growing.append(group.likeness)
            groups.append(group)
        own = [place for place, one in enumerate(groups) if one is group]
        if len(own) >= OF_ONE:
            del growing[own[1]], groups[own[1]]
        growing.append(text)
        groups.append(group)
        if len(growing) > GROWING:
            del growing[0], groups[0]

    def _look_up(self, text: str, pieces: list[int], now_s: float) -> _Group | None:
        """The nearest of the texts that share a piece with this one, or one made of the same characters."""
        best: _Group | None = None
        best_score = self._least(text)
        table = self._pieces
        places = [table[piece] for piece in pieces]
        for place in dict.fromkeys(places):
            group, known = self._groups[place], self._texts[place]
            if group is None or known is None:
                continue
            score = fuzz.ratio(text, known, score_cutoff=best_score)
            if score < best_score and places.count(place) * 3 >= len(places):
                score = self._reordered(text, known)
            nearer = score > best_score or (best is None and score == best_score)
            if nearer and (near := self._near(text, group, now_s)):
                best, best_score = near, score
        return best

    def _reordered(self, text: str, known: str) -> float:
        """The threshold, if this is the other text in another order."""
        alike = fuzz.ratio(_bag(text), _bag(known), score_cutoff=REORDERED)
        return self._threshold if alike else 0.0

    def _scan(self, text: str, now_s: float) -> _Group | None:
        """The nearest of all remembered texts."""
        found = process.extract(text, self._texts, scorer=fuzz.ratio, score_cutoff=self._least(text), limit=None)
        for known, _, place in found:
            group = self._groups[place]
            if group is not None and len(known) >= SHORTEST and (near := self._near(text, group, now_s)):
                return near
        return None

    def _near(self, text: str, group: _Group, now_s: float) -> _Group | None:
        """The group, if it is not over and began with something like this text."""
        if now_s - group.last_s > self._quiet_s:
            return None
        floor = self._threshold - LEEWAY
        if fuzz.ratio(text, group.likeness, score_cutoff=floor) >= floor:
            return group
        return group if fuzz.ratio(_bag(text), _bag(group.likeness)) >= REORDERED - LEEWAY else None


class _Group:
    """A cluster as it grows."""

    __slots__ = ("_others", "exemplar", "first_s", "last_s", "likeness", "name", "size")

    def __init__(self, name: str, exemplar: str, likeness: str, now_s: float) -> None:
        self.name = name
        self.exemplar = exemplar
        self.likeness = likeness
        self.first_s = now_s
        self.last_s = now_s
        self.size = 0
        self._others: set[int] | None = None

    @property
    def variants(self) -> int:
        return 1 if self._others is None else 1 + len(self._others)

    def vary(self, folded: str) -> None:
        """Count a text that is not the exemplar."""
        if self._others is None:
            self._others = set()
        if len(self._others) < VARIANTS_COUNTED - 1:
            self._others.add(hash(folded))


PIECES = 4093
PIECES_OF_ONE = 6


def _pieces(text: str) -> list[int]:
    """Where in the table a text stands: under the highest numbers of its pieces, which are its rarest characters'."""
    if text.isascii():
        data, width, code = text.encode("ascii"), 4, "I"
        starts: tuple[int, ...] = (0, 1, 2, 3)
    else:
        data, width, code = text.encode("utf-16-le", "surrogatepass"), 4, "I"
        starts = (0, 2)
    pieces: list[int] = []
    for start in starts:
        count = (len(data) - start) // width
        if count > 0:
            pieces += struct.unpack_from(f"<{count}{code}", data, start)
    pieces.sort()
    return [piece % PIECES for piece in pieces[-PIECES_OF_ONE:]]


def _bag(text: str) -> str:
    return "".join(sorted(text))
