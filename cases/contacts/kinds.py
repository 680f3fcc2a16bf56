"""What a contact is, as a value."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple


class ContactKind(enum.StrEnum):
    """By which way somebody is to be reached."""

    LINK = "link"
    EMAIL = "email"
    MESSENGER = "messenger"
    NUMBER = "number"
    POINTER = "pointer"
    """No address in the line, but where to find one: "look at my profile", "subscribe to my channel"."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact a line carries. ``found`` is what was seen, in plain letters. ``sure``: somebody could use it as it
    stands, or is told to; else it is a word about one ("qq", seven digits), which alone proves nothing."""

    kind: ContactKind
    found: str
    sure: bool = True


class Views(NamedTuple):
    """One line in the forms that are looked at.

    ``written``: as it is; ``plain``: with compatibility forms resolved, small letters, no invisible characters and no
    ``@name``;
    ``folded``: as `ratelimit.fold` has it, without the emoji between its letters;
    ``signs``: which groups of patterns may find something in it (`accounts.signs`).
    """

    written: str
    plain: str
    folded: str
    signs: int


NAMES, WEAK = 1, 2
"""The first two sections of `pointers.txt` as bits of ``Views.signs``."""
