"""Texts for people: one catalogue per language, and which language a visitor wants."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh-CN")
FOLDER = Path(__file__).parent / "locale"


class Texts:
    """The catalogue of one language; calling it with a dotted key gives the text, its ``{placeholders}`` filled."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self.all = texts

    def __call__(self, key: str, **values: object) -> str:
        return self.all[key].format(**values)

    def either(self, key: str, otherwise: str) -> str:
        """The text, or ``otherwise`` where the catalogue has none (words that come from other parts)."""
        return self.all.get(key, otherwise)


@cache
def texts(language: str) -> Texts:
    """The catalogue of one of LANGUAGES. Raises KeyError for another one."""
    if language not in LANGUAGES:
        raise KeyError(language)
    content = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return Texts(language, dict(_flat(content)))


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        name = f"{prefix}{key}"
        rows.extend(_flat(value, f"{name}.") if isinstance(value, Mapping) else [(name, str(value))])
    return rows


def choose(asked: str | None, accepted: str) -> str:
    """The language for a visitor: what was asked for by ``?lang=``, else the best of Accept-Language, else English."""
    for wish in [asked or "", *_wishes(accepted[:500])]:
        match = _match(wish)
        if match:
            return match
    return LANGUAGES[0]


def _match(wish: str) -> str | None:
    primary = wish.strip().lower().partition("-")[0]
    return next((language for language in LANGUAGES if language.lower().partition("-")[0] == primary), None)


def _wishes(accepted: str) -> list[str]:
    ranked: list[tuple[float, str]] = []
    for part in accepted.split(","):
        name, _, weight = part.partition(";")
        ranked.append((_weight(weight), name))
    return [name for weight, name in sorted(ranked, key=lambda row: -row[0]) if weight > 0]


def _weight(text: str) -> float:
    if not text.strip():
        return 1.0
    try:
        return float(text.strip().removeprefix("q="))
    except ValueError:
        return 0.0
