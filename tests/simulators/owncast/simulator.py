"""The server's HTTP and websocket sides."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import WSMsgType, web

from tests.simulators.owncast.world import Account, Line, World, stamp

PASSWORD = "abc123"  # the one every Owncast has before its owner chooses another
FRAME_LIMIT, CLOSING_LIMIT = 2048, 4096
REFILL_S, LOCKED_S = 2 / 3, 10.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(eq=False)
class Client:
    """One open socket. ``tokens`` is the flood bucket, ``queue`` what waits to be sent together."""

    socket: web.WebSocketResponse
    account: Account
    number: int
    last_s: float = 0.0
    locked_until_s: float = 0.0
    queue: list[str] = field(default_factory=list)
    due: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, event: dict[str, Any]) -> None:
        self.queue.append(json.dumps(event, ensure_ascii=False))
        self.due.set()

    async def pump(self) -> None:
        """What waits goes out together, one event a line, as the real server flushes its queue."""
        while not self.socket.closed:
            await self.due.wait()
            self.due.clear()
            waiting, self.queue = self.queue, []
            if waiting:
                await self.socket.send_str("\n".join(waiting))

    def may_speak(self, now_s: float) -> bool:
        """One line, another each two thirds of a second; who is faster is ignored for ten seconds."""
        if now_s < self.locked_until_s:
            return False
        if now_s - self.last_s < REFILL_S:
            self.locked_until_s = now_s + LOCKED_S
            return False
        self.last_s = now_s
        return True


class OwncastSimulator:
    """A server on loopback. ``flood_control`` False lets people write as fast as they like, for tests of other things."""

    def __init__(self, port: int = 0, *, flood_control: bool = True, world: World | None = None) -> None:
        self.world = world or World()
        self.clients: list[Client] = []
        self.failures: list[tuple[int, dict[str, str]]] = []
        """Answers the next acting calls get instead of their own: status and headers."""
        self.calls: list[str] = []
        self._flood_control = flood_control
        self._port = port
        self._numbers = 0
        self._runner: web.AppRunner | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._port}"

    def describe(self) -> dict[str, str]:
        """Addresses, for clients of other people."""
        return {"url": self.url, "ws": f"{self.url.replace('http', 'ws')}/ws", "admin": f"admin:{PASSWORD}"}

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._strict])
        app.add_routes(
            [
                web.get("/ws", self._socket),
                web.get("/api/status", self._status),
                web.post("/api/chat/register", self._register),
                web.post("/api/chat/messagevisibility", self._moderator(self._visibility)),
                web.post("/api/chat/users/setenabled", self._moderator(self._set_enabled)),
                web.get("/api/integrations/chat", self._integration("HAS_ADMIN_ACCESS", self._history)),
                web.post("/api/integrations/chat/send", self._integration("CAN_SEND_MESSAGES", self._send)),
                web.post("/api/integrations/chat/system", self._integration("CAN_SEND_SYSTEM_MESSAGES", self._system)),
                web.post(
                    "/api/integrations/chat/messagevisibility", self._integration("HAS_ADMIN_ACCESS", self._visibility)
                ),
                web.post("/api/admin/accesstokens/create", self._admin(self._create_token)),
                web.post("/api/admin/chat/users/setmoderator", self._admin(self._set_moderator)),
                web.post("/api/admin/chat/users/setenabled", self._admin(self._set_enabled)),
                web.get("/api/admin/chat/users/ipbans", self._admin(self._ip_bans)),
                web.post("/api/admin/chat/users/ipbans/remove", self._admin(self._remove_ip_ban)),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    async def cut(self, account: Account | None = None) -> None:
        """Close sockets: all, or those of one account."""
        for client in [one for one in self.clients if account is None or one.account is account]:
            await client.socket.close()

    # -- the chat ---------------------------------------------------------------------------------------------------

    def broadcast(self, event: dict[str, Any]) -> None:
        """Tell everybody."""
        for client in self.clients:
            client.tell(event)

    def say(self, account: Account, typed: str) -> Line:
        """A line by somebody, whoever is connected."""
        line = Line(account, typed.replace("\n", " "), self.world.now())
        self.world.lines.append(line)
        self.broadcast(line.event())
        return line

    def rename(self, account: Account, name: str) -> None:
        """Somebody chooses another name."""
        old, account.name = account.name, name
        account.previous.append(old)
        at = stamp(self.world.now())
        self.broadcast({"type": "NAME_CHANGE", "id": "n", "timestamp": at, "oldName": old, "user": account.public()})

    def hide(self, ids: list[str], *, visible: bool = False) -> None:
        """Hide lines, as any moderator may."""
        known = self.world.show(ids, visible=visible)
        at = stamp(self.world.now())
        self.broadcast({"type": "VISIBILITY-UPDATE", "id": "v", "timestamp": at, "ids": known, "visible": visible})

    def _action(self, client: Client, text: str) -> None:
        client.tell({"type": "CHAT_ACTION", "id": "a", "timestamp": stamp(self.world.now()), "body": f"<p>{text}</p>"})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """The token is looked at after the upgrade; a chat that is off answers before it, with 200."""
        if not self.world.chat_on:
            return web.Response(text="CHAT_DISABLED")
        if request.remote in self.world.banned_addresses:
            raise web.HTTPForbidden
        socket = web.WebSocketResponse(heartbeat=54)
        await socket.prepare(request)
        account = self.world.by_token(request.query.get("accessToken", ""))
        if account is None or account.disabled_at:
            if request.query.get("accessToken"):
                kind = "ERROR_USER_DISABLED" if account else "ERROR_NEEDS_REGISTRATION"
                await socket.send_json({"type": kind})
            await socket.close()
            return socket
        self._numbers += 1
        client = Client(socket, account, self._numbers)
        pumping = asyncio.create_task(client.pump())
        self.clients.append(client)
        client.tell({"type": "CONNECTED_USER_INFO", "user": account.public()})
        self.broadcast(
            {"type": "USER_JOINED", "id": "j", "timestamp": stamp(self.world.now()), "user": account.public()}
        )
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT and not await self._heard(client, frame.data):
                    break
        finally:
            self.clients.remove(client)
            pumping.cancel()
        return socket

    async def _heard(self, client: Client, data: str) -> bool:
        """A frame by a client; False closes the socket."""
        size = len(data.encode())
        if size > CLOSING_LIMIT:
            return False
        if size > FRAME_LIMIT:
            self._action(client, "your message was too long")
            return True
        event = json.loads(data)
        if event.get("type") == "NAME_CHANGE":
            self.rename(client.account, str(event["newName"])[:30])
        if event.get("type") != "CHAT" or not str(event.get("body", "")).strip() or client.account.disabled_at:
            return True
        if self._flood_control and not client.may_speak(time.monotonic()):
            self._action(client, "you are sending messages too quickly")
            return True
        self.say(client.account, str(event["body"]))
        return True

    # -- acting -----------------------------------------------------------------------------------------------------

    @web.middleware
    async def _strict(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Failures on demand come first."""
        if request.method == "POST":
            self.calls.append(request.path)
            if self.failures and request.path != "/api/chat/register":
                status, headers = self.failures.pop(0)
                return web.json_response({"success": False, "message": "no"}, status=status, headers=headers)
        return await handler(request)

    def _integration(self, scope: str, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            account = self._bearer(request)
            if account is None or scope not in account.scopes:
                return web.Response(status=401, text="unauthorized")
            return await handler(request)

        return guarded

    def _bearer(self, request: web.Request) -> Account | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self.world.by_token(token) if scheme.lower() == "bearer" else None

    def _moderator(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            account = self.world.by_token(request.query.get("accessToken", ""))
            if account is None or account.disabled_at or not account.moderator:
                return web.Response(status=401, text="unauthorized")
            return await handler(request)

        return guarded

    def _admin(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            wanted = "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
            if request.headers.get("Authorization") != wanted:
                return web.Response(status=401, text="unauthorized")
            return await handler(request)

        return guarded

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = (await request.json()).get("body", "")
        if not isinstance(body, str) or not body.strip():
            return _said(False, "body is missing", 400)
        account = self._bearer(request)
        assert account is not None
        self.say(account, body)
        return _said(True, "sent")

    async def _system(self, request: web.Request) -> web.StreamResponse:
        body = str((await request.json()).get("body", ""))
        at = stamp(self.world.now())
        user = {"displayName": "Owncast simulator"}
        self.broadcast({"type": "SYSTEM", "id": "s", "timestamp": at, "body": body, "user": user})
        return _said(True, "sent")

    async def _visibility(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        ids, visible = asked.get("idArray"), asked.get("visible")
        if not isinstance(ids, list) or not isinstance(visible, bool):
            return _said(False, "invalid request", 400)
        self.hide([str(one) for one in ids], visible=visible)
        return _said(True, "changed")

    async def _set_enabled(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        account, enabled = self.world.by_id(str(asked.get("userId", ""))), asked.get("enabled")
        if account is None or not isinstance(enabled, bool):
            return _said(False, "must provide userId", 400)
        account.disabled_at = None if enabled else account.disabled_at or self.world.now()
        if enabled:
            return _said(True, f"{account.name} enabled: true")
        self.hide([line.id for line in self.world.lines if line.account is account])
        open_ones = [client for client in self.clients if client.account is account]
        if not open_ones:
            return web.Response()  # the real handler returns early, with nothing at all
        for client in open_ones:
            client.tell({"type": "ERROR_USER_DISABLED", "id": "e", "timestamp": stamp(self.world.now()), "user": None})
        self.broadcast(
            {
                "type": "CHAT_ACTION",
                "id": "a",
                "timestamp": stamp(self.world.now()),
                "body": f"<p><strong>{account.name}</strong> has been removed from chat.</p>",
            }
        )
        self.world.banned_addresses |= account.addresses - {"127.0.0.1", "::1"}
        task = asyncio.create_task(self._part(open_ones))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return _said(True, f"{account.name} enabled: false")

    async def _part(self, clients: list[Client]) -> None:
        """The real server waits two seconds; here the error event goes out first, and that is enough."""
        await asyncio.sleep(0.05)
        for client in clients:
            await client.socket.close()

    async def _history(self, request: web.Request) -> web.StreamResponse:
        return web.json_response([line.event() for line in reversed(self.world.lines)])

    async def _status(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"online": True, "viewerCount": len(self.clients), "versionNumber": "0.2.0"})

    async def _register(self, request: web.Request) -> web.StreamResponse:
        asked = json.loads(await request.text() or "{}")
        account = self.world.register(str(asked.get("displayName", "")))
        return web.json_response({"id": account.id, "accessToken": account.token, "displayName": account.name})

    async def _create_token(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        try:
            account = self.world.integrate(str(asked["name"]), tuple(asked["scopes"]))
        except (KeyError, ValueError) as fault:
            return _said(False, str(fault), 400)
        return web.json_response({"accessToken": account.token, "displayName": account.name, "scopes": account.scopes})

    async def _set_moderator(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        account = self.world.by_id(str(asked.get("userId", "")))
        if account is None:
            return _said(False, "unknown user", 400)
        account.moderator = bool(asked.get("isModerator"))
        for client in self.clients:
            if client.account is account:
                client.tell({"type": "CONNECTED_USER_INFO", "user": account.public()})
        return _said(True, "changed")

    async def _ip_bans(self, request: web.Request) -> web.StreamResponse:
        return web.json_response([{"ipAddress": one} for one in sorted(self.world.banned_addresses)])

    async def _remove_ip_ban(self, request: web.Request) -> web.StreamResponse:
        self.world.banned_addresses.discard(str((await request.json()).get("value")))
        return _said(True, "removed")


def _said(success: bool, message: str, status: int = 200) -> web.Response:
    return web.json_response({"success": success, "message": message}, status=status)
