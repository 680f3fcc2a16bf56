"""The application service: every move of a case or a dossier, whoever asks and whichever way (API, command line, desk).

It looks up what a move may depend on, hands it to the one writer, and lets the running bot know what follows. Chat keeps
to its own words (`commands`), which become the same intents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.acts import ACTS, Doing
from bot.clock import instant
from cases.docket import Docket, Wish
from cases.dossier import About, Dossier, may_read
from cases.dossiers.policy import rulebook
from cases.dossiers.standing import FORGOTTEN, in_force, prefilled
from cases.exercises import Exercise
from cases.model import BOT, Actor, ActorKind, CaseState, CaseStatus, Refusal
from cases.needs import Unfit, filled
from cases.ports import (
    AccessLog,
    Applied,
    ByCode,
    CaseFilter,
    CaseLog,
    CaseReader,
    Decide,
    DossierApplied,
    DossierFilter,
    DossierLog,
    DossierReader,
    Repeated,
)
from cases.purposes import granted
from cases.registrar import Registrar
from cases.staff import StaffBook
from cases.training import Edition
from streams.events import RoomKey

IDENTITY = "identity-opening"
NOT_THEIRS = ("not_allowed", "second_person", "untrained", "suspended")
"""Refusals of somebody who may not learn who a reporter is: the attempt goes on record."""
HOUSE_KINDS = ("staff", "conduct", "check", "policy", "interpretation", "standing")
"""Dossiers the house is made from: who works here, the rules, and whose reports are limited."""
MOST = 10_000
OVERTURNED_SEEN = 50
"""So many of the latest overturned cases are looked through for exercises; not every one kept its lines."""
EXERCISES = 10
"""So many of them join the test: enough to learn from, few enough to be answered."""
LOOKED_AT = 500
"""So many dossiers of a kind are handed to a guard that wants to see them all, the newest."""


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where cases and dossiers are written and read."""

    cases: CaseLog
    case_reader: CaseReader
    dossiers: DossierLog
    dossier_reader: DossierReader
    access: AccessLog


