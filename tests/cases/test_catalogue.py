"""The catalogue: every language whole, and chat's texts short enough for twenty characters in Chinese."""

from __future__ import annotations

import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.catalogue import LANGUAGES, catalogue, has, say, span_words, spoken
from cases.ladder import Ladder
from cases.rules import HOUSE_RULES

LINE_LIMIT = 20
"""The longest line a Bilibili account of low level may send."""
VALUES = {"name": "小明同学", "code": "A7K2", "rule": "禁止刷屏", "span": "10小时30分", "answer": ""}
NOTICES = [key for key in catalogue("en") if key.startswith("notice.")]
OMITTED = {"rule", "url", "phrase", "until", "span", "detail", "names", "choices", "command"}
"""What a short line may leave out; a person and a case never."""


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.fault("X30")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_placeholders(language: str) -> None:
    """A line of chat may leave out what a short line has no room for."""
    english, other = catalogue("en"), catalogue(language)
    assert set(other) == set(english)
    for key, text in other.items():
        assert text.strip(), key
        wanted, found = placeholders(english[key]), placeholders(text)
        assert found <= wanted | OMITTED, key
        if key.startswith("notice.") or key.endswith(".short"):
            assert wanted - found <= OMITTED, key
        else:
            assert wanted == found, key


@pytest.mark.parametrize("key", NOTICES)
@pytest.mark.parametrize("language", ["zh-CN", "zh-TW"])
def test_a_chinese_notice_fits_twenty_characters(language: str, key: str) -> None:
    assert len(say(language, key, **VALUES)) <= LINE_LIMIT


@pytest.mark.parametrize("step", Ladder().steps)
def test_with_every_step_of_the_ladder(step: timedelta) -> None:
    values = VALUES | {"span": span_words(step, "zh-CN")}
    assert len(say("zh-CN", "notice.muted", **values)) <= LINE_LIMIT


@pytest.mark.norm("N3.1-2a", "behaviour")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reminder_names_the_person_once_and_asks(language: str) -> None:
    for rule in HOUSE_RULES.values():
        said = say(language, "notice.remind", **VALUES | {"rule": rule.words[language]})
        assert said.count(VALUES["name"]) == 1
        assert "please" in said or "请" in said or "請" in said


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("fr", "en"),
        ("", "en"),
        ("zh", "zh-CN"),
        ("zh_SG", "zh-CN"),
        ("zh-Hans-TW-x", "zh-TW"),
        ("zh-hk", "zh-TW"),
        ("ZH-Hant", "zh-TW"),
    ],
)
def test_which_language_a_tag_reads(tag: str, language: str) -> None:
    assert spoken(tag) == language
    assert say(tag, "notice.overturned", name="Ann", code="A7K2") == say(
        language, "notice.overturned", name="Ann", code="A7K2"
    )


def test_a_key_of_two_forms_is_there() -> None:
    assert has("chat.receipt")
    assert has("notice.muted")
    assert not has("chat.nonsense")


@given(st.text(), st.text())
def test_a_persons_words_are_no_format(name: str, answer: str) -> None:
    said = say("en", "notice.upheld", name=name, code="{code}", answer=answer)
    assert said == " ".join(f"@{name} appeal {{code}}: upheld. {answer}".split())


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
