"""The server's side of the packet format, written on its own so that it does not share our client's mistakes."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import brotli  # type: ignore[import-untyped]  # the package ships no types

HEARTBEAT, HEARTBEAT_REPLY, MESSAGE, AUTH, AUTH_REPLY, ACK = 2, 3, 5, 7, 8, 24


def packet(operation: int, body: bytes, version: int = 0) -> bytes:
    """One packet as the server sends it."""
    return struct.pack(">IHHII", 16 + len(body), 16, version, operation, 0) + body


def frame(events: list[dict[str, Any]], protover: int) -> bytes:
    """Events as one frame, in the encoding the client asked for at login."""
    plain = b"".join(packet(MESSAGE, json.dumps(event, ensure_ascii=False).encode()) for event in events)
    if protover == 2:
        return packet(MESSAGE, zlib.compress(plain), 2)
    if protover == 3:
        return packet(MESSAGE, brotli.compress(plain, quality=4), 3)
    return plain


def split(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """``(operation, version, body)`` of each packet of a client's frame. Raises ValueError for broken ones."""
    while data:
        if len(data) < 16:
            raise ValueError(f"{len(data)} bytes are no packet")
        length, header, version, operation, _ = struct.unpack_from(">IHHII", data)
        if header != 16 or not 16 <= length <= len(data):
            raise ValueError(f"length {length}, header {header} in {len(data)} bytes")
        yield operation, version, data[16:length]
        data = data[length:]


def brotli_bomb(size: int) -> bytes:
    """A frame of a few hundred bytes that inflates to ``size``."""
    return packet(MESSAGE, brotli.compress(bytes(size), quality=9), 3)
