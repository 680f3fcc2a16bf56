"""The chat over IRC over a websocket: guests read, accounts may speak."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from tests.simulators.twitch.bodies import EMOTES, badges
from tests.simulators.twitch.world import Channel, Line, User, World

HOST = "tmi.twitch.tv"
Speak = Callable[[Channel, User, str], Awaitable[object]]
"""Says a line in a channel."""
GUEST = re.compile(r"justinfan\d+")


@dataclass(eq=False)
class IrcClient:
    """One connection."""

    socket: web.WebSocketResponse
    transport: Any
    password: str = ""
    nick: str = ""
    user: User | None = None
    caps: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)
    joins: deque[float] = field(default_factory=lambda: deque(maxlen=20))

    async def send(self, *lines: str) -> None:
        """Lines in one frame, as Twitch sends bursts. Tags and commands only go to who asked for them."""
        wanted = [line if "tags" in self.caps else re.sub(r"^@\S+ ", "", line) for line in lines]
        await self.socket.send_str("".join(f"{line}\r\n" for line in wanted))


class Irc:
    """Everybody who is connected. ``silent`` answers nothing any more."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients: set[IrcClient] = set()
        self.silent = False
        self.joins: list[str] = []
        self.speak: Speak = _nobody_listens

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("irc",))
        await socket.prepare(request)
        client = IrcClient(socket, request.transport)
        self.clients.add(client)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT and not self.silent:
                    for text in message.data.split("\r\n"):
                        if text:
                            await self._take(client, text)
        finally:
            self.clients.discard(client)
        return socket

    async def said(self, channel: Channel, line: Line, source: Channel | None = None) -> None:
        """Show a line to who is in the channel."""
        text = line.text.replace("\n", " ")
        login = line.user.login
        privmsg = (
            f"@{_tags(channel, line, source)} :{login}!{login}@{login}.{HOST} PRIVMSG #{channel.owner.login} :{text}"
        )
        for client in list(self.clients):
            if channel.owner.login in client.channels and client.user != line.user:
                await client.send(privmsg)

    async def tell(self, channel: Channel, tags: str, command: str, trailing: str = "") -> None:
        """A command to who is in the channel and asked for commands."""
        line = f"@{tags} :{HOST} {command} #{channel.owner.login}{f' :{trailing}' if trailing else ''}"
        for client in list(self.clients):
            if channel.owner.login in client.channels and "commands" in client.caps:
                await client.send(line)

    async def raw(self, line: str) -> None:
        """Any line to everybody."""
        for client in list(self.clients):
            await client.send(line)

    def abort_all(self) -> None:
        """Cut every connection, without a close frame."""
        for client in list(self.clients):
            if client.transport is not None:
                client.transport.abort()

    async def close_all(self) -> None:
        for client in list(self.clients):
            await client.socket.close(code=WSCloseCode.GOING_AWAY)

    async def _take(self, client: IrcClient, text: str) -> None:
        head, _, trailing = text.partition(" :")
        command, *words = head.split(" ")
        words += [trailing] if trailing else []
        match command.upper():
            case "CAP":
                await self._cap(client, words)
            case "PASS":
                client.password = words[0]
            case "NICK":
                await self._login(client, words[0].lower())
            case "PING":
                await client.send(f":{HOST} PONG {HOST} :{words[-1] if words else ''}")
            case "JOIN" if client.nick:
                for name in words[0].split(","):
                    await self._join(client, name.removeprefix("#"))
            case "PART":
                for name in words[0].split(","):
                    client.channels.discard(name.removeprefix("#"))
                    await client.send(f":{_mask(client.nick)} PART {name}")
            case "PRIVMSG":
                await self._speak(client, words[0], words[-1])

    async def _speak(self, client: IrcClient, room: str, text: str) -> None:
        """Only who is logged in may; commands like ``/ban`` do nothing any more."""
        channel, user = self.world.named(room.removeprefix("#")), client.user
        if user is None or channel is None or text.startswith("/"):
            await client.send(f"@msg-id=no_permission :{HOST} NOTICE {room} :You don't have permission to do that.")
            return
        await self.speak(channel, user, text)
        if "commands" in client.caps:
            await client.send(f"@badges= :{HOST} USERSTATE {room}")

    async def _cap(self, client: IrcClient, words: list[str]) -> None:
        if words[:1] == ["LS"]:
            await client.send(f":{HOST} CAP * LS :twitch.tv/commands twitch.tv/membership twitch.tv/tags")
        elif words[:1] == ["REQ"]:
            asked = words[1].split()
            good = all(cap in ("twitch.tv/tags", "twitch.tv/commands", "twitch.tv/membership") for cap in asked)
            client.caps |= {cap.removeprefix("twitch.tv/") for cap in asked if good}
            await client.send(f":{HOST} CAP * {'ACK' if good else 'NAK'} :{words[1]}")

    async def _login(self, client: IrcClient, nick: str) -> None:
        if not GUEST.fullmatch(nick):
            if not client.password.startswith("oauth:"):
                await self._turn_away(client, "Improperly formatted auth")
                return
            token = self.world.token(client.password.removeprefix("oauth:"))
            if token is None or token.user is None or token.user.login != nick:
                await self._turn_away(client, "Login authentication failed")
                return
            client.user = token.user
        client.nick = nick
        numerics = [("001", "Welcome, GLHF!"), ("002", f"Your host is {HOST}"), ("003", "This server is rather new")]
        numerics += [("004", "-"), ("375", "-"), ("372", "You are in a maze of twisty passages."), ("376", ">")]
        await client.send(*(f":{HOST} {number} {nick} :{words}" for number, words in numerics))
        if client.user and "commands" in client.caps:
            await client.send(f"@display-name={client.user.name};user-id={client.user.id} :{HOST} GLOBALUSERSTATE")

    async def _turn_away(self, client: IrcClient, why: str) -> None:
        await client.send(f":{HOST} NOTICE * :{why}")
        await client.socket.close()

    async def _join(self, client: IrcClient, name: str) -> None:
        """Nobody answers for a name that does not exist, nor for the 21st JOIN within ten seconds."""
        self.joins.append(name)
        now_s = time.monotonic()
        if len(client.joins) == 20 and now_s - client.joins[0] < 10:
            return
        client.joins.append(now_s)
        channel = self.world.named(name)
        if channel is None or name != name.lower():
            return
        client.channels.add(name)
        server = f":{client.nick}.{HOST}"
        await client.send(
            f":{_mask(client.nick)} JOIN #{name}",
            f"{server} 353 {client.nick} = #{name} :{client.nick}",
            f"{server} 366 {client.nick} #{name} :End of /NAMES list",
        )
        if "commands" in client.caps:
            tags = f"emote-only=0;followers-only=-1;r9k=0;room-id={channel.owner.id};slow=0;subs-only=0"
            lines = [f"@{tags} :{HOST} ROOMSTATE #{name}"]
            lines += [f"@badges= :{HOST} USERSTATE #{name}"] if client.user else []
            await client.send(*lines)


