"""An IRC room for journeys: a real server, a danmod that moderates one channel of it, and people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.irc_server import Connecting, InspIRCd, IrcClient, clients, inspircd
from tests.journeys.running import Danmod, danmod

TALK = "#talk"
KEY = "irc:#talk"


def irc_config(server: InspIRCd, *, mode: str = "enforce", limits: str = "mutes_min = [0.1]", more: str = "") -> str:
    """A configuration for one channel. The short mute of six seconds lets a journey see its end."""
    return f"""
{more}
[limits]
{limits}
[platforms.irc]
url = "{server.url}"
nick = "danmod"
lines_per_s = 100
burst_lines = 200
[[rooms]]
platform = "irc"
room = "{TALK}"
mode = "{mode}"
"""


@dataclass
class IrcRoom:
    """A served channel. ``witness`` hears what everybody says."""

    server: InspIRCd
    danmod: Danmod
    connect: Connecting
    witness: IrcClient

    async def person(self, nick: str) -> IrcClient:
        """Somebody who has joined."""
        client = await self.connect(nick)
        await client.join(TALK)
        return client

    async def heard(self, text: str) -> bool:
        """Whether the witness has heard a line."""
        await self.witness.settle()
        return text in self.witness.heard(TALK)

    async def can_speak(self, client: IrcClient, text: str) -> bool:
        """Whether a line gets through the server to the witness."""
        await client.say(TALK, text)
        return await self.heard(text)

    async def make_operator(self, nick: str) -> None:
        """What the channel's services do: somebody who has joined becomes its operator. The witness is the server's."""
        self.witness.send(f"SAMODE {TALK} +o {nick}")
        await self.witness.settle()

    async def start_again(self) -> None:
        """danmod stops as it should, comes back on the same folder, and is the channel's operator again."""
        assert await self.danmod.terminate() == 0, self.danmod.log[-2000:]
        mark = len(self.witness.lines)
        await self.danmod.start()
        await self.witness.until(
            lambda line: line.startswith(":danmod!") and " JOIN " in line, after=mark, within_s=25.0
        )
        await self.make_operator("danmod")


async def flood(client: IrcClient, text: str, lines: int = 12) -> None:
    """The same line many times in one breath."""
    for _ in range(lines):
        client.send(f"PRIVMSG {TALK} :{text}")
    await client.settle()


@asynccontextmanager
async def irc_room(
    folder: Path,
    *,
    timed_bans: bool = True,
    mode: str = "enforce",
    limits: str = "mutes_min = [0.1]",
    more: str = "",
    public: bool = False,
) -> AsyncIterator[IrcRoom]:
    """A server, a danmod that is the channel's first member and so its operator, and a witness."""
    async with inspircd(timed_bans=timed_bans) as server, clients(server) as connect:
        config = irc_config(server, mode=mode, limits=limits, more=more)
        async with danmod(folder, config, public=public) as running:
            witness = await connect("witness")
            await witness.join(TALK)
            yield IrcRoom(server, running, connect, witness)
