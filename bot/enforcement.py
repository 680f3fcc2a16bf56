"""Outbox rows become deeds on the platform, and the platform's answers become outcomes. Timers end mutes.

An action is tried until the platform confirms it, refuses it for good, or its window closes. An undo does nothing when a
newer measure stands. Everything here can be repeated: after a crash the rows are still there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.aftercare import Aftercare
from bot.clock import instant
from bot.rooms import Rooms
from cases.history import TimerKind
from cases.intents import OutcomeSeen
from cases.model import ActionKind, MeasureStatus, OrderedAction
from cases.ports import Applied, ByCode, CaseLog, CaseReader, Outbox, OutboxRow, StorageError, TimerRow
from cases.registrar import Registrar
from streams.backoff import Backoff
from streams.events import FeedState, RoomKey, platform_of
from streams.platform import (
    Action,
    BanSender,
    Capabilities,
    DeleteMessage,
    MuteCapability,
    MuteSender,
    Outcome,
    OutcomeStatus,
    Platform,
    UnbanSender,
    UnmuteSender,
)
from web.screen import FeedLine

log = structlog.get_logger(__name__)

WINDOW = timedelta(minutes=10)
"""A deletion is tried for so long; a mute until its end; a ban and every lift without end."""
SWEEP = timedelta(seconds=30)
AT_ONCE = 8
"""So many rooms of one platform are served at the same time; within a room one action after the other."""
TROUBLED_S = 1.0
"""How long the loop rests at least while something due could not be done, or is being done."""
SETTLED_AFTER_S = 8.0
"""Only a room seen for so long is believed to lack a capability: after a start or a reconnect roles arrive late."""
RUNS_LONGER = "runs longer: it is not shortened"
"""What a mute's outcome says when another was already silencing the sender for longer."""
EARLY_LIFT = timedelta(seconds=2)
"""A platform mute longer than decided by more than this is lifted by our own timer."""

STATUS = {
    OutcomeStatus.DONE: MeasureStatus.IN_FORCE,
    OutcomeStatus.ALREADY: MeasureStatus.IN_FORCE,
    OutcomeStatus.UNCONFIRMED: MeasureStatus.UNCONFIRMED,
    OutcomeStatus.REFUSED: MeasureStatus.REFUSED,
    OutcomeStatus.UNSUPPORTED: MeasureStatus.UNSUPPORTED,
}


class Counted(Protocol):
    """Numbers about what was done."""

    def action_done(self, kind: str, outcome: str) -> None:
        """One action of this kind went like this."""


