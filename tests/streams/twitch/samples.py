"""The captured samples, and how an event is shown in a golden file."""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from streams.events import Event, RoomKey

DATA = Path(__file__).parents[2] / "data" / "twitch"
ROOM = RoomKey("twitch:pajlada")
NOW_S = 1_790_000_000.0


def rows(collection: str) -> list[dict[str, Any]]:
    """The records of one file."""
    with (DATA / f"{collection}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def shown(event: Event) -> dict[str, Any]:
    """What is not as usual in an event, under its name."""
    return {type(event).__name__: _plain(event)}


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.name or str(value.value)
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        return {
            field.name: _plain(getattr(value, field.name))
            for field in fields
            if getattr(value, field.name) != field.default
        }
    return value


def check_golden(name: str, found: Iterable[tuple[str, list[Event]]]) -> None:
    """Compare with the golden file. Set ``REWRITE_GOLDEN=1`` to write it anew, then read the difference."""
    told = [
        json.dumps({"id": ident, "events": [shown(event) for event in events]}, ensure_ascii=False)
        for ident, events in found
    ]
    golden = DATA / f"{name}.golden.jsonl"
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text("\n".join(told) + "\n", encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8").splitlines()
