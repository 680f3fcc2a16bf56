"""Forms that open a dossier, and the private page on which its person follows it: complaints, concerns, requests about
one's own data. No account, no name, no scripts; a secret token opens what one sent in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cases.copies import may_copy
from cases.docket import Wish
from cases.dossiers.disclosure import CLAIMS
from cases.dossiers.rights_request import RIGHTS
from cases.model import Actor, ActorKind, Refusal
from cases.ports import StorageError
from web.deps import DEPS
from web.forms import Draft, is_ours, new_key, posted
from web.lookup import check_guesses, missed, token_of
from web.middleware import Handler
from web.public_views import MatterView, Opened
from web.render import page, words_for

TEXT_CAP, TOKEN_CAP = 4_000, 128
"""Longest fields, in characters."""
BOXES = {"complaint": "/public/complaints", "concern": "/public/concerns"}
"""The box of each kind that anybody may open."""
ASKED = (*RIGHTS, *CLAIMS)
"""What the form about one's own data offers."""
IN_WORDS = frozenset({"correction", *CLAIMS})
"""What needs words beside it."""
PAGES = {
    "complaint": "/complaint/",
    "concern": "/concern/",
    "rights_request": "/request/",
    "disclosure": "/request/",
    "standing": "/standing/",
}
"""Where a matter of each kind is followed."""


def box(kind: str) -> Handler:
    """The empty box of a kind."""

    async def form(request: web.Request) -> web.Response:
        return _box(request, kind, Draft())

    return form


def submit(kind: str) -> Handler:
    """Take what was put into the box: the number and the private page, or the form again with what is wrong."""

    async def take(request: web.Request) -> web.Response:
        draft = await posted(request)
        text = draft.need("text", TEXT_CAP)
        if draft.errors:
            return _box(request, kind, draft, status=422)
        fields = {"text": text, "language": words_for(request).language}
        if kind == "concern" and draft.get("names") == "yes":
            fields["names"] = "yes"
        try:
            answer = await request.app[DEPS].public.move(_wish(kind, "receive", fields, draft))
        except StorageError:
            return _box(request, kind, draft, status=503, trouble="report.not_stored")
        if isinstance(answer, Refusal):
            return _box(request, kind, draft, status=422, refusal=answer)
        return _taken(request, answer)

    return take


def _wish(kind: str, move: str, fields: Mapping[str, Any], draft: Draft) -> Wish:
    """A new matter by somebody unknown: the form's own key is all that tells one from another."""
    processed = _processed(draft)
    return Wish(kind, move, Actor(ActorKind.VIEWER, processed), fields, processed=processed)


def _processed(draft: Draft) -> str:
    key = draft.get("key")
    wanted = key if 16 <= len(key) <= 128 else new_key()
    return f"web-{hashlib.blake2b(wanted.encode(), digest_size=16).hexdigest()}"


def _taken(request: web.Request, opened: Opened) -> web.Response:
    base = request.app[DEPS].settings.public_url.rstrip("/") or f"{request.scheme}://{request.host}"
    return page(request, "public_done.html", opened=opened, path=PAGES[opened.dossier.kind] + opened.token, base=base)


def _box(
    request: web.Request,
    kind: str,
    draft: Draft,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    trouble: str = "",
) -> web.Response:
    return page(
        request,
        "public_box.html",
        status=status,
        kind=kind,
        action=BOXES[kind],
        draft=draft,
        key=_key(draft),
        refusal=refusal,
        trouble=trouble,
    )


def _key(draft: Draft) -> str:
    key = draft.get("key")
    return key if is_ours(key) else new_key()


def matter(*kinds: str) -> Handler:
    """The private page of a matter: where it stands, what was said, by when something happens next."""

    async def show(request: web.Request) -> web.Response:
        check_guesses(request)
        found = await request.app[DEPS].public.look(token_of(request.match_info["token"]))
        if found is None or found.dossier.kind not in kinds:
            return missed(request, "matter")
        return _matter(request, found, Draft())

    return show


