"""Signals: told in every language, and understood again from the words that the record keeps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cases.checks
from cases.catalogue import LANGUAGES, catalogue
from cases.checks import CHECKS
from cases.policy import DEGRADED
from cases.signals import Signals, check_name, first_phrase, retold, told, understood

NAMES = [key.removeprefix("checks.signal.") for key in catalogue("en") if key.startswith("checks.signal.")]
SOURCES = sorted(Path(cases.checks.__file__).parent.glob("*.py"))
WAVE: Signals = (("senders", "9"), ("span", "60"), ("newcomers", "8"), ("contact", ""))


def bare(name: str) -> bool:
    return "{value}" not in catalogue("en")[f"checks.signal.{name}"]


@st.composite
def signals(draw: st.DrawFn) -> Signals:
    values = st.text("0123456789.%abcQ草 ", min_size=1, max_size=12).map(lambda text: " ".join(text.split()) or "0")
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6))
    return tuple((name, "" if bare(name) else draw(values)) for name in names)


@given(signals())
def test_what_was_told_is_understood_again(given: Signals) -> None:
    assert told(understood(told(given))) == told(given)


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 10**6).map(str)), min_size=1, max_size=6))
def test_with_the_same_names_and_numbers(given: list[tuple[str, str]]) -> None:
    exact = tuple((name, "" if bare(name) else value) for name, value in given)
    assert understood(told(exact)) == exact


@given(st.text(max_size=80))
def test_words_of_people_stay_as_they_are(words: str) -> None:
    known = any(name for name, _ in understood(words))
    assert known or retold(words, "zh-CN") == words


def test_a_chinese_moderator_reads_chinese() -> None:
    fact = told(WAVE)
    assert fact == (
        "one text by 9 accounts; within 60 s; 8 of them had said nothing else here; it names a contact or link"
    )
    assert retold(fact, "zh-CN") == "9 个账号发同一句话；在 60 秒内；其中 8 个在这里没说过别的话；带有联系方式或链接"
    assert retold(fact, "en") == fact


def test_the_phrase_of_a_decision_is_what_happened() -> None:
    facts = (told((("same", "4"), ("limit", "3"))), told(WAVE), DEGRADED)
    assert first_phrase(facts, "en") == "one text by 9 accounts"
    assert first_phrase(facts, "zh-TW") == "9 個帳號發同一句話"
    assert first_phrase(("rude to everybody",), "en") == first_phrase((), "en") == ""


def test_what_stands_between_signals_is_not_taken_from_a_value() -> None:
    assert understood(told((("senders", "9; 8\nof them"), ("contact", "")))) == (
        ("senders", "9, 8 of them"),
        ("contact", ""),
    )


def test_a_signal_without_a_text_is_told_by_its_name() -> None:
    assert told((("moonlight", "3"),), "zh-CN") == "moonlight 3"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_check_has_a_name_in_words(language: str) -> None:
    assert all(check_name(check.name, language) != check.name for check in CHECKS)
    assert check_name("my own list", language) == "my own list"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_signal_of_a_check_has_a_text(source: Path) -> None:
    """A pair of a literal name and a value in a check's file is a signal."""
    named = set(re.findall(r'\("([a-z_]+)", (?:str\(|seconds\(|f"|""\))', source.read_text(encoding="utf-8")))
    assert named <= set(NAMES), f"{sorted(named - set(NAMES))} stand in no cases/texts/*/checks.toml"
