"""One account's HTTP calls: one at a time, bounded, each ending in JSON or a typed error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from yarl import URL

from streams.bilibili.errors import Away, Blocked, Refused, Unclear, Unsigned
from streams.bilibili.turns import Rank, Turns
from streams.connection import Clock
from streams.tolerant import NoJson, as_dict, as_int, as_text, loads

ANSWER_CAP = 4 << 20
"""Longest answer that is read, in bytes."""
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
BLOCKED_FOR = timedelta(minutes=1)
"""How long to keep still after an HTTP 412 that names no time."""
LONGEST_WISH = timedelta(hours=1)

_UNSIGNED_CODE = -352
_BLOCKED_CODES = frozenset({-412, -509, -799})
"""Risk control and too many requests, told in the body."""
_FAILING_CODES = frozenset({-500, -502, -503, -504})
"""The platform's own trouble, told in the body."""


class Caller:
    """Calls the platform for one account over a handed-in client session, which it neither makes nor closes.

    Calls wait for one another, the urgent ones at the head of the queue: six parallel reads were enough for an HTTP
    412 with a captcha page. After such a block every call fails at once, without being sent, until the time is over.
    """

    def __init__(self, http: aiohttp.ClientSession, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._turns = Turns()
        self._blocked_until_s = 0.0

    async def get(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        rank: Rank = Rank.READING,
        fine: frozenset[int] = frozenset(),
    ) -> dict[str, Any]:
        """The whole JSON answer to a GET of an already encoded address.

        Raises ApiError, also for any code but 0 and those that are ``fine``.
        """
        return _judge(await self._call("GET", url, headers, None, rank), fine)

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, rank: Rank = Rank.READING
    ) -> dict[str, Any]:
        """The whole JSON answer to a POST. Never repeated here: what became of a lost one is the caller's question."""
        return _judge(await self._call("POST", url, headers, body, rank))

    async def _call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, rank: Rank
    ) -> dict[str, Any]:
        async with self._turns.turn(rank):
            self._heed_block()
            return await self._exchange(method, url, headers, body)

    def _heed_block(self) -> None:
        left_s = self._blocked_until_s - self._clock()
        if left_s > 0:
            raise Blocked("the platform holds our address back", timedelta(seconds=left_s))

    async def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> dict[str, Any]:
        request = self._http.request(
            method, URL(url, encoded=True), headers=headers, data=body, timeout=TIMEOUT, allow_redirects=False
        )
        try:
            async with request as response:
                self._judge_head(response)
                return _json(await _read(response))
        except aiohttp.ClientConnectorError as error:
            raise Away(f"the platform cannot be reached: {error}") from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unclear(f"the platform's answer was lost: {type(error).__name__} {error}".rstrip()) from None

    def _judge_head(self, response: aiohttp.ClientResponse) -> None:
        """Raise for what is no JSON answer, before any of it is read."""
        status = response.status
        if status in (412, 429) or (status < 500 and "html" in response.content_type):
            wait = _wish(response.headers.get("Retry-After"))
            self._blocked_until_s = self._clock() + wait.total_seconds()
            raise Blocked(f"the platform holds our address back (HTTP {status})", wait)
        if status >= 500:
            raise Unclear(f"the platform is failing (HTTP {status})")
        if status != 200:
            raise Refused(status, f"HTTP {status}")
        if "json" not in response.content_type:
            raise Unclear(f"the platform answered with {response.content_type} where JSON was expected")


def _judge(answer: dict[str, Any], fine: frozenset[int] = frozenset()) -> dict[str, Any]:
    """The answer itself when its code is 0 or ``fine``; else the error the code stands for."""
    code = as_int(answer.get("code"))
    if code == 0 or code in fine:
        return answer
    message = as_text(answer.get("message")) or as_text(answer.get("msg"))
    if code == _UNSIGNED_CODE:
        raise Unsigned(f"the platform did not accept our signature ({code}: {message})", BLOCKED_FOR)
    if code in _BLOCKED_CODES:
        raise Blocked(f"the platform holds us back ({code}: {message})", BLOCKED_FOR)
    if code in _FAILING_CODES:
        raise Unclear(f"the platform is failing ({code}: {message})")
    raise Refused(code, message)


def _wish(retry_after: str | None) -> timedelta:
    """The platform's Retry-After in seconds, within reason."""
    seconds = as_int(retry_after)
    return min(timedelta(seconds=seconds), LONGEST_WISH) if 0 < seconds < 1 << 31 else BLOCKED_FOR


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > ANSWER_CAP:
            raise Unclear(f"the platform's answer is longer than {ANSWER_CAP} bytes")
    return bytes(body)


def _json(body: bytes) -> dict[str, Any]:
    try:
        return as_dict(loads(body))
    except NoJson as error:
        raise Unclear(f"the platform's answer is no JSON: {error}") from None
