"""The web's HTTP addresses, as a browser with the operator's cookie calls them. Not offered to third parties.

Addresses, fields and codes were read from several independent clients; each method names its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp

from streams.bilibili import sign
from streams.bilibili.caller import Caller
from streams.bilibili.errors import Blocked, NoSuchRoom, Refused, Unsigned
from streams.bilibili.settings import BilibiliSettings
from streams.bilibili.turns import Rank
from streams.connection import Clock
from streams.tolerant import as_dict, as_id, as_int, as_list, as_text, dig

Form = dict[str, str | int]
"""The fields of a call."""

KEYS_LAST_S = 11 * 3600 + 59 * 60 + 30.0
"""The signing keys change about daily; they are read again after this many seconds."""
NOT_LOGGED_IN = -101
LIST_PAGES_CAP = 100
"""So many pages of the list of the silenced are read at most."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are to the web, and with which keys calls are signed. ``own_id`` None: a guest."""

    own_id: str | None
    key: str
    read_s: float


@dataclass(frozen=True, slots=True)
class RoomInfo:
    """The real number of a room and its streamer's account."""

    room_id: int
    owner_id: str | None


@dataclass(frozen=True, slots=True)
class ChatServers:
    """A fresh login token and where it is good: ``(host, tls port, plain port)``."""

    token: str
    hosts: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What our account may do in a room."""

    is_admin: bool
    line_limit: int


class WebApi:
    """The calls of one account. All raise :class:`~streams.bilibili.errors.ApiError` and nothing else."""

    def __init__(self, settings: BilibiliSettings, http: aiohttp.ClientSession, clock: Clock) -> None:
        self._settings = settings
        self._caller = Caller(http, clock)
        self._clock = clock
        self._cookies = settings.cookies
        self._identity: Identity | None = None
        self._identifying = asyncio.Lock()

    @property
    def buvid(self) -> str:
        """Our browser's number, empty before :meth:`identity` was asked."""
        return self._cookies.get("buvid3", "")

    @property
    def headers(self) -> dict[str, str]:
        """What a browser sends: one Cookie line, the same agent everywhere, Bilibili's own origin."""
        origin = "https://live.bilibili.com"
        headers = {"User-Agent": self._settings.user_agent, "Origin": origin, "Referer": f"{origin}/"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return headers

    async def identity(self) -> Identity:
        """Who we are (``nav``), read again when the keys may have changed; gets a browser number first if need be."""
        async with self._identifying:
            if self._identity is None or self._clock() - self._identity.read_s > KEYS_LAST_S:
                await self._ensure_buvid()
                self._identity = await self._read_identity()
            return self._identity

    def forget_identity(self) -> None:
        """Read identity and keys anew at the next call."""
        self._identity = None

    async def room(self, number: str) -> RoomInfo:
        """The real room behind a number, which may be a short one. Raises NoSuchRoom."""
        try:
            data = await self._get(f"/room/v1/Room/get_info?{urlencode({'room_id': number})}")
        except Refused:
            data = await self._room_init(number)
        if not (room_id := as_int(data.get("room_id"))):
            raise NoSuchRoom(60004, f"there is no room {number}")
        return RoomInfo(room_id, as_id(data.get("uid")))

    async def chat_servers(self, room_id: int) -> ChatServers:
        """A token and the servers it is for (``getDanmuInfo``); on -352 the keys are read anew, once."""
        try:
            return await self._chat_servers(room_id)
        except Unsigned:
            self.forget_identity()
            return await self._chat_servers(room_id)

    async def standing(self, room_id: int) -> Standing:
        """Our role in the room and how long our lines may be (``getInfoByUser``); only where we are logged in."""
        data = await self._get(f"/xlive/web-room/v1/index/getInfoByUser?room_id={room_id}&from=0")
        limit = as_int(dig(data, "property", "danmu", "length"))
        return Standing(dig(data, "badge", "is_room_admin") is True, limit if limit > 0 else 20)

    async def silence(self, room_id: int, sender_id: str, hours: int) -> None:
        """Mute for ``hours`` (-1: for ever). Without ``hour`` the platform answers "success" and does nothing."""
        fields: Form = {"room_id": room_id, "tuid": sender_id, "mobile_app": "web", "type": 1, "hour": hours}
        await self._post("/xlive/web-ucenter/v1/banned/AddSilentUser", fields)

    async def free(self, room_id: int, sender_id: str) -> None:
        """End a mute, also one for ever."""
        fields: Form = {"room_id": room_id, "tuid": sender_id, "mobi_app": "web"}
        await self._post("/xlive/web-ucenter/v1/banned/DelSilentUser", fields)

    async def is_silenced(self, room_id: int, sender_id: str) -> bool:
        """True when the sender stands on the room's list of the silenced, which is read page by page."""
        async for rows in self._silenced_pages(room_id):
            if sender_id in rows:
                return True
        return False

    async def silenced(self, room_id: int) -> tuple[list[str], bool]:
        """The accounts on the room's list of the silenced, and whether that is the whole list."""
        pages = [rows async for rows in self._silenced_pages(room_id)]
        return [sender_id for rows in pages for sender_id in rows], len(pages) < LIST_PAGES_CAP

    async def _silenced_pages(self, room_id: int) -> AsyncIterator[list[str]]:
        for page in range(1, LIST_PAGES_CAP + 1):
            answer = await self._post(
                "/xlive/web-ucenter/v1/banned/GetSilentUserList", {"room_id": room_id, "ps": page}
            )
            rows = as_list(dig(answer, "data", "data"))
            yield [sender_id for row in rows if (sender_id := as_id(dig(row, "tuid"))) is not None]
            if not rows or page >= as_int(dig(answer, "data", "total_page")):
                return

    async def set_room_mode(self, room_id: int, kind: str, level: int, minutes: int) -> None:
        """Let only some write (``member`` means none of the viewers) for 30 or 60 minutes, 0 until lifted; ``off`` lets
        everybody."""
        fields: Form = {"room_id": room_id, "type": kind, "level": level, "minute": minutes}
        await self._post("/xlive/web-room/v1/banned/RoomSilent", fields)

    async def room_mode(self, room_id: int) -> tuple[str, int, float] | None:
        """Who may write: type, level, end (Unix seconds, below 1 where none is set); None where the answer does not tell."""
        path = f"/xlive/web-room/v1/banned/GetRoomSilent?room_id={room_id}"
        match await self._get(path, Rank.MEASURE):
            case {"type": str(kind), **rest}:
                level, ends_s = rest.get("level"), rest.get("second")
                return (
                    "off" if kind in ("", "off") else kind,
                    level if isinstance(level, int) else 1,
                    ends_s if isinstance(ends_s, int | float) else -1,
                )
            case _:
                return None

    async def send(self, room_id: int, text: str, reply: Form | None = None) -> str:
        """Say one line. Returns the message beside code 0: empty when sent, else a sign that it was swallowed."""
        fields: Form = {
            "bubble": 0,
            "msg": text,
            "color": 16777215,
            "mode": 1,
            "fontsize": 25,
            "rnd": int(self._clock()),
            "roomid": room_id,
            **(reply or {}),
        }
        answer = await self._post("/msg/send", fields, Rank.CHATTER)
        return as_text(answer.get("message")) or as_text(answer.get("msg"))

    async def _ensure_buvid(self) -> None:
        """Without a browser number every signed call is answered with -352."""
        if not self.buvid:
            answer = await self._caller.get(f"{self._settings.api_url}/x/frontend/finger/spi", self.headers)
            self._cookies["buvid3"] = as_text(dig(answer, "data", "b_3"))

    async def _read_identity(self) -> Identity:
        """``nav`` answers -101 to a guest and still carries the keys, so its code is no error here."""
        answer = await self._caller.get(
            f"{self._settings.api_url}/x/web-interface/nav", self.headers, fine=frozenset({NOT_LOGGED_IN})
        )
        data = as_dict(answer.get("data"))
        own_id = as_id(data.get("mid")) if data.get("isLogin") is True else None
        names = [sign.key_name(as_text(dig(data, "wbi_img", key))) for key in ("img_url", "sub_url")]
        try:
            key = sign.mixin_key(*names)
        except ValueError as error:
            raise Blocked(f"the platform gave no signing keys: {error}", timedelta(minutes=1)) from None
        return Identity(own_id, key, self._clock())

    async def _chat_servers(self, room_id: int) -> ChatServers:
        identity = await self.identity()
        params: Form = {"id": room_id, "type": 0, "web_location": "444.8"}
        query = sign.wbi_query(params, identity.key, self._clock())
        data = await self._get(f"/xlive/web-room/v1/index/getDanmuInfo?{query}")
        if "v_voucher" in data:
            raise Unsigned("the platform did not accept our signature (-352, v_voucher)", timedelta(minutes=1))
        hosts = tuple(
            (as_text(host.get("host")), as_int(host.get("wss_port")), as_int(host.get("ws_port")))
            for host in map(as_dict, as_list(data.get("host_list")))
        )
        if not hosts:
            raise Refused(0, "no chat server was named")
        return ChatServers(as_text(data.get("token")), hosts)

    async def _room_init(self, number: str) -> dict[str, Any]:
        try:
            return await self._get(f"/room/v1/Room/room_init?{urlencode({'id': number})}")
        except Refused as refusal:
            if refusal.code == 60004:
                raise NoSuchRoom(60004, f"there is no room {number}") from None
            raise

    async def _get(self, path: str, rank: Rank = Rank.READING) -> dict[str, Any]:
        answer = await self._caller.get(self._settings.live_api_url + path, self.headers, rank=rank)
        return as_dict(answer.get("data"))

    async def _post(self, path: str, fields: Form, rank: Rank = Rank.MEASURE) -> dict[str, Any]:
        csrf = self._cookies.get("bili_jct", "")
        form = urlencode({**fields, "csrf": csrf, "csrf_token": csrf, "visit_id": ""}).encode()
        headers = {**self.headers, "Content-Type": "application/x-www-form-urlencoded"}
        return await self._caller.post(self._settings.live_api_url + path, headers, form, rank=rank)
