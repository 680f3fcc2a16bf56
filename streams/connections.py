"""One connection a room, each served while its room is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from streams.connection import Connection
from streams.events import RoomKey
from streams.platform import Emit


class Connections:
    """The wanted rooms of a platform that has a connection for each; ``make`` builds one."""

    def __init__(self, make: Callable[[RoomKey], Connection]) -> None:
        self._make = make
        self._wanted: dict[RoomKey, Connection] = {}
        self._changed = asyncio.Event()

    def join(self, room: RoomKey) -> None:
        """Want this room from now on."""
        if room not in self._wanted:
            self._wanted[room] = self._make(room)
            self._changed.set()

    def leave(self, room: RoomKey) -> bool:
        """No longer want this room; False when it was not wanted."""
        left = self._wanted.pop(room, None)
        self._changed.set()
        return left is not None

    def get(self, room: RoomKey) -> Connection | None:
        """The connection of a wanted room."""
        return self._wanted.get(room)

    @property
    def first(self) -> RoomKey | None:
        """The room that has been wanted longest."""
        return next(iter(self._wanted), None)

    async def run(self, emit: Emit) -> None:
        """Serve what is wanted until cancelled."""
        serving: dict[Connection, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                wanted = set(self._wanted.values())
                for gone in serving.keys() - wanted:
                    serving.pop(gone).cancel()
                for new in wanted - serving.keys():
                    serving[new] = group.create_task(new.run(emit))
                await self._changed.wait()
