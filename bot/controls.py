"""What commands change about a room as a whole: its shield, and its screens."""

from __future__ import annotations

from datetime import timedelta

from bot.rooms import Rooms
from bot.shields import Shields
from cases.model import Actor, Refusal
from cases.shield import Raised
from streams.events import RoomKey
from web.hub import Hub


class RoomControls:
    """`commands.asking.Controls` over the running parts."""

    def __init__(self, rooms: Rooms, shields: Shields, hub: Hub) -> None:
        self._rooms = rooms
        self._shields = shields
        self._hub = hub

    async def up(self, key: RoomKey, by: Actor, span: timedelta | None, processed: str | None) -> Refusal | None:
        """Raise the shield, or let it go on. Raises StorageError."""
        return await self._shields.up(key, by, span, processed)

    async def down(self, key: RoomKey, by: Actor, processed: str | None) -> Refusal | None:
        """Lower the shield. Raises StorageError."""
        return await self._shields.down(key, by, processed)

    def shield(self, key: RoomKey) -> Raised | None:
        """The room's shield; None while it is down."""
        room = self._rooms.get(key)
        return None if room is None else room.judging.shield.raised

    def overlay(self, key: RoomKey, order: str) -> None:
        """``pause``, ``clear`` or ``resume`` the room's screens."""
        {"pause": self._hub.pause, "clear": self._hub.clear, "resume": self._hub.resume}[order](key)
