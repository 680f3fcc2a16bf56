"""Packets of Bilibili's chat: 16 bytes of header, a body, and packets inside compressed bodies. Pure.

Every length in a packet is the peer's claim: it is compared with the bytes at hand before anything is read or made,
and what a body inflates to is bounded, so that no frame can make us read over its end, loop or swell.

Source of the layout: the packet tables of several independent clients (header of five big-endian fields; body
versions 0 plain, 1 plain control, 2 zlib, 3 brotli; the heartbeat reply that is longer than it says).
"""

from __future__ import annotations

import enum
import struct
import zlib
from typing import NamedTuple

import brotli  # type: ignore[import-untyped]  # the package ships no types
import msgspec

HEADER = struct.Struct(">IHHII")
"""Packet length, header length, body version, operation, sequence."""

FRAME_OUTPUT_CAP = 16 << 20
"""Most bytes one frame may inflate to, all of its packets and depths together."""
FRAME_PACKET_CAP = 4096
"""Most packets one frame may hold, all depths together."""
DEPTH_CAP = 2
"""How many compressed bodies may lie inside one another; the platform itself uses one."""
STREAM_PACKET_CAP = 1 << 20
"""Longest packet accepted on a byte stream, where nothing else bounds a frame; in bytes."""
_COMPRESSED = (2, 3)
_FIRST_CHUNK = 256 << 10
"""An ordinary frame inflates within one chunk of this size; in bytes."""


class Operation(enum.IntEnum):
    """The operations a web client meets; others are counted and ignored."""

    HEARTBEAT = 2
    HEARTBEAT_REPLY = 3
    MESSAGE = 5
    AUTH = 7
    AUTH_REPLY = 8
    ACK = 24


