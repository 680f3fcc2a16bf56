"""One HTTP call, bounded, ending in JSON or a typed error. Knows no token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp

from streams.session import Clock
from streams.tolerant import NoJson, as_dict, as_int, as_text, loads
from streams.twitch.errors import Away, Blocked, Refused, Unclear

ANSWER_CAP = 4 << 20
"""Longest answer that is read, in bytes."""
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
BUSY_FOR = timedelta(seconds=2)
"""How long to wait where another change of the same thing is under way (409)."""
LONGEST_WISH = timedelta(minutes=2)
"""Twitch's bucket of points is full again within a minute."""
Params = list[tuple[str, str]]


async def call(
    http: aiohttp.ClientSession,
    clock: Clock,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Params | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The JSON answer; empty for one without a body. Raises ApiError. Never repeated here."""
    request = http.request(
        method, url, headers=headers, params=params, json=json, data=form, timeout=TIMEOUT, allow_redirects=False
    )
    try:
        async with request as response:
            body = await _read(response)
            if response.status in (200, 202, 204):
                return _json(body) if body else {}
            raise _error(response, body, clock())
    except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
        raise Away(f"Twitch cannot be reached: {error}") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unclear(f"Twitch's answer was lost: {type(error).__name__} {error}".rstrip()) from None


def _error(response: aiohttp.ClientResponse, body: bytes, now_s: float) -> Exception:
    status, message = response.status, _message(body) or response.reason or ""
    if status == 429:
        return Blocked(f"too many calls: {message}", _wait(response.headers.get("Ratelimit-Reset"), now_s))
    if status == 409:
        return Blocked(f"another change is under way: {message}", BUSY_FOR)
    if status >= 500:
        return Unclear(f"Twitch is failing (HTTP {status})")
    return Refused(status, message)


def _wait(reset: str | None, now_s: float) -> timedelta:
    """Until the bucket is full again, as Twitch says in Unix seconds; within reason."""
    seconds = as_int(reset) - now_s
    return min(max(timedelta(seconds=seconds), timedelta(seconds=1)), LONGEST_WISH) if seconds > 0 else BUSY_FOR


def _message(body: bytes) -> str:
    try:
        return as_text(as_dict(loads(body)).get("message"))[:200]
    except NoJson:
        return ""


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > ANSWER_CAP:
            raise Unclear(f"Twitch's answer is longer than {ANSWER_CAP} bytes")
    return bytes(body)


def _json(body: bytes) -> dict[str, Any]:
    try:
        answer = loads(body)
    except NoJson as error:
        raise Unclear(f"Twitch's answer is no JSON: {error}") from None
    if not isinstance(answer, dict):
        raise Unclear("Twitch's answer is no JSON object")
    return answer
