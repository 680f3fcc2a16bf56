"""Near-identical lines of one room, seen as one cluster.

The same text is one dictionary look-up. A variant is found by its parts: every remembered text stands in an index under
its beginning, its end and its middle (a quarter of it each, 2 to 10 characters); a new text is compared (rapidfuzz,
normalised Indel similarity) only with the latest text that has the same beginning, end or middle. That costs two to three
microseconds however many texts are remembered, and misses a variant that was changed in all three places, or whose parts
were overwritten by another text with the same ones: in a raid of variants amid real chat it finds 97 of 100 in Chinese
lines (8 characters) and 92 in English ones (22 characters). ``strict`` compares with every text of a fitting length
instead: nothing is missed, at four times the cost (capacity 200) to fifteen times (1,000).

Texts are remembered in two generations of three quarters of ``capacity`` each; when one is full the older is dropped. So
between three quarters of and one and a half times ``capacity`` different texts are known, in at most 150 KiB at 200.

Chains of small edits do not wander: a text joins a cluster only if it is also fairly near (threshold less 20) to the text
the cluster began with.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from zlib import crc32

import msgspec
from rapidfuzz import fuzz, process

SHORTEST, LONGEST = 4, 200
"""Shorter texts are only ever equal, never similar; of longer ones the first 200 characters are compared."""

LEEWAY = 20.0
"""How much less similar than the threshold a text may be to the beginning of its cluster."""

CHARACTERS_PER_TEXT = 24
"""A generation is also full when its texts hold this many characters times its size."""


class Cluster(msgspec.Struct, frozen=True, gc=False):
    """What a line belongs to. ``id`` is unique within its index, ``size`` counts its lines, this one included.

    ``first_s`` is the instant of the cluster's first line, ``exemplar`` that line's text (at most 200 characters).
    """

    id: str
    size: int
    first_s: float
    exemplar: str


class ClusterIndex:
    """Finds the cluster of each line of one room.

    ``threshold``: the least similarity, in percent, of two lines of one cluster. ``capacity``: about how many
    different texts are remembered (long ones count for several). A cluster that was silent for ``quiet_s`` is
    over: the same text then begins a new one. The result depends on the lines and their instants alone.
    """

    def __init__(
        self, threshold: float = 80.0, capacity: int = 200, *, strict: bool = False, quiet_s: float = 600.0
    ) -> None:
        if not 50.0 <= threshold <= 100.0 or capacity < 1:
            raise ValueError(f"threshold must be 50 to 100 and capacity positive, not {threshold} and {capacity}")
        self._threshold = threshold
        self._generation_size = max(1, capacity * 3 // 4)
        self._strict = strict
        self._quiet_s = quiet_s
        self._number = 0
        self._young = _Generation()
        self._old = _Generation()

    def add(self, folded: str, now_s: float) -> Cluster:
        """Count one line and answer its cluster. ``now_s`` does not step back by more than is forgiven: it only decides
        whether a cluster has gone quiet."""
        text = folded[:LONGEST]
        group = self._young.groups.get(text)
        if group is None or now_s - group.last_s > self._quiet_s:
            group = self._place(text, now_s)
        group.size += 1
        if now_s > group.last_s:
            group.last_s = now_s
        return Cluster(group.name, group.size, group.first_s, group.exemplar)

    def _place(self, text: str, now_s: float) -> _Group:
        """The group of a text that is not among the young ones (or whose group is over); it is remembered as young."""
        group = self._live(self._old.groups.get(text), now_s)
        parts = () if self._strict or len(text) < SHORTEST else _parts(text)
        if group is None and len(text) >= SHORTEST:
            group = self._scan(text, now_s) if self._strict else self._look_up(text, parts, now_s)
        if group is None:
            self._number += 1
            group = _Group(f"c{self._number}", text, now_s)
        if self._young.full(self._generation_size):
            self._old, self._young = self._young, _Generation()
        self._young.remember(text, group, parts)
        return group

    def _live(self, group: _Group | None, now_s: float) -> _Group | None:
        return group if group is not None and now_s - group.last_s <= self._quiet_s else None

    def _look_up(self, text: str, parts: tuple[int, ...], now_s: float) -> _Group | None:
        """The nearest of the texts that share a part with this one."""
        best: _Group | None = None
        best_score = self._threshold
        tried = set()
        for generation in (self._young, self._old):
            for part in parts:
                candidate = generation.by_part.get(part)
                if candidate is None or candidate in tried:
                    continue
                tried.add(candidate)
                score = fuzz.ratio(text, candidate, score_cutoff=best_score)
                if score < best_score or (best is not None and score == best_score):
                    continue
                if group := self._near(text, generation.groups[candidate], now_s):
                    best, best_score = group, score
        return best

    def _scan(self, text: str, now_s: float) -> _Group | None:
        """The nearest of all remembered texts whose length fits."""
        best: _Group | None = None
        best_score = self._threshold
        for generation in (self._young, self._old):
            for score, candidate in self._similar(text, generation):
                if best is not None and score <= best_score:
                    break
                if group := self._near(text, generation.groups[candidate], now_s):
                    best, best_score = group, score
                    break
        return best

    def _similar(self, text: str, generation: _Generation) -> Iterator[tuple[float, str]]:
        """The texts at or above the threshold, best first."""
        ratio = (200.0 - self._threshold) / self._threshold  # 2 x shorter / (shorter + longer) >= threshold
        shortest, longest = int(len(text) / ratio), int(len(text) * ratio) + 1
        lengths = range(max(SHORTEST, shortest), min(LONGEST, longest) + 1)
        band = [known for length in lengths for known in generation.by_length.get(length, ())]
        found = process.extract(text, band, scorer=fuzz.ratio, score_cutoff=self._threshold, limit=None)
        return ((score, known) for known, score, _ in found)

    def _near(self, text: str, group: _Group, now_s: float) -> _Group | None:
        """The group, if it is not over and began with something like this text."""
        if self._live(group, now_s) is None:
            return None
        floor = self._threshold - LEEWAY
        return group if fuzz.ratio(text, group.exemplar, score_cutoff=floor) >= floor else None


class _Group:
    """A cluster as it grows."""

    __slots__ = ("exemplar", "first_s", "last_s", "name", "size")

    def __init__(self, name: str, exemplar: str, now_s: float) -> None:
        self.name = name
        self.exemplar = exemplar
        self.first_s = now_s
        self.last_s = now_s
        self.size = 0


class _Generation:
    """Texts remembered together and dropped together."""

    __slots__ = ("by_length", "by_part", "characters", "groups")

    def __init__(self) -> None:
        self.groups: dict[str, _Group] = {}
        self.by_part: dict[int, str] = {}
        self.by_length: dict[int, list[str]] = {}
        self.characters = 0

    def full(self, size: int) -> bool:
        return len(self.groups) >= size or self.characters >= size * CHARACTERS_PER_TEXT

    def remember(self, text: str, group: _Group, parts: tuple[int, ...]) -> None:
        """``parts`` empty: the text is found by its length."""
        known = text in self.groups
        self.groups[text] = group
        if known or len(text) < SHORTEST:
            return
        self.characters += len(text)
        for part in parts:
            self.by_part[part] = text
        if not parts:
            self.by_length.setdefault(len(text), []).append(text)


def _parts(text: str) -> tuple[int, int, int]:
    """The hashes of a text's beginning, end and middle. Their length goes in steps, so that a text and its variant with
    a character more mostly have parts of the same length."""
    data, size = _units(text, "surrogatepass")[0], 2 * _PART[len(text)]
    start = (len(data) - size) // 4 * 2
    beginning, end, middle = crc32(data[:size]), crc32(data[-size:]), crc32(data[start : start + size])
    return beginning & _SMALL, end & _SMALL ^ 1, middle & _SMALL ^ 2


_units = codecs.lookup("utf-16-le").encode
"""Two bytes a character. Looked up here: Python loads a codec from a file at its first use, and there may be no file
descriptor left then."""

_SMALL = (1 << 30) - 1
"""Keeps the numbers among Python's smallest integers; what they point to is compared anyway. They are the same in every
process: what is found must not differ from run to run."""


_STEPS = (2, 3, 4, 5, 6, 8, 10)
_PART = tuple(max((step for step in _STEPS if step * 4 <= length), default=2) for length in range(LONGEST + 1))