async def _nobody_listens(channel: Channel, user: User, text: str) -> None:
    """Before there is a chat."""


def _mask(nick: str) -> str:
    return f"{nick}!{nick}@{nick}.{HOST}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(";", "\\:").replace(" ", "\\s").replace("\n", "\\n")


def _tags(channel: Channel, line: Line, source: Channel | None) -> str:
    worn = ",".join(f"{badge['set_id']}/{badge['id']}" for badge in badges(channel, line.user))
    words = line.text.split(" ")
    emotes = "/".join(f"{EMOTES[word]}:{line.text.index(word)}-{line.text.index(word) + len(word) - 1}"
                      for word in dict.fromkeys(words) if word in EMOTES)  # fmt: skip
    tags = {
        "badge-info": "",
        "badges": worn,
        "color": "",
        "display-name": line.user.name,
        "emotes": emotes,
        "first-msg": "0",
        "flags": "",
        "id": line.id,
        "mod": str(int(line.user.id in channel.moderators)),
        "returning-chatter": "0",
        "room-id": channel.owner.id,
        "subscriber": "0",
        "tmi-sent-ts": str(int(line.at_s * 1000)),
        "turbo": "0",
        "user-id": line.user.id,
        "user-type": "",
    }
    if words and all(word in EMOTES for word in words):
        tags["emote-only"] = "1"
    if (parent := line.reply_to) is not None:
        tags |= {
            "reply-parent-msg-id": parent.id,
            "reply-parent-user-id": parent.user.id,
            "reply-parent-user-login": parent.user.login,
            "reply-parent-display-name": parent.user.name,
            "reply-parent-msg-body": parent.text,
            "reply-thread-parent-msg-id": parent.id,
            "reply-thread-parent-user-login": parent.user.login,
        }
    if source is not None:
        worn = ",".join(f"{badge['set_id']}/{badge['id']}" for badge in badges(source, line.user))
        tags |= {
            "source-room-id": source.owner.id,
            "source-id": f"source-{line.id}",
            "source-badges": worn,
            "source-badge-info": "",
            "source-only": "0",
        }
    return ";".join(f"{key}={_escaped(value)}" for key, value in tags.items())