class Enforcement:
    """The relay between the outbox and the platforms."""

    def __init__(
        self,
        rooms: Rooms,
        platforms: dict[str, Platform],
        case_log: CaseLog,
        reader: CaseReader,
        outbox: Outbox,
        registrar: Registrar,
        counted: Counted,
        absorb: Callable[[RoomKey, Applied], None],
        *,
        clock: Callable[[], float],
        chance: Callable[[], float] = random.random,
        show_again: Callable[[FeedLine], None] = lambda line: None,
    ) -> None:
        self._rooms = rooms
        self._platforms = platforms
        self._log = case_log
        self._reader = reader
        self._outbox = outbox
        self._registrar = registrar
        self._aftercare = Aftercare(rooms, case_log, reader, registrar, show_again)
        self._counted = counted
        self._absorb = absorb
        self._clock = clock
        self._chance = chance
        self._backoff = Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=60))
        self._wake = asyncio.Event()
        self.settled: Callable[[RoomKey, OutcomeStatus], None] = lambda room, status: None
        """Hears where an action was done, and how: a refusal may mean that danmod lost rights there."""
        self._troubled = False
        self._lanes: dict[RoomKey, asyncio.Task[None]] = {}
        self._slots: dict[str, asyncio.Semaphore] = {}

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    async def run(self) -> None:
        """Enforce for ever: when woken, when something is due, and in a sweep every half minute."""
        try:
            while True:
                self._wake.clear()
                wait_s = await self._begin_and_pause_s()
                try:
                    async with asyncio.timeout(wait_s):
                        await self._wake.wait()
                except TimeoutError:
                    continue
        finally:
            for lane in self._lanes.values():
                lane.cancel()

    async def _begin_and_pause_s(self) -> float:
        try:
            await self._begin()
            pause_s = await self._pause_s()
        except StorageError as fault:
            log.error("outbox not readable", reason=str(fault))
            return TROUBLED_S
        busy = bool(self._lanes) or self._troubled  # what is due just now is being done, or was tried just now
        return max(pause_s, TROUBLED_S) if busy else pause_s

    async def turn(self) -> None:
        """Everything that is due now: timers first, then actions, rooms side by side; returns when it is done."""
        await self._begin()
        await asyncio.gather(*self._lanes.values())

    async def _begin(self) -> None:
        """End what is over, and set off one lane for every room with something to do that has none yet."""
        now, self._troubled = instant(self._clock()), False
        for row in await self._outbox.timers_due(now):
            if row.timer.kind == TimerKind.CASCADE:
                await self._care(row, now)
            else:
                await self._end(row, now)
        by_room: dict[RoomKey, list[OutboxRow]] = {}
        for pending in await self._outbox.pending(now):
            by_room.setdefault(pending.room, []).append(pending)
        for key in by_room.keys() - self._lanes.keys():
            self._lanes[key] = asyncio.create_task(self._lane(key, by_room[key]))

    async def _lane(self, key: RoomKey, rows: Sequence[OutboxRow]) -> None:
        """One room's actions one after the other; a platform that hangs keeps only its own rooms waiting."""
        slots = self._slots.setdefault(platform_of(key), asyncio.Semaphore(AT_ONCE))
        try:
            async with slots:
                for row in rows:
                    await self._try(row)
        finally:
            del self._lanes[key]
            self.wake()

    async def _try(self, row: OutboxRow) -> None:
        try:
            await self._enact(row)
        except StorageError as fault:  # the row is still there: the next round comes back to it
            log.error("outcome not stored", action=row.action.id, reason=str(fault))
            self._troubled = True
        except Exception:
            log.exception("action not performed", action=row.action.id)
            self._troubled = True

    async def _pause_s(self) -> float:
        due = await self._outbox.next_due()
        if due is None:
            return SWEEP.total_seconds()
        until_s = due.timestamp() - self._clock()
        return min(SWEEP.total_seconds(), max(0.02, until_s))

    # -- actions ----------------------------------------------------------------------------------------------------

    async def _enact(self, row: OutboxRow) -> None:
        now = instant(self._clock())
        outcome = self._foregone(row, now) or await self._superseded(row) or await self._perform(row, now)
        if outcome.status is OutcomeStatus.RETRY:
            failed = self._backoff.delay(row.attempts + 1, self._chance())
            await self._outbox.postpone(row.action.id, now + max(failed, outcome.retry_after or failed), outcome.detail)
            log.info("action waits", action=row.action.id, kind=row.action.kind, detail=outcome.detail)
            return
        await self._record(row, outcome)

    def _foregone(self, row: OutboxRow, now: datetime) -> Outcome | None:
        """The outcome of an action whose window has closed, None while it is open."""
        action = row.action
        if action.kind is ActionKind.MUTE and action.until is not None and action.until <= now:
            return Outcome(OutcomeStatus.REFUSED, "the mute ended before the platform could be reached")
        if action.kind is ActionKind.DELETE and row.attempts and now - action.ordered_at > WINDOW:
            return Outcome(OutcomeStatus.REFUSED, "the platform could not be reached in time to delete the line")
        return None

    async def _superseded(self, row: OutboxRow) -> Outcome | None:
        """A lift does nothing when another measure of ours keeps the sender silent, a mute when one runs longer: platforms
        know one mute a person, and would shorten it."""
        if row.action.kind in (ActionKind.DELETE, ActionKind.BAN):
            return None
        for other in await self._reader.mutes_in_force(instant(self._clock())):
            same = other.room == row.room and other.sender_id == row.action.respondent
            if not same or other.action_id in (row.action.id, row.action.undoes):
                continue
            if row.action.kind is not ActionKind.MUTE:
                return Outcome(OutcomeStatus.ALREADY, f"{other.action_id} still stands: not lifted on the platform")
            if _outlasts(other.until, row.action.until):
                return Outcome(OutcomeStatus.ALREADY, f"{other.action_id} {RUNS_LONGER}")
        return None

    async def _perform(self, row: OutboxRow, now: datetime) -> Outcome:
        platform = self._platforms.get(platform_of(row.room))
        if platform is None or self._rooms.get(row.room) is None:
            return Outcome(OutcomeStatus.RETRY, "the room is not watched now", timedelta(minutes=5))
        action = _platform_action(row, platform.capabilities(row.room), now)
        if isinstance(action, Outcome):
            return action if self._is_settled(row.room) else Outcome(OutcomeStatus.RETRY, "the room is not seen yet")
        try:
            return await platform.perform(action)
        except Exception:
            log.exception("the platform's adapter failed", action=row.action.id)
            return Outcome(OutcomeStatus.RETRY, "a fault of danmod's own; see the log")

    def _is_settled(self, key: RoomKey) -> bool:
        """False while the room is not seen or just was: what we may do there is told only then (a role comes late)."""
        room = self._rooms.get(key)
        return (
            room is not None
            and room.state not in (FeedState.CONNECTING, FeedState.REFUSED)
            and self._clock() - room.state_since_s >= SETTLED_AFTER_S
        )

    async def _record(self, row: OutboxRow, outcome: Outcome) -> None:
        now = instant(self._clock())
        self.settled(row.room, outcome.status)
        seen = OutcomeSeen(row.action.id, *_shown(row, outcome, self._mute_of(row.room), now))
        applied = await self._log.apply(ByCode(row.code), self._registrar.outcome(seen, now))
        self._counted.action_done(row.action.kind, outcome.status.value)
        log.info("action", action=row.action.id, kind=row.action.kind, outcome=outcome.status.value, room=row.room)
        if isinstance(applied, Applied):
            self._absorb(row.room, applied)

    def _mute_of(self, room: RoomKey) -> MuteCapability | None:
        platform = self._platforms.get(platform_of(room))
        return None if platform is None else platform.capabilities(room).mute

    # -- timers -----------------------------------------------------------------------------------------------------

    async def _care(self, row: TimerRow, now: datetime) -> None:
        """A successful appeal's consequences for other cases."""
        for applied in await self._aftercare.care(row, now):
            self._absorb(row.room, applied)

    async def _end(self, row: TimerRow, now: datetime) -> None:
        state = await self._reader.case(row.code)
        action = None if state is None else state.action(row.timer.ref)
        lift = action is not None and self._must_lift(row.room, action)
        applied = await self._log.apply(ByCode(row.code), self._registrar.end(row.timer.ref, now, lift=lift))
        if isinstance(applied, Applied):
            self._absorb(row.room, applied)

    def _must_lift(self, room: RoomKey, action: OrderedAction) -> bool:
        """True where the platform would keep the sender silent longer than decided, or for ever."""
        if action.status in _NOT_THERE or action.until is None:
            return False
        platform = self._platforms.get(platform_of(room))
        mute = None if platform is None else platform.capabilities(room).mute
        if mute is None:
            return action.status is not MeasureStatus.PENDING
        if action.detail.endswith(
            RUNS_LONGER
        ):  # the longer one may have been lifted meanwhile; if not, it still stands
            return True
        span = action.until - action.ordered_at
        return not mute.lifts_itself or mute.fit(span) > span + EARLY_LIFT


