"""The sandbox platform's server: rooms, page, sockets and requests of one address."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from streams.sandbox.api import Api, hub_of, refusal
from streams.sandbox.border import Border, is_loopback
from streams.sandbox.crowd import CrowdLine
from streams.sandbox.frames import RoleName
from streams.sandbox.hub import Claims, Hub
from streams.sandbox.pages import Pages
from streams.sandbox.player import Player
from streams.sandbox.repertoire import REPERTOIRE
from streams.sandbox.room import SandboxRoom

TICK_S = 0.1
"""How often the server looks for mutes that have run out; writing looks by itself."""
BODY_CAP = 16_384
"""Largest body of a request, in bytes."""


class SandboxServer:
    """A live platform on this machine; ``async with`` starts and stops it.

    Args:
        rooms: the rooms there are; the first one is shown at ``/``.
        host: the address to listen on. Anything but the loopback is refused unless ``allow_remote``: whoever reaches
            the page may speak as anybody.
        port: 0 takes a free one.
        clock: Unix seconds; mutes end by it.
        seed: of the crowds.
        token: the bot's; None makes a new one.
        overlay_url: danmod's overlay, shown on the stage; may be set later. None shows a picture of ours.

    Raises ValueError for a host, a room or an overlay address that cannot be; OSError when the port is taken.
    """

    def __init__(
        self,
        rooms: Sequence[str] = ("demo",),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.time,
        seed: int = 1,
        token: str | None = None,
        overlay_url: str | None = None,
        allow_remote: bool = False,
    ) -> None:
        if not is_loopback(host) and not allow_remote:
            raise ValueError(f"the sandbox listens on the loopback only, not on {host}: allow_remote lets it")
        self.token = token or secrets.token_urlsafe(24)
        self._host, self._port, self._clock = host, port, clock
        self._border = Border(self.token, allow_remote=allow_remote)
        self._hubs = _hubs(rooms, clock)
        self._players = {name: Player(hub, seed, clock) for name, hub in self._hubs.items()}
        self._api = Api(self._hubs, self._border, clock)
        self._pages = Pages(self._hubs)
        self._runner: web.AppRunner | None = None
        self._ticker: asyncio.Task[None] | None = None
        self.overlay_url = overlay_url

    @property
    def overlay_url(self) -> str | None:
        """The overlay shown on the stage of every page opened from now on."""
        return self._pages.overlay_url

    @overlay_url.setter
    def overlay_url(self, url: str | None) -> None:
        self._pages.overlay_url = url

    @property
    def url(self) -> str:
        """``http://host:port`` of the running server."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except BaseException:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]
        self._ticker = asyncio.create_task(self._tick())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        for player in self._players.values():
            await player.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def play(self, room: str, kind: str, *, pace: float = 1.0) -> None:
        """Let a crowd write and return when it has ended (the calm one has no end). ``pace`` 0 waits for nothing."""
        await self._players[room].play(kind, pace=pace)

    async def perform(self, room: str, lines: Iterable[CrowdLine], *, pace: float = 1.0) -> list[str | None]:
        """As :meth:`play`, for lines of one's own. Answers the id of each, None where its writer was not heard."""
        return await self._players[room].perform(lines, pace=pace)

    def start_crowd(self, room: str, kind: str) -> None:
        """Let a crowd write in the background, as the page's buttons do."""
        self._players[room].start(kind)

    async def stop_crowds(self, room: str) -> None:
        """End every crowd started in the background."""
        await self._players[room].stop()

    def room(self, name: str) -> SandboxRoom:
        """A room as it stands. Raises KeyError when there is none."""
        return self._hubs[name].room

    def hub(self, name: str) -> Hub:
        """The sockets of a room; whoever changes the room directly calls its ``flush``. KeyError when there is none."""
        return self._hubs[name]

    def grant(self, room: str, name: str, role: RoleName) -> str:
        """Give a name a role in a room; answers its account id."""
        account = self._hubs[room].room.grant(name, role, self._clock())
        self._hubs[room].flush()
        return account.id

    def go_live(self, room: str, on: bool) -> None:
        """Begin or end the stream of a room."""
        self._hubs[room].room.go_live(on, self._clock())
        self._hubs[room].flush()

    def cut_bots(self, room: str) -> None:
        """Drop the bot's connections to a room, as a bad network would; it may come back at once."""
        self._hubs[room].cut_bots()

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._border.guard, self._pages.dress], client_max_size=BODY_CAP)
        app.add_routes(self._api.routes())
        app.add_routes(self._pages.routes())
        app.add_routes(
            [
                web.get("/ws/{room}", self._viewer),
                web.get("/bot/{room}", self._bot),
                web.post("/api/rooms/{room}/crowd/{kind}", self._start),
                web.delete("/api/rooms/{room}/crowd", self._stop),
            ]
        )
        app.on_shutdown.append(self._say_goodbye)
        return app

    async def _viewer(self, request: web.Request) -> web.StreamResponse:
        return await hub_of(self._hubs, request).serve_viewer(request)

    async def _bot(self, request: web.Request) -> web.StreamResponse:
        self._border.require_bot(request)
        return await hub_of(self._hubs, request).serve_bot(request)

    async def _start(self, request: web.Request) -> web.Response:
        self._border.require_page_or_bot(request)
        hub, kind = hub_of(self._hubs, request), request.match_info["kind"]
        if kind not in REPERTOIRE:
            raise refusal(404, "no-such-crowd", f"the crowds are {', '.join(REPERTOIRE)}")
        self.start_crowd(hub.room.name, kind)
        return web.json_response({"playing": hub.playing})

    async def _stop(self, request: web.Request) -> web.Response:
        self._border.require_page_or_bot(request)
        hub = hub_of(self._hubs, request)
        await self.stop_crowds(hub.room.name)
        return web.json_response({"playing": hub.playing})

    async def _tick(self) -> None:
        while True:
            for hub in self._hubs.values():
                hub.tick(self._clock())
            await asyncio.sleep(TICK_S)

    async def _say_goodbye(self, app: web.Application) -> None:
        for hub in self._hubs.values():
            with contextlib.suppress(ConnectionError):
                await hub.close()


def _hubs(rooms: Sequence[str], clock: Callable[[], float]) -> dict[str, Hub]:
    """A hub for every room; the ids of their lines begin anew with every start and never meet older ones."""
    if not rooms or not all(name and name.isprintable() and "/" not in name for name in rooms):
        raise ValueError(f"rooms need names without '/', not {list(rooms)}")
    claims, mark = Claims(), f"{secrets.token_hex(3)}-"
    return {name: Hub(SandboxRoom(name, mark), claims, clock) for name in rooms}
