"""What every part of the registrar stands on: the seals, the house, and a fresh draft of a change."""

from __future__ import annotations

from datetime import datetime

from cases.draft import Draft
from cases.history import Entry
from cases.house import House
from cases.lifecycle import may
from cases.model import CaseState, Refusal
from cases.ports import Seals


class Clerk:
    """The base of the registrar's parts."""

    def __init__(self, seals: Seals, house: House | None = None) -> None:
        self._seals = seals
        self.house = house or House()

    def _draft(self, state: CaseState | None, fresh: str, now: datetime, dry_run: bool) -> Draft:
        return Draft(self._seals, self.house, state, fresh, now, dry_run)


def unknown() -> Refusal:
    """The answer about a case that does not exist, or that somebody may not know of."""
    return Refusal("unknown_case", "no such case")


def joinable(state: CaseState | None, move: type[Entry], dry_run: bool) -> CaseState | None:
    """The case, if the move may join it. What is done and what would only have been done are never one case."""
    return state if state is not None and state.dry_run == dry_run and may(move, state) else None
