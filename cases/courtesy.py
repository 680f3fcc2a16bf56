"""Is a text a greeting, a cheer, a wish, the word of a friendly raid? Such things newcomers may well say in one voice."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from ratelimit.fold import fold

MOSTLY = 0.6
"""So much of a text, in characters, makes it a courtesy."""


@lru_cache(maxsize=1024)
def is_courtesy(folded: str) -> bool:
    """True for a folded text that is made of courtesies for the most part, or says from which room a raid comes."""
    if _RAID.search(folded) is not None:
        return True
    letters = _letters(folded)
    left = _letters(_WORDS.sub(" ", _PHRASES.sub(" ", folded)))
    return letters > 0 and letters - left >= MOSTLY * letters


def _letters(text: str) -> int:
    return sum(1 for one in text if one.isalnum())


def _table() -> tuple[list[str], list[str]]:
    """The phrases of scripts written with spaces, and of those without; longest first."""
    lines = Path(__file__).with_name("courtesies.txt").read_text(encoding="utf-8").splitlines()
    phrases = sorted(
        {fold(line) for line in lines if line and not line.startswith("#")}, key=lambda one: (-len(one), one)
    )
    return [one for one in phrases if one.isascii()], [one for one in phrases if not one.isascii()]


_SPACED, _BARE = _table()
_WORDS = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, _SPACED))})(?![a-z0-9])")
_PHRASES = re.compile("|".join(map(re.escape, _BARE)))
_RAID = re.compile(
    r"(?<![a-z])raid(?:s|ers?|ing)?(?![a-z])|(?<![a-z])(?:hi|hello|hey|greetings) (?:\w+ ){0,2}from(?![a-z])"
    r"|家的(?:观众|粉丝)|来自.{1,24}的(?:朋友|观众|粉丝|小伙伴|各位|问候|祝福)|(?:从|由).{1,24}(?:那边|那里|直播间)?(?:过)?来的|直播间(?:过)?来的|观光团|串门"
)
"""A friendly raid says where it comes from."""
