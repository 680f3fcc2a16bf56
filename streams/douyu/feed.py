"""Douyu as a :class:`streams.platform.Platform`: it reads, and says honestly that it cannot act."""

from __future__ import annotations

from collections.abc import Callable

from streams.connection import Clock, Connection, Dial, SessionOver
from streams.connections import Connections
from streams.douyu.session import DouyuSession
from streams.events import RoomKey, name_of
from streams.platform import Action, Capabilities, Emit, Outcome, OutcomeStatus, RoomMode, Say, Silenced

CHAT_URL = "wss://danmuproxy.douyu.com:8506/"
ORIGIN = "https://www.douyu.com"
BY_HAND = "Douyu lets no program act: do it by hand, as the streamer or a room admin (房管), in the room itself"
NO_VOICE = "Douyu lets no program speak: say it by hand in the room"


class DouyuPlatform:
    """All rooms, one connection each. ``chat_url`` is ``wss://``, ``ws://`` or ``tcp://HOST:PORT``."""

    name = "douyu"

    def __init__(self, chat_url: str = CHAT_URL, *, clock: Clock, chance: Callable[[], float]) -> None:
        self._url = chat_url
        self._clock = clock
        self._chance = chance
        self._connections = Connections(self._connection)

    def join(self, room: RoomKey) -> None:
        """Want this room from now on. Its name is the room's number."""
        self._connections.join(room)

    def leave(self, room: RoomKey) -> None:
        """No longer want this room."""
        self._connections.leave(room)

    async def run(self, emit: Emit) -> None:
        """Serve the wanted rooms until cancelled."""
        await self._connections.run(emit)

    def _connection(self, room: RoomKey) -> Connection:
        async def prepare() -> Dial:
            if not (name_of(room).isascii() and name_of(room).isdigit()):
                raise SessionOver(f"a Douyu room is a number, not {name_of(room)!r}", for_good=True)
            return Dial(url=self._url, session=DouyuSession(room, self._clock()), origin=ORIGIN)

        return Connection(str(room), prepare, lambda: [room], clock=self._clock, chance=self._chance)

    def capabilities(self, room: RoomKey) -> Capabilities:
        """Nothing: lines are kept off our overlay and feed, and that is all."""
        return Capabilities()

    async def perform(self, action: Action) -> Outcome:
        """Unsupported, with what a person can do."""
        return Outcome(OutcomeStatus.UNSUPPORTED, NO_VOICE if isinstance(action, Say) else BY_HAND)

    async def silenced(self, room: RoomKey) -> Silenced | None:
        """None: Douyu shows nobody such a list."""
        return None

    async def room_mode(self, room: RoomKey) -> RoomMode | None:
        """None: Douyu does not tell."""
        return None

    async def probe(self, room: RoomKey) -> None:
        """There is nothing to ask."""
