"""OAuth for a bot at home: a code typed on another device, no secret and no address of our own.

The application is a public one: its refresh tokens are good once, and die after 30 days without use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec

from streams.session import Clock
from streams.tolerant import as_int, as_list, as_text
from streams.twitch.calls import call
from streams.twitch.errors import LoggedOut, Refused, Unclear

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
LOG_IN = "danmod login twitch"

NEEDED = (
    "user:read:chat",
    "user:write:chat",
    "moderator:manage:banned_users",
    "moderator:manage:chat_messages",
    "moderator:manage:chat_settings",
)
"""Without these danmod cannot do its work."""
WELCOME = (
    "user:manage:whispers",
    "moderation:read",
    "moderator:manage:automod",
    "moderator:read:unban_requests",
    "moderator:read:blocked_terms",
    "moderator:read:moderators",
    "moderator:read:shield_mode",
    "moderator:read:suspicious_users",
    "moderator:read:vips",
    "moderator:read:warnings",
)
"""What more is asked for: to see what others moderate, and to whisper."""
SCOPES = NEEDED + WELCOME


class Grant(msgspec.Struct, frozen=True):
    """What a login gave us: a token for calls, and one that renews it, once."""

    access_token: str
    refresh_token: str

    def __repr__(self) -> str:
        return "Grant(…)"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token is. ``expires_in_s`` is how long it holds yet."""

    user_id: str
    login: str
    scopes: frozenset[str]
    expires_in_s: int

    @property
    def lacking(self) -> tuple[str, ...]:
        """The needed scopes it does not have."""
        return tuple(scope for scope in NEEDED if scope not in self.scopes)


@dataclass(frozen=True, slots=True)
class Device:
    """A login that waits for its user, who types ``user_code`` at ``url``; ask every ``interval_s``."""

    user_code: str
    url: str
    interval_s: int
    expires_in_s: int
    device_code: str = field(repr=False)


class OAuth:
    """The calls of one application. All raise :class:`~streams.twitch.errors.ApiError` and nothing else."""

    def __init__(self, url: str, client_id: str, http: aiohttp.ClientSession, clock: Clock) -> None:
        self._url = url.rstrip("/")
        self._client_id = client_id
        self._http = http
        self._clock = clock

    async def begin(self) -> Device:
        """Ask for a code to be typed."""
        answer = await self._post("device", scopes=" ".join(SCOPES))
        device = Device(
            as_text(answer.get("user_code")),
            as_text(answer.get("verification_uri")),
            max(as_int(answer.get("interval")), 0),
            as_int(answer.get("expires_in")),
            as_text(answer.get("device_code")),
        )
        if not (device.user_code and device.url and device.device_code):
            raise Unclear("Twitch's answer has no code")
        return device

    async def finish(self, device: Device) -> Grant | None:
        """The grant once the user said yes; None while that is pending. Raises Refused when it will never come."""
        wish = {"scopes": " ".join(SCOPES), "device_code": device.device_code, "grant_type": DEVICE}
        try:
            return _grant(await self._post("token", **wish))
        except Refused as refusal:
            if refusal.message in ("authorization_pending", "slow_down"):
                return None
            raise

    async def renew(self, grant: Grant) -> Grant:
        """A fresh grant; the old one's refresh token is used up. Raises LoggedOut when it is not accepted."""
        try:
            return _grant(await self._post("token", grant_type="refresh_token", refresh_token=grant.refresh_token))
        except Refused as refusal:
            raise LoggedOut(f"Twitch no longer accepts the login ({refusal.message}): {LOG_IN}") from None

    async def identify(self, grant: Grant) -> Identity:
        """Who the token is. Raises Refused with status 401 when it no longer holds."""
        headers = {"Authorization": f"OAuth {grant.access_token}"}
        answer = await call(self._http, self._clock, "GET", f"{self._url}/validate", headers=headers)
        user_id = as_text(answer.get("user_id"))
        if not user_id:
            raise LoggedOut(f"the token is no user's: {LOG_IN}")
        scopes = frozenset(as_text(scope) for scope in as_list(answer.get("scopes")))
        return Identity(user_id, as_text(answer.get("login")), scopes, as_int(answer.get("expires_in")))

    async def _post(self, path: str, **form: str) -> dict[str, Any]:
        fields = {"client_id": self._client_id, **form}
        return await call(self._http, self._clock, "POST", f"{self._url}/{path}", form=fields)


def _grant(answer: dict[str, Any]) -> Grant:
    grant = Grant(as_text(answer.get("access_token")), as_text(answer.get("refresh_token")))
    if not grant.access_token:
        raise Unclear("Twitch's answer has no token")
    return grant
