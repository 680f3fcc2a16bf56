"""Reports by `/api/v1`: anybody's, a partner's under a signature, and those that staff enter for somebody (norm N2.1-3).

What a report needs is what the form asks, under the same names; what is wrong is told by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from aiohttp import web

from cases.catalogue import LANGUAGES
from cases.collection import NOTICE_VERSION, notice
from cases.eu_statements import CATEGORY as OUTSIDE
from cases.model import Actor, Refusal
from cases.ports import StorageError
from web.api import problem, signed_in, why_of
from web.attachments import handed_out
from web.deps import DEPS
from web.entered import KEY_CAP, SHORTEST_KEY, draft_of, read_entered
from web.forms import Draft, admit, body_of
from web.intake_door import IntakeDoor
from web.render import words_for
from web.report_reading import read_report
from web.texts import choose, texts
from web.views import Arrival, ReportReceipt, WebReport

log = structlog.get_logger(__name__)

_STATUS = {"too_many": 429, "not_allowed": 403, "unsigned": 401, "expired": 401, "replayed": 409, "received": 422}


def routes() -> list[web.RouteDef]:
    """All of them."""
    base = "/api/v1"
    return [
        web.post(f"{base}/reports", report),
        web.post(f"{base}/hook", hook),
        web.post(f"{base}/entries", enter),
        web.get(f"{base}/categories", categories),
        web.get(f"{base}/notice", notice_text),
        web.get(f"{base}/files/{{id}}", file),
        web.get(f"{base}/cases/{{code}}/original", original),
    ]


async def report(request: web.Request) -> web.StreamResponse:
    """Anybody's report, without a token. ``Idempotency-Key`` makes a repeated one the same."""
    admit(request)
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    body = _object(await body_of(request))
    if body is None:
        return problem(400, "bad_body", "the body is no JSON object")
    if body.get("notice") not in (None, NOTICE_VERSION):
        return problem(409, "notice_changed", f"the notice is version {NOTICE_VERSION} now: /api/v1/notice")
    key = request.headers.get("Idempotency-Key", "")[:KEY_CAP]
    read = _read(request, body, f"api-idempotency:{key}" if len(key) >= SHORTEST_KEY else "")
    return read if isinstance(read, web.Response) else await _answered(request, request.app[DEPS].report(read))


async def hook(request: web.Request) -> web.StreamResponse:
    """A partner's report: signed over timestamp and body, taken once, with its original date and channel.

    Who signs may send as many as there are; who does not is slowed down like any visitor."""
    door, data = _door(request), await body_of(request)
    partner = request.headers.get("X-Danmod-Partner", "")[:KEY_CAP]
    stamp = request.headers.get("X-Danmod-Timestamp", "")[:20]
    refusal = door.check_partner(partner, stamp, request.headers.get("X-Danmod-Signature", "")[:128], data)
    if refusal is not None:
        log.warning("partner's message refused", reason=refusal.reason)
        admit(request)
        return _refused(refusal)
    body = _object(data)
    if body is None:
        return problem(400, "bad_body", "the body is no JSON object")
    if body.get("trial") is True:
        return web.Response(status=204)
    read = _read_entered(request, body, f"partner:{partner}")
    return read if isinstance(read, web.Response) else await _answered(request, door.relay(partner, read))


async def enter(request: web.Request) -> web.StreamResponse:
    """A report that staff enter for somebody."""
    by = signed_in(request)
    if not isinstance(by, Actor):
        return by
    body = _object(await body_of(request))
    if body is None:
        return problem(400, "bad_body", "the body is no JSON object")
    read = _read_entered(request, body, by.ref)
    return read if isinstance(read, web.Response) else await _answered(request, _door(request).enter(by, read))


async def categories(request: web.Request) -> web.Response:
    """What can be reported, in words, with its range of severity and how outside vocabularies call it."""
    language = words_for(request).language
    leaves = [
        {
            "code": leaf.code,
            "branch": leaf.branch,
            "label": leaf.label(language),
            "definition": leaf.definition(language),
            "examples": leaf.examples(language),
            "non_examples": leaf.non_examples(language),
            "severity": {"presumed": leaf.severity, "mildest": leaf.mildest, "gravest": leaf.gravest},
            "outside": {"eu": OUTSIDE[leaf.code][0]},
        }
        for leaf in request.app[DEPS].categories()
    ]
    return web.json_response({"language": language, "categories": leaves})


