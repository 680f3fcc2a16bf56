"""Erasing what is due, once an hour: by the schedule, by granted requests, and old copies of the database (norm P3-1b)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.clock import instant
from cases.dossier import Dossier
from cases.ports import DossierFilter, DossierReader, StorageError
from cases.retention import BACKUPS_KEPT, Schedule
from storage.erasure import StoredErasure

log = structlog.get_logger(__name__)

EVERY_S = 3_600.0
"""How long between two looks; what is due is erased within a day."""
TURNS = 50
"""So many transactions one look makes at most; the rest waits for the next one."""
PAUSE_S = 0.05
"""Between two transactions, so that decisions are written meanwhile."""
_MOST_REQUESTS = 1_000


class Retention:
    """The job. ``changed`` is told when dossiers went, so that whoever works from them looks anew."""

    def __init__(
        self,
        erasure: StoredErasure,
        dossiers: DossierReader,
        schedule: Schedule,
        changed: Callable[[], Awaitable[None]],
        copies_of: Path | None,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``copies_of`` is the SQLite file, of which upgrades left copies; None: there is none."""
        self._erasure = erasure
        self._dossiers = dossiers
        self._schedule = schedule
        self._changed = changed
        self._copies_of = copies_of
        self._clock = clock
        self._sleep = sleep

    async def run(self) -> None:
        """Look once an hour, for ever."""
        while True:
            try:
                await self.turn()
            except (StorageError, OSError) as fault:
                log.error("not all is erased that is due", reason=str(fault))
            await self._sleep(EVERY_S)

    async def turn(self) -> dict[str, int]:
        """Erase what is due now; how many rows went, by kind of data. Raises StorageError."""
        now, gone = instant(self._clock()), dict[str, int]()
        for request in await self._requests():
            _add(gone, (await self._erasure.carry_out(request, now)).counts)
        for _ in range(TURNS):
            erased = await self._erasure.erase_due(self._schedule, now)
            if not erased.counts:
                break
            _add(gone, erased.counts)
            await self._sleep(PAUSE_S)
        await self._erasure.settle()
        if "dossiers" in gone:
            await self._changed()
        await asyncio.to_thread(self._drop_copies, now)
        return gone

    async def _requests(self) -> list[Dossier]:
        """Granted erasures of which there is no proof yet."""
        granted = await self._dossiers.dossiers(
            DossierFilter(kind="rights_request", status="granted", limit=_MOST_REQUESTS)
        )
        proofs = await self._dossiers.dossiers(DossierFilter(kind="erasure", limit=_MOST_REQUESTS))
        done = {proof.about for proof in proofs}
        return [one for one in granted if one.fields.get("what") == "erasure" and one.id not in done]

    def _drop_copies(self, now: datetime) -> None:
        """Copies that an upgrade left hold what was erased since: they age out."""
        for copy in old_copies(self._copies_of, now, BACKUPS_KEPT):
            copy.unlink(missing_ok=True)
            log.info("an old copy of the database was removed", copy=str(copy))


def old_copies(file: Path | None, now: datetime, kept: timedelta) -> list[Path]:
    """Copies of the SQLite file made by upgrades longer ago than this."""
    if file is None:
        return []
    edge = (now - kept).timestamp()
    return [copy for copy in sorted(file.parent.glob(f"{file.name}.bak-*")) if copy.stat().st_mtime <= edge]


def _add(sums: dict[str, int], counts: dict[str, int]) -> None:
    for kind, count in counts.items():
        sums[kind] = sums.get(kind, 0) + count
