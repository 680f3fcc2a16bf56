"""EventSub's other events: what moderators, AutoMod and the streamer do. One method a kind.

Money never passes: of a subscription or a gift only what its writer said is kept. What the pipeline has no word for (held
lines, warnings, unban requests, shield mode) is told to the operator's log, without the text of any line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from streams.events import (
    Event,
    Message,
    MessageRemoved,
    Role,
    RolesChanged,
    RoomClosed,
    RoomKey,
    RoomLive,
    RoomSilenced,
    Sender,
    SenderFreed,
    SenderSilenced,
)
from streams.tolerant import as_dict, as_list, as_text, dig
from streams.twitch.frames import NO_INSTANT, read_instant
from streams.twitch.texts import roles_of, unpadded

log = structlog.get_logger(__name__)

Fields = dict[str, Any]
Handler = Callable[[Fields, RoomKey, float], list[Event]]


class Notices:
    """Turns events that are no chat lines into ours. ``own_id`` is our account's."""

    def __init__(self, own_id: str) -> None:
        self._own_id = own_id
        self._emote_only: dict[RoomKey, bool] = {}
        self.handlers: dict[str, Handler] = {
            "channel.chat.notification": self._noted,
            "channel.chat.message_delete": self._deleted,
            "channel.chat.clear_user_messages": self._sender_cleared,
            "channel.chat.clear": self._cleared,
            "channel.chat_settings.update": self._settings,
            "channel.moderate": self._moderated,
            "user.whisper.message": self._whispered,
            "stream.online": lambda event, room, at_s: [RoomLive(room, at_s)],
            "stream.offline": lambda event, room, at_s: [RoomClosed(room, at_s)],
            "automod.message.hold": self._told("AutoMod holds a line", "reason"),
            "automod.message.update": self._told("a held line was settled", "status"),
            "channel.suspicious_user.message": self._told("a suspicious user wrote", "low_trust_status"),
            "channel.suspicious_user.update": self._told("a user is watched otherwise", "low_trust_status"),
            "channel.unban_request.create": self._told("somebody asks to be unbanned", "id"),
            "channel.unban_request.resolve": self._resolved,
            "channel.warning.send": self._told("somebody was warned", "moderator_user_login"),
            "channel.warning.acknowledge": self._told("a warning was acknowledged"),
            "channel.shield_mode.begin": self._told("shield mode begins", "moderator_user_login"),
            "channel.shield_mode.end": self._told("shield mode ends", "moderator_user_login"),
        }
        self._actions: dict[str, Handler] = {
            "ban": self._banned,
            "timeout": self._timed_out,
            "unban": self._freed,
            "untimeout": self._freed,
            "delete": self._deleted_by,
            "shared_chat_delete": self._deleted_by,
            "clear": self._cleared,
            "mod": self._made_moderator,
            "unmod": self._made_viewer,
            "approve_unban_request": self._request_approved,
        }

    # -- chat ------------------------------------------------------------------------------------------------------

    def _noted(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        """What somebody wrote into an announcement, a subscription, a raid. An anonymous giver wrote nothing."""
        text, sender_id = unpadded(as_text(dig(event, "message", "text"))), as_text(event.get("chatter_user_id"))
        if not text or not sender_id or event.get("chatter_is_anonymous") is True:
            return []
        roles = roles_of(as_text(dig(badge, "set_id")) for badge in as_list(event.get("badges")))
        roles |= Role.SELF if sender_id == self._own_id else Role.VIEWER
        name = as_text(event.get("chatter_user_name")).strip() or as_text(event.get("chatter_user_login"))
        source = as_text(event.get("source_broadcaster_user_id"))
        mirrored = bool(source) and source != event.get("broadcaster_user_id")
        sender = Sender(sender_id, name, roles)
        return [Message(room, as_text(event.get("message_id")), sender, text, at_s, mirrored=mirrored)]

    def _whispered(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        """A line said to us alone."""
        text, sender_id = unpadded(as_text(dig(event, "whisper", "text"))), as_text(event.get("from_user_id"))
        if not text or not sender_id or sender_id == self._own_id:
            return []
        name = as_text(event.get("from_user_name")).strip() or as_text(event.get("from_user_login"))
        return [Message(room, as_text(event.get("whisper_id")), Sender(sender_id, name), text, at_s, private=True)]

    def _deleted(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        message_id = as_text(event.get("message_id"))
        return [MessageRemoved(room, at_s, message_id=message_id)] if message_id else []

    def _sender_cleared(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        sender_id = as_text(event.get("target_user_id"))
        return [MessageRemoved(room, at_s, sender_id=sender_id)] if sender_id else []

    def _cleared(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        return [MessageRemoved(room, at_s)]

    def _settings(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        """With emotes only nobody can write; the other modes let some write on."""
        only = event.get("emote_mode") is True
        if self._emote_only.get(room, False) is only:
            return []
        self._emote_only[room] = only
        return [RoomSilenced(room, at_s, on=only)]

    # -- what moderators do ----------------------------------------------------------------------------------------

    def _moderated(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        """One of many actions; those that concern nobody's right to write are told to the log."""
        action = as_text(event.get("action"))
        handler = self._actions.get(action)
        if handler is not None:
            return handler(event, room, at_s)
        log.info("a moderator acted", room=room, action=action, by=as_text(event.get("moderator_user_login")))
        return []

    def _banned(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        sender_id = as_text(dig(event, "ban", "user_id"))
        return [SenderSilenced(room, at_s, sender_id, banned=True, by=_by(event))] if sender_id else []

    def _timed_out(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        sender_id = as_text(dig(event, "timeout", "user_id"))
        end = read_instant(dig(event, "timeout", "expires_at"))
        until_s = None if end is NO_INSTANT else end.timestamp()
        return [SenderSilenced(room, at_s, sender_id, until_s=until_s, by=_by(event))] if sender_id else []

    def _freed(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        sender_id = as_text(dig(event, as_text(event.get("action")), "user_id"))
        return [SenderFreed(room, at_s, sender_id, by=_by(event))] if sender_id else []

    def _deleted_by(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        return self._deleted(as_dict(event.get(as_text(event.get("action")))), room, at_s)

    def _made_moderator(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        return self._role(as_text(dig(event, "mod", "user_id")), room, at_s, Role.MODERATOR)

    def _made_viewer(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        return self._role(as_text(dig(event, "unmod", "user_id")), room, at_s, Role.VIEWER)

    def _role(self, sender_id: str, room: RoomKey, at_s: float, roles: Role) -> list[Event]:
        roles |= Role.SELF if sender_id == self._own_id else Role.VIEWER
        return [RolesChanged(room, at_s, sender_id, roles)] if sender_id else []

    def _request_approved(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        sender_id = as_text(dig(event, "unban_request", "user_id"))
        return [SenderFreed(room, at_s, sender_id, by=_by(event))] if sender_id else []

    def _resolved(self, event: Fields, room: RoomKey, at_s: float) -> list[Event]:
        sender_id = as_text(event.get("user_id"))
        log.info("an unban request was settled", room=room, status=as_text(event.get("status")), user=sender_id)
        if event.get("status") != "approved" or not sender_id:
            return []
        return [SenderFreed(room, at_s, sender_id, by=_by(event))]

    def _told(self, what: str, *keys: str) -> Handler:
        """A handler that tells the operator's log, naming the user and ``keys`` of the event."""

        def tell(event: Fields, room: RoomKey, at_s: float) -> list[Event]:
            log.info(
                what, room=room, user=as_text(event.get("user_id")), **{key: as_text(event.get(key)) for key in keys}
            )
            return []

        return tell


def _by(event: Fields) -> str | None:
    return as_text(event.get("moderator_user_login")) or None
