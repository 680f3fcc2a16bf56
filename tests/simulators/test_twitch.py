"""The simulator is as strict as the platform: what the real one refuses, it refuses."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.simulators.twitch import TwitchSimulator
from tests.simulators.twitch.world import Token

MESSAGE = "channel.chat.message"


@pytest.fixture
async def simulator() -> AsyncIterator[TwitchSimulator]:
    async with TwitchSimulator() as serving:
        yield serving


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


class Caller:
    """Calls Helix with one token."""

    def __init__(self, simulator: TwitchSimulator, http: aiohttp.ClientSession, token: Token) -> None:
        self.simulator, self.http, self.token = simulator, http, token
        self.headers = {"Authorization": f"Bearer {token.access}", "Client-Id": token.client_id}
        self.who = {"broadcaster_id": simulator.channel.owner.id, "moderator_id": token.user.id if token.user else ""}

    async def __call__(self, method: str, path: str, body: Any = None, **params: str) -> tuple[int, Any]:
        url = f"{self.simulator.urls.helix_url}/{path}"
        async with self.http.request(method, url, params=params, json=body, headers=self.headers) as answer:
            text = await answer.text()
            self.limits = {key: answer.headers.get(key) for key in ("Ratelimit-Remaining", "Ratelimit-Reset")}
            return answer.status, json.loads(text) if text else None


@pytest.fixture
def bot(simulator: TwitchSimulator, http: aiohttp.ClientSession) -> Caller:
    return Caller(simulator, http, simulator.world.issue(simulator.bot))


async def test_a_call_needs_a_token_that_holds_and_its_own_client(
    simulator: TwitchSimulator, http: aiohttp.ClientSession, bot: Caller
) -> None:
    assert (await bot("GET", "users", login="streamer"))[1]["data"][0]["id"] == "9001"
    bot.headers["Client-Id"] = "secretclient"
    assert (await bot("GET", "users"))[0] == 401
    bot.headers |= {"Client-Id": "danmodclient", "Authorization": "OAuth " + bot.token.access}
    assert (await bot("GET", "users"))[0] == 401
    bot.headers["Authorization"] = "Bearer " + bot.token.access
    bot.token.until_s = 0
    status, body = await bot("GET", "users")
    assert (status, body) == (401, {"error": "Unauthorized", "status": 401, "message": "Invalid OAuth token"})


async def test_bans_have_their_limits(simulator: TwitchSimulator, bot: Caller) -> None:
    ann = simulator.world.user("ann")

    async def ban(**data: Any) -> int:
        return (await bot("POST", "moderation/bans", {"data": {"user_id": ann.id, **data}}, **bot.who))[0]

    assert await ban(duration=1_209_601) == 400
    assert await ban(duration=0) == 400
    assert await ban(reason="x" * 501) == 400
    assert await ban(duration=60) == 200
    assert await ban(duration=30) == 200, "a running timeout takes a new length"
    assert await simulator.say("ann", "hm") is None
    assert await ban() == 200
    assert await ban(duration=30) == 400, "already banned for good"
    unban = {**bot.who, "user_id": ann.id}
    assert (await bot("DELETE", "moderation/bans", **unban))[0] == 204
    assert (await bot("DELETE", "moderation/bans", **unban))[0] == 400
    assert await ban(user_id=simulator.channel.owner.id) == 400
    assert await ban(user_id="31337000") == 400
    simulator.channel.moderators.clear()
    assert await ban() == 403
    bot.token.scopes = frozenset()
    assert await ban() == 401


async def test_a_message_is_deleted_within_six_hours_and_without_an_id_all_of_them(
    simulator: TwitchSimulator, bot: Caller
) -> None:
    old, new, staff = [await simulator.say(who, "hi", moderator=who == "mod") for who in ("ann", "ben", "mod")]
    assert old is not None and new is not None and staff is not None  # noqa: PT018 - for the types
    old.at_s -= 6 * 3600 + 1
    assert (await bot("DELETE", "moderation/chat", **bot.who, message_id=old.id))[0] == 404
    assert (await bot("DELETE", "moderation/chat", **bot.who, message_id=staff.id))[0] == 400
    assert (await bot("DELETE", "moderation/chat", **bot.who, message_id=new.id))[0] == 204
    assert (await bot("DELETE", "moderation/chat", **bot.who, message_id=new.id))[0] == 404
    assert not old.removed
    assert (await bot("DELETE", "moderation/chat", **bot.who))[0] == 204
    assert old.removed


async def test_a_line_may_be_answered_with_success_and_dropped_all_the_same(
    simulator: TwitchSimulator, bot: Caller
) -> None:
    wish = {"broadcaster_id": "9001", "sender_id": simulator.bot.id, "message": "hello"}
    status, body = await bot("POST", "chat/messages", wish)
    assert (status, body["data"][0]["is_sent"]) == (200, True)
    status, body = await bot("POST", "chat/messages", wish)
    assert status == 200
    assert body["data"][0]["drop_reason"]["code"] == "msg_duplicate"
    assert (await bot("POST", "chat/messages", {**wish, "message": "x" * 501}))[0] == 422
    assert (await bot("POST", "chat/messages", {**wish, "sender_id": "9001"}))[0] == 400
    assert (await bot("POST", "chat/messages", {**wish, "message": " "}))[0] == 400
    assert (await bot("POST", "chat/messages", {**wish, "for_source_only": True}))[0] == 400


async def test_lists_are_their_broadcasters_alone(
    simulator: TwitchSimulator, http: aiohttp.ClientSession, bot: Caller
) -> None:
    owner = Caller(simulator, http, simulator.world.issue(simulator.channel.owner))
    for path in ("moderation/banned", "moderation/moderators"):
        assert (await bot("GET", path, broadcaster_id="9001"))[0] == 401
        assert (await owner("GET", path, broadcaster_id="9001"))[0] == 200
    assert (await bot("GET", "moderation/channels", user_id=simulator.bot.id))[1]["data"] == [
        {"broadcaster_id": "9001", "broadcaster_login": "streamer", "broadcaster_name": "streamer"}
    ]


async def test_settings_come_with_their_mode(simulator: TwitchSimulator, bot: Caller) -> None:
    async def set_(**wish: Any) -> int:
        return (await bot("PATCH", "chat/settings", wish, **bot.who))[0]

    assert await set_(slow_mode_wait_time=30) == 400
    assert await set_(slow_mode=True, slow_mode_wait_time=121) == 400
    assert await set_() == 400
    assert await set_(slow_mode=True) == 200
    assert simulator.channel.settings["slow_mode_wait_time"] == 30
    assert await set_(slow_mode=False) == 200
    assert simulator.channel.settings["slow_mode_wait_time"] is None


async def test_warnings_shield_and_whispers(simulator: TwitchSimulator, bot: Caller) -> None:
    ann = simulator.world.user("ann")
    warn = {"data": {"user_id": ann.id, "reason": ""}}
    assert (await bot("POST", "moderation/warnings", warn, **bot.who))[0] == 400
    warn["data"]["reason"] = "calm down"
    assert (await bot("POST", "moderation/warnings", warn, **bot.who))[0] == 200
    assert await simulator.say("ann", "hm") is None
    await simulator.chat.acknowledge(simulator.channel, ann)
    assert await simulator.say("ann", "sorry") is not None
    assert (await bot("PUT", "moderation/shield_mode", {"is_active": True}, **bot.who))[1]["data"][0]["is_active"]
    assert (await bot("PUT", "moderation/shield_mode", {}, **bot.who))[0] == 400
    to = {"from_user_id": simulator.bot.id, "to_user_id": ann.id}
    assert (await bot("POST", "whispers", {"message": "x" * 600}, **to))[0] == 204
    assert len(simulator.world.whispers[0][2]) == 500
    assert (await bot("POST", "whispers", {"message": "x"}, **{**to, "to_user_id": simulator.bot.id}))[0] == 400
    simulator.world.unreachable.add(ann.id)
    assert (await bot("POST", "whispers", {"message": "x"}, **to))[0] == 403
    simulator.world.phone_verified = False
    assert (await bot("POST", "whispers", {"message": "x"}, **to))[0] == 401


async def test_too_many_calls_are_told_when_to_come_back(simulator: TwitchSimulator, bot: Caller) -> None:
    simulator.helix.points_a_minute = 3
    assert [(await bot("GET", "users"))[0] for _ in range(4)] == [200, 200, 200, 429]
    assert bot.limits["Ratelimit-Remaining"] == "0"
    assert time.time() < int(bot.limits["Ratelimit-Reset"] or 0) <= time.time() + 62
    simulator.helix.points_a_minute = 800
    simulator.fail_next("GET /helix/users", "503")
    assert (await bot("GET", "users"))[0] == 503


async def test_a_device_waits_for_its_user_and_a_refresh_token_is_good_once(
    simulator: TwitchSimulator, http: aiohttp.ClientSession
) -> None:
    simulator.oauth.interval_s = 0

    async def post(path: str, **form: str) -> tuple[int, Any]:
        async with http.post(
            f"{simulator.urls.oauth_url}/{path}", data={"client_id": "danmodclient", **form}
        ) as answer:
            return answer.status, await answer.json()

    assert (await post("device", client_id="unknown", scopes="user:read:chat"))[0] == 400
    assert (await post("device", scope="user:read:chat"))[0] == 400, "it is called scopes"
    _, device = await post("device", scopes="user:read:chat user:write:chat")
    ask = {"device_code": device["device_code"], "scopes": "user:read:chat user:write:chat"}
    ask["grant_type"] = "urn:ietf:params:oauth:grant-type:device_code"
    assert await post("token", **ask) == (
        400,
        {"error": "Bad Request", "status": 400, "message": "authorization_pending"},
    )
    simulator.oauth.approve(device["user_code"], simulator.bot)
    status, given = await post("token", **ask)
    assert (status, given["scope"]) == (200, ["user:read:chat", "user:write:chat"])
    assert (await post("token", **ask))[1]["message"] == "invalid device code"
    renew = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    assert (await post("token", **renew))[0] == 200
    assert (await post("token", **renew))[0] == 400
    headers = {"Authorization": f"OAuth {given['access_token']}"}
    async with http.get(f"{simulator.urls.oauth_url}/validate", headers=headers) as answer:
        told = await answer.json()
    assert (told["login"], told["user_id"], told["client_id"]) == ("danmodbot", "1001", "danmodclient")


async def _welcome(socket: aiohttp.ClientWebSocketResponse) -> str:
    frame = await socket.receive_json(timeout=5)
    assert frame["metadata"]["message_type"] == "session_welcome"
    return str(frame["payload"]["session"]["id"])


def _wish(session_id: str, kind: str = MESSAGE, version: str = "1", **condition: str) -> dict[str, Any]:
    condition = condition or {"broadcaster_user_id": "9001", "user_id": "1001"}
    transport = {"method": "websocket", "session_id": session_id}
    return {"type": kind, "version": version, "condition": condition, "transport": transport}


async def test_subscriptions_are_checked_to_the_letter(
    simulator: TwitchSimulator, http: aiohttp.ClientSession, bot: Caller
) -> None:
    async with http.ws_connect(simulator.urls.eventsub_url) as socket:
        session = await _welcome(socket)

        async def subscribe(*args: str, **condition: str) -> int:
            return (await bot("POST", "eventsub/subscriptions", _wish(session, *args, **condition)))[0]

        both = {"broadcaster_user_id": "9001"}
        assert await subscribe() == 202
        assert await subscribe() == 409
        assert await subscribe("channel.chat.massage") == 400
        assert await subscribe(MESSAGE, "2") == 400
        assert await subscribe(MESSAGE, **both, user_id="9001") == 403
        assert await subscribe(MESSAGE, **both) == 400
        assert await subscribe("channel.moderate", "2", **both, moderator_user_id="1001") == 202
        assert await subscribe("channel.ban", "1", **both) == 403, "the broadcaster's own"
        bot.token.scopes -= {"moderator:read:vips"}
        simulator.eventsub.subscriptions.clear()
        assert await subscribe("channel.moderate", "2", **both, moderator_user_id="1001") == 403
        status, body = await bot("POST", "eventsub/subscriptions", _wish("gone"))
        assert status == 400
        assert body["message"].startswith("websocket transport session does not exist")


async def test_a_session_that_is_not_used_or_that_speaks_is_closed(
    simulator: TwitchSimulator, http: aiohttp.ClientSession
) -> None:
    simulator.eventsub.unused_s = 0.05
    async with http.ws_connect(simulator.urls.eventsub_url) as socket:
        await _welcome(socket)
        assert (await socket.receive(timeout=5)).data == 4003
    simulator.eventsub.unused_s = 10
    async with http.ws_connect(simulator.urls.eventsub_url) as socket:
        await _welcome(socket)
        await socket.send_str("hello")
        assert (await socket.receive(timeout=5)).data == 4001
    async with http.ws_connect(f"{simulator.urls.eventsub_url}?reconnect=nowhere") as socket:
        assert (await socket.receive(timeout=5)).data == 4007


async def test_a_reconnect_moves_the_subscriptions_and_ends_the_old_socket_after_a_grace(
    simulator: TwitchSimulator, http: aiohttp.ClientSession, bot: Caller
) -> None:
    async with http.ws_connect(simulator.urls.eventsub_url) as old:
        await bot("POST", "eventsub/subscriptions", _wish(await _welcome(old)))
        await simulator.eventsub.reconnect_all()
        frame = await old.receive_json(timeout=5)
        assert frame["payload"]["session"]["status"] == "reconnecting"
        async with http.ws_connect(frame["payload"]["session"]["reconnect_url"]) as new:
            await _welcome(new)
            await simulator.say("ann", "hello")
            frame = await new.receive_json(timeout=5)
            assert frame["payload"]["event"]["message"]["text"] == "hello"
            simulator.eventsub.grace_s = 0.05
            await simulator.eventsub.reconnect_all()
            await new.receive_json(timeout=5)
            assert (await new.receive(timeout=5)).data == 4004


async def test_it_runs_by_itself_takes_lines_from_outside_and_stops_when_told(http: aiohttp.ClientSession) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.simulators.twitch", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        assert {"helix_url", "oauth_url", "eventsub_url", "irc_url", "client_id", "access_token"} <= set(ready)
        async with http.post(f"{ready['control_url']}/say", json={"login": "ann", "text": "hi"}) as response:
            assert (await response.json())["id"]
        async with http.get(f"{ready['control_url']}/state") as response:
            assert (await response.json())["channels"][0]["lines"][0]["text"] == "hi"
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
