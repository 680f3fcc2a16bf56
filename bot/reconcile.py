"""Our record against the platform's: every few minutes, and soon after the platform tells of a change, the list of the
silenced is read and compared with the mutes and bans in force.

What a moderator lifted by hand is recorded so (drifted); what the platform said yes to and never showed is tried again;
what it ended before its time, because it mutes for less long than was decided, is set again; who is silent there without
a measure of ours is named to the moderators. An absence counts only when two readings in a row agree on it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.alarms import Alarm, Tell
from bot.clock import instant
from bot.rooms import Rooms, WatchedRoom
from cases.intents import OutcomeSeen
from cases.model import ActionKind, CaseState, MeasureStatus, OrderedAction
from cases.ports import Applied, ByCode, CaseFilter, CaseLog, CaseReader, MuteRow, Outbox, StorageError
from cases.registrar import Registrar
from streams.events import Event, FeedState, RoomKey, SenderFreed, platform_of
from streams.platform import Platform, Silenced

log = structlog.get_logger(__name__)

EVERY_S = 180.0
IDLE_EVERY_S = 3600.0
"""How often a room is looked at in which nothing of ours is in force."""
SOON_S = 2.0
"""After the platform told that somebody was freed: our own lift may be what it told of, so its record comes first."""
TICK_S = 1.0
YOUNG = timedelta(seconds=10)
"""A measure so fresh may not stand on the platform's list yet; one that ends so soon may have left it already."""
CASES_LOOKED_AT = 5
LATE_EVERY_S = 15.0


