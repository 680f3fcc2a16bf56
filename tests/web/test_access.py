"""Hosts, origins, headers: a stranger's page cannot drive this server through a visitor's browser."""

from __future__ import annotations

import aiohttp
import pytest

from tests.web.house import House, a_case
from web.access import Doors

PUBLIC = "https://mod.example"


@pytest.mark.fault("X18")
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "10.1.2.3", "[bad", ""]
)
async def test_a_foreign_host_name_is_refused(house: House, host: str) -> None:
    async with house.session.get("/", headers={"Host": host}) as answer:
        assert answer.status in (400, 421)
        assert "key-of" not in await answer.text()


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "LOCALHOST:8080", "[::1]:8080", "obs.localhost"])
async def test_loopback_names_are_answered(house: House, host: str) -> None:
    async with house.session.get("/", headers={"Host": host}) as answer:
        assert answer.status == 200


def test_the_public_name_and_the_bound_address_are_answered() -> None:
    doors = Doors("192.0.2.1", PUBLIC, "")
    assert [doors.knows_host(host) for host in ("mod.example", "MOD.example:443", "192.0.2.1:80")] == [True] * 3
    assert not doors.knows_host("192.0.2.2")
    assert not doors.knows_host("x.mod.example")


def test_listening_everywhere_answers_to_any_number_but_to_no_strange_name() -> None:
    doors = Doors("0.0.0.0", "", "")
    assert doors.knows_host("192.168.1.5:8080")
    assert not doors.knows_host("rebound.example")


async def test_the_public_name_is_not_this_machine() -> None:
    async with House(public_url=PUBLIC) as house:
        async with house.session.get("/metrics", headers={"Host": "mod.example"}) as answer:
            assert answer.status == 403
        async with house.session.get("/", headers={"Host": "mod.example"}) as answer:
            assert answer.status == 200
            assert "key-of" not in await answer.text()


@pytest.mark.fault("X18")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "", "http://localhost.evil"])
@pytest.mark.parametrize("path", ["/report", "/appeal"])
async def test_a_post_of_another_page_is_refused(house: House, path: str, origin: str) -> None:
    async with house.session.post(path, data={"room": "demo"}, headers={"Origin": origin}) as answer:
        assert answer.status == 403
    assert house.reports == []


@pytest.mark.fault("X18")
async def test_two_origins_are_none(house: House) -> None:
    headers = [("Origin", house.url), ("Origin", "https://evil.example")]
    async with house.session.post("/report", data={"room": "demo"}, headers=headers) as answer:
        assert answer.status == 403


@pytest.mark.fault("X18")
async def test_a_post_without_origin_and_without_a_key_of_ours_is_refused(house: House) -> None:
    for key in ("", "0" * 32 + "." + "0" * 32, "x"):
        async with house.session.post("/report", data={"room": "demo", "key": key}) as answer:
            assert answer.status == 403


@pytest.mark.fault("X18")
@pytest.mark.parametrize("path", ["/feed/demo/socket", "/overlay/demo/socket?key=key-of-sandbox:demo"])
async def test_a_socket_of_another_page_is_refused(house: House, path: str) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await house.session.ws_connect(path, origin=origin)
        assert refused.value.status == 403
    socket = await house.session.ws_connect(path, origin=house.url)
    await socket.close()


PATHS = ["/", "/feed/demo", "/report", "/case/A7K2", "/case/nope", "/nothing", "/static/feed.js", "/livez", "/desk"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_the_headers(house: House, path: str) -> None:
    house.reader.hold(a_case())
    async with house.session.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "require-trusted-types-for 'script'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
        assert "Set-Cookie" not in answer.headers
        assert "aiohttp" not in answer.headers.get("Server", "")


@pytest.mark.fault("X20")
async def test_secret_pages_send_no_referrer_and_are_not_kept(house: House) -> None:
    for path in ("/receipt/some-secret-token", "/statement/some-secret-token", "/overlay/demo?key=key-of-sandbox:demo"):
        async with house.session.get(path) as answer:
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"


async def test_only_the_overlay_may_be_framed_and_only_by_this_machine(house: House) -> None:
    async with house.session.get(house.overlay()) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.endswith("frame-ancestors 'self' http://127.0.0.1:* http://localhost:*")