async def notice_text(request: web.Request) -> web.Response:
    """What to tell people before anything is sent here."""
    told = {language: [texts(language)("collect.who"), *notice("report", language)] for language in LANGUAGES}
    return web.json_response({"version": NOTICE_VERSION, "notice": told})


async def file(request: web.Request) -> web.StreamResponse:
    """A file given with a report, to be saved; who reads it, and why, is written down."""
    by = signed_in(request)
    if not isinstance(by, Actor):
        return by
    try:
        found = await _door(request).file(by, request.match_info["id"][:KEY_CAP], why_of(request))
    except StorageError:
        return _not_stored()
    return _refused(found) if isinstance(found, Refusal) else handed_out(found)


async def original(request: web.Request) -> web.StreamResponse:
    """The evidence of a case as it was frozen, nothing masked; who reads it, and why, is written down."""
    by = signed_in(request)
    if not isinstance(by, Actor):
        return by
    try:
        found = await _door(request).original(by, request.match_info["code"][:KEY_CAP].upper(), why_of(request))
    except StorageError:
        return _not_stored()
    if isinstance(found, Refusal):
        return _refused(found)
    return web.json_response({"evidence": msgspec.to_builtins(list(found))})


# -- reading -------------------------------------------------------------------------------------------------------------


def _read(request: web.Request, body: Mapping[str, Any], key: str) -> WebReport | web.Response:
    deps, draft = request.app[DEPS], draft_of(body, key)
    report = read_report(draft, deps.rooms(), deps.hub, language=_language(request, body), arrival=Arrival("api"))
    return _unfit(request, draft) if report is None else report


def _read_entered(request: web.Request, body: Mapping[str, Any], by: str) -> WebReport | web.Response:
    deps, key = request.app[DEPS], request.headers.get("Idempotency-Key", "")[:KEY_CAP]
    report, draft = read_entered(body, by, key, deps.rooms(), deps.hub, _language(request, body))
    return _unfit(request, draft) if report is None else report


def _language(request: web.Request, body: Mapping[str, Any]) -> str:
    return choose(str(body.get("language", "")) or request.query.get("lang"), "")


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        body = msgspec.json.decode(data or b"{}")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


# -- answering -----------------------------------------------------------------------------------------------------------


async def _answered(request: web.Request, taking: Any) -> web.Response:
    try:
        answer: ReportReceipt | Refusal = await taking
    except StorageError as fault:
        log.error("not stored", reason=str(fault))
        return _not_stored()
    if isinstance(answer, Refusal):
        return _refused(answer)
    base = request.app[DEPS].settings.public_url.rstrip("/") or f"{request.scheme}://{request.host}"
    told = {"code": answer.code, "receipt": answer.token, "receipt_url": f"{base}/receipt/{answer.token}"}
    return web.json_response(told, status=201)


def _unfit(request: web.Request, draft: Draft) -> web.Response:
    """What is wrong, by field: a key that stays, and a sentence."""
    words = words_for(request)
    errors = {name: {"key": key, "detail": words(key)} for name, key in draft.errors.items()}
    body = {"title": "unfit", "status": 422, "reason": "unfit", "detail": words("report.fix"), "errors": errors}
    return web.json_response(body, status=422, content_type="application/problem+json")


def _refused(refusal: Refusal) -> web.Response:
    status = _STATUS.get(refusal.reason, 404 if refusal.reason.startswith("unknown_") else 422)
    return problem(status, refusal.reason, refusal.detail)


def _not_stored() -> web.Response:
    return problem(503, "unavailable", "the database cannot take it now; nothing was done")


def _door(request: web.Request) -> IntakeDoor:
    door = request.app[DEPS].intake
    if door is None:
        raise web.HTTPNotFound
    return door
