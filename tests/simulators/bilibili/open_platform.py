"""The open platform's addresses: signed calls that start, keep and end a room's session."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.simulators.bilibili.chat import Chat
from tests.simulators.bilibili.web_api import answer
from tests.simulators.bilibili.world import SimRoom, World

SESSIONS_CAP = 5
LAPSE_S = 60.0


@dataclass
class Game:
    """One running session."""

    id: str
    room: SimRoom
    beaten_s: float
    body: bytes


class OpenPlatform:
    """The handlers. The application is known by its key and number."""

    key_id = "sim-key"
    secret = "sim-secret"
    app_id = 1700000000000

    def __init__(self, world: World, chat: Chat) -> None:
        self.world = world
        self.chat = chat
        self.games: dict[str, Game] = {}
        self.calls: list[str] = []
        self._nonces: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v2/app/start", self.start),
            web.post("/v2/app/heartbeat", self.heartbeat),
            web.post("/v2/app/batchHeartbeat", self.heartbeats),
            web.post("/v2/app/end", self.end),
        ]

    async def start(self, request: web.Request) -> web.Response:
        wish, refusal = await self._signed(request)
        if refusal:
            return refusal
        room = next((room for room in self.world.rooms if room.code == wish.get("code")), None)
        if wish.get("app_id") != self.app_id:
            return answer(4000, "参数错误")
        if room is None:
            return answer(7007, "身份码错误")
        if sum(game.room is room for game in self.games.values()) >= SESSIONS_CAP:
            return answer(7010, "应用连接数超过上限")
        return answer(data=self._started(room, request))

    def _started(self, room: SimRoom, request: web.Request) -> dict[str, Any]:
        game_id, key = str(uuid.uuid4()), uuid.uuid4().hex
        body = json.dumps({"roomid": room.room_id, "protover": 2, "uid": 0, "key": key, "group": "open"})
        self.games[game_id] = Game(game_id, room, time.time(), body.encode())
        self.chat.open_bodies[body.encode()] = (room, game_id)
        owner = room.owner
        return {
            "game_info": {"game_id": game_id},
            "websocket_info": {"auth_body": body, "wss_link": [f"ws://{request.host}/sub"]},
            "anchor_info": {"room_id": room.room_id, "uid": 0, "uname": owner.name, "open_id": owner.open_id},
        }

    async def heartbeat(self, request: web.Request) -> web.Response:
        wish, refusal = await self._signed(request)
        return refusal or (answer(data={}) if self._beat(wish.get("game_id", "")) else answer(7003, "心跳过期"))

    async def heartbeats(self, request: web.Request) -> web.Response:
        wish, refusal = await self._signed(request)
        failed = [game_id for game_id in wish.get("game_ids", []) if not self._beat(game_id)]
        return refusal or answer(data={"failed_game_ids": failed or None})

    async def end(self, request: web.Request) -> web.Response:
        wish, refusal = await self._signed(request)
        if refusal:
            return refusal
        return answer(data={}) if self.finish(wish.get("game_id", "")) else answer(7000, "场次不存在")

    def finish(self, game_id: str) -> bool:
        """End a session; False when there is none."""
        game = self.games.pop(game_id, None)
        if game:
            self.chat.open_bodies.pop(game.body, None)
        return game is not None

    def _beat(self, game_id: str) -> bool:
        game = self.games.get(game_id)
        if game is None or time.time() - game.beaten_s > LAPSE_S:
            self.finish(game_id)
            return False
        game.beaten_s = time.time()
        return True

    async def _signed(self, request: web.Request) -> tuple[dict[str, Any], web.Response | None]:
        """The body, and a refusal unless every signed header is right and the nonce is new."""
        body, headers = await request.read(), request.headers
        names = [
            "x-bili-accesskeyid", "x-bili-content-md5", "x-bili-signature-method", "x-bili-signature-nonce",
            "x-bili-signature-version", "x-bili-timestamp",
        ]  # fmt: skip
        self.calls.append(request.path)
        text = "\n".join(f"{name}:{headers.get(name, '')}" for name in names)
        expected = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        nonce = headers.get("x-bili-signature-nonce", "")
        good = (
            headers.get("Authorization") == expected
            and headers.get("x-bili-content-md5") == hashlib.md5(body).hexdigest()
            and headers.get("x-bili-accesskeyid") == self.key_id
            and abs(int(headers.get("x-bili-timestamp", "0")) - time.time()) < 600
            and nonce not in self._nonces
        )
        self._nonces.add(nonce)
        return (json.loads(body), None) if good else ({}, answer(4002, "签名异常"))
