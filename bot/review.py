"""After a long absence a person looks first: measures that still waited are not carried out by themselves.

The database may be an older copy put back, and an appeal that succeeded after the copy was made is not in it: nobody may
be muted or banned for what was set aside since. Lifts and deletions keep to their usual rules.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from cases.intents import OutcomeSeen
from cases.model import MeasureStatus
from cases.ports import ByCode, CaseLog, Outbox
from cases.registrar import Registrar

log = structlog.get_logger(__name__)

LONG_AWAY = timedelta(hours=1)


async def hold_for_review(
    outbox: Outbox, case_log: CaseLog, registrar: Registrar, now: datetime, away: timedelta | None
) -> int:
    """Refuse the mutes and bans that waited while danmod was away; how many. Call it before anything is ordered.

    ``away`` None: danmod was never alive before. Raises StorageError; calling it again goes on where it stopped.
    """
    if away is None or away <= LONG_AWAY:
        return 0
    detail = f"held for review: danmod was away for {_hours(away)} h; order it again if it is still right"
    waiting = await outbox.measures_waiting(now)
    for row in waiting:
        seen = OutcomeSeen(row.action.id, MeasureStatus.REFUSED, detail)
        await case_log.apply(ByCode(row.code), registrar.outcome(seen, now))
    if waiting:
        codes = ", ".join(sorted({row.code for row in waiting}))
        log.warning("measures held for review", measures=len(waiting), away_h=_hours(away), cases=codes)
    return len(waiting)


def _hours(away: timedelta) -> int:
    return round(away / timedelta(hours=1))
