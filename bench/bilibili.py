"""Bilibili decoding: brotli frames of 35 captured lines to our Messages, and to others' objects, from the same bytes."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import sys
import time
from collections.abc import Callable
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]  # the package ships no types

from bench.row import Row, alternate, alternate_async
from streams.bilibili.decode import Decoder
from streams.bilibili.facts import RoomFacts
from streams.bilibili.wire import pack, unpack
from streams.events import Event, RoomKey

NAME = "Bilibili brotli frame to messages"
GATE = 5.0
"""Measured between 5.4 (quiet) and 7 (busy) on one shared machine of two cores; where it goes: docs/decisions/0008."""
LINES_A_FRAME = 35
NOTE = (
    "CPU time; blivedm builds every field of a line but leaves the JSON in extra unread, and hops to a thread for each "
    "frame; we read the needed fields, the message's id in extra too"
)
CAPTURES = Path(__file__).parents[1] / "tests" / "data" / "bilibili" / "blive-ws.jsonl"
EXTRA = {
    "send_from_me": False, "mode": 0, "color": 5566168, "dm_type": 0, "font_size": 25, "player_mode": 1,
    "show_player_type": 0, "content": "", "user_hash": "2725566022", "emoticon_unique": "", "bulge_display": 0,
    "recommend_score": 6, "main_state_dm_color": "", "objective_state_dm_color": "", "direction": 0,
    "pk_direction": 0, "quartet_direction": 0, "anniversary_crowd": 0, "yeah_space_type": "", "yeah_space_url": "",
    "jump_to_url": "", "space_type": "", "space_url": "", "animation": {}, "emots": None, "is_audited": False,
    "id_str": "", "icon": None, "show_reply": True, "reply_mid": 0, "reply_uname": "", "reply_uname_color": "",
    "reply_is_mystery": False, "reply_type_enum": 0, "hit_combo": 0, "esports_jump_url": "", "is_mirror": False,
    "is_collaboration_member": False, "card": {
        "card_type": 0, "oid_str": "", "oid_str_1": "", "origin_oid_str": "", "share_id": "", "share_origin": "",
        "from": "", "card_content": None,
    }, "voice": None, "background_type": 0,
}  # fmt: skip
"""The part of a captured line that its source had cut, in today's shape (the fields since 2025 as three independent
public captures show them, in their order)."""


def run(quick: bool) -> list[Row]:
    """Two comparisons, each with rounds by turns on the same frames."""
    frames = brotli_frames(20 if quick else 100)
    rounds = 3 if quick else 9
    return [_against_blivedm(frames, rounds), _against_plain(frames, rounds)]


def _against_plain(frames: list[bytes], rounds: int) -> Row:
    ratio, ours_s, other_s = alternate(lambda: _cpu_s(decode, frames), lambda: _cpu_s(decode_plainly, frames), rounds)
    note = "the other: brotli.decompress and json.loads of every packet, nothing built from it"
    return Row(f"{NAME}, plain json", _speed(ours_s), _speed(other_s), ratio, None, note)


def _against_blivedm(frames: list[bytes], rounds: int) -> Row:
    path = os.environ.get("BLIVEDM_PATH", "")
    if not path:
        return Row(NAME, "", "", None, GATE, "BLIVEDM_PATH is not set")
    sys.path.insert(0, path)
    try:
        ratio, ours_s, other_s = asyncio.run(_race_blivedm(frames, rounds))
    except ImportError as error:
        return Row(NAME, "", "", None, GATE, f"blivedm cannot be imported: {error}")
    finally:
        sys.path.remove(path)
    return Row(NAME, _speed(ours_s), _speed(other_s), ratio, GATE, NOTE)


async def _race_blivedm(frames: list[bytes], rounds: int) -> tuple[float, float, float]:
    client, heard = _blivedm_client()

    async def ours() -> float:
        return _cpu_s(decode, frames)

    async def other() -> float:
        begin = time.process_time()
        for frame in frames:
            await client._parse_ws_message(frame)
        cost_s = (time.process_time() - begin) / len(heard)
        assert len(heard) == len(frames) * LINES_A_FRAME
        heard.clear()  # or our turn would pay for a collector that walks over theirs
        return cost_s

    try:
        return await alternate_async(ours, other, rounds)
    finally:
        await client.close()


def _blivedm_client() -> tuple[Any, list[Any]]:
    """Its own client, to be fed with frames as if they came from its socket, and the lines its handler got."""
    blivedm = import_module("blivedm")
    heard: list[Any] = []

    class Handler(blivedm.BaseHandler):  # type: ignore[name-defined,misc]  # its type is unknown here
        def _on_danmaku(self, client: Any, message: Any) -> None:
            heard.append(message)

    client = blivedm.BLiveClient(545068, uid=0)
    client.set_handler(Handler())
    return client, heard


def _cpu_s(read: Callable[[bytes], list[Any]], frames: list[bytes]) -> float:
    """CPU seconds a line. What is read is kept, as a room's memory keeps its lines."""
    begin = time.process_time()
    kept = [read(frame) for frame in frames]
    assert sum(map(len, kept)) == len(frames) * LINES_A_FRAME
    return (time.process_time() - begin) / (len(frames) * LINES_A_FRAME)


