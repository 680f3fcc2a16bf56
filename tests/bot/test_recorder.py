"""Decisions become cases in their order, as one fact where they are one; a database that fails loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.config import LimitsSection
from cases.history import Judged
from cases.model import ActionKind, CaseKind, CaseState, Mode, Refusal
from cases.ports import Applied, CaseLog, CaseRef, Decide, Repeated, StorageError
from storage import Storage, open_storage
from streams.events import Sender
from tests.bot.engine import ANN, BEN, KEYS, MONA, Engine, engine

FLOOD = "look at me now"


class FailingLog:
    """A real case log in front of which a database fails so many times, or a fault of ours happens."""

    def __init__(self, real: CaseLog) -> None:
        self.away = 0
        self.broken = 0
        self.refs: list[CaseRef] = []
        self._real = real

    async def apply(self, ref: CaseRef, decide: Decide) -> Applied | Repeated | Refusal:
        self.refs.append(ref)
        if self.away:
            self.away -= 1
            raise StorageError("the disk is full")
        if self.broken:
            self.broken -= 1
            raise ZeroDivisionError("a fault of ours")
        return await self._real.apply(ref, decide)


@asynccontextmanager
async def failing() -> AsyncIterator[tuple[Engine, FailingLog]]:
    """An engine over a log that can be made to fail; its recorder is not started yet."""
    async with open_storage("", keys=KEYS, in_memory=True) as storage:
        log = FailingLog(storage.log)
        yield Engine(storage, mode=Mode.ENFORCE, limits=LimitsSection(), case_log=log), log


@asynccontextmanager
async def writing(world: Engine) -> AsyncIterator[None]:
    task = asyncio.create_task(world.recorder.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _judged(storage: Storage, case: CaseState) -> list[Judged]:
    rows = await storage.reader.history(case.code)
    return [row.entry for row in rows if isinstance(row.entry, Judged)]


async def test_decisions_of_one_moment_are_few_facts_with_all_their_lines() -> None:
    async with engine() as world:
        await world.hear(*[world.line(ANN, FLOOD, after_s=0.1) for _ in range(12)])
        (case,) = await world.cases()
        facts = await _judged(world.storage, case)
        assert [name for fact in facts for name in fact.message_ids] == [f"m{number}" for number in range(4, 13)]
        assert 2 <= len(facts) <= 5, (
            "one ends with the decision that begins the mute; how many wait at a time is chance"
        )
        assert case.lines == 9
        assert [action.kind for action in case.actions].count(ActionKind.MUTE) == 1


async def test_the_order_of_decisions_and_commands_is_kept() -> None:
    async with engine() as world:
        await world.say(BEN, "hello")
        await world.hear(
            *[world.line(ANN, FLOOD, after_s=0.1) for _ in range(12)],
            world.line(BEN, "!report @Ann"),
            world.line(MONA, "!unmute @Ann"),
            world.line(ANN, "thank you", after_s=70.0),
        )
        (flood, *_) = [case for case in await world.cases() if case.kind is CaseKind.AUTOMATIC]
        assert [action.kind for action in flood.actions if action.kind is not ActionKind.DELETE] == [
            ActionKind.MUTE,
            ActionKind.UNMUTE,
        ]
        assert not any(decision.line.message.text == "thank you" for decision in world.decisions)


async def test_two_who_flood_are_two_facts_in_two_cases() -> None:
    async with engine() as world:
        await world.hear(*[world.line(who, FLOOD, after_s=0.05) for _ in range(12) for who in (ANN, BEN)])
        assert sorted(case.respondents[0].id for case in await world.cases()) == ["ann", "ben"]


@pytest.mark.fault("F26")
async def test_a_database_that_fails_and_comes_back_loses_nothing() -> None:
    async with failing() as (world, log), writing(world):
        log.away = 7
        await world.hear(*[world.line(ANN, FLOOD, after_s=0.1) for _ in range(12)])
        (case,) = await world.cases()
        assert case.lines == 9
        assert world.slept == [1.0] * 7
        assert world.recorder.failures == 0


async def test_a_command_that_cannot_be_stored_is_answered_and_not_silently_dropped() -> None:
    async with failing() as (world, log), writing(world):
        await world.say(ANN, "hello")
        log.away = 1
        await world.say(BEN, "!report @Ann insult")
        assert world.heard.refusals == ["storage"]
        assert world.heard.replies
        world.now_s += 120.0
        await world.say(BEN, "!report @Ann insult")
        assert len(await world.cases()) == 1, world.heard


@pytest.mark.fault("F34")
async def test_a_fault_of_ours_loses_one_item_and_is_counted() -> None:
    async with failing() as (world, log), writing(world):
        await world.say(BEN, "hello")
        log.broken = 1
        lines = [world.line(who, FLOOD, after_s=0.05) for _ in range(12) for who in (ANN, Sender("cem", "Cem"))]
        await world.hear(*lines, world.line(BEN, "!report @Ann insult"))
        assert world.recorder.failures == 1
        assert {case.kind for case in await world.cases()} == {CaseKind.AUTOMATIC, CaseKind.REPORT}


@pytest.mark.fault("F34")
async def test_a_command_that_breaks_does_not_take_its_batch_along() -> None:
    async with failing() as (world, log), writing(world):
        await world.say(ANN, "hello")
        log.broken = 1
        await world.hear(world.line(MONA, "!mute @Ann 10m"), world.line(BEN, "life goes on"))
        assert world.recorder.failures == 1
        assert "m3" in world.screens.visible()


async def test_draining_waits_for_everything_put_before() -> None:
    async with failing() as (world, _):
        await world.pipeline.handle([world.line(ANN, FLOOD, after_s=0.1) for _ in range(12)])
        draining = asyncio.create_task(world.recorder.drain())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not draining.done()
        assert len(world.recorder) == 9
        async with writing(world):
            await draining
        assert len(await world.cases()) == 1
        assert len(world.recorder) == 0


@pytest.mark.fault("F26")
async def test_a_moderators_command_does_not_stop_the_chat_while_the_database_is_away() -> None:
    async with failing() as (world, log), writing(world):
        await world.hear(world.line(ANN, "hello"))
        log.away = 1_000_000
        lines = [world.line(BEN, FLOOD, after_s=0.1) for _ in range(12)]
        async with asyncio.timeout(20):
            await world.pipeline.handle([*lines, world.line(MONA, "!mute @Ann 10m"), world.line(ANN, "life goes on")])
        assert world.heard.refusals == ["storage"]
        assert "m15" in world.screens.visible()
        log.away = 0
        await world.recorder.drain()
        assert [case.lines for case in await world.cases()] == [9], "what was decided meanwhile is written"
        await world.say(MONA, "!mute @Ann 10m")
        assert world.room.memory.is_muted("ann", world.now_s)


async def test_draining_with_nothing_to_write_returns_at_once() -> None:
    async with failing() as (world, _):
        await world.recorder.drain()


async def test_a_mute_ordered_by_hand_takes_the_judged_line_off_the_screens() -> None:
    async with engine() as world:
        await world.say(ANN, "something rude")
        await world.say(MONA, "!delete #m1 R3")
        assert "m1" not in world.screens.visible()


async def test_the_recorder_tells_of_every_change_that_is_committed() -> None:
    async with engine() as world:
        await world.say(ANN, *[FLOOD] * 12, after_s=0.2)
        assert set(world.heard.codes) == {(await world.cases())[0].code}
        assert len(world.heard.applied_changes) == len(world.heard.codes)
