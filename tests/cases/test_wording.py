"""Each language in its own characters and words: nothing simplified in Taiwan's texts, nothing traditional or English left
over, and one word for one idea."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import cases
from cases.catalogue import catalogue

SCRIPTS = {"zh-CN": "gb2312", "zh-TW": "cp950"}
"""The character set of each region: what it lacks is the other region's writing."""
NAMES = frozenset(
    {"danmod", "OBS", "API", "UTC", "PNG", "JPEG", "WebP", "PDF", "MB", "KiB", "JSON", "POST", "SHA", "Cookie", "EU"}
)
"""Names and units that every language writes so."""
VALUES = frozenset({"intake.error.channel"})
"""Texts that list the very values a program has to send."""
WORDS = {
    "举报": "舉報", "被举报人": "被舉報人", "禁言": "禁言", "封禁": "封禁", "直播间": "直播間", "弹幕": "彈幕",
    "申诉": "申訴",
    "发送者": "發送者", "处置": "處置", "案件": "案件", "运营者": "營運者", "个人信息": "個人資料", "审核": "審核",
    "绑定": "綁定", "监督": "監督", "撤销": "撤銷", "警告": "警告", "隐藏": "隱藏", "删除": "刪除", "维持": "維持",
    "推翻": "推翻", "撤回": "撤回", "刷屏": "刷屏", "冲刷": "沖刷", "齐刷": "齊刷", "规则": "規則",
}  # fmt: skip
"""The words that are fixed, as both regions write them."""
MAINLAND = ("檢舉", "封鎖", "賬", "平臺", "網絡", "屏幕", "軟件", "視頻", "鏈接", "默認", "繫結", "稽核", "運營者")
"""Words for the same things that Taiwan does not use here, or that a converter makes up."""
_CODE = re.compile(r"\{[^}]*\}|`[^`]*`|https?://\S*|[!！/][\w/]+(?: [\w/]+)*|danmod cases show")


def texts(language: str) -> Iterator[tuple[str, str]]:
    yield from catalogue(language).items()


def _left_over(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]{2,}", _CODE.sub("", text))) - NAMES


@pytest.mark.parametrize(("language", "script"), SCRIPTS.items())
def test_no_character_of_the_other_writing(language: str, script: str) -> None:
    strange = {
        (key, character)
        for key, text in texts(language)
        for character in text
        if "\u4e00" <= character <= "\u9fff" and character.encode(script, "ignore") == b""
    }
    assert strange == set()


@pytest.mark.parametrize("language", SCRIPTS)
def test_no_english_is_left_over(language: str) -> None:
    assert {key: words for key, text in texts(language) if key not in VALUES and (words := _left_over(text))} == {}


def test_both_regions_use_the_words_that_are_fixed() -> None:
    taiwan = dict(texts("zh-TW"))
    missing = {
        (key, taiwan_word)
        for key, text in texts("zh-CN")
        for word, taiwan_word in WORDS.items()
        if word in text and taiwan_word not in taiwan[key]
    }
    assert missing == set()


def test_no_word_that_taiwan_does_not_use() -> None:
    assert {(key, word) for key, text in texts("zh-TW") for word in MAINLAND if word in text} == set()


def test_the_scenarios_of_the_staffs_test_are_written_so_too() -> None:
    scenarios = (Path(cases.__file__).parent / "texts" / "scenarios.toml").read_text(encoding="utf-8")
    taiwan = list(re.findall(r"zh-TW\s*=\s*\"([^\"]*)\"", scenarios))
    assert taiwan
    assert [(text, word) for text in taiwan for word in MAINLAND if word in text] == []
    assert [
        text for text in taiwan if "".join(re.findall("[\u4e00-\u9fff]", text)).encode("cp950", "replace").count(b"?")
    ] == []
