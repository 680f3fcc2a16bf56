"""Who may knock: the server's own page and the bot, nobody else's page.

A page of another site runs in the same browser and reaches the loopback too. It is stopped by two headers that it
cannot forge: ``Host`` (a name that was rebound to 127.0.0.1 is not ours) and ``Origin`` (a form, a fetch or a websocket
of another page carries the other page's).
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def is_loopback(host: str) -> bool:
    """True for ``localhost`` and the addresses that never leave the machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class Border:
    """The checks before every request. ``token`` is the bot's; ``allow_remote`` admits any address (never a name)."""

    def __init__(self, token: str, *, allow_remote: bool) -> None:
        self._token = token
        self._allow_remote = allow_remote

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse foreign hosts and origins with 403 before anything else looks at the request."""
        if not self._host_is_ours(request.headers.get("Host", "")):
            raise web.HTTPForbidden(text="unknown Host: this server answers to its own address only\n")
        if not self._origin_is_ours(request):
            raise web.HTTPForbidden(text="foreign Origin: only this server's own page may do this\n")
        return await handler(request)

    def require_bot(self, request: web.Request) -> None:
        """Raises HTTPUnauthorized without the bot's token in ``Authorization: Bearer …``."""
        if not self._has_token(request):
            raise web.HTTPUnauthorized(text="the bot's token is missing or wrong\n")

    def require_page_or_bot(self, request: web.Request) -> None:
        """Raises HTTPForbidden unless our own page asks (the Origin is there and was checked) or the bot."""
        if "Origin" not in request.headers and not self._has_token(request):
            raise web.HTTPForbidden(text="only this server's own page or the bot may do this\n")

    def _has_token(self, request: web.Request) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return scheme == "Bearer" and hmac.compare_digest(given.encode(errors="replace"), self._token.encode())

    def _host_is_ours(self, header: str) -> bool:
        try:
            host = urlsplit(f"//{header}").hostname or ""
        except ValueError:
            return False
        return is_loopback(host) or (self._allow_remote and _is_address(host))

    def _origin_is_ours(self, request: web.Request) -> bool:
        """No Origin at all is no browser's cross-site request; what needs a page asks ``require_page_or_bot``."""
        origin = request.headers.getall("Origin", [])
        return not origin or origin == [f"http://{request.headers['Host']}"]


def security_headers(frame_source: str | None) -> dict[str, str]:
    """The headers of the page. ``frame_source`` is the origin that may be shown on the stage, None for none."""
    shown = frame_source or "'none'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        f"frame-src {shown}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def origin_of(url: str) -> str:
    """The origin of an http(s) URL. Raises ValueError for anything else: it becomes part of a header."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or set(parts.netloc) & set(" ;,'\"\\"):
        raise ValueError(f"not an http or https address: {url!r}")
    return f"{parts.scheme}://{parts.netloc}"
