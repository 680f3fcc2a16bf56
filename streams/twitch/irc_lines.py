"""Twitch's IRC lines: what is a line, and what a line tells. Pure.

The wire is IRC's own (`streams.irc.wire`); Twitch writes it strictly, so that a line out of shape is no line of Twitch's
and is not read. Money (subscriptions, gifts, bits) is dropped here: of a USERNOTICE only what its writer said is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from streams.events import Event, Message, MessageRemoved, Role, RoomKey, Sender, SenderSilenced
from streams.irc.wire import Line
from streams.twitch.texts import UNSEEN, joined, roles_of, unpadded, without_address

_SHAPE = re.compile(r"(?:@([^ ]+) )?(?::([^ ]+) )?([A-Za-z]+|[0-9]{3})((?: [^ :][^ ]*)*)(?: :(.*))?", re.DOTALL)
"""Tags, source, command, parameters, trailing: one space between two parts, a command of letters or three digits."""
_VIEWER, _MODERATOR = Role.VIEWER, Role.MODERATOR
MakeId = Callable[[], str]


def read_line(text: str) -> Line | None:
    """The line; None when it is none that Twitch would write. A stricter :func:`streams.irc.wire.parse`."""
    parts = text.split(" ", 4)
    if len(parts) == 5 and parts[2] == "PRIVMSG":  # nearly every line is one of chat: cut with one call
        tags, source, _, room, said = parts
        if (
            tags[:1] == "@"
            and source[:1] == ":"
            and room[:1] == "#"
            and said[:1] == ":"
            and min(len(tags), len(source)) > 1
        ):
            return Line(f";{tags[1:]};", source[1:], "PRIVMSG", [room, said[1:]])
    return read_any_line(text)


def read_any_line(text: str) -> Line | None:
    """As :func:`read_line`, for lines of every shape."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        return None
    tags, source, command, middle, trailing = shape.groups()
    params = middle.split(" ")[1:]
    if trailing is not None:
        params.append(trailing)
    return Line(f";{tags};" if tags else "", source or "", command.upper(), params)


def read_said(line: Line, room: RoomKey, now_s: float, make_id: MakeId) -> Message | None:
    """A PRIVMSG, or what somebody wrote into a USERNOTICE; None where nothing was said.

    ``make_id`` serves a line without an id, which Twitch itself does not send.
    """
    raw, params = line.raw_tags, line.params
    text = params[1] if len(params) > 1 else ""
    if text[:1] == "\x01" or text[-1:] in UNSEEN:
        text = unpadded(_spoken(text))
    reply_to = reply_to_sender = None
    if ";reply-parent-" in raw and (reply_to := line.value(";reply-parent-msg-id=")):
        text = without_address(text, line.value(";reply-parent-user-login="), line.value(";reply-parent-display-name="))
        reply_to_sender = line.value(";reply-parent-user-id=")
    if not text:
        return None
    mirrored = ";source-room-id=" in raw and line.value(";source-room-id=") not in ("", line.value(";room-id="))
    return Message(
        room,
        line.value(";id=") or make_id(),
        _sender(line, raw),
        text,
        sent_s(line, now_s),
        reply_to,
        reply_to_sender,
        ";emote-only=1;" in raw,
        mirrored,
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
    return int(stamp) / 1000 if stamp and len(stamp) == 13 and stamp.isdecimal() else now_s


def _sender(line: Line, raw: str) -> Sender:
    """Who wrote it. Roles come from ``mod`` and the badges worn here, never from the source room's of a shared chat."""
    name = (line.value(";display-name=") or "").strip() or line.value(";login=") or line.nick
    roles = _MODERATOR if ";mod=1;" in raw else _VIEWER
    if "moderator/" in raw or "broadcaster/" in raw or "bot-badge/" in raw:
        worn = (line.value(";badges=") or "").split(",")
        roles = joined(roles, roles_of([badge.partition("/")[0] for badge in worn]))
    return Sender(line.value(";user-id=") or None, name, roles)


def _spoken(text: str) -> str:
    """The text of a ``/me`` line without its wrapping."""
    return text[8:].removesuffix("\x01") if text[:8] == "\x01ACTION " else text
