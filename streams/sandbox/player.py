"""Lets what stands in :mod:`streams.sandbox.repertoire` write in a room, each crowd in a task of its own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable

from streams.sandbox.crowd import CrowdLine
from streams.sandbox.hub import Hub
from streams.sandbox.names import Refused
from streams.sandbox.repertoire import REPERTOIRE


class Player:
    """The crowds of one room. The n-th crowd played has the seed ``seed + n``: a second raid has other accounts."""

    def __init__(self, hub: Hub, seed: int, clock: Callable[[], float]) -> None:
        self._hub = hub
        self._clock = clock
        self._seeds = itertools.count(seed)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, kind: str) -> None:
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

    async def play(self, kind: str, *, pace: float = 1.0) -> None:
        """Play one crowd to its end (the calm one has none). ``pace`` 2 is twice as fast; 0 waits for nothing."""
        await self.perform(REPERTOIRE[kind](next(self._seeds)), pace=pace)

    async def perform(self, lines: Iterable[CrowdLine], *, pace: float = 1.0) -> list[str | None]:
        """Write these lines; ``pace`` as in :meth:`play`. Answers the id of each, None where its writer was not heard."""
        said = []
        for line in lines:
            await asyncio.sleep(line.delay_s / pace if pace else 0)
            said.append(self._say(line))
        return said

    def _say(self, line: CrowdLine) -> str | None:
        """Say it as a viewer would: whoever is muted is not heard."""
        try:
            kept = self._hub.room.speak(self._hub.room.enter(line.name), line.text, self._clock())
        except Refused:
            return None
        self._hub.flush()
        return kept.id

    def _ended(self, kind: str) -> None:
        del self._tasks[kind]
        self._hub.announce(self._tasks)
