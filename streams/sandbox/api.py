"""What the bot may ask by HTTP: take out, mute, ban, set who may write, say, whisper.

Every answer is a JSON object. 200 ``{"status": "done"}`` or ``{"status": "already"}``; a refusal is
``{"why": code, "text": sentence}`` with 403 (staff), 404 (no such line, person, room), 400 (not understood) or 422.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
from aiohttp import web

from streams.sandbox.border import Border
from streams.sandbox.hub import Hub
from streams.sandbox.names import Refused, clean_text
from streams.sandbox.room import BOT

Body = TypeVar("Body", bound=msgspec.Struct)

_STATUS = {"staff": 403, "no-such-line": 404, "no-such-person": 404, "bad-frame": 400}


class MuteBody(msgspec.Struct):
    """Who, for how long, why."""

    sender_id: str
    span_s: float
    reason: str = ""


class BanBody(msgspec.Struct):
    """Who, why."""

    sender_id: str
    reason: str = ""


class ModeBody(msgspec.Struct):
    """Who may write, "" for everybody; ``span_s`` None: until lifted."""

    mode: str
    span_s: float | None = None


class SayBody(msgspec.Struct):
    """One line for everybody."""

    text: str
    reply_to: str | None = None


class WhisperBody(msgspec.Struct):
    """One line for one person."""

    sender_id: str
    text: str


class Api:
    """The bot's requests on the rooms of one server."""

    def __init__(self, hubs: Mapping[str, Hub], border: Border, clock: Callable[[], float]) -> None:
        self._hubs = hubs
        self._border = border
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        room = "/api/rooms/{room}"
        return [
            web.get(room, self.show),
            web.get(room + "/silenced", self.silenced),
            web.delete(room + "/messages/{id}", self.remove),
            web.post(room + "/mutes", self.mute),
            web.delete(room + "/mutes/{id}", self.unmute),
            web.post(room + "/bans", self.ban),
            web.delete(room + "/bans/{id}", self.unban),
            web.get(room + "/mode", self.show_mode),
            web.put(room + "/mode", self.set_mode),
            web.post(room + "/say", self.say),
            web.post(room + "/whisper", self.whisper),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """That the room is there and the token right: what the bot asks before it dials."""
        room = self._bots_hub(request).room
        return web.json_response({"room": room.name, "live": room.live})

    async def silenced(self, request: web.Request) -> web.Response:
        """Who may not write now, by id."""
        room = self._bots_hub(request).room
        room.advance(self._clock())
        return web.json_response({"senders": sorted({*room.mutes, *room.bans})})

    async def remove(self, request: web.Request) -> web.Response:
        hub = self._bots_hub(request)
        return self._answer(hub, lambda now_s: hub.room.remove(request.match_info["id"], now_s))

    async def mute(self, request: web.Request) -> web.Response:
        hub, wish = self._bots_hub(request), await body_of(request, MuteBody)
        return self._answer(hub, lambda now_s: hub.room.mute(wish.sender_id, wish.span_s, wish.reason, now_s))

    async def unmute(self, request: web.Request) -> web.Response:
        hub = self._bots_hub(request)
        return self._answer(hub, lambda now_s: hub.room.unmute(request.match_info["id"], now_s))

    async def ban(self, request: web.Request) -> web.Response:
        hub, wish = self._bots_hub(request), await body_of(request, BanBody)
        return self._answer(hub, lambda now_s: hub.room.ban(wish.sender_id, wish.reason, now_s))

    async def unban(self, request: web.Request) -> web.Response:
        hub = self._bots_hub(request)
        return self._answer(hub, lambda now_s: hub.room.unban(request.match_info["id"], now_s))

    async def show_mode(self, request: web.Request) -> web.Response:
        """Who may write now: ``{"mode": words, "until_s": seconds or null}``."""
        room = self._bots_hub(request).room
        room.advance(self._clock())
        standing = room.silence
        shown = (standing.mode, standing.until_s) if standing else ("", None)
        return web.json_response(dict(zip(("mode", "until_s"), shown, strict=True)))

    async def set_mode(self, request: web.Request) -> web.Response:
        hub, wish = self._bots_hub(request), await body_of(request, ModeBody)
        return self._answer(hub, lambda now_s: hub.room.set_mode(wish.mode, wish.span_s, now_s))

    async def say(self, request: web.Request) -> web.Response:
        hub, wish = self._bots_hub(request), await body_of(request, SayBody)

        def speak(now_s: float) -> bool:
            hub.room.speak(hub.room.enter(BOT), wish.text, now_s, reply_to=wish.reply_to)
            return True

        return self._answer(hub, speak)

    async def whisper(self, request: web.Request) -> web.Response:
        hub, wish = self._bots_hub(request), await body_of(request, WhisperBody)

        def tell(now_s: float) -> bool:
            hub.whisper(wish.sender_id, clean_text(wish.text), now_s)
            return True

        return self._answer(hub, tell)

    def _bots_hub(self, request: web.Request) -> Hub:
        self._border.require_bot(request)
        return hub_of(self._hubs, request)

    def _answer(self, hub: Hub, deed: Callable[[float], bool]) -> web.Response:
        try:
            changed = deed(self._clock())
        except Refused as no:
            raise refusal(_STATUS.get(no.why, 422), no.why, no.text) from None
        hub.flush()
        return web.json_response({"status": "done" if changed else "already"})


def hub_of(hubs: Mapping[str, Hub], request: web.Request) -> Hub:
    """The room the request is about. Raises HTTPNotFound when there is none."""
    hub = hubs.get(request.match_info["room"])
    if hub is None:
        raise refusal(404, "no-such-room", "there is no such room here")
    return hub


async def body_of(request: web.Request, shape: type[Body]) -> Body:
    """The request's JSON body. Raises HTTPBadRequest when it does not have the shape."""
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        raise refusal(400, "bad-frame", str(fault)[:200]) from None


def refusal(status: int, why: str, text: str) -> web.HTTPException:
    """A refusal to raise: its code and its sentence as JSON."""
    kinds = {400: web.HTTPBadRequest, 403: web.HTTPForbidden, 404: web.HTTPNotFound, 422: web.HTTPUnprocessableEntity}
    return kinds[status](text=msgspec.json.encode({"why": why, "text": text}).decode(), content_type="application/json")
