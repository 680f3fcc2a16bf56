"""What the memory gauge promises beyond the contract: bounded memory, and what is let go of first."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from ratelimit.limits import SENDER_SUSTAINED, Hit, Usage
from ratelimit.memory_gauge import MemoryGauge
from ratelimit.tokens import TokenMemory

START_MS = 1_700_000_000_000


def line(sender: str, at_ms: int = 0, room: str = "irc:#talk") -> Hit:
    return Hit(room, sender, START_MS + at_ms)


def test_in_a_storm_of_new_accounts_the_loud_one_stays_counted() -> None:
    gauge = MemoryGauge(fields=100)
    for number in range(1000):
        [loud, _] = gauge.count_now([line("loud"), line(f"new{number}")])
    assert loud.count(SENDER_SUSTAINED) == 1000


def test_the_storm_takes_bounded_memory() -> None:
    gauge = MemoryGauge(fields=1000)
    gauge.count_now([line(f"warm{number}") for number in range(2000)])
    tracemalloc.start()
    try:
        for number in range(50_000):
            gauge.count_now([line(f"new{number}")])
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 2_000_000


def test_idle_rooms_are_forgotten_and_busy_ones_are_not() -> None:
    gauge = MemoryGauge(idle_after_hits=10)
    gauge.count_now([line("ann", room="idle")])
    for number in range(40):
        [busy] = gauge.count_now([line("ann", room="busy")])
        assert busy.counts[0] == number + 1
    [back] = gauge.count_now([line("ann", room="idle")])
    assert back.counts[0] == 1


def test_a_room_silent_for_less_than_that_is_remembered() -> None:
    gauge = MemoryGauge(idle_after_hits=10)
    gauge.count_now([line("ann", room="quiet")])
    gauge.count_now([line("ann", room="busy")] * 9)
    [back] = gauge.count_now([line("ann", room="quiet")])
    assert back.counts[0] == 2


def test_the_number_of_rooms_is_bounded() -> None:
    gauge = MemoryGauge(rooms=10)
    gauge.count_now([line("ann", room=f"r{number}") for number in range(1000)])
    assert len(gauge._rooms) + len(gauge._older) <= 20


rooms = st.sampled_from(["a", "b", "c", "d", "e", "f"])
senders = st.sampled_from(["ann", "bob", "cy", "di", "ed"])


@given(st.lists(st.builds(line, senders, st.integers(0, 50_000), rooms), max_size=80), st.integers(1, 30))
def test_cuts_do_not_matter_even_where_memory_runs_out(hits: list[Hit], size: int) -> None:
    whole, cut = (MemoryGauge(fields=3, rooms=2, idle_after_hits=7) for _ in range(2))
    parts = [cut.count_now(hits[start : start + size]) for start in range(0, len(hits), size)]
    assert [usage for part in parts for usage in part] == whole.count_now(hits)


def test_tokens_are_remembered_by_lines_and_the_newest_always() -> None:
    memory = TokenMemory(lines=10)
    usage = Usage((1, 1, 1))
    for number in range(5):
        memory.remember(f"t{number}", [usage] * 4)
    assert memory.recall("t4") == [usage] * 4
    assert memory.recall("t3") == [usage] * 4
    assert memory.recall("t2") is None
    memory.remember("large", [usage] * 100)
    assert memory.recall("large") == [usage] * 100
    assert memory.recall("t4") is None
