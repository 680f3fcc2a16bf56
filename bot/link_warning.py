"""After a wave of advertising with links, where it is wanted: one line that says not to open them (norm N2.2-3b)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.rooms import Rooms, WatchedRoom
from cases.catalogue import say
from cases.contacts import has_contact
from cases.policy import Decision
from commands.replies import Reply
from streams.events import RoomKey

GAP_S = 600.0
"""A room is told once in so long: a wave comes in many lines."""


class LinkWarnings:
    """``tell`` says a line in a room."""

    def __init__(self, rooms: Rooms, tell: Callable[[WatchedRoom, Reply], None]) -> None:
        self._rooms = rooms
        self._tell = tell
        self._told: dict[RoomKey, float] = {}

    def decided(self, decisions: Iterable[Decision], now_s: float) -> None:
        """These lines were taken off."""
        for decision in decisions:
            room = self._rooms.get(decision.line.message.room) if "wave" in decision.checks else None
            if room is not None and self._is_due(room, now_s) and _links(decision, room):
                self._told[room.key] = now_s
                self._tell(room, _warning(room))

    def _is_due(self, room: WatchedRoom, now_s: float) -> bool:
        last_s = self._told.get(room.key)
        return room.link_warning and not room.dry_run and (last_s is None or now_s - last_s >= GAP_S)


def _links(decision: Decision, room: WatchedRoom) -> bool:
    return has_contact(decision.line.message.text, room.policy.checks.thresholds.allowed)


def _warning(room: WatchedRoom) -> Reply:
    limit = room.capabilities().line_limit
    return Reply(say(room.language, "chat.link_warning", limit), urgent=True)