class Reconciliation:
    """Compares, room by room. ``heard`` is told every event of the feeds."""

    def __init__(
        self,
        rooms: Rooms,
        platforms: dict[str, Platform],
        case_log: CaseLog,
        reader: CaseReader,
        outbox: Outbox,
        registrar: Registrar,
        absorb: Callable[[RoomKey, Applied], None],
        reopened: Callable[[], None],
        tell: Tell,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._rooms = rooms
        self._platforms = platforms
        self._log = case_log
        self._reader = reader
        self._outbox = outbox
        self._registrar = registrar
        self._absorb = absorb
        self._reopened = reopened
        self._tell = tell
        self._clock = clock
        self._due_s: dict[RoomKey, float] = {}
        self._late_due_s = 0.0
        self._freed: dict[tuple[RoomKey, str], str] = {}
        """Whom the platform told to be freed since the last look, and by whom ("": not told)."""
        self._late: frozenset[str] = frozenset()
        """Measures the platform has not taken for too long, told while they wait."""
        self._known_strangers: dict[RoomKey, frozenset[str]] = {}

    def heard(self, events: Iterable[Event]) -> None:
        """What a feed told: a freed sender brings the next look forward."""
        for event in events:
            if isinstance(event, SenderFreed):
                self._freed[event.room, event.sender_id] = event.by or ""
                soon_s = self._clock() + SOON_S
                self._due_s[event.room] = min(self._due_s.get(event.room, soon_s), soon_s)

    def acted(self, room: RoomKey) -> None:
        """Something of ours was done there: from now on the room is looked at often."""
        soon_s = self._clock() + EVERY_S
        self._due_s[room] = min(self._due_s.get(room, soon_s), soon_s)

    async def run(self) -> None:
        """Compare for ever."""
        while True:
            await self.turn()
            await asyncio.sleep(TICK_S)

    async def turn(self) -> None:
        """Look at every room whose time has come."""
        now_s = self._clock()
        if self._late_due_s <= now_s:
            self._late_due_s = now_s + LATE_EVERY_S
            await self._tell_late()
        due = [room for room in self._rooms if self._due_s.get(room.key, now_s) <= now_s]
        if due:
            await self._look_at(due, now_s)

    async def _look_at(self, due: Sequence[WatchedRoom], now_s: float) -> None:
        """Rooms one after the other, platforms side by side: a platform that hangs keeps only its own waiting."""
        try:
            ours = await self._ours()
        except StorageError as fault:
            log.error("record not compared", reason=str(fault))
            return
        groups: dict[str, list[WatchedRoom]] = {}
        for room in due:
            self._due_s[room.key] = now_s + (EVERY_S if ours.get(room.key) else IDLE_EVERY_S)
            groups.setdefault(platform_of(room.key), []).append(room)
        await asyncio.gather(*(self._look_safely(rooms, ours) for rooms in groups.values()))

    async def _ours(self) -> dict[RoomKey, list[MuteRow]]:
        """The mutes and bans in force, by room."""
        found: dict[RoomKey, list[MuteRow]] = {}
        for row in await self._reader.mutes_in_force(instant(self._clock())):
            found.setdefault(row.room, []).append(row)
        return found

    async def _tell_late(self) -> None:
        """Mutes and bans that no platform has taken in the time there is for it: tried on, and somebody is told."""
        now = instant(self._clock())
        try:
            waiting = await self._outbox.measures_waiting(now - self._registrar.house.terms.span("apply"))
        except StorageError as fault:
            log.error("outbox not readable", reason=str(fault))
            return
        for row in waiting:
            if row.action.id not in self._late:
                what = f"{row.action.kind} {row.respondent_name}"
                detail = f"{row.action.id} ({what}) waits since {row.action.ordered_at:%H:%M} UTC"
                self._tell(Alarm("not-applied", row.code, row.room, detail, f"not-applied:{row.action.id}"))
        self._late = frozenset(row.action.id for row in waiting)

    async def _look_safely(self, rooms: Iterable[WatchedRoom], ours: Mapping[RoomKey, Sequence[MuteRow]]) -> None:
        for room in rooms:
            try:
                await self.look(room, ours.get(room.key, ()))
            except StorageError as fault:
                log.error("record not compared", room=room.key, reason=str(fault))

    async def look(self, room: WatchedRoom, ours: Sequence[MuteRow]) -> None:
        """Compare one room with our mutes and bans there; nothing is concluded about a room that is not seen.

        Raises StorageError.
        """
        platform = self._platforms.get(platform_of(room.key))
        if platform is None or room.dry_run or room.state not in (FeedState.LIVE, FeedState.STALE):
            return
        freed = {who: by for (key, who), by in self._freed.items() if key == room.key}
        listed = await platform.silenced(room.key)
        now = instant(self._clock())
        missing = [row for row in ours if listed is not None and row.sender_id not in listed.senders]
        if missing and listed is not None:
            listed = _both(listed, await platform.silenced(room.key))
        later = {row.sender_id for row in ours if await self._compare(room, row, listed, freed, now)}
        if later & {*freed, *(row.sender_id for row in missing)}:
            self._due_s[room.key] = min(self._due_s.get(room.key, math.inf), self._clock() + YOUNG.total_seconds())
        if listed is not None:
            await self._strangers(room, listed.senders - {row.sender_id for row in ours}, now)
        for who in freed.keys() - later:
            self._freed.pop((room.key, who), None)

    async def _compare(
        self, room: WatchedRoom, row: MuteRow, listed: Silenced | None, freed: dict[str, str], now: datetime
    ) -> bool:
        """One measure of ours, against what the platform shows of its sender; True: it is too young to conclude anything."""
        state = await self._reader.case(row.action_id.partition(".")[0])
        action = None if state is None else state.action(row.action_id)
        if action is None:
            return False
        if _is_young(action, now):
            return True
        stands = None if listed is None else _stands(row.sender_id, listed)
        if stands is None and row.sender_id in freed:
            stands = False  # no list tells, but the platform itself did
        seen = _seen(action, stands, freed.get(row.sender_id, ""), self._ended_early(room.key, action, now))
        if seen is not None:
            await self._record(room, row, seen, now)
        return False

    def _ended_early(self, key: RoomKey, action: OrderedAction, now: datetime) -> bool:
        """True when the platform's own longest mute is over, and the decided one is not."""
        mute = self._platforms[platform_of(key)].capabilities(key).mute
        if mute is None or mute.maximum is None or action.until is None:
            return False
        return now >= action.ordered_at + mute.maximum

    async def _record(self, room: WatchedRoom, row: MuteRow, seen: OutcomeSeen, now: datetime) -> None:
        code = row.action_id.partition(".")[0]
        applied = await self._log.apply(ByCode(code), self._registrar.outcome(seen, now))
        if not isinstance(applied, Applied):
            return  # taken back or ended meanwhile
        log.info("record corrected", action=seen.action_id, status=seen.status, detail=seen.detail, room=room.key)
        self._absorb(room.key, applied)
        if seen.status is MeasureStatus.PENDING:
            self._reopened()
        elif seen.status is MeasureStatus.DRIFTED:
            self._tell(Alarm("drift", code, room.key, f"{seen.action_id}: {seen.detail}", f"drift:{seen.action_id}"))

    # -- who is silent there without us ------------------------------------------------------------------------------

    async def _strangers(self, room: WatchedRoom, strangers: frozenset[str], now: datetime) -> None:
        """Lifts of ours that did not take, and people somebody else silenced; each is told once while it lasts."""
        new = strangers - self._known_strangers.get(room.key, frozenset())
        by_hand = [who for who in sorted(new) if not await self._lift_again(room, who, now)]
        self._known_strangers[room.key] = strangers - (new - set(by_hand))
        for who in by_hand:
            detail = f"{who} is silent on the platform, by no measure of danmod's"
            day = f"{now:%Y-%m-%d}"
            self._tell(Alarm("foreign", "", room.key, detail, f"foreign:{room.key}:{who}:{day}"))

    async def _lift_again(self, room: WatchedRoom, sender_id: str, now: datetime) -> bool:
        """Order a lift anew that was never confirmed; True where there is one for this sender."""
        which = CaseFilter(room=room.key, respondent=sender_id, limit=CASES_LOOKED_AT)
        lift = _latest_lift(await self._reader.cases(which), sender_id)
        if lift is None or lift.status not in (MeasureStatus.UNCONFIRMED, MeasureStatus.PENDING):
            return False
        if lift.status is MeasureStatus.UNCONFIRMED:
            seen = OutcomeSeen(lift.id, MeasureStatus.PENDING, "still listed as silenced: lifted again")
            applied = await self._log.apply(ByCode(lift.id.partition(".")[0]), self._registrar.outcome(seen, now))
            if isinstance(applied, Applied):
                self._absorb(room.key, applied)
                self._reopened()
        return True


def _both(first: Silenced, second: Silenced | None) -> Silenced | None:
    """What two readings agree on: only who is on neither list is absent."""
    if second is None:
        return None
    return Silenced(first.senders | second.senders, max(first.unnamed, second.unnamed))


def _stands(sender_id: str, listed: Silenced) -> bool | None:
    """Whether the list shows the sender as silent; None while it has entries that could be anybody."""
    if sender_id in listed.senders:
        return True
    return None if listed.unnamed else False


def _is_young(action: OrderedAction, now: datetime) -> bool:
    ends_soon = action.until is not None and action.until - now < YOUNG
    return ends_soon or now - action.ordered_at < YOUNG or action.status is MeasureStatus.PENDING


def _seen(action: OrderedAction, stands: bool | None, by: str, ended_early: bool) -> OutcomeSeen | None:
    """What the platform shows of a measure, where that is not what our record says."""
    done = (MeasureStatus.IN_FORCE, MeasureStatus.PARTIAL)
    if stands is None or (stands and action.status in done):
        return None
    if stands:
        return OutcomeSeen(action.id, MeasureStatus.IN_FORCE, "found in force on the platform")
    if action.status is MeasureStatus.UNCONFIRMED:
        return OutcomeSeen(action.id, MeasureStatus.PENDING, "the platform never showed it: tried again")
    if action.status not in done:
        return None
    if ended_early:
        return OutcomeSeen(action.id, MeasureStatus.PENDING, "the platform's longest mute is over: set again")
    return OutcomeSeen(action.id, MeasureStatus.DRIFTED, f"lifted on the platform by {by or 'hand'}")


def _latest_lift(cases: Sequence[CaseState], sender_id: str) -> OrderedAction | None:
    """The newest lift of ours for this sender."""
    kinds = (ActionKind.UNMUTE, ActionKind.UNBAN)
    lifts = [a for case in cases for a in case.actions if a.respondent == sender_id and a.kind in kinds]
    return max(lifts, key=lambda action: action.ordered_at, default=None)
