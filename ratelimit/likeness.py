"""What two texts are compared by: the fold, without what those who push one text change from line to line.

A :func:`likeness` is for telling how near two texts are, and for nothing else: it is no text, and it loses more than a fold
may lose. Equal folds have equal likenesses.

- A Chinese character is its sound (`pinyin.txt`): 薇信, 威信, 微芯 and ``weixin`` are one, and so are near twins (免, 兔).
  Sounds that a region does not tell apart (zh and z, ing and in) are one.
- A number of four and more digits, or a word with one, is "a number". Digits in shorter words are letters.
- Spaces, symbols and emoji go, and what is said again right away. In a Chinese text a foreign word counts for two
  characters, beside enough Chinese ones for none.
- A text of which too little is left (:data:`LEAST`) stays as it is.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

LEAST = 4
"""The fewest characters of a likeness; half as many Chinese ones beside a number."""
MEMO_TEXT_FROM = 40
"""Shorter texts are not remembered: working them out costs about as little."""
NUMBER = "#0"
"""Stands for any number, and weighs as much as two characters."""


def likeness(folded: str) -> str:
    """What a folded text is compared by; never longer than it was, but for what is written in abbreviations."""
    return _likeness(folded) if len(folded) < MEMO_TEXT_FROM else _remembered(folded)


def _likeness(folded: str) -> str:
    found = _latin(folded) if folded.isascii() and folded else _mixed(folded)
    if NUMBER not in found:
        return found if len(found) >= LEAST else folded
    left = len(found.replace(NUMBER, ""))
    return found if left >= (LEAST if found.isascii() else LEAST // 2) else folded


_remembered = functools.lru_cache(maxsize=1 << 11)(_likeness)


def _latin(text: str) -> str:
    """A text in Latin letters: its words together, or its syllables if all of it is pinyin."""
    if not text.replace(" ", "").isalpha():
        text = _NUMBERED.sub(_number, text)
    elif (
        text[-1] in _PINYIN_ENDS
        and _PINYIN.fullmatch(text, text.rfind(" ") + 1) is not None
        and _PINYIN.fullmatch(text) is not None
    ):
        syllables = _SYLLABLE.findall(text)
        if len(syllables) >= LEAST:
            return "".join(map(_code, syllables))
    if len(text) >= _MAY_REPEAT_LATIN:
        words = text.split(" ")
        if len(set(words)) < len(words) - 1:
            text = _SAID_AGAIN.sub(r"\1", text)
        if _LONG_WORD.search(text) is not None:
            text = _WORD_AGAIN.sub(r"\1", text)
    return text.encode().translate(_LATIN_BYTES, b" ").decode() if text.isascii() else text.translate(_LATIN)


def _mixed(text: str) -> str:
    """A text with other letters than Latin ones: the sounds of Chinese characters, foreign words cut short or, beside
    enough of those, left out."""
    words = _ASCII_WORD.findall(text)
    if not words:
        return _once(text.translate(_SOUNDS))
    if _SOUNDED.search(text) is None:
        return _latin(_SYMBOLS.sub(" ", text).strip(" "))
    latin = sum(len(word) for word in words if word.isalpha())
    if latin * 2 > len(text) and _NUMERAL.search(text) is not None:
        text = _NUMERAL.sub(_numeral, text)
    if latin > 3 * len(_SOUNDED.findall(text)) and sum(map(_spoken, words)) * 2 < latin:
        return _latin(_SYMBOLS.sub(" ", text).strip(" ")).translate(_SOUNDS)
    found = _ASCII_WORD.sub(_foreign, text).translate(_SOUNDS)
    bare = _FOREIGN.sub("", found)
    return _once(bare if len(bare) >= _ENOUGH else found)


def _once(text: str) -> str:
    """Without what is said twice in a row."""
    if len(text) < _MAY_REPEAT or len(set(text)) * 3 > len(text) * 2:
        return text
    return _AGAIN.sub(r"\1", text)


def _spoken(word: str) -> int:
    """How many letters of a word are pinyin."""
    begin = _PINYIN.fullmatch(word) or _BEGINS.match(word)
    return 0 if begin is None else len(begin[0])


def _numeral(found: re.Match[str]) -> str:
    return found[0].translate(_DIGITS)


def _foreign(found: re.Match[str]) -> str:
    """A foreign word in a Chinese text: its syllables if it is pinyin, or begins or ends with it."""
    word = found[0]
    if word in _SHORT_FOR:
        return _SHORT_FOR[word]
    if _DIGIT.search(word) is not None and len(word) < _LONG_NUMBER:
        return word
    if (numbered := _WITH_NUMBER.fullmatch(word)) is not None:
        return _letters(numbered[1]) + NUMBER
    if _PINYIN.fullmatch(word) is not None:
        return "".join(map(_code, _SYLLABLE.findall(word)))
    begin, end = _BEGINS.match(word), _ENDS.search(word)
    if begin is not None or end is not None:
        return "".join(_code(one) for part in (begin, end) if part is not None for one in _SYLLABLE.findall(part[0]))
    return _number(found) if _DIGIT.search(word) is not None else word[:2] if len(word) > 1 else ""


def _letters(word: str) -> str:
    """What stands before a number: an abbreviation, syllables, or nothing worth keeping."""
    if word in _SHORT_FOR:
        return _SHORT_FOR[word]
    return "".join(map(_code, _SYLLABLE.findall(word))) if _PINYIN.fullmatch(word) is not None else ""


def _number(found: re.Match[str]) -> str:
    """A word with digits: a number if it has enough of them, else what its digits look like."""
    word = found[0]
    return NUMBER if _LONG.search(word) is not None else word.translate(_LOOKS)


def _code(syllable: str) -> str:
    return _CODES.get(_heard(syllable), syllable)


def _heard(syllable: str) -> str:
    """A syllable without what many do not tell apart."""
    if syllable[1:2] == "h":
        syllable = syllable[0] + syllable[2:]
    return syllable[:-1] if syllable.endswith("ng") and not syllable.endswith("ong") else syllable


def _load() -> dict[str, str]:
    """The characters of each sound."""
    lines = Path(__file__).with_name("pinyin.txt").read_text(encoding="utf-8").splitlines()
    found: dict[str, str] = {}
    for syllable, _, characters in (line.partition(" ") for line in lines if not line.startswith("#")):
        heard = _heard(syllable)
        found[heard] = found.get(heard, "") + characters
    return found


_LONG_NUMBER = 4
_BY_SOUND = _load()
_CODES = {
    heard: chr(0xE000 + place)
    for place, heard in enumerate(sorted(_BY_SOUND, key=lambda one: (-len(_BY_SOUND[one]), one)))
}
"""A private character for each sound, those of the fewest characters last: what is rare is found by its high number."""
_TWINS = "免兔天夭未末已己微徽加咖人入日曰口囗工エ力カ二ニ八ハ土士信伩门冂大犬"
_SOUND_OF = {one: _CODES[heard] for heard, characters in _BY_SOUND.items() for one in characters}
_SOUNDS: dict[int, str | None] = {
    **{ord(one): code for one, code in _SOUND_OF.items()},
    **{ord(twin): _SOUND_OF[one] for one, twin in zip(_TWINS[::2], _TWINS[1::2], strict=True)},
    **dict.fromkeys((0x20, *range(0x2190, 0x2C00), *range(0x1F000, 0x1FB00)), None),
}
_SHORT_FOR = {
    short: "".join(_CODES[_heard(one)] for one in full.split())
    for short, full in {
        "v": "wei",
        "vx": "wei xin",
        "wx": "wei xin",
        "vxin": "wei xin",
        "q": "kou",
        "qq": "kou",
        "wechat": "wei xin",
    }.items()
}
_ENOUGH = 6
"""So many Chinese characters say what a text is; foreign words in it may be anything."""
_LOOKS = str.maketrans("0123456789", "oizeasgtbg")
_BY_FREQUENCY = "etaoinshrdcumwfgypbvkjxqz"
_LATIN = str.maketrans(_BY_FREQUENCY + "l", "abcdefghijklmnopqrstuvwxy" + "e", " ")
"""Letters by how rare they are, i and l as one: what is rare is found by its high number."""
_LATIN_BYTES = bytes.maketrans((_BY_FREQUENCY + "l").encode(), b"abcdefghijklmnopqrstuvwxye")
_MAY_REPEAT, _MAY_REPEAT_LATIN = 9, 20
"""A shorter text has no part worth taking for said twice."""
_PINYIN_ENDS = frozenset("aeiouvngr")
_DIGITS = str.maketrans("零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖", "00123456789123456789")
_NUMERAL = re.compile(
    "(?<=[a-z0-9])[零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖]+|[零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖]+(?=[a-z0-9])"
)
_LONG_WORD = re.compile("[a-z]{10}")
_WORD_AGAIN = re.compile("([a-z]{3,12}?)\\1+")
_FOREIGN = re.compile("[#a-z0-9]+")
_AGAIN = re.compile(r"(..{1,23}?)\1+")
_SAID_AGAIN = re.compile(r"(?<![a-z0-9])([a-z0-9]+(?: [a-z0-9]+){0,7}?)(?: \1)+(?![a-z0-9])")
_SOUNDED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_SYMBOLS = re.compile("[\u2190-\u2bff\ue000-\uf8ff\U0001f000-\U0001faff]+")
_DIGIT = re.compile("[0-9]")
_LONG = re.compile("[0-9]{5}|^[0-9]{4}$")
_WITH_NUMBER = re.compile("([a-z]+)[0-9]{4,}")
_NUMBERED = re.compile("[a-z]*[0-9][a-z0-9]*")
_ASCII_WORD = re.compile("[a-z0-9]+")
_SYLLABLE_PATTERN = (
    "(?:(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|ia|ie|in|iu|ou|ua|ue|ui|un|uo|ve|a|e|i|o|u|v)"
    "|ang|eng|ai|an|ao|ei|en|er|ou|a|e|o)"
)
_SYLLABLE = re.compile(_SYLLABLE_PATTERN)
_BEGINS = re.compile(f"(?:{_SYLLABLE_PATTERN}){{2,}}")
_ENDS = re.compile(f"(?:{_SYLLABLE_PATTERN}){{2,}}$")
_PINYIN = re.compile(f"(?:{_SYLLABLE_PATTERN} ?)+")
