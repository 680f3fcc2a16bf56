"""The IRC platform: one connection, all rooms, every action confirmed."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta

import structlog

from streams.connection import Connection, Dial
from streams.events import Event, FeedChanged, FeedState, RoomKey, SenderFreed, SenderRenamed
from streams.irc import room_mode
from streams.irc.answers import not_operator
from streams.irc.channel import Channel, Presence
from streams.irc.deeds import Deeds
from streams.irc.exchange import AWAY, Exchange
from streams.irc.masks import is_nick, mute_form
from streams.irc.session import IrcSession
from streams.irc.settings import IrcSettings
from streams.irc.speech import Speech, text_bytes
from streams.platform import (
    Action,
    BanSender,
    Capabilities,
    DeleteMessage,
    Emit,
    MuteCapability,
    MuteSender,
    Outcome,
    OutcomeStatus,
    RoomMode,
    Say,
    SetRoomMode,
    ShieldCapability,
    Silenced,
    UnbanSender,
    UnmuteSender,
    Whisper,
)
from streams.session import Clock

__all__ = ["IrcPlatform", "IrcSettings"]

log = structlog.get_logger(__name__)

SECOND = timedelta(seconds=1)
NO_DELETE = Outcome(
    OutcomeStatus.UNSUPPORTED, "IRC cannot take back a line: hide it from the overlay, or mute whoever wrote it"
)
NOT_A_NICK = Outcome(OutcomeStatus.REFUSED, "this is not the nick of one person on IRC")


class IrcPlatform:
    """All rooms of one IRC server. ``clock`` is steady Unix time, ``chance`` draws the jitter."""

    name = "irc"

    def __init__(self, settings: IrcSettings, *, clock: Clock, chance: Callable[[], float] = random.random) -> None:
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._rooms: dict[RoomKey, None] = {}
        self._connection = Connection("irc", self._prepare, lambda: self._rooms, clock=clock, chance=chance)
        self._exchange = Exchange(self._connection)
        self._deeds = Deeds(self._exchange, clock)
        self._speech = Speech(self._exchange)
        self._locks: dict[RoomKey, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # -- the port --------------------------------------------------------------------------------------------------

    def join(self, room: RoomKey) -> None:
        """Want this room from now on."""
        self._rooms[room] = None
        if session := self._session():
            session.want(room)
            self._connection.flush()

    def leave(self, room: RoomKey) -> None:
        """No longer want this room."""
        self._rooms.pop(room, None)
        self._locks.pop(room, None)
        if session := self._session():
            session.unwant(room)
            self._connection.flush()

    async def run(self, emit: Emit) -> None:
        """Serve the wanted rooms until cancelled."""

        def watched(events: Sequence[Event]) -> None:
            emit(events)
            for event in events:
                self._follow(event)

        try:
            await self._connection.run(watched)
        finally:
            self._exchange.give_up()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def capabilities(self, room: RoomKey) -> Capabilities:
        """What the server offers and our rank in the room allows; nothing while we are not in it."""
        session, channel = self._place(room)
        if session is None or channel is None:
            return Capabilities()
        own = channel.sender(session.own_id, session.own_id).roles
        return Capabilities(
            mute=_mute_capability(session) if own.is_staff else None,
            ban=own.is_staff,
            whisper=True,
            shield=_shield(channel) if own.is_staff else None,
            say=True,
            line_limit=text_bytes(session, channel.name, channel) // 3,
        )

    async def perform(self, action: Action) -> Outcome:
        """Carry out one action; never raises for the platform's faults."""
        if isinstance(action, DeleteMessage):
            return NO_DELETE
        if not isinstance(action, Say | SetRoomMode) and not is_nick(action.sender_id):
            return NOT_A_NICK
        session, channel = self._place(action.room)
        if session is None:
            return AWAY
        if channel is None:
            return self._not_there(action.room)
        if isinstance(action, Say):
            return await self._speech.say(session, channel.name, action.text, channel, action.reply_to)
        if isinstance(action, Whisper):
            return await self._speech.say(session, action.sender_id, action.text, channel)
        async with self._lock(action.room):
            return await self._moderate(session, channel, action)

    async def silenced(self, room: RoomKey) -> Silenced | None:
        """The channel's lists of the muted and the banned."""
        async with self._lock(room):
            session, channel = self._place(room)
            if session is None or channel is None:
                return None
            return await self._deeds.silenced(session, channel)

    async def room_mode(self, room: RoomKey) -> RoomMode | None:
        """The channel's own mode, as the server tells it."""
        async with self._lock(room):
            session, channel = self._place(room)
            if session is None or channel is None:
                return None
            return await room_mode.read(self._exchange, session, channel)

    async def probe(self, room: RoomKey) -> None:
        """The server tells our rank by itself, at every change."""

    # -- what is behind it -----------------------------------------------------------------------------------------

    async def _prepare(self) -> Dial:
        settings = self._settings
        trust = ssl.create_default_context(cafile=settings.ca_file) if settings.ca_file else None
        session = IrcSession(settings, self._rooms, self._clock(), self._chance)
        return Dial(settings.url, session, origin=settings.origin, subprotocols=("text.ircv3.net",), tls=trust)

    def _session(self) -> IrcSession | None:
        session = self._connection.session
        return session if isinstance(session, IrcSession) else None

    def _place(self, room: RoomKey) -> tuple[IrcSession | None, Channel | None]:
        """The open session, and the channel if we are in it."""
        session = self._session()
        if session is None or not session.established:
            return None, None
        channel = session.channel(room)
        return session, channel if channel and channel.presence is Presence.IN else None

    def _not_there(self, room: RoomKey) -> Outcome:
        if room in self._rooms:
            return Outcome(OutcomeStatus.RETRY, f"danmod is not in {room} yet")
        return Outcome(OutcomeStatus.REFUSED, f"{room} is not a room of danmod's: add it first")

    def _lock(self, room: RoomKey) -> asyncio.Lock:
        """Moderation of one room happens one after another, so that answers cannot be mistaken."""
        return self._locks.setdefault(room, asyncio.Lock())

    async def _moderate(
        self,
        session: IrcSession,
        channel: Channel,
        action: MuteSender | UnmuteSender | BanSender | UnbanSender | SetRoomMode,
    ) -> Outcome:
        if self._connection.session is not session:
            return AWAY
        if not channel.sender(session.own_id, session.own_id).roles.is_staff:
            return not_operator(channel)
        match action:
            case MuteSender():
                return await self._deeds.mute(session, channel, action)
            case UnmuteSender():
                return await self._deeds.unmute(session, channel, action.sender_id)
            case BanSender():
                return await self._deeds.ban(session, channel, action)
            case UnbanSender():
                return await self._deeds.unban(session, channel, action.sender_id)
            case SetRoomMode():
                return await room_mode.change(self._exchange, session, channel, action.mode, action.voices)

    def _follow(self, event: Event) -> None:
        """What the adapter itself does about an event: mutes follow a nick change and outlive a server."""
        match event:
            case FeedChanged(state=FeedState.LIVE) if self._deeds.muted_in(event.room):
                self._start(self._restore(event.room))
            case FeedChanged() if self._connection.session is None:
                self._exchange.give_up()
            case SenderFreed():
                self._deeds.forget_mute(event.room, event.sender_id)
            case SenderRenamed() if event.new.id and self._deeds.rename(event.room, event.old_id, event.new.id):
                self._start(self._remute(event.room, event.old_id, event.new.id))

    async def _remute(self, room: RoomKey, old_id: str, new_id: str) -> None:
        async with self._lock(room):
            session, channel = self._place(room)
            if session is not None and channel is not None:
                outcome = await self._deeds.follow(session, channel, old_id, new_id)
                log.info("mute follows a nick change", room=room, outcome=outcome.status.value)

    async def _restore(self, room: RoomKey) -> None:
        """A server that was restarted has forgotten our mutes."""
        async with self._lock(room):
            session, channel = self._place(room)
            if session is not None and channel is not None:
                await self._deeds.restore(session, channel)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _shield(channel: Channel) -> ShieldCapability:
    """Moderated, beside what the channel has already; people known here get a voice."""
    return ShieldCapability(room_mode.words_of({*channel.flags, room_mode.MODERATED}), regulars=True)


def _mute_capability(session: IrcSession) -> MuteCapability | None:
    form = mute_form(session.features)
    if form is None:
        return None
    timed = bool(session.timed_bans) and form.letter == "b"
    return MuteCapability(unit=SECOND, minimum=SECOND, maximum=None, lifts_itself=timed)
