"""Alarms on their way into the store: parts tell them at once and go on, one after the other they become dossiers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from cases.docket import Wish
from cases.model import BOT, Refusal
from cases.ports import StorageError
from streams.events import RoomKey

if TYPE_CHECKING:  # the office hears of no alarm
    from bot.office import Office

log = structlog.get_logger(__name__)

RETRY_S = 5.0
WAITING_CAP = 1_000
"""More than so many alarms at a time tell nobody anything."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What somebody has to look at. ``what`` is one of `cases.dossiers.alarm.WHATS`, ``about`` a case's code or "".

    ``key`` makes a repeated alarm one.
    """

    what: str
    about: str
    room: RoomKey | None
    detail: str
    key: str


Tell = Callable[[Alarm], None]


class Alarms:
    """The queue between the parts and the store."""

    def __init__(self, office: Office, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._office = office
        self._sleep = sleep
        self._waiting: deque[Alarm] = deque(maxlen=WAITING_CAP)
        self._filled = asyncio.Event()

    def tell(self, alarm: Alarm) -> None:
        """Raise this alarm soon."""
        log.warning("alarm", what=alarm.what, about=alarm.about, room=alarm.room, detail=alarm.detail)
        self._waiting.append(alarm)
        self._filled.set()

    async def run(self) -> None:
        """Raise alarms for ever."""
        while True:
            await self._filled.wait()
            await self.raise_all()

    async def raise_all(self) -> None:
        """Write every alarm that waits; what the store cannot take is tried again."""
        while self._waiting:
            try:
                await self._raise(self._waiting[0])
            except StorageError as fault:
                log.error("alarm not stored, trying again", reason=str(fault))
                await self._sleep(RETRY_S)
                continue
            self._waiting.popleft()
        self._filled.clear()

    async def _raise(self, alarm: Alarm) -> None:
        fields = {"what": alarm.what, "detail": alarm.detail[:500]}
        wish = Wish("alarm", "raise", BOT, fields, about_id=alarm.about, room=alarm.room, processed=alarm.key)
        answer = await self._office.move(wish)
        if isinstance(answer, Refusal):
            log.error("alarm refused", what=alarm.what, reason=answer.reason, detail=answer.detail)
