"""Health is honest: what is not seen or cannot be written is not called well, and the reason is one sentence."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bot.config import LimitsSection, policy_of
from bot.intake import Intake
from bot.recorder import Recorder
from bot.rooms import BLIND_AFTER_S, MASKED_LINES, Rooms, WatchedRoom
from bot.status import Health
from cases.model import Mode, Profile
from cases.ports import StorageError
from cases.registrar import Registrar
from commands.router import Router
from ratelimit.cooldown import REPORT_LIMITS, Cooldowns
from ratelimit.memory_gauge import MemoryGauge
from storage import Storage
from streams.events import FeedChanged, FeedState, Message, RoomKey, Sender
from streams.platform import Capabilities
from tests.bot.engine import Heard
from tests.journeys.running import eventually
from tests.storage.stores import KEYS, private_storage

ONE, OTHER = RoomKey("irc:#one"), RoomKey("irc:#other")


@dataclass
class Watched:
    """Two rooms, everything that is asked about them, and a clock moved by hand."""

    health: Health
    rooms: dict[RoomKey, WatchedRoom]
    storage: Storage
    now_s: float = 1000.0

    def change(self, key: RoomKey, state: FeedState, reason: str = "") -> None:
        self.rooms[key].feed_changed(FeedChanged(key, self.now_s, state, reason))

    def told(self, key: RoomKey) -> dict[str, object]:
        status = json.loads(json.dumps(self.health.status()))
        return next(room for room in status["rooms"] if room["room"] == key)


@asynccontextmanager
async def watched() -> AsyncIterator[Watched]:
    async with private_storage() as storage:
        rooms, policy = Rooms(), policy_of(LimitsSection(), Profile.SOLO)
        for key in (ONE, OTHER):
            rooms.add(WatchedRoom(key, Mode.ENFORCE, policy, "en", Capabilities, state_since_s=1000.0))
        registrar = Registrar(KEYS)
        router = Router(storage.log, storage.reader, registrar, KEYS, reports=Cooldowns(REPORT_LIMITS))
        recorder = Recorder(storage.log, registrar, router, Heard(), lambda room, ids: None)
        by_key = {room.key: room for room in rooms}

        def clock() -> float:
            return scene.now_s

        health = Health(rooms, storage, MemoryGauge(), Intake(clock, lambda reason: None), recorder, clock)
        scene = Watched(health, by_key, storage)
        yield scene


async def test_nobody_is_ready_before_a_room_is_seen() -> None:
    async with watched() as scene:
        assert scene.health.ready() == (False, "no room is seen")
        scene.change(ONE, FeedState.LIVE)
        assert scene.health.ready() == (True, "")
        assert scene.told(OTHER)["state"] == "connecting"


@pytest.mark.parametrize("state", [FeedState.BLIND, FeedState.REFUSED, FeedState.STALE, FeedState.CONNECTING])
async def test_one_room_that_is_not_seen_is_named_though_the_other_is_well(state: FeedState) -> None:
    async with watched() as scene:
        scene.change(ONE, FeedState.LIVE)
        scene.change(OTHER, state, "the platform will not have us")
        assert scene.health.ready()[0]
        told = scene.told(OTHER)
        assert (told["state"], told["reason"]) == (state.value, "the platform will not have us")
        assert told["blind"] is (state in (FeedState.BLIND, FeedState.REFUSED))
        scene.change(ONE, FeedState.STALE)
        assert scene.health.ready() == (False, "no room is seen")


async def test_a_room_that_shows_only_hidden_people_is_not_healthy() -> None:
    async with watched() as scene:
        scene.change(ONE, FeedState.LIVE)
        for number in range(MASKED_LINES):
            masked = Message(ONE, str(number), Sender(None, "A***"), "hi", scene.now_s)
            scene.rooms[ONE].saw(masked, scene.now_s)
        assert scene.health.ready() == (False, "no room is seen")
        assert scene.told(ONE)["blind"] is True


async def test_a_room_not_connected_for_a_minute_is_blind_and_says_since_when() -> None:
    async with watched() as scene:
        scene.now_s += BLIND_AFTER_S + 30
        told = scene.told(ONE)
        assert (told["state"], told["blind"]) == ("blind", True)
        assert str(told["reason"]).startswith("not connected for 90 s")


async def test_the_age_of_the_last_event_is_told() -> None:
    async with watched() as scene:
        assert scene.told(ONE)["last_event_age_s"] is None
        scene.change(ONE, FeedState.LIVE)
        scene.now_s += 12.34
        assert scene.told(ONE)["last_event_age_s"] == 12.3


async def test_a_database_that_refuses_is_not_well_until_it_writes_again() -> None:
    async with watched() as scene:
        scene.change(ONE, FeedState.LIVE)
        writer, clerk = scene.storage._writer, scene.storage._plain
        with pytest.raises(StorageError):
            await writer.do(clerk, lambda connection: connection.exec_driver_sql("SELECT * FROM no_such_table"))
        assert scene.health.ready() == (False, "the database cannot be written")
        await eventually(lambda: scene.health.ready()[0], "the next write to go through", 10.0)
        assert scene.health.status()["storage"] == "writable"
