"""EventSub over websocket: sessions, subscriptions, and events to whoever subscribed."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.simulators.twitch.bodies import stamp
from tests.simulators.twitch.errors import refusal
from tests.simulators.twitch.world import Token, World, new_id

READS = ("user:read:chat",)
MODERATE = (
    ("moderator:read:blocked_terms", "moderator:manage:blocked_terms"),
    ("moderator:read:chat_settings", "moderator:manage:chat_settings"),
    ("moderator:read:unban_requests", "moderator:manage:unban_requests"),
    ("moderator:read:banned_users", "moderator:manage:banned_users"),
    ("moderator:read:chat_messages", "moderator:manage:chat_messages"),
    ("moderator:read:warnings", "moderator:manage:warnings"),
    ("moderator:read:moderators",),
    ("moderator:read:vips",),
)
Scopes = tuple[tuple[str, ...], ...]


def _either(name: str) -> Scopes:
    return ((f"moderator:read:{name}", f"moderator:manage:{name}"),)


TYPES: dict[tuple[str, str], tuple[str, Scopes]] = {
    **{
        (kind, "1"): ("user_id", (READS,))
        for kind in (
            "channel.chat.message",
            "channel.chat.message_delete",
            "channel.chat.clear_user_messages",
            "channel.chat.clear",
            "channel.chat.notification",
            "channel.chat_settings.update",
            "channel.chat.user_message_hold",
            "channel.chat.user_message_update",
        )
    },
    ("channel.moderate", "2"): ("moderator_user_id", MODERATE),
    ("automod.message.hold", "2"): ("moderator_user_id", (("moderator:manage:automod",),)),
    ("automod.message.update", "2"): ("moderator_user_id", (("moderator:manage:automod",),)),
    ("channel.suspicious_user.message", "1"): ("moderator_user_id", (("moderator:read:suspicious_users",),)),
    ("channel.suspicious_user.update", "1"): ("moderator_user_id", (("moderator:read:suspicious_users",),)),
    ("channel.unban_request.create", "1"): ("moderator_user_id", _either("unban_requests")),
    ("channel.unban_request.resolve", "1"): ("moderator_user_id", _either("unban_requests")),
    ("channel.warning.acknowledge", "1"): ("moderator_user_id", _either("warnings")),
    ("channel.warning.send", "1"): ("moderator_user_id", _either("warnings")),
    ("channel.shield_mode.begin", "1"): ("moderator_user_id", _either("shield_mode")),
    ("channel.shield_mode.end", "1"): ("moderator_user_id", _either("shield_mode")),
    ("channel.ban", "1"): ("", (("channel:moderate",),)),
    ("channel.unban", "1"): ("", (("channel:moderate",),)),
    ("channel.moderator.add", "1"): ("", (("moderation:read",),)),
    ("channel.moderator.remove", "1"): ("", (("moderation:read",),)),
    ("channel.shared_chat.begin", "1"): ("", ()),
    ("channel.shared_chat.update", "1"): ("", ()),
    ("channel.shared_chat.end", "1"): ("", ()),
    ("stream.online", "1"): ("", ()),
    ("stream.offline", "1"): ("", ()),
    ("user.whisper.message", "1"): ("user", (("user:read:whispers", "user:manage:whispers"),)),
}
"""(type, version) → who reads beside the broadcaster, and the scopes: one of each group."""

MOST_SUBSCRIPTIONS = 300
MOST_CONNECTIONS = 3


@dataclass(eq=False)
class Session:
    """One websocket. ``heir`` is the id its successor will have while a reconnect is under way."""

    socket: web.WebSocketResponse
    transport: Any
    id: str
    keepalive_s: float
    opened_s: float = field(default_factory=time.time)
    sent_s: float = field(default_factory=time.monotonic)
    was_used: bool = False
    heir: str = ""
    closing: asyncio.Task[None] | None = None


@dataclass
class Subscription:
    """What somebody wants to hear."""

    id: str
    type: str
    version: str
    condition: dict[str, str]
    session_id: str
    token: Token
    created_s: float
    status: str = "enabled"

    @property
    def key(self) -> tuple[object, ...]:
        """What there may be once only."""
        return self.type, self.version, tuple(sorted(self.condition.items())), self.session_id

    def shown(self, cost: int = 0) -> dict[str, Any]:
        transport = {"method": "websocket", "session_id": self.session_id, "connected_at": stamp(self.created_s)}
        return {
            "id": self.id,
            "status": self.status,
            "type": self.type,
            "version": self.version,
            "condition": self.condition,
            "created_at": stamp(self.created_s),
            "transport": transport,
            "cost": cost,
        }


class EventSub:
    """All sessions. ``unused_s``: how long one may stay without a subscription; ``grace_s``: how long an old one lives
    beside its successor; ``silent``: nothing is sent any more; ``twice``: each event comes two times."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions: dict[str, Session] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.created = 0
        """How many subscriptions were made in all."""
        self.closed: list[int] = []
        """The codes of sessions we closed."""
        self.pings = 0
        """How many PING frames clients sent."""
        self.unused_s = 10.0
        self.grace_s = 30.0
        self.keepalive_s: float | None = None
        self.silent = False
        self.twice = False
        self.base = ""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/ws", self.handle)]

    # -- the websocket ---------------------------------------------------------------------------------------------

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        old = next((each for each in self.sessions.values() if each.heir == request.query.get("reconnect", "-")), None)
        if "reconnect" in request.query and old is None:
            await self._close(socket, 4007, "invalid reconnect url")
            return socket
        wanted = request.query.get("keepalive_timeout_seconds", "10")
        keepalive_s = self.keepalive_s or min(600.0, max(10.0, float(wanted) if wanted.isdigit() else 10.0))
        session = Session(socket, request.transport, old.heir if old else secrets.token_urlsafe(21), keepalive_s)
        self.sessions[session.id] = session
        tasks = [asyncio.create_task(self._keep_alive(session)), asyncio.create_task(self._expect_use(session))]
        try:
            await self._welcome(session)
            if old is not None:
                self._hand_over(old, session)
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await self._close(socket, 4001, "client sent inbound traffic")
                elif message.type is WSMsgType.PING:  # taken, as TwitchIO sends them; by the book only a PONG is
                    self.pings += 1
                    await socket.pong(message.data)
        finally:
            for task in tasks:
                task.cancel()
            self._forget(session)
        return socket

    async def _welcome(self, session: Session) -> None:
        told = self._session(session, "connected", keepalive=int(session.keepalive_s) or 1)
        await self._send(session, "session_welcome", {"session": told})

    def _session(
        self, session: Session, status: str, keepalive: int | None = None, url: str | None = None
    ) -> dict[str, Any]:
        return {
            "id": session.id,
            "status": status,
            "keepalive_timeout_seconds": keepalive,
            "reconnect_url": url,
            "recovery_url": None,
            "connected_at": stamp(session.opened_s),
        }

    def _hand_over(self, old: Session, new: Session) -> None:
        """Subscriptions move by themselves; the old socket lives on until its client closes it."""
        new.was_used = True
        for subscription in self.subscriptions.values():
            if subscription.session_id == old.id:
                subscription.session_id = new.id
        old.heir = ""
        if old.closing:
            old.closing.cancel()

    async def _keep_alive(self, session: Session) -> None:
        while True:
            await asyncio.sleep(session.keepalive_s / 4)
            if time.monotonic() - session.sent_s >= session.keepalive_s / 2:
                await self._send(session, "session_keepalive", {})

    async def _expect_use(self, session: Session) -> None:
        await asyncio.sleep(self.unused_s)
        if not session.was_used:
            await self._close(session.socket, 4003, "connection unused")

    async def _send(self, session: Session, kind: str, payload: dict[str, Any], **more: str) -> None:
        await self.send_frame(session, self.frame(kind, payload, **more))

    async def send_frame(self, session: Session, frame: dict[str, Any] | str) -> None:
        """Any frame to one session."""
        if not self.silent and not session.socket.closed:
            session.sent_s = time.monotonic()
            await session.socket.send_str(frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False))

    def frame(self, kind: str, payload: dict[str, Any], **more: str) -> dict[str, Any]:
        metadata = {"message_id": new_id(), "message_type": kind, "message_timestamp": stamp(time.time()), **more}
        return {"metadata": metadata, "payload": payload}

    async def _close(self, socket: web.WebSocketResponse, code: int, why: str) -> None:
        self.closed.append(code)
        await socket.close(code=code, message=why.encode())

    def _forget(self, session: Session) -> None:
        self.sessions.pop(session.id, None)
        for subscription in self.subscriptions.values():
            if subscription.session_id == session.id and subscription.status == "enabled":
                subscription.status = "websocket_disconnected"

    # -- events ----------------------------------------------------------------------------------------------------

    async def publish(self, kind: str, broadcaster_id: str, event: dict[str, Any], user_id: str = "") -> None:
        """An event to every subscription that wants it; a whisper only to its receiver, ``user_id``."""
        for subscription in list(self.subscriptions.values()):
            theirs = subscription.condition.get("broadcaster_user_id", "") == broadcaster_id
            theirs = theirs and user_id in ("", subscription.condition.get("user_id"))
            if subscription.type == kind and subscription.status == "enabled" and theirs:
                await self._notify(subscription, event)

    async def _notify(self, subscription: Subscription, event: dict[str, Any]) -> None:
        session = self.sessions.get(subscription.session_id)
        if session is None:
            return
        payload = {"subscription": subscription.shown(), "event": event}
        about = {"subscription_type": subscription.type, "subscription_version": subscription.version}
        frame = self.frame("notification", payload, **about)
        for _ in range(2 if self.twice else 1):
            await self.send_frame(session, frame)

    async def revoke(self, kind: str, status: str, broadcaster_id: str = "") -> None:
        """End every subscription of a type; each is told why."""
        for subscription in list(self.subscriptions.values()):
            theirs = not broadcaster_id or subscription.condition.get("broadcaster_user_id") == broadcaster_id
            if subscription.type == kind and subscription.status == "enabled" and theirs:
                subscription.status = status
                about = {"subscription_type": kind, "subscription_version": subscription.version}
                if session := self.sessions.get(subscription.session_id):
                    await self._send(session, "revocation", {"subscription": subscription.shown()}, **about)

    async def reconnect_all(self) -> None:
        """Ask everybody to move to another socket; who does not is closed after the grace."""
        for session in list(self.sessions.values()):
            session.heir = secrets.token_urlsafe(21)
            url = f"{self.base}/ws?reconnect={session.heir}"
            session.closing = asyncio.create_task(self._end_grace(session))
            await self._send(session, "session_reconnect", {"session": self._session(session, "reconnecting", url=url)})

    async def _end_grace(self, session: Session) -> None:
        await asyncio.sleep(self.grace_s)
        await self._close(session.socket, 4004, "reconnect grace time expired")

    async def close_all(self, code: int) -> None:
        for session in list(self.sessions.values()):
            await self._close(session.socket, code, "closed on demand")

    def abort_all(self) -> None:
        """Cut every connection, without a close frame."""
        for session in list(self.sessions.values()):
            if session.transport is not None:
                session.transport.abort()

    # -- subscriptions ---------------------------------------------------------------------------------------------

    def create(self, token: Token, wish: dict[str, Any]) -> dict[str, Any]:
        """A new subscription, as the answer to its making. Raises what Twitch would answer."""
        kind, version = wish.get("type"), wish.get("version")
        transport, condition = wish.get("transport") or {}, wish.get("condition") or {}
        known = TYPES.get((str(kind), str(version)))
        if known is None:
            raise refusal(400, "invalid subscription type and version")
        if transport.get("method") != "websocket" or token.user is None:
            raise refusal(400, "invalid transport and auth combination")
        session = self.sessions.get(str(transport.get("session_id")))
        if session is None:
            raise refusal(400, "websocket transport session does not exist or has already disconnected")
        self._check_condition(token, known, condition)
        subscription = Subscription(new_id(), str(kind), str(version), condition, session.id, token, time.time())
        self._check_room(subscription)
        self.subscriptions[subscription.id] = subscription
        self.created += 1
        session.was_used = True
        return {"data": [subscription.shown()], **self._totals()}

    def _check_condition(self, token: Token, known: tuple[str, Scopes], condition: dict[str, str]) -> None:
        reader, scopes = known
        keys = {"user": {"user_id"}, "": {"broadcaster_user_id"}}.get(reader, {"broadcaster_user_id", reader})
        if set(condition) != keys or not all(isinstance(value, str) and value for value in condition.values()):
            raise refusal(400, "missing or unparseable subscription condition")
        assert token.user is not None
        as_who = condition.get("user_id") or condition.get("moderator_user_id")
        if as_who and as_who != token.user.id:
            raise refusal(403, "subscription missing proper authorization")
        if not all(token.scopes & set(group) for group in scopes):
            raise refusal(403, "subscription missing proper authorization")
        channel = self.world.channels.get(condition.get("broadcaster_user_id", ""))
        if "broadcaster_user_id" in condition and channel is None:
            raise refusal(400, "invalid broadcaster_user_id")
        if reader == "moderator_user_id" and channel and not channel.is_staff(token.user):
            raise refusal(403, "subscription missing proper authorization")
        if not reader and scopes and channel and channel.owner.id != token.user.id:
            raise refusal(403, "subscription missing proper authorization")
        if reader == "user_id" and channel and channel.ban_of(token.user.id):
            raise refusal(403, "subscription missing proper authorization")

    def _check_room(self, wanted: Subscription) -> None:
        alive = [each for each in self.subscriptions.values() if each.status == "enabled"]
        if any(each.key == wanted.key for each in alive):
            raise refusal(409, "subscription already exists")
        if sum(each.session_id == wanted.session_id for each in alive) >= MOST_SUBSCRIPTIONS:
            raise refusal(429, "number of subscriptions exceeds the limit")
        used = {each.session_id for each in alive if each.token.user == wanted.token.user} | {wanted.session_id}
        if len(used) > MOST_CONNECTIONS:
            raise refusal(429, "number of websocket transports limit exceeded")

    def remove(self, token: Token, subscription_id: str) -> None:
        if subscription_id not in self.subscriptions:
            raise refusal(404, "subscription not found")
        del self.subscriptions[subscription_id]

    def listed(self, token: Token) -> dict[str, Any]:
        mine = [each.shown() for each in self.subscriptions.values() if each.token.client_id == token.client_id]
        return {"data": mine, **self._totals(), "pagination": {}}

    def _totals(self) -> dict[str, int]:
        return {"total": len(self.subscriptions), "total_cost": 0, "max_total_cost": 10}