def decode(frame: bytes) -> list[Event]:
    """A frame as the feed reads it: packets, then events."""
    return list(_decoder.events((packet.body for packet in unpack(frame).packets), 0.0))


_decoder = Decoder(RoomFacts(RoomKey("bilibili:545068"), 545068, owner_id="8739477"))


def decode_plainly(frame: bytes) -> list[Any]:
    """What one would write in an afternoon: no bounds, plain dictionaries."""
    data, offset, found = brotli.decompress(frame[16:]), 0, []
    while offset < len(data):
        (length,) = struct.unpack_from(">I", data, offset)
        found.append(json.loads(data[offset + 16 : offset + length]))
        offset += length
    return found


def brotli_frames(count: int) -> list[bytes]:
    """Frames of captured chat lines, 35 each; every line has an id of its own."""
    lines = cycle(captured_lines())
    return [_frame([next(lines) for _ in range(LINES_A_FRAME)], number) for number in range(count)]


def captured_lines() -> list[dict[str, Any]]:
    """The captured chat lines, as their JSON bodies."""
    with CAPTURES.open(encoding="utf-8") as rows:
        bodies = [json.loads(row)["body"] for row in rows]
    return [body for body in bodies if body["cmd"].startswith("DANMU_MSG")]


def _frame(bodies: list[dict[str, Any]], number: int) -> bytes:
    packets = [pack(5, with_extra(body, f"{number:08x}{place:08x}"), version=0) for place, body in enumerate(bodies)]
    return pack(5, brotli.compress(b"".join(packets), quality=5), version=3)


def with_extra(body: dict[str, Any], identity: str) -> bytes:
    """The line as today's platform would send it, compact."""
    info = list(body["info"])
    meta = list(info[0])
    extra = {**EXTRA, "content": info[1], "id_str": identity * 2}
    user = _user(info[2][0], info[2][1], info[3])
    meta[15] = {**meta[15], "extra": _compact(extra), "user": user}
    return _compact({**body, "info": [meta, *islice(info, 1, None)]}).encode()


def _compact(value: Any) -> str:
    """As the platform writes JSON: no spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _user(uid: int, name: str, medal: list[Any]) -> dict[str, Any]:
    """The object about the sender, which lines carry since 2023 beside the older arrays."""
    face = "https://i0.hdslb.com/bfs/face/member/noface.jpg"
    colours = {"color": 0, "color_border": 0, "color_end": 0, "color_start": 0, "v2_medal_color_border": "#5FC7F4FF"}
    worn = {
        **colours, "guard_icon": "", "guard_level": 0, "honor_icon": "", "id": 0, "is_light": 1, "typ": 0,
        "level": medal[0] if medal else 0, "name": medal[1] if medal else "", "ruid": medal[12] if medal else 0,
        "score": 50022135, "user_receive_count": 0, "v2_medal_color_end": "#43B3E3CC", "v2_medal_color_level": "#00308C99",
        "v2_medal_color_start": "#43B3E3CC", "v2_medal_color_text": "#FFFFFFFF",
    }  # fmt: skip
    official = {"desc": "", "role": 0, "title": "", "type": -1}
    base = {
        "face": face, "is_mystery": False, "name": name, "name_color": 0, "name_color_str": "",
        "official_info": official, "origin_info": {"face": face, "name": name}, "risk_ctrl_info": None,
    }  # fmt: skip
    title = {"old_title_css_id": "", "title_css_id": ""}
    guard = {"guard_leader": {"is_guard_leader": False}, "guard": None, "wealth": None, "uhead_frame": None}
    return {"base": base, **guard, "medal": worn if medal else None, "title": title, "uid": uid}


def _speed(cost_s: float) -> str:
    return f"{1 / cost_s:,.0f} lines/s"
