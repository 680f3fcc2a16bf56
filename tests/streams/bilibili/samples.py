"""Captured messages, and lines made up in their shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streams.bilibili.decode import Decoder
from streams.bilibili.facts import RoomFacts
from streams.events import Event, RoomKey

DATA = Path(__file__).parents[2] / "data" / "bilibili"
ROOM = RoomKey("bilibili:77")
FACTS = RoomFacts(ROOM, 545068, owner_id="9001", own_id="1001")
NOW_S = 1_700_000_000.0


def captured(collection: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """``(source, body)`` of one collection, in order."""
    with (DATA / f"{collection}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row["source"], row["body"]


def body_of(source: str, collection: str = "blive-message-listener") -> dict[str, Any]:
    """One captured body by its source."""
    return next(body for name, body in captured(collection) if name == source)


def encoded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def decoded(body: Any, facts: RoomFacts = FACTS) -> list[Event]:
    """The events of one body in a fresh connection."""
    return Decoder(facts).decode(encoded(body), NOW_S)


def a_line(
    text: str = "你好", *, uid: Any = 42, name: Any = "viewer", extra: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A DANMU_MSG of today's shape."""
    fields = {"id_str": "a1b2", "hit_combo": 0, "reply_mid": 0, **(extra or {})}
    mode = {"extra": json.dumps(fields, ensure_ascii=False), "mode": 0, "user": {"uid": uid, "base": {"name": name}}}
    activity = {"activity_identity": "", "activity_source": 0, "not_show": 0}
    meta = [0, 1, 25, 1, 1_699_999_999_123, 7, 0, "1a2b3c4d", 0, 0, 0, "", 0, "{}", "{}", mode, activity, 42]
    info = [meta, text, [uid, name, 0, 0, 0, 10000, 1, ""], [], [20, 0, 1, ">50000", 0], ["", ""], 0, 0, None]
    return {"cmd": "DANMU_MSG", "info": [*info, {"ts": 1_699_999_999, "ct": "ABCD1234"}, 0, 0, None, None, 0, 28, [7]]}
