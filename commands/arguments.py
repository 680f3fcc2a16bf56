"""What the words after a command mean: lengths of time, codes, rules, categories. Whom they name is in `targets`.

Pure. A word that was meant as something and is wrong comes back as an ArgumentFault with the key of a hint, never as a
guess; a word that was not meant so is None.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cases.rules import rule_id
from commands.parse import CODE, narrow, visible

LONGEST_SPAN = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ArgumentFault:
    """A word that cannot be what it was meant to be. ``hint`` is the catalogue key of the one short hint."""

    hint: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a moderator's words say besides the target. ``span`` and ``rule`` are None when not given."""

    span: timedelta | None
    rule: str | None
    reason: str


CATEGORY_WORDS: Mapping[str, str] = {
    "law": "illegal unlawful crime law 违法 違法 犯罪",
    "morals": "morals indecent 公序良俗 低俗",
    "terror": "violence violent threat threats terror 暴力 恐怖 威胁 威脅 血腥",
    "obscene": "porn nsfw sexual obscene 色情 淫秽 淫穢 涉黄 涉黃 黄色",
    "fraud": "scam fraud phishing 诈骗 詐騙 欺诈 詐欺 骗子 騙子 传销 傳銷",
    "promotion": "promotion shill fake-ad 虚假宣传 虛假宣傳 托儿 托兒 假货 假貨",
    "copyright": "copyright piracy 侵权 侵權 盗版 盜版 抄袭 抄襲",
    "reputation": "reputation 名誉 名譽",
    "privacy": "privacy 隐私 隱私",
    "slander": "slander defamation libel 诽谤 誹謗 造谣 造謠",
    "insult": "insult insults insulting abuse harassment 辱骂 辱罵 骂人 罵人 侮辱 人身攻击 人身攻擊 脏话 髒話",
    "doxxing": "dox doxx doxing doxxing 泄露 洩露 人肉 开盒 開盒",
    "flooding": "spam flood flooding spamming 刷屏 刷频 刷頻 洗屏 洗版",
    "advertising": "ad ads advert advertising 广告 廣告 推销 推銷 打广告 打廣告",
    "other": "other 其他 其它",
}
"""The categories of `cases.categories` with the words people use for them in chat, apart by spaces."""

_CATEGORY_OF = {word: code for code, words in CATEGORY_WORDS.items() for word in words.split()}
MARKS = ",，:：;；。.!！?？、~～()（）[]【】"
_SECONDS: Mapping[int, str] = {
    1: "s sec secs second seconds 秒 秒钟 秒鐘",
    60: "m min mins minute minutes 分 分钟 分鐘",
    3600: "h hr hrs hour hours 小时 小時 时 時 个小时 個小時 钟头 鐘頭",
    86400: "d day days 天 日",
    604800: "w week weeks 周 週 星期 个星期 個星期",
}
_UNITS = {unit: seconds for seconds, units in _SECONDS.items() for unit in units.split()}
_PART = re.compile(r"([0-9]+) ?(" + "|".join(sorted(_UNITS, key=len, reverse=True)) + ")")
_WHOLE = re.compile(rf"(?:{_PART.pattern} ?)+")
_CHINESE_NUMBER = re.compile(r"[零一二两兩三四五六七八九十百千万半几]+(?:" + "|".join(_UNITS) + ")")
RULE_LIKE = re.compile(r"r[0-9]{1,4}")


def plain(word: str) -> str:
    """A word as its meaning is looked up: narrow, lower case, without marks around it or invisible characters."""
    return narrow(visible(word)).casefold().strip(MARKS + " ")


def duration(word: str) -> timedelta | ArgumentFault | None:
    """The length of time a word means: ``90s``, ``1h30m``, ``10分``. None: it was not meant as one."""
    text = narrow(visible(word)).casefold().rstrip(MARKS)
    if not _is_numeric(text):
        return None
    if _WHOLE.fullmatch(text) is None:
        other = any(_is_digit(character) and not character.isascii() for character in text)
        return ArgumentFault("other_digits" if other or _CHINESE_NUMBER.fullmatch(text) else "bad_duration")
    seconds = sum(int(amount) * _UNITS[unit] for amount, unit in _PART.findall(text))
    if seconds > LONGEST_SPAN.total_seconds():
        return ArgumentFault("too_long")
    return timedelta(seconds=seconds) if seconds else ArgumentFault("zero_duration")


def case_code(word: str) -> str | None:
    """A word as a case code in capitals, None when no code looks like it."""
    text = narrow(visible(word)).strip(MARKS + "#＃ ").upper()
    return text if CODE.fullmatch(text) else None


def category(word: str) -> str | None:
    """The report category a word means, None when it means none."""
    return _CATEGORY_OF.get(plain(word))


def terms(arguments: Sequence[str], *, timed: bool = True) -> Terms | ArgumentFault:
    """The rule (anywhere), the length of time (first, rules apart; none unless ``timed``) and the reason (the rest)."""
    rule: str | None = None
    words: list[str] = []
    for word in arguments:
        if rule is None and RULE_LIKE.fullmatch(plain(word)):
            rule = rule_id(plain(word))
            if rule is None:
                return ArgumentFault("unknown_rule")
        else:
            words.append(word)
    span, used = _leading_span(words) if timed else (None, 0)
    if isinstance(span, ArgumentFault):
        return span
    return Terms(span, rule, " ".join(words[used:]))


def _is_digit(character: str) -> bool:
    return unicodedata.category(character).startswith("N")


def _is_numeric(text: str) -> bool:
    unsigned = text.lstrip("+-−")
    return bool(unsigned) and (_is_digit(unsigned[0]) or _CHINESE_NUMBER.fullmatch(unsigned) is not None)


def _leading_span(words: Sequence[str]) -> tuple[timedelta | ArgumentFault | None, int]:
    """The length of time the words begin with, and how many words it took: ``1h 30m`` and ``10 minutes`` take two."""
    if not words:
        return None, 0
    pair = " ".join(words[:2]) if len(words) > 1 else ""
    if pair and _WHOLE.fullmatch(narrow(visible(pair)).casefold().rstrip(MARKS)):
        return duration(pair), 2
    return duration(words[0]), 1 if duration(words[0]) is not None else 0
