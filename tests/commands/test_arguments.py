"""Durations, codes, rules, categories: what is meant is understood, what is meant badly is refused with a hint."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.catalogue import has
from cases.categories import known
from commands.arguments import CATEGORY_WORDS, ArgumentFault, case_code, category, duration, terms

S, M, H, D = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("word", "span"),
    [
        ("30s", 30 * S),
        ("10m", 10 * M),
        ("2h", 2 * H),
        ("1d", D),
        ("1w", 7 * D),
        ("30秒", 30 * S),
        ("10分", 10 * M),
        ("10分钟", 10 * M),
        ("10分鐘", 10 * M),
        ("2小时", 2 * H),
        ("2小時", 2 * H),
        ("1天", D),
        ("1周", 7 * D),
        ("1h30m", 90 * M),
        ("1小时30分", 90 * M),
        ("１０ｍ", 10 * M),
        ("10M", 10 * M),
        ("10m,", 10 * M),
        ("10min", 10 * M),
        ("90minutes", 90 * M),
        ("365d", 365 * D),
        ("\u200b10m", 10 * M),
    ],
)
def test_a_length_of_time(word: str, span: timedelta) -> None:
    assert duration(word) == span


@pytest.mark.fault("X13")
@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("-5m", "bad_duration"),
        ("−5m", "bad_duration"),
        ("+5m", "bad_duration"),
        ("10", "bad_duration"),
        ("1.5h", "bad_duration"),
        ("1e9d", "bad_duration"),
        ("10x", "bad_duration"),
        ("0s", "zero_duration"),
        ("0h0m", "zero_duration"),
        ("366d", "too_long"),
        ("9" * 400 + "d", "too_long"),
        ("١٠m", "other_digits"),
        ("१०m", "other_digits"),
        ("1٠m", "other_digits"),
        ("十分钟", "other_digits"),
        ("半小时", "other_digits"),
        ("②m", "other_digits"),
    ],
)
def test_a_bad_length_is_refused_with_a_hint(word: str, hint: str) -> None:
    assert duration(word) == ArgumentFault(hint)
    assert has(f"chat.{hint}")


@pytest.mark.parametrize("word", ["", "spam", "m", "十分过分", "-", "R3", "@10m", "一天到晚"])
def test_other_words_are_no_lengths(word: str) -> None:
    assert duration(word) is None


@given(st.integers(1, 365 * 86_400))
def test_every_second_up_to_a_year_can_be_said(seconds: int) -> None:
    assert duration(f"{seconds}s") == timedelta(seconds=seconds)
    days, rest = divmod(seconds, 86_400)
    assert duration(f"{days}天{rest}秒") == timedelta(seconds=seconds)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_words_upset_the_arguments(one: str, other: str) -> None:
    for word in (one, "9" + one, "-" + one, "R" + one):
        found = duration(word)
        assert found is None or isinstance(found, ArgumentFault) or timedelta(0) < found <= 365 * D
        case_code(word)
        category(word)
        terms((word, other))


@pytest.mark.parametrize(
    ("word", "code"), [("a7k4", "A7K4"), ("#A7K4,", "A7K4"), ("Ａ７Ｋ４", "A7K4"), ("A7K4X", "A7K4X")]
)
def test_a_case_code_however_it_is_typed(word: str, code: str) -> None:
    assert case_code(word) == code


@pytest.mark.parametrize("word", ["", "SPAM", "10min", "A7", "A7K4/1", "误会", "А7К4"])
def test_what_is_no_case_code(word: str) -> None:
    assert case_code(word) is None


@pytest.mark.parametrize(
    ("words", "span", "rule", "reason"),
    [
        ("", None, None, ""),
        ("10m", 10 * M, None, ""),
        ("10m R3 rude", 10 * M, "R3", "rude"),
        ("R3 10m rude", 10 * M, "R3", "rude"),
        ("rude r3, again", None, "R3", "rude again"),
        ("1h 30m rude", 90 * M, None, "rude"),
        ("10 分钟 太吵", 10 * M, None, "太吵"),
        ("rude 10m ago", None, None, "rude 10m ago"),
        ("10m Ｒ２ ad", 10 * M, "R2", "ad"),
        ("10m R1 R2", 10 * M, "R1", "R2"),
    ],
)
def test_rule_anywhere_length_first_reason_the_rest(
    words: str, span: timedelta | None, rule: str | None, reason: str
) -> None:
    said = terms(words.split())
    assert not isinstance(said, ArgumentFault)
    assert (said.span, said.rule, said.reason) == (span, rule, reason)


def test_whether_there_is_such_a_rule_is_for_the_rulebook() -> None:
    said = terms(["10m", "R99"])
    assert not isinstance(said, ArgumentFault)
    assert said.rule == "R99"


@pytest.mark.norm("N2.2-0", "behaviour")
def test_every_category_word_leads_to_a_leaf_of_the_catalogue() -> None:
    assert all(known(code) for code in CATEGORY_WORDS)
    assert all(category(code) == code for code in CATEGORY_WORDS)
    for word, code in (("SPAM", "flooding"), ("刷屏！", "flooding"), ("廣告", "advertising"), ("骂人", "insult")):
        assert category(word) == code
    assert category("诈骗") == "fraud"
    assert category("ｐｏｒｎ") == "obscene"
    assert category("bananas") is None
