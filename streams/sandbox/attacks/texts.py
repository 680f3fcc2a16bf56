"""What is said in the scenes: advertisements with contacts, slogans of a brigade, nonsense to push, ordinary lines.

All of it is our own invention; contacts are drawn by chance. What is pushed stands in `pushes.txt`.
"""

from __future__ import annotations

import re
from random import Random
from typing import NamedTuple

from streams.sandbox.attacks.evasions import LOOK_ALIKES
from streams.sandbox.attacks.scene import lines_of
from streams.sandbox.crowd import CALM


class Push(NamedTuple):
    """A text to push: its style (advert, slogan, nonsense), its language (zh, en), and the text, perhaps with a
    ``{contact}``."""

    style: str
    language: str
    text: str


PUSHES = tuple(Push(*line.split(" ", 2)) for line in lines_of("pushes.txt"))
_ENGLISH = lines_of("ordinary.txt")
_CONTACTS = [line.partition(" ") for line in lines_of("contacts.txt")]
_PHRASES = [line.partition(" ") for line in lines_of("phrases.txt")]
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


SHORTEST_PUSH, LONGEST_PUSH = 8, 40
"""Characters of a text to push, before anything is done to it."""
_GREETS = re.compile(
    r"good (evening|night)|hello|greetings|\bhi\b|see you|晚上好|晚安|大家好|来了|辛苦|拜拜|clip that|nice save|oh no",
    re.IGNORECASE,
)
_ORDINARY = [
    line for line in (*CALM, *_ENGLISH) if SHORTEST_PUSH <= len(line) <= LONGEST_PUSH and _GREETS.search(line) is None
]
"""Ordinary lines that can be pushed: no greetings, which a crowd of newcomers says in all innocence."""


def phrases(kind: str) -> tuple[str, ...]:
    """What innocents (and who shouts alone) say, by kind: `phrases.txt`."""
    return tuple(text for each, _, text in _PHRASES if each == kind)


def push(chance: Random, style: str | None = None) -> str:
    """A text of 8 to 40 characters to push, of one style or any; now and then an ordinary line is pushed."""
    if style is None and chance.random() < 0.15:
        return chance.choice(_ORDINARY)
    return filled(chance, chance.choice([each for each in PUSHES if style in (None, each.style)]))


def filled(chance: Random, pushed: Push) -> str:
    """Its text with a contact, where it has a place for one."""
    text = pushed.text.replace("{contact}", contact(chance, pushed.language))
    return text if len(text) <= LONGEST_PUSH else filled(chance, pushed)


def contact(chance: Random, language: str) -> str:
    """A way to reach somebody, as advertisements in chat give it."""
    number = str(chance.randrange(10**8, 10**10))
    word = "".join(chance.choices(_LETTERS, k=chance.randint(6, 9)))
    site = f"{word}.{chance.choice(('com', 'cc', 'top', 'xyz', 'net', 'shop', 'vip'))}"
    made = chance.choice([form for each, _, form in _CONTACTS if each in (language, "any")])
    mobile = f"1{chance.choice('35789')}{chance.randrange(10**9):09}"
    return made.format(number=number, word=word, site=site, mobile=mobile)


def look_alike(chance: Random, text: str) -> str:
    """A text whose letters and digits are some of them exchanged for look-alikes, one text's as another's are not."""

    def other(each: str) -> str:
        if not (each.isascii() and each.isalnum()) or chance.random() < 0.55:
            return each
        others: list[str] = [
            *LOOK_ALIKES.get(each.lower(), ""),
            chr(ord(each) + 0xFEE0),
            each.swapcase(),
            f"{each} ",
            f"{each}.",
        ]
        return chance.choice(others)

    return "".join(map(other, text))


def ordinary(chance: Random, language: str, count: int) -> list[str]:
    """So many ordinary lines, none twice before all were said."""
    bag, found = CALM if language == "zh" else _ENGLISH, list[str]()
    while len(found) < count:
        found += chance.sample(bag, min(len(bag), count - len(found)))
    return found
