"""A reporter from whom a finding took something: what is refused in chat, what always passes, and who hears of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.house import House
from cases.standing import TERMS, Step
from storage.vault import Keys
from tests.commands.scene import BOB, EVE, ROOM, START, Scene, scene_in, text

PSEUDONYM = Keys.ephemeral(b"commands").pseudonym(ROOM, "bob")


def house(step: str) -> House:
    return House(standings={PSEUDONYM: Step(step, START)})


@pytest.mark.norm("N4.3-2a", "behaviour")
@pytest.mark.parametrize("step", ["suspended-7", "suspended-90", "barred"])
async def test_a_suspended_reporter_is_not_taken_and_told_alone(step: str) -> None:
    async with scene_in(house=house(step)) as scene:
        refused = await scene.give(BOB, "!report @Eve insult")
        assert refused.refused == "reporting_suspended"
        assert refused.reply is not None
        assert refused.reply.private
        assert "danger to a life" in text(refused)
        assert await scene.cases() == []


@pytest.mark.norm("N4.3-2a", "behaviour")
async def test_a_danger_to_a_life_always_passes() -> None:
    async with scene_in(house=house("barred")) as scene:
        assert (await scene.give(BOB, "!report @Eve terror")).refused is None
        assert (await scene.only_case()).urgent


@pytest.mark.norm("N4.3-2a", "deadline")
async def test_a_step_ends_with_its_term_also_before_anybody_ended_it() -> None:
    async with scene_in(house=house("suspended-7")) as scene:
        assert (await scene.give(BOB, "!report @Eve insult")).refused == "reporting_suspended"
        scene.wait(TERMS["suspended-7"])
        await _greet(scene)
        assert (await scene.give(BOB, "!report @Eve insult")).refused is None


@pytest.mark.norm("N4.3-2a", "behaviour")
async def test_a_limited_reporter_has_one_report_a_day() -> None:
    async with scene_in(house=house("limited")) as scene:
        assert (await scene.give(BOB, "!report @Eve insult")).refused is None
        scene.wait(timedelta(minutes=20))
        await _greet(scene)
        assert (await scene.give(BOB, "!report @Max insult")).refused == "reporting_limited"
        scene.wait(timedelta(days=1))
        await _greet(scene)
        assert (await scene.give(BOB, "!report @Max insult")).refused is None


@pytest.mark.norm("N4.3-2a", "bad-input")
async def test_a_warning_and_other_peoples_findings_take_nothing() -> None:
    async with scene_in(house=house("warning")) as scene:
        assert (await scene.give(BOB, "!report @Eve insult")).refused is None
    async with scene_in(house=house("barred")) as scene:
        assert (await scene.give(EVE, "!report @Bob insult")).refused is None


async def _greet(scene: Scene) -> None:
    """Everybody speaks again: lines are remembered for minutes."""
    for name in ("Eve", "Max"):
        sender = next(line.sender for line in scene.said if line.sender.name == name)
        scene.say(sender, f"hello again from {name}")
