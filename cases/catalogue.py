"""Texts for people: one catalogue per language, a folder of files by area (`texts/<language>/<area>.toml`), read once.

A key is the area and the path in the file (``notice.muted``). A text has one form, or a ``long`` and a ``short`` one, for
platforms with short lines. Every language has the same keys with the same placeholders.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh-CN", "zh-TW")
SHORT_LINE = 40
"""Platforms that allow no more characters a line get the short forms, which stay within 20."""
_FOLDER = Path(__file__).parent / "texts"
_TRADITIONAL = ("tw", "hk", "mo", "hant")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of a language by key; a text of two forms stands under ``key.long`` and ``key.short``."""
    folder = _FOLDER / spoken(language)
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        texts.update(_flat(tomllib.loads(path.read_text(encoding="utf-8")), f"{path.stem}."))
    return texts


def read_all() -> None:
    """Read every language now: later there may be no file descriptor left to read one with."""
    for language in LANGUAGES:
        catalogue(language)


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def spoken(language: str) -> str:
    """The language of the catalogue for a language tag: Chinese of Taiwan, Hong Kong and Macao (or written ``Hant``)
    reads zh-TW, all other Chinese zh-CN, everybody else English."""
    tag = language.strip().lower().replace("_", "-")
    primary, *rest = tag.split("-")
    if primary != "zh":
        return "en"
    return "zh-TW" if any(part in _TRADITIONAL for part in rest) else "zh-CN"


def say(language: str, key: str, line_limit: int | None = None, /, **values: object) -> str:
    """One text with its values, on one line. ``line_limit`` is the platform's, None: no limit worth knowing.

    Raises KeyError for a key no language has.
    """
    texts = catalogue(spoken(language))
    short = line_limit is not None and line_limit <= SHORT_LINE
    template = texts.get(f"{key}.{'short' if short else 'long'}")
    return " ".join((texts[key] if template is None else template).format_map(values).split())


def has(key: str) -> bool:
    """True when the catalogue has this key, in one form or in two."""
    return key in catalogue("en") or f"{key}.long" in catalogue("en")


_UNITS: Mapping[str, tuple[str, str, str, str]] = {
    "en": ("d", "h", "m", "s"),
    "zh-CN": ("天", "小时", "分", "秒"),
    "zh-TW": ("天", "小時", "分", "秒"),
}


def span_words(span: timedelta, language: str) -> str:
    """A span as people write it: ``1h 30m``, ``1小时30分``, at most two units; less than a second is ``0s``."""
    units = _UNITS[spoken(language)]
    rest = int(span.total_seconds())
    parts: list[str] = []
    for size, unit in zip((86400, 3600, 60, 1), units, strict=True):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return (" " if units[0] == "d" else "").join(parts[:2]) or f"0{units[3]}"
