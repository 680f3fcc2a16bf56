"""Patterns that a room's people write: each is a check of its own. RE2 only, which no pattern can make slow.

A pattern is looked for in the line as written and in its folded form, without regard to case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import re2  # type: ignore[import-untyped]  # it ships no types

from cases.checks.seen import Check, CheckMode, Finding, Seen, Weight
from cases.rules import Rule
from ratelimit.fold import CAP

LONGEST_PATTERN = 500
LARGEST_PROGRAM = 5_000
"""RE2's own measure of a compiled pattern; an ordinary one has a few dozen."""
MOST_MEMORY = 1 << 20
_ORDINARY = ("hello everybody", "666", "主播好", "草", "lol", "что это", "gg wp :)", "???")
"""A pattern that finds most of these finds nearly everything."""


class PatternError(ValueError):
    """A pattern that cannot be used; the text says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern made ready."""

    written: str
    _compiled: Any

    def finds(self, text: str, folded: str) -> bool:
        """True when it is in the line as written or in its folded form."""
        search = self._compiled.search
        return search(text[:CAP]) is not None or search(folded) is not None

    @property
    def finds_everything(self) -> bool:
        """True when most ordinary lines, or an empty one, are found."""
        hits = sum(1 for text in _ORDINARY if self._compiled.search(text) is not None)
        return self._compiled.search("") is not None or hits > len(_ORDINARY) // 2


def compile_pattern(written: str, *, everything: bool = False) -> Pattern:
    """A pattern ready to be looked for. ``everything``: that it finds nearly all lines is meant.

    Raises PatternError with the reason and the cure.
    """
    if not written.strip():
        raise PatternError("the pattern is empty; an empty pattern would find every line")
    if len(written) > LONGEST_PATTERN:
        raise PatternError(
            f"the pattern has {len(written)} characters, {LONGEST_PATTERN} are the most; for many words use a word list"
        )
    pattern = Pattern(written, _compiled(written))
    if pattern.finds_everything and not everything:
        raise PatternError("the pattern finds nearly every line; if that is meant, say so with everything = true")
    return pattern


def _compiled(written: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    try:
        compiled = re2.compile(written, options=options)
    except (re2.error, UnicodeError) as fault:
        words = fault.args[0] if fault.args else ""
        raise PatternError(_told(words.decode() if isinstance(words, bytes) else str(words), written)) from None
    if compiled.programsize > LARGEST_PROGRAM:
        raise PatternError(f"the pattern is too large ({compiled.programsize}, {LARGEST_PROGRAM} at most); repeat less")
    return compiled


def _told(fault: str, written: str) -> str:
    """RE2's words as a sentence with a cure."""
    if any(sign in written for sign in ("(?=", "(?!", "(?<=", "(?<!")):
        return "look-around, like (?=…) or (?<!…), cannot be used: RE2 has none, as it can make a search endless"
    if "invalid escape sequence: \\" in fault and fault[-1:].isdigit():
        return "a reference back, like \\1, cannot be used: RE2 has none, as it can make a search endless"
    if "too large" in fault or "repetition" in fault or "repeat" in fault:
        return f"the pattern repeats too much ({fault}); a count may be at most 1000, and not a count of counts"
    return f"the pattern cannot be read: {fault}"


def pattern_check(
    name: str, pattern: Pattern, rule: Rule, weight: Weight, mode: CheckMode = CheckMode.ENFORCE
) -> Check:
    """The check of one pattern. A command is never found: a report may quote what it reports."""
    check = f"pattern:{name}"

    def ask(seen: Seen) -> Finding | None:
        if seen.plain or not pattern.finds(seen.line.message.text, seen.line.folded):
            return None
        return Finding(check, rule, (("patterned", name),), (seen.line,), seen.line.cluster, weight=weight)

    return Check(check, ask, mode)
