"""Case codes: unique, unpredictable in order, easy to read aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.codes import ANY, CodeBook, capacity


def test_every_code_of_four_characters_is_given_once_and_then_come_longer_ones() -> None:
    book = CodeBook(b"key")
    codes = [book.code(ordinal) for ordinal in range(capacity(4) + 100)]
    assert len(set(codes)) == len(codes)
    assert {len(code) for code in codes[: capacity(4)]} == {4}
    assert {len(code) for code in codes[capacity(4) :]} == {5}


def test_codes_have_no_look_alikes_and_both_a_letter_and_a_digit() -> None:
    assert not set(ANY) & set("0O1IL2Z5S8BGUV")
    for ordinal in range(1000):
        code = CodeBook(b"key").code(ordinal)
        assert code[0].isalpha()
        assert code[1].isdigit()
        assert set(code) <= set(ANY)


@given(st.binary(min_size=1, max_size=64), st.integers(0, 10**12))
def test_the_same_key_gives_the_same_code(key: bytes, ordinal: int) -> None:
    assert CodeBook(key).code(ordinal) == CodeBook(key).code(ordinal)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_two_cases_never_share_a_code(one: int, other: int) -> None:
    book = CodeBook(b"key")
    assert (book.code(one) == book.code(other)) == (one == other)


def test_the_order_cannot_be_read_from_the_codes() -> None:
    one, other = CodeBook(b"one"), CodeBook(b"other")
    ours = [one.code(ordinal) for ordinal in range(200)]
    assert ours != sorted(ours)
    assert ours != [other.code(ordinal) for ordinal in range(200)]


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0"):
        CodeBook(b"key").code(-1)
