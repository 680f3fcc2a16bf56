"""What a moderator was shown and has not confirmed yet: for a minute, by a code of two characters. In memory only."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cases.nuke import Needle
from cases.sentence import Measure
from streams.events import RoomKey

VALID = timedelta(seconds=60)
KEPT = 8
"""So many wait in a room at a time."""
_SIGNS = "ACDEFHJKMNPQRTWXY34679"
"""Nothing that is easily taken for something else."""


@dataclass(frozen=True, slots=True)
class NukePlan:
    """A nuke as it was asked for. ``twice``: it was confirmed once, and has to be once more."""

    code: str
    by: str
    at: datetime
    text: str
    what: Needle
    back: timedelta
    measure: Measure
    span: timedelta | None
    rule: str
    twice: bool = False


def two_signs() -> str:
    """A code that nobody knows before it is told."""
    return "".join(secrets.choice(_SIGNS) for _ in range(2))


class Plans:
    """The plans of all rooms. ``code`` makes a code that cannot be guessed."""

    def __init__(self, code: Callable[[], str] = two_signs) -> None:
        self._code = code
        self._waiting: dict[RoomKey, list[NukePlan]] = {}

    def keep(self, room: RoomKey, plan: NukePlan) -> NukePlan:
        """Keep a plan until it is confirmed, under a code of its own."""
        waiting = self._fresh(room, plan.at)
        taken = {one.code for one in waiting}
        code = next(code for code in iter(self._code, None) if code not in taken)
        made = replace(plan, code=code)
        self._waiting[room] = [*waiting, made][-KEPT:]
        return made

    def find(self, room: RoomKey, code: str, now: datetime) -> NukePlan | None:
        """The plan of this code; None when there is none, or its minute is over."""
        return next((one for one in self._fresh(room, now) if one.code == code.upper()), None)

    def drop(self, room: RoomKey, plan: NukePlan) -> None:
        """It was carried out, or took another code."""
        self._waiting[room] = [one for one in self._waiting.get(room, ()) if one is not plan]

    def _fresh(self, room: RoomKey, now: datetime) -> list[NukePlan]:
        return [one for one in self._waiting.get(room, ()) if now - one.at <= VALID]
