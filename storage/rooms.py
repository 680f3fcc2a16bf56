"""The rooms that were added by command, beside those of the configuration file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.evidence import storable
from cases.model import Mode
from storage import schema
from storage.database import read
from streams.events import RoomKey

_T = TypeVar("_T")
Write = Callable[[Callable[[Connection], Any]], Awaitable[Any]]
"""Runs a function of a connection in a transaction that is committed before the answer comes."""

_rooms = schema.rooms.c


@dataclass(frozen=True, slots=True)
class StoredRoom:
    """A room as it was added."""

    room: RoomKey
    mode: Mode
    added_at: datetime


class StoredRooms:
    """Adds, removes and lists rooms. Every method raises StorageError when the database cannot do it."""

    def __init__(self, write: Write, readers: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._write = write
        self._readers = readers
        self._clock = clock

    async def add(self, room: RoomKey, mode: Mode = Mode.DRY_RUN) -> bool:
        """Add a room; False when it was there already (its mode then stays)."""
        now = self._clock()
        return bool(await self._write(lambda connection: _add(connection, room, mode, now)))

    async def remove(self, room: RoomKey) -> bool:
        """Remove a room; False when it was not there. Its cases stay."""
        query = delete(schema.rooms).where(_rooms.room == storable(room))
        return bool(await self._write(lambda connection: connection.execute(query).rowcount))

    async def set_mode(self, room: RoomKey, mode: Mode) -> bool:
        """Change how a room is moderated; False when it was never added."""
        query = update(schema.rooms).where(_rooms.room == storable(room)).values(mode=mode)
        return bool(await self._write(lambda connection: connection.execute(query).rowcount))

    async def list(self) -> Sequence[StoredRoom]:
        """All of them, in the order they were added."""
        query = select(schema.rooms).order_by(_rooms.added_at, _rooms.room)
        return await read(self._readers, lambda connection: [_stored(row) for row in connection.execute(query)])


def _add(connection: Connection, room: RoomKey, mode: Mode, now: datetime) -> bool:
    name = storable(room)
    if connection.scalar(select(_rooms.room).where(_rooms.room == name)) is not None:
        return False
    connection.execute(insert(schema.rooms).values(room=name, mode=mode, added_at=now))
    return True


def _stored(row: Any) -> StoredRoom:
    return StoredRoom(RoomKey(row.room), Mode(row.mode), row.added_at)
