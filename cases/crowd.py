"""Who says one text: people known here, people who said a little, people never seen before. And how likely that is.

A room knows in what proportion each of the three writes (`Mix`, learned line by line). When a crowd says one text, its
people are held against that: of ten who rejoice together, about as many are regulars as of any ten lines here. Ten of whom
none is known are no chorus of this room, however short or long their text is.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass

from cases.room_memory import Line

FEW = 4
"""Somebody with so many ordinary lines here is known."""
HALVED_AT = 300.0
"""At so many lines the old ones of a mix count half."""
NEW_ACCOUNT_S = 7 * 86_400.0
"""An account younger than a week is new, where the platform tells its age."""


class Known(enum.IntEnum):
    """How well somebody was known here at the line that is looked at."""

    FRESH = 0
    """No ordinary line before."""
    LITTLE = 1
    """A few."""
    WELL = 2


def known(line: Line) -> Known:
    """How well the sender was known when this line came."""
    if line.earlier == 0:
        return Known.FRESH
    return Known.LITTLE if line.earlier < FEW else Known.WELL


def is_new_account(line: Line) -> bool:
    """True where the platform tells the age of the sender's account, and it was younger than a week."""
    created_s = line.message.sender.created_s
    return created_s is not None and line.at_s - created_s < NEW_ACCOUNT_S


class Mix:
    """In what proportion the lines of a room come from each kind of people."""

    __slots__ = ("_lines",)

    def __init__(self) -> None:
        self._lines = [6.0, 5.0, 4.0]

    def note(self, line: Line) -> None:
        """An ordinary line."""
        lines = self._lines
        lines[0 if line.earlier == 0 else 1 if line.earlier < FEW else 2] += 1.0
        if sum(lines) > HALVED_AT:
            self._lines = [count / 2 for count in lines]

    def share(self, kind: Known) -> float:
        """The share of one kind, more than 0."""
        return self._lines[kind] / sum(self._lines)


PUSHING = ((0.80, 0.15, 0.05), (0.20, 0.74, 0.06))
"""What the accounts of a wave are like, as shares of fresh, little and well known: made for it, or warmed up before."""
LEAST_KNOWN = -3.0
"""One person known here speaks so much against a wave, and no more."""


@dataclass(frozen=True, slots=True)
class Leaning:
    """How much more likely these people are a push than a crowd of this room, as a logarithm; above 0 speaks for a push.

    ``each`` is what one of each kind adds.
    """

    total: float
    each: tuple[float, float, float]

    def pushes(self, kind: Known) -> bool:
        """True for the kinds of people of whom the push is made."""
        return kind is Known.FRESH or (kind is Known.LITTLE and self.each[Known.LITTLE] > 0.0)


def leaning(people: Iterable[Known], mix: Mix) -> Leaning:
    """Hold a crowd's people against the room's mix."""
    counts = [0, 0, 0]
    for kind in people:
        counts[kind] += 1
    return max((_against(counts, shares, mix) for shares in PUSHING), key=lambda found: found.total)


def _against(counts: list[int], shares: tuple[float, float, float], mix: Mix) -> Leaning:
    fresh, little, well = (
        max(math.log(share / mix.share(kind)), LEAST_KNOWN) for kind, share in zip(Known, shares, strict=True)
    )
    each = (max(fresh, 0.0), little, well)
    return Leaning(sum(count * one for count, one in zip(counts, each, strict=True)), each)
