"""Texts of the pages: the catalogue with the pages' own area in front, and which language a visitor wants."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from cases.catalogue import LANGUAGES, catalogue, spoken

AREA = "web."
"""Texts of this area go by their key without it."""


class Texts:
    """The texts of one language; calling it with a dotted key gives the text, its ``{placeholders}`` filled."""

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
    """The texts of one of LANGUAGES. Raises KeyError for another one."""
    if language not in LANGUAGES:
        raise KeyError(language)
    return Texts(language, {key.removeprefix(AREA): text for key, text in catalogue(language).items()})


def choose(asked: str | None, accepted: str) -> str:
    """The language for a visitor: what was asked for by ``?lang=``, else the best of Accept-Language, else English."""
    for wish in [asked or "", *_wishes(accepted[:500])]:
        match = _match(wish)
        if match:
            return match
    return LANGUAGES[0]


def _match(wish: str) -> str | None:
    """The language of the catalogue for a visitor's wish, None when it is none of ours."""
    tag = wish.strip().lower()
    return spoken(tag) if tag.partition("-")[0] in ("en", "zh") else None


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
