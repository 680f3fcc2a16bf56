"""What every request passes: the host check, plain error pages, the headers, and nothing of a fault told outside."""

from __future__ import annotations

import http
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from web.access import set_headers
from web.deps import GUARDS
from web.render import page

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_FORMS = (
    "/report",
    "/appeal",
    "/appeal/remark",
    "/link",
    "/public/complaints",
    "/public/concerns",
    "/rights/request",
    "/complaint/",
)
"""Where pages post from."""
_PLAIN = ("/metrics", "/statusz", "/livez", "/readyz", "/static/")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a foreign host, answer faults with a page in plain words."""
    if not request.app[GUARDS].doors.knows_host(request.headers.get("Host", "")):
        return web.Response(status=421, text="This server does not answer to that host name.\n")
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return problem(request, error.status, headers=dict(_kept(error)))
    except Exception:
        # The path may hold a secret token: the route's pattern is told instead.
        log.exception("page failed", route=_route(request))
        return problem(request, 500)


def problem(request: web.Request, status: int, *, headers: dict[str, str] | None = None) -> web.Response:
    """An error as a page, as one line of text for machines."""
    if request.path.startswith("/api/"):
        body = {"title": http.HTTPStatus(status).phrase.lower(), "status": status}
        answer = web.json_response(body, status=status, content_type="application/problem+json")
    elif request.path.startswith(_PLAIN):
        answer = web.Response(status=status, text=f"{status}\n")
    else:
        known = status if status in (403, 404, 405, 408, 413, 415, 429, 503) else 500
        answer = page(request, "error.html", status=status, code=known)
    answer.headers.update(headers or {})
    return answer


async def finish(request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers of every answer, sockets and files included."""
    path = request.path
    set_headers(response, framed=path.startswith("/overlay/"), form=_posts(path))
    response.headers.pop("Server", None)


def _posts(path: str) -> bool:
    return any(path == form or (form.endswith("/") and path.startswith(form)) for form in _FORMS)


def _kept(error: web.HTTPException) -> list[tuple[str, str]]:
    return [(name, value) for name, value in error.headers.items() if name in ("Allow", "Retry-After")]


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "?"
