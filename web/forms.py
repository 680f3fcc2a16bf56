"""Forms: reading a post within its limits, keys that make it one, and fields with errors beside them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import web

from web.access import address
from web.deps import DEPS, GUARDS

BODY_CAP = 64 * 1024
"""Largest body of a form, in bytes."""
FIELDS_CAP = 40
BODY_SECONDS = 10.0
"""A body that is not complete by then is refused: nobody types while sending."""

MAIL = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]+\.[^\s@<>.]{2,}")
"""What looks like an e-mail address."""

_KEY = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{32}")
_SECRET = secrets.token_bytes(32)


def new_key() -> str:
    """A fresh key for one filled form: makes a double submission one, and proves that the form came from here."""
    nonce = secrets.token_hex(16)
    return f"{nonce}.{_sign(nonce)}"


def is_ours(key: str) -> bool:
    """True for a key that `new_key` of this process made."""
    nonce, _, signature = key.partition(".")
    return bool(_KEY.fullmatch(key)) and hmac.compare_digest(signature, _sign(nonce))


def _sign(nonce: str) -> str:
    return hmac.new(_SECRET, nonce.encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(slots=True)
class Draft:
    """What a visitor typed, cut to nothing, and the text keys of what is wrong with it, by field."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """A field, trimmed; "" when it is absent."""
        return self.values.get(name, "").strip()

    def need(self, name: str, longest: int) -> str:
        """A field that must be filled and at most ``longest`` characters long, else an error stands beside it."""
        if not self.get(name):
            self.errors[name] = "error.missing"
        return self.allow(name, longest)

    def allow(self, name: str, longest: int) -> str:
        """A field that may be empty and at most ``longest`` characters long."""
        if len(self.get(name)) > longest:
            self.errors[name] = "error.long"
        return self.get(name)


async def posted(request: web.Request) -> Draft:
    """Read a posted form. Raises 403 (not from a page of ours), 429, 415, 413 or 408."""
    admit(request)
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    draft = Draft(_fields(await body_of(request)))
    check_key(request, draft)
    return draft


def admit(request: web.Request) -> None:
    """Raises 403 for a post of another site's page, 429 for one too many."""
    _check_origin_told(request)
    _check_pace(request)


def check_key(request: web.Request, draft: Draft) -> None:
    """Raises 403 for a post that tells no origin and shows no key of a form of ours."""
    if "Origin" not in request.headers and not is_ours(draft.get("key")):
        raise web.HTTPForbidden


def _check_origin_told(request: web.Request) -> None:
    """A browser always tells the origin of a post; a program may not, and then shows a key of our form instead."""
    if not request.app[GUARDS].doors.allows_origin(request, missing=True):
        raise web.HTTPForbidden


def _check_pace(request: web.Request) -> None:
    guards, now_s = request.app[GUARDS], request.app[DEPS].clock()
    wait_s = guards.posts.take(guards.anonymiser.visitor(address(request)), now_s)
    wait_s = wait_s or guards.all_posts.take("", now_s)
    if wait_s:
        raise too_many(wait_s)


def too_many(wait_s: float) -> web.HTTPTooManyRequests:
    """The answer to somebody who knocks too often."""
    return web.HTTPTooManyRequests(headers={"Retry-After": str(math.ceil(wait_s))})


async def body_of(request: web.Request) -> bytes:
    """A body of at most BODY_CAP bytes. Raises 413 and 408."""
    if (request.content_length or 0) > BODY_CAP:
        raise web.HTTPRequestEntityTooLarge(BODY_CAP, request.content_length or 0)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > BODY_CAP:
                    raise web.HTTPRequestEntityTooLarge(BODY_CAP, len(body))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return bytes(body)


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=FIELDS_CAP,
            encoding="utf-8",
            errors="replace",
        )
    except ValueError:
        raise web.HTTPRequestEntityTooLarge(BODY_CAP, len(body)) from None
    return {name: value.replace("\x00", "\ufffd").replace("\r\n", "\n") for name, value in reversed(pairs)}
