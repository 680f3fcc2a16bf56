"""How people write a text so that a filter does not know it again and a reader still does.

Each evasion is a function of chance and a text; it answers another text that reads alike, or the same one where it finds
nothing to change (leetspeak needs Latin letters). It changes some places or all of them, as people do: a different
spelling every time it is asked. The spellings of Chinese characters stand in `spellings.txt`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from random import Random
from typing import NamedTuple

Evasion = Callable[[Random, str], str]


class Spelling(NamedTuple):
    """Other ways of writing one Chinese character; empty where there is none."""

    traditional: str
    sound: str
    homophones: str
    halves: str


def _spellings() -> dict[str, Spelling]:
    text = files("streams.sandbox.attacks").joinpath("spellings.txt").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return {row[0]: Spelling(*("" if cell == "-" else cell for cell in row[1:])) for row in rows}


SPELLINGS = _spellings()

LOOK_ALIKES = {
    "a": "аɑα", "b": "Ьƅ", "c": "сϲ", "d": "ԁ", "e": "еҽ", "g": "ɡ", "h": "һ", "i": "іι", "j": "ј", "k": "κ",
    "l": "ӏⅼ", "m": "ⅿ", "n": "ո", "o": "оοօ", "p": "рρ", "q": "ԛ", "s": "ѕ", "t": "τ", "u": "υս", "v": "ѵν",
    "w": "ԝѡ", "x": "хⅹ", "y": "уγ", "z": "ᴢ", "0": "Oo", "1": "lI", "5": "Ƽ",
    "人": "⼈入", "口": "⼝囗", "日": "⽇曰", "工": "⼯エ", "力": "⼒カ", "土": "⼟", "大": "⼤", "小": "⼩", "子": "⼦",
    "手": "⼿", "月": "⽉", "水": "⽔", "马": "⻢", "一": "⼀", "二": "⼆ニ", "八": "⼋ハ", "十": "⼗", "高": "⾼",
    "微": "徽", "群": "裙", "天": "夭", "未": "末", "已": "己", "免": "兔", "加": "咖", "信": "伩", "上": "⊥",
}  # fmt: skip
"""Characters a reader takes for the key: letters of other scripts, radicals, near twins."""

LEET = {"a": "4@", "b": "8", "e": "3", "g": "9", "i": "1!", "l": "1", "o": "0", "s": "5$", "t": "7", "z": "2"}
PLAIN_NUMERALS, FORMAL_NUMERALS = "零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e"
TURNING = "\u200e\u200f\u202a\u202d\u2066\u2068"
MARKS = "\u0301\u0307\u0323\u0332\u0334\u0335\u0336\u0338\u20dd\u0489"
SEPARATORS = ".-_·|/~*+、^ ,•"
PICTURES = "🔥✨💰🎁👉❤⭐🎉👇💎🌹✅"
SYNONYMS = {
    "免费": ("白送", "不要钱", "零元"), "低价": ("便宜", "白菜价", "超低价"), "领": ("拿", "抢"), "快": ("赶紧", "火速"),
    "便宜": ("低价", "划算"), "主播": ("播主", "这主播"), "大家": ("各位", "所有人"), "垃圾": ("辣鸡", "烂"),
    "直播间": ("直播", "房间"), "滚出去": ("滚蛋", "快走"), "今天": ("今日", "今晚"), "占领": ("拿下", "接管"),
    "前来报到": ("集合完毕", "来了"), "请": ("麻烦", "务必"), "这里": ("本房间", "此处"), "联系": ("找", "咨询"),
    "联系方式": ("号码",), "准时": ("按时",), "正在": ("在", "还在"), "水平": ("技术", "实力"), "全网": ("全国", "全站"),
    "我们": ("咱们", "俺们"), "赚": ("挣",), "收号": ("回收账号",), "在线": ("全天",), "加": ("＋", "➕", "添加"),
    "cheap": ("low price", "affordable"), "free": ("gratis", "no cost"), "fast": ("quickly", "real quick"),
    "nobody": ("no one",), "please": ("pls", "plz"), "you": ("u",), "are": ("r",), "go": ("get",), "best": ("top",),
    "today": ("tonight", "now"), "worst": ("lamest",), "boring": ("dull",), "everyone": ("everybody",), "for": ("4",),
    "and": ("&",), "grow": ("boost",), "win": ("get",), "come": ("pls come",), "army": ("squad", "gang"),
    "delete": ("remove",), "ruin": ("wreck",), "job": ("hobby",), "army reporting": ("squad ready",),
    "my": ("our",), "the": ("that", "da"), "fake": ("phony",), "this": ("dis",),
}  # fmt: skip


def full_width(chance: Random, text: str) -> str:
    """ｆｕｌｌ ｗｉｄｔｈ letters, digits and marks."""
    wide = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)} | {" ": "\u3000"}
    return _places(chance, text, wide)


def circled(chance: Random, text: str) -> str:
    """Letters and digits in circles or brackets: ⓕⓡⓔⓔ ①②③."""
    digits = dict(zip("0123456789", chance.choice(("⓪①②③④⑤⑥⑦⑧⑨", "⓿❶❷❸❹❺❻❼❽❾", "０⑴⑵⑶⑷⑸⑹⑺⑻⑼")), strict=True))
    first = chance.choice((0x24D0, 0x249C))
    letters = {chr(97 + place): chr(first + place) for place in range(26)}
    return _places(chance, text.lower(), digits | letters)


def styled(chance: Random, text: str) -> str:
    """Letters of a mathematical alphabet: 𝐟𝐫𝐞𝐞, 𝓯𝓻𝓮𝓮, 𝖋𝖗𝖊𝖊."""
    first = chance.choice((0x1D41A, 0x1D4EA, 0x1D586, 0x1D5BA, 0x1D68A))
    return _places(chance, text.lower(), {chr(97 + place): chr(first + place) for place in range(26)})


def homoglyphs(chance: Random, text: str) -> str:
    """Look-alike characters of other scripts."""
    return _places(chance, text, LOOK_ALIKES)


def zero_width(chance: Random, text: str) -> str:
    """Characters without width between the visible ones."""
    return _between(chance, text, INVISIBLE)


def bidi(chance: Random, text: str) -> str:
    """Invisible marks of writing direction between or around the characters; the order on screen stays."""
    mark = chance.choice(TURNING)
    closing = {"\u202a": "\u202c", "\u202d": "\u202c", "\u2066": "\u2069", "\u2068": "\u2069"}.get(mark)
    if closing is None:
        return _between(chance, text, mark)
    begin, end = sorted(chance.sample(range(len(text) + 1), 2))
    return text[:begin] + mark + text[begin:end] + closing + text[end:]


def combining(chance: Random, text: str) -> str:
    """Accents and strokes laid over the characters."""
    return _between(chance, text, chance.sample(MARKS, 3))


def traditional(chance: Random, text: str) -> str:
    """Simplified and traditional characters mixed."""
    return _places(chance, text, {key: spelling.traditional for key, spelling in SPELLINGS.items()})


def numerals(chance: Random, text: str) -> str:
    """Digits as Chinese numerals: 一二三 or 壹贰叁."""
    kinds = chance.choice(((PLAIN_NUMERALS,), (FORMAL_NUMERALS,), (PLAIN_NUMERALS, FORMAL_NUMERALS)))
    return _places(chance, text, {str(digit): "".join(kind[digit] for kind in kinds) for digit in range(10)})


def leetspeak(chance: Random, text: str) -> str:
    """Fr33 sk1n5: digits and signs for letters."""
    return _places(chance, text, LEET | {key.upper(): value for key, value in LEET.items()})


def separators(chance: Random, text: str) -> str:
    """加-微-信, f r e e: a sign between the characters."""
    return _between(chance, text, chance.choice((chance.choice(SEPARATORS), SEPARATORS)))


def emoji(chance: Random, text: str) -> str:
    """加🔥微🔥信: little pictures between the characters."""
    return _between(chance, text, chance.choice((chance.choice(PICTURES), PICTURES)))


def stretched(chance: Random, text: str) -> str:
    """Some characters held longer: freeeee, 加加加."""
    places = _some(chance, [place for place, each in enumerate(text) if each.isalpha()])
    return "".join(each * chance.randint(2, 6) if place in places else each for place, each in enumerate(text))


def repeated(chance: Random, text: str) -> str:
    """A part of it, or all of it, said again and again."""
    times = chance.randint(2, 3)
    if chance.random() < 0.4:
        return chance.choice(("", " ", "，")).join([text] * times)
    parts = _parts(text)
    place = chance.randrange(len(parts))
    parts[place] = parts[place].rstrip() + (chance.choice(("", " ")) + parts[place].strip(" ，,")) * times
    return " ".join(parts) if text.isascii() else "".join(parts)


def suffix(chance: Random, text: str) -> str:
    """Random letters or digits at the end, of a longer text sometimes at the beginning too; a short one takes few."""
    letters = chance.choice(("abcdefghijklmnopqrstuvwxyz", "0123456789", "abcdefghjkmnpqrstuvwxyz23456789"))
    most = max(1, min(5, len(text) // 4))
    tail = "".join(chance.choices(letters, k=chance.randint(1, most)))
    head = "".join(chance.choices(letters, k=chance.randint(1, 3))) + " " if most > 3 and chance.random() < 0.2 else ""
    return head + text + chance.choice(("", " ", " #", "~")) + tail


def other_number(chance: Random, text: str) -> str:
    """Another number in place of each number of four and more digits."""
    return re.sub(r"[0-9]{4,}", lambda found: "".join(chance.choices("0123456789", k=len(found[0]))), text)


def reordered(chance: Random, text: str) -> str:
    """The same parts in another order."""
    parts = _parts(text)
    if len(parts) < 2:
        return text
    mixed = list(parts)
    while mixed == parts:
        chance.shuffle(mixed)
    return (" " if text.isascii() else chance.choice(("，", " ", ""))).join(part.strip(" ，,") for part in mixed)


def halves(chance: Random, text: str) -> str:
    """Characters taken apart into their halves: 加群 as 力口 君羊."""
    return _places(chance, text, {key: (spelling.halves,) for key, spelling in SPELLINGS.items() if spelling.halves})


def homophones(chance: Random, text: str) -> str:
    """Characters of the same sound: 加威信."""
    return _places(chance, text, {key: spelling.homophones for key, spelling in SPELLINGS.items()}, most=0.5)


def sounds(chance: Random, text: str) -> str:
    """Some characters in Latin letters as they sound: jia微信."""
    return _places(chance, text, {key: (spelling.sound,) for key, spelling in SPELLINGS.items()}, most=0.5)


def swapped(chance: Random, text: str) -> str:
    """A word or two said with another word."""
    known = [word for word in SYNONYMS if _holds_word(text, word)]
    for word in chance.sample(known, min(len(known), chance.randint(1, 2))):
        text = _with_word(text, word, chance.choice(SYNONYMS[word]))
    return text


def typing_slips(chance: Random, text: str) -> str:
    """One or two characters exchanged, doubled or left out, as in haste."""
    for _ in range(1 + (len(text) > 14 and chance.random() < 0.5)):
        place = chance.randrange(1, len(text) - 1)
        left, one, two, right = text[:place], text[place], text[place + 1 : place + 2], text[place + 2 :]
        text = left + chance.choice((two + one, one + one + two, two)) + right
    return text


def letter_case(chance: Random, text: str) -> str:
    """CAPITALS, lower case, or bOtH mIxEd."""
    kind = chance.randrange(4)
    if kind < 2:
        return text.upper() if kind else text.title()
    return "".join(chance.choice((each.upper(), each.lower())) for each in text)


EVASIONS: dict[str, Evasion] = {
    "full-width": full_width,
    "circled": circled,
    "styled": styled,
    "homoglyphs": homoglyphs,
    "zero-width": zero_width,
    "bidi": bidi,
    "combining": combining,
    "traditional": traditional,
    "numerals": numerals,
    "leetspeak": leetspeak,
    "separators": separators,
    "emoji": emoji,
    "stretched": stretched,
    "repeated": repeated,
    "suffix": suffix,
    "other-number": other_number,
    "reordered": reordered,
    "halves": halves,
    "homophones": homophones,
    "sounds": sounds,
    "swapped": swapped,
    "slips": typing_slips,
    "case": letter_case,
}
"""Every evasion by its name."""


def works_on(evasion: Evasion, text: str) -> bool:
    """True when this evasion finds enough to change in a text to write it in several ways."""
    return len({evasion(Random(seed), text) for seed in range(12)}) >= 4


def _places(chance: Random, text: str, table: Mapping[str, Sequence[str]], most: float = 1.0) -> str:
    """Some of the characters that stand in the table, or all of them, replaced by one of theirs."""
    known = [place for place, each in enumerate(text) if table.get(each.lower() if each.isascii() else each)]
    chosen = _some(chance, known, most)
    return "".join(
        chance.choice(table.get(each) or table[each.lower()]) if place in chosen else each
        for place, each in enumerate(text)
    )


def _between(chance: Random, text: str, choices: Sequence[str]) -> str:
    """One of the choices put after some characters, or after every one but the last."""
    chosen = _some(chance, list(range(len(text) - 1)))
    return "".join(each + (chance.choice(choices) if place in chosen else "") for place, each in enumerate(text))


def _some(chance: Random, places: list[int], most: float = 1.0) -> set[int]:
    """Every place, or a random part of them; at least one where there is any."""
    if not places:
        return set()
    share = most if chance.random() < 0.4 else chance.uniform(0.15, most)
    return set(chance.sample(places, max(1, round(share * len(places)))))


def _parts(text: str) -> list[str]:
    """The clauses or words of a text; a Chinese text without a comma is cut in two."""
    parts = [part for part in re.split(r"[，、,？?！!]+|\s+", text) if part]
    if len(parts) < 2 and not text.isascii() and len(text) >= 6:
        return [text[: len(text) // 2], text[len(text) // 2 :]]
    return parts


def _holds_word(text: str, word: str) -> bool:
    return re.search(_word_pattern(word), text) is not None


def _with_word(text: str, word: str, other: str) -> str:
    return re.sub(_word_pattern(word), other, text, count=1)


def _word_pattern(word: str) -> str:
    return rf"\b{word}\b" if word.isascii() else word


def invisible(character: str) -> bool:
    """True for what a screen shows nothing of: controls of width, direction and joining."""
    return unicodedata.category(character) == "Cf"
