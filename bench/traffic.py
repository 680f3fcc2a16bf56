"""Made-up chat for the benchmark: rooms with calm lines, a raid of variants in each, heavy-tailed senders."""

from __future__ import annotations

import json
import random
from typing import Any

import brotli  # type: ignore[import-untyped]  # the package ships no types

from bench.bilibili import LINES_A_FRAME, captured_lines, with_extra
from streams.bilibili.decode import Decoder
from streams.bilibili.facts import RoomFacts
from streams.bilibili.wire import pack
from streams.events import RoomKey

ROOMS = 50
RAID_SHARE = 0.05
RAIDERS = 40
"""Accounts that raid a room; each is muted at its first or second line and goes on."""
WORDS = "主播|今天|真的|好|强|哈哈|这|波|操作|可以|下|把|再|来|晚上|吃|什么|加油|歌|好听|第一次|看|画质|卡|了|声音"
RAID = "免费领皮肤加威信 xh{number:05d} 手慢无{suffix}"


def room_key(number: int) -> RoomKey:
    """The key of the n-th room."""
    return RoomKey(f"bilibili:{number}")


def decoders() -> list[Decoder]:
    """One decoder a room."""
    return [Decoder(RoomFacts(room_key(number), number, owner_id="1")) for number in range(ROOMS)]


def frames(count: int, seed: int = 7) -> list[tuple[int, bytes]]:
    """``count`` brotli frames of 35 lines with the number of their room."""
    chance = random.Random(seed)
    bodies = captured_lines()
    return [_frame(chance, bodies, number) for number in range(count)]


def _frame(chance: random.Random, bodies: list[dict[str, Any]], number: int) -> tuple[int, bytes]:
    packets = [_packet(chance, bodies, number % ROOMS, f"{number:08x}{place:08x}") for place in range(LINES_A_FRAME)]
    return number % ROOMS, pack(5, brotli.compress(b"".join(packets), quality=5), version=3)


def _packet(chance: random.Random, bodies: list[dict[str, Any]], room: int, identity: str) -> bytes:
    body = json.loads(with_extra(chance.choice(bodies), identity))
    raid = chance.random() < RAID_SHARE
    uid = 10**9 + 100 * room + chance.randrange(RAIDERS) if raid else 10**6 + int(400 * chance.random() ** 1.5)
    info = body["info"]
    info[0][9], info[0][12] = 0, 0
    info[1] = _raid(chance) if raid else _calm(chance)
    info[2][0], info[2][1], info[2][2] = uid, f"viewer{uid}", 0
    return pack(5, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), version=0)


def _raid(chance: random.Random) -> str:
    return RAID.format(number=12345, suffix=chance.choice("abcdefghij"))


def _calm(chance: random.Random) -> str:
    words = WORDS.split("|")
    return "".join(chance.choice(words) for _ in range(chance.randint(2, 9)))
