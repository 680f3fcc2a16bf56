"""The chat page, its files, and the headers that keep strangers out of it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from streams.sandbox.api import hub_of
from streams.sandbox.attacks import ATTACKS, INNOCENTS
from streams.sandbox.border import origin_of, security_headers
from streams.sandbox.crowd import REGULARS
from streams.sandbox.hub import Hub
from streams.sandbox.names import NAME_LIMIT
from streams.sandbox.room import LINE_LIMIT, MODERATOR, STREAMER

_FILES = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "lines.js": "text/javascript",
    "words.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_SUGGESTED = (*REGULARS[:3], "Lily", "Pixel", "quiet_fox")
"""The names offered under "speak as"."""


class Pages:
    """The page of every room of one server."""

    def __init__(self, hubs: Mapping[str, Hub]) -> None:
        self._hubs = hubs
        self._overlay_url: str | None = None
        self._frame_source: str | None = None

    @property
    def overlay_url(self) -> str | None:
        """What the stage shows; None is a picture of ours. Setting it raises ValueError for no http(s) address."""
        return self._overlay_url

    @overlay_url.setter
    def overlay_url(self, url: str | None) -> None:
        self._frame_source = origin_of(url) if url else None
        self._overlay_url = url or None

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.get("/", self.first_room),
            web.get("/rooms/{room}", self.page),
            web.get("/rooms/{room}/scene", self.scene),
            web.get("/static/{file}", self.file),
        ]

    @web.middleware
    async def dress(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The same security headers on every answer, also on refusals."""
        try:
            answer = await handler(request)
        except web.HTTPException as no:
            no.headers.update(security_headers(None))
            raise
        if not answer.prepared:
            answer.headers.update(security_headers(self._frame_source))
        return answer

    async def first_room(self, request: web.Request) -> web.StreamResponse:
        """The way to the first room; what stands behind ``?`` goes along."""
        first = next(iter(self._hubs))
        raise web.HTTPFound(request.rel_url.with_path(f"/rooms/{first}", keep_query=True))

    async def page(self, request: web.Request) -> web.Response:
        """The chat page of one room."""
        hub_of(self._hubs, request)
        return web.Response(text=_packaged("page.html"), content_type="text/html", charset="utf-8")

    async def file(self, request: web.Request) -> web.Response:
        """A file of the page; the page has these and no others."""
        name = request.match_info["file"]
        if name not in _FILES:
            raise web.HTTPNotFound
        return web.Response(text=_packaged(name), content_type=_FILES[name], charset="utf-8")

    async def scene(self, request: web.Request) -> web.Response:
        """What the page needs to know before its first socket."""
        scene = {
            "room": hub_of(self._hubs, request).room.name,
            "overlay_url": self._overlay_url,
            "viewers": _SUGGESTED,
            "streamer": STREAMER,
            "moderator": MODERATOR,
            "name_limit": NAME_LIMIT,
            "line_limit": LINE_LIMIT,
            "attacks": list(ATTACKS),
            "innocents": list(INNOCENTS),
        }
        return web.Response(body=msgspec.json.encode(scene), content_type="application/json")


def _packaged(name: str) -> str:
    return files("streams.sandbox").joinpath(name).read_text(encoding="utf-8")
