"""Numbers to call: digits in a row, however they are written, that are no laughter, date, price, score or saying."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from cases.contacts.kinds import Contact, ContactKind, Views
from cases.contacts.selling import sells

_SPELLED_CHARACTERS = "零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸兩两幺弌弍弎"
_SPELLED = str.maketrans(_SPELLED_CHARACTERS, "00123456789123456789236221123")
_SPELLED_RUN = re.compile(rf"[0-9{_SPELLED_CHARACTERS}](?:\s?[0-9{_SPELLED_CHARACTERS}]){{5,}}")
_LETTERS = str.maketrans("oilzs", "01125")
_LETTERED = re.compile(r"(?<![a-z0-9])(?=[a-z0-9]*[oilzs])(?=(?:[oilzs]*[0-9]){5})[0-9oilzs]{7,13}(?![a-z0-9])")
_MAY = re.compile(
    rf"(?:[0-9{_SPELLED_CHARACTERS}][^0-9{_SPELLED_CHARACTERS}]{{0,3}}){{5}}[0-9{_SPELLED_CHARACTERS}oilzs]"
)
_RUN = re.compile(r"(?<![a-z0-9#_])\+?\d(?:[\s._()/-]{0,2}\d){5,}(?!\d|[a-z]{2})")
_PAIRS = re.compile(r"[1-9]\d?(?:\D+\d{1,2})+|\d{3}(?:\s+\d{3})+")
"""Small numbers one after the other: scores, laps, ages."""
_AMONG_LETTERS = re.compile(r"(?<!\d)\d{8,11}(?!\d)")
_SPLIT = re.compile(r"(?<![a-z0-9])\d{4,6}\s?[qv]\s?\d{4,6}(?!\d)")
"""A letter in the middle that says whose number it is: 29526 Q 77544."""
_HEADED = re.compile(r"(?<![a-z0-9_])[a-z]\d{6,11}(?![a-z0-9])")
"""An account of a letter and many digits: w4281951."""
_SPACED = re.compile(r"(?<!\d)\d([^\w\s]{1,3}|[^0-9a-z]\s?)\d(?:\1\d){4,}(?!\d)")
"""Single digits with one and the same thing between them: 1-3-8-0, 1❤3❤8❤0, keycaps."""
_DIGITS, LEAST, _MOST_DIGITS = 7, 6, 20
"""A number has so many digits, one less where the line invites to use it."""
_TOLD = 2
"""A number with so many letters around it is meant to be used; one alone may be the code of a game's room …"""
_ALONE = re.compile(r"[1-9]\d{8,10}")
"""… unless it is as long as those of telephones and messengers, and those codes are not."""
_USUAL = frozenset("0123456789０１２３４５６７８９")
_SAME_DIGITS = 2
"""Runs of at most so many different digits (233333333, 66666666) are laughter, not a number to call."""
_SAID = re.compile(r"(?:(\d)\1\1+|233+|5201314|1314520|520|1314|886|7758|258|0?123456789?0?|0?987654321?0?|1234567)+")
"""Numbers that are words (5201314: I love you for ever; 666777888), and counting."""
_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_DATE = re.compile(
    rf"(?<!\d)(?:{_YEAR}([\s._/-]?){_MONTH}\1{_DAY}|{_DAY}([._/-]){_MONTH}\2{_YEAR}|{_YEAR}\s?[-/]\s?{_YEAR})(?!\d)"
)
_GROUPED = re.compile(r"(?<![\d.,'])\d{1,3}([.,'])\d{3}(?:\1\d{3})*(?![\d'])|(?<!\d)\d{1,4}[.:/-]\d{1,3}(?![\d.:/-])")
"""A large number with its thousands apart (1.648.684), or a decimal, a score, a time, a fraction (3-1, 20:30, 1.5)."""
_YEARS = re.compile(rf"(?<!\d){_YEAR}(?:\s*[,、/ ]\s*{_YEAR})+(?!\d)|(?<!\d)\d{{1,4}}0\s?[-~～到]\s?\d{{1,4}}0(?!\d)")
"""Several years, or from a round number to another."""
_MONEY = re.compile(
    r"[$€£¥￥]\s?[\d.,]{1,20}|(?<![\d.,])[\d.,]{1,20}\s?(?:元|块|円|日元|美元|刀|usd|eur|rmb|krw|won|jpy|vnd|[$€£¥￥]|万|亿|%)"
)
_NAMED = re.compile(r"(?:av|bv|cv|ep|ss|sm|no|nr|#|id|room|seed|uid|房间|房号|密码|口令|种子|编号)\s?[.:：#]?\s?\d+")
"""A number that says itself what it is: a video, an episode, a game's room, a password."""
_INVITES = re.compile(
    r"加|➕|联系|聯系|電|电话|手机|手機|号码|群|君\W?羊|裙|扣|企鹅|微|薇|私|咨询|找我|约"
    r"|call|whats|text me|dm|tele?gram|contact|phone"
    r"|(?<![a-z])(?:qq?|vx?|wx|tg|tel)(?![a-z])|[+]\s?[vq]|звон|пиш|тел"
)


