"""A crowd's laughter is known as such, however each of it laughs; words are not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratelimit.fold import fold
from ratelimit.laughter import emotion

LAUGHTER = """
哈哈 哈哈哈哈哈 嘿嘿嘿 233 233333333 草 草草草 笑死 笑死我了 哈哈哈笑死 www ｗｗｗｗ 草www kkkk ㅋㅋㅋㅋ hahaha hahahahah
HAHA ahahaha jajaja hehehe LUL LULW KEKW LOL lolololol OMEGALUL lmao XD 😂 😂😂😂😂 🤣😂 hhhhhh xswl 哈哈哈😂 hahhaha
"""


@pytest.mark.parametrize("text", LAUGHTER.split())
def test_laughter_is_one_kind(text: str) -> None:
    assert emotion(fold(text)) == "laughter"


def test_laughter_of_several_words() -> None:
    assert emotion(fold("LUL LUL LUL")) == emotion(fold("hahaha lol")) == emotion(fold("233 哈哈哈 草")) == "laughter"


@pytest.mark.parametrize(
    "text", ["66", "6666666", "牛啊", "GG", "gg wp", "PogChamp PogChamp", "👍👍👍", "awsl", "yyds"]
)
def test_praise_is_another(text: str) -> None:
    assert emotion(fold(text)) == "praise"


@pytest.mark.parametrize("text", ["555", "5555555", "呜呜呜", "泪目", "QAQ", "😭😭", "BibleThump"])
def test_crying_is_a_third(text: str) -> None:
    assert emotion(fold(text)) == "crying"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "你好",
        "今天真的草",
        "加微信哈哈哈",
        "what",
        "hello",
        "ham",
        "joke",
        "lollipop",
        "5点",
        "123456",
        "hahaha nice one",
        "哈" + "你" * 80,
    ],
)
def test_words_are_no_laughter(text: str) -> None:
    assert emotion(fold(text)) is None


@given(st.text(max_size=80))
def test_any_text_has_an_answer(text: str) -> None:
    assert emotion(fold(text)) in (None, "laughter", "praise", "crying")


@pytest.mark.fault("X6")
@pytest.mark.parametrize(
    "text", ["ha" * 29 + "x", "a" * 59 + "x", "lo" * 29 + "b", "hahah" * 11 + "x", "he" * 29 + "x"]
)
def test_monsters_are_quick(text: str) -> None:
    start = time.process_time()
    emotion(text)
    assert time.process_time() - start < 0.025
