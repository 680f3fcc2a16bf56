"""The report form: works without scripts, asks for no name, keeps what was typed when something is wrong."""

from __future__ import annotations

from aiohttp import web

from cases.categories import CATEGORIES, known
from cases.model import Refusal
from cases.ports import StorageError
from web.deps import DEPS
from web.forms import MAIL, Draft, is_ours, new_key, posted
from web.render import page, words_for
from web.rooms import find
from web.views import RoomView, WebReport

QUOTE_CAP, NOTE_CAP, CONTACT_CAP, NAME_CAP, ID_CAP = 1_000, 2_000, 200, 100, 200
"""Longest fields, in characters."""


async def form(request: web.Request) -> web.Response:
    """The empty form; ``?room=`` and ``?message=`` pick a line of the feed."""
    values = {name: request.query.get(name, "")[:ID_CAP] for name in ("room", "message")}
    return _form(request, Draft(values))


async def submit(request: web.Request) -> web.Response:
    """Take a report: the receipt, or the form again with what is wrong, or what the case log says against it."""
    draft = await posted(request)
    report = _report(request, draft)
    if report is None:
        return _form(request, draft, status=422)
    try:
        answer = await request.app[DEPS].report(report)
    except StorageError:
        return _form(request, draft, status=503, trouble="report.not_stored")
    if isinstance(answer, Refusal):
        return _form(request, draft, status=429 if answer.reason == "too_many" else 422, refusal=answer)
    base = request.app[DEPS].settings.public_url.rstrip("/") or f"{request.scheme}://{request.host}"
    return page(request, "report_done.html", receipt=answer, base=base)


def _form(
    request: web.Request, draft: Draft, *, status: int = 200, refusal: Refusal | None = None, trouble: str = ""
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
        categories=CATEGORIES,
        key=key if is_ours(key) else new_key(),
        refusal=refusal,
        trouble=trouble,
    )


def _report(request: web.Request, draft: Draft) -> WebReport | None:
    """The report a draft makes, None (and errors in the draft) when something is missing."""
    room = _room(request, draft)
    line = request.app[DEPS].hub.line(room.key, draft.get("message")) if room else None
    quote = line.text if line else draft.need("quote", QUOTE_CAP)
    name = line.name if line else draft.allow("name", NAME_CAP)
    category, note, contact = _category(draft), draft.need("note", NOTE_CAP), _contact(draft)
    if draft.get("faith") != "yes":
        draft.errors["faith"] = "error.faith"
    if draft.errors or room is None:
        return None
    key = draft.get("key")
    return WebReport(
        room=room.key,
        category=category,
        note=note,
        key=key if 16 <= len(key) <= 128 else new_key(),
        message_id=line.id if line else None,
        quote=quote,
        sender_name=name,
        contact=contact,
        language=words_for(request).language,
    )


def _room(request: web.Request, draft: Draft) -> RoomView | None:
    room = find(request.app[DEPS].rooms(), draft.get("room"))
    if room is None:
        draft.errors["room"] = "error.room" if draft.get("room") else "error.missing"
    return room


def _category(draft: Draft) -> str:
    code = draft.get("category")
    if not code:
        draft.errors["category"] = "error.missing"
    return code if known(code) else "other"


def _contact(draft: Draft) -> str | None:
    """The contact, None for anonymous, which is what no choice means."""
    if draft.get("who") != "contact":
        return None
    contact = draft.need("contact", CONTACT_CAP)
    if contact and not MAIL.fullmatch(contact):
        draft.errors.setdefault("contact", "error.contact")
    return contact
