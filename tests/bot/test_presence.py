"""What a room's chat is told before anything is stored of it, and how soon a report in chat is answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.config import LimitsSection, policy_of
from bot.presence import STREAM, Presence
from bot.rooms import WatchedRoom
from cases.model import Mode, Profile
from commands.replies import NOTICE_GAP, Reply, ReplyBudget
from streams.events import FeedState
from streams.platform import Capabilities
from tests.bot.engine import ABLE, ANN, BEN, ROOM, START_S
from tests.bot.front import front

MUTE = Capabilities()


class Hall:
    """A room, and what was said there."""

    def __init__(self, language: str = "en", mode: Mode = Mode.ENFORCE, able: Capabilities = ABLE) -> None:
        self.now_s = START_S
        self.said: list[str] = []
        self.room = WatchedRoom(ROOM, mode, policy_of(LimitsSection(), Profile.SOLO), language, lambda: able)
        self.presence = Presence(
            lambda room, reply: self.said.append(reply.text), lambda: self.now_s, "https://x.example"
        )


@pytest.mark.norm("P1-2", "behaviour")
@pytest.mark.parametrize(("language", "word"), [("en", "!rights"), ("zh-CN", "!权利"), ("zh-TW", "!權利")])
def test_a_room_hears_on_joining_and_with_its_first_receipt_where_its_rights_are_read(language: str, word: str) -> None:
    hall = Hall(language)
    hall.presence.seen(hall.room, FeedState.LIVE)
    hall.presence.receipt(hall.room)
    assert len(hall.said) == 2
    assert all(word in line and "https://x.example/rights" in line for line in hall.said)


@pytest.mark.norm("P1-2", "bad-input")
def test_neither_is_repeated_within_a_stream_nor_said_where_nothing_may_be_said() -> None:
    hall = Hall()
    for _ in range(3):
        hall.presence.seen(hall.room, FeedState.STALE)
        hall.presence.seen(hall.room, FeedState.LIVE)
        hall.presence.receipt(hall.room)
        hall.now_s += 60
    assert len(hall.said) == 2
    hall.now_s += STREAM.total_seconds()
    hall.presence.receipt(hall.room)
    assert len(hall.said) == 3
    for silent in (Hall(mode=Mode.DRY_RUN), Hall(able=MUTE)):
        silent.presence.seen(silent.room, FeedState.LIVE)
        silent.presence.receipt(silent.room)
        assert silent.said == []


@pytest.mark.parametrize(("away", "told"), [(None, 1), (timedelta(hours=1), 1), (timedelta(minutes=2), 0)])
def test_after_a_short_absence_the_room_still_knows(away: timedelta | None, told: int) -> None:
    hall = Hall()
    hall.presence.begin(away, [ROOM])
    hall.presence.seen(hall.room, FeedState.LIVE)
    assert len(hall.said) == told


@pytest.mark.norm("N2.1-1b", "deadline")
async def test_a_report_in_chat_is_stored_at_once_and_its_ack_is_kept() -> None:
    async with front() as house:
        line = await house.say(ANN, "hello")
        await house.say(ANN, "and again")
        await house.say(BEN, f"!report #{line} insult")
        (row,) = [row for row in await house.deadlines() if row.deadline.key == "ack"]
        code = (await house.case()).code
    assert row.met_at is not None
    assert row.met_at - row.deadline.started_at <= timedelta(seconds=2)
    assert f"received: {code}" in house.heard.replies


@pytest.mark.norm("N2.1-1b", "deadline")
def test_a_code_that_must_wait_comes_in_the_next_notice_within_45_seconds() -> None:
    budget, limit = ReplyBudget("en"), 45.0
    assert timedelta(seconds=limit) >= NOTICE_GAP
    assert [one.text for one in budget.offer(Reply("received: AAAA", ANN, code="AAAA"), 0.0)] == ["received: AAAA"]
    waiting = [f"A{n}" for n in range(2, 9)]
    for place, code in enumerate(waiting):
        assert budget.offer(Reply(f"received: {code}", ANN, code=code), 1.0 + place) == []
    due_s = budget.due_s()
    assert due_s is not None
    assert due_s <= 1.0 + limit
    (batched,) = budget.advance(due_s)
    assert all(code in batched.text for code in waiting)
