"""The adapter over a real server: what the contract suite does not ask of every platform."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from streams.events import FeedState, Role, RolesChanged, RoomClosed, RoomLive, SenderFreed, SenderSilenced, room_key
from streams.platform import BanSender, DeleteMessage, MuteSender, OutcomeStatus, Say, Whisper
from streams.sandbox.feed import SandboxPlatform, SandboxSettings
from streams.sandbox.names import account_id
from streams.sandbox.server import SandboxServer
from tests.contracts.platforms import Record, eventually, serving
from tests.contracts.sandbox_harness import SandboxHarness, sandbox

ROOM = room_key("sandbox", "demo")
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
async def harness() -> AsyncIterator[SandboxHarness]:
    async with sandbox() as built:
        yield built


async def told_until(url: str, token: str, wanted: FeedState) -> Record:
    """What a platform with these settings tells about its room until the state comes."""
    record = Record()
    async with aiohttp.ClientSession() as http:
        platform = SandboxPlatform(SandboxSettings(url, token), http, clock=time.time, chance=lambda: 0.5)
        platform.join(ROOM)
        running = asyncio.create_task(platform.run(record.emit))
        await eventually(lambda: wanted in record.states(ROOM), what=str(wanted))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return record


def test_a_token_is_never_shown() -> None:
    assert "s3cret" not in repr(SandboxSettings("http://127.0.0.1:1", "s3cret"))


async def test_a_wrong_token_is_refused_for_good(harness: SandboxHarness) -> None:
    record = await told_until(harness.server.url, "wrong", FeedState.REFUSED)
    assert "token" in record.events[-1].reason  # type: ignore[union-attr]


async def test_a_room_that_is_not_there_is_refused_for_good() -> None:
    async with SandboxServer(("other",)) as server:
        record = await told_until(server.url, server.token, FeedState.REFUSED)
    assert "no such room" in record.events[-1].reason  # type: ignore[union-attr]


async def test_nobody_at_the_address_is_tried_again() -> None:
    record = await told_until("http://127.0.0.1:9", "x", FeedState.CONNECTING)
    assert FeedState.REFUSED not in record.states(ROOM)


async def test_lines_said_while_the_connection_was_away_are_told_once(harness: SandboxHarness) -> None:
    async with serving(harness) as record:
        streamer = await harness.viewer("streamer")
        await streamer.say("before")
        await record.line(ROOM, "before")
        for turn in range(3):
            mark = len(record.events)
            await harness.drop_connection()
            for number in range(5):
                await streamer.say(f"away {turn}.{number}")
            await record.live(ROOM, after=mark)
            await record.line(ROOM, f"away {turn}.4")
        texts = [line.text for line in record.messages(ROOM)]
    assert texts == ["before", *(f"away {turn}.{number}" for turn in range(3) for number in range(5))]


async def test_what_happens_on_the_platform_is_told(harness: SandboxHarness) -> None:
    room, server = harness.server.room("demo"), harness.server
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        await harness.platform.perform(MuteSender(ROOM, ann.id, "ann", timedelta(seconds=1), "flooding"))
        server.grant("demo", "ann", "moderator")
        server.go_live("demo", False)
        server.go_live("demo", True)
        kinds = (SenderSilenced, RolesChanged, RoomClosed, RoomLive, SenderFreed)
        told = [await eventually(lambda k=kind: [e for e in record.events if isinstance(e, k)]) for kind in kinds]  # type: ignore[misc]
    silenced, roles = told[0][0], told[1][0]
    assert silenced.sender_id == ann.id
    assert silenced.until_s == pytest.approx(time.time() + 1, abs=60)
    assert roles.roles is Role.MODERATOR
    assert not room.mutes


async def test_an_answer_carries_the_line_it_answers_both_ways(harness: SandboxHarness) -> None:
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        await ann.say("a question")
        question = await record.line(ROOM, "a question")
        await harness.platform.perform(Say(ROOM, "an answer", reply_to=question.id))
        answer = await record.line(ROOM, "an answer")
    assert (answer.reply_to, answer.reply_to_sender) == (question.id, account_id("ann"))
    assert Role.SELF in answer.sender.roles


async def test_refusals_are_final_and_say_why(harness: SandboxHarness) -> None:
    async with serving(harness):
        await harness.viewer("streamer")
        for action in (
            MuteSender(ROOM, account_id("streamer"), "streamer", A_MINUTE, ""),
            BanSender(ROOM, account_id("nobody"), "nobody", ""),
            DeleteMessage(ROOM, "../../etc/passwd"),
            Say(ROOM, "x" * 300),
            Whisper(ROOM, "u0", "hello"),
        ):
            outcome = await harness.platform.perform(action)
            assert outcome.status is OutcomeStatus.REFUSED, action
            assert outcome.detail


@pytest.mark.fault("F9")
@pytest.mark.parametrize(
    ("status", "headers", "wish"),
    [(503, {}, None), (429, {"Retry-After": "7"}, timedelta(seconds=7)), (500, {"Retry-After": "soon"}, None)],
)
async def test_a_busy_server_is_asked_again_when_it_wishes(
    harness: SandboxHarness, status: int, headers: dict[str, str], wish: timedelta | None
) -> None:
    async def busy(request: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers, text="<html>not json</html>")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", busy)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with serving(harness):
        assert isinstance(harness.platform, SandboxPlatform)
        harness.platform._base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        outcome = await harness.platform.perform(Say(ROOM, "hello"))
    await runner.cleanup()
    assert (outcome.status, outcome.retry_after) == (OutcomeStatus.RETRY, wish)


async def test_a_room_never_joined_is_asked_again_later(harness: SandboxHarness) -> None:
    assert (await harness.platform.perform(Say(ROOM, "hello"))).status is OutcomeStatus.RETRY
