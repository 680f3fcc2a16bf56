"""Notifications become events: a line of chat here, everything else by `notices`. Pure but for the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import structlog

from streams.events import Event, Message, Role, RoomKey, Sender, room_key
from streams.twitch.frames import NO_INSTANT, ChatMessage, Frame, read_chat, read_payload
from streams.twitch.notices import Notices
from streams.twitch.texts import joined, roles_of, unpadded, without_address

log = structlog.get_logger(__name__)

CHAT_MESSAGE = "channel.chat.message"
PRIVATE = room_key("twitch", "")
_KINDS_CAP = 256
_VIEWER = Role.VIEWER


class Tally:
    """What could not be used, by kind. Each kind is logged the first time, so that a change of Twitch is noticed."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, kind: str, detail: str = "") -> None:
        """Count one case of ``kind``."""
        if kind not in self.counts and len(self.counts) >= _KINDS_CAP:
            kind = "other"
        self.counts[kind] += 1
        if self.counts[kind] == 1:
            log.info("not understood", platform="twitch", kind=kind, detail=detail[:200])


class Decoder:
    """Decodes notifications. ``rooms`` maps the ids of wanted channels to their keys, ``own_id`` is our account's."""

    def __init__(self, rooms: Mapping[str, RoomKey], own_id: str, tally: Tally) -> None:
        self.own_id = own_id
        self.tally = tally
        self._rooms = rooms
        self._notices = Notices(own_id)

    def decode(self, frame: Frame, now_s: float) -> list[Event]:
        """The events of one notification; what is not understood is counted, never lost unseen."""
        metadata = frame.metadata
        at_s = metadata.message_timestamp.timestamp() if metadata.message_timestamp is not NO_INSTANT else now_s
        if metadata.subscription_type == CHAT_MESSAGE:
            return self._chat(read_chat(frame.payload), at_s)
        return self._notice(frame, at_s)

    def _chat(self, said: ChatMessage | None, at_s: float) -> list[Event]:
        if said is None:
            self.tally.count(f"odd {CHAT_MESSAGE}")
            return []
        room = self._rooms.get(said.broadcaster_user_id)
        if room is None:
            return []  # left meanwhile
        text, reply = unpadded(said.message.text), said.reply
        if reply is not None:
            text = without_address(text, reply.parent_user_name, reply.parent_user_login)
        if not text:
            return []
        source = said.source_broadcaster_user_id
        message = Message(
            room,
            said.message_id,
            Sender(said.chatter_user_id, said.chatter_user_name.strip() or said.chatter_user_login, self._roles(said)),
            text,
            at_s,
            reply.parent_message_id if reply else None,
            (reply.parent_user_id or None) if reply else None,
            canned=_all_emotes(said),
            mirrored=source is not None and source != said.broadcaster_user_id,
        )
        return [message]

    def _roles(self, said: ChatMessage) -> Role:
        """From the badges worn here alone; those of the source room of a shared chat give no right."""
        roles = roles_of([badge.set_id for badge in said.badges]) if said.badges else _VIEWER
        return joined(roles, Role.SELF) if said.chatter_user_id == self.own_id else roles

    def _notice(self, frame: Frame, at_s: float) -> list[Event]:
        kind = frame.metadata.subscription_type
        handler = self._notices.handlers.get(kind)
        event = read_payload(frame.payload).get("event")
        if handler is None or not isinstance(event, dict):
            self.tally.count(f"unknown {kind}" if handler is None else f"odd {kind}")
            return []
        broadcaster = event.get("broadcaster_user_id")
        room = PRIVATE if broadcaster is None else self._rooms.get(str(broadcaster))
        return handler(event, room, at_s) if room is not None else []


def _all_emotes(said: ChatMessage) -> bool:
    """Whether the line is nothing but emotes: what many type alike when they rejoice."""
    for piece in said.message.fragments:
        if piece.type != "emote" and not piece.text.isspace():
            return False
    return bool(said.message.fragments)
