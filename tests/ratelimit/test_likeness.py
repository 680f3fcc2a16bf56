"""What texts are compared by: alike where a reader reads the same, different where not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratelimit.fold import fold
from ratelimit.likeness import LEAST, NUMBER, likeness


def heard(text: str) -> str:
    return likeness(fold(text))


@pytest.mark.fault("X3")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("加薇信领皮肤", "加微信领皮肤"),
        ("加威信领皮肤", "加微芯领皮肤"),
        ("加weixin领皮肤", "加微信领皮肤"),
        ("加vx领皮肤", "加微信领皮肤"),
        ("jia weixin ling pi fu", "加微信领皮肤"),
        ("兔费领皮肤", "免费领皮肤"),
        ("加群 12345678", "加群 87654321"),
        ("加微信 abc12345 领皮肤", "加微信 xyz98765 领皮肤"),
        ("免费领皮肤快来吧xk", "免费领皮肤快来吧 q7"),
        ("我的椅子会说我的椅子会说法语你信不信", "我的椅子会说法语你信不信"),
        ("f r e e v i e w e r s here", "free viewers here"),
        ("fr33 v13w3rs n0w", "free viewers now"),
        ("ch3ap v1ewer5 here", "cheap viewers here"),
        ("come watch my channel come watch my channel now", "come watch my channel now"),
        ("buy cheap viewers 😀", "buy cheap viewers"),
    ],
)
def test_one_likeness(one: str, other: str) -> None:
    assert heard(one) == heard(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("主播今天真好看", "主播今天吃什么"),
        ("今天打lol吗", "今天打dota吗"),
        ("good game", "good night"),
        ("12345678", "87654321"),
        ("2比1", "1比2"),
        ("我猜3比1", "我猜2比0"),
        ("👍👍", "👎👎"),
        ("か", "が"),
        ("привет всем", "пока всем"),
        ("ok", "no"),
    ],
)
def test_different_likenesses(one: str, other: str) -> None:
    assert heard(one) != heard(other)


def test_little_text_is_itself() -> None:
    for text in ("", "6", "草", "ok", "你好", "👍", "123456"):
        assert likeness(text) == text


@given(st.text(max_size=60) | st.text("加微信vx薇jia12345678 abc兔一二", max_size=40))
def test_any_text_has_a_likeness(text: str) -> None:
    folded = fold(text)
    found = likeness(folded)
    assert found == likeness(folded)
    assert len(found) >= min(LEAST, len(folded))
    assert len(found) <= 8 * len(folded)
    assert found == folded or len(found.replace(NUMBER, "")) >= LEAST // 2


@pytest.mark.fault("X6")
@pytest.mark.parametrize(
    "text", ["加微信abc1" * 20, "jiaweixin" * 22, "ab cd " * 33, "a" * 200, "abcdefghij" * 20, "一二" * 100]
)
def test_monsters_are_quick(text: str) -> None:
    start = time.process_time()
    likeness(text[:200])
    assert time.process_time() - start < 0.025  # five times the claim of 5 ms
