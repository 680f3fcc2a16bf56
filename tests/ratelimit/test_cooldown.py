"""How often a viewer may command."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratelimit.cooldown import REPORT_LIMITS, Cooldowns


def test_the_example_of_the_docstring() -> None:
    cooldowns = Cooldowns([(1, timedelta(seconds=5)), (3, timedelta(minutes=5))])
    answers = [cooldowns.try_take("ann", at_s) for at_s in (0, 3, 5, 60, 120)]
    assert answers == [None, timedelta(seconds=2), None, None, timedelta(minutes=3)]


def test_keys_do_not_share() -> None:
    cooldowns = Cooldowns(REPORT_LIMITS)
    assert cooldowns.try_take("ann", 0) is None
    assert cooldowns.try_take("bob", 0) is None


def test_asking_too_early_costs_nothing() -> None:
    cooldowns = Cooldowns([(1, timedelta(seconds=5))])
    cooldowns.try_take("ann", 0)
    for tenth in range(50):
        assert cooldowns.try_take("ann", tenth / 10) is not None
    assert cooldowns.try_take("ann", 5) is None


@pytest.mark.fault("F25")
def test_time_stepping_back_stands_still() -> None:
    cooldowns = Cooldowns([(1, timedelta(seconds=5))])
    cooldowns.try_take("ann", 3600)
    assert cooldowns.try_take("ann", 0) == timedelta(seconds=5)
    assert cooldowns.try_take("ann", 3605) is None


def test_a_report_a_second_for_two_days_stays_within_every_limit() -> None:
    cooldowns = Cooldowns(REPORT_LIMITS)
    taken = [at_s for at_s in range(2 * 86_400) if cooldowns.try_take("ann", at_s) is None]
    assert taken[:4] == [0, 5, 10, 300]
    assert len(taken) == 48
    for amount, span in REPORT_LIMITS:
        assert _most_within(taken, span.total_seconds()) == amount


@given(st.lists(st.floats(0, 4000), max_size=80).map(sorted))
def test_no_limit_is_ever_exceeded_and_the_wait_is_exact(asked: list[float]) -> None:
    cooldowns = Cooldowns(REPORT_LIMITS[:3])
    taken = []
    for at_s in asked:
        wait = cooldowns.try_take("ann", at_s)
        if wait is None:
            taken.append(at_s)
        else:
            assert wait > timedelta()
    for amount, span in REPORT_LIMITS[:3]:
        assert _most_within(taken, span.total_seconds()) <= amount


def test_memory_is_bounded_and_the_latest_are_kept() -> None:
    cooldowns = Cooldowns([(1, timedelta(hours=1))], keys=100)
    for number in range(1000):
        assert cooldowns.try_take(number, number) is None
    assert len(cooldowns) <= 100
    assert cooldowns.try_take(999, 1000) is not None


def test_what_no_longer_matters_goes_first() -> None:
    cooldowns = Cooldowns([(1, timedelta(seconds=10))], keys=10)
    for number in range(10):
        cooldowns.try_take(number, 0)
    cooldowns.try_take("new", 20)
    assert len(cooldowns) == 1


@pytest.mark.parametrize("limits", [[], [(0, timedelta(1))], [(1, timedelta(0))]])
def test_limits_that_cannot_be_are_refused(limits: list[tuple[int, timedelta]]) -> None:
    with pytest.raises(ValueError, match="limits must be"):
        Cooldowns(limits)


def _most_within(instants: list[float] | list[int], span_s: float) -> int:
    """The most instants in any half-open stretch of that length."""
    return max((sum(begin <= other < begin + span_s for other in instants) for begin in instants), default=0)
