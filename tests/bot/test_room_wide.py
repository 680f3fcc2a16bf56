"""The shield and the nuke in the pipeline: what reaches the overlay, and what stands in the cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot.intake import Arrived
from cases.model import Mode
from cases.nuke import Nuke, needle
from cases.sentence import Measure
from streams.events import Sender
from tests.bot.engine import Engine, engine, told

PUSH = "join the golden circle now"
SHIELDED: dict[str, Any] = {"shield": "command", "hold_s": 1.0, "shield_hold_s": 20.0}


def _raise(world: Engine) -> None:
    world.room.judging.shield.up(world.now_s, world.room.policy.shield)


async def test_under_the_shield_newcomers_wait_on_the_overlay() -> None:
    async with engine(**SHIELDED) as world:
        await world.say(Sender("ann", "Ann"), "good evening", "how is everybody")
        world.now_s += 300
        _raise(world)
        await world.say(Sender("ann", "Ann"), "that was close")
        await world.say(Sender("new", "New"), "what is going on here")
        assert [world.screens.holds[name] for name in ("m3", "m4")] == [1.0, 20.0]


async def test_in_a_dry_run_the_overlay_shows_everything_in_its_usual_time() -> None:
    async with engine(Mode.DRY_RUN, **SHIELDED) as world:
        _raise(world)
        await world.say(Sender("new", "New"), "look at my garden today")
        await world.say(Sender("new2", "New2"), "look at my garden today")
        assert [world.screens.holds[name] for name in ("m1", "m2")] == [1.0, 1.0]
        assert all(case.dry_run for case in await world.cases())


async def test_late_copies_join_the_nukes_episode_as_one_case() -> None:
    async with engine() as world:
        world.room.judging.nukes.add(Nuke("1", needle(PUSH), Measure.DELETE, None, world.now_s + 300, ("A1A1",)))
        for number in range(3):
            await world.say(Sender(f"late{number}", f"Late{number}"), f"{PUSH} {number}")
        (case,) = await world.cases()
        assert case.episode == "nuke:1"
        assert len(case.respondents) == 3
        assert len(case.actions) == 3
        assert not world.screens.visible()


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 50])
async def test_under_attack_too_no_decision_depends_on_where_a_batch_was_cut(cut: int) -> None:
    decisions = []
    for size in (1, cut):
        async with engine() as world:
            lines = _attack(world)
            for start in range(0, len(lines), size):
                await world.hear(*lines[start : start + size])
            decisions.append(told(world.decisions))
            assert world.room.judging.shield.raised is not None
    assert decisions[0] == decisions[1]


def _attack(world: Engine) -> Sequence[Arrived]:
    texts = (PUSH, "the quiet man sells the moon", "everything must go before noon tonight")
    return [
        world.line(Sender(f"f{number}", f"F{number}"), f"{texts[number % 3]} vx: star8888", after_s=0.3)
        for number in range(60)
    ]
