"""IRC decoding: the same Twitch-style tagged lines to our Message, and to twitchAPI's parsed dictionary."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from bench.row import Row, alternate
from streams.events import Message, Role, RoomKey, Sender
from streams.irc.chat import speech
from streams.irc.wire import parse

NAME = "IRC line to message"
GATE = 3.5
NOTE = "CPU time, results kept; twitchAPI builds every field of the tags, we read the needed ones only"
ROOM = RoomKey("irc:#bench")


def run(quick: bool) -> list[Row]:
    """Decode the same synthetic lines with both; the ratio is of time per line."""
    theirs = their_parser()
    if theirs is None:
        return [Row(NAME, "", "", None, GATE, "twitchAPI is not installed")]
    lines = synthetic_lines(20_000)

    def ours() -> float:
        return _cpu_s(decode, lines)

    def other() -> float:
        return _cpu_s(theirs, lines)

    ratio, our_s, their_s = alternate(ours, other, rounds=3 if quick else 9)
    return [Row(NAME, f"{1 / our_s:,.0f} lines/s", f"{1 / their_s:,.0f} lines/s", ratio, GATE, NOTE)]


def _cpu_s(read: Callable[[str], object], lines: list[str]) -> float:
    """CPU seconds a line. What is read is kept, as a room's memory keeps its lines: what it costs the collector counts."""
    begin = time.process_time()
    kept = [read(line) for line in lines]
    assert len(kept) == len(lines)
    return (time.process_time() - begin) / len(lines)


def decode(text: str) -> Message | None:
    """What a feed needs of a Twitch-style line: who, with which roles, said what, when, in answer to what."""
    line = parse(text)
    if line is None or line.command != "PRIVMSG":
        return None
    said = speech(line.params[1])
    if said is None:
        return None
    badges = line.value(";badges=")
    roles = Role.VIEWER
    if badges and ("moderator/" in badges or "broadcaster/" in badges):
        roles = Role.OWNER if "broadcaster/" in badges else Role.MODERATOR
    sender = Sender(line.value(";user-id="), line.value(";display-name=") or line.nick, roles)
    sent_s = int(line.value(";tmi-sent-ts=") or 0) / 1000
    return Message(ROOM, line.value(";id=") or "", sender, said, sent_s, line.value(";reply-parent-msg-id="))


def synthetic_lines(count: int) -> list[str]:
    """Lines with the tags Twitch sends, about random people; always the same."""
    draw = random.Random(7)
    words = ["hello", "lol", "what a play", "gg", "where is the map?", "Kappa", "好的", "again and again", "PogChamp"]
    return [_synthetic_line(draw, words, number) for number in range(count)]


def _synthetic_line(draw: random.Random, words: list[str], number: int) -> str:
    nick = f"viewer{draw.randrange(5000)}"
    badges = draw.choice(["", "subscriber/12,premium/1", "moderator/1,subscriber/3", "vip/1"])
    text = " ".join(draw.choices(words, k=draw.randint(1, 5)))
    emotes = draw.choice(["", "25:0-4", "25:0-4,12-16/1902:6-10"])
    return (
        f"@badge-info=;badges={badges};client-nonce={draw.getrandbits(128):032x};color=#1E90FF;"
        f"display-name={nick.title()};emotes={emotes};first-msg=0;flags=;id={draw.getrandbits(128):032x};mod=0;"
        f"returning-chatter=0;room-id=1000;subscriber=0;tmi-sent-ts={1_700_000_000_000 + number};turbo=0;"
        f"user-id={draw.randrange(10**9)};user-type= :{nick}!{nick}@{nick}.tmi.example PRIVMSG #bench :{text}"
    )


def their_parser() -> Callable[[str], Any] | None:
    """twitchAPI's own parser on a bare object: it needs no connection, only the fields it looks at."""
    try:
        chat = import_module("twitchAPI.chat").Chat
    except ImportError:
        return None
    bare = chat.__new__(chat)
    bare._prefix = "!"
    bare._channel_command_prefix = {}
    parser: Callable[[str], Any] = bare._parse_irc_message
    return parser
