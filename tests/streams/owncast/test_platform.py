"""The platform over the simulator: two credentials, mutes of both kinds, answers that fail, and what a cut swallowed."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from streams.events import FeedChanged, FeedState, Message, SenderRenamed, room_key
from streams.owncast.feed import OwncastPlatform
from streams.owncast.settings import OwncastSettings
from streams.platform import BanSender, DeleteMessage, MuteSender, OutcomeStatus, Say, UnmuteSender
from tests.contracts.owncast_harness import OwncastHarness, owncast
from tests.contracts.platforms import Record, eventually, serving

A_MINUTE = timedelta(minutes=1)
ROOM = room_key("owncast", "live.example.org")


@pytest.fixture
async def harness() -> AsyncIterator[OwncastHarness]:
    async with owncast() as made:
        yield made


def other(harness: OwncastHarness, **settings: Any) -> None:
    """The same server with other settings of ours."""
    given = {
        "url": harness.simulator.url,
        "access_token": harness.integration.token,
        "moderator_token": harness.reader.token,
    }
    harness.platform = OwncastPlatform(
        OwncastSettings(**given | settings), harness.http, clock=time.time, chance=lambda: 0.0
    )


@asynccontextmanager
async def refused(harness: OwncastHarness) -> AsyncIterator[Record]:
    """The platform running on a room that does not go live."""
    async with serving(harness, join=False) as record:
        harness.platform.join(harness.room)
        yield record


async def test_without_tokens_danmod_reads_as_a_plain_viewer(harness: OwncastHarness) -> None:
    """The quickest trial: an address and nothing else."""
    other(harness, access_token="", moderator_token="")
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        await ann.say("hello")
        await record.line(ROOM, "hello")
        can = harness.platform.capabilities(ROOM)
        assert (can.delete, can.mute, can.ban, can.say) == (False, None, False, False)
        for action in (DeleteMessage(ROOM, "m"), MuteSender(ROOM, "x", "x", A_MINUTE, "r"), Say(ROOM, "hello")):
            outcome = await harness.platform.perform(action)
            assert outcome.status is OutcomeStatus.UNSUPPORTED
            assert outcome.detail


async def test_an_integration_alone_hides_and_speaks_but_disables_nobody(harness: OwncastHarness) -> None:
    other(harness, moderator_token="")
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        await ann.say("out with it")
        line = await record.line(ROOM, "out with it")
        can = harness.platform.capabilities(ROOM)
        assert (can.delete, can.mute is not None, can.ban, can.say) == (True, True, False, True)
        assert (await harness.platform.perform(DeleteMessage(ROOM, line.id))).status is OutcomeStatus.DONE
        assert (await harness.platform.perform(BanSender(ROOM, ann.id, "ann", "r"))).status is OutcomeStatus.UNSUPPORTED


async def test_an_integration_without_the_scope_is_helped_by_the_moderator(harness: OwncastHarness) -> None:
    plain = harness.simulator.world.integrate("speaks only", ("CAN_SEND_MESSAGES",))
    other(harness, access_token=plain.token)
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        await ann.say("out with it")
        line = await record.line(ROOM, "out with it")
        assert (await harness.platform.perform(DeleteMessage(ROOM, line.id))).status is OutcomeStatus.DONE
        assert harness.simulator.calls[-2:] == [
            "/api/integrations/chat/messagevisibility",
            "/api/chat/messagevisibility",
        ]


async def test_a_soft_mute_shuts_nobody_out_and_says_so(harness: OwncastHarness) -> None:
    async with serving(harness):
        ann = await harness.viewer("ann")
        outcome = await harness.platform.perform(MuteSender(ROOM, ann.id, "ann", A_MINUTE, "flooding"))
        assert "unseen" in outcome.detail
        assert not await ann.can_speak()
        assert ann.account.disabled_at is None
        assert "/api/chat/users/setenabled" not in harness.simulator.calls


async def test_a_soft_mute_ends_by_itself(harness: OwncastHarness) -> None:
    now_s = [time.time()]
    harness._owncast._clock = lambda: now_s[0]
    async with serving(harness):
        ann = await harness.viewer("ann")
        await harness.platform.perform(MuteSender(ROOM, ann.id, "ann", A_MINUTE, "flooding"))
        assert not await ann.can_speak()
        now_s[0] += 61.0
        assert await ann.can_speak()


async def test_a_line_that_could_not_be_hidden_at_once_is_told(harness: OwncastHarness) -> None:
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        await harness.platform.perform(MuteSender(ROOM, ann.id, "ann", A_MINUTE, "flooding"))
        harness.simulator.failures = [(503, {})]
        with capture_logs() as logs:
            await ann.say("can anybody see this")
            await record.line(ROOM, "can anybody see this")
            await eventually(lambda: [one for one in logs if "not hidden yet" in one["event"]], what="the warning")


async def test_disabling_is_a_choice_that_tells_its_price(harness: OwncastHarness) -> None:
    other(harness, mute="disable")
    async with serving(harness):
        ann = await harness.viewer("ann")
        capability = harness.platform.capabilities(ROOM).mute
        assert capability is not None
        assert not capability.lifts_itself
        outcome = await harness.platform.perform(MuteSender(ROOM, ann.id, "ann", A_MINUTE, "flooding"))
        assert outcome.status is OutcomeStatus.DONE
        assert "banned" in outcome.detail
        assert ann.account.disabled_at
        await harness.platform.perform(UnmuteSender(ROOM, ann.id, "ann"))
        assert ann.account.disabled_at is None


async def test_the_empty_answer_about_somebody_who_left_is_a_success(harness: OwncastHarness) -> None:
    async with serving(harness):
        gone = harness.simulator.world.register("gone")
        outcome = await harness.platform.perform(BanSender(ROOM, gone.id, "gone", "flooding"))
        assert outcome.status is OutcomeStatus.DONE
        assert gone.disabled_at


@pytest.mark.fault("F9")
@pytest.mark.parametrize(
    ("status", "headers", "wanted", "wish"),
    [
        (429, {"Retry-After": "7"}, OutcomeStatus.RETRY, timedelta(seconds=7)),
        (429, {}, OutcomeStatus.RETRY, None),
        (429, {"Retry-After": "soon"}, OutcomeStatus.RETRY, None),
        (503, {"Retry-After": "99999"}, OutcomeStatus.RETRY, timedelta(hours=1)),
        (401, {}, OutcomeStatus.REFUSED, None),
        (200, {}, OutcomeStatus.REFUSED, None),
        (400, {}, OutcomeStatus.REFUSED, None),
    ],
)
async def test_what_fails_is_told_rightly(
    harness: OwncastHarness, status: int, headers: dict[str, str], wanted: OutcomeStatus, wish: timedelta | None
) -> None:
    async with serving(harness):
        harness.simulator.failures = [(status, headers)] * 2
        outcome = await harness.platform.perform(Say(ROOM, "hello"))
    assert (outcome.status, outcome.retry_after) == (wanted, wish)
    assert outcome.detail


async def test_lines_of_a_cut_are_told_once_from_the_history(harness: OwncastHarness) -> None:
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        await ann.say("before")
        await record.line(ROOM, "before")
        await harness.take_down()
        missed = harness.simulator.say(ann.account, "while nobody listened")
        await harness.bring_up()
        await record.line(ROOM, "while nobody listened")
        harness.simulator.say(ann.account, "after")
        await record.line(ROOM, "after")
        lines = record.messages(ROOM)
    assert [line.text for line in lines] == ["before", "while nobody listened", "after"]
    assert lines[1].id == missed.id


@pytest.mark.parametrize(("token", "words"), [("nobody's", "register"), ("disabled", "disabled")])
async def test_a_wrong_token_is_told_with_its_cure(harness: OwncastHarness, token: str, words: str) -> None:
    if token == "disabled":
        harness.reader.disabled_at = harness.simulator.world.now()
        token = harness.reader.token
    other(harness, moderator_token=token)
    async with refused(harness) as record:
        told: list[FeedChanged] = await eventually(
            lambda: [one for one in record.events if isinstance(one, FeedChanged) and one.state is FeedState.REFUSED]
        )
    assert words in told[0].reason


async def test_an_address_that_is_no_owncast_is_told(harness: OwncastHarness) -> None:
    other(harness, url="live.example.org")
    async with refused(harness) as record:
        told = await eventually(lambda: [one for one in record.events if isinstance(one, FeedChanged)])
    assert "no address" in told[0].reason


async def test_a_second_room_of_the_one_server_is_refused(harness: OwncastHarness) -> None:
    async with serving(harness) as record:
        harness.platform.join(room_key("owncast", "another"))
        await eventually(lambda: FeedState.REFUSED in record.states(room_key("owncast", "another")))
        await harness.viewer("ann")
        assert FeedState.REFUSED not in record.states(ROOM)


async def test_a_new_name_is_followed_by_the_account(harness: OwncastHarness) -> None:
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        harness.simulator.rename(ann.account, "anna")
        renamed: list[SenderRenamed] = await eventually(
            lambda: [event for event in record.events if isinstance(event, SenderRenamed)]
        )
        await ann.say("still me")
        line: Message = await record.line(ROOM, "still me")
    assert renamed[0].new.name == line.sender.name == "anna"
    assert line.sender.id == ann.id


def test_secrets_stand_in_no_repr() -> None:
    assert "hush" not in repr(OwncastSettings("http://x", "hush", "hush"))


async def test_flood_control_is_the_servers_own(harness: OwncastHarness) -> None:
    """Three lines at once from one connection: one gets through, and the writer is ignored for ten seconds."""
    harness.simulator._flood_control = True
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(
            f"{harness.simulator.url}/ws", params={"accessToken": harness.simulator.world.register("fast").token}
        ) as socket,
    ):
        for number in range(3):
            await socket.send_json({"type": "CHAT", "body": f"line {number}"})
        heard: list[str] = []
        while not any("too quickly" in one for one in heard):
            heard += (await socket.receive_str(timeout=5)).split("\n")
    assert [line.typed for line in harness.simulator.world.lines] == ["line 0"]
