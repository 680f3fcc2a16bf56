"""The open platform's HTTP calls: start a session of a room, keep it, end it. The route offered to third parties."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from streams.bilibili import sign
from streams.bilibili.caller import Caller
from streams.bilibili.errors import Refused
from streams.bilibili.settings import BilibiliSettings
from streams.connection import Clock
from streams.tolerant import as_id, as_int, as_list, as_text, dig

WRONG_CODE = 7007
TOO_MANY = 7010
GONE = frozenset({7000, 7003})
"""The session is over already."""


@dataclass(frozen=True, slots=True)
class Game:
    """One session of one room. ``auth_body`` is to be sent exactly as it came."""

    game_id: str
    auth_body: str
    links: tuple[str, ...]
    room_id: int
    owner_id: str | None


class OpenApi:
    """The calls of one application. All raise :class:`~streams.bilibili.errors.ApiError` and nothing else."""

    def __init__(self, settings: BilibiliSettings, http: aiohttp.ClientSession, clock: Clock) -> None:
        self._settings = settings
        self._caller = Caller(http, clock)
        self._clock = clock

    async def start(self, code: str) -> Game:
        """Begin a session of the room whose streamer gave this identity code."""
        answer = await self._post("/v2/app/start", {"code": code, "app_id": self._settings.app_id})
        data = answer.get("data")
        anchor = dig(data, "anchor_info")
        return Game(
            game_id=as_text(dig(data, "game_info", "game_id")),
            auth_body=as_text(dig(data, "websocket_info", "auth_body")),
            links=tuple(filter(None, map(as_text, as_list(dig(data, "websocket_info", "wss_link"))))),
            room_id=as_int(dig(anchor, "room_id")),
            owner_id=as_text(dig(anchor, "open_id")) or as_id(dig(anchor, "uid")),
        )

    async def heartbeat(self, game_ids: list[str]) -> set[str]:
        """Keep sessions alive, due every 20 s; returns those that are over already."""
        if len(game_ids) == 1:
            return await self._beat_one(game_ids[0])
        answer = await self._post("/v2/app/batchHeartbeat", {"game_ids": game_ids})
        return set(map(as_text, as_list(dig(answer, "data", "failed_game_ids"))))

    async def end(self, game_id: str) -> None:
        """End a session, so that the room is not counted as busy. One that is over already is no error."""
        try:
            await self._post("/v2/app/end", {"app_id": self._settings.app_id, "game_id": game_id})
        except Refused as refusal:
            if refusal.code not in GONE:
                raise

    async def _beat_one(self, game_id: str) -> set[str]:
        try:
            await self._post("/v2/app/heartbeat", {"game_id": game_id})
        except Refused as refusal:
            if refusal.code in GONE:
                return {game_id}
            raise
        return set()

    async def _post(self, path: str, payload: dict[str, Any]) -> dict[str, Any]:
        body = msgspec.json.encode(payload)
        settings = self._settings
        nonce = str(uuid.uuid4())
        headers = sign.open_headers(body, settings.access_key_id, settings.access_key_secret, nonce, self._clock())
        return await self._caller.post(settings.open_url + path, headers, body)
