"""The test box: a line is tried against a room's checks, and everything is told in words. For the command line, the API and
the desk; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases.catalogue import say
from cases.checks import Weight
from cases.policy import RoomPolicy
from cases.signals import check_name, told
from cases.tryout import Asked, Tried, try_line

LONGEST = 2_000
STANDINGS = ("newcomer", "regular")


def tried(text: str, policy: RoomPolicy, at_s: float, standing: str, language: str) -> dict[str, Any]:
    """What a room's checks make of a line by a ``newcomer`` or a ``regular``, as plain values with words for people."""
    found = try_line(text[:LONGEST], policy, at_s, regular=standing == "regular")
    return {
        "text": text[:LONGEST],
        "as": standing,
        "folded": found.folded,
        "disguised": found.disguised,
        "contact": _contact(found, language),
        "measures": list(found.measures),
        "hold_s": found.hold_s,
        "checks": [_row(one, language) for one in found.checks],
    }


def _contact(found: Tried, language: str) -> Mapping[str, Any] | None:
    contact = found.contact
    if contact is None:
        return None
    words = say(language, "checks.box.sure" if contact.sure else "checks.box.unsure")
    return {"kind": contact.kind, "found": contact.found, "sure": contact.sure, "words": words}


def _row(one: Asked, language: str) -> dict[str, Any]:
    why = told(one.found, language) if one.found is not None else say(language, f"checks.why.{one.why_not}")
    return {
        "check": one.check,
        "looks_for": check_name(one.check, language),
        "mode": one.mode,
        "hit": one.found is not None,
        "weight": None if one.weight is None else Weight(one.weight).name.lower(),
        "why": why,
    }
