"""Reporters' findings at the edge: what one begins with, whose a private page may show, what has run out (norm N4.3-2a).

A moderator names a report, never a reporter: the pseudonym is looked up here and stays inside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog

from bot.clock import instant
from bot.office import Office
from cases.docket import Wish
from cases.dossiers.standing import due_to_end
from cases.model import BOT, CaseState, Refusal
from cases.ports import DossierFilter, DossierReader, Seals, StorageError
from streams.events import RoomKey, platform_of
from web.views import OwnFinding

log = structlog.get_logger(__name__)

LOOKED_EVERY_S = 3_600.0
MOST = 10_000


class OwnFindings:
    """What a person may know of the findings about the own reports; ``rooms`` are those danmod watches."""

    def __init__(self, rooms: Callable[[], Iterable[RoomKey]], dossiers: DossierReader, seals: Seals) -> None:
        self._rooms = rooms
        self._dossiers = dossiers
        self._seals = seals

    async def of_report(self, state: CaseState, report_id: str) -> Sequence[OwnFinding]:
        """Those about whoever made this report."""
        made = next((report for report in state.reports if report.id == report_id), None)
        return await self._about(made.reporter) if made is not None and made.reporter else ()

    async def of_account(self, platform: str, sender_id: str) -> Sequence[OwnFinding]:
        """Those about an account, in all rooms of its platform."""
        rooms = [room for room in self._rooms() if platform_of(room) == platform]
        return [one for room in rooms for one in await self._about(self._seals.pseudonym(room, sender_id))]

    async def _about(self, pseudonym: str) -> Sequence[OwnFinding]:
        """What nobody has confirmed is not told."""
        found = await self._dossiers.dossiers(DossierFilter(kind="standing", about=pseudonym))
        told = [one for one in found if one.last("confirm") is not None]
        return [OwnFinding(one.id, one.status, self._seals.token("dossier", one.id)) for one in told]


class Endings:
    """Ends the steps whose term is over; whoever is barred waits for a person."""

    def __init__(
        self,
        office: Office,
        dossiers: DossierReader,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._office = office
        self._dossiers = dossiers
        self._clock = clock
        self._sleep = sleep

    async def run(self) -> None:
        """Look once an hour, for ever."""
        while True:
            try:
                await self.turn()
            except StorageError as fault:
                log.error("no step ended", reason=str(fault))
            await self._sleep(LOOKED_EVERY_S)

    async def turn(self) -> None:
        """End what is over now. Raises StorageError."""
        now = instant(self._clock())
        running = await self._dossiers.dossiers(DossierFilter(kind="standing", status="in-force", limit=MOST))
        for dossier in running:
            if due_to_end(dossier, now):
                answer = await self._office.move(Wish("standing", "end", BOT, {}), dossier.id)
                if isinstance(answer, Refusal):
                    log.warning("step not ended", id=dossier.id, reason=answer.detail)
