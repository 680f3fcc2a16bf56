"""Douyu's frames and STT, the text inside them. Pure.

A frame is, little endian: u32 length, the same length again, u16 kind (689 from us, 690 from the server), two zero
bytes, the body in UTF-8 and one NUL. The length leaves out its own first field: 8 + body + 1. STT writes an object as
``key@=value/`` again and again; inside a value ``@`` stands as ``@A`` and ``/`` as ``@S``.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping

FROM_US, FROM_SERVER = 689, 690
BODY_CAP = 1 << 18
"""Longest body taken; a chat line has less than two thousand bytes."""
_HEAD = struct.Struct("<IIHBB")
_ESCAPED = re.compile("@[AS]")
_PLAIN = {"@A": "@", "@S": "/"}


class BrokenStream(Exception):
    """The lengths do not fit: where the next frame begins can no longer be known."""


def pack(fields: Mapping[str, str]) -> bytes:
    """A frame of ours around one object."""
    body = "".join(f"{escape(key)}@={escape(value)}/" for key, value in fields.items()).encode()
    length = 8 + len(body) + 1
    return _HEAD.pack(length, length, FROM_US, 0, 0) + body + b"\0"


def escape(value: str) -> str:
    """A value as it stands in STT."""
    return value.replace("@", "@A").replace("/", "@S")


def unescape(text: str) -> str:
    """The value behind its STT form, in one pass: two passes in the wrong order would make ``@AS`` a ``/``."""
    return _ESCAPED.sub(lambda found: _PLAIN[found[0]], text) if "@" in text else text


def read_object(text: str) -> dict[str, str]:
    """The fields of one STT object. Parts that are no field are left out; of a key told twice the last counts."""
    fields: dict[str, str] = {}
    for part in text.split("/"):
        key, told, value = part.partition("@=")
        if told and key:
            fields[unescape(key)] = unescape(value)
    return fields


class Frames:
    """Cuts a stream into the bodies of its frames; a chunk may hold several, and a frame may come in several."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[str]:
        """The bodies completed by this chunk. Raises BrokenStream, after which nothing more can be read."""
        self._buffer += data
        bodies: list[str] = []
        start = 0
        while len(self._buffer) - start >= _HEAD.size:
            length, again, kind, _, _ = _HEAD.unpack_from(self._buffer, start)
            if length != again or not 9 <= length <= BODY_CAP + 9 or kind not in (FROM_US, FROM_SERVER):
                raise BrokenStream(f"lengths {length} and {again}, kind {kind}")
            end = start + 4 + length
            if len(self._buffer) < end:
                break
            body = bytes(self._buffer[start + _HEAD.size : end])
            bodies.append(body.rstrip(b"\0").decode("utf-8", "replace"))
            start = end
        del self._buffer[:start]
        return bodies
