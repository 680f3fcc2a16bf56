"""How much of a text is in disguise: evidence beside other evidence, never a finding by itself.

:func:`obfuscation` counts the characters that are there to make a text look different to a program and alike to a reader.
What people do for its own sake is none: emoji, full-width punctuation and whole full-width words, traditional characters
by who writes them, accents, laughter however long, ``S O S``, an invisible mark behind the text (chat programs add one, to
send a line twice).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

LOOKED_AT = 500
"""So many characters of a text are looked at."""


def obfuscation(raw: str, folded: str) -> int:
    """How many characters of ``raw`` are disguised; 0 is plain. ``folded`` is its fold, which answers plain texts at once.

    Counted are: invisible characters between letters and text turned around; marks stacked on letters; letters of another
    script within a Latin word; mathematical and circled letters; half- and full-width letters in one word; separators
    between single letters (`加.微.信`); digits for letters (`v1ewers`); numbers written in several kinds of digits
    (`1②三四5`) or in those of cheques; characters written as their parts (`讠兑`); and traditional and simplified characters
    in one text.
    """
    if raw == folded:
        return 0
    text = raw[:LOOKED_AT]
    signs = _ASCII_SIGNS if text.isascii() else _SIGNS
    return sum(sign(text) for sign in signs)


def _hidden(text: str) -> int:
    return sum(len(found[0]) for found in _HIDDEN.finditer(text)) + len(_TURNED.findall(text))


def _stacked(text: str) -> int:
    if _MARK.search(text) is None:
        return 0
    return len(_MARKED.findall(unicodedata.normalize("NFC", text)))


def _foreign(text: str) -> int:
    """Letters of another script that look Latin, in a word that has Latin letters too."""
    if _FOREIGN.search(text) is None:
        return 0
    words = (word for word in _WORD.findall(text) if len(word) > 2 and _LATIN.search(word))
    return sum(len(_FOREIGN.findall(word)) for word in words)


def _fancy(text: str) -> int:
    """Mathematical and circled letters, letters of the other width within a word, and whole sentences in full width."""
    found = len(_FANCY.findall(text))
    wide = _WIDE.findall(text)
    if len(wide) >= _WIDE_SENTENCE and len(set(wide)) * 2 >= _WIDE_SENTENCE:
        return found + len(wide)
    words = (word for word in _WIDE_WORD.findall(text) if _LATIN.search(word)) if wide else ()
    return found + sum(len(_WIDE.findall(word)) for word in words)


def _separated(text: str) -> int:
    """Separators between single letters. Emphasis, a list and a stammer look like it: those need more of them."""
    return sum(_separators(run) for pattern in (_SEPARATED_HAN, _SEPARATED) for run in pattern.findall(text))


def _separators(run: str) -> int:
    run = re.sub(r"\.{2,}", "…", run).casefold()
    letters = [one for one in run if one.isalnum()]
    marks = "".join(one for one in run if not one.isalnum())
    han = _HAN.search(run) is not None
    if not marks.strip():
        least = 6 if han else 14
    elif not marks.strip(_NATURAL):
        least = 5
    else:
        least = 3 if han else 4
    return len(letters) - 1 if len(letters) >= least and len(set(letters)) >= 3 else 0


def _leet(text: str) -> int:
    words = (found[0] for found in _LEET.finditer(text))
    return sum(len(_LEET_DIGIT.findall(word)) for word in words if word[1:].islower() or word.isupper())


def _numerals(text: str) -> int:
    """Numbers in a mixture of digits, or in digits nobody writes one with."""
    count = 0
    for run in _NUMBER.findall(text):
        kinds = [_kind(one) for one in run]
        turns = sum(1 for one, following in pairwise(kinds) if one != following)
        if kinds.count(2) >= 3 or (len(run) >= 5 and turns > 1):
            count += len(run) - kinds.count(0)
        elif len(run) >= 7 and any(kinds):
            count += len(run)
    return count


def _kind(numeral: str) -> int:
    return next(place for place, kind in enumerate(_NUMERALS) if numeral in kind)


def _parts(text: str) -> int:
    return len(_PART.findall(text))


def _scripts(text: str) -> int:
    """Traditional and simplified characters in one text, the fewer of both; no Japanese, where they are one script."""
    if _HAN.search(text) is None or _KANA.search(text):
        return 0
    letters = set(text)
    return min(len(letters & _TRADITIONAL), len(letters & _SIMPLIFIED))


def _pairs(name: str) -> Iterator[tuple[str, str]]:
    """The pairs of a table file."""
    for line in Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield from zip(line[::2], line[1::2], strict=True)


def _is_japanese(character: str) -> bool:
    try:
        return bool(character.encode("shift_jis"))
    except UnicodeEncodeError:
        return False


_LETTER = "A-Za-z0-9\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Letters between which nothing invisible is needed, as it is in Persian and in Indic scripts."""
_UNSEEN = (
    "\u00ad\u034f\u115f\u1160\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufff8\U000e0000-\U000e0fff"
)
_HIDDEN = re.compile(f"(?<=[{_LETTER}])[{_UNSEEN}]+(?=[{_LETTER}])")
_TURNED = re.compile("[\u202d\u202e]")
_MARK = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20e2\u20e4-\u20ff\ufe20-\ufe2f]")
_MARKED = re.compile(f"(?<=[A-Za-z0-9\u00c0-\u024f\u3040-\u30ff\u3400-\u9fff]){_MARK.pattern}+")
_LATIN = re.compile("[A-Za-z]")
_WORD = re.compile(r"[^\W\d_]+")
_LOOK_LATIN = "".join(letter for letter, _ in _pairs("confusables.txt") if letter != "ı")  # ı is a Turkish letter
_FOREIGN = re.compile(f"[{_LOOK_LATIN}{''.join(filter(str.isupper, _LOOK_LATIN.upper()))}]")
_FANCY = re.compile("[\u249c-\u24e9\U0001d400-\U0001d7ff\U0001f110-\U0001f169\u1d00-\u1d2b]")
_WIDE = re.compile("[Ａ-Ｚａ-ｚ]")
_WIDE_WORD = re.compile("[A-Za-zＡ-Ｚａ-ｚ]+")
_WIDE_SENTENCE = 8
"""So many full-width letters, half of them different, are no laughter (ｗｗｗ) and no cheer (ＧＧ)."""
_HAN = re.compile("[\u3400-\u9fff]")
_KANA = re.compile("[\u3040-\u30ff\uff66-\uff9f]")
_BETWEEN = rf"(?:[^\w\s{_UNSEEN}\u0300-\u036f\u20d0-\u20ff]|[\s_])+"
_SEPARATED_HAN = re.compile(f"{_HAN.pattern}(?:{_BETWEEN}{_HAN.pattern}(?={_BETWEEN}))+{_BETWEEN}{_HAN.pattern}")
_ALONE = "[A-Za-z\u00c0-\u024f\u0400-\u04ff](?![A-Za-z\u00c0-\u024f\u0400-\u04ff])"
_SEPARATED = re.compile(rf"(?<!\w){_ALONE}(?:{_BETWEEN}{_ALONE}){{3,}}")
_NATURAL = " \u3000\t\n,，、。…!！?？~～-—:：;；'’\"&/()（）“”‘《》【】「」『』[]"
"""Marks that people put between words; a name in brackets is no separated word."""
_LEET_DIGIT = re.compile("[0-9$]")
_LEET = re.compile(r"(?<![@#\w/.])(?=[A-Za-z013457$]{4,}(?!\w))[A-Za-z]+(?:[013457$]{1,2}[A-Za-z]+)+(?!\w)")
_CHEQUE = "壹贰貳叁參肆伍陆陸柒捌玖"
_NUMERALS = (
    "0123456789０１２３４５６７８９",
    "零〇一二三四五六七八九",
    _CHEQUE,
    "⓪①②③④⑤⑥⑦⑧⑨⑴⑵⑶⑷⑸⑹⑺⑻⑼⓵⓶⓷⓸⓹⓺⓻⓼⓽⓿❶❷❸❹❺❻❼❽❾➀➁➂➃➄➅➆➇➈➊➋➌➍➎➏➐➑➒㈠㈡㈢㈣㈤㈥㈦㈧㈨",
)
_NUMBER = re.compile(f"[{''.join(_NUMERALS)}]{{3,}}")
_PART = re.compile("(?:[亻讠氵扌钅礻衤纟忄犭饣]|彳(?!亍))(?=[\u3400-\u9fff])")
_TRADITIONAL = frozenset(traditional for traditional, _ in _pairs("traditional.txt"))
_SIMPLIFIED = frozenset(
    simple
    for _, simple in _pairs("traditional.txt")
    if simple not in _TRADITIONAL and not _is_japanese(simple) and "\u4e00" <= simple <= "\u9fff"
)
_Sign = Callable[[str], int]
_ASCII_SIGNS: tuple[_Sign, ...] = (_separated, _leet)
_SIGNS: tuple[_Sign, ...] = (
    *_ASCII_SIGNS, _hidden, _stacked, _foreign, _fancy, _numerals, _parts, _scripts,
)  # fmt: skip