class _Run(NamedTuple):
    """Digits in a row. ``disguised``: nobody writes them so who has nothing to hide."""

    digits: str
    disguised: bool
    plus: bool


def look(views: Views) -> Contact | None:
    """The first number somebody could be reached by. Sure: a telephone number, one that is disguised, that an invitation
    or other words go with; else it may be the code of a game's room."""
    plain = views.plain
    if not may(plain):
        return None
    invited = _INVITES.search(plain) is not None
    left = _GROUPED.sub(" / ", _NAMED.sub(" / ", _MONEY.sub(" / ", _YEARS.sub(" / ", _DATE.sub(" / ", plain)))))
    least = LEAST if invited else _DIGITS
    runs = [
        run
        for run in _runs(left, views, invited)
        if least <= len(run.digits) <= _MOST_DIGITS and _is_called(run.digits)
    ]
    if not runs:
        return None
    told = sum(1 for one in plain if one.isalpha()) >= _TOLD
    used = next((run for run in runs if invited or told or run.disguised or _is_telephone(run)), None)
    return Contact(ContactKind.NUMBER, (used or runs[0]).digits, sure=used is not None)


def may(text: str) -> bool:
    """False for most lines: there are not enough digits near each other."""
    return _MAY.search(text) is not None


def _runs(left: str, views: Views, invited: bool) -> Iterator[_Run]:
    unusual = sum(1 for one in views.written if one.isdigit() and one not in _USUAL) >= LEAST
    for found in _RUN.finditer(left):
        if invited or not _PAIRS.fullmatch(found[0]):
            yield _run(found[0], unusual)
    for found in _SPACED.finditer(left):
        yield _run(found[0], True)
    for found in _SPLIT.finditer(left):
        yield _run(found[0], True)
    for found in _HEADED.finditer(left):
        yield _run(found[0], False)
    for found in _SPELLED_RUN.finditer(left):
        if any(one in _SPELLED_CHARACTERS for one in found[0]):
            yield _run(found[0].translate(_SPELLED), True)
    for found in _AMONG_LETTERS.finditer(left) if invited or sells(views.folded) else ():
        yield _run(found[0], False)
    for found in _LETTERED.finditer(left) if invited else ():
        yield _run(found[0].translate(_LETTERS), True)


def _run(text: str, disguised: bool) -> _Run:
    return _Run(re.sub(r"\D", "", text), disguised, text.startswith("+"))


def _is_telephone(run: _Run) -> bool:
    return _ALONE.fullmatch(run.digits) is not None or (run.plus and 8 <= len(run.digits) <= 15)


def _is_called(digits: str) -> bool:
    """False for laughter, sayings and counting."""
    if len(set(digits)) <= _SAME_DIGITS or _SAID.fullmatch(digits):
        return False
    return {int(after) - int(before) for before, after in pairwise(digits)} not in ({1}, {-1})
