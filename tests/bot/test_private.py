"""Lines said to danmod alone: a few commands, answered in private, and nothing of them anywhere else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.private import PACE, PrivateLines
from cases.model import AppealStatus
from streams.events import Event, Message, Sender, room_key
from tests.bot.engine import ABLE, ANN, MONA, Engine, engine


def private(text: str, sender: Sender = ANN, number: int = 1, platform: str = "irc") -> Message:
    """A line to danmod alone."""
    return Message(room_key(platform, ""), f"p{number}", sender, text, 0.0, private=True)


def ears(one: Engine) -> PrivateLines:
    return PrivateLines(one.rooms, one.storage.reader, one.recorder, one.pipeline.context, one.clock)


async def muted(one: Engine) -> str:
    """Mona mutes Ann; the case's code."""
    await one.say(ANN, "you fools")
    await one.say(MONA, "!mute @Ann 1h R3")
    return (await one.cases())[-1].code


@pytest.mark.norm("N3.3-1", "behaviour")
@pytest.mark.parametrize("words", ["!appeal it was a quote", "!appeal {code} it was a quote", "申诉 {code} 是引用别人"])
async def test_a_muted_person_appeals_without_posting_in_the_room(words: str) -> None:
    async with engine() as one:
        code = await muted(one)
        shown, hidden = dict(one.screens.holds), list(one.screens.hidden)
        await ears(one).hear(private(words.format(code=code)))
        ((appeal,),) = [state.appeals for state in await one.cases()]
        assert (appeal.respondent, appeal.status) == ("ann", AppealStatus.OPEN)
        assert code in one.heard.replies[-1]
        assert (one.screens.holds, one.screens.hidden) == (shown, hidden)
        assert all(line.message.text != words for line in one.room.memory.lines)


@pytest.mark.norm("N3.3-1", "bad-input")
async def test_somebody_elses_case_and_another_platforms_are_like_none() -> None:
    async with engine() as one:
        code = await muted(one)
        hears = ears(one)
        await hears.hear(private(f"!appeal {code} let me", Sender("eve", "Eve")))
        await hears.hear(private("!appeal A9A9 let me", Sender("joe", "Joe"), 2))
        assert one.heard.replies[-1] == one.heard.replies[-2] == "no such case here"
        told = len(one.heard.replies)
        await hears.hear(private(f"!appeal {code} let me", ANN, 3, "twitch"))
        assert len(one.heard.replies) == told, "we are in no room there"
        assert [state.appeals for state in await one.cases()] == [()]


@pytest.mark.norm("N3.3-1", "bad-input")
@pytest.mark.parametrize(
    "text", ["hello", "!report @Ben", "!mute @Ben 1h R3", "!overturn A7K2", "!unmute @ann", "", "!", "\x00" * 900]
)
async def test_nothing_else_is_heard_in_private(text: str) -> None:
    async with engine() as one:
        await muted(one)
        cases, told = await one.cases(), len(one.heard.replies)
        await ears(one).hear(private(text, MONA))
        assert (await one.cases(), len(one.heard.replies)) == (cases, told)


@pytest.mark.norm("N3.3-1", "bad-input")
async def test_two_programs_do_not_talk_for_ever() -> None:
    async with engine() as one:
        await muted(one)
        hears, told = ears(one), len(one.heard.replies)
        for number in range(50):
            await hears.hear(private("!help", number=number))
        assert len(one.heard.replies) == told + PACE[0][0]
        one.now_s += PACE[1][1].total_seconds()
        await hears.hear(private("!help", number=99))
        assert len(one.heard.replies) == told + PACE[0][0] + 1


@pytest.mark.norm("N3.3-1", "behaviour")
async def test_private_lines_never_reach_the_pipeline() -> None:
    async with engine() as one:
        went_on: list[Event] = []

        def put(events: Sequence[Event]) -> None:
            went_on.extend(events)

        public = Message(one.room.key, "m1", ANN, "hello", 0.0)
        ears(one).sieve(put)([public, private("!why"), public])
        assert went_on == [public, public]
        assert ABLE.say
