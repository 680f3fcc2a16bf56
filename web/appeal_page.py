"""The appeal form: a statement's or a refused report's secret token, and why; and remarks on an open appeal.

Every token that is not known is answered the same. An appeal without reasons is kept, and asked for them (norm N3.3-1).
"""

from __future__ import annotations

from aiohttp import web

from cases.model import Refusal
from cases.ports import StorageError
from web.attachments import posted_with_files
from web.deps import DEPS
from web.forms import MAIL, Draft, is_ours, new_key, posted
from web.lookup import check_guesses, missed, token_of
from web.render import page, words_for
from web.views import Upload, WebAppeal, WebRemark

REASONS_CAP, TOKEN_CAP, EVIDENCE_CAP, NEWS_CAP, CONTACT_CAP = 2_000, 128, 2_000, 500, 254
"""Longest fields, in characters."""


async def form(request: web.Request) -> web.Response:
    """The form; ``?token=`` is what the link of the statement brings."""
    return _form(request, Draft({"token": request.query.get("token", "")[:TOKEN_CAP]}))


async def submit(request: web.Request) -> web.Response:
    """Take an appeal, or an objection."""
    draft, files = await posted_with_files(request)
    check_guesses(request)
    wanted = _wanted(request, draft, files)
    if draft.errors:
        return _form(request, draft, status=422, had_files=bool(files))
    try:
        return await _appeal(request, draft, wanted)
    except StorageError:
        return _form(request, draft, status=503, trouble="report.not_stored", had_files=bool(files))


async def remark_form(request: web.Request) -> web.Response:
    """Something to add to an open appeal; ``?token=`` comes from the receipt or the statement."""
    return _remark_form(request, Draft({"token": request.query.get("token", "")[:TOKEN_CAP]}))


async def remark(request: web.Request) -> web.Response:
    """Take a remark."""
    draft = await posted(request)
    check_guesses(request)
    token, text = draft.need("token", TOKEN_CAP), draft.need("text", REASONS_CAP)
    if draft.errors:
        return _remark_form(request, draft, status=422)
    try:
        refusal = await request.app[DEPS].remark(WebRemark(token_of(token), text, _key(draft)))
    except StorageError:
        return _remark_form(request, draft, status=503, trouble="report.not_stored")
    if refusal is not None and refusal.reason.startswith("unknown"):
        return missed(request, "statement")
    return _remark_form(request, draft, status=422 if refusal else 200, refusal=refusal, taken=refusal is None)


def _remark_form(
    request: web.Request,
    draft: Draft,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    trouble: str = "",
    taken: bool = False,
) -> web.Response:
    key = draft.get("key")
    return page(
        request,
        "remark.html",
        status=status,
        draft=draft,
        key=key if is_ours(key) else new_key(),
        refusal=refusal,
        trouble=trouble,
        taken=taken,
    )


def _wanted(request: web.Request, draft: Draft, files: tuple[Upload, ...]) -> WebAppeal:
    evidence = draft.allow("evidence", EVIDENCE_CAP)
    contact = draft.allow("contact", CONTACT_CAP)
    if contact and not MAIL.fullmatch(contact):
        draft.errors["contact"] = "error.contact"
    return WebAppeal(
        token=token_of(draft.need("token", TOKEN_CAP)),
        reasons=draft.allow("reasons", REASONS_CAP),
        key=_key(draft),
        language=words_for(request).language,
        evidence=tuple(line.strip() for line in evidence.splitlines() if line.strip()),
        contact=contact,
        news=draft.allow("news", NEWS_CAP),
        show_again=draft.get("show_again") == "yes",
        files=files,
    )


async def _appeal(request: web.Request, draft: Draft, wanted: WebAppeal) -> web.Response:
    reader = request.app[DEPS].reader
    if await reader.statement_by_token(wanted.token) is None and await reader.report_by_token(wanted.token) is None:
        return missed(request, "statement")
    answer = await request.app[DEPS].appeal(wanted)
    if isinstance(answer, Refusal):
        if answer.reason.startswith("unknown"):
            return missed(request, "statement")
        return _form(request, draft, status=422, refusal=answer, had_files=bool(wanted.files))
    return page(request, "appeal_done.html", receipt=answer, token=wanted.token)


def _key(draft: Draft) -> str:
    key = draft.get("key")
    return key if 16 <= len(key) <= 128 else new_key()


def _form(
    request: web.Request,
    draft: Draft,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    trouble: str = "",
    had_files: bool = False,
) -> web.Response:
    key = draft.get("key")
    return page(
        request,
        "appeal.html",
        status=status,
        draft=draft,
        had_files=had_files or "file" in draft.errors,
        streamer_decides=request.app[DEPS].streamer_decides(),
        key=key if is_ours(key) else new_key(),
        refusal=refusal,
        trouble=trouble,
    )
