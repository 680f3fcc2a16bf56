"""Frames and STT: what others wrote byte for byte, and bytes that are none."""

from __future__ import annotations

import contextlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.douyu.wire import BODY_CAP, BrokenStream, Frames, escape, pack, read_object, unescape

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "douyu" / "vectors.json").read_text(encoding="utf-8")
)
MESSAGES = VECTORS["server_messages"]


@pytest.mark.parametrize("vector", VECTORS["client_frames"], ids=lambda one: one["object"]["type"])
def test_what_others_encode_we_encode_alike_and_read_back(vector: dict[str, Any]) -> None:
    raw = bytes.fromhex(vector["frame_hex"])
    assert pack(vector["object"]) == raw
    (body,) = Frames().feed(raw)
    assert body == vector["stt"]
    assert read_object(body) == vector["object"]


@pytest.mark.parametrize("vector", MESSAGES, ids=lambda one: one["id"])
def test_captured_messages_are_read(vector: dict[str, Any]) -> None:
    (body,) = Frames().feed(bytes.fromhex(vector["frame_hex_690"]))
    assert body == vector["stt"]
    assert read_object(body)["type"] == vector["stt"].partition("/")[0].removeprefix("type@=")


@pytest.mark.parametrize("vector", VECTORS["escaping"], ids=lambda one: one["raw"])
def test_a_value_survives_its_escape(vector: dict[str, str]) -> None:
    assert escape(vector["raw"]) == vector["escaped"]
    assert unescape(vector["escaped"]) == vector["raw"]


@pytest.mark.parametrize("name", ["concatenated", "truncated"])
def test_several_frames_in_one_message(name: str) -> None:
    frames = Frames()
    found = [read_object(body)["type"] for body in frames.feed(bytes.fromhex(VECTORS[name]["hex"]))]
    assert found == VECTORS[name]["expect"]


@pytest.mark.fault("F3")
@given(st.lists(st.integers(1, 400), max_size=40))
def test_however_the_stream_is_cut_the_messages_are_the_same(cuts: list[int]) -> None:
    stream = b"".join(bytes.fromhex(one["frame_hex_690"]) for one in MESSAGES)
    frames, found, place = Frames(), list[str](), 0
    for cut in [*cuts, len(stream)]:
        found += frames.feed(stream[place : place + cut])
        place += cut
    assert found == [one["stt"] for one in MESSAGES]


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=8))
def test_any_object_comes_back(fields: dict[str, str]) -> None:
    clean = {key: value for key, value in fields.items() if (key + value).isprintable() or not (key + value)}
    (body,) = Frames().feed(pack(clean)) if clean else ("",)
    assert read_object(body) == clean


@given(st.text())
def test_unescape_undoes_escape(value: str) -> None:
    assert unescape(escape(value)) == value


@pytest.mark.fault("X9")
@pytest.mark.parametrize(
    "head",
    [
        struct.pack("<IIHH", 0, 0, 690, 0),
        struct.pack("<IIHH", 8, 8, 690, 0),
        struct.pack("<IIHH", 20, 21, 690, 0),
        struct.pack("<IIHH", 2**31, 2**31, 690, 0),
        struct.pack("<IIHH", 2**32 - 1, 2**32 - 1, 690, 0),
        struct.pack("<IIHH", BODY_CAP + 10, BODY_CAP + 10, 690, 0),
        struct.pack("<IIHH", 20, 20, 7, 0),
        b"GET / HTTP/1.1\r\n",
    ],
)
def test_lengths_that_do_not_fit_end_the_stream(head: bytes) -> None:
    with pytest.raises(BrokenStream):
        Frames().feed(head)


@given(st.binary(max_size=4096))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(BrokenStream):
        for body in Frames().feed(data):
            read_object(body)


@pytest.mark.fault("X7")
def test_broken_text_is_replaced() -> None:
    raw = b"type@=chatmsg/txt@=\xff\xfe\xed\xa0\x80/"
    frame = struct.pack("<IIHH", len(raw) + 9, len(raw) + 9, 690, 0) + raw + b"\0"
    (body,) = Frames().feed(frame)
    assert "�" in read_object(body)["txt"]
    body.encode()
