"""The HTTP calls to one Owncast server: bounded, each ending in an :class:`~streams.platform.Outcome` or a plain answer.

Success is told in the body (``{"success": bool, "message": text}``), not by the status alone; disabling somebody who has
no open connection is answered with an empty body.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import aiohttp
import msgspec

from streams.owncast.frames import Told, read_history
from streams.owncast.settings import OwncastSettings
from streams.platform import Outcome, OutcomeStatus

ANSWER_CAP = 4 << 20
"""Longest answer that is read, in bytes."""
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
LONGEST_WISH = timedelta(hours=1)


class _Answer(msgspec.Struct):
    success: bool = True
    message: str = ""


class _Registered(msgspec.Struct, rename="camel"):
    access_token: str


@dataclass(frozen=True, slots=True)
class _Got:
    """An answer: its status (0: none came), body and Retry-After."""

    status: int
    body: bytes
    retry_after: str = ""


class OwncastApi:
    """One server. The HTTP session is the caller's, who closes it."""

    def __init__(self, settings: OwncastSettings, http: aiohttp.ClientSession) -> None:
        self._base = settings.url.rstrip("/")
        self._bearer = {"Authorization": f"Bearer {settings.access_token}"}
        self._settings = settings
        self._http = http

    async def say(self, text: str) -> Outcome:
        """Say a line as the integration."""
        return _outcome(await self._post("/api/integrations/chat/send", {"body": text}, self._bearer))

    async def hide(self, message_id: str) -> Outcome:
        """Hide one line from everybody in the chat; as the integration, or else as the moderator."""
        body = {"idArray": [message_id], "visible": False}
        if self._settings.access_token:
            outcome = _outcome(await self._post("/api/integrations/chat/messagevisibility", body, self._bearer))
            if outcome.status is not OutcomeStatus.REFUSED or not self._settings.moderator_token:
                return outcome
        return _outcome(await self._post(self._as_moderator("/api/chat/messagevisibility"), body, {}))

    async def enable(self, user_id: str, *, enabled: bool) -> Outcome:
        """Disable somebody, or let them in again."""
        path = self._as_moderator("/api/chat/users/setenabled")
        return _outcome(await self._post(path, {"userId": user_id, "enabled": enabled}, {}))

    async def register(self, name: str) -> str | None:
        """A new plain chat user's token, None when the server gave none."""
        got = await self._post("/api/chat/register", {"displayName": name}, {})
        try:
            return msgspec.json.decode(got.body, type=_Registered).access_token if got.status == 200 else None
        except (msgspec.MsgspecError, UnicodeError):
            return None

    async def history(self) -> list[Told]:
        """The lines the server still knows, oldest first; none where the integration may not read them."""
        if not self._settings.access_token:
            return []
        got = await self._request("GET", "/api/integrations/chat", None, self._bearer)
        return read_history(got.body) if got.status == 200 else []

    def _as_moderator(self, path: str) -> str:
        return f"{path}?{urlencode({'accessToken': self._settings.moderator_token})}"

    async def _post(self, path: str, body: object, headers: Mapping[str, str]) -> _Got:
        return await self._request("POST", path, msgspec.json.encode(body), headers)

    async def _request(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> _Got:
        """One call; what went wrong on the way is a status of 0 with the reason as its body."""
        headers = {**headers, "Content-Type": "application/json"}
        request = self._http.request(
            method, self._base + path, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
        )
        try:
            async with request as answer:
                content = await answer.content.read(ANSWER_CAP)
                while len(content) < ANSWER_CAP and (more := await answer.content.read(ANSWER_CAP - len(content))):
                    content += more
                return _Got(answer.status, content, answer.headers.get("Retry-After", ""))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as fault:
            return _Got(0, type(fault).__name__.encode())


def _outcome(got: _Got) -> Outcome:
    """What an answer means for the action."""
    if got.status == 0:
        return Outcome(OutcomeStatus.RETRY, f"Owncast does not answer: {got.body.decode()}")
    if got.status in (408, 429) or got.status >= 500:
        return Outcome(OutcomeStatus.RETRY, f"Owncast is busy or failing (HTTP {got.status})", _wish(got.retry_after))
    if got.status in (401, 403):
        return Outcome(OutcomeStatus.REFUSED, "Owncast refuses the token: it is unknown or lacks the scope for this")
    answer = _answer(got.body)
    if got.status == 200 and answer.success:
        return Outcome(OutcomeStatus.DONE)
    return Outcome(OutcomeStatus.REFUSED, f"Owncast said no: {answer.message[:200] or f'HTTP {got.status}'}")


def _answer(body: bytes) -> _Answer:
    """The body; an empty one, or one that is no such object, says nothing against success."""
    try:
        return msgspec.json.decode(body, type=_Answer) if body.strip() else _Answer()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _Answer()


def _wish(retry_after: str) -> timedelta | None:
    if not (retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6):
        return None
    return min(timedelta(seconds=int(retry_after)), LONGEST_WISH)
