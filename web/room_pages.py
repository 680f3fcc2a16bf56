"""The pages of rooms: the index, the overlay for OBS, the feed with a report link on every line."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

from aiohttp import web

from streams.events import name_of, platform_of
from web.deps import DEPS, GUARDS
from web.render import page
from web.rooms import find, overlay_url, room_path
from web.sockets import look
from web.views import RoomView

STYLES = ("scroll", "box")


async def index(request: web.Request) -> web.Response:
    """Every room with its links; the secret overlay addresses only for somebody on this machine."""
    deps, local = request.app[DEPS], request.app[GUARDS].doors.is_local(request)
    base = deps.settings.public_url.rstrip("/") or f"http://{request.host}"
    rows = [
        {
            "room": room,
            "platform": platform_of(room.key),
            "name": name_of(room.key),
            "feed": room_path("feed", room.key),
            "overlay": (room.overlay_url or overlay_url(base, room.key, deps.overlay_key(room.key))) if local else "",
        }
        for room in deps.rooms()
    ]
    return page(
        request, "index.html", rows=rows, local=local, inside=request.app[GUARDS].doors.may_look_inside(request)
    )


async def overlay(request: web.Request) -> web.Response:
    """The page OBS opens. Its options are numbers and one word; a number out of range is brought into it."""
    room = _room(request)
    _check_key(request, room)
    style = request.query.get("style", STYLES[0])
    if style not in STYLES:
        raise web.HTTPNotFound
    options: dict[str, Any] = {
        "style": style,
        "size": _number(request, "size", 28, 12, 96),
        "speed": _number(request, "speed", 1, 0.25, 4),
        "opacity": _number(request, "opacity", 1, 0.1, 1),
        "lines": int(_number(request, "lines", 12, 1, 50)),
        "hint": request.query.get("hint", "1") != "0",
    }
    public = request.app[DEPS].settings.public_url.rstrip("/").partition("://")[2]
    return page(request, "overlay.html", room=room, public=public, **options)


async def overlay_socket(request: web.Request) -> web.StreamResponse:
    """The overlay's lines from now on."""
    room = _room(request)
    _check_key(request, room)
    return await look(request, room.key, feed=False)


async def feed(request: web.Request) -> web.Response:
    """The last shown lines, each with the link that reports it."""
    room = _room(request)
    return page(
        request,
        "feed.html",
        room=room,
        name=name_of(room.key),
        platform=platform_of(room.key),
        lines=sorted(request.app[DEPS].hub.lines(room.key), key=lambda line: line.at),
        again=request.app[DEPS].hub.again(room.key),
        socket=room_path("feed", room.key) + "/socket",
    )


async def feed_socket(request: web.Request) -> web.StreamResponse:
    """What the feed page shows, kept up to date."""
    return await look(request, _room(request).key, feed=True)


def _room(request: web.Request) -> RoomView:
    room = find(request.app[DEPS].rooms(), request.match_info["room"])
    if room is None:
        raise web.HTTPNotFound
    return room


def _check_key(request: web.Request, room: RoomView) -> None:
    brought = request.query.get("key", "").encode("utf-8", "replace")
    if not compare_digest(brought, request.app[DEPS].overlay_key(room.key).encode()):
        raise web.HTTPForbidden


def _number(request: web.Request, name: str, usual: float, least: float, most: float) -> float:
    try:
        wanted = float(request.query.get(name, usual))
    except ValueError:
        return usual
    return min(max(wanted, least), most) if wanted == wanted else usual
