"""Lines are spaced, whoever asks for them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from streams.bilibili.facts import RoomFacts
from streams.bilibili.rooms import Room
from streams.bilibili.speaking import Voice
from streams.events import RoomKey
from streams.platform import OutcomeStatus, Say


class Api:
    """Takes every line and remembers when."""

    def __init__(self, clock: list[float]) -> None:
        self.clock = clock
        self.sent: list[tuple[float, str]] = []

    async def send(self, room_id: int, text: str, reply: object = None) -> str:
        self.sent.append((self.clock[0], text))
        return ""


async def test_two_rooms_of_one_account_share_the_spacing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]

    async def sleep(span_s: float) -> None:
        clock[0] += span_s

    monkeypatch.setattr("streams.bilibili.speaking.asyncio.sleep", sleep)
    api: Any = Api(clock)
    voice = Voice(api, lambda: clock[0], echo_within=timedelta(0))
    rooms = [Room(RoomKey(f"bilibili:{n}"), RoomFacts(RoomKey(f"bilibili:{n}"), n, own_id="1")) for n in (1, 2)]
    says = [voice.say(room, Say(room.key, f"{room.name} {turn}")) for turn in range(2) for room in rooms]
    outcomes = await asyncio.gather(*says)
    assert [at for at, _ in api.sent] == [1000.0, 1002.0, 1004.0, 1006.0]
    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.UNCONFIRMED}
