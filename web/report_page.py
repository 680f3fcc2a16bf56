"""The report form: works without scripts, asks for no name, keeps what was typed when something is wrong."""

from __future__ import annotations

from aiohttp import web

from cases.collection import NOTICE_VERSION
from cases.model import Refusal
from cases.ports import StorageError
from web.attachments import posted_with_files
from web.deps import DEPS
from web.forms import Draft, is_ours, new_key
from web.render import page, words_for
from web.report_reading import read_report
from web.rooms import find

ID_CAP = 200
"""Longest part of an address that picks a line, in characters."""


async def form(request: web.Request) -> web.Response:
    """The empty form; ``?room=`` and ``?message=`` pick a line of the feed."""
    values = {name: request.query.get(name, "")[:ID_CAP] for name in ("room", "message")}
    return _form(request, Draft(values))


async def submit(request: web.Request) -> web.Response:
    """Take a report: the receipt, or the form again with what is wrong, or what the case log says against it."""
    draft, files = await posted_with_files(request)
    deps = request.app[DEPS]
    if draft.get("notice") not in ("", NOTICE_VERSION):
        draft.errors["notice"] = "intake.error.notice"
    report = read_report(draft, deps.rooms(), deps.hub, language=words_for(request).language, files=files)
    if report is None:
        return _form(request, draft, status=422, had_files=bool(files))
    try:
        answer = await deps.report(report)
    except StorageError:
        return _form(request, draft, status=503, trouble="report.not_stored", had_files=bool(files))
    if isinstance(answer, Refusal):
        return _form(request, draft, status=429 if answer.reason == "too_many" else 422, refusal=answer)
    base = deps.settings.public_url.rstrip("/") or f"{request.scheme}://{request.host}"
    return page(request, "report_done.html", receipt=answer, base=base)


def _form(
    request: web.Request,
    draft: Draft,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    trouble: str = "",
    had_files: bool = False,
) -> web.Response:
    rooms = request.app[DEPS].rooms()
    room = find(rooms, draft.get("room"))
    picked = request.app[DEPS].hub.line(room.key, draft.get("message")) if room else None
    key = draft.get("key")
    return page(
        request,
        "report.html",
        status=status,
        draft=draft,
        rooms=rooms,
        room=room,
        picked=picked,
        gone=bool(draft.get("message")) and picked is None,
        categories=request.app[DEPS].categories(),
        key=key if is_ours(key) else new_key(),
        had_files=had_files or "file" in draft.errors,
        more=had_files or any(name in draft.errors or draft.get(name) for name in ("file", "links")),
        refusal=refusal,
        trouble=trouble,
    )
