"""Watermarks: an export tells whose it was, so that a leak can be traced (norm N4.3-1). Pure.

Two marks, both keyed by reader and export, so that nobody can make or read them without the keys: a reference at the
end, and the same in invisible characters at the end of every line. The reference survives printing and photographing,
the invisible one survives copying a single line and the removal of the reference. Both are lost when somebody types the
text anew or cleans it of invisible characters, and an export that is a picture has the reference alone: what was taken
so is found by the access log, which names everybody who made the export.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cases.ports import Seals

_BYTES = 5
"""How much of the reference's digest marks a line: 40 bits tell any number of readers apart."""
_ZERO, _ONE, _FRAME = "\u200b", "\u200c", "\u2060"
"""Zero-width space, zero-width non-joiner; the word joiner frames a mark."""
_QUOTABLE = frozenset({"text", "note", "reason", "reasons", "answer", "facts", "detail", "gap", "finding"})
"""The keys of a case file under which people's words stand."""
_MARK = re.compile(f"{_FRAME}([{_ZERO}{_ONE}]{{{_BYTES * 8}}}){_FRAME}")
_REFERENCE = re.compile(r"\bref\.?\s*([a-z0-9]{26})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Copy:
    """One export somebody made, as the access log has it. ``ref`` names what was exported."""

    reader: str
    ref: str


def marked(text: str, copy: Copy, seals: Seals) -> str:
    """The text with both marks of this copy. Line ends and everything visible stay, but for the reference at the end."""
    token = _token(copy, seals)
    mark = f"{_FRAME}{_bits(token)}{_FRAME}"
    lines = [f"{line}{mark}" if line.strip() else line for line in text.rstrip("\n").split("\n")]
    return "\n".join([*lines, f"ref. {token}", ""])


def marked_document(document: Mapping[str, Any], copy: Copy, seals: Seals) -> dict[str, Any]:
    """A JSON document with both marks: the reference under ``reference``, the other behind every text that people quote.

    Whoever checks digests of what was frozen takes the marks away first (`unmarked_document`).
    """
    token = _token(copy, seals)
    behind = f"{_FRAME}{_bits(token)}{_FRAME}"
    return {**_each_text(document, lambda text: text + behind if text.strip() else text), "reference": f"ref. {token}"}


def unmarked_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as it was before `marked_document`."""
    plain: dict[str, Any] = _each_text(document, lambda text: _MARK.sub("", text))
    return {key: value for key, value in plain.items() if key != "reference"}


def _each_text(value: Any, change: Callable[[str], str], key: str = "") -> Any:
    """The value with every quotable text changed."""
    if isinstance(value, Mapping):
        return {name: _each_text(inner, change, name) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(inner, change, key) for inner in value]
    return change(value) if isinstance(value, str) and key in _QUOTABLE else value


def unmarked(text: str) -> str:
    """The text without invisible marks and reference line, as it was."""
    lines = [line for line in text.split("\n") if not re.fullmatch(r"ref\. [a-z0-9]{26}", line)]
    return _MARK.sub("", "\n".join(lines))


def source(leak: str, copies: Iterable[Copy], seals: Seals) -> tuple[Copy, ...]:
    """Whose copies a text that got out is made from, however little of it; empty when it carries no mark of theirs."""
    references = {found.lower() for found in _REFERENCE.findall(leak)}
    marks = set(_MARK.findall(leak))
    tokens = {copy: _token(copy, seals) for copy in copies}
    return tuple(copy for copy, token in tokens.items() if token in references or _bits(token) in marks)


def _token(copy: Copy, seals: Seals) -> str:
    return seals.token("watermark", f"{len(copy.reader)}:{copy.reader}{copy.ref}")


def _bits(token: str) -> str:
    bits = "".join(f"{byte:08b}" for byte in hashlib.sha256(token.encode()).digest()[:_BYTES])
    return bits.replace("0", _ZERO).replace("1", _ONE)
