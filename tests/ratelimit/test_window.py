"""The arithmetic of the two-window counter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ratelimit.limits import SENDER_BURST, WINDOWS, Limit, Usage
from ratelimit.window import epoch_of, estimate

counts = st.integers(0, 10**6)
spans = st.integers(1, 86_400_000)
instants = st.integers(0, 10**13)


def test_the_example_of_the_docstring() -> None:
    """12:00:14 in a window of 10 s: 8 before, 3 in the running epoch."""
    assert estimate(8, 3, 14_000, 10_000) == 7


def test_at_the_turn_of_an_epoch_the_earlier_one_counts_whole() -> None:
    assert estimate(8, 1, 20_000, 10_000) == 9


@given(counts, counts, instants, spans)
def test_the_estimate_lies_between_the_running_counter_and_the_sum(
    before: int, running: int, at_ms: int, span_ms: int
) -> None:
    assert running <= estimate(before, running, at_ms, span_ms) <= running + before


@given(counts, counts, st.integers(0, 10**9), spans)
def test_waiting_within_an_epoch_never_raises_the_estimate(before: int, running: int, epoch: int, span_ms: int) -> None:
    begin_ms = epoch * span_ms
    estimates = [estimate(before, running, begin_ms + span_ms * tenth // 10, span_ms) for tenth in range(10)]
    assert estimates == sorted(estimates, reverse=True)


@given(instants, spans)
def test_an_instant_lies_in_its_epoch(at_ms: int, span_ms: int) -> None:
    begin_ms = epoch_of(at_ms, span_ms) * span_ms
    assert begin_ms <= at_ms < begin_ms + span_ms


def test_a_limit_looks_before_it_is_reached() -> None:
    limit = Limit(SENDER_BURST, look=3, amount=5, burst=1)
    seen = [(limit.looked_at(usage), limit.reached(usage)) for usage in map(_burst, (2, 3, 5, 6))]
    assert seen == [(False, False), (True, False), (True, False), (True, True)]


def _burst(count: int) -> Usage:
    return Usage(tuple(count if window is SENDER_BURST else 0 for window in WINDOWS))
