"""Very short words stacked into longer lines, said again and again by one sender."""

from __future__ import annotations

import pytest

from cases.policy import Decision
from cases.sentence import Measure
from tests.cases.room import THRESHOLDS, Room


def said(text: str, times: int = 7, gap_s: float = 3.0, singers: int = 0) -> list[list[Decision]]:
    """What follows for each of a sender's equal lines, while so many others say it too."""
    room, found = Room(), []
    room.settle(8, 5)
    for turn in range(times):
        for number in range(singers):
            room.say(f"Regular{number}", text)
        found.append(room.say("Ann", f"{text}{' ' * (turn % 2)}"))
        room.wait(gap_s)
    return found


@pytest.mark.parametrize("text", ["开团开团开团啦", "看我看我看我", "no no no no"])
def test_copies_of_a_lone_stranger_are_kept_off_and_nobody_is_muted_for_it(text: str) -> None:
    found, free = said(text), THRESHOLDS.repeats
    assert [bool(decisions) for decisions in found] == [False] * free + [True] * (7 - free)
    measures = {measure for decisions in found for one in decisions for measure in one.sentence.measures}
    assert Measure.MUTE not in measures
    assert Measure.REMIND not in measures


@pytest.mark.parametrize(
    "text", ["草草草草草草", "哈哈哈哈哈哈哈", "666666666", "LUL LUL LUL", "冲冲冲冲冲冲冲", "看我", "go"]
)
def test_laughter_cheers_and_what_is_short_are_left_alone(text: str) -> None:
    assert not any(said(text, times=6, gap_s=4.0))


def test_a_chorus_is_joined() -> None:
    assert not any(said("开团开团开团啦", times=6, gap_s=4.0, singers=5))


def test_somebody_known_here_may_chant() -> None:
    room = Room()
    room.settle(8, 6)
    for _ in range(6):
        assert not room.say("Regular1", "看我看我看我")
        room.wait(4.0)


def test_patience_is_no_repeat() -> None:
    assert not any(said("看我看我看我", times=6, gap_s=10.0))
