"""`/api/v1` for staff and their tools: moves of cases and dossiers, deadlines. JSON in, JSON or a problem document out.

Every request brings a token (``Authorization: Bearer …``), on this machine too; who acts and who reads is written down.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog
from aiohttp import web

from cases.model import Actor
from cases.ports import StorageError
from web.access import address
from web.deps import DEPS, GUARDS
from web.desk import Answered, Desk

log = structlog.get_logger(__name__)

BODY_CAP = 65_536
"""Largest body of a request, in bytes."""


Ask = Callable[[web.Request, Desk, Actor], Awaitable[Answered]]


def routes() -> list[web.RouteDef]:
    """All of them."""
    base = "/api/v1"
    return [
        web.get(f"{base}/cases", _asked(lambda r, desk, by: desk.cases(by, r.query))),
        web.get(f"{base}/cases/{{code}}", _asked(lambda r, desk, by: desk.case(by, _part(r, "code"), why_of(r)))),
        web.post(f"{base}/cases/{{code}}/moves", _asked(_act)),
        web.get(f"{base}/dossiers", _asked(lambda r, desk, by: desk.dossiers(by, r.query))),
        web.get(f"{base}/dossiers/{{id}}", _asked(lambda r, desk, by: desk.dossier(by, _part(r, "id"), why_of(r)))),
        web.post(f"{base}/dossiers/{{kind}}", _asked(_open)),
        web.post(f"{base}/dossiers/{{id}}/moves", _asked(_move)),
        web.get(f"{base}/deadlines", _asked(lambda r, desk, by: desk.deadlines(by, r.query))),
        web.get(f"{base}/queue", _asked(lambda r, desk, by: desk.queue(by, r.query))),
        web.get(f"{base}/checks", _asked(lambda r, desk, by: desk.checks(by, r.query))),
        web.post(f"{base}/checks/modes", _asked(_check_mode)),
        web.post(f"{base}/checks/test", _asked(_try_line)),
        web.get(f"{base}/exercises", _asked(lambda r, desk, by: desk.exercises(by, r.query))),
    ]


def problem(status: int, reason: str, detail: str) -> web.Response:
    """A problem document (RFC 9457)."""
    body = {"title": reason.replace("_", " "), "status": status, "reason": reason, "detail": detail}
    return web.json_response(body, status=status, content_type="application/problem+json")


def _asked(ask: Ask) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler for whoever brings a token that is somebody's."""

    async def answer(request: web.Request) -> web.StreamResponse:
        desk, by = request.app[DEPS].desk, signed_in(request)
        if desk is None or not isinstance(by, Actor):
            return by if isinstance(by, web.Response) else problem(404, "unknown_path", "there is no API here")
        try:
            answered = await ask(request, desk, by)
        except _BadBody as fault:
            return problem(fault.status, "bad_body", str(fault))
        except StorageError as fault:
            log.error("not stored", reason=str(fault))
            return problem(503, "unavailable", "the database cannot take it now; nothing was done")
        kind = "application/json" if answered.status < 400 else "application/problem+json"
        return web.json_response(answered.body, status=answered.status, content_type=kind)

    return answer


def signed_in(request: web.Request) -> Actor | web.Response:
    """Whoever brings a token that is somebody's; else the problem to answer with."""
    desk = request.app[DEPS].desk
    if desk is None:
        return problem(404, "unknown_path", "there is no API here")
    if (wait_s := _wait_s(request)) > 0:
        return problem(429, "too_many", f"too many wrong tokens; wait {wait_s:.0f} s")
    by = desk.who(_bearer(request), request.headers.get("X-Danmod-Role", ""))
    if by is None:
        _count_guess(request)
        return problem(401, "unauthorized", "bring the token of a member of staff: danmod token --help")
    return by


async def _act(request: web.Request, desk: Desk, by: Actor) -> Answered:
    body = await _body(request)
    return await desk.act(by, _part(request, "code"), _move_of(body), _fields(body), _key(request))


async def _open(request: web.Request, desk: Desk, by: Actor) -> Answered:
    body = await _body(request)
    _fields(body)
    return await desk.open(by, _part(request, "kind"), body, _key(request))


async def _move(request: web.Request, desk: Desk, by: Actor) -> Answered:
    body = await _body(request)
    return await desk.move(by, _part(request, "id"), _move_of(body), _fields(body), _key(request))


async def _check_mode(request: web.Request, desk: Desk, by: Actor) -> Answered:
    return await desk.check_mode(by, await _body(request))


async def _try_line(request: web.Request, desk: Desk, by: Actor) -> Answered:
    return await desk.try_line(by, await _body(request))


class _BadBody(Exception):
    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


async def _body(request: web.Request) -> dict[str, Any]:
    data = await request.content.read(BODY_CAP + 1)
    while len(data) <= BODY_CAP and (more := await request.content.read(BODY_CAP + 1 - len(data))):
        data += more
    if len(data) > BODY_CAP:
        raise _BadBody(f"a body has at most {BODY_CAP} bytes", 413)
    try:
        body = msgspec.json.decode(data or b"{}")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise _BadBody("the body is no JSON") from None
    if not isinstance(body, dict):
        raise _BadBody("the body is no JSON object")
    return body


def _move_of(body: Mapping[str, Any]) -> str:
    move = body.get("move")
    if not isinstance(move, str) or not move:
        raise _BadBody('say which: {"move": "dismiss", "fields": {"reason": "…"}}', 422)
    return move


def _fields(body: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = body.get("fields", {})
    if not isinstance(fields, dict):
        raise _BadBody("fields is no JSON object", 422)
    return fields


def _wait_s(request: web.Request) -> float:
    """How long somebody who brought too many wrong tokens has to wait."""
    guards = request.app[GUARDS]
    return guards.guesses.wait_s(guards.anonymiser.visitor(address(request)), request.app[DEPS].clock())


def _count_guess(request: web.Request) -> None:
    guards = request.app[GUARDS]
    guards.guesses.take(guards.anonymiser.visitor(address(request)), request.app[DEPS].clock())


def _key(request: web.Request) -> str | None:
    """The sender's own key, under which a repeated request counts once."""
    return request.headers.get("Idempotency-Key", "")[:100] or None


def _bearer(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ").strip()[:200]


def _part(request: web.Request, name: str) -> str:
    return request.match_info[name][:100]


def why_of(request: web.Request) -> str:
    """Why somebody reads."""
    return request.query.get("why", "")[:300]