_NOT_THERE = (MeasureStatus.UNSUPPORTED, MeasureStatus.REFUSED, MeasureStatus.DRIFTED)
"""Nothing of ours stands on the platform."""


def _shown(row: OutboxRow, outcome: Outcome, mute: MuteCapability | None, now: datetime) -> tuple[MeasureStatus, str]:
    """What our record says of an outcome: a mute that the platform cannot hold as long as decided is done in part."""
    action, status = row.action, STATUS[outcome.status]
    if action.kind is not ActionKind.MUTE or status is not MeasureStatus.IN_FORCE:
        return status, outcome.detail
    if action.until is None or mute is None or mute.maximum is None or action.until - now <= mute.maximum + EARLY_LIFT:
        return status, outcome.detail
    ends = now + mute.maximum
    detail = f"the platform mutes until {ends:%Y-%m-%d %H:%M} UTC at most; it is set again then"
    return MeasureStatus.PARTIAL, detail


def _outlasts(one: datetime | None, other: datetime | None) -> bool:
    """True when the first measure ends later; None: it has no end."""
    return other is not None and (one is None or one > other)


def _platform_action(row: OutboxRow, can: Capabilities, now: datetime) -> Action | Outcome:
    """The platform's imperative for an ordered action, or the honest outcome where it has none."""
    action, name = row.action, row.respondent_name
    match action.kind:
        case ActionKind.DELETE:
            return DeleteMessage(row.room, action.message_id or "", action.respondent)
        case ActionKind.MUTE if action.until is not None:
            if can.mute is None:
                return _by_hand(f"mute {name} by hand until {action.until:%Y-%m-%d %H:%M} UTC")
            span = can.mute.fit(action.until - now)
            return MuteSender(row.room, action.respondent, name, span, row.reason)
        case ActionKind.UNMUTE:
            return UnmuteSender(row.room, action.respondent, name)
        case ActionKind.BAN:
            return BanSender(row.room, action.respondent, name, row.reason)
        case ActionKind.UNBAN:
            return UnbanSender(row.room, action.respondent, name)
    return _by_hand(f"{action.kind} {name} by hand")


def _by_hand(instruction: str) -> Outcome:
    return Outcome(OutcomeStatus.UNSUPPORTED, f"danmod cannot do this here now: {instruction}")
