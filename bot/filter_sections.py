"""What a room's people set up themselves: classic filters, word lists, patterns. Sections of the configuration, and the
checks they become."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from bot.sections import Section
from bot.word_lists import WordFile, read_word_file
from cases.checks import Check, CheckMode, Weight
from cases.checks.patterns import PatternError, compile_pattern, pattern_check
from cases.checks.quiet import quiet_hours
from cases.checks.shape import Filters, Shape
from cases.checks.words import Words, sort_out, word_check
from cases.rules import HOUSE_RULES

WEIGHTS = {"hold": Weight.HOLD, "mild": Weight.MILD, "grave": Weight.GRAVE}
Named = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,23}$")]
WeightName = Literal["hold", "mild", "grave"]
Share = Annotated[float, Field(gt=0, lt=1)]


class _ShapeSection(Section):
    capitals: Share | None = None
    symbols: Share | None = None
    emoji: int | None = Field(default=None, ge=1)
    length: int | None = Field(default=None, ge=10)

    @property
    def shape(self) -> Shape:
        """The limits."""
        return Shape(self.capitals, self.symbols, self.emoji, self.length)


class QuietSection(_ShapeSection):
    """Stricter filters at some hours. ``hours`` by the clock of ``zone``; ``contacts``: every contact is kept off."""

    hours: tuple[str, ...] = ()
    zone: str = "UTC"
    contacts: bool = True

    @model_validator(mode="after")
    def _readable(self) -> QuietSection:
        quiet_hours(self.hours, self.zone)
        return self


class FiltersSection(_ShapeSection):
    """The classic filters, all off. In a room, a key left out is taken from the common ``[filters]``."""

    weight: WeightName | None = None
    regular_lines: int | None = Field(default=None, ge=0)
    regular_min: float | None = Field(default=None, ge=0)
    quiet: QuietSection | None = None

    def over(self, common: FiltersSection) -> FiltersSection:
        """These keys, with the common ones where a key is left out."""
        return common.model_copy(
            update={key: value for key in type(self).model_fields if (value := getattr(self, key)) is not None}
        )

    @property
    def filters(self) -> Filters:
        """The filters as the checks take them. In quiet hours a limit that is left out stays as at other hours."""
        base, quiet = Filters(), self.quiet
        hours = quiet_hours(quiet.hours, quiet.zone) if quiet is not None and quiet.hours else None
        return Filters(
            shape=self.shape,
            weight=WEIGHTS[self.weight or "hold"],
            regular_lines=base.regular_lines if self.regular_lines is None else self.regular_lines,
            regular_span=base.regular_span if self.regular_min is None else timedelta(minutes=self.regular_min),
            quiet=hours,
            quiet_shape=self.shape if quiet is None else _stricter(quiet.shape, self.shape),
            quiet_contacts=quiet is not None and quiet.contacts,
        )


def own_checks(
    room: str, filters: FiltersSection, lists: Sequence[WordListSection], patterns: Sequence[PatternSection]
) -> tuple[Check, ...]:
    """What a room's people set up, as checks. Raises WordListError."""
    classic = [replace(check, made_of=_made_of(filters)) for check in filters.filters.checks()]
    named: tuple[WordListSection | PatternSection, ...] = (*lists, *patterns)
    return (*classic, *(replace(one.check(), made_of=_made_of(one)) for one in named if one.is_for(room)))


def _made_of(section: FiltersSection | WordListSection | PatternSection) -> str:
    """A digest of what a check is made of: it changes with every edit, also of a list's file."""
    file = section.file if isinstance(section, WordListSection) else None
    made_of = section.model_dump_json().encode() + (b"" if file is None else file.read_bytes())
    return hashlib.sha256(made_of).hexdigest()[:16]


class _OwnSection(Section):
    name: Named
    rule: str = "R0"
    weight: WeightName = "hold"
    mode: CheckMode = CheckMode.ENFORCE
    rooms: tuple[str, ...] = ()

    @field_validator("rule")
    @classmethod
    def _known(cls, rule: str) -> str:
        if rule not in HOUSE_RULES:
            raise ValueError(f"there is no rule {rule}; the rules are {', '.join(HOUSE_RULES)}")
        return rule

    @field_validator("rooms")
    @classmethod
    def _keys(cls, rooms: tuple[str, ...]) -> tuple[str, ...]:
        for room in rooms:
            if not all(room.partition(":")):
                raise ValueError(f"{room!r} is no room; write PLATFORM:ROOM, like irc:#talk")
        return rooms

    def is_for(self, room: str) -> bool:
        """True for a room this is meant for."""
        return not self.rooms or room in self.rooms


class WordListSection(_OwnSection):
    """A word list. ``words`` and the lines of ``file`` together; ``allow`` are phrases in which a word is fine."""

    words: tuple[str, ...] = ()
    file: Path | None = None
    allow: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _usable(self) -> WordListSection:
        if not self.words and self.file is None:
            raise ValueError('write words = [...] or file = "..."')
        return self

    def check(self) -> Check:
        """The list as a check. Raises WordListError for a file that cannot be read."""
        words = _words(self.words, self.file, self.allow)
        return word_check(self.name, words, HOUSE_RULES[self.rule], WEIGHTS[self.weight], self.mode)

    def report(self) -> list[str]:
        """What of the list is used, and what is left out and why. Raises WordListError."""
        here = WordFile(sort_out(self.words), len(self.words)).report(self.name) if self.words else []
        return [*here, *(read_word_file(self.file).report(f"{self.name} ({self.file})") if self.file else [])]


class PatternSection(_OwnSection):
    """A pattern (RE2). ``everything``: that it finds nearly all lines is meant."""

    pattern: str
    everything: bool = False

    @model_validator(mode="after")
    def _usable(self) -> PatternSection:
        try:
            compile_pattern(self.pattern, everything=self.everything)
        except PatternError as fault:
            raise ValueError(f"pattern {self.name}: {fault}") from None
        return self

    def check(self) -> Check:
        """The pattern as a check."""
        found = compile_pattern(self.pattern, everything=self.everything)
        return pattern_check(self.name, found, HOUSE_RULES[self.rule], WEIGHTS[self.weight], self.mode)


@lru_cache(maxsize=32)
def _words(words: tuple[str, ...], file: Path | None, allow: tuple[str, ...]) -> Words:
    """A list made ready once for all the rooms that use it."""
    of_file = () if file is None else read_word_file(file).sorted.kept
    return Words((*sort_out(words).kept, *of_file), allow)


def _stricter(quiet: Shape, usual: Shape) -> Shape:
    """The limits of the quiet hours, with the usual ones where one is left out."""
    return Shape(
        usual.capitals if quiet.capitals is None else quiet.capitals,
        usual.symbols if quiet.symbols is None else quiet.symbols,
        usual.emoji if quiet.emoji is None else quiet.emoji,
        usual.length if quiet.length is None else quiet.length,
    )
