"""What strangers wrote stays what it was, but cannot reach beyond its place."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.shown import MARKS_CAP, NAME_CAP, TEXT_CAP, shown, shown_name

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "主播加油！！！",
        "哈哈哈233",
        "مرحبا بالجميع",
        "ありがとう",
        "👨‍👩‍👧‍👦 family",
        "ยิ้มสู้",
        "नमस्ते",
        "naïve café",
        "",
    ],
)
def test_honest_lines_stay_as_they_are(text: str) -> None:
    assert shown(text) == text


@pytest.mark.fault("X5")
@given(st.text(alphabet=st.sampled_from(BIDI + "abc שלום"), max_size=60))
def test_no_bidirectional_control_survives(text: str) -> None:
    assert not set(shown(text)) & set(BIDI)


@given(st.text(max_size=2000))
def test_a_line_is_short_single_and_encodable(text: str) -> None:
    kept = shown(text)
    assert len(kept) <= TEXT_CAP
    assert len(kept.splitlines()) <= 1
    kept.encode("utf-8")
    assert shown(kept) == kept


@pytest.mark.fault("X6")
@pytest.mark.parametrize(
    "text",
    ["a" + "\u0301" * 10_000, "x" * 1_000_000, "👨\u200d" * 100_000, "\ufdfa" * 10_000, "\u200d" * 50_000],
)
def test_huge_texts_are_cut_quickly(text: str) -> None:
    began = time.perf_counter()
    kept = shown(text)
    assert time.perf_counter() - began < 0.025
    assert len(kept) <= TEXT_CAP


def test_stacked_marks_are_thinned() -> None:
    kept = shown("Z" + "\u0301\u0316\u0334" * 50 + "algo")
    assert sum(unicodedata.category(character) == "Mn" for character in kept) == MARKS_CAP
    assert kept.endswith("algo")


@pytest.mark.fault("X2")
@pytest.mark.parametrize("name", ["", " ", "\u200b\u200b", "\u3164", "\u2800"[:0], "\u202e"[:0] + "\u00ad"])
def test_a_name_of_nothing_is_an_underscore(name: str) -> None:
    assert shown_name(name) == "_"


@pytest.mark.fault("X2")
def test_a_name_holds_no_line_break_and_no_override() -> None:
    assert shown_name("Mod\nMax\u202e") == "Mod Max\ufffd"
    assert len(shown_name("n" * 500)) == NAME_CAP
