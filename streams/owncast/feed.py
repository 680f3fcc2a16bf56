"""Owncast as a :class:`streams.platform.Platform`: reads by websocket, acts by HTTP."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from urllib.parse import urlencode

import aiohttp
import structlog

from streams.connection import Clock, Connection, Dial, SessionOver
from streams.connections import Connections
from streams.events import Event, Message, RoomKey
from streams.owncast.api import OwncastApi
from streams.owncast.frames import Told
from streams.owncast.session import OwncastSession
from streams.owncast.settings import OwncastSettings
from streams.owncast.softly import SoftMutes
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
    Silenced,
    UnbanSender,
    UnmuteSender,
    Whisper,
)

log = structlog.get_logger(__name__)

LINE_LIMIT = 500
SOFT = MuteCapability(unit=timedelta(seconds=1), minimum=timedelta(seconds=1), maximum=None)
DISABLING = MuteCapability(unit=timedelta(seconds=1), minimum=timedelta(seconds=1), maximum=None, lifts_itself=False)
SAID_KEPT = 50
HISTORY_KEPT = 500
"""Ids of so many lines are known, so that what a cut swallowed is told once."""
NICK = "danmod"

SOFTLY = "Owncast has no mute: each further line of this person is hidden as it comes; they can go on writing unseen"
SHUT_OUT = (
    "the account is disabled: all its lines are hidden, the chat is told, and its addresses are banned; lines stay hidden "
    "and addresses stay banned after it is lifted (admin page, Users, IP bans)"
)
NO_MODERATOR = "give [platforms.owncast] moderator_token, the token of a chat user whom the owner made a moderator"
NO_RIGHTS = "disable the person by hand: Owncast, admin page, Users"


class OwncastPlatform:
    """One Owncast server, which is one room: the name behind ``owncast:`` is the operator's own word for it.

    The HTTP session is the caller's, who closes it.
    """

    name = "owncast"

    def __init__(
        self, settings: OwncastSettings, http: aiohttp.ClientSession, *, clock: Clock, chance: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._api = OwncastApi(settings, http)
        self._clock = clock
        self._chance = chance
        self._connections = Connections(self._connection)
        self._reader_token = settings.moderator_token
        self._soft = SoftMutes()
        self._said: deque[str] = deque(maxlen=SAID_KEPT)
        self._own_id = ""
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._hiding: set[asyncio.Task[None]] = set()

    # -- joining and reading ----------------------------------------------------------------------------------------

    def join(self, room: RoomKey) -> None:
        """Want this room from now on. While another one is wanted it is refused: one server has one room."""
        self._connections.join(room)

    def leave(self, room: RoomKey) -> None:
        """No longer want this room; what is said there from now on is never told."""
        if self._connections.leave(room):
            self._seen.clear()

    async def run(self, emit: Emit) -> None:
        """Serve the wanted room until cancelled."""

        def heard(events: Sequence[Event]) -> None:
            self._hide_softly(events)
            emit(events)

        try:
            await self._connections.run(heard)
        finally:
            for task in self._hiding:
                task.cancel()

    def _connection(self, room: RoomKey) -> Connection:
        async def prepare() -> Dial:
            return await self._prepare(room)

        return Connection(str(room), prepare, lambda: [room], clock=self._clock, chance=self._chance)

    async def _prepare(self, room: RoomKey) -> Dial:
        """A token to read with, and what was missed since the last line seen."""
        if room != self._connections.first:
            raise SessionOver(
                "an Owncast server has one room, and another name for it is watched already", for_good=True
            )
        base = self._settings.url.rstrip("/")
        if not base.startswith(("http://", "https://")):
            raise SessionOver(f"the Owncast url is no address: {base}", for_good=True)
        self._reader_token = self._reader_token or await self._api.register(NICK) or ""
        if not self._reader_token:
            raise SessionOver("Owncast gives no chat token: is this the address of an Owncast server, with chat on?")
        missed = await self._missed()

        def seen(message: Message) -> None:
            self._seen[message.id] = None
            if len(self._seen) > HISTORY_KEPT:
                self._seen.popitem(last=False)

        session = OwncastSession(room, self._clock(), is_own=self._is_own, seen=seen, missed=missed)
        query = urlencode({"accessToken": self._reader_token})
        return Dial(url=f"ws{base.removeprefix('http')}/ws?{query}", session=session)

    async def _missed(self) -> list[Told]:
        """What came while we were away: nothing on the first dial, as what was said before we came is not ours."""
        if not self._seen:
            return []
        history = await self._api.history()
        known = [place for place, told in enumerate(history) if told.id in self._seen]
        return history[known[-1] + 1 :] if known else []

    def _is_own(self, user_id: str, text: str) -> bool:
        """A bot's line with a text we just said is ours, and from then on all of its writer's lines are."""
        if user_id != self._own_id and " ".join(text.split()) in self._said:
            self._own_id = user_id
        return user_id == self._own_id

    def _hide_softly(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Message) and self._soft.covers(event, self._clock()):
                task = asyncio.create_task(self._hide(event.id))
                self._hiding.add(task)
                task.add_done_callback(self._hiding.discard)

    async def _hide(self, message_id: str) -> None:
        """Hide a muted person's line at once. What fails here is told and tried no more: the engine takes every such line
        off too, by an action of its own that is tried again."""
        outcome = await self._api.hide(message_id)
        if outcome.status is not OutcomeStatus.DONE:
            log.warning("a muted person's line is not hidden yet", message=message_id, reason=outcome.detail)

    # -- acting -----------------------------------------------------------------------------------------------------

    def capabilities(self, room: RoomKey) -> Capabilities:
        """What the tokens and the server's word about us allow; nothing while not connected."""
        session = self._session(room)
        if session is None or session.me is None:
            return Capabilities()
        moderator = session.me.is_moderator and bool(self._settings.moderator_token)
        hides = moderator or bool(self._settings.access_token)
        mute = (SOFT if hides else None) if self._settings.mute == "soft" else (DISABLING if moderator else None)
        return Capabilities(
            delete=hides,
            mute=mute,
            ban=moderator,
            say=bool(self._settings.access_token),
            line_limit=LINE_LIMIT,
        )

    async def perform(self, action: Action) -> Outcome:
        """Ask the server; its answer confirms."""
        refusal = self._unsupported(action)
        if refusal:
            return Outcome(OutcomeStatus.UNSUPPORTED, refusal)
        session = self._session(action.room)
        if session is None or not session.established:
            return Outcome(OutcomeStatus.RETRY, f"{action.room} is not connected")
        match action:
            case Say(text=text):
                self._said.append(" ".join(text.split()))
                return await self._api.say(text)
            case DeleteMessage(message_id=message_id):
                return await self._api.hide(message_id)
            case MuteSender(sender_id=sender_id, span=span) if self._settings.mute == "soft":
                fresh = self._soft.mute(sender_id, self._clock() + span.total_seconds())
                return Outcome(OutcomeStatus.DONE if fresh else OutcomeStatus.ALREADY, SOFTLY)
            case UnmuteSender(sender_id=sender_id) if self._settings.mute == "soft":
                return Outcome(OutcomeStatus.DONE if self._soft.unmute(sender_id) else OutcomeStatus.ALREADY)
            case MuteSender() | BanSender():
                return await self._shut_out(action.sender_id)
            case UnmuteSender() | UnbanSender():
                return await self._api.enable(action.sender_id, enabled=True)
            case _:
                return Outcome(OutcomeStatus.UNSUPPORTED, NO_RIGHTS)

    async def _shut_out(self, sender_id: str) -> Outcome:
        outcome = await self._api.enable(sender_id, enabled=False)
        return Outcome(outcome.status, SHUT_OUT) if outcome.status is OutcomeStatus.DONE else outcome

    def _unsupported(self, action: Action) -> str:
        """Why an action can never be done with these settings, as an instruction for a person; "" when it can."""
        settings = self._settings
        hides = bool(settings.access_token or settings.moderator_token)
        match action:
            case Whisper():
                return "Owncast has no private lines to an account: tell the person in the chat"
            case SetRoomMode():
                return "let only established users write: Owncast, admin page, Configuration, Chat"
            case Say() if not settings.access_token:
                return "give [platforms.owncast] access_token, an integration's with the scope CAN_SEND_MESSAGES"
            case DeleteMessage() if not hides:
                return "hide the line by hand in the chat, or give [platforms.owncast] access_token"
            case MuteSender() | UnmuteSender() if settings.mute == "soft":
                return "" if hides else f"{NO_RIGHTS}, or {NO_MODERATOR}"
            case MuteSender() | UnmuteSender() | BanSender() | UnbanSender() if not settings.moderator_token:
                return f"{NO_RIGHTS}, or {NO_MODERATOR}"
            case _:
                return ""

    async def silenced(self, room: RoomKey) -> Silenced | None:
        """None: only the admin's password opens the list of disabled accounts, and danmod has none."""
        return None

    async def room_mode(self, room: RoomKey) -> RoomMode | None:
        """None: only the admin's password opens the chat's settings."""
        return None

    async def probe(self, room: RoomKey) -> None:
        """The server tells by itself when our rights change."""

    def _session(self, room: RoomKey) -> OwncastSession | None:
        """The session of this room's open connection."""
        connection = self._connections.get(room)
        session = connection.session if connection else None
        return session if isinstance(session, OwncastSession) else None
