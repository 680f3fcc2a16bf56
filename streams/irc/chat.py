"""What people say: a PRIVMSG to a channel becomes a Message. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from streams.events import Message, Role, Sender, room_key
from streams.irc.channel import Channel
from streams.irc.features import Features
from streams.irc.wire import Line, plain

_BOT_TAGS = ("bot", "draft/bot", "inspircd.org/bot")
_REPLY_TAGS = ("+reply", "+draft/reply")


def read_message(
    line: Line, channel: Channel, features: Features, own_id: str, now_s: float, make_id: Callable[[], str]
) -> Message | None:
    """The line as a Message; None for a CTCP request, which is no speech. ``make_id`` serves where there is no msgid."""
    text = speech(line.param(1))
    if text is None:
        return None
    sender = channel.sender(features.fold(line.nick), own_id, line.nick)
    reply_to = None
    sent_s = now_s
    message_id = None
    if line.raw_tags:
        message_id = line.value(";msgid=")
        sent_s = server_time(line) or now_s
        if "bot" in line.raw_tags and any(line.tag(name) is not None for name in _BOT_TAGS):
            sender = channel.sender(sender.id or "", own_id, line.nick, Role.BOT)
        if "reply=" in line.raw_tags:
            reply_to = next((value for name in _REPLY_TAGS if (value := line.tag(name))), None)
    return Message(channel.room, message_id or make_id(), sender, text, sent_s, reply_to)


def read_private(line: Line, sender_id: str, now_s: float, make_id: Callable[[], str]) -> Message | None:
    """A line said to us alone; None for a CTCP request, and for another bot."""
    text = speech(line.param(1))
    if text is None or any(line.tag(name) is not None for name in _BOT_TAGS):
        return None
    sender = Sender(sender_id, line.nick)
    message_id = line.value(";msgid=") if line.raw_tags else None
    return Message(room_key("irc", ""), message_id or make_id(), sender, text, now_s, private=True)


def speech(text: str) -> str | None:
    """What was said, without formatting codes; an ACTION is unwrapped, any other CTCP is None."""
    if text[:1] == "\x01":
        verb, _, rest = text[1:].removesuffix("\x01").partition(" ")
        if verb.upper() != "ACTION":
            return None
        text = rest
    return text if text.isprintable() else plain(text)


def server_time(line: Line) -> float | None:
    """The instant the server stamped on a line; None when it stamped none that can be read."""
    stamp = line.value(";time=")
    if not stamp:
        return None
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
