"""The appeal form: the statement's secret token and the reasons; answers the same to every token it does not know."""

from __future__ import annotations

from aiohttp import web

from cases.model import Refusal
from cases.ports import StorageError
from web.deps import DEPS
from web.forms import Draft, is_ours, new_key, posted
from web.lookup import check_guesses, missed, token_of
from web.render import page, words_for
from web.views import WebAppeal

REASONS_CAP, TOKEN_CAP = 2_000, 128
"""Longest fields, in characters."""


async def form(request: web.Request) -> web.Response:
    """The form; ``?token=`` is what the link of the statement brings."""
    return _form(request, Draft({"token": request.query.get("token", "")[:TOKEN_CAP]}))


async def submit(request: web.Request) -> web.Response:
    """Take an appeal."""
    draft = await posted(request)
    check_guesses(request)
    token, reasons = draft.need("token", TOKEN_CAP), draft.need("reasons", REASONS_CAP)
    if draft.errors:
        return _form(request, draft, status=422)
    try:
        return await _appeal(request, draft, token_of(token), reasons)
    except StorageError:
        return _form(request, draft, status=503, trouble="report.not_stored")


async def _appeal(request: web.Request, draft: Draft, token: str, reasons: str) -> web.Response:
    deps = request.app[DEPS]
    if await deps.reader.statement_by_token(token) is None:
        return missed(request, "statement")
    key = draft.get("key")
    wanted = WebAppeal(token, reasons, key if 16 <= len(key) <= 128 else new_key(), words_for(request).language)
    answer = await deps.appeal(wanted)
    if isinstance(answer, Refusal):
        if answer.reason.startswith("unknown"):
            return missed(request, "statement")
        return _form(request, draft, status=422, refusal=answer)
    return page(request, "appeal_done.html", receipt=answer, token=token)


def _form(
    request: web.Request, draft: Draft, *, status: int = 200, refusal: Refusal | None = None, trouble: str = ""
) -> web.Response:
    key = draft.get("key")
    return page(
        request,
        "appeal.html",
        status=status,
        draft=draft,
        key=key if is_ours(key) else new_key(),
        refusal=refusal,
        trouble=trouble,
    )
