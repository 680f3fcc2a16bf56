"""Packets: what goes in comes out, and no bytes whatever make us over-read, loop or swell (X9, X10)."""

from __future__ import annotations

import json
import struct
import tracemalloc
import zlib
from contextlib import suppress
from itertools import pairwise

import brotli  # type: ignore[import-untyped]  # the package ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.bilibili import wire
from streams.bilibili.wire import Framer, Operation, Packet, WireError, pack, unpack
from tests.simulators.bilibili import codec

BODIES = st.lists(st.binary(max_size=200), min_size=1, max_size=8)


def _compressed(plain: bytes, version: int) -> bytes:
    body = zlib.compress(plain) if version == 2 else brotli.compress(plain, quality=1)
    return pack(Operation.MESSAGE, body, version=version)


def _messages(bodies: list[bytes]) -> bytes:
    return b"".join(pack(Operation.MESSAGE, body, version=0) for body in bodies)


@given(bodies=BODIES, version=st.sampled_from([0, 2, 3]))
def test_every_packet_of_a_frame_comes_out_whole_and_in_order(bodies: list[bytes], version: int) -> None:
    plain = _messages(bodies)
    packets, faults = unpack(plain if version == 0 else _compressed(plain, version))
    assert packets == [Packet(Operation.MESSAGE, 0, body) for body in bodies]
    assert faults == []


@pytest.mark.parametrize("protover", [0, 1, 2, 3])
def test_frames_of_a_server_written_apart_are_understood(protover: int) -> None:
    events = [{"cmd": "DANMU_MSG", "n": number} for number in range(35)]
    packets, faults = unpack(codec.frame(events, protover))
    assert [json.loads(packet.body) for packet in packets] == events
    assert not faults


