"""The web route: speaks as a browser with the operator's cookie. Reads, mutes, bans, silences and speaks."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from streams.bilibili.answers import NO_DELETE, NO_LOGIN, NO_WHISPER, NOT_CONNECTED, unsupported
from streams.bilibili.api import ChatServers, Identity, RoomInfo, Standing, WebApi
from streams.bilibili.decode import Decoder, Tally
from streams.bilibili.errors import ApiError, NoSuchRoom
from streams.bilibili.facts import RoomFacts
from streams.bilibili.moderation import Moderation
from streams.bilibili.rooms import Room
from streams.bilibili.session import ChatSession
from streams.bilibili.settings import BilibiliSettings
from streams.bilibili.speaking import Voice
from streams.connection import Clock, Dial, SessionOver
from streams.platform import (
    Action,
    BanSender,
    Capabilities,
    DeleteMessage,
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

MUTE = MuteCapability(unit=timedelta(hours=1), minimum=timedelta(hours=1), maximum=timedelta(hours=720))
SHIELD = ShieldCapability("member", longest=timedelta(minutes=30))
"""All viewers wait; the platform opens the room by itself, should danmod never come back."""
COOKIE_EXPIRED = "the login cookie has expired: log in again (danmod login bilibili)"
ORIGIN = "https://live.bilibili.com"


class WebRoute:
    """Prepares dials and carries out actions for one account."""

    def __init__(self, settings: BilibiliSettings, api: WebApi, voice: Voice, clock: Clock, tally: Tally) -> None:
        self._settings = settings
        self._api = api
        self._moderation = Moderation(api)
        self._voice = voice
        self._clock = clock
        self._tally = tally

    async def prepare(self, room: Room) -> Dial:
        """Everything a dial needs, asked anew: who we are, the real room, our role, a token. Raises SessionOver."""
        refusals = room.session.refusals if room.session else 0
        if refusals:
            self._api.forget_identity()
        try:
            identity = await self._identify()
            info = await self._room_info(room)
            standing = await self._api.standing(info.room_id) if identity.own_id else Standing(False, 0)
            servers = await self._api.chat_servers(info.room_id)
        except ApiError as error:
            raise SessionOver(error.detail, for_good=isinstance(error, NoSuchRoom)) from None
        room.facts = RoomFacts(room.key, info.room_id, info.owner_id, identity.own_id)
        room.is_admin = standing.is_admin or (identity.own_id is not None and identity.own_id == info.owner_id)
        room.line_limit = standing.line_limit or None
        room.dials += 1
        return self._dial(room, room.facts, servers, refusals)

    async def close(self, room: Room) -> None:
        """Nothing is left behind on this route."""

    async def beat(self) -> None:
        """Nothing is to be kept alive beside the chat itself."""

    def capabilities(self, room: Room) -> Capabilities:
        """What our account may do in the room now."""
        if not room.live or room.facts is None or room.facts.is_guest:
            return Capabilities()
        if not room.is_admin:
            return Capabilities(say=True, line_limit=room.line_limit)
        return Capabilities(mute=MUTE, ban=True, shield=SHIELD, say=True, line_limit=room.line_limit)

    async def perform(self, room: Room, action: Action) -> Outcome:
        """Carry out one action. Never raises for the platform's faults."""
        if isinstance(action, DeleteMessage):
            return unsupported(NO_DELETE)
        if isinstance(action, Whisper):
            return unsupported(NO_WHISPER)
        if room.facts is None:
            return Outcome(OutcomeStatus.RETRY, NOT_CONNECTED)
        if room.facts.is_guest:
            return unsupported(NO_LOGIN)
        return await self._act(room, room.facts.room_id, action)

    async def silenced(self, room: Room) -> Silenced | None:
        """The list of the silenced; only a moderator may read it."""
        if self.capabilities(room).mute is None or room.facts is None:
            return None
        try:
            senders, whole = await self._api.silenced(room.facts.room_id)
        except ApiError:
            return None
        return Silenced(frozenset(senders), unnamed=0 if whole else 1)

    async def room_mode(self, room: Room) -> RoomMode | None:
        """Who may write, as the platform says; asked by those who may change it."""
        if self.capabilities(room).shield is None or room.facts is None:
            return None
        return await self._moderation.room_mode(room.facts.room_id)

    async def probe(self, room: Room) -> None:
        """Our role, which the platform tells only to who asks."""
        if room.facts is None or room.facts.is_guest or not room.live:
            return
        try:
            standing = await self._api.standing(room.facts.room_id)
        except ApiError:
            return  # nothing is learnt from a platform that does not answer
        room.is_admin = standing.is_admin or room.facts.own_id == room.facts.owner_id

    async def _act(self, room: Room, room_id: int, action: Action) -> Outcome:
        moderation = self._moderation
        match action:
            case MuteSender(sender_id=sender_id, span=span):
                return await moderation.mute(room_id, sender_id, span)
            case BanSender(sender_id=sender_id):
                return await moderation.ban(room_id, sender_id)
            case UnmuteSender(sender_id=sender_id) | UnbanSender(sender_id=sender_id):
                return await moderation.free(room_id, sender_id)
            case SetRoomMode(mode=mode):
                return await moderation.set_room_mode(room_id, mode, self._clock())
            case Say():
                return await self._voice.say(room, action)
            case _:
                return unsupported(NO_DELETE)

    async def _room_info(self, room: Room) -> RoomInfo:
        """The real room; known already where the last dial got in, for a real number never changes."""
        if room.facts and room.session and room.session.established:
            return RoomInfo(room.facts.room_id, room.facts.owner_id)
        return await self._api.room(room.name)

    async def _identify(self) -> Identity:
        """Who we are. Raises SessionOver where a cookie was given that no longer logs in."""
        identity = await self._api.identity()
        if identity.own_id is None and "SESSDATA" in self._settings.cookies:
            self._api.forget_identity()
            raise SessionOver(COOKIE_EXPIRED, for_good=True)
        return identity

    def _dial(self, room: Room, facts: RoomFacts, servers: ChatServers, refusals: int) -> Dial:
        url = self._settings.chat_url or self._chat_url(room, servers)
        body = {
            "uid": int(facts.own_id or 0),
            "roomid": facts.room_id,
            "protover": 3,
            "platform": "web",
            "type": 2,
            "buvid": self._api.buvid,
            "key": servers.token,
        }
        room.session = ChatSession(
            Decoder(facts, self._tally),
            msgspec.json.encode(body),
            self._clock(),
            byte_stream=url.startswith(("tcp:", "tls:")),
            refusals=refusals,
        )
        return Dial(url, room.session, origin=ORIGIN, user_agent=self._settings.user_agent)

    def _chat_url(self, room: Room, servers: ChatServers) -> str:
        """The next of the servers that were named; in the clear only where the HTTP calls are."""
        host, tls_port, plain_port = servers.hosts[(room.dials - 1) % len(servers.hosts)]
        if self._settings.live_api_url.startswith("http:"):
            return f"ws://{host}:{plain_port}/sub"
        return f"wss://{host}:{tls_port}/sub"