def _matter(
    request: web.Request,
    found: MatterView,
    draft: Draft,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    trouble: str = "",
) -> web.Response:
    dossier = found.dossier
    return page(
        request,
        "public_matter.html",
        status=status,
        found=found,
        dossier=dossier,
        path=PAGES[dossier.kind] + request.match_info["token"],
        may_copy=may_copy(dossier),
        draft=draft,
        key=_key(draft),
        refusal=refusal,
        trouble=trouble,
    )


async def go_on(request: web.Request) -> web.Response:
    """The person's own next step: on a complaint, open it again or say how satisfied they are; on a finding, object."""
    draft = await posted(request)
    check_guesses(request)
    public, token = request.app[DEPS].public, token_of(request.match_info["token"])
    found = await public.look(token)
    if found is None or found.dossier.kind not in ("complaint", "standing"):
        return missed(request, "matter")
    move, fields = _step(draft) if found.dossier.kind == "complaint" else _objection(draft)
    if draft.errors:
        return _matter(request, found, draft, status=422)
    try:
        answer = await public.go_on(token, move, fields, _processed(draft))
    except StorageError:
        return _matter(request, found, draft, status=503, trouble="report.not_stored")
    if isinstance(answer, Refusal) and answer.reason != "already":
        return _matter(request, found, draft, status=422, refusal=answer)
    return web.Response(status=303, headers={"Location": str(request.rel_url)})


def _step(draft: Draft) -> tuple[str, dict[str, Any]]:
    if draft.get("step") == "rate":
        mark = draft.need("satisfaction", 1)
        if mark and mark not in "12345":
            draft.errors["satisfaction"] = "error.missing"
        return "rate", {"satisfaction": mark}
    return "reopen", {"reason": draft.need("reason", TEXT_CAP)}


def _objection(draft: Draft) -> tuple[str, dict[str, Any]]:
    return "appeal", {"objection": draft.need("objection", TEXT_CAP)}


# -- requests about one's own data ----------------------------------------------------------------------------------


async def request_form(request: web.Request) -> web.Response:
    """The empty form; ``?token=`` comes from a statement or a receipt."""
    return _request(request, Draft({"token": request.query.get("token", "")[:TOKEN_CAP]}))


async def request_submit(request: web.Request) -> web.Response:
    """Take a request. Without proof the answer is one page, whether anything is kept or not."""
    draft = await posted(request)
    check_guesses(request)
    what, proof = draft.need("what", 20), draft.need("token", TOKEN_CAP)
    words = draft.need("words", TEXT_CAP) if what in IN_WORDS else draft.allow("words", TEXT_CAP)
    if what and what not in ASKED:
        draft.errors["what"] = "error.missing"
    if draft.errors:
        return _request(request, draft, status=422)
    try:
        answer = await request.app[DEPS].public.ask(
            token_of(proof), what, words, words_for(request).language, _processed(draft)
        )
    except StorageError:
        return _request(request, draft, status=503, trouble="report.not_stored")
    if answer is None:
        return missed(request, "unproved")
    if isinstance(answer, Refusal):
        return _request(request, draft, status=422, refusal=answer)
    return _taken(request, answer)


def _request(
    request: web.Request, draft: Draft, *, status: int = 200, refusal: Refusal | None = None, trouble: str = ""
) -> web.Response:
    return page(
        request,
        "public_request.html",
        status=status,
        rights=ASKED,
        draft=draft,
        key=_key(draft),
        refusal=refusal,
        trouble=trouble,
    )


async def copy(request: web.Request) -> web.Response:
    """The machine-readable copy, for whoever holds the token of a granted request."""
    check_guesses(request)
    copied = await request.app[DEPS].public.copy(token_of(request.match_info["token"]))
    if copied is None:
        return missed(request, "matter")
    answer = web.json_response(copied)
    answer.headers["Content-Disposition"] = 'attachment; filename="danmod-copy.json"'
    return answer
