"""When danmod started, and when it was last alive: kept in the database, so that it survives every kind of end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import facts
from storage.database import read

LATELY = timedelta(minutes=5)
KEPT = 50
"""So many starts are remembered: more within `LATELY` tell nothing new."""
GAP = timedelta(minutes=5)
"""A shorter absence is a restart."""
GAPS_KEPT = 500
_GAPS = "gaps"
_STARTED_AT = "started_at"
_ALIVE_AT = "alive_at"


@dataclass(frozen=True, slots=True)
class Run:
    """This start among the others.

    ``starts_lately`` counts the starts of the last five minutes, this one included. ``away`` is the time since danmod
    was last alive, None when it never was.
    """

    starts_lately: int
    away: timedelta | None


def begin(connection: Connection, now: datetime) -> Run:
    """Count a start. Starts of the future, from a clock that was wrong, count for nothing."""
    starts = [*_instants(facts.get(connection, _STARTED_AT)), now][-KEPT:]
    facts.put(connection, _STARTED_AT, " ".join(at.isoformat() for at in starts))
    alive = _instants(facts.get(connection, _ALIVE_AT))
    away = max(timedelta(0), now - alive[-1]) if alive else None
    if alive and away is not None and away >= GAP:
        _note_gap(connection, alive[-1], now)
    return Run(sum(now - LATELY < at <= now for at in starts), away)


def _note_gap(connection: Connection, since: datetime, until: datetime) -> None:
    known = (facts.get(connection, _GAPS) or "").split()[-(GAPS_KEPT - 1) :]
    facts.put(connection, _GAPS, " ".join([*known, f"{since.isoformat()}/{until.isoformat()}"]))


class StoredGaps:
    """When danmod was not there: statistics of such a time are partial (norm N4.1-2)."""

    def __init__(self, readers: AsyncEngine) -> None:
        self._readers = readers

    async def gaps(self) -> tuple[tuple[datetime, datetime], ...]:
        """From when until when nobody watched, the oldest first. Raises StorageError."""
        text = await read(self._readers, lambda connection: facts.get(connection, _GAPS))
        pairs = (word.split("/") for word in (text or "").split())
        return tuple((datetime.fromisoformat(since), datetime.fromisoformat(until)) for since, until in pairs)


def note_alive(connection: Connection, now: datetime) -> None:
    """Danmod lives at this instant."""
    facts.put(connection, _ALIVE_AT, now.isoformat())


def _instants(text: str | None) -> list[datetime]:
    return [datetime.fromisoformat(word) for word in (text or "").split()]
