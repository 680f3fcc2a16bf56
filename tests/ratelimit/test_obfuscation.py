"""What is in disguise is counted; what people write for its own sake is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratelimit.fold import fold
from ratelimit.obfuscation import obfuscation


def signs(text: str) -> int:
    return obfuscation(text, fold(text))


@pytest.mark.fault("X3")
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("加\u200b微\u200b信", 2),
        ("free\u2060viewers", 1),
        ("\u202eskcils eerf", 1),
        ("f\u0336r\u0336e\u0336e\u0336", 4),
        ("加\u0301微\u0301信", 2),
        ("frее viеwers", 3),
        ("𝕗𝕣𝕖𝕖", 4),
        ("ⓕⓡⓔⓔ", 4),
        ("加Ｖx", 1),
        ("ｂｕｙ ｃｈｅａｐ ｖｉｅｗｅｒｓ", 15),
        ("加.微.信", 2),
        ("加🔥微🔥信领皮肤", 2),
        ("f_r_e_e", 3),
        ("b u y c h e a p v i e w e r s", 14),
        ("免 费 领 皮 肤 加 我", 6),
        ("fr3e v1ewers", 2),
        ("VI3WER$ ca$h", 2),
        ("加群 1②三四5", 3),
        ("壹贰叁肆", 4),
        ("一二三四五六七八", 8),
        ("讠兑好的", 1),
        ("免费領皮肤", 1),
    ],
)
def test_a_disguise_is_counted(text: str, count: int) -> None:
    assert signs(text) == count


@pytest.mark.parametrize(
    "text",
    [
        "",
        "你好！主播今天真好看～",
        "這個主播說話真有意思",
        "6666666",
        "２３３３３",
        "ｗｗｗｗｗｗｗｗｗｗ",
        "ＧＧ",
        "LUL LUL LUL",
        "hahahaha 😂😂😂",
        "I ❤️ you 👨\u200d👩\u200d👧",
        "👍🏽👍🏽",
        "F in the chat",
        "S O S",
        "W O W",
        "G G",
        "D A M A G E",
        "V I D E O G A M E S",
        "加 油 加 油 加 油",
        "你、我、他",
        "你...我...他",
        "不，我，我不是",
        "有戴嵩《牛》一轴",
        "e.g. the U.S.A.",
        "I'm a big fan",
        "rock & roll, a/b/o",
        "mp3 ps5 3rd win10",
        "@xX1337n00bXx hi",
        "https://example.org/w4tch",
        "ironmo1Love ironmo1Love",
        "第一1500舰长",
        "一二三，开始",
        "2026年十一月二十二日",
        "①加油 ②别急",
        "1️⃣ or 2️⃣",
        "café naïve Über señor",
        "cafe\u0301",
        "Привет, как дела",
        "Ψυχή",
        "می\u200cخواهم",
        "क्\u200dष",
        "ガンバレ！国語の話",
        "( ͡° ͜ʖ ͡°)",
        "same line again \U000e0000",
        "iyi akşamlar kardeşim, nasılsın",
        "彳亍",
        "5μm",
    ],
)
def test_what_people_write_for_its_own_sake_is_plain(text: str) -> None:
    assert signs(text) == 0


def test_what_is_its_own_fold_is_plain() -> None:
    assert obfuscation("b2b", "b2b") == 0


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=60))
def test_any_text_has_a_count(text: str) -> None:
    assert 0 <= signs(text) <= 4 * len(text)


@pytest.mark.fault("X6")
@pytest.mark.parametrize(
    "text", ["a.b" * 300_000, "加 微" * 300_000, "a\u0301" * 300_000, "a1" * 300_000, "一1" * 300_000]
)
def test_monsters_are_quick(text: str) -> None:
    start = time.process_time()
    obfuscation(text, "")
    assert time.process_time() - start < 0.025  # five times the claim of 5 ms
