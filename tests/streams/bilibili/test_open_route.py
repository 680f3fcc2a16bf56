"""The open platform's route against the simulator: sessions are started, kept, started anew and ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from streams.bilibili import feed
from streams.events import FeedState, Role, RoomKey
from streams.platform import Capabilities, MuteSender, OutcomeStatus, Say
from tests.contracts.platforms import eventually
from tests.simulators.bilibili import BilibiliSimulator
from tests.streams.bilibili.world import SHORT, open_settings, scene


@pytest.fixture
async def simulator() -> AsyncIterator[BilibiliSimulator]:
    async with BilibiliSimulator() as serving:
        yield serving


async def test_lines_arrive_with_open_ids_and_nothing_can_be_done(simulator: BilibiliSimulator) -> None:
    async with scene(simulator, open_settings(simulator)) as stage:
        await simulator.say(42, "ann", "hello")
        await simulator.say(43, "ben", "staff", admin=True)
        await simulator.say(9001, "streamer", "mine")
        line = await stage.record.line(SHORT, "hello")
        assert line.sender.id == simulator.world.account(42).open_id
        assert (await stage.record.line(SHORT, "staff")).sender.roles is Role.MODERATOR
        assert (await stage.record.line(SHORT, "mine")).sender.roles is Role.OWNER
        assert stage.platform.capabilities(SHORT) == Capabilities()
        for action in (MuteSender(SHORT, line.sender.id or "", "ann", timedelta(hours=1), "x"), Say(SHORT, "hi")):
            outcome = await stage.platform.perform(action)
            assert outcome.status is OutcomeStatus.UNSUPPORTED
            assert "web" in outcome.detail


async def test_the_session_is_ended_when_we_stop(simulator: BilibiliSimulator) -> None:
    async with scene(simulator, open_settings(simulator)):
        assert len(simulator.open.games) == 1
    assert simulator.open.games == {}


async def test_the_session_is_ended_when_the_room_is_left(simulator: BilibiliSimulator) -> None:
    async with scene(simulator, open_settings(simulator)) as stage:
        stage.platform.leave(SHORT)
        await eventually(lambda: not simulator.open.games, what="the session ended")


async def test_a_new_dial_ends_the_old_session(simulator: BilibiliSimulator) -> None:
    async with scene(simulator, open_settings(simulator)) as stage:
        for _ in range(7):
            mark = len(stage.record.events)
            simulator.chat.abort_all()
            await stage.record.live(SHORT, after=mark)
        assert len(simulator.open.games) == 1


async def test_heartbeats_keep_the_session_and_notice_its_end(
    simulator: BilibiliSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BEAT_EVERY_S", 0.02)
    async with scene(simulator, open_settings(simulator)) as stage:
        await eventually(lambda: simulator.open.calls.count("/v2/app/heartbeat") > 2, what="heartbeats")
        mark = len(stage.record.events)
        simulator.open.games.clear()
        await stage.record.live(SHORT, after=mark)
        assert len(simulator.open.games) == 1


async def test_many_sessions_are_kept_with_one_call(
    simulator: BilibiliSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BEAT_EVERY_S", 0.02)
    code = simulator.room.code
    async with scene(simulator, open_settings(simulator, codes={"77": code, "other": code})) as stage:
        other = RoomKey("bilibili:other")
        stage.platform.join(other)
        await stage.record.live(other)
        await eventually(lambda: "/v2/app/batchHeartbeat" in simulator.open.calls, what="a batch")
        mark = len(stage.record.events)
        simulator.open.finish(next(iter(simulator.open.games)))
        await eventually(lambda: FeedState.LIVE in {getattr(e, "state", None) for e in stage.record.events[mark:]})
        assert len(simulator.open.games) == 2


async def test_a_push_that_stops_is_started_anew(simulator: BilibiliSimulator) -> None:
    async with scene(simulator, open_settings(simulator)) as stage:
        mark = len(stage.record.events)
        await simulator.emit({"cmd": "LIVE_OPEN_PLATFORM_INTERACTION_END", "data": {"game_id": "g"}}, open_route=True)
        await stage.record.live(SHORT, after=mark)


@pytest.mark.parametrize(
    ("changes", "word", "for_good"),
    [
        ({"codes": {"77": "WRONG"}}, "identity code is wrong", True),
        ({"codes": {}}, "no identity code", True),
        ({"access_key_secret": "wrong"}, "4002", False),
        ({"app_id": 5}, "4000", False),
    ],
)
async def test_what_cannot_start_says_why(
    simulator: BilibiliSimulator, changes: dict[str, Any], word: str, for_good: bool
) -> None:
    async with scene(simulator, open_settings(simulator, **changes), live=False) as stage:
        await eventually(lambda: stage.record.events, what="a reason")
        change = stage.record.events[0]
        assert word in getattr(change, "reason", "")
        assert getattr(change, "state", None) is (FeedState.REFUSED if for_good else FeedState.CONNECTING)
