"""Reading as a guest, without an account: the quickest trial. Nothing can be done on the platform this way."""

from __future__ import annotations

from collections.abc import Callable

from streams.connection import Connection, Dial
from streams.events import RoomKey
from streams.platform import Action, Capabilities, Emit, Outcome, OutcomeStatus, RoomMode, Silenced
from streams.session import Clock
from streams.twitch.irc_session import GuestSession
from streams.twitch.settings import TwitchSettings

READS_ONLY = "danmod only reads Twitch as a guest: danmod login twitch, or do it on Twitch yourself"


class GuestRoute:
    """All rooms over one IRC connection. See :class:`streams.platform.Platform`."""

    def __init__(self, settings: TwitchSettings, *, clock: Clock, chance: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._rooms: dict[RoomKey, None] = {}
        self._connection = Connection("twitch", self._prepare, lambda: self._rooms, clock=clock, chance=chance)

    def join(self, room: RoomKey) -> None:
        self._rooms[room] = None
        if session := self._session():
            session.want(room)
            self._connection.flush()

    def leave(self, room: RoomKey) -> None:
        self._rooms.pop(room, None)
        if session := self._session():
            session.unwant(room)
            self._connection.flush()

    async def run(self, emit: Emit) -> None:
        await self._connection.run(emit)

    def capabilities(self, room: RoomKey) -> Capabilities:
        return Capabilities()

    async def perform(self, action: Action) -> Outcome:
        return Outcome(OutcomeStatus.UNSUPPORTED, READS_ONLY)

    async def silenced(self, room: RoomKey) -> Silenced | None:
        return None

    async def room_mode(self, room: RoomKey) -> RoomMode | None:
        return None

    async def probe(self, room: RoomKey) -> None:
        """A guest may never do more."""

    def _session(self) -> GuestSession | None:
        session = self._connection.session
        return session if isinstance(session, GuestSession) else None

    async def _prepare(self) -> Dial:
        return Dial(self._settings.irc_url, GuestSession(self._rooms, self._clock(), self._chance))