@given(data=st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_wire_error(data: bytes) -> None:
    for cut in (0, 1, 16):
        with suppress(WireError):
            unpack(data[cut:])


@given(
    length=st.integers(0, 2**32 - 1),
    header=st.integers(0, 2**16 - 1),
    version=st.integers(0, 5),
    operation=st.integers(0, 30),
    rest=st.binary(max_size=80),
)
@pytest.mark.fault("X9")
def test_no_header_makes_us_read_over_the_end(
    length: int, header: int, version: int, operation: int, rest: bytes
) -> None:
    data = struct.pack(">IHHII", length, header, version, operation, 1) + rest
    packets, _ = unpack(data)
    assert sum(len(packet.body) for packet in packets if packet.version < 2) <= len(rest)


@pytest.mark.fault("X9")
@pytest.mark.parametrize("length", [0, 1, 15, 17, 2**31, 2**32 - 1])
def test_a_false_length_is_a_fault_and_what_stood_before_it_is_kept(length: int) -> None:
    good = pack(Operation.MESSAGE, b"{}", version=0)
    bad = struct.pack(">IHHII", length, 16, 0, 5, 1)
    packets, faults = unpack(good + bad)
    assert packets == [Packet(5, 0, b"{}")]
    assert len(faults) == 1
    assert not faults[0].hostile


@pytest.mark.fault("X9")
@pytest.mark.parametrize("header", [0, 15, 40, 65535])
def test_a_false_header_length_is_a_fault(header: int) -> None:
    packets, faults = unpack(struct.pack(">IHHII", 20, header, 0, 5, 1) + b"body")
    assert packets == []
    assert str(header) in str(faults[0])


@pytest.mark.fault("X9")
def test_a_longer_header_is_believed_and_the_body_found_behind_it() -> None:
    packets, faults = unpack(struct.pack(">IHHII", 20, 18, 0, 5, 1) + b"xx{}")
    assert packets == [Packet(5, 0, b"{}")]
    assert not faults


@pytest.mark.fault("X9")
def test_unknown_versions_and_operations_are_handed_on_untouched() -> None:
    packets, faults = unpack(pack(5, b"a", version=9) + pack(99, b"b"))
    assert packets == [Packet(5, 9, b"a"), Packet(99, 1, b"b")]
    assert not faults


def test_the_heartbeats_echo_behind_its_answer_is_no_packet() -> None:
    reply = struct.pack(">IHHII", 20, 16, 1, 3, 1) + struct.pack(">I", 12345)
    for echo in (b"", b"[object Object]", b"{}"):
        packets, faults = unpack(reply + echo)
        assert packets == [Packet(3, 1, struct.pack(">I", 12345))]
        assert not faults


@pytest.mark.fault("X10")
@pytest.mark.parametrize("version", [2, 3])
def test_a_bomb_is_stopped_at_the_cap(version: int) -> None:
    """About 300 bytes of brotli hold 200 MB of zeros."""
    body = brotli.compress(bytes(200_000_000), quality=9) if version == 3 else zlib.compress(bytes(50_000_000))
    frame = pack(5, body, version=version)
    tracemalloc.start()
    with pytest.raises(WireError, match="inflates to more") as caught:
        unpack(frame)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.hostile
    assert peak <= 2 * wire.FRAME_OUTPUT_CAP + (4 << 20)


@pytest.mark.fault("X10")
def test_the_cap_is_one_for_the_whole_frame() -> None:
    """Four bodies of 6 MiB each are within the cap alone and pass it together."""
    body = _compressed(pack(5, bytes(6 << 20), version=0), 3)
    assert len(unpack(body).packets) == 1
    with pytest.raises(WireError, match="inflates"):
        unpack(body * 4)


@pytest.mark.fault("X10")
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("depth", [3, 50])
def test_compressed_bodies_inside_one_another_are_refused(version: int, depth: int) -> None:
    frame = _messages([b"{}"])
    for _ in range(depth):
        frame = _compressed(frame, version)
    with pytest.raises(WireError, match="deep") as caught:
        unpack(frame)
    assert caught.value.hostile


def test_two_deep_is_still_read() -> None:
    assert unpack(_compressed(_compressed(_messages([b"{}"]), 2), 3)).packets == [Packet(5, 0, b"{}")]


@pytest.mark.fault("X10")
def test_ten_thousand_tiny_members_are_refused() -> None:
    with pytest.raises(WireError, match="more than 4096 packets"):
        unpack(_compressed(_messages([b""]), 2) * 10_000)
    with pytest.raises(WireError, match="more than 4096 packets"):
        unpack(_compressed(_messages([b""] * 10_000), 3))


@pytest.mark.fault("X10")
def test_zlib_members_behind_the_first_are_a_fault() -> None:
    member = zlib.compress(_messages([b"{}"]))
    packets, faults = unpack(pack(5, member * 10_000, version=2))
    assert packets == []
    assert "follow the end" in str(faults[0])


@pytest.mark.fault("F2", "X10")
@pytest.mark.parametrize("version", [2, 3])
def test_a_body_cut_at_any_byte_gives_no_partial_packet(version: int) -> None:
    """And the packets beside it in the frame are still read."""
    whole = _compressed(_messages([b'{"cmd":"A"}', b'{"cmd":"B"}'] * 20), version)[16:]
    after = pack(5, b"after", version=0)
    for cut in range(len(whole)):
        packets, faults = unpack(pack(5, whole[:cut], version=version) + after)
        assert packets == [Packet(5, 0, b"after")]
        assert len(faults) == 1


@pytest.mark.fault("X10")
@pytest.mark.parametrize("version", [2, 3])
def test_garbage_behind_a_compressed_stream_is_a_fault(version: int) -> None:
    whole = _compressed(_messages([b"{}"]), version)[16:]
    packets, faults = unpack(pack(5, whole + b"garbage", version=version))
    assert packets == []
    assert len(faults) == 1


@pytest.mark.fault("F2")
def test_a_plain_frame_cut_at_any_byte_gives_whole_packets_only() -> None:
    bodies = [b'{"cmd":"A"}', b"{}", b'{"cmd":"CCC"}']
    frame = _messages(bodies)
    ends = {27, 45, 74}
    for cut in range(len(frame) + 1):
        packets, faults = unpack(frame[:cut])
        assert [packet.body for packet in packets] == bodies[: len(packets)]
        assert bool(faults) is (cut not in ends | {0})


@pytest.mark.fault("F3")
@given(bodies=BODIES, cuts=st.lists(st.integers(0, 1000), max_size=20))
def test_a_byte_stream_split_anywhere_gives_the_same_packets(bodies: list[bytes], cuts: list[int]) -> None:
    stream = _messages(bodies)
    points = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    framer = Framer()
    got = [packet for a, b in pairwise(points) for packet in framer.feed(stream[a:b])]
    assert b"".join(got) == stream
    assert len(got) == len(bodies)


@pytest.mark.fault("X9")
@given(data=st.binary(min_size=16, max_size=64))
def test_a_byte_stream_never_waits_for_an_absurd_length(data: bytes) -> None:
    length = int.from_bytes(data[:4], "big")
    framer = Framer()
    if length < 16 or length > wire.STREAM_PACKET_CAP:
        with pytest.raises(WireError):
            framer.feed(data)
