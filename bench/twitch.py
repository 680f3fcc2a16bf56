"""Twitch decoding: EventSub frames and IRC lines to our Messages, and to others' objects, from the same bytes."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from bench.irc import synthetic_lines, their_parser
from bench.row import Row, alternate
from streams.events import Message, RoomKey
from streams.twitch.decode import Decoder, Tally
from streams.twitch.frames import read_frame
from streams.twitch.irc_lines import read_line, read_said

ROOM = RoomKey("twitch:bench")
EVENTSUB, IRC = "EventSub frame to message", "Twitch IRC line to message"
GATE_TWITCHIO, GATE_TWITCHAPI, GATE_IRC = 4.0, 15.0, 3.5
FRAMES, LINES = 4_000, 20_000
NOTE = "CPU time, results kept; the others build every field and name, we read the needed ones"

Read = Callable[[str], object]


def run(quick: bool) -> list[Row]:
    """Three comparisons, each with rounds by turns on the same input."""
    rounds = 3 if quick else 9
    frames, lines = synthetic_frames(FRAMES), synthetic_lines(LINES)
    return [
        _against(f"{EVENTSUB}, TwitchIO", decode_frame, twitchio_reader(), frames, GATE_TWITCHIO, rounds),
        _against(f"{EVENTSUB}, twitchAPI", decode_frame, twitchapi_reader(), frames, GATE_TWITCHAPI, rounds),
        _against(f"{IRC}, twitchAPI", decode_line, their_parser(), lines, GATE_IRC, rounds),
    ]


def _against(name: str, ours: Read, other: Read | None, texts: list[str], gate: float, rounds: int) -> Row:
    if other is None:
        return Row(name, "", "", None, gate, "the other is not installed")
    ratio, our_s, their_s = alternate(lambda: _cpu_s(ours, texts), lambda: _cpu_s(other, texts), rounds)
    return Row(name, f"{1 / our_s:,.0f} lines/s", f"{1 / their_s:,.0f} lines/s", ratio, gate, NOTE)


def _cpu_s(read: Read, texts: list[str]) -> float:
    """CPU seconds a line. What is read is kept, as a room's memory keeps its lines."""
    begin = time.process_time()
    kept = [read(text) for text in texts]
    assert all(kept)
    return (time.process_time() - begin) / len(texts)


_decoder = Decoder({"1971641": ROOM}, "1001", Tally())


def decode_frame(text: str) -> list[Any]:
    """A frame as the feed reads it."""
    frame = read_frame(text)
    return [] if frame is None else list(_decoder.decode(frame, 0.0))


def decode_line(text: str) -> Message | None:
    """An IRC line as the feed reads it."""
    line = read_line(text)
    return None if line is None else read_said(line, ROOM, 0.0, str)


def twitchio_reader() -> Read | None:
    """TwitchIO's own way from a frame to its object: what its websocket does before it calls a handler."""
    try:
        create = import_module("twitchio.models.eventsub_").create_event_instance
        from_json = import_module("twitchio.utils")._from_json
    except ImportError:
        return None

    def read(text: str) -> object:
        data = from_json(text)
        return create(data["metadata"]["subscription_type"], data, http=None)

    return read


def twitchapi_reader() -> Read | None:
    """twitchAPI's own way: what its websocket does before it calls a handler."""
    try:
        event = import_module("twitchAPI.object.eventsub").ChannelChatMessageEvent
    except ImportError:
        return None

    def read(text: str) -> object:
        data = json.loads(text)
        return event(**{**data["payload"], "metadata": data["metadata"]})

    return read


def synthetic_frames(count: int) -> list[str]:
    """Frames of channel.chat.message with every key of today, about random people; always the same."""
    draw = random.Random(7)
    return [json.dumps(_frame(draw, number), ensure_ascii=False, separators=(",", ":")) for number in range(count)]


def _frame(draw: random.Random, number: int) -> dict[str, Any]:
    condition = {"broadcaster_user_id": "1971641", "user_id": "1001"}
    transport = {"method": "websocket", "session_id": "AgoQHR3s6Mb4T8GFB1l3DlPfiRIGY2VsbC1h"}
    subscription = {
        "id": "0b7f3361-672b-4d39-b307-dd5b576c9b27", "status": "enabled", "type": "channel.chat.message", "version": "1",
        "condition": condition, "transport": transport, "created_at": "2023-11-06T18:11:47.492253549Z", "cost": 0,
    }  # fmt: skip
    metadata = {
        "message_id": _uuid(draw), "message_type": "notification",
        "message_timestamp": f"2023-11-06T18:{number % 60:02}:51.{draw.randrange(10**9):09}Z",
        "subscription_type": "channel.chat.message", "subscription_version": "1",
    }  # fmt: skip
    return {"metadata": metadata, "payload": {"subscription": subscription, "event": _event(draw)}}


def _event(draw: random.Random) -> dict[str, Any]:
    user = f"viewer{draw.randrange(5000)}"
    pieces = _fragments(draw)
    nobody = {"source_broadcaster_user_id": None, "source_broadcaster_user_login": None}
    badges = draw.choice([[], ["subscriber", "premium"], ["moderator", "subscriber"], ["vip"]])
    return {
        "broadcaster_user_id": "1971641", "broadcaster_user_login": "streamer", "broadcaster_user_name": "streamer",
        "chatter_user_id": str(draw.randrange(10**9)), "chatter_user_login": user, "chatter_user_name": user.title(),
        "message_id": _uuid(draw), "color": "#00FF7F", "message_type": "text", "cheer": None,
        "message": {"text": "".join(piece["text"] for piece in pieces), "fragments": pieces},
        "badges": [{"set_id": name, "id": "1", "info": ""} for name in badges],
        "reply": _reply(draw) if draw.random() < 0.1 else None,
        "channel_points_custom_reward_id": None, "channel_points_animation_id": None, **nobody,
        "source_broadcaster_user_name": None, "source_message_id": None, "source_badges": None, "is_source_only": None,
    }  # fmt: skip


def _fragments(draw: random.Random) -> list[dict[str, Any]]:
    words = ["hello", "lol", "what a play", "gg", "where is the map?", "好的", "again and again"]
    plain: dict[str, Any] = {"type": "text", "text": " ".join(draw.choices(words, k=draw.randint(1, 5)))}
    plain |= {"cheermote": None, "emote": None, "mention": None}
    if draw.random() < 0.7:
        return [plain]
    emote = {"id": "25", "emote_set_id": "0", "owner_id": "0", "format": ["static"]}
    return [plain, {**plain, "text": " "}, {**plain, "type": "emote", "text": "Kappa", "emote": emote}]


def _reply(draw: random.Random) -> dict[str, str]:
    ident, who = _uuid(draw), {"user_id": "7", "user_login": "ann", "user_name": "Ann"}
    parent = {f"parent_{key}": value for key, value in who.items()}
    thread = {f"thread_{key}": value for key, value in who.items()}
    return {"parent_message_id": ident, "parent_message_body": "gg", **parent, "thread_message_id": ident, **thread}


def _uuid(draw: random.Random) -> str:
    text = f"{draw.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
