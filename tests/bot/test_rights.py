"""Rights that danmod loses are shown at once, told to the streamer, and asked for when a platform refuses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from bot.alarms import Alarm
from bot.rights import LOOK_EVERY_S, PROBE_EVERY_S, SETTLED_AFTER_S, Rights
from bot.rooms import Rooms, WatchedRoom
from cases.model import Mode
from cases.policy import RoomPolicy
from cases.sentence import Measure
from streams.events import FeedChanged, FeedState, room_key
from streams.platform import Capabilities, Outcome, OutcomeStatus
from tests.bot.engine import START_S
from tests.bot.platform import ABLE, RecordedPlatform
from tests.bot.test_enforcement import world

ROOM = room_key("irc", "#talk")


@dataclass
class Scene:
    """One live room whose rights a test takes and gives."""

    platform: RecordedPlatform = field(default_factory=RecordedPlatform)
    now_s: float = START_S
    alarms: list[Alarm] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rooms = Rooms()
        self.room = WatchedRoom(ROOM, Mode.ENFORCE, RoomPolicy(), "en", lambda: self.platform.can)
        self.rooms.add(self.room)
        self.rights = Rights(self.rooms, {"irc": self.platform}, self.alarms.append, clock=lambda: self.now_s)
        self.room.feed_changed(FeedChanged(ROOM, self.now_s, FeedState.LIVE))
        self.now_s += SETTLED_AFTER_S

    async def look(self, after_s: float = LOOK_EVERY_S) -> tuple[FeedState, str]:
        self.now_s += after_s
        await self.rights.turn()
        return self.room.seen_as(self.now_s)


@pytest.mark.norm("N1.2", "deadline")
async def test_a_lost_right_is_shown_within_a_minute_and_told_to_the_streamer() -> None:
    its = Scene()
    assert (await its.look())[0] is FeedState.LIVE
    its.platform.can = Capabilities(say=True)
    assert LOOK_EVERY_S <= 60
    state, reason = await its.look()
    assert state is FeedState.DEGRADED
    assert reason == "danmod can no longer ban, delete, mute here: give it its rights back"
    assert [alarm.what for alarm in its.alarms] == ["rights"]
    await its.look()
    assert len(its.alarms) == 1, "told once while it lasts"
    its.platform.can = ABLE
    assert await its.look() == (FeedState.LIVE, "")
    its.platform.can = Capabilities(say=True)
    await its.look(60)
    assert len(its.alarms) == 2


@pytest.mark.norm("N1.2", "behaviour")
async def test_the_platform_is_asked_on_joining_and_once_a_day() -> None:
    its = Scene()
    await its.look()
    assert its.platform.probes == 1
    await its.look()
    assert its.platform.probes == 1
    await its.look(PROBE_EVERY_S)
    assert its.platform.probes == 2


async def test_a_refused_measure_makes_danmod_ask_at_once() -> None:
    its = Scene()
    await its.look()
    its.rights.suspect(ROOM)
    await its.look(0)
    assert its.platform.probes == 2


async def test_a_room_that_just_came_back_is_given_a_moment() -> None:
    its = Scene()
    await its.look()
    its.room.feed_changed(FeedChanged(ROOM, its.now_s, FeedState.CONNECTING))
    its.platform.can = Capabilities()
    its.room.feed_changed(FeedChanged(ROOM, its.now_s, FeedState.LIVE))
    assert (await its.look(1))[0] is FeedState.LIVE
    assert its.alarms == []


@pytest.mark.parametrize("state", [FeedState.BLIND, FeedState.REFUSED])
async def test_a_room_that_shuts_danmod_out_is_told_once_while_it_lasts(state: FeedState) -> None:
    its = Scene()
    await its.look()
    its.room.feed_changed(FeedChanged(ROOM, its.now_s, state, "danmod is banned from this chat: lift the ban"))
    await its.look(1)
    assert its.alarms == [], "it may come back at once"
    await its.look(SETTLED_AFTER_S)
    await its.look()
    (alarm,) = its.alarms
    assert (alarm.what, alarm.room) == ("rights", ROOM)
    assert "lift the ban" in alarm.detail
    its.room.feed_changed(FeedChanged(ROOM, its.now_s, FeedState.LIVE))
    await its.look(SETTLED_AFTER_S)
    its.room.feed_changed(FeedChanged(ROOM, its.now_s, state, "again"))
    await its.look(SETTLED_AFTER_S)
    assert len(its.alarms) == 2


async def test_a_room_that_was_never_seen_is_no_news() -> None:
    its = Scene()
    its.room.feed_changed(FeedChanged(ROOM, its.now_s, FeedState.REFUSED, "no such channel"))
    await its.look(60)
    assert its.alarms == []


async def test_what_danmod_never_could_do_is_not_lost() -> None:
    its = Scene()
    its.platform.can = Capabilities(say=True)
    assert (await its.look())[0] is FeedState.LIVE
    assert its.alarms == []


@pytest.mark.norm("N1.2", "bad-input")
async def test_the_enforcement_tells_of_a_refusal() -> None:
    async with world() as it:
        told: list[tuple[str, OutcomeStatus]] = []
        it.enforcement.settled = lambda room, status: told.append((room, status))
        it.platform.answers.append(Outcome(OutcomeStatus.REFUSED, "make danmod an operator"))
        await it.order(Measure.MUTE, 600)
        await it.turn()
        assert told == [(it.room.key, OutcomeStatus.REFUSED)]


async def test_the_watch_survives_being_cancelled() -> None:
    its = Scene()
    task = asyncio.create_task(its.rights.run())
    await asyncio.sleep(0)
    task.cancel()
    assert (await asyncio.gather(task, return_exceptions=True))[0].__class__ is asyncio.CancelledError
