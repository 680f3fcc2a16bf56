"""The whole simulated platform behind one port, with a control side for tests."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Self

from aiohttp import web

from tests.simulators.twitch.chat import Chat
from tests.simulators.twitch.errors import refusal
from tests.simulators.twitch.eventsub import EventSub
from tests.simulators.twitch.helix import Helix
from tests.simulators.twitch.irc import Irc
from tests.simulators.twitch.oauth import OAuth
from tests.simulators.twitch.world import Channel, Line, User, World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MESSAGES = {401: "Invalid OAuth token", 403: "forbidden", 409: "another operation is in progress", 429: "too many"}


@dataclass(frozen=True)
class Urls:
    """Where the simulator answers."""

    helix_url: str
    oauth_url: str
    eventsub_url: str
    irc_url: str
    control_url: str


class TwitchSimulator:
    """An async context manager; entered, it serves. ``port`` 0: any free one, kept over :meth:`stop` and :meth:`start`.

    ``fail_next`` makes the next calls of a path fail: an HTTP status, ``drop`` (carried out, the answer lost), ``slow``
    (half a second late), ``html`` (status 200, no JSON), ``null`` (status 200, ``null``).
    """

    def __init__(self, *, port: int = 0) -> None:
        self.world = World()
        self.channel = self.world.channel("streamer", "9001")
        self.bot = self.world.user("danmodbot", "1001")
        self.channel.moderators.add(self.bot.id)
        self.eventsub = EventSub(self.world)
        self.irc = Irc(self.world)
        self.chat = Chat(self.world, self.eventsub, self.irc)
        self.oauth = OAuth(self.world)
        self.helix = Helix(self.world, self.chat, self.eventsub)
        self.calls: list[str] = []
        """``METHOD path`` of every HTTP call, in order."""
        self.urls = Urls("", "", "", "", "")
        self.client_id = "danmodclient"
        self._port = port
        self._failures: dict[str, list[str]] = defaultdict(list)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Serve, at the same port as before."""
        app = web.Application(middlewares=[self._faults])
        app.add_routes([*self.oauth.routes(), *self.helix.routes(), *self.eventsub.routes(), *self._control_routes()])
        app.router.add_get("/irc", self.irc.handle)
        app.router.add_get("/", self.irc.handle)  # where Twitch has it, and clients without a path look
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        place = f"127.0.0.1:{self._port}"
        self.eventsub.base, self.oauth.base = f"ws://{place}", f"http://{place}"
        http = f"http://{place}"
        self.urls = Urls(f"{http}/helix", f"{http}/oauth2", f"ws://{place}/ws", f"ws://{place}/irc", f"{http}/control")

    async def stop(self) -> None:
        """Refuse everybody; the world stays as it is."""
        self.eventsub.abort_all()
        self.irc.abort_all()
        if self._runner:
            await self._runner.cleanup()

    async def say(self, login: str, text: str, *, moderator: bool = False, reply_to: Line | None = None) -> Line | None:
        """A person writes a line in the first channel; None when it does not get through."""
        user = self.world.user(login)
        if moderator:
            self.channel.moderators.add(user.id)
        return await self.chat.say(self.channel, user, text, reply_to)

    def fail_next(self, path: str, kind: str, times: int = 1) -> None:
        """Make the next ``times`` calls whose ``METHOD path`` ends in ``path`` fail."""
        self._failures[path] += [kind] * times

    @web.middleware
    async def _faults(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        call = f"{request.method} {request.path}"
        self.calls.append(call)
        kind = next((kinds.pop(0) for path, kinds in self._failures.items() if kinds and call.endswith(path)), "")
        match kind:
            case "html":
                return web.Response(text="<!DOCTYPE html><title>Oops</title>", content_type="text/html")
            case "null":
                return web.json_response(None)
            case "drop":
                await handler(request)
                if request.transport:
                    request.transport.abort()
                return web.Response(status=500)
            case "slow":
                await asyncio.sleep(0.5)
            case status if status.isdigit():
                headers = {"Ratelimit-Remaining": "0", "Ratelimit-Reset": "0"} if status == "429" else None
                raise refusal(int(status), MESSAGES.get(int(status), "failing on demand"), headers)
        return await handler(request)

    # -- the control side ------------------------------------------------------------------------------------------

    def _control_routes(self) -> list[web.RouteDef]:
        return [
            web.post("/control/say", self._control_say),
            web.post("/control/approve", self._control_approve),
            web.post("/control/token", self._control_token),
            web.post("/control/event", self._control_event),
            web.post("/control/act", self._control_act),
            web.get("/control/state", self._control_state),
        ]

    async def _control_say(self, request: web.Request) -> web.Response:
        """``{"login", "text", "moderator", "reply_to", "channel", "source"}``; answers the line's id, null if it was
        kept."""
        wish = await request.json()
        channel = self._named(wish.get("channel")) or self.channel
        user = self.world.user(str(wish["login"]))
        if wish.get("moderator"):
            channel.moderators.add(user.id)
        parent = next((line for line in channel.lines if line.id == wish.get("reply_to")), None)
        line = await self.chat.say(channel, user, str(wish["text"]), parent, self._named(wish.get("source")))
        return web.json_response({"id": line.id if line else None, "user_id": user.id})

    async def _control_approve(self, request: web.Request) -> web.Response:
        """``{"user_code", "login"}``: that user says yes to the device; without ``login`` the bot does."""
        wish = await request.json()
        self.oauth.approve(str(wish["user_code"]), self.world.user(str(wish.get("login") or self.bot.login)))
        return web.json_response({})

    async def _control_token(self, request: web.Request) -> web.Response:
        """``{"login", "scopes", "client_id"}``; a token for that user, with every scope unless some are named."""
        wish = await request.json()
        user = self.world.user(str(wish.get("login") or self.bot.login))
        more = {"scopes": wish["scopes"]} if "scopes" in wish else {}
        token = self.world.issue(user, client_id=str(wish.get("client_id") or self.client_id), **more)
        return web.json_response({"access_token": token.access, "refresh_token": token.refresh, "user_id": user.id})

    async def _control_event(self, request: web.Request) -> web.Response:
        """``{"type", "event"}``: any event to who subscribed to its type."""
        wish = await request.json()
        event = wish["event"]
        await self.eventsub.publish(str(wish["type"]), str(event.get("broadcaster_user_id", "")), event)
        return web.json_response({"sessions": len(self.eventsub.sessions)})

    async def _control_act(self, request: web.Request) -> web.Response:
        """``{"act": ban|timeout|unban|delete|clear|reconnect|revoke|demote|close|fail, …}``, by the streamer."""
        wish = await request.json()
        channel = self._named(wish.get("channel")) or self.channel
        by, user = channel.owner, self.world.user(str(wish.get("login", "nobody")))
        match wish["act"]:
            case "ban" | "timeout":
                await self.chat.ban(channel, by, user, str(wish.get("reason", "")), wish.get("seconds"))
            case "unban":
                await self.chat.unban(channel, by, user)
            case "delete":
                line = next(line for line in channel.lines if line.id == wish["id"])
                await self.chat.remove(channel, by, line)
            case "clear":
                await self.chat.clear(channel, by)
            case "reconnect":
                await self.eventsub.reconnect_all()
            case "revoke":
                await self.eventsub.revoke(str(wish["type"]), str(wish["status"]))
            case "demote":
                await self.chat.set_moderator(channel, self.bot, on=False)
            case "close":
                await self.eventsub.close_all(int(wish["code"]))
            case "fail":
                self.fail_next(str(wish["path"]), str(wish["kind"]), int(wish.get("times", 1)))
        return web.json_response({})

    async def _control_state(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "sessions": len(self.eventsub.sessions),
                "subscriptions": [each.shown() for each in self.eventsub.subscriptions.values()],
                "irc": len(self.irc.clients),
                "whispers": [[by.login, to.login, text] for by, to, text in self.world.whispers],
                "channels": [_channel_state(channel) for channel in self.world.channels.values()],
            }
        )

    def _named(self, login: object) -> Channel | None:
        return self.world.channel(login) if isinstance(login, str) and login else None

    def describe(self) -> dict[str, Any]:
        """What somebody outside needs to use the simulator."""
        token = self.world.issue(self.bot)
        known = {"channel": self.channel.owner.login, "channel_id": self.channel.owner.id}
        account = {"login": self.bot.login, "user_id": self.bot.id, "client_id": self.client_id}
        return {
            **asdict(self.urls),
            **known,
            **account,
            "access_token": token.access,
            "refresh_token": token.refresh,
            "confidential_client": {"client_id": "secretclient", "client_secret": self.world.clients["secretclient"]},
        }


def _channel_state(channel: Channel) -> dict[str, Any]:
    bans = {one: ban.until_s for one in list(channel.bans) if (ban := channel.ban_of(one))}
    lines = [
        {"id": line.id, "login": line.user.login, "text": line.text, "removed": line.removed} for line in channel.lines
    ]
    return {"login": channel.owner.login, "bans": bans, "settings": channel.settings, "lines": lines}


__all__ = ["TwitchSimulator", "Urls", "User"]
