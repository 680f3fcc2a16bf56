"""What a move asks to be filled in: each need turns what was given into a value, or says what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


class Unfit(ValueError):
    """What was given does not do; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to fill in. ``read`` answers the value to be kept and raises Unfit; ``hint`` says what fits, in English."""

    hint: str
    read: Callable[[Any], Any]


def text(longest: int = 2_000) -> Need:
    """A text that is not blank, trimmed, at most ``longest`` characters."""

    def read(given: Any) -> str:
        if not isinstance(given, str) or not given.strip():
            raise Unfit("is empty")
        if len(given.strip()) > longest:
            raise Unfit(f"is longer than {longest} characters")
        return given.strip()

    return Need(f"a text of at most {longest} characters", read)


def one_of(*words: str) -> Need:
    """One of a few words."""

    def read(given: Any) -> str:
        word = str(given).strip().lower()
        if word not in words:
            raise Unfit(f"is none of {', '.join(words)}")
        return word

    return Need(" or ".join(words), read)


def number(least: float = 0, most: float = math.inf) -> Need:
    """A number within bounds."""

    def read(given: Any) -> float:
        try:
            value = float(given)
        except (TypeError, ValueError):
            raise Unfit("is no number") from None
        if math.isnan(value) or not least <= value <= most:
            raise Unfit(f"is not between {least:g} and {most:g}")
        return value

    return Need(f"a number between {least:g} and {most:g}", read)


def instant() -> Need:
    """An instant with its time zone, ISO 8601; kept as UTC text."""

    def read(given: Any) -> str:
        try:
            value = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
        except ValueError:
            raise Unfit("is no ISO 8601 instant") from None
        if value.tzinfo is None:
            raise Unfit("has no time zone")
        return value.astimezone(UTC).isoformat()

    return Need("an instant like 2026-01-31T12:00+00:00", read)


def yes() -> Need:
    """A box that must be ticked."""

    def read(given: Any) -> bool:
        if given is not True and str(given).strip().lower() not in ("true", "yes", "on", "1"):
            raise Unfit("is not confirmed")
        return True

    return Need("yes", read)


def many(need: Need, most: int = 100) -> Need:
    """One or more of the same, as a list or as words with commas between."""

    def read(given: Any) -> list[Any]:
        items = [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else list(given)
        if not items:
            raise Unfit("is empty")
        if len(items) > most:
            raise Unfit(f"has more than {most} parts")
        return [need.read(item) for item in items]

    return Need(f"one or more of: {need.hint}", read)


def filled(needs: Mapping[str, Need], allows: Mapping[str, Need], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, read. Raises Unfit naming the first field that is missing, unknown or unfit."""
    known = {**needs, **allows}
    for name in given:
        if name not in known:
            raise Unfit(f"{name} is not asked for; there are {', '.join(known)}" if known else "nothing is asked for")
    for name in needs:
        if given.get(name) is None:
            raise Unfit(f"{name} is missing: {needs[name].hint}")
    read: dict[str, Any] = {}
    for name, value in given.items():
        if value is None or (name in allows and value == ""):
            continue
        try:
            read[name] = known[name].read(value)
        except Unfit as fault:
            raise Unfit(f"{name} {fault}: {known[name].hint}") from None
    return read
