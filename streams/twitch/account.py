"""Moderating with an account: EventSub tells, Helix acts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import aiohttp

from streams.connection import Dial
from streams.events import Event, Message, Role, RoomKey
from streams.platform import (
    Action,
    BanSender,
    Capabilities,
    DeleteMessage,
    Emit,
    MuteSender,
    Outcome,
    RoomMode,
    Say,
    SetRoomMode,
    ShieldCapability,
    Silenced,
    UnbanSender,
    UnmuteSender,
    Whisper,
)
from streams.recent import Recent
from streams.session import Clock, SessionOver
from streams.twitch.answers import NOT_SEEN
from streams.twitch.decode import Decoder, Tally
from streams.twitch.errors import ApiError, LoggedOut
from streams.twitch.eventsub_session import REMEMBERED, EventSubSession, Hooks
from streams.twitch.handover import Handover, Leg
from streams.twitch.helix import Helix
from streams.twitch.moderation import MUTE, Moderation
from streams.twitch.modes import SHIELD, words_of
from streams.twitch.oauth import OAuth
from streams.twitch.settings import TwitchSettings
from streams.twitch.speaking import LINE_LIMIT, Voice
from streams.twitch.subscriber import Subscriber
from streams.twitch.tokens import GrantStore, Login

SHIELDED = ShieldCapability(SHIELD)


def capabilities_of(scopes: frozenset[str], *, moderates: bool, can_whisper: bool = True) -> Capabilities:
    """What an account may do in a room, by its rank there and the rights of its login."""
    bans = moderates and "moderator:manage:banned_users" in scopes
    return Capabilities(
        delete=moderates and "moderator:manage:chat_messages" in scopes,
        mute=MUTE if bans else None,
        ban=bans,
        whisper=can_whisper and "user:manage:whispers" in scopes,
        shield=SHIELDED if moderates and "moderator:manage:chat_settings" in scopes else None,
        say="user:write:chat" in scopes,
        line_limit=LINE_LIMIT,
    )


class AccountRoute:
    """All rooms of one account. See :class:`streams.platform.Platform`."""

    def __init__(
        self,
        settings: TwitchSettings,
        store: GrantStore,
        http: aiohttp.ClientSession,
        *,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        self.tally = Tally()
        self._settings = settings
        self._clock = clock
        self._login = Login(store, OAuth(settings.oauth_url, settings.client_id, http, clock), clock)
        self._helix = Helix(settings.helix_url, settings.client_id, self._login, http, clock)
        self._subscriber = Subscriber(
            self._helix, lambda: self._end("Twitch does not know the socket any more"), clock=clock, chance=chance
        )
        self._seen = Recent(REMEMBERED)
        self._handover = Handover(
            self._prepare, lambda: self._subscriber.rooms, self._subscriber.socket_lost, clock=clock, chance=chance
        )
        self._session: EventSubSession | None = None
        self._voice = Voice(self._helix, clock=clock)
        self._moderation = Moderation(self._helix, self._own_login)

    def join(self, room: RoomKey) -> None:
        self._subscriber.want(room)

    def leave(self, room: RoomKey) -> None:
        self._subscriber.unwant(room)

    async def run(self, emit: Emit) -> None:
        def watched(events: Sequence[Event]) -> None:
            emit(events)
            for event in events:
                self._observe(event)

        async with asyncio.TaskGroup() as group:
            group.create_task(self._handover.run(watched))
            group.create_task(self._subscriber.run(emit))
            group.create_task(self._login.watch(self._end))

    def capabilities(self, room: RoomKey) -> Capabilities:
        """By the account's rank in the room, and the rights of its login."""
        known, identity = self._subscriber.rooms.get(room), self._login.identity
        if known is None or not known.live or identity is None:
            return Capabilities()
        return capabilities_of(identity.scopes, moderates=known.moderates, can_whisper=self._voice.can_whisper)

    async def perform(self, action: Action) -> Outcome:
        """Carry out one action; never raises for Twitch's faults."""
        room = self._subscriber.rooms.get(action.room)
        if room is None or not room.live:
            return NOT_SEEN
        match action:
            case Say():
                return await self._voice.say(
                    room.broadcaster_id, action.text, action.reply_to, moderates=room.moderates
                )
            case Whisper():
                return await self._voice.whisper(action.sender_id, action.text)
            case DeleteMessage():
                return await self._moderation.delete(room.broadcaster_id, action)
            case MuteSender():
                return await self._moderation.mute(room.broadcaster_id, action)
            case BanSender():
                return await self._moderation.ban(room.broadcaster_id, action)
            case UnmuteSender() | UnbanSender():
                return await self._moderation.free(room.broadcaster_id, action)
            case SetRoomMode():
                return await self._moderation.set_mode(room.broadcaster_id, action.mode)

    async def silenced(self, room: RoomKey) -> Silenced | None:
        """The banned and the timed out: Twitch shows them to the streamer's own account alone."""
        known, identity = self._subscriber.rooms.get(room), self._login.identity
        if known is None or not known.live or identity is None or known.broadcaster_id != identity.user_id:
            return None
        try:
            return Silenced(frozenset(await self._helix.banned(known.broadcaster_id)))
        except ApiError:
            return None

    async def room_mode(self, room: RoomKey) -> RoomMode | None:
        """Who may write, as the chat's settings say."""
        known = self._subscriber.rooms.get(room)
        if known is None or not known.live:
            return None
        try:
            return RoomMode(words_of(await self._helix.chat_settings(known.broadcaster_id)))
        except ApiError:
            return None

    async def probe(self, room: RoomKey) -> None:
        """Ask again for what Twitch refused us."""
        self._subscriber.look_again(room)

    async def _prepare(self, leg: Leg) -> Dial:
        """A dial to where Twitch told us to go, or to where everybody goes. Raises SessionOver."""
        try:
            identity = await self._login.identify()
        except ApiError as fault:
            raise SessionOver(fault.detail, for_good=isinstance(fault, LoggedOut)) from None

        def welcomed(session_id: str) -> None:
            moved = self._handover.welcomed(leg)
            self._session = session
            self._subscriber.socket_opened(session_id, identity, moved=moved)

        decoder = Decoder(self._subscriber.by_id, identity.user_id, self.tally)
        hooks = Hooks(welcomed, lambda url: self._handover.asked_to_move(leg, url), self._subscriber.revoked)
        session = EventSubSession(decoder, self._seen, hooks, self._clock())
        return Dial(leg.url or self._settings.eventsub_url, session, pings=False)

    def _observe(self, event: Event) -> None:
        """What we do about events ourselves: our lines and measures, shown by Twitch, are what was asked for."""
        if isinstance(event, Message):
            room = self._subscriber.rooms.get(event.room)
            if room is not None and Role.SELF in event.sender.roles:
                self._voice.heard(room.broadcaster_id, event.text)
            return
        self._moderation.observe(event)

    def _own_login(self) -> str:
        return self._login.identity.login if self._login.identity else ""

    def _end(self, reason: str) -> None:
        """Close the socket, for the login is over or Twitch knows it no more; every room says so, and another is tried."""
        if self._session is not None:
            self._session.end(reason)
            self._handover.flush()
