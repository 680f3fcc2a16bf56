"""The disguises a table of characters cannot undo, because it takes neighbours to see them.

:func:`undisguise` takes a text folded character by character (:mod:`ratelimit.fold` calls it until nothing changes):

- Symbols and emoji that stand between letters twice or more are separators: ``加🔥微🔥信`` → ``加微信``. One alone is a
  word (``我❤你``), and so are those at either end.
- Three and more Chinese numerals in a row become digits, ``一二三四`` → ``1234``, and so do two and more in a number of
  five and more digits. Two are words (``三三两两``), and so is one beside a number (``80一个``).
- Digits between letters are the letters they look like: ``v1ewers`` → ``viewers``, ``fr33`` → ``free``. A word may end in
  a number (``ps5``) or be one.
- Characters written as their parts become whole: ``讠兑`` → ``说`` (`parts.txt`).

:func:`shorten` makes one of what is repeated: three and more of a character, or of two or three of them, in a row.
:func:`unit` does so for a whole text.
"""

from __future__ import annotations

import re
from pathlib import Path


def undisguise(text: str) -> str:
    """A folded text without its disguises; it may need folding again. Never longer than it was."""
    if text.isascii():
        if text.replace(" ", "").isalpha():
            return text
    else:
        if _ODD.search(text) is None:
            return text
        if _INNER.search(text) is not None and len(_SEPARATOR.findall(text)) > 1:
            text = _SEPARATOR.sub(" ", text)
        if _SUSPECT.search(text) is not None:
            text = _NUMBER.sub(_digits, text) if _NUMBERED.search(text) is not None else text
            text = _PAIR.sub(_whole, text) if _PAIR.search(text) is not None else text
    return text if _LEET_HINT.search(text) is None else _LEET.sub(_letters, text)


def shorten(text: str) -> str:
    """One of everything that stands three and more times in a row; of laughter like ``23333`` the word itself. (Three
    Latin letters said again are looked for only where less is: every English line would pay for it.)"""
    if (
        _THRICE(text) is None
        and _PAIR_THRICE(text) is None
        and (len(text) < 9 or text.isascii() or _THREE_THRICE(text) is None)
    ):
        return text
    repeated = _REPEATED_LATIN if text.isascii() else _REPEATED
    while repeated.search(text) is not None:
        text = _STRETCHED_LAUGH.sub("233", text)
        text = _AGAIN.sub(_one, text)
    return text


def unit(text: str) -> str:
    """What a text repeats from its first character to its last, broken off perhaps: three times, twice when it is long."""
    place = text.find(text[:3], 2)
    while place > 0:
        spaced = text[place - 1] == " "
        times = (len(text) + spaced) / place
        if times < 2:
            break
        if (times >= 3 or place >= LONG_UNIT) and text.startswith(text[place:]):
            return text[: place - spaced]
        place = text.find(text[:3], place + 1)
    return text


LONG_UNIT = 4
"""Something of so many characters said twice is a repetition; ``haha`` and ``你好你好`` are not."""


SHORTEST_REPEATED = 6
"""A shorter text has no unit: three times two characters, or twice four."""


def _digits(run: re.Match[str]) -> str:
    numerals = sum(1 for one in run[0] if one in _NUMERALS)
    if numerals == len(run[0]) or (numerals > 1 and len(run[0]) > 4):
        return run[0].translate(_DIGIT_OF)
    return run[0]


def _whole(pair: re.Match[str]) -> str:
    return _PARTS[pair[0]]


def _letters(word: re.Match[str]) -> str:
    digits = sum(1 for one in word[0] if one in _LETTER_OF)
    return _LOOKALIKE.sub(_letters_of, word[0]) if digits * 2 <= len(word[0]) else word[0]


def _letters_of(digits: re.Match[str]) -> str:
    return "ll" if digits[0] == "11" else "".join(_LETTER_OF[one] for one in digits[0])


def _one(run: re.Match[str]) -> str:
    once = run[1] or run[2] or run[4]
    return _LAUGHS.get(once, once)


def _load(name: str) -> dict[str, str]:
    """The triples of a table file: two parts and what they make."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    return {row[i : i + 2]: row[i + 2] for row in rows for i in range(0, len(row), 3)}


_PARTS = _load("parts.txt")
_NUMERALS = "零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖"
_DIGIT_OF = str.maketrans(_NUMERALS, "00123456789123456789")
_LETTER_OF = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t"}
_LAUGHS = {"lo": "lol", "ol": "lol", "ah": "ha", "eh": "he", "aj": "ja", "ej": "je", "sk": "ks"}
_SYMBOL = "\u2190-\u2bff\ue000-\uf8ff\U0001f000-\U0001faff"
_ODD = re.compile(f"[0-9{_SYMBOL}{_NUMERALS}{''.join(sorted({pair[0] for pair in _PARTS}))}]")
HAN_DISGUISES = _NUMERALS + "".join(sorted({pair[0] for pair in _PARTS}))
"""The Chinese characters that may be part of a disguise."""
_SUSPECT = re.compile(f"[{_NUMERALS}{''.join(sorted({pair[0] for pair in _PARTS}))}]")
_INNER = re.compile(f"[{_SYMBOL}](?=[^\\W_])")
_SEPARATOR = re.compile(f"(?<=[^\\W_])[{_SYMBOL} ]*[{_SYMBOL}][{_SYMBOL} ]*(?=[^\\W_])")
_NUMBERED = re.compile(f"[{_NUMERALS}](?:(?=[0-9{_NUMERALS}])|(?<=[0-9{_NUMERALS}].))")
_NUMBER = re.compile(f"[0-9{_NUMERALS}]*[{_NUMERALS}][0-9{_NUMERALS}]+(?<=...)")
_PAIR = re.compile("|".join(_PARTS))
_LOOKALIKE = re.compile("(?<=[a-z])(?:[013457]{1,2}(?=[a-z])|00|33)")
_LEET_HINT = re.compile("[013457](?<=[a-z].)")
_LEET = re.compile(r"(?<![a-z0-9])[a-z]+(?:[013457]{1,2}[a-z]+)*(?:[013457]{1,2}[a-z]+|00|33)(?![a-z0-9])")
_REPEATED = re.compile(r"(\S)(?:\1\1|(\S)\1\2\1\2|(\S\S)\1\3\1\3)")
_REPEATED_LATIN = re.compile(r"(\S)(?:\1\1|(\S)\1\2\1\2)")
_THRICE, _PAIR_THRICE, _THREE_THRICE = (re.compile(unit + r"\1\1").search for unit in ("(.)", "(..)", "(...)"))
"""Apart these are looked for in half the time they take together."""
_AGAIN = re.compile(r"(\S)\1\1+|((\S)\S)\2\2+(?:\3(?!\w))?|(\S\S\S)\4\4+")
_STRETCHED_LAUGH = re.compile("(?<![0-9])23{2,}(?![0-9])")
