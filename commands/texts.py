"""What people read, by language: one catalogue file each (`texts_<language>.toml`), read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "zh-CN")
SHORT_LINE = 40
"""Platforms that allow no more characters a line get the short forms, which stay within 20."""

Catalogue = Mapping[str, Mapping[str, str]]
"""By key the ``long`` and the ``short`` form of a text."""


@cache
def catalogue(language: str) -> Catalogue:
    """The texts of a language; any other Chinese reads zh-CN, every other language English."""
    chosen = language if language in LANGUAGES else "zh-CN" if language.startswith("zh") else "en"
    text = files("commands").joinpath(f"texts_{chosen}.toml").read_text(encoding="utf-8")
    found: Catalogue = tomllib.loads(text)
    return found


def words(language: str, key: str, line_limit: int | None = None, **values: str) -> str:
    """One text with its values; the short form where the platform's line is short. None: no limit worth knowing."""
    short = line_limit is not None and line_limit <= SHORT_LINE
    template = catalogue(language)[key]["short" if short else "long"]
    return " ".join(template.format_map(values).split())


def has(key: str) -> bool:
    """True when the catalogues have this key."""
    return key in catalogue("en")
