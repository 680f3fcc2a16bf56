"""What danmod may do in each room, watched: lost rights are shown within seconds, on every page and to the moderators.

The platform is asked when a room becomes live, once a day, and whenever it refused a measure; between those its own events
tell. A room that can do less than it could in this run is degraded, and says what to do about it (norm N1.2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.alarms import Alarm, Tell
from bot.clock import instant
from bot.rooms import Rooms, WatchedRoom
from streams.events import FeedState, RoomKey, platform_of
from streams.platform import Capabilities, Platform

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
PROBE_EVERY_S = 86_400.0
SETTLED_AFTER_S = 8.0
"""Only a room seen for so long is believed to lack a right: after a start or a reconnect roles arrive late."""
_SHUT_OUT = (FeedState.BLIND, FeedState.REFUSED)
"""What a feed says of a room that only a person can open again."""


class Rights:
    """Watches every room's capabilities. `suspect` is called when a platform refused a measure."""

    def __init__(self, rooms: Rooms, platforms: dict[str, Platform], tell: Tell, *, clock: Callable[[], float]) -> None:
        self._rooms = rooms
        self._platforms = platforms
        self._tell = tell
        self._clock = clock
        self._had: dict[RoomKey, frozenset[str]] = {}
        self._probe_at_s: dict[RoomKey, float] = {}
        self._shut_out: set[RoomKey] = set()

    def suspect(self, key: RoomKey) -> None:
        """The platform refused a measure here: ask it what we may do, at the next look."""
        self._probe_at_s[key] = self._clock()

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            await self.turn()
            await asyncio.sleep(LOOK_EVERY_S)

    async def turn(self) -> None:
        """Look at every room: what may be done where it is seen, and whether danmod was shut out."""
        for room in self._rooms:
            self._mind_the_door(room)
        await asyncio.gather(*(self._look(room) for room in self._rooms if self._is_settled(room)))

    def _mind_the_door(self, room: WatchedRoom) -> None:
        """A room that was seen and will not have danmod any more is moderated by nobody: somebody is told, once."""
        if room.state is FeedState.LIVE:
            self._shut_out.discard(room.key)
        if room.key in self._shut_out or room.key not in self._had or room.state not in _SHUT_OUT:
            return
        if self._clock() - room.state_since_s >= SETTLED_AFTER_S:
            self._shut_out.add(room.key)
            detail = f"danmod no longer sees this room: {room.reason}"
            log.warning("shut out", room=room.key, reason=room.reason)
            key = f"rights:{room.key}:{instant(self._clock()):%Y-%m-%dT%H:%M}"
            self._tell(Alarm("rights", "", room.key, detail, key))

    async def _look(self, room: WatchedRoom) -> None:
        now_s, platform = self._clock(), self._platforms.get(platform_of(room.key))
        if platform is None:
            return
        if self._probe_at_s.get(room.key, now_s) <= now_s:
            self._probe_at_s[room.key] = now_s + PROBE_EVERY_S
            await platform.probe(room.key)
        self._compare(room, platform.capabilities(room.key))

    def _compare(self, room: WatchedRoom, can: Capabilities) -> None:
        has = _names(can)
        had = self._had.get(room.key, frozenset())
        self._had[room.key] = had | has
        lost = f"danmod can no longer {', '.join(sorted(had - has))} here: give it its rights back" if had - has else ""
        if lost and not room.lost:
            log.warning("rights lost", room=room.key, reason=lost)
            key = f"rights:{room.key}:{instant(self._clock()):%Y-%m-%dT%H:%M}"
            self._tell(Alarm("rights", "", room.key, lost, key))
        elif room.lost and not lost:
            log.info("rights are back", room=room.key)
        room.lost = lost

    def _is_settled(self, room: WatchedRoom) -> bool:
        return room.state is FeedState.LIVE and self._clock() - room.state_since_s >= SETTLED_AFTER_S


def _names(can: Capabilities) -> frozenset[str]:
    """What a room's capabilities let us do to people, in words."""
    named = {"delete": can.delete, "mute": can.mute is not None, "ban": can.ban, "speak": can.say}
    return frozenset(name for name, held in named.items() if held)
