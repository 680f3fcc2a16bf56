"""HTTP answers of every bad kind end in a typed error, bounded and never repeated (F9, X8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from streams.bilibili import caller
from streams.bilibili.caller import Caller
from streams.bilibili.errors import Away, Blocked, Refused, Unclear, Unsigned
from streams.bilibili.turns import Rank

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Answers every call with ``answer`` and counts them."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self.calls = 0
        self.at_once = 0
        self.most_at_once = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert self.answer
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self.answer(request)
        finally:
            self.at_once -= 1

    def says(self, response: Callable[[], web.StreamResponse]) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            return response()

        self.answer = answer


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def url(server: Server) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/x", server.handle)
    async with TestServer(app) as running:
        yield str(running.make_url("/x"))


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


def _text(text: str, kind: str = "application/json", status: int = 200) -> Callable[[], web.StreamResponse]:
    return lambda: web.Response(text=text, content_type=kind, status=status)


CASES: list[tuple[Callable[[], web.StreamResponse], type[Exception]]] = [
    (_text("<html>captcha</html>", "text/html", 412), Blocked),
    (_text("<html>captcha</html>", "text/html"), Blocked),
    (_text("{}", status=429), Blocked),
    (_text('{"code":-352,"message":"-352"}'), Unsigned),
    (_text('{"code":-412}'), Blocked),
    (_text('{"code":-504}'), Unclear),
    (_text("oops", "text/html", 502), Unclear),
    (_text("{}", status=404), Refused),
    (_text('{"code":0', "application/json"), Unclear),
    (_text("plain words", "text/plain"), Unclear),
    (_text("[" * 100_000), Unclear),
    (_text('{"code":100004,"message":"你不是房管哦"}'), Refused),
    (_text('{"code":"-101","msg":"text code"}'), Refused),
]


@pytest.mark.fault("F9", "X8")
@pytest.mark.parametrize(("response", "error"), CASES)
async def test_bad_answers_are_typed_and_not_repeated(
    server: Server,
    url: str,
    http: aiohttp.ClientSession,
    response: Callable[[], web.StreamResponse],
    error: type[Exception],
) -> None:
    server.says(response)
    with pytest.raises(error) as caught:
        await Caller(http, lambda: 0.0).post(url, {}, b"a=b")
    assert type(caught.value) is error
    assert server.calls == 1


async def test_odd_numbers_in_an_answer_are_survived(server: Server, url: str, http: aiohttp.ClientSession) -> None:
    server.says(_text('{"code":NaN,"data":{"n":' + "9" * 5000 + "}}"))
    assert await Caller(http, lambda: 0.0).get(url, {})


async def test_an_answer_without_end_is_cut(
    server: Server, url: str, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller, "ANSWER_CAP", 1 << 20)
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 65536)
                sent += 65536
        except ConnectionError:
            return response

    server.answer = answer
    with pytest.raises(Unclear, match="longer than"):
        await Caller(http, lambda: 0.0).get(url, {})
    assert sent < 64 << 20


async def test_a_redirect_is_not_followed(server: Server, url: str, http: aiohttp.ClientSession) -> None:
    """It would carry the cookie to another host."""
    server.says(lambda: web.Response(status=302, headers={"Location": "/x"}))
    with pytest.raises(Refused):
        await Caller(http, lambda: 0.0).get(url, {"Cookie": "SESSDATA=secret"})
    assert server.calls == 1


async def test_calls_wait_for_one_another(server: Server, url: str, http: aiohttp.ClientSession) -> None:
    """Six parallel reads were enough for a captcha page."""

    server.says(_text('{"code":0}'))
    one = Caller(http, lambda: 0.0)
    await asyncio.gather(*(one.get(url, {}) for _ in range(10)))
    assert (server.calls, server.most_at_once) == (10, 1)


@pytest.mark.fault("F9")
async def test_a_measure_goes_before_dials_and_chatter(server: Server, url: str, http: aiohttp.ClientSession) -> None:
    order: list[str] = []
    busy, go = asyncio.Event(), asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        order.append(request.query["n"])
        busy.set()
        await go.wait()
        return web.json_response({"code": 0})

    server.answer = answer
    one = Caller(http, lambda: 0.0)
    first = asyncio.create_task(one.get(f"{url}?n=first", {}))
    await busy.wait()
    ranks = [("line", Rank.CHATTER), ("dial", Rank.READING), ("given up", Rank.MEASURE), ("mute", Rank.MEASURE)]
    waiting = [asyncio.create_task(one.get(f"{url}?n={name}", {}, rank=rank)) for name, rank in ranks]
    await asyncio.sleep(0.01)
    waiting.pop(2).cancel()
    go.set()
    await asyncio.gather(first, *waiting)
    assert order == ["first", "mute", "dial", "line"]


@pytest.mark.fault("F9")
async def test_a_block_lasts_as_long_as_the_platform_says(
    server: Server, url: str, http: aiohttp.ClientSession
) -> None:
    now_s = 1000.0
    one = Caller(http, lambda: now_s)
    server.says(lambda: web.Response(status=429, headers={"Retry-After": "7"}))
    with pytest.raises(Blocked):
        await one.get(url, {})
    server.says(_text('{"code":0}'))
    now_s = 1006.9
    with pytest.raises(Blocked) as caught:
        await one.get(url, {})
    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == pytest.approx(0.1)
    assert server.calls == 1
    now_s = 1007.1
    assert await one.get(url, {}) == {"code": 0}


async def test_a_server_that_is_not_there_is_away(http: aiohttp.ClientSession) -> None:
    with pytest.raises(Away):
        await Caller(http, lambda: 0.0).get("http://127.0.0.1:9/x", {})
