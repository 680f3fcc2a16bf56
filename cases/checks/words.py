"""Word lists: each is a check of its own, with its name, its rule and its weight, as a room's people set it up.

Words are looked for in the folded text, so that a disguise that the fold undoes hides nothing. A word of a script with
spaces must stand alone (no list finds anything in Scunthorpe), unless it is written with a `*` where it may go on. What
stands in an allowed phrase is no word of the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from cases.checks.seen import Check, CheckMode, Finding, Seen, Weight
from cases.rules import Rule
from ratelimit.fold import fold


class Words:
    """A list made ready to be looked for. Of entries that are equal after folding, the first one counts."""

    def __init__(self, entries: Iterable[str], allowed: Iterable[str] = ()) -> None:
        found: dict[str, _Entry] = {}
        for entry in map(_entry, entries):
            if entry.key:
                found.setdefault(f"{entry.open_before}{entry.key}{entry.open_after}", entry)
        self._entries = list(found.values())
        self._words = AhoCorasick([entry.key for entry in self._entries]) if self._entries else None
        phrases = [key for key in map(fold, allowed) if key]
        self._allowed = AhoCorasick(phrases) if phrases else None

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, folded: str) -> str | None:
        """The first entry that a folded text holds, as it was written; None when there is none."""
        bare = folded if folded.isascii() else _MARKS.sub("", folded)
        return self._found(folded) or (self._found(bare) if bare != folded else None)

    def _found(self, folded: str) -> str | None:
        if self._words is None:
            return None
        fine: list[tuple[int, int]] | None = None
        for place, start, end in self._words.find_matches_as_indexes(folded, overlapping=True):
            entry = self._entries[place]
            if not entry.stands_at(folded, start, end):
                continue
            fine = list(self._fine(folded)) if fine is None else fine
            if not any(begin <= start and end <= stop for begin, stop in fine):
                return entry.written
        return None

    def _fine(self, folded: str) -> Iterator[tuple[int, int]]:
        """Where the allowed phrases stand."""
        if self._allowed is not None:
            for _, start, end in self._allowed.find_matches_as_indexes(folded, overlapping=True):
                yield start, end


@dataclass(frozen=True, slots=True)
class _Entry:
    written: str
    key: str
    open_before: bool
    open_after: bool

    def stands_at(self, folded: str, start: int, end: int) -> bool:
        """True when no word goes on at either end."""
        before = self.open_before or start == 0 or not (_is_spaced(folded[start]) and _is_spaced(folded[start - 1]))
        if not before:
            return False
        return self.open_after or end == len(folded) or not (_is_spaced(folded[end - 1]) and _is_spaced(folded[end]))


def _entry(written: str) -> _Entry:
    written = written.strip()
    return _Entry(written, fold(written.strip("*")), written.startswith("*"), written.endswith("*"))


_MARKS = re.compile(r"(?<=\w)[^\w\s]+(?=\w)")
"""An emoji in the middle of a word; the fold keeps a single one."""
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Scripts whose words stand without spaces, or grow endings without one."""


def _is_spaced(character: str) -> bool:
    return character.isalnum() and _UNSPACED.match(character) is None


def word_check(name: str, words: Words, rule: Rule, weight: Weight, mode: CheckMode = CheckMode.ENFORCE) -> Check:
    """The check of one list. A command is never found: a report may quote what it reports."""
    check = f"words:{name}"

    def ask(seen: Seen) -> Finding | None:
        if seen.plain or words.find(seen.line.folded) is None:
            return None
        return Finding(check, rule, (("listed", name),), (seen.line,), seen.line.cluster, weight=weight)

    return Check(check, ask, mode)


@dataclass(frozen=True, slots=True)
class Sorted:
    """A list's entries, and what was left out of it: nothing goes unsaid, and no entry matches everything."""

    kept: tuple[str, ...]
    empty: int = 0
    """Entries of nothing but spaces or invisible characters."""
    repeated: int = 0
    """Equal to an earlier one, after folding."""
    single: tuple[str, ...] = ()
    """One character: it would stand in every other line."""
    long: int = 0
    """Longer than any word or phrase is."""


LONGEST_ENTRY = 100


def sort_out(entries: Sequence[str]) -> Sorted:
    """What can be used of a list's entries, in their order."""
    kept: dict[str, str] = {}
    empty, repeated, long, single = 0, 0, 0, []
    for written in entries:
        entry = _entry(written)
        key = f"{entry.open_before:d}{entry.open_after:d}{entry.key}"
        if not any(one.isalnum() or not one.isascii() for one in entry.key):
            empty += 1
        elif len(entry.key) == 1:
            single.append(entry.written)
        elif len(entry.written) > LONGEST_ENTRY:
            long += 1
        elif key in kept:
            repeated += 1
        else:
            kept[key] = entry.written
    return Sorted(tuple(kept.values()), empty, repeated, tuple(single), long)
