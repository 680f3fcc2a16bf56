"""The events of the open platform (``LIVE_OPEN_PLATFORM_…``). Pure.

A sender is known by an open id, which is this application's alone; the account number is 0 since 2024.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streams.bilibili.facts import RoomFacts
from streams.events import Event, Message, MessageRemoved, RoomClosed, RoomLive, Sender
from streams.tolerant import as_dict, as_id, as_int, as_list, as_seconds, as_text, dig

PREFIX = "LIVE_OPEN_PLATFORM_"


class PushingStopped(Exception):
    """The open platform ended our session: a new one has to be started."""


class OpenEvents:
    """Turns the open platform's events of one connection into ours."""

    def __init__(self, facts: RoomFacts) -> None:
        self.facts = facts
        self.handlers: dict[str, Callable[[dict[str, Any], float], list[Event]]] = {
            f"{PREFIX}DM": self._line,
            f"{PREFIX}DM_MIRROR": self._mirrored_line,
            f"{PREFIX}SUPER_CHAT": self._super_chat,
            f"{PREFIX}SUPER_CHAT_DEL": self._super_chats_removed,
            f"{PREFIX}LIVE_START": self._live,
            f"{PREFIX}LIVE_END": self._closed,
            f"{PREFIX}INTERACTION_END": self._ended,
        }

    def _line(self, event: dict[str, Any], now_s: float, *, mirrored: bool = False) -> list[Event]:
        data = as_dict(event.get("data"))
        text, sender = as_text(data.get("msg")), self._sender(data)
        if not text:
            return []
        sent_s = as_seconds(data.get("timestamp"), now_s)
        message = Message(
            room=self.facts.room,
            id=as_text(data.get("msg_id")) or f"{sender.id}-{sent_s}-{text}",
            sender=sender,
            text=text,
            sent_s=sent_s,
            reply_to_sender=as_text(data.get("reply_open_id")) or None,
            canned=as_int(data.get("dm_type")) == 1,
            mirrored=mirrored,
        )
        return [message]

    def _mirrored_line(self, event: dict[str, Any], now_s: float) -> list[Event]:
        return self._line(event, now_s, mirrored=True)

    def _super_chat(self, event: dict[str, Any], now_s: float) -> list[Event]:
        data = as_dict(event.get("data"))
        number, text = as_text(data.get("message_id")), as_text(data.get("message"))
        if not number or not text:
            return []
        sent_s = as_seconds(data.get("timestamp"), now_s)
        return [Message(room=self.facts.room, id=f"sc:{number}", sender=self._sender(data), text=text, sent_s=sent_s)]

    def _super_chats_removed(self, event: dict[str, Any], now_s: float) -> list[Event]:
        numbers = [as_text(number) for number in as_list(dig(event, "data", "message_ids"))]
        return [MessageRemoved(self.facts.room, now_s, message_id=f"sc:{number}") for number in numbers if number]

    def _sender(self, data: dict[str, Any]) -> Sender:
        sender_id = as_text(data.get("open_id")) or as_id(data.get("uid"))
        roles = self.facts.roles(sender_id, is_admin=as_int(data.get("is_admin")) == 1)
        return Sender(sender_id, as_text(data.get("uname")), roles)

    def _live(self, event: dict[str, Any], now_s: float) -> list[Event]:
        return [RoomLive(self.facts.room, now_s)]

    def _closed(self, event: dict[str, Any], now_s: float) -> list[Event]:
        return [RoomClosed(self.facts.room, now_s)]

    def _ended(self, event: dict[str, Any], now_s: float) -> list[Event]:
        raise PushingStopped("the open platform stopped pushing this room's events")
