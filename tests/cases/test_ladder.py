"""The ladder: climbs with the faults that count, never above its cap."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.ladder import Ladder

NOW_S = 1_777_636_800.0
WEEK_S = timedelta(days=7).total_seconds()
LADDER = Ladder()


@pytest.mark.norm("N3.1-2b", "behaviour")
@pytest.mark.parametrize(
    ("faults", "mute"),
    [(0, "5m"), (1, "30m"), (2, "2h"), (3, "24h"), (4, "24h"), (50, "24h")],
)
def test_each_fault_climbs_a_step(faults: int, mute: str) -> None:
    length = timedelta(**{{"m": "minutes", "h": "hours"}[mute[-1]]: int(mute[:-1])})
    assert LADDER.length([NOW_S - 60 * number for number in range(faults)], NOW_S) == length


@pytest.mark.norm("N3.1-2b", "behaviour")
def test_a_fault_stops_counting_after_a_week_to_the_second() -> None:
    assert LADDER.counting([NOW_S - WEEK_S], NOW_S) == ()
    assert LADDER.counting([NOW_S - WEEK_S + 1], NOW_S) == (NOW_S - WEEK_S + 1,)
    assert LADDER.length([NOW_S - WEEK_S], NOW_S) == timedelta(minutes=5)


def test_the_cap_is_never_passed() -> None:
    capped = Ladder(cap=timedelta(minutes=10))
    assert capped.length([], NOW_S) == timedelta(minutes=5)
    assert capped.length([NOW_S], NOW_S) == timedelta(minutes=10)


strikes = st.lists(st.floats(NOW_S - 2 * WEEK_S, NOW_S), max_size=12)


@given(strikes)
def test_another_fault_never_makes_a_mute_shorter(faults: list[float]) -> None:
    shorter, longer = LADDER.length(faults, NOW_S), LADDER.length([*faults, NOW_S], NOW_S)
    assert timedelta() < shorter <= longer <= LADDER.cap


@given(strikes, st.floats(0, 3 * WEEK_S))
def test_waiting_never_makes_a_mute_longer(faults: list[float], wait_s: float) -> None:
    assert LADDER.length(faults, NOW_S + wait_s) <= LADDER.length(faults, NOW_S)


@pytest.mark.parametrize(
    "wrong",
    [{"steps": ()}, {"steps": (timedelta(0),)}, {"steps": (timedelta(minutes=-5),)}, {"cap": timedelta(0)}],
)
def test_a_ladder_without_steps_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="ladder"):
        Ladder(**wrong)  # type: ignore[arg-type]  # as given