class Office:
    """Moves cases and dossiers. ``absorb`` hears of every committed change of a case; ``clock`` is Unix time."""

    def __init__(
        self,
        shelves: Shelves,
        registrar: Registrar,
        docket: Docket,
        absorb: Callable[[RoomKey, Applied], None],
        *,
        clock: Callable[[], float],
    ) -> None:
        self._shelves = shelves
        self._registrar = registrar
        self.docket = docket
        self._absorb = absorb
        self._clock = clock
        self.listeners: list[Callable[[Dossier], None]] = []
        """These hear of every dossier that was moved."""

    @property
    def now(self) -> datetime:
        """The instant by the office's clock."""
        return instant(self._clock())

    # -- cases ------------------------------------------------------------------------------------------------------

    async def act(
        self, code: str, move: str, by: Actor, fields: Mapping[str, Any], processed: str | None = None
    ) -> Applied | Repeated | Refusal:
        """One move of a case by its name (`bot.acts.ACTS`).

        Refusals: ``unknown_case``, ``invalid_transition`` (no such move), ``unfit`` (naming the field), and the
        registrar's. ``processed`` makes a repeated wish one. Raises StorageError; then nothing was done.
        """
        act = ACTS.get(move)
        if act is None:
            return Refusal("invalid_transition", f"a case knows no move {move}; there are {', '.join(ACTS)}")
        state = await self._shelves.case_reader.case(code)
        if state is None or not self.works_in(by, state.room):
            return Refusal("unknown_case", "no such case")
        try:
            read = filled(act.needs, act.allows, fields)
        except Unfit as fault:
            return Refusal("unfit", str(fault))
        now = instant(self._clock())
        doing = Doing(self._registrar, state, by, read, now, processed, self._somebody_else(state))
        decide = act.build(doing)
        return decide if isinstance(decide, Refusal) else await self.decide(state.code, decide)

    async def decide(self, code: str, decide: Decide) -> Applied | Repeated | Refusal:
        """Hand one decision of the registrar's to the log, and let the bot know."""
        answer = await self._shelves.cases.apply(ByCode(code), decide)
        if isinstance(answer, Applied):
            self._absorb(answer.state.room, answer)
        return answer

    async def case(self, code: str, by: Actor, why: str) -> CaseState | Refusal:
        """A case as somebody of the staff reads it: noted down before it is handed out. Refusals: ``unknown_case``,
        ``no_reason``, ``no_purpose``, ``not_allowed`` (`cases.purposes`)."""
        reason = granted("case", by.kind, why)
        if isinstance(reason, Refusal):
            if reason.reason != "no_reason":
                await self._shelves.access.note(instant(self._clock()), by, "refused:case", code, why)
            return reason
        state = await self._shelves.case_reader.case(code)
        if state is None or not self.works_in(by, state.room):
            await self._shelves.access.note(instant(self._clock()), by, "refused:case", code, reason)
            return Refusal("unknown_case", "no such case")
        await self._shelves.access.note(instant(self._clock()), by, "case", state.code, reason)
        return state

    async def cases(self, which: CaseFilter) -> Sequence[CaseState]:
        """The cases that match, newest first."""
        return await self._shelves.case_reader.cases(which)

    def works_in(self, by: Actor, room: RoomKey) -> bool:
        """False for a member of staff whose rooms are others."""
        member = self._registrar.house.staff.member(by.ref, room)
        return member is None or member.covers(room)

    def _somebody_else(self, state: CaseState) -> bool:
        """True where somebody who took no part in the case could answer its appeal."""
        book = self._registrar.house.staff
        kinds = (ActorKind.REVIEWER, ActorKind.OWNER, ActorKind.MODERATOR)
        took_part = {book.person(ref, state.room) for ref in state.deciders}
        return any(member.id not in took_part for member in book.holders(*kinds, room=state.room))

    # -- dossiers ---------------------------------------------------------------------------------------------------

    async def move(self, wish: Wish, dossier_id: str | None = None) -> Dossier | Refusal:
        """One move of a dossier, or its beginning (``dossier_id`` None). A repeated wish answers with the dossier as it is.

        Refusals: the docket's, and ``unknown_dossier``. Raises StorageError; then nothing was done.
        """
        known = None if dossier_id is None else await self._shelves.dossier_reader.dossier(dossier_id)
        if dossier_id is not None and (known is None or known.kind != wish.kind):
            return Refusal("unknown_dossier", f"there is no dossier {dossier_id}")
        if wish.kind == "standing" and wish.move == "find":
            wish = await self._found(wish, known)
        about = await self._about(wish, known)
        now = instant(self._clock())
        target = None if known is None else known.id
        answer = await self._shelves.dossiers.apply(target, wish.kind, self.docket.move(wish, about, now))
        if isinstance(answer, Repeated):
            found = await self._shelves.dossier_reader.dossier(answer.code)
            return found or Refusal("unknown_dossier", f"there is no dossier {answer.code}")
        if isinstance(answer, DossierApplied):
            if wish.kind in HOUSE_KINDS:
                await self.refresh_house()
            if wish.kind == IDENTITY and wish.move == "open":
                await self._note_opening(wish.by, answer.dossier)
            for listener in self.listeners:
                listener(answer.dossier)
            return answer.dossier
        if wish.kind == IDENTITY and answer.reason in NOT_THEIRS:
            await self._note_attempt(wish, known, answer)
        return answer

    async def _note_opening(self, who: Actor, opening: Dossier) -> None:
        report, reason = str(opening.fields["report"]), str(opening.fields["reason"])
        await self._shelves.access.note(instant(self._clock()), who, "identity", report, f"rights: {reason}")

    async def _note_attempt(self, wish: Wish, known: Dossier | None, refusal: Refusal) -> None:
        """Somebody who may not tried to learn who a reporter is: on record, and told to the supervisors."""
        report = wish.fields.get("report") or (known.fields.get("report") if known else None)
        fields = {"who": wish.by.ref or str(wish.by.kind), "role": str(wish.by.kind), "refusal": refusal.detail}
        fields |= {"report": str(report)[:64]} if report else {}
        about_id = known.about if known else wish.about_id
        tried = self.docket.move(Wish(IDENTITY, "attempt", BOT, fields, about_id), About(), instant(self._clock()))
        await self._shelves.dossiers.apply(None, IDENTITY, tried)

    async def _found(self, wish: Wish, known: Dossier | None) -> Wish:
        """A finding about whoever made a report: named by the report (``about`` or the field ``report``), its numbers
        counted from the record. What is filled in already stays."""
        fields = dict(wish.fields)
        named = str(fields.pop("report", "") or wish.about_id)
        state = await self._shelves.case_reader.case(named.rpartition("-")[0])
        report = next((one for one in state.reports if one.id.lower() == named.lower()), None) if state else None
        if state is None or report is None or not report.reporter or (known and known.about != report.reporter):
            return replace(wish, fields=fields)
        now = instant(self._clock())
        earlier = await self._shelves.case_reader.reports_by(state.room, [report.reporter], now - FORGOTTEN)
        counted = prefilled(earlier, state, known, now)
        return replace(wish, fields={**counted, **fields}, about_id=report.reporter, room=state.room)

    async def dossier(self, dossier_id: str, by: Actor, why: str) -> Dossier | Refusal:
        """A dossier as somebody of the staff reads it, noted down. Refusals: ``unknown_dossier``, and those of `case`."""
        now, reason = instant(self._clock()), granted("dossier", by.kind, why)
        if isinstance(reason, Refusal):
            if reason.reason != "no_reason":
                await self._shelves.access.note(now, by, "refused:dossier", dossier_id, why)
            return reason
        found = await self._shelves.dossier_reader.dossier(dossier_id)
        if found is None or not self._may_read(found, by):
            await self._shelves.access.note(now, by, "refused:dossier", dossier_id, reason)
            return Refusal("unknown_dossier", f"there is no dossier {dossier_id}")
        await self._shelves.access.note(now, by, "dossier", found.id, reason)
        return found

    async def dossiers(self, which: DossierFilter, by: Actor) -> Sequence[Dossier]:
        """Those of the dossiers that match which this person may read, newest first."""
        return [one for one in await self._shelves.dossier_reader.dossiers(which) if self._may_read(one, by)]

    def _may_read(self, dossier: Dossier, by: Actor) -> bool:
        kind = self.docket.kinds.get(dossier.kind)
        return kind is not None and may_read(kind, dossier, by, self._registrar.house) is None

    async def _about(self, wish: Wish, known: Dossier | None) -> About:
        """What a guard may look at beyond the dossier itself."""
        about_id = wish.about_id if known is None else known.about
        reader, cases = self._shelves.dossier_reader, self._shelves.case_reader
        case = await cases.case(about_id) if about_id else None
        evidence = await cases.evidence(case.code) if case is not None else ()
        others = (
            await reader.dossiers(DossierFilter(kind=wish.kind, about=about_id, limit=LOOKED_AT)) if about_id else ()
        )
        return About(case, evidence, others, await self._linked(wish, known, about_id))

    async def _linked(self, wish: Wish, known: Dossier | None, about_id: str) -> Sequence[Dossier]:
        """The dossier it is about, those its fields name, and all of the kinds its guards want to see."""
        fields = {**(known.fields if known else {}), **wish.fields}
        names = dict.fromkeys([about_id, *_names(fields.values())])
        reader = self._shelves.dossier_reader
        found = [one for name in names if name and (one := await reader.dossier(name)) is not None]
        kind = self.docket.kinds.get(wish.kind)
        for wanted in sorted(kind.looks_at) if kind else ():
            found += await reader.dossiers(DossierFilter(kind=wanted, limit=LOOKED_AT))
        return list({one.id: one for one in found}.values())

    # -- who works here ---------------------------------------------------------------------------------------------

    async def refresh_house(self) -> None:
        """Take who works here, the rules and the reporters' standings from the dossiers; call it once at the start."""
        reader = self._shelves.dossier_reader
        found = [one for kind in HOUSE_KINDS for one in await reader.dossiers(DossierFilter(kind=kind, limit=MOST))]
        book = rulebook(found)
        learnt = book.learnt(instant(self._clock()))
        house = replace(
            self._registrar.house,
            staff=StaffBook.of(found),
            rulebook=book,
            edition=Edition(learnt.number, learnt.effective_at),
            standings=in_force(found),
            exercises=await self._exercises(),
        )
        self._registrar.house = house
        self.docket.house = house

    async def _exercises(self) -> tuple[Exercise, ...]:
        """The latest decisions that an appeal set aside, as exercises for those who begin."""
        reader, found = self._shelves.case_reader, []
        for state in await reader.cases(CaseFilter(status=CaseStatus.OVERTURNED, limit=OVERTURNED_SEEN)):
            exercise = None if state.dry_run else self._registrar.exercise(state, await reader.evidence(state.code))
            found += [exercise] if exercise else []
            if len(found) == EXERCISES:
                break
        return tuple(found)


def _names(values: Iterable[Any]) -> list[str]:
    """Texts among a dossier's fields that could be the id of another."""
    parts = [part for value in values for part in (value if isinstance(value, list | tuple) else [value])]
    return [part for part in parts if isinstance(part, str) and _looks_like_id(part)]


def _looks_like_id(name: str) -> bool:
    kind, _, number = name.rpartition("-")
    return bool(kind) and number.isdecimal() and len(name) <= 40
