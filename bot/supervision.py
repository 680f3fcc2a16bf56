"""Supervision at the edge: a week's cases are sampled, the record is looked through for flags (norm N4.1-1, N4.3-1).

The rules are in `cases.sampling` and `cases.flags`; here they get their rows.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bot.clock import instant
from bot.office import Office
from cases.docket import Wish
from cases.dossier import Dossier
from cases.flags import Flag, Lift, Look, bulk_lookups, favours, lifts, self_reversals
from cases.model import BOT, CaseState, Profile
from cases.ports import (
    AccessFilter,
    AccessReader,
    CaseFilter,
    CaseReader,
    DossierFilter,
    DossierReader,
    Seals,
    StorageError,
)
from cases.sampling import Agreement, Drawn, Sample, agreement, draw, gaps, weaknesses, week_of
from cases.staff import StaffBook

log = structlog.get_logger(__name__)

LOOKED_EVERY_S = 3_600.0
MOST_CASES = 100_000
MOST_DOSSIERS = 10_000
MOST_ACCESSES = 100_000
FLAGS_OVER = timedelta(days=30)
"""How far back the record is looked through."""
WEEKS_REPORTED = 8
"""How far back a missing sample is told."""
_BOOK = ("staff", "conduct", "check")


@dataclass(frozen=True, slots=True)
class State:
    """How supervision stands. ``overdue`` are the checks whose task is late, ``waiting`` those nobody has judged."""

    agreement: Agreement
    gaps: tuple[str, ...]
    weaknesses: tuple[str, ...]
    waiting: tuple[str, ...]
    overdue: tuple[str, ...]


async def book_of(reader: DossierReader) -> StaffBook:
    """Who works here, as the dossiers say."""
    found = [one for kind in _BOOK for one in await reader.dossiers(DossierFilter(kind=kind, limit=MOST_DOSSIERS))]
    return StaffBook.of(found)


class WeeklySample:
    """Draws the sample of the week that ended, in profile `platform`. A draw that was cut short goes on from its start."""

    def __init__(
        self,
        office: Office,
        cases: CaseReader,
        dossiers: DossierReader,
        seals: Seals,
        profile: Profile,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._office = office
        self._cases = cases
        self._dossiers = dossiers
        self._seals = seals
        self._profile = profile
        self._clock = clock
        self._sleep = sleep
        self._done = ""

    async def run(self) -> None:
        """Look once an hour, for ever."""
        while True:
            try:
                await self.turn()
            except StorageError as fault:
                log.error("no sample drawn", reason=str(fault))
            await self._sleep(LOOKED_EVERY_S)

    async def turn(self) -> None:
        """Draw what is missing of last week's sample. Raises StorageError."""
        week = week_of(instant(self._clock()) - timedelta(days=7))
        if self._profile is not Profile.PLATFORM or week == self._done:
            return
        start = await start_of(self._dossiers, week) or secrets.token_hex(8)
        drawn = await sample(self._cases, self._dossiers, self._seals, week, start)
        for one in drawn.drawn:
            if one.supervisor:
                await self._office.move(Wish("check", "draw", BOT, fields_of(drawn, one), about_id=one.code))
            else:
                log.warning("nobody can check a case", code=one.code, week=week)
        self._done = week


def fields_of(whole: Sample, one: Drawn) -> dict[str, str]:
    """What a check begins with."""
    return {"week": whole.week, "start": whole.start, "stratum": str(one.stratum), "supervisor": one.supervisor}


async def start_of(dossiers: DossierReader, week: str) -> str | None:
    """The random start of this ISO week's sample, None where none was drawn."""
    checks = await dossiers.dossiers(DossierFilter(kind="check", limit=MOST_DOSSIERS))
    return next((str(one.fields["start"]) for one in checks if one.fields.get("week") == week), None)


async def sample(cases: CaseReader, dossiers: DossierReader, seals: Seals, week: str, start: str) -> Sample:
    """The sample of the cases that were last handled in this ISO week. Raises ValueError for what is no week."""
    begin = monday(week)
    book = await book_of(dossiers)
    known = await cases.cases(CaseFilter(since=begin, limit=MOST_CASES))
    return draw((state for state in known if _in(state, begin)), week, start, book, seals)


def _in(state: CaseState, begin: datetime) -> bool:
    return begin <= state.last_at < begin + timedelta(days=7)


def monday(week: str) -> datetime:
    """The beginning of an ISO week (``2026-W47``), in UTC. Raises ValueError, saying what fits."""
    try:
        return datetime.strptime(f"{week}-1", "%G-W%V-%u").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{week!r} is no week; write it like 2026-W47") from None


async def state(cases: CaseReader, dossiers: DossierReader, now: datetime) -> State:
    """How supervision stands now."""
    checks = await dossiers.dossiers(DossierFilter(kind="check", limit=MOST_DOSSIERS))
    handled = await cases.cases(CaseFilter(since=now - timedelta(weeks=WEEKS_REPORTED), limit=MOST_CASES))
    weeks = Counter(week_of(one.last_at) for one in handled if not one.status.waits and not one.dry_run)
    verdicts = [bool(one.fields["agrees"]) for one in checks if "agrees" in one.fields]
    return State(
        agreement(verdicts),
        gaps({str(one.fields["week"]) for one in checks}, weeks, now),
        weaknesses(await book_of(dossiers)),
        _ids(checks, "drawn"),
        _ids(checks, "overdue"),
    )


def _ids(checks: Sequence[Dossier], status: str) -> tuple[str, ...]:
    return tuple(one.id for one in checks if one.status == status)


async def known_flags(dossiers: DossierReader) -> frozenset[tuple[str, str]]:
    """The flags for which there is a matter of conduct, as whom they are about and what they told."""
    matters = await dossiers.dossiers(DossierFilter(kind="conduct", limit=MOST_DOSSIERS))
    return frozenset((one.about, str(one.fields.get("what", ""))) for one in matters)


async def flags(cases: CaseReader, dossiers: DossierReader, access: AccessReader, now: datetime) -> tuple[Flag, ...]:
    """What in the last days' record looks like an abuse of office."""
    book = await book_of(dossiers)
    accesses = await access.accesses(AccessFilter(since=now - FLAGS_OVER, limit=MOST_ACCESSES))
    looks = [Look(row.at, row.who.ref, row.ref) for row in accesses if row.who.ref]
    rows: list[Lift] = []
    for one in await cases.cases(CaseFilter(since=now - FLAGS_OVER, limit=MOST_CASES)):
        history = await cases.history(one.code)
        rows += lifts(one.room, one.code, (row.entry for row in history if row.entry is not None))
    return (*self_reversals(rows, book), *favours(rows, book), *bulk_lookups(looks, book))
