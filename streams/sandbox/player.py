"""Lets the crowds of :mod:`streams.sandbox.crowd` write in a room, each in a task of its own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

from streams.sandbox.crowd import CROWDS, CrowdKind, CrowdLine
from streams.sandbox.hub import Hub
from streams.sandbox.names import Refused


class Player:
    """The crowds of one room. The n-th crowd played has the seed ``seed + n``: a second raid has other accounts."""

    def __init__(self, hub: Hub, seed: int, clock: Callable[[], float]) -> None:
        self._hub = hub
        self._clock = clock
        self._seeds = itertools.count(seed)
        self._tasks: dict[CrowdKind, asyncio.Task[None]] = {}

    def start(self, kind: CrowdKind) -> None:
        """Let a crowd write from now on; one that already writes goes on undisturbed."""
        if kind not in self._tasks:
            task = self._tasks[kind] = asyncio.create_task(self.play(kind))
            task.add_done_callback(lambda _: self._ended(kind))
            self._hub.announce(self._tasks)

    async def stop(self) -> None:
        """End every crowd that was started."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def play(self, kind: CrowdKind, *, pace: float = 1.0) -> None:
        """Play one crowd to its end (the calm one has none). ``pace`` 2 is twice as fast; 0 waits for nothing."""
        for line in CROWDS[kind](next(self._seeds)):
            await asyncio.sleep(line.delay_s / pace if pace else 0)
            self._say(line)

    def _say(self, line: CrowdLine) -> None:
        """Say it as a viewer would: whoever is muted is not heard."""
        try:
            self._hub.room.speak(self._hub.room.enter(line.name), line.text, self._clock())
        except Refused:
            return
        self._hub.flush()

    def _ended(self, kind: CrowdKind) -> None:
        del self._tasks[kind]
        self._hub.announce(self._tasks)
