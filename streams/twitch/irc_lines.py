"""Twitch's IRC lines: what is a line, and what a line tells. Pure.

The wire is IRC's own (`streams.irc.wire`); Twitch writes it strictly, so that a line out of shape is no line of Twitch's
and is not read. Money (subscriptions, gifts, bits) is dropped here: of a USERNOTICE only what its writer said is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from streams.events import Event, Message, MessageRemoved, Role, RoomKey, Sender, SenderSilenced
from streams.irc.wire import Line, parse
from streams.twitch.texts import roles_of, unpadded, without_address

_SHAPE = re.compile(r"(?:@[^ ]+ )?(?::[^ ]+ )?(?:[A-Za-z]+|[0-9]{3})(?: [^ :][^ ]*)*(?: :.*)?", re.DOTALL)
"""One space between two parts, and a command of letters or three digits."""

_ROLE_BADGES = ("moderator/", "broadcaster/", "bot-badge/")
"""Where none of these stands in the badges, none of them is a role."""
MakeId = Callable[[], str]


def read_line(text: str) -> Line | None:
    """The line; None when it is none that Twitch would write."""
    return parse(text) if _SHAPE.fullmatch(text) else None


def read_said(line: Line, room: RoomKey, now_s: float, make_id: MakeId) -> Message | None:
    """A PRIVMSG, or what somebody wrote into a USERNOTICE; None where nothing was said.

    ``make_id`` serves a line without an id, which Twitch itself does not send.
    """
    text = unpadded(_spoken(line.param(1)))
    if not text:
        return None
    value = line.value
    reply_to = value(";reply-parent-msg-id=")
    if reply_to:
        names = value(";reply-parent-user-login="), value(";reply-parent-display-name=")
        text = without_address(text, *names)
    source_room = value(";source-room-id=")
    return Message(
        room,
        value(";id=") or make_id(),
        _sender(line),
        text,
        sent_s(line, now_s),
        reply_to or None,
        value(";reply-parent-user-id=") if reply_to else None,
        canned=value(";emote-only=") == "1",
        mirrored=bool(source_room) and source_room != value(";room-id="),
    )


def read_clearing(line: Line, room: RoomKey, now_s: float) -> list[Event]:
    """CLEARCHAT: the whole chat was cleared, or somebody was timed out (for whole seconds) or banned (without)."""
    at_s = sent_s(line, now_s)
    target = line.value(";target-user-id=")
    if not line.param(1):
        return [MessageRemoved(room, at_s)]
    if not target:
        return []
    duration = line.value(";ban-duration=") or ""
    until_s = at_s + int(duration) if duration.isascii() and duration.isdigit() and len(duration) < 10 else None
    silenced = SenderSilenced(room, at_s, target, until_s=until_s, banned=until_s is None)
    return [MessageRemoved(room, at_s, sender_id=target), silenced]


def read_removal(line: Line, room: RoomKey, now_s: float) -> list[Event]:
    """CLEARMSG: one message was taken out."""
    target = line.value(";target-msg-id=")
    return [MessageRemoved(room, sent_s(line, now_s), message_id=target)] if target else []


def sent_s(line: Line, now_s: float) -> float:
    """The instant Twitch stamped on the line; ``now_s`` where there is none that can be one."""
    stamp = line.value(";tmi-sent-ts=")
    if stamp is None or len(stamp) != 13 or not (stamp.isascii() and stamp.isdigit()):
        return now_s
    return int(stamp) / 1000


def _sender(line: Line) -> Sender:
    """Who wrote it. Roles come from ``mod`` and the badges worn here, never from the source room's of a shared chat."""
    value = line.value
    name = (value(";display-name=") or "").strip() or value(";login=") or line.nick
    badges = value(";badges=")
    roles = Role.MODERATOR if value(";mod=") == "1" else Role.VIEWER
    if badges and any(badge in badges for badge in _ROLE_BADGES):
        roles |= roles_of(badge.partition("/")[0] for badge in badges.split(","))
    return Sender(value(";user-id=") or None, name, roles)


def _spoken(text: str) -> str:
    """The text of a ``/me`` line without its wrapping."""
    return text[8:].removesuffix("\x01") if text.startswith("\x01ACTION ") else text
