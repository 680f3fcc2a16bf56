"""Word lists from files: one entry a line, read with a report that says what was left out and why.

Text is UTF-8, or UTF-16 with its mark; a file in a Chinese encoding (GBK, GB18030, Big5) is recognised where nothing else
fits, and that is said. Lines that begin with `#` are comments.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from cases.checks.words import LONGEST_ENTRY, Sorted, sort_out

MOST_ENTRIES = 200_000
MOST_BYTES = 16 << 20
_CHINESE = {
    "gb18030": ("gb2312", frozenset(bytes([first]) for first in range(0xB0, 0xD8))),
    "big5": ("big5", frozenset(bytes([first]) for first in range(0xA4, 0xC7))),
}
"""Chinese encodings, and where their plan puts the characters in daily use: the first byte there."""
LEAST_ORDINARY = 0.7


class WordListError(ValueError):
    """A list that cannot be read; the text names the file, what is wrong and the cure."""


@dataclass(frozen=True, slots=True)
class WordFile:
    """What a file held. ``lines`` are those that are no comment; ``encoding`` is None for UTF-8."""

    sorted: Sorted
    lines: int
    encoding: str | None = None

    def report(self, name: str) -> list[str]:
        """The report in sentences: what is used, and what is left out."""
        left, told = self.sorted, [f"{name}: {len(self.sorted.kept):,} of {self.lines:,} entries are used"]
        if self.encoding is not None:
            told.append(f"{name}: read as {self.encoding}; save it as UTF-8 to be sure")
        counts = ((left.empty, "nothing but spaces or marks"), (left.repeated, "said before, after folding"))
        told += [f"{name}: left out, {why}: {count:,}" for count, why in counts if count]
        if left.long:
            told.append(f"{name}: left out, longer than {LONGEST_ENTRY} characters: {left.long:,}")
        if left.single:
            shown = " ".join(left.single[:10]) + (" …" if len(left.single) > 10 else "")
            told.append(f"{name}: left out, a single character stands in too many words: {shown}")
        return told


def read_word_file(path: Path) -> WordFile:
    """The entries of a file. Raises WordListError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise WordListError(f"{path} is larger than {MOST_BYTES >> 20} MiB; that is no word list")
        text, encoding = decoded(path.read_bytes(), path)
    except OSError as fault:
        raise WordListError(f"{path} cannot be read: {fault.strerror}") from None
    lines = text.splitlines()
    if len(lines) > MOST_ENTRIES:
        raise WordListError(
            f"{path} has {len(lines):,} lines, {MOST_ENTRIES:,} are the most; split it, or drop what is old"
        )
    entries = [line for line in lines if not line.startswith("#")]
    return WordFile(sort_out(entries), len(entries), encoding)


def decoded(raw: bytes, path: Path) -> tuple[str, str | None]:
    """A file's text, and its encoding where that is not UTF-8. Raises WordListError for bytes that are no text."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return raw.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise WordListError(f"{path} begins like UTF-16 and goes on otherwise; save it as UTF-8") from None
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError as fault:
        guess = _guessed(raw)
        if guess is None:
            raise WordListError(
                f"{path} is not UTF-8 (byte {fault.start}), nor a Chinese encoding; save it as UTF-8"
            ) from None
        return guess


def _guessed(raw: bytes) -> tuple[str, str] | None:
    """The Chinese encoding under which the bytes read like Chinese of every day."""
    readings = [(text, name) for name in _CHINESE if (text := _as(raw, name)) is not None]
    text, name = max(readings, key=lambda reading: _ordinary(*reading), default=("", ""))
    return (text, name.upper()) if name and _ordinary(text, name) >= LEAST_ORDINARY else None


def _as(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _ordinary(text: str, encoding: str) -> float:
    """The share of characters in daily use among those that are not ASCII."""
    plan, daily = _CHINESE[encoding]
    foreign = [one for one in text if not one.isascii()]
    return sum(1 for one in foreign if one.encode(plan, "ignore")[:1] in daily) / max(1, len(foreign))
