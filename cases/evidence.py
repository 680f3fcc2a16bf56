"""Evidence in its one canonical form, and the digest that the history remembers it by."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any

import msgspec

from cases.model import Evidence

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD: what every database and every JSON reader takes."""
    return _UNSTORABLE.sub("\ufffd", text)


def scrubbed(value: Any) -> Any:
    """The same plain value (of dicts, lists, strings, numbers) with every text storable."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {key: scrubbed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed(inner) for inner in value]
    return value


def written_at(evidence: Evidence | None, otherwise: datetime) -> datetime:
    """When the first judged line was written; ``otherwise`` where there is none, or it says a later instant."""
    written = [line.at for line in evidence.lines if line.judged] if evidence else []
    return min([*written, otherwise])


def canonical(evidence: Evidence) -> bytes:
    """The evidence as JSON bytes, fields in the order of their declaration: equal evidence gives equal bytes."""
    try:
        encoded = msgspec.json.encode(evidence)
    except UnicodeEncodeError:  # a lone surrogate
        return msgspec.json.encode(scrubbed(msgspec.to_builtins(evidence)))
    if b"\\u0000" in encoded:
        return msgspec.json.encode(scrubbed(msgspec.to_builtins(evidence)))
    return encoded


def digest(evidence: Evidence) -> str:
    """SHA-256 of the canonical form, 64 hexadecimal digits."""
    return digest_of(canonical(evidence))


def digest_of(form: bytes) -> str:
    """The digest of evidence that is in its canonical form already."""
    return hashlib.sha256(form).hexdigest()
