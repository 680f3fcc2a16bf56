"""The ways in, and whether each still works: tried at the start and once a month, told on the public page (norm N2.1-3).

A trial goes the whole way from outside, with something that is never taken: an empty form, an empty report, a signed
message that says it is a trial.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import aiohttp
import structlog

from bot.channels import signature
from bot.clock import instant
from bot.rooms import Rooms
from commands.parse import CommandName, parse
from streams.events import FeedState
from web.views import WayIn

log = structlog.get_logger(__name__)

EVERY = timedelta(days=30)
AGAIN = timedelta(hours=1)
"""So soon a way that failed is tried again."""
LIMIT = aiohttp.ClientTimeout(total=10)


class Ways:
    """Tries them. ``base`` answers where our own pages are served once they are; ``token`` is the operator's."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        base: Callable[[], Awaitable[str]],
        rooms: Rooms,
        partners: Mapping[str, str],
        token: str,
        *,
        clock: Callable[[], float],
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = http
        self._base = base
        self._rooms = rooms
        self._partners = partners
        self._token = token
        self._clock = clock
        self._wait = wait
        self._trials = 0
        names = ("chat", "form", "api", "entry", *(["hook"] if partners else []))
        self.tried: Sequence[WayIn] = tuple(map(WayIn, names))

    async def run(self) -> None:
        """Try at the start, then once a month; sooner again what did not work."""
        await self._base()
        await self._wait(AGAIN.total_seconds() / 60)  # rooms take a moment to be seen
        while True:
            await self.self_test()
            failed = any(way.ok is False for way in self.tried)
            await self._wait((AGAIN if failed else EVERY).total_seconds())

    async def self_test(self) -> Sequence[WayIn]:
        """Try every way now."""
        trials: Mapping[str, Callable[[], Awaitable[str]]] = {
            "chat": self._chat,
            "form": self._form,
            "api": lambda: self._refused("/api/v1/reports", b"{}", {}),
            "entry": lambda: self._refused("/api/v1/entries", b"{}", {"Authorization": f"Bearer {self._token}"}),
            "hook": self._hook,
        }
        self.tried = tuple([await self._try(way.name, trials[way.name]) for way in self.tried])
        return self.tried

    async def _try(self, name: str, trial: Callable[[], Awaitable[str]]) -> WayIn:
        try:
            fault = await trial()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            fault = f"no answer: {type(error).__name__}"
        if fault:
            log.warning("a way to report does not work", way=name, reason=fault)
        return WayIn(name, not fault, self._now(), fault)

    async def _chat(self) -> str:
        """The command is understood, and a room is heard."""
        command = parse("!report @somebody")
        if command is None or command.command is not CommandName.REPORT:
            return "!report is not understood"
        heard = [room.seen_as(self._clock())[0] in (FeedState.LIVE, FeedState.DEGRADED) for room in self._rooms]
        return "" if any(heard) else "no room is heard"

    async def _form(self) -> str:
        base = await self._base()
        async with self._http.get(f"{base}/report", timeout=LIMIT) as page:
            if page.status != 200 or 'name="faith"' not in await page.text():
                return f"the form answers {page.status}"
        async with self._http.post(
            f"{base}/report", data={"note": ""}, headers={"Origin": base}, timeout=LIMIT
        ) as page:
            return _unless(page.status, 422)

    async def _refused(self, path: str, body: bytes, headers: Mapping[str, str]) -> str:
        """An empty report must be read and refused for what is missing."""
        base, kind = await self._base(), {"Content-Type": "application/json"}
        async with self._http.post(f"{base}{path}", data=body, headers={**kind, **headers}, timeout=LIMIT) as answer:
            return _unless(answer.status, 422)

    async def _hook(self) -> str:
        base = await self._base()
        for name, secret in self._partners.items():
            self._trials += 1
            body = b'{"trial":true,"number":%d}' % self._trials  # a message is taken once, so that no two are the same
            headers = signed_headers(name, secret.encode(), self._clock(), body)
            async with self._http.post(f"{base}/api/v1/hook", data=body, headers=headers, timeout=LIMIT) as answer:
                if fault := _unless(answer.status, 204):
                    return f"{name}: {fault}"
        return ""

    def _now(self) -> datetime:
        return instant(self._clock())


def signed_headers(partner: str, secret: bytes, now_s: float, body: bytes) -> dict[str, str]:
    """The headers under which a partner's message is taken."""
    stamp = str(int(now_s))
    return {
        "Content-Type": "application/json",
        "X-Danmod-Partner": partner,
        "X-Danmod-Timestamp": stamp,
        "X-Danmod-Signature": signature(secret, stamp, body),
    }


def broken(ways: Iterable[WayIn]) -> list[str]:
    """The ways that did not work, in a sentence each."""
    return [f"{way.name}: {way.detail}" for way in ways if way.ok is False]


def _unless(status: int, wanted: int) -> str:
    return "" if status == wanted else f"it answers {status} where {wanted} is right"
