"""For machines that watch: does the loop turn, is all well, what is going on, the numbers."""

from __future__ import annotations

import prometheus_client
from aiohttp import web

from web.deps import DEPS, GUARDS


async def livez(request: web.Request) -> web.Response:
    """The loop turns, or there would be no answer."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """200 when all is well, else 503 with the reason in one sentence."""
    ready, reason = request.app[DEPS].ready()
    return web.Response(status=200 if ready else 503, text=f"{reason or 'ok'}\n")


async def statusz(request: web.Request) -> web.Response:
    """Everything worth knowing, as JSON; for loopback or the token."""
    check_inside(request)
    return web.json_response(request.app[DEPS].status())


async def metrics(request: web.Request) -> web.Response:
    """The numbers for Prometheus; for loopback or the token."""
    check_inside(request)
    body = prometheus_client.generate_latest(request.app[DEPS].registry)
    return web.Response(body=body, headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST})


def check_inside(request: web.Request) -> None:
    """Raises 403 for anybody who is neither on this machine nor brings the token."""
    if not request.app[GUARDS].doors.may_look_inside(request):
        raise web.HTTPForbidden
