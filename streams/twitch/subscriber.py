"""Gets every wanted room heard on the socket there is: what is wanted is kept here, never derived from what succeeded."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence

import structlog

from streams.backoff import Backoff
from streams.events import FeedChanged, FeedState, Role, RolesChanged, RoomKey
from streams.platform import Emit
from streams.session import Clock
from streams.twitch.errors import ApiError, Blocked, LoggedOut, Refused
from streams.twitch.eventsub_session import Revoked
from streams.twitch.helix import Helix
from streams.twitch.oauth import Identity
from streams.twitch.reasons import NO_CHANNEL, NO_READING, NO_READING_RIGHT, NOT_A_MODERATOR, why_revoked
from streams.twitch.rooms import Room
from streams.twitch.topics import CHAT, TOPICS, WHISPERS, Topic, first_topics

log = structlog.get_logger(__name__)

AGAIN = Backoff()
SIDE_BY_SIDE = 8
"""So many rooms are subscribed to at a time."""
RIGHTS_AGAIN_S = 600.0
"""How often a topic that Twitch refused is asked for again: somebody may have given us the right."""

SUBSCRIPTIONS_FOR_MORE = 240
"""Twitch takes 300 on a socket: while there are so many, nothing but the chat and our rank is asked for, of every room."""


class Subscriber:
    """The rooms of one account. ``by_id`` is shared with the decoder; ``stale`` is called when Twitch does not know the
    socket any more."""

    def __init__(self, helix: Helix, stale: Callable[[], None], *, clock: Clock, chance: Callable[[], float]) -> None:
        self.rooms: dict[RoomKey, Room] = {}
        self.by_id: dict[str, RoomKey] = {}
        self._helix = helix
        self._clock = clock
        self._chance = chance
        self._stale = stale
        self._session_id = ""
        self._identity: Identity | None = None
        self._changed = asyncio.Event()
        self._emit: Emit | None = None
        self._leaving: list[str] = []
        self._whispers = ""

    def want(self, key: RoomKey) -> None:
        """Hear this room from now on."""
        self.rooms.setdefault(key, Room(key))
        self._changed.set()

    def unwant(self, key: RoomKey) -> None:
        """No longer hear it; what comes late is dropped at once."""
        room = self.rooms.pop(key, None)
        if room is not None:
            self.by_id.pop(room.broadcaster_id, None)
            self._leaving += room.made.values()
            self._changed.set()

    def socket_opened(self, session_id: str, identity: Identity, *, moved: bool) -> None:
        """There is a socket; what lacks on it is asked for. ``moved``: Twitch took the last one's subscriptions along."""
        if not moved:
            self.socket_lost()
        for room in self.rooms.values():
            room.due_s = 0.0
        self._session_id, self._identity = session_id, identity
        self._changed.set()

    def socket_lost(self) -> None:
        """Every subscription is gone."""
        self._session_id, self._whispers = "", ""
        self._leaving.clear()
        for room in self.rooms.values():
            room.forget_socket()

    def look_again(self, key: RoomKey) -> None:
        """Ask for what this room lacks, now."""
        if room := self.rooms.get(key):
            room.due_s = 0.0
            self._changed.set()

    def revoked(self, revoked: Revoked) -> None:
        """Twitch ended a subscription: a room without its chat is blind, and says so."""
        room = self.rooms.get(self.by_id.get(revoked.room_id, RoomKey("")))
        reason = why_revoked(revoked.status)
        log.warning("subscription revoked", room=room and room.key, topic=revoked.type, status=revoked.status)
        if room is None:
            return
        room.made.pop(revoked.type, None)
        room.refused[revoked.type] = reason
        room.due_s = self._clock() + RIGHTS_AGAIN_S
        if revoked.type == CHAT.type:
            self._tell(room, FeedState.BLIND, reason)
        self._changed.set()

    async def run(self, emit: Emit) -> None:
        """Subscribe for ever."""
        self._emit = emit
        while True:
            self._changed.clear()
            try:
                await self._turn()
            except Exception:  # a feed outlives every fault of ours
                log.exception("subscribing failed", platform="twitch")
            due_s = min((room.due_s for room in self.rooms.values()), default=math.inf)
            try:
                async with asyncio.timeout(max(0.5, min(due_s - self._clock(), 3600.0))):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _turn(self) -> None:
        session_id, identity = self._session_id, self._identity
        if not session_id or identity is None:
            return
        await (
            self._leave()
        )  # first: a room left and wanted again would find its old subscriptions standing, and lose them
        due = [room for room in self.rooms.values() if room.due_s <= self._clock()]
        try:
            await self._identify([room for room in due if not room.broadcaster_id])
        except ApiError as fault:
            for room in due:
                self._later(room, fault)
            return
        for room in due:
            room.due_s = math.inf if room.broadcaster_id else room.due_s
        await self._for_each(due, first_topics(identity.scopes), session_id, identity)
        await self._for_each(due, TOPICS, session_id, identity)
        await self._know_moderators(identity)
        await self._whispering(session_id, identity)

    async def _for_each(
        self, rooms: Sequence[Room], topics: Sequence[Topic], session_id: str, identity: Identity
    ) -> None:
        """The same topics of some rooms, a few side by side; a room that has to wait is left out."""
        gate = asyncio.Semaphore(SIDE_BY_SIDE)

        async def serve(room: Room) -> None:
            async with gate:
                await self._serve(room, topics, session_id, identity)

        await asyncio.gather(*(serve(room) for room in rooms if room.due_s == math.inf))

    async def _identify(self, rooms: Sequence[Room]) -> None:
        """The ids of channels known by name so far."""
        if not rooms:
            return
        found = await self._helix.users([room.login for room in rooms])
        for room in rooms:
            room.broadcaster_id = found.get(room.login, "")
            if room.broadcaster_id and self.rooms.get(room.key) is room:
                self.by_id[room.broadcaster_id] = room.key
            elif not room.broadcaster_id:
                room.due_s = self._clock() + RIGHTS_AGAIN_S
                self._tell(room, FeedState.REFUSED, NO_CHANNEL)

    async def _serve(self, room: Room, topics: Sequence[Topic], session_id: str, identity: Identity) -> None:
        """Subscribe to what of these topics is missing. A room whose chat is heard is live, whatever else is lacking."""
        try:
            for topic in topics:
                wanted = self._session_id == session_id and self.rooms.get(room.key) is room
                if wanted and topic.type not in room.made and (topics is not TOPICS or self._has_place()):
                    await self._subscribe(room, topic, session_id, identity)
        except ApiError as fault:
            self._later(room, fault)
        else:
            room.failures = 0
            if room.refused and topics is TOPICS and room.due_s == math.inf:  # nobody asked for it meanwhile
                room.due_s = self._clock() + RIGHTS_AGAIN_S
        if CHAT.type in room.made and self.rooms.get(room.key) is room:
            self._tell(
                room, FeedState.LIVE, "" if room.moderates else f"{NOT_A_MODERATOR}: /mod {identity.login} in its chat"
            )

    def _has_place(self) -> bool:
        return sum(len(room.made) for room in self.rooms.values()) < SUBSCRIPTIONS_FOR_MORE

    async def _subscribe(self, room: Room, topic: Topic, session_id: str, identity: Identity) -> None:
        """One topic; a no that only people can change is noted, anything else is raised."""
        if not topic.allowed(identity.scopes):
            room.refused[topic.type] = "the login lacks a right for it"
            if topic is CHAT:
                self._tell(room, FeedState.REFUSED, NO_READING_RIGHT)
            return
        condition = topic.condition(room.broadcaster_id, identity.user_id)
        try:
            ident = await self._helix.subscribe(topic.type, topic.version, condition, session_id)
        except Blocked as fault:
            if "already exists" not in fault.detail:
                raise
            ident = ""  # it stands
        except Refused as refusal:
            if refusal.status == 400 and "session" in refusal.message:
                self._stale()
                raise
            room.refused[topic.type] = refusal.message
            if topic is CHAT:
                self._tell(room, FeedState.REFUSED, NO_READING if refusal.status == 403 else refusal.detail)
            return
        self._made(room, topic, ident)

    def _made(self, room: Room, topic: Topic, ident: str) -> None:
        if self.rooms.get(room.key) is not room:
            self._leaving.append(ident)  # left while Twitch was asked
            return
        room.made[topic.type] = ident
        room.refused.pop(topic.type, None)

    def _later(self, room: Room, fault: ApiError) -> None:
        """Ask again soon; what a room hears already goes on."""
        room.failures += 1
        wait_s = 1.0 + AGAIN.delay(room.failures, self._chance()).total_seconds()
        if fault.retry_after is not None:
            wait_s = max(wait_s, fault.retry_after.total_seconds())
        room.due_s = self._clock() + wait_s
        log.warning("not subscribed yet", room=room.key, reason=fault.detail, retry_s=round(wait_s, 1))
        if isinstance(fault, LoggedOut):
            self._tell(room, FeedState.REFUSED, fault.detail)
        elif CHAT.type not in room.made:
            self._tell(room, FeedState.CONNECTING, fault.detail)

    async def _know_moderators(self, identity: Identity) -> None:
        """Who moderates the account's own channel; of others' channels only the badges tell."""
        room = self.rooms.get(self.by_id.get(identity.user_id, RoomKey("")))
        if room is None or not room.live or room.moderators_known or "moderation:read" not in identity.scopes:
            return
        try:
            found = await self._helix.moderators(identity.user_id)
        except ApiError as fault:
            log.info("moderators not read", room=room.key, reason=fault.detail)
            return
        room.moderators_known = True
        if self._emit is not None:
            now_s = self._clock()
            self._emit([RolesChanged(room.key, now_s, ident, Role.MODERATOR) for ident in found])

    async def _whispering(self, session_id: str, identity: Identity) -> None:
        """What is said to us alone; nothing is lost for a room without it."""
        if self._whispers == session_id or not WHISPERS.allowed(identity.scopes) or not self.rooms:
            return
        try:
            await self._helix.subscribe(WHISPERS.type, WHISPERS.version, {"user_id": identity.user_id}, session_id)
        except ApiError as fault:
            log.info("whispers are not heard", reason=fault.detail)
        self._whispers = session_id

    async def _leave(self) -> None:
        """End the subscriptions of rooms that were left."""
        while self._leaving and self._session_id:
            ident = self._leaving.pop()
            try:
                if ident:
                    await self._helix.unsubscribe(ident)
            except ApiError as fault:
                log.info("subscription not ended", reason=fault.detail)

    def _tell(self, room: Room, state: FeedState, reason: str) -> None:
        if (room.state, room.reason) == (state, reason) or self._emit is None:
            return
        room.state, room.reason = state, reason
        self._emit([FeedChanged(room.key, self._clock(), state, reason)])
