"""A room of the practice platform for journeys: its server runs in the test, danmod is a process of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from streams.sandbox.server import SandboxServer
from tests.contracts.sandbox_harness import SandboxViewer, visiting
from tests.journeys.running import Danmod, danmod

ROOM = "sandbox:demo"


def sandbox_config(server: SandboxServer, *, mode: str = "enforce", limits: str = "", more: str = "") -> str:
    """A configuration for the room ``demo``."""
    return f"""
{more}
[limits]
{limits}
[platforms.sandbox]
url = "{server.url}"
token = "{server.token}"
[[rooms]]
platform = "sandbox"
room = "demo"
mode = "{mode}"
"""


class SandboxRoom:
    """The served room and the people in it."""

    def __init__(self, server: SandboxServer, running: Danmod, people: AsyncExitStack) -> None:
        self.server = server
        self.danmod = running
        self._people = people

    async def person(self, name: str) -> SandboxViewer:
        """Somebody in the room."""
        return await self._people.enter_async_context(visiting(self.server, name))

    async def moderator(self, name: str) -> SandboxViewer:
        """Somebody with a moderator's role."""
        self.server.grant("demo", name, "moderator")
        return await self.person(name)

    def say(self, name: str, text: str) -> None:
        """A line by somebody without a socket: quick, for crowds. Raises Refused for the muted."""
        hub = self.server.hub("demo")
        hub.room.speak(hub.room.enter(name), text, time.time())
        hub.flush()

    async def load(self, people: int, *, every_s: float = 0.01) -> None:
        """People who flood the room until cancelled; those who are muted are refused and go on trying."""
        from streams.sandbox.names import Refused

        turn = 0
        while True:
            for _ in range(20):
                turn += 1
                try:
                    self.say(f"noisy{turn % people}", f"round and round we go {turn % people}")
                except Refused:
                    continue
            await asyncio.sleep(every_s)


@asynccontextmanager
async def sandbox_room(
    folder: Path, *, mode: str = "enforce", limits: str = "", more: str = "", public: bool = False
) -> AsyncIterator[SandboxRoom]:
    """The platform, a danmod that is ready, and nobody there yet."""
    async with SandboxServer(("demo",)) as server, AsyncExitStack() as people:
        config = sandbox_config(server, mode=mode, limits=limits, more=more)
        async with danmod(folder, config, public=public) as running:
            yield SandboxRoom(server, running, people)
            await people.aclose()
