"""What a reporter may do on the own receipt page: add something, and take the consent to be written to back, in one step."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web

from cases.ports import StorageError
from web.deps import DEPS
from web.forms import Draft, is_ours, new_key, posted
from web.lookup import check_guesses, missed, token_of
from web.render import page
from web.views import OwnReport

TEXT_CAP = 2_000
"""Longest text added, in characters."""


async def own_report(request: web.Request, report_id: str) -> OwnReport:
    """Whether an address is kept for this report, and which files."""
    door = request.app[DEPS].intake
    return OwnReport() if door is None else await door.own(report_id)


async def add(request: web.Request) -> web.Response:
    """Add what was missing. Back on the receipt it says so."""
    draft = await posted(request)
    check_guesses(request)
    token, text = token_of(request.match_info["token"]), draft.need("text", TEXT_CAP)
    door = request.app[DEPS].intake
    if door is None or await request.app[DEPS].reader.report_by_token(token) is None:
        return missed(request, "receipt")
    if draft.errors:
        return _again(request, draft, token, 422)
    key = draft.get("key")
    try:
        refusal = await door.supply(token, text, key if is_ours(key) else new_key())
    except StorageError:
        return _again(request, draft, token, 503, trouble="report.not_stored")
    if refusal is not None and refusal.reason != "repeated":
        return _again(request, draft, token, 422, refused=refusal.detail)
    raise _back(request, token, "added")


async def withdraw(request: web.Request) -> web.Response:
    """Erase the address now. The report goes on just the same."""
    draft = await posted(request)
    check_guesses(request)
    token, door = token_of(request.match_info["token"]), request.app[DEPS].intake
    try:
        if door is None or not await door.withdraw(token):
            return missed(request, "receipt")
    except StorageError:
        return _again(request, draft, token, 503, trouble="report.not_stored")
    raise _back(request, token, "withdrawn")


def _back(request: web.Request, token: str, done: str) -> web.HTTPSeeOther:
    kept = {name: request.query[name] for name in ("lang",) if name in request.query}
    return web.HTTPSeeOther(f"/receipt/{token}?{urlencode({**kept, 'done': done})}")


def _again(
    request: web.Request, draft: Draft, token: str, status: int, *, trouble: str = "", refused: str = ""
) -> web.Response:
    key = draft.get("key")
    return page(
        request,
        "receipt_add.html",
        status=status,
        draft=draft,
        token=token,
        key=key if is_ours(key) else new_key(),
        trouble=trouble,
        refused=refused,
    )
