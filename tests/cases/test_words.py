"""What a case says in chat: in every language, and short enough for twenty characters in Chinese."""

from __future__ import annotations

import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.ladder import Ladder
from cases.rules import HOUSE_RULES
from cases.words import NOTICES, notice, span_words

LINE_LIMIT = 20
"""The longest line a Bilibili account of low level may send."""
VALUES = {"name": "小明同学", "code": "A7K2", "rule": "禁止刷屏", "span": "10小时30分", "answer": ""}


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize("language", NOTICES)
def test_every_language_has_every_notice(language: str) -> None:
    """With the same placeholders, the rule and the span apart where a line is short; case and person always."""
    assert set(NOTICES[language]) == set(NOTICES["en"])
    for key, text in NOTICES[language].items():
        english = placeholders(NOTICES["en"][key])
        assert {"name", "code"} <= placeholders(text) <= english
        assert english - placeholders(text) <= {"rule"}


@pytest.mark.parametrize("key", NOTICES["zh-CN"])
def test_a_chinese_notice_fits_twenty_characters(key: str) -> None:
    assert len(notice("zh-CN", key, **VALUES)) <= LINE_LIMIT


@pytest.mark.parametrize("step", Ladder().steps)
def test_with_every_step_of_the_ladder(step: timedelta) -> None:
    values = VALUES | {"span": span_words(step, "zh-CN")}
    assert len(notice("zh-CN", "muted", **values)) <= LINE_LIMIT


@pytest.mark.norm("N3.1-2a", "behaviour")
@pytest.mark.parametrize("language", NOTICES)
def test_a_reminder_names_the_person_once_and_asks(language: str) -> None:
    for rule in HOUSE_RULES.values():
        said = notice(language, "remind", **VALUES | {"rule": rule.words[language]})
        assert said.count(VALUES["name"]) == 1
        assert "please" in said or "请" in said


def test_another_language_is_answered_in_english() -> None:
    assert notice("fr", "overturned", name="Ann", code="A7K2") == "@Ann appeal A7K2: overturned"


@given(st.text(), st.text())
def test_a_persons_words_are_no_format(name: str, answer: str) -> None:
    said = notice("en", "upheld", name=name, code="{code}", answer=answer)
    assert said == f"@{name} appeal {{code}}: upheld. {answer}".strip()


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0s", "0秒"),
        (0.9, "0s", "0秒"),
        (59, "59s", "59秒"),
        (60, "1m", "1分"),
        (300, "5m", "5分"),
        (3600, "1h", "1小时"),
        (5400, "1h 30m", "1小时30分"),
        (3601, "1h 1s", "1小时1秒"),
        (86_400, "1d", "1天"),
        (90_061, "1d 1h", "1天1小时"),
        (365 * 86_400, "365d", "365天"),
    ],
)
def test_spans_in_words(seconds: float, english: str, chinese: str) -> None:
    span = timedelta(seconds=seconds)
    assert (span_words(span, "en"), span_words(span, "zh-CN")) == (english, chinese)
    assert span_words(span, "fr") == english


@given(st.timedeltas(timedelta(0), timedelta(days=365)))
def test_any_mute_is_said_in_at_most_two_parts(span: timedelta) -> None:
    assert 1 <= len(span_words(span, "en").split()) <= 2
    assert len(span_words(span, "zh-CN")) <= 8
