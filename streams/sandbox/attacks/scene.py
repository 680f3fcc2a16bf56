"""What a scene is: who says what, when. And how people, scripts and crowds come by their names and their timing.

Everything here is a pure function of the chance handed in: the same seed is the same scene.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from random import Random
from typing import NamedTuple

from streams.sandbox.crowd import REGULARS


class Said(NamedTuple):
    """One line, ``at_s`` seconds after the scene began. A name stands for one account and nobody else's.

    ``cover``: an ordinary line, said only so that its account looks ordinary when the attack begins.
    """

    at_s: float
    name: str
    text: str
    cover: bool = False


Scene = list[Said]
"""Lines in the order of their instants."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of scene. ``make`` takes chance and the names of people known in the room, which innocents need.

    ``family`` groups kinds that are measured by one target; ``about`` says in a sentence what happens.
    """

    name: str
    family: str
    about: str
    make: Callable[[Random, Sequence[str]], Scene]


def lines_of(name: str) -> tuple[str, ...]:
    """The lines of a text file kept beside the code; those beginning with ``#`` are remarks."""
    text = files("streams.sandbox.attacks").joinpath(name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


_SYLLABLES = (
    "an",
    "bo",
    "chi",
    "da",
    "en",
    "fu",
    "gi",
    "ha",
    "in",
    "jo",
    "ka",
    "lu",
    "mi",
    "no",
    "ra",
    "si",
    "tu",
    "ve",
    "xi",
    "yu",
)
_CHINESE = "小阿大晚夜星云雨风山海鱼猫橘桃柚茶木子里清浅安念墨白青南北一三半甜酸困懒"
_SERIAL = ("user{n}", "游客{n}", "新用户{n}", "guest_{n}", "bili_{n}", "player{n}", "u{n}", "viewer-{n}")


def newcomers(chance: Random, count: int) -> list[str]:
    """Names of accounts never seen here: numbered ones, as scripts make them, or ones that look like anybody's."""
    serial = chance.choice(_SERIAL) if chance.random() < 0.5 else None
    names: dict[str, None] = {}
    while len(names) < count:
        name = serial.format(n=chance.randrange(10_000, 99_999_999)) if serial else _person(chance)
        if name not in REGULARS:
            names[name] = None
    return list(names)


def _person(chance: Random) -> str:
    if chance.random() < 0.5:
        return "".join(chance.choices(_CHINESE, k=chance.randint(2, 5))) + chance.choice(
            ("", "", "呀", "酱", "_", "77")
        )
    word = "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4)))
    return word + chance.choice(("", str(chance.randrange(10, 9999)), "_tv", "x"))


def instants(chance: Random, count: int, begin_s: float = 0.0) -> list[float]:
    """When a crowd's or a script's lines come: all at once, one by one, in bursts, or as people type."""
    style = chance.choice(("at once", "one by one", "bursts", "people"))
    if style == "at once":
        return spread(chance, count, 2.0, begin_s)
    pace_s = chance.uniform(0.3, 2.6)
    burst, at_s, found = chance.randint(3, 9), begin_s, list[float]()
    for place in range(count):
        if place:
            at_s += _gap_s(chance, style, pace_s, begins=place % burst == 0)
        found.append(at_s)
    return found


def _gap_s(chance: Random, style: str, pace_s: float, *, begins: bool) -> float:
    """The next gap; ``begins``: a new burst begins after it."""
    if style == "bursts":
        return chance.uniform(3.0, 12.0) if begins else chance.uniform(0.02, 0.4)
    if style == "people":
        return chance.expovariate(1 / pace_s)
    return chance.uniform(0.2, 3.0) if pace_s > 1.5 else chance.uniform(0.8, 1.2) * pace_s


def spread(chance: Random, count: int, span_s: float, begin_s: float = 0.0) -> list[float]:
    """So many instants anywhere within a span."""
    return sorted(begin_s + chance.uniform(0.0, span_s) for _ in range(count))


def every(chance: Random, count: int, least_s: float, most_s: float, begin_s: float = 0.0) -> list[float]:
    """Instants with gaps between these bounds."""
    at_s, found = begin_s, []
    for _ in range(count):
        found.append(at_s)
        at_s += chance.uniform(least_s, most_s)
    return found


def in_order(lines: list[Said]) -> Scene:
    """Lines sorted by their instants, those of one instant as they were."""
    return sorted(lines, key=lambda line: line.at_s)
