"""Scenes made of recorded texts: what crowds really pasted for fun, what scripts really typed into live rooms.

Texts kept aside make kinds of their own, whose names say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from bench.scorecard.logs import PARTS, Chat, Part, Row, part_of
from streams.sandbox.attacks import Kind, Scene
from streams.sandbox.attacks.crowds import pasted
from streams.sandbox.attacks.evasions import suffix
from streams.sandbox.attacks.waves import pushed

FEWEST = 20
"""Kinds with fewer texts than this are left out."""


def recorded_kinds(chat: Chat) -> Iterator[Kind]:
    """One kind for the texts of each part: copypasta by people known there, waves of what a script typed."""
    for part in PARTS:
        pasta = _texts(chat, "crowd_copypasta", part, 30, 300)
        raids = _texts(chat, "spam", part, 8, 40, "bili_script_raid_texts")
        if len(pasta) >= FEWEST:
            about = "people known there paste what a crowd once really pasted"
            yield Kind(_name("recorded-pasta", part), "innocent", about, _pasting(pasta))
        if len(raids) >= FEWEST:
            about = "fresh accounts push what a script once really typed, with a changing end"
            yield Kind(_name("recorded-raid", part), "wave", about, _raiding(raids))


def is_aside(kind: Kind) -> bool:
    """True for a kind whose texts nobody looks at."""
    return kind.name.endswith("-aside")


def part_of_text(row: Row) -> Part:
    """Kept aside where its collection or the text itself is."""
    return "aside" if "aside" in (part_of(row.room), part_of(row.text)) else "tuning"


def _name(name: str, part: Part) -> str:
    return name if part == "tuning" else f"{name}-aside"


def _texts(chat: Chat, label: str, part: Part, least: int, most: int, source: str = "") -> list[str]:
    rows = [row for row in chat.labelled if row.label == label and row.source.startswith(source)]
    return sorted({row.text for row in rows if least <= len(row.text) <= most and part_of_text(row) == part})


def _pasting(texts: list[str]) -> Callable[[Random, Sequence[str]], Scene]:
    return lambda chance, known: pasted(chance, known, chance.choice(texts))


def _raiding(texts: list[str]) -> Callable[[Random, Sequence[str]], Scene]:
    def raid(chance: Random, known: Sequence[str]) -> Scene:
        text = chance.choice(texts)
        return pushed(chance, lambda: suffix(chance, text))

    return raid
