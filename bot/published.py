"""The numbers that are published, month by month, and the last week's for the desk (norm N4.1-2).

They are counted from the record, in portions and once a day at most: a page that everybody may ask for stays cheap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.clock import instant
from bot.numbers import numbers
from cases.dossier import Dossier
from cases.ports import DossierFilter
from cases.statistics import Period, months, published, weeks
from storage import Storage

COUNTED_FOR = timedelta(days=1)
"""So long a count stands: what is decided later about a past month's cases is in the next one."""
MOST = 1_000


class Published:
    """``clock`` is Unix time."""

    def __init__(self, storage: Storage, clock: Callable[[], float]) -> None:
        self._storage = storage
        self._clock = clock
        self._counted: dict[datetime, tuple[datetime, Period]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def months(self) -> Sequence[str]:
        """The whole months since the first case, the latest first, like ``2026-05``."""
        return [f"{since:%Y-%m}" for since, _ in await self._months()]

    async def month(self, name: str) -> Mapping[str, Any] | None:
        """One of those months as it is published, with what went wrong and what was done about it; None: no such month."""
        span = next((one for one in await self._months() if f"{one[0]:%Y-%m}" == name), None)
        if span is None:
            return None
        at, counted = await self._count(*span)
        return {**published(counted), "counted_at": at.isoformat(), **await self._handled(name)}

    async def last_week(self) -> Period | None:
        """The last whole week, for those who work here; None while there is none."""
        first = await self._storage.reader.first_opened()
        spans = weeks(first, instant(self._clock())) if first is not None else ()
        return (await self._count(*spans[0]))[1] if spans else None

    async def _months(self) -> Sequence[tuple[datetime, datetime]]:
        first = await self._storage.reader.first_opened()
        return months(first, instant(self._clock())) if first is not None else ()

    async def _count(self, since: datetime, until: datetime) -> tuple[datetime, Period]:
        """A period's numbers and when they were counted."""
        async with self._one_at_a_time:
            now = instant(self._clock())
            known = self._counted.get(since)
            if known is None or known[1].until != until or now - known[0] >= COUNTED_FOR:
                known = self._counted[since] = now, await numbers(self._storage, since, until)
            return known

    async def _handled(self, month: str) -> dict[str, list[dict[str, str]]]:
        """The problems that a month's handling named, and what was done against each."""
        reader = self._storage.dossiers
        found = await reader.dossiers(DossierFilter(kind="improvement", limit=MOST))
        actions = [one for one in found if one.fields["month"] == month and one.status != "dropped"]
        closed = await reader.dossiers(DossierFilter(kind="period", status="closed", limit=MOST))
        summed = [str(one.fields["summary"]) for one in closed if one.fields["month"] == month]
        problems = [{"cause": cause} for cause in sorted({str(one.fields["cause"]) for one in actions})]
        return {
            "problems": problems + [{"summary": text} for text in summed],
            "improvements": [_improvement(one) for one in actions],
        }


def _improvement(dossier: Dossier) -> dict[str, str]:
    fields = dossier.fields
    shown = {name: str(fields[name]) for name in ("cause", "action", "result", "effect") if fields.get(name)}
    return {**shown, "status": dossier.status}
