"""EventSub frames and the hot events, decoded into what is needed of them. Pure.

The outer frame and a line of chat are read by types; everything rarer as plain dictionaries, tolerantly
(`streams.twitch.notices`). What the types refuse is read again tolerantly, so that an odd corner costs no line.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from streams.tolerant import NoJson, as_dict, as_list, as_text, dig, loads


class Metadata(msgspec.Struct, frozen=True, gc=False):
    """What every frame begins with. ``message_id`` stays the same when a frame is sent twice."""

    message_id: str
    message_type: str
    message_timestamp: datetime
    subscription_type: str = ""
    subscription_version: str = ""


class Frame(msgspec.Struct, frozen=True):
    """A frame whose payload was not read yet."""

    metadata: Metadata
    payload: msgspec.Raw


class Fragment(msgspec.Struct, frozen=True, gc=False):
    """A piece of a text; all of them together are the text."""

    type: str
    text: str


class Text(msgspec.Struct, frozen=True):
    """What was written."""

    text: str
    fragments: list[Fragment]


class Badge(msgspec.Struct, frozen=True, gc=False):
    """One badge."""

    set_id: str


class Reply(msgspec.Struct, frozen=True, gc=False):
    """What a line answers."""

    parent_message_id: str
    parent_user_id: str
    parent_user_login: str
    parent_user_name: str


class ChatMessage(msgspec.Struct, frozen=True):
    """A line of chat. ``source_broadcaster_user_id`` None: typed here; else in a shared chat, perhaps in that room."""

    broadcaster_user_id: str
    chatter_user_id: str
    chatter_user_login: str
    chatter_user_name: str
    message_id: str
    message: Text
    badges: list[Badge]
    reply: Reply | None = None
    source_broadcaster_user_id: str | None = None


class _ChatPayload(msgspec.Struct, frozen=True):
    event: ChatMessage


_read_frame = msgspec.json.Decoder(Frame).decode
_read_chat = msgspec.json.Decoder(_ChatPayload).decode


def read_frame(data: bytes | str) -> Frame | None:
    """The frame; None for what is none."""
    try:
        return _read_frame(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _tolerant_frame(data)


def read_chat(payload: bytes | msgspec.Raw) -> ChatMessage | None:
    """The line of chat in a payload; None where even its ids are missing."""
    try:
        return _read_chat(payload).event
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _tolerant_chat(payload)


def read_payload(payload: bytes | msgspec.Raw) -> dict[str, Any]:
    """Any other payload as it is; empty for what is no object."""
    try:
        return as_dict(loads(bytes(payload)))
    except NoJson:
        return {}


def _tolerant_frame(data: bytes | str) -> Frame | None:
    try:
        body = loads(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
    except NoJson:
        return None
    kind = as_text(dig(body, "metadata", "message_type"))
    if not kind:
        return None
    metadata = Metadata(
        as_text(dig(body, "metadata", "message_id")),
        kind,
        read_instant(dig(body, "metadata", "message_timestamp")),
        as_text(dig(body, "metadata", "subscription_type")),
        as_text(dig(body, "metadata", "subscription_version")),
    )
    return Frame(metadata, msgspec.Raw(msgspec.json.encode(_storable(as_dict(dig(body, "payload"))))))


def read_instant(value: Any) -> datetime:
    """An instant as written; the beginning of time for what is none, which stands for "now"."""
    try:
        return msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return NO_INSTANT


NO_INSTANT = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""Stands for an instant that was not told."""


def _storable(value: Any) -> Any:
    """The same without what JSON cannot say: halves of characters, numbers that are none."""
    if isinstance(value, dict):
        return {as_text(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return as_text(value) if isinstance(value, str) else value


def _tolerant_chat(payload: bytes | msgspec.Raw) -> ChatMessage | None:
    event = as_dict(read_payload(payload).get("event"))
    ids = [as_text(event.get(key)) for key in ("broadcaster_user_id", "chatter_user_id", "message_id")]
    if not all(ids):
        return None
    parent = as_dict(event.get("reply"))
    reply = Reply(*(as_text(parent.get(name)) for name in Reply.__struct_fields__))
    pieces = [
        Fragment(as_text(dig(piece, "type")), as_text(dig(piece, "text")))
        for piece in as_list(dig(event, "message", "fragments"))
    ]
    return ChatMessage(
        ids[0],
        ids[1],
        as_text(event.get("chatter_user_login")),
        as_text(event.get("chatter_user_name")),
        ids[2],
        Text(as_text(dig(event, "message", "text")) or "".join(piece.text for piece in pieces), pieces),
        [Badge(as_text(dig(badge, "set_id"))) for badge in as_list(event.get("badges"))],
        reply if reply.parent_message_id else None,
        as_text(event.get("source_broadcaster_user_id")) or None,
    )
