"""The few sentences a case itself says in chat, by language. Short: some platforms give twenty characters a line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

NOTICES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "remind": "@{name} slow down please ({rule}); !why {code}",
        "muted": "@{name} muted {span}: {rule}. !why {code}",
        "banned": "@{name} banned: {rule}. !why {code}",
        "warned": "@{name} warning: {rule}. !why {code}",
        "overturned": "@{name} appeal {code}: overturned",
        "upheld": "@{name} appeal {code}: upheld. {answer}",
    },
    "zh-CN": {
        "remind": "@{name} 请勿刷屏 {code}",
        "muted": "@{name} 禁言{span} {code}",
        "banned": "@{name} 封禁 {code}",
        "warned": "@{name} 警告 {code}",
        "overturned": "@{name} 申诉成立 {code}",
        "upheld": "@{name} 申诉不成立 {code} {answer}",
    },
}
"""Notices by language and key; every language has every key with the same placeholders or fewer."""

_UNITS: Mapping[str, tuple[str, str, str, str]] = {"en": ("d", "h", "m", "s"), "zh-CN": ("天", "小时", "分", "秒")}


def notice(language: str, key: str, **words: str) -> str:
    """One notice, in English where the language has none."""
    return NOTICES.get(language, NOTICES["en"])[key].format(**words).strip()


def span_words(span: timedelta, language: str) -> str:
    """A span as people write it: ``1h 30m``, ``1小时30分``, at most two units; less than a second is ``0s``."""
    units = _UNITS.get(language, _UNITS["en"])
    rest = int(span.total_seconds())
    parts: list[str] = []
    for size, unit in zip((86400, 3600, 60, 1), units, strict=True):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount}{unit}")
    gap = "" if language.startswith("zh") else " "
    return gap.join(parts[:2]) or f"0{units[3]}"
