"""What every part of the registrar stands on: the seals, the house, and a fresh draft of a change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cases import conflicts
from cases.draft import Draft
from cases.exercises import Exercise, from_overturned
from cases.history import Changes, ConflictRefused, Entry
from cases.house import House
from cases.lifecycle import may
from cases.machines import CASE
from cases.model import Actor, CaseState, Evidence, Refusal
from cases.ports import Decide, Seals
from cases.rulebook import Version
from cases.training import may_act
from streams.events import RoomKey


class Clerk:
    """The base of the registrar's parts."""

    def __init__(self, seals: Seals, house: House | None = None) -> None:
        self._seals = seals
        self.house = house or House()

    def exercise(self, state: CaseState, evidence: Sequence[Evidence]) -> Exercise | None:
        """An exercise for those who begin, from a case whose decision an appeal set aside; None from any other."""
        return from_overturned(state, evidence, self._seals)

    def _draft(self, state: CaseState | None, fresh: str, now: datetime, dry_run: bool) -> Draft:
        return Draft(self._seals, self.house, state, fresh, now, dry_run)

    def _version(self, state: CaseState | None, written: datetime) -> Version:
        """The rules a case is judged by: those it began with; a new one those in force when its lines were written."""
        book = self.house.rulebook
        return (book.numbered(state.policy_version) if state else None) or book.at(written)

    def _staffed(self, by: Actor, step: str, now: datetime, decide: Decide, room: RoomKey | None = None) -> Decide:
        """The decision of a member of staff: only if they may act, and are not concerned in the case (norm N4.1-3, N1.3-2).

        ``step`` names what they want, for the record of a refused attempt; ``room`` is where, when there may be no case yet.
        Refusals: ``suspended``, ``untrained``,
        ``conflict``; the last stands in the case's history.
        """

        def gated(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if (refused := self._conflicted(state, by, step, now)) is not None:
                return refused
            where = room if state is None else state.room
            return may_act(self.house.staff, by, now, self.house, where) or decide(state, fresh)

        return gated

    def _other_person(self, state: CaseState, one: str, other: str) -> bool:
        """True when the two refs are different people, whichever account they came with."""
        return not self.house.staff.same(one, other, state.room)

    def _conflicted(self, state: CaseState | None, by: Actor, step: str, now: datetime) -> Changes | None:
        """The record that somebody concerned was refused; None when they are not."""
        if state is None:
            return None
        book = self.house.staff
        why = conflicts.conflict(state, by, book, self.house.profile, self._seals)
        if why is None:
            return None
        signed = conflicts.signed(state, by, why, book, self._seals)
        entry = ConflictRefused(at=now, by=signed, step=step, reason=why)
        return Changes(entries=(entry,), code=state.code, refused=conflicts.refusal(why))


def unknown() -> Refusal:
    """The answer about a case that does not exist, or that somebody may not know of."""
    return Refusal("unknown_case", "no such case")


def closed(state: CaseState, move: str, by: Actor) -> Refusal | None:
    """Why the table has no such move now, or not for this kind of actor; None when it has."""
    refusal = CASE.refusal(state.status, move, by.kind)
    return refusal and Refusal(refusal.reason, f"{state.code}: {refusal.detail}")


def joinable(state: CaseState | None, move: type[Entry], dry_run: bool) -> CaseState | None:
    """The case, if the move may join it. What is done and what would only have been done are never one case."""
    return state if state is not None and state.dry_run == dry_run and may(move, state) else None