class WireError(ValueError):
    """Bytes that are not what the protocol says. ``hostile``: no honest server sends this; close the connection."""

    def __init__(self, reason: str, *, hostile: bool = False) -> None:
        super().__init__(reason)
        self.hostile = hostile


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One packet as it reaches us: ``body`` is plain where ``version`` is 0 or 1, else of an unknown encoding."""

    operation: int
    version: int
    body: bytes


class Unpacked(NamedTuple):
    """What one frame held, and what was wrong with the rest of it (empty: nothing)."""

    packets: list[Packet]
    faults: list[WireError]


def pack(operation: int, body: bytes = b"", *, version: int = 1, sequence: int = 1) -> bytes:
    """One packet, ready to send."""
    return HEADER.pack(HEADER.size + len(body), HEADER.size, version, operation, sequence) + body


def unpack(frame: bytes) -> Unpacked:
    """Every packet of one frame, those inside compressed bodies included, in order.

    A damaged packet is left out and named in ``faults``; what stands before it, and after it where its length can
    be trusted, is kept. Raises WireError (``hostile``) for a frame that passes a cap.
    """
    unpacking = _Unpacking()
    unpacking.take(frame, depth=0)
    return Unpacked(unpacking.packets, unpacking.faults)


class _Unpacking:
    """The state of one :func:`unpack`: what was found, and what is left of the caps."""

    __slots__ = ("compressed", "faults", "output_left", "packets")

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.compressed = 0
        self.faults: list[WireError] = []
        self.output_left = FRAME_OUTPUT_CAP

    def take(self, data: bytes, depth: int) -> None:
        """Take the packets that lie back to back in ``data``, up to the first length that cannot be true.

        A heartbeat reply ends a frame: its length covers four bytes of body, but the server appends the body of the
        heartbeat it answers, which is no packet.
        """
        packets, offset, end, size, read = self.packets, 0, len(data), HEADER.size, _HEADER_AT_ONCE.unpack_from
        while offset < end:
            if len(packets) + self.compressed >= FRAME_PACKET_CAP:
                raise WireError(f"one frame holds more than {FRAME_PACKET_CAP} packets", hostile=True)
            left = end - offset
            length, kind, _ = read(data, offset) if left >= size else _NO_HEADER
            if kind == _PLAIN_MESSAGE and size <= length <= left:
                packets.append(Packet(_MESSAGE, 0, data[offset + size : offset + length]))
                offset += length
                continue
            header_length, version, operation = kind >> 48, kind >> 32 & 0xFFFF, kind & 0xFFFF_FFFF
            if not size <= header_length <= length <= left:
                self.faults.append(_false_claim(length, header_length, left))
                return
            if operation == _HEARTBEAT_REPLY and not depth:
                length, end = min(header_length + 4, left), 0
            body = data[offset + header_length : offset + length]
            if version in _COMPRESSED and operation == _MESSAGE:
                self._take_compressed(body, version, depth + 1)
            else:
                packets.append(Packet(operation, version, body))
            offset += length

    def _take_compressed(self, body: bytes, version: int, depth: int) -> None:
        if depth > DEPTH_CAP:
            raise WireError(f"compressed bodies lie more than {DEPTH_CAP} deep", hostile=True)
        self.compressed += 1
        try:
            plain = inflate(body, version, self.output_left)
        except WireError as error:
            if error.hostile:
                raise
            self.faults.append(error)
            return
        self.output_left -= len(plain)
        self.take(plain, depth)


_MESSAGE, _HEARTBEAT_REPLY = int(Operation.MESSAGE), int(Operation.HEARTBEAT_REPLY)
_HEADER_AT_ONCE = struct.Struct(">IQI")
"""The header with its three middle fields as one number."""
_PLAIN_MESSAGE = HEADER.size << 48 | _MESSAGE
"""Those fields of nearly every packet: compared as one, a frame is cut in half the time."""
_NO_HEADER = (0, 0, 0)


def _false_claim(length: int, header_length: int, left: int) -> WireError:
    if left < HEADER.size:
        return WireError(f"{left} bytes are left where a header of {HEADER.size} was expected")
    return WireError(f"a packet claims {length} bytes with a header of {header_length} where {left} are left")


def inflate(body: bytes, version: int, cap: int) -> bytes:
    """The plain bytes of a zlib (2) or brotli (3) body.

    Raises WireError, ``hostile`` when there is more than ``cap`` inside, else for a broken or truncated stream.
    """
    try:
        plain = _inflate_brotli(body, cap) if version == 3 else _inflate_zlib(body, cap)
    except (zlib.error, brotli.error) as error:
        raise WireError(f"a compressed body is broken: {error}") from None
    if len(plain) > cap:
        raise WireError(f"a frame inflates to more than {FRAME_OUTPUT_CAP} bytes", hostile=True)
    return plain


def _inflate_zlib(body: bytes, cap: int) -> bytes:
    inflater = zlib.decompressobj()
    plain = inflater.decompress(body, cap + 1)
    if len(plain) <= cap and not inflater.eof:
        raise WireError("a compressed body is cut short")
    if inflater.unused_data:
        raise WireError(f"{len(inflater.unused_data)} bytes follow the end of a compressed body")
    return plain


def _inflate_brotli(body: bytes, cap: int) -> bytes:
    """Brotli's output limit is soft (about twice what is asked), so it is asked for in chunks.

    A stream that is cut short answers with an empty chunk before it is finished.
    """
    inflater = brotli.Decompressor()
    plain = inflater.process(body, output_buffer_limit=min(_FIRST_CHUNK, cap + 1))
    if inflater.is_finished():
        return bytes(plain)
    chunks, size = [plain], len(plain)
    while chunks[-1] and size <= cap and not inflater.is_finished():
        chunks.append(inflater.process(b"", output_buffer_limit=min(1 << 20, cap - size + 1)))
        size += len(chunks[-1])
    if size <= cap and not inflater.is_finished():
        raise WireError("a compressed body is cut short")
    return b"".join(chunks)


class Framer:
    """Cuts a byte stream (raw TCP) into packets; over websockets every frame is whole already."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete now. Raises WireError (``hostile``) when the stream cannot be cut any more."""
        self._pending += data
        whole: list[bytes] = []
        while (packet := self._next()) is not None:
            whole.append(packet)
        return whole

    def _next(self) -> bytes | None:
        if len(self._pending) < HEADER.size:
            return None
        length, header_length, *_ = HEADER.unpack_from(self._pending)
        if not HEADER.size <= header_length <= length <= STREAM_PACKET_CAP:
            raise WireError(f"a packet claims {length} bytes with a header of {header_length}", hostile=True)
        if len(self._pending) < length:
            return None
        packet = bytes(self._pending[:length])
        del self._pending[:length]
        return packet
