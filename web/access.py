"""Who may ask what: host and origin checks, what is loopback, the token, and the headers every answer carries.

A page of a stranger must not drive this server through a visitor's browser: names that do not lead here are refused
(DNS rebinding), and so are posts and sockets that another page sends (X18).
"""

from __future__ import annotations

import ipaddress
from hmac import compare_digest
from urllib.parse import urlsplit

from aiohttp import web

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
_WILDCARDS = ("", "0.0.0.0", "::")

BASE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors "
)
OVERLAY_FRAMES = "'self' http://127.0.0.1:* http://localhost:*"
"""Pages of this machine may show an overlay in a frame (it has nothing to click on); nobody may frame anything else."""


def set_headers(headers: web.StreamResponse, *, framed: bool = False, form: bool = False) -> None:
    """The headers of every answer. ``form``: the page posts, and browsers hide the origin of a post under no-referrer."""
    headers.headers.setdefault("Content-Security-Policy", BASE_CSP + (OVERLAY_FRAMES if framed else "'none'"))
    headers.headers["Referrer-Policy"] = "same-origin" if form else "no-referrer"
    headers.headers["X-Content-Type-Options"] = "nosniff"
    headers.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers.headers.setdefault("Cache-Control", "no-store")


class Doors:
    """What the settings say about hosts and the token."""

    def __init__(self, host: str, public_url: str, token: str) -> None:
        public = urlsplit(public_url)
        self._bound = host
        self._public_host = (public.hostname or "").lower()
        self._public_origin = f"{public.scheme}://{public.netloc}".lower() if public.netloc else ""
        self._token = token.encode()

    def knows_host(self, host: str) -> bool:
        """True when a Host header's name leads to us: loopback, the public address, or the address we listen on.

        An address in numbers cannot be rebound, so any is fine where we listen on all.
        """
        name = _hostname(host)
        if not name:
            return False
        if _is_loopback_name(name) or name in (self._public_host, self._bound.lower()):
            return True
        return self._bound in _WILDCARDS and _is_address(name)

    def allows_origin(self, request: web.Request, *, missing: bool) -> bool:
        """True when a post or socket comes from a page of ours; ``missing`` decides where no origin is told."""
        origins = request.headers.getall("Origin", [])
        if not origins:
            return missing
        origin = origins[0].lower()
        own = {f"{scheme}://{request.headers.get('Host', '').lower()}" for scheme in ("http", "https")}
        return len(origins) == 1 and origin in own | ({self._public_origin} - {""})

    def is_local(self, request: web.Request) -> bool:
        """True for somebody on this machine: peer and Host are loopback, and nobody forwarded the request."""
        if any(name in request.headers for name in _FORWARDED):
            return False
        return _is_loopback_name(request.remote or "") and _is_loopback_name(_hostname(request.headers.get("Host", "")))

    def may_look_inside(self, request: web.Request) -> bool:
        """True for loopback, and for whoever brings the token as bearer or ``?token=``."""
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        brought = (bearer or request.query.get("token", "")).encode("utf-8", "replace")
        return self.is_local(request) or (bool(self._token) and compare_digest(brought, self._token))


def address(request: web.Request) -> str:
    """Where a request comes from, for throttling. Behind a proxy on this machine: what the proxy says."""
    remote = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and _is_loopback_name(remote):
        return forwarded.rpartition(",")[2].strip()[:64]
    return remote


def _hostname(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback_name(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        parsed = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback
