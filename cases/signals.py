"""What a finding is made of, told in words and understood again: a counter, a limit, a ground is one signal each.

A record keeps the English words, so that it says for ever what was seen; whoever reads it in another language gets the
same signals in theirs. A signal's name has one text in every language (`texts/<language>/checks.toml`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from cases.catalogue import catalogue, has, spoken

Signals = tuple[tuple[str, str], ...]
"""Names with their values, a value "" where the name says it all. The first one says what happened."""

_BETWEEN = "; "


@lru_cache(maxsize=1024)
def told(signals: Signals, language: str = "en") -> str:
    """The signals in words; one that the catalogue does not know by its name: no decision fails for want of a text."""
    return _between(language).join(phrase(name, value, language) for name, value in signals)


def understood(fact: str) -> Signals:
    """The signals of a fact that `told` wrote in English; what it did not write stands under the name ""."""
    return tuple(_recognised(part) for part in fact.split(_BETWEEN))


def retold(fact: str, language: str) -> str:
    """A fact of the record in a language; words that are not a check's stay as they are."""
    if spoken(language) == "en":
        return fact
    signals = understood(fact)
    if not any(name for name, _ in signals):
        return fact
    return told(signals, language)


def first_phrase(facts: Iterable[str], language: str) -> str:
    """What happened, in one phrase: the first signal of the latest fact that a check told; "" when none did."""
    for fact in reversed(list(facts)):
        name, value = understood(fact)[0]
        if name and name not in _NO_PHRASE:
            return phrase(name, value, language)
    return ""


_NO_PHRASE = frozenset({"muted", "degraded"})
"""What never is the reason of a decision, only something about it."""


def check_name(check: str, language: str) -> str:
    """What a check looks for, in words; the name itself of one that has none (a word list's)."""
    key = f"checks.name.{check}"
    return catalogue(spoken(language))[key] if has(key) else check


def phrase(name: str, value: str, language: str) -> str:
    """One signal in words; without a name the words that ``value`` holds."""
    if not name:
        return value
    template = catalogue(spoken(language)).get(f"checks.signal.{name}")
    if template is None:
        return f"{name} {_plain(value)}".strip()
    return template.replace("{value}", _plain(value))


def _plain(value: str) -> str:
    """On one line, and without what stands between signals."""
    return " ".join(value.replace(";", ",").split())


def _between(language: str) -> str:
    return _BETWEEN if spoken(language) == "en" else "；"


@lru_cache(maxsize=4096)
def _recognised(part: str) -> tuple[str, str]:
    for name, shape in _shapes():
        found = shape.fullmatch(part)
        if found is not None:
            return name, found.group("value") if "{value}" in catalogue("en")[f"checks.signal.{name}"] else ""
    return "", part


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(_sorted(_templates()))


def _templates() -> Iterator[tuple[str, str]]:
    prefix = "checks.signal."
    return ((key.removeprefix(prefix), text) for key, text in catalogue("en").items() if key.startswith(prefix))


def _sorted(templates: Iterable[tuple[str, str]]) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The longest first, so that a text that is part of another one does not take its place."""
    for name, text in sorted(templates, key=lambda pair: -len(pair[1])):
        before, _, after = text.partition("{value}")
        shape = (
            f"{re.escape(before)}(?P<value>.+?){re.escape(after)}"
            if "{value}" in text
            else f"(?P<value>){re.escape(text)}"
        )
        yield name, re.compile(shape)
