"""The whole simulated platform behind one HTTP port and one TCP port, with a control side for tests."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Self

from aiohttp import web

from tests.simulators.bilibili import codec
from tests.simulators.bilibili.chat import Chat, tcp_handler, websocket_handler
from tests.simulators.bilibili.open_platform import OpenPlatform
from tests.simulators.bilibili.web_api import WebApi
from tests.simulators.bilibili.world import Account, SimRoom, World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
CAPTCHA = "<!DOCTYPE html><html><title>出错啦</title><body>验证码</body></html>"


@dataclass(frozen=True)
class Urls:
    """Where the simulator answers."""

    api_url: str
    live_api_url: str
    chat_url: str
    tcp_url: str
    open_url: str
    control_url: str


class BilibiliSimulator:
    """An async context manager; entered, it serves. ``port`` 0: any free one, kept over :meth:`stop` and :meth:`start`.

    ``fail_next`` makes the next calls of a path fail: ``412`` a captcha page, ``429``, ``500``, ``drop`` (carried
    out, the answer lost), ``slow`` (half a second late), ``html`` (status 200, no JSON).
    """

    def __init__(self, rooms: list[SimRoom] | None = None, *, port: int = 0) -> None:
        self.world = World(rooms or [SimRoom()])
        self.chat = Chat(self.world)
        self.web = WebApi(self.world, self.chat)
        self.open = OpenPlatform(self.world, self.chat)
        self.calls: list[str] = []
        """The path of every HTTP call, in order."""
        self.urls = Urls("", "", "", "", "", "")
        self._port = port
        self._tcp_port = 0
        self._failures: dict[str, list[str]] = defaultdict(list)
        self._runner: web.AppRunner | None = None
        self._tcp: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    @property
    def room(self) -> SimRoom:
        """The first room."""
        return self.world.rooms[0]

    @property
    def cookie(self) -> str:
        """The cookie of the account that is a moderator of the rooms."""
        return self.world.bot.cookie

    @property
    def silenced(self) -> set[int]:
        """The accounts silenced in the first room."""
        return {uid for uid, silence in list(self.room.silenced.items()) if self.room.is_silenced(silence.account)}

    async def start(self) -> None:
        """Serve, at the same ports as before."""
        tcp = await asyncio.start_server(lambda r, w: tcp_handler(self.chat, r, w), "127.0.0.1", self._tcp_port)
        self._tcp, self._tcp_port = tcp, tcp.sockets[0].getsockname()[1]
        app = web.Application(middlewares=[self._faults])
        self.web.tcp_port = self._tcp_port
        app.add_routes([*self.web.routes(), *self.open.routes(), *self._control_routes()])
        app.router.add_get("/sub", websocket_handler(self.chat))
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        base = f"http://127.0.0.1:{self._port}"
        self.urls = Urls(
            base, base, f"ws://127.0.0.1:{self._port}/sub", f"tcp://127.0.0.1:{self._tcp_port}", base, f"{base}/control"
        )

    async def stop(self) -> None:
        """Refuse everybody; the world stays as it is."""
        self.chat.abort_all()
        if self._tcp:
            self._tcp.close()
        if self._runner:
            await self._runner.cleanup()

    async def say(self, uid: int, name: str, text: str, admin: bool = False, room: SimRoom | None = None) -> bool:
        """A person writes a line; False when the platform does not let it through."""
        room = room or self.room
        account = self.world.account(uid, name)
        if admin:
            room.admins.add(uid)
        if room.is_silenced(account):
            return False
        await self.web.show(room, account, text, {})
        return True

    async def emit(self, *events: dict[str, Any], open_route: bool = False) -> None:
        """Send any events to the first room, as one frame."""
        await self.chat.broadcast(self.room, list(events), open_route=open_route)

    async def replay_captured(self, events: list[dict[str, Any]], a_frame: int = 5) -> None:
        """Send captured bodies in their order, some to a frame."""
        for start in range(0, len(events), a_frame):
            await self.emit(*events[start : start + a_frame])

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as one frame to everybody."""
        for client in list(self.chat.clients):
            await client.link.send(data)

    async def bomb(self, size: int = 200_000_000) -> None:
        """Send a frame that inflates to ``size`` bytes."""
        await self.send_raw(await asyncio.to_thread(codec.brotli_bomb, size))

    def fail_next(self, path: str, kind: str, times: int = 1) -> None:
        """Make the next ``times`` calls whose path ends in ``path`` fail."""
        self._failures[path] += [kind] * times

    @web.middleware
    async def _faults(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.calls.append(request.path)
        kind = next(
            (kinds.pop(0) for path, kinds in self._failures.items() if kinds and request.path.endswith(path)), ""
        )
        match kind:
            case "412":
                return web.Response(status=412, text=CAPTCHA, content_type="text/html")
            case "html":
                return web.Response(text=CAPTCHA, content_type="text/html")
            case "429":
                return web.json_response({"code": -509}, status=429, headers={"Retry-After": "7"})
            case "500":
                return web.Response(status=502, text="bad gateway")
            case "drop":
                await handler(request)
                if request.transport:
                    request.transport.abort()
            case "slow":
                await asyncio.sleep(0.5)
        return await handler(request) if kind in ("", "slow") else web.Response(status=500)

    def _control_routes(self) -> list[web.RouteDef]:
        return [
            web.post("/control/say", self._control_say),
            web.post("/control/event", self._control_event),
            web.post("/control/token", self._control_token),
            web.get("/control/state", self._control_state),
        ]

    async def _control_say(self, request: web.Request) -> web.Response:
        """``{"uid", "name", "text", "admin", "room"}``; answers whether the line went through."""
        wish = await request.json()
        room = self.world.room(int(wish.get("room", 0))) or self.room
        said = await self.say(
            int(wish["uid"]), str(wish.get("name", "")), str(wish["text"]), bool(wish.get("admin")), room
        )
        return web.json_response({"said": said})

    async def _control_event(self, request: web.Request) -> web.Response:
        await self.emit(await request.json())
        return web.json_response({"clients": len(self.chat.clients)})

    async def _control_token(self, request: web.Request) -> web.Response:
        """``{"uid"}``; a chat token that is bound to nothing else."""
        return web.json_response({"token": self.world.issue_token(int((await request.json()).get("uid", 0)))})

    async def _control_state(self, request: web.Request) -> web.Response:
        rooms = [
            {
                "room_id": room.room_id,
                "silenced": sorted(room.silenced),
                "silence": room.room_silence,
                "lines": room.lines,
            }
            for room in self.world.rooms
        ]
        return web.json_response({"clients": len(self.chat.clients), "rooms": rooms})

    def describe(self) -> dict[str, Any]:
        """What somebody outside needs to use the simulator."""
        room = self.room
        known = {"room": room.room_id, "short_room": room.short_id, "owner_uid": room.owner.uid, "code": room.code}
        keys = {"access_key_id": self.open.key_id, "access_key_secret": self.open.secret, "app_id": self.open.app_id}
        return {**asdict(self.urls), "cookie": self.cookie, **known, **keys}


__all__ = ["Account", "BilibiliSimulator", "SimRoom", "Urls"]
