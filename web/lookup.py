"""Opening things by codes and secret tokens, without an oracle: a miss always looks the same, and costs."""

from __future__ import annotations

import re

from aiohttp import web

from web.access import address
from web.deps import DEPS, GUARDS
from web.forms import too_many
from web.render import page

_TOKEN = re.compile(r"[A-Za-z0-9_~.-]{8,128}")
_CODE = re.compile(r"[A-Za-z0-9]{2,12}")


def check_guesses(request: web.Request) -> None:
    """Raises 429 for a visitor who missed too often; hits cost nothing."""
    guards = request.app[GUARDS]
    wait_s = guards.guesses.wait_s(guards.anonymiser.visitor(address(request)), request.app[DEPS].clock())
    if wait_s:
        raise too_many(wait_s)


def missed(request: web.Request, kind: str) -> web.Response:
    """Count a miss and answer the neutral page of this kind (``case``, ``receipt``, ``statement``)."""
    guards = request.app[GUARDS]
    guards.guesses.take(guards.anonymiser.visitor(address(request)), request.app[DEPS].clock())
    return page(request, "neutral.html", status=404, kind=kind)


def token_of(text: str) -> str:
    """A token as it may be looked up; what cannot be one becomes a word nobody has, so that it takes the same way."""
    return text if _TOKEN.fullmatch(text) else "-"


def code_of(text: str) -> str:
    """A case code as it may be looked up; what cannot be one becomes a word nobody has."""
    return text.upper() if _CODE.fullmatch(text) else "-"
