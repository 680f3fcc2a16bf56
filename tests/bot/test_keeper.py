"""A part that falls is started again; one that keeps falling ends the program."""

from __future__ import annotations

import asyncio

import pytest

from bot.clock import SteadyClock, instant
from bot.keeper import FALLS, WITHIN_S, GaveUp, keep
from bot.running import _first


class Part:
    """Falls so many times, then returns; ``clock`` moves by ``step_s`` with every pause."""

    def __init__(self, falls: int, step_s: float = 1.0) -> None:
        self.starts = 0
        self.now_s = 0.0
        self._falls, self._step_s = falls, step_s

    async def run(self) -> None:
        self.starts += 1
        if self.starts <= self._falls:
            raise RuntimeError(f"fall {self.starts}")

    async def pause(self, seconds: float) -> None:
        self.now_s += self._step_s

    async def kept(self) -> None:
        await keep("part", self.run, lambda: self.now_s, self.pause)


async def test_a_part_that_returns_is_done() -> None:
    part = Part(falls=0)
    await part.kept()
    assert part.starts == 1


async def test_a_part_that_falls_is_started_again() -> None:
    part = Part(falls=FALLS - 1)
    await part.kept()
    assert part.starts == FALLS


async def test_a_part_that_keeps_falling_ends_the_program_and_says_why() -> None:
    part = Part(falls=100)
    with pytest.raises(GaveUp, match=r"part fell 5 times within 60 s, last: fall 5"):
        await part.kept()
    assert part.starts == FALLS


async def test_falls_far_apart_are_forgiven() -> None:
    part = Part(falls=50, step_s=WITHIN_S / (FALLS - 1))
    await part.kept()
    assert part.starts == 51


async def test_cancelling_a_part_is_no_fall() -> None:
    task = asyncio.create_task(keep("part", lambda: asyncio.sleep(3600), lambda: 0.0))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_what_ended_the_program_is_found_in_its_groups() -> None:
    gave_up = GaveUp("the recorder fell")
    group = ExceptionGroup("outer", [ValueError("x"), ExceptionGroup("inner", [gave_up])])
    assert _first(group) is gave_up
    fault = OSError("the port")
    assert _first(ExceptionGroup("outer", [fault])) is fault


@pytest.mark.fault("F25")
@pytest.mark.parametrize("jump_s", [3600.0, -3600.0, -1.8e9])
def test_the_clock_does_not_jump_with_the_wall(jump_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    clock = SteadyClock()
    before_s = clock()
    wall = time.time
    monkeypatch.setattr(time, "time", lambda: wall() + jump_s)
    assert 0.0 <= clock() - before_s < 5.0
    assert instant(before_s).tzinfo is not None
