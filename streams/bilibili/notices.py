"""Everything else a web room tells: removals, mutes, roles, the stream's start and end, invited phrases. Pure.

Each function takes the plain JSON of one event. Rare as these are, they are read tolerantly: an unforeseen type makes
a field empty, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from streams.bilibili.facts import RoomFacts
from streams.events import (
    Event,
    FeedChanged,
    FeedState,
    Message,
    MessageRemoved,
    PhraseInvited,
    Role,
    RolesChanged,
    RoomClosed,
    RoomLive,
    RoomSilenced,
    Sender,
    SenderSilenced,
)
from streams.recent import Recent
from streams.tolerant import NoJson, as_dict, as_id, as_int, as_list, as_seconds, as_text, dig, loads

log = structlog.get_logger(__name__)

GUEST_MODE = "guest mode: the platform masks the senders; log in (platforms.bilibili.cookie) to moderate this room"
FOREVER_S = 2_145_888_000
"""``block_expired`` of a mute without an end, in Unix seconds."""
_VOTE, _EVERYONE_SAYS, _ENDED = 101, 102, 5


class Notices:
    """Turns the events of one connection that are no chat lines into ours; remembers what arrives twice."""

    def __init__(self, facts: RoomFacts) -> None:
        self.facts = facts
        self.handlers: dict[str, Callable[[dict[str, Any], float], list[Event]]] = {
            "SUPER_CHAT_MESSAGE": self._super_chat,
            "SUPER_CHAT_MESSAGE_JPN": self._super_chat,
            "SUPER_CHAT_MESSAGE_DELETE": self._super_chats_removed,
            "RECALL_DANMU_MSG": self._recalled,
            "ROOM_BLOCK_MSG": self._silenced,
            "ROOM_SILENT_ON": self._room_silenced,
            "ROOM_SILENT_OFF": self._room_opened,
            "room_admin_entrance": self._admin_made,
            "ROOM_ADMIN_REVOKE": self._admin_dismissed,
            "ROOM_ADMINS": self._admins_listed,
            "LIVE": self._live,
            "PREPARING": self._closed,
            "CUT_OFF": self._cut_off,
            "CUT_OFF_V2": self._cut_off,
            "WARNING": self._warned,
            "ROOM_LOCK": self._warned,
            "DANMU_AGGREGATION": self._phrase_counted,
            "DM_INTERACTION": self._interaction,
            "LOG_IN_NOTICE": self._masked,
        }
        self._super_chats = Recent(256)
        self._live_keys = Recent(16)
        self._admins: set[str] = set()

    def _super_chat(self, event: dict[str, Any], now_s: float) -> list[Event]:
        """A paid line is a chat line. The ``_JPN`` twin repeats it for Japanese rooms; the price is dropped."""
        data = as_dict(event.get("data"))
        number, text = as_text(data.get("id")), as_text(data.get("message"))
        if not number or not text or not self._super_chats.add(number):
            return []
        sender_id = as_id(data.get("uid"))
        roles = self.facts.roles(sender_id, is_admin=as_int(dig(data, "user_info", "manager")) == 1)
        sender = Sender(sender_id, as_text(dig(data, "user_info", "uname")), roles)
        sent_s = as_seconds(data.get("ts"), now_s)
        return [Message(room=self.facts.room, id=f"sc:{number}", sender=sender, text=text, sent_s=sent_s)]

    def _super_chats_removed(self, event: dict[str, Any], now_s: float) -> list[Event]:
        numbers = [as_text(number) for number in as_list(dig(event, "data", "ids"))]
        return [MessageRemoved(self.facts.room, now_s, message_id=f"sc:{number}") for number in numbers if number]

    def _recalled(self, event: dict[str, Any], now_s: float) -> list[Event]:
        """Kind 2 takes out all of one sender, 3 everything. Kind 1 was never captured: its target is unknown."""
        kind, target = as_int(dig(event, "data", "recall_type")), as_id(dig(event, "data", "target_id"))
        if kind == 2 and target:
            return [MessageRemoved(self.facts.room, now_s, sender_id=target)]
        return [MessageRemoved(self.facts.room, now_s)] if kind == 3 else []

    def _silenced(self, event: dict[str, Any], now_s: float) -> list[Event]:
        data = as_dict(event.get("data"))
        sender_id = as_id(data.get("uid")) or as_id(event.get("uid"))
        if sender_id is None:
            return []
        end = as_int(data.get("block_expired"))
        until_s = float(end) if 0 < end < FOREVER_S else None
        by = self.facts.owner_id if as_int(data.get("operator")) == 2 else None
        return [SenderSilenced(self.facts.room, now_s, sender_id, until_s=until_s, by=by)]

    def _room_silenced(self, event: dict[str, Any], now_s: float) -> list[Event]:
        end = as_int(dig(event, "data", "second"))
        return [RoomSilenced(self.facts.room, now_s, on=True, until_s=float(end) if end > 0 else None)]

    def _room_opened(self, event: dict[str, Any], now_s: float) -> list[Event]:
        return [RoomSilenced(self.facts.room, now_s, on=False)]

    def _admin_made(self, event: dict[str, Any], now_s: float) -> list[Event]:
        return self._role(as_id(event.get("uid")), now_s, is_admin=True)

    def _admin_dismissed(self, event: dict[str, Any], now_s: float) -> list[Event]:
        return self._role(as_id(event.get("uid")), now_s, is_admin=False)

    def _admins_listed(self, event: dict[str, Any], now_s: float) -> list[Event]:
        """The whole list: who is new on it is a moderator now, who is gone from it no longer."""
        listed = {uid for uid in map(as_id, as_list(event.get("uids"))) if uid}
        made, gone = sorted(listed - self._admins), sorted(self._admins - listed)
        events: list[Event] = []
        for uid in gone:
            events += self._role(uid, now_s, is_admin=False)
        for uid in made:
            events += self._role(uid, now_s, is_admin=True)
        return events

    def _role(self, uid: str | None, now_s: float, *, is_admin: bool) -> list[Event]:
        if uid is None:
            return []
        (self._admins.add if is_admin else self._admins.discard)(uid)
        roles: Role = self.facts.roles(uid, is_admin=is_admin)
        return [RolesChanged(self.facts.room, now_s, uid, roles)]

    def _live(self, event: dict[str, Any], now_s: float) -> list[Event]:
        """Sent twice for one stream (the call to start, then the first pictures): told once for each live key."""
        key = as_text(event.get("live_key"))
        if key and not self._live_keys.add(key):
            return []
        return [RoomLive(self.facts.room, now_s)]

    def _closed(self, event: dict[str, Any], now_s: float) -> list[Event]:
        return [RoomClosed(self.facts.room, now_s)]

    def _cut_off(self, event: dict[str, Any], now_s: float) -> list[Event]:
        self._warned(event, now_s)
        return self._closed(event, now_s)

    def _warned(self, event: dict[str, Any], now_s: float) -> list[Event]:
        """The platform acts against the streamer: nothing for the pipeline, something for the operator's log."""
        message = as_text(event.get("msg")) or as_text(event.get("expire"))
        log.warning("platform notice", room=self.facts.room, kind=as_text(event.get("cmd")), message=message)
        return []

    def _phrase_counted(self, event: dict[str, Any], now_s: float) -> list[Event]:
        return self._invite([dig(event, "data", "msg")], now_s)

    def _interaction(self, event: dict[str, Any], now_s: float) -> list[Event]:
        """A vote's options (101), and what the platform itself shows as "everyone is saying" (102)."""
        if as_int(dig(event, "data", "status")) == _ENDED:
            return []
        try:
            inner = loads(as_text(dig(event, "data", "data")).encode())
        except NoJson:
            return []
        kind = as_int(dig(event, "data", "type"))
        if kind == _VOTE:
            return self._invite([dig(option, "desc") for option in as_list(dig(inner, "options"))], now_s)
        if kind == _EVERYONE_SAYS:
            return self._invite([dig(item, "content") for item in as_list(dig(inner, "combo"))], now_s)
        return []

    def _invite(self, phrases: list[Any], now_s: float) -> list[Event]:
        texts = [as_text(phrase) for phrase in phrases[:16]]
        return [PhraseInvited(self.facts.room, now_s, text) for text in texts if text]

    def _masked(self, event: dict[str, Any], now_s: float) -> list[Event]:
        return [FeedChanged(self.facts.room, now_s, FeedState.BLIND, GUEST_MODE)]
