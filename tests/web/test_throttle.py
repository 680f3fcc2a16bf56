"""Throttling: a burst, a pace, bounded memory, no address kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.throttle import Anonymiser, Throttle


def test_a_burst_passes_and_then_a_pace() -> None:
    throttle = Throttle(60, 3)
    assert [throttle.take("a", 100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]
    assert throttle.take("b", 100.0) == 0.0
    assert throttle.take("a", 101.0) == 0.0
    assert throttle.take("a", 101.0) > 0


def test_looking_costs_nothing() -> None:
    throttle = Throttle(60, 1)
    assert [throttle.wait_s("a", 5.0) for _ in range(10)] == [0.0] * 10


def test_a_thousand_strangers_take_bounded_memory() -> None:
    throttle = Throttle(60, 1, cap=100)
    for index in range(1000):
        throttle.take(str(index), 0.0)
    assert len(throttle._next) == 100


@given(st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_no_span_ever_lets_more_through_than_burst_and_pace(gaps: list[float]) -> None:
    throttle, now_s, passed = Throttle(60, 4), 1000.0, []
    for gap in gaps:
        now_s += gap
        if throttle.take("a", now_s) == 0.0:
            passed.append(now_s)
    for index, begin in enumerate(passed):
        for count, end in enumerate(passed[index:], start=1):
            assert count <= 4 + (end - begin) + 1e-6


def test_an_address_becomes_a_word_that_no_other_process_knows() -> None:
    here, there = Anonymiser(), Anonymiser()
    assert here.visitor("192.0.2.7") == here.visitor("192.0.2.7") != there.visitor("192.0.2.7")
    assert here.visitor("2001:db8::1") == here.visitor("2001:db8::ffff") != here.visitor("2001:db8:0:1::1")
    assert here.visitor("no address") != here.visitor("")
