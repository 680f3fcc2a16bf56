"""A room's own tempo: learned from its lines, bounded, forgetting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ratelimit.tempo import FORGET_AT, HIGHEST, LEAST_SEEN, Tempo


def test_little_seen_says_nothing() -> None:
    tempo = Tempo()
    for _ in range(LEAST_SEEN - 1):
        tempo.note(9, 30)
    assert tempo.sender(0.999) == 0
    tempo.note(9, 30)
    assert tempo.sender(0.999) == 9


def test_the_quantile_is_what_nearly_all_keep_to() -> None:
    tempo = Tempo()
    for number in range(2_000):
        tempo.note(12 if number % 1_000 == 0 else 7 if number % 20 == 0 else 2, 10)
    assert tempo.sender(0.9) == 2
    assert tempo.sender(0.99) == 7
    assert tempo.sender(0.999) == 7
    assert tempo.sender(1.0) == 12


def test_the_rooms_mean_follows_and_forgets() -> None:
    tempo = Tempo()
    assert tempo.room == 0.0
    for _ in range(50):
        tempo.note(1, 4)
    assert tempo.room == 4.0
    for _ in range(1_000):
        tempo.note(1, 40)
    assert 39.0 < tempo.room < 40.0


def test_an_evening_long_ago_weighs_less_and_less() -> None:
    tempo = Tempo()
    for _ in range(FORGET_AT):
        tempo.note(10, 10)
    for _ in range(40 * FORGET_AT):
        tempo.note(2, 10)
    assert tempo.sender(0.999) == 2


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), max_size=300))
def test_any_count_is_taken(counts: list[tuple[int, int]]) -> None:
    tempo = Tempo()
    for of_sender, of_room in counts:
        tempo.note(of_sender, of_room)
    assert 0 <= tempo.sender(0.999) <= HIGHEST
    assert 0.0 <= tempo.room <= 10_000.0
