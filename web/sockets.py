"""The sockets of overlays and feed pages, and the ticker that turns the hub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from streams.events import RoomKey
from web.access import address
from web.deps import DEPS, GUARDS
from web.hub import Hub, Viewer

log = structlog.get_logger(__name__)

TICK_S = 0.05
HEARTBEAT_S = 15.0
"""A socket that answers no ping within half of this is closed."""
SOCKETS_CAP = 2_000
SOCKETS_PER_VISITOR = 40

_SOCKETS: web.AppKey[set[web.WebSocketResponse]] = web.AppKey("sockets", set[web.WebSocketResponse])


def prepare(app: web.Application) -> None:
    """Give an application its ticker and the polite end of its sockets."""
    app[_SOCKETS] = set()
    app.cleanup_ctx.append(_ticking)
    app.on_shutdown.append(_close_all)


async def look(request: web.Request, room: RoomKey, *, feed: bool) -> web.WebSocketResponse:
    """Serve one socket until it closes. Raises 403 for a page of somebody else, 503 when there are too many."""
    if not request.app[GUARDS].doors.allows_origin(request, missing=True):
        raise web.HTTPForbidden
    async with _counted(request):
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, compress=False, max_msg_size=1024)
        await socket.prepare(request)
        request.app[_SOCKETS].add(socket)
        try:
            await _serve(request, socket, room, feed)
        finally:
            request.app[_SOCKETS].discard(socket)
    return socket


@asynccontextmanager
async def _counted(request: web.Request) -> AsyncIterator[None]:
    guards = request.app[GUARDS]
    visitor = guards.anonymiser.visitor(address(request))
    mine = guards.sockets.get(visitor, 0)
    if mine >= SOCKETS_PER_VISITOR or len(request.app[_SOCKETS]) >= SOCKETS_CAP:
        raise web.HTTPServiceUnavailable(headers={"Retry-After": "30"})
    guards.sockets[visitor] = mine + 1
    try:
        yield
    finally:
        guards.sockets[visitor] -= 1
        if not guards.sockets[visitor]:
            del guards.sockets[visitor]


async def _serve(request: web.Request, socket: web.WebSocketResponse, room: RoomKey, feed: bool) -> None:
    hub, ready = request.app[DEPS].hub, asyncio.Event()
    viewer = hub.attach(room, ready.set, lambda: _abort(request), feed=feed)
    if viewer is None:
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
        return
    writer = asyncio.create_task(_write(socket, viewer, ready))
    try:
        await _listen(socket)
    finally:
        hub.detach(viewer)
        writer.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await writer


def _abort(request: web.Request) -> None:
    """Cut the connection: whoever stopped reading cannot be told politely, and its buffers are to be freed."""
    if request.transport is not None:
        request.transport.abort()


async def _write(socket: web.WebSocketResponse, viewer: Viewer, ready: asyncio.Event) -> None:
    while True:
        await ready.wait()
        ready.clear()
        for frame in viewer.take():
            await socket.send_str(frame)


async def _listen(socket: web.WebSocketResponse) -> None:
    """Viewers have nothing to say; whatever they send is let go, until they close."""
    async for message in socket:
        if message.type is WSMsgType.ERROR:
            return


async def _ticking(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(_tick(app[DEPS].hub, app))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _tick(hub: Hub, app: web.Application) -> None:
    while True:
        try:
            hub.advance(app[DEPS].clock())
        except Exception:
            log.exception("the fan-out failed once")
        await asyncio.sleep(TICK_S)


async def _close_all(app: web.Application) -> None:
    sockets = app[_SOCKETS]
    closing = [socket.close(code=WSCloseCode.GOING_AWAY) for socket in sockets]
    with suppress(TimeoutError):
        async with asyncio.timeout(2.0):
            await asyncio.gather(*closing, return_exceptions=True)
