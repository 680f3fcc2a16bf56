"""What a successful appeal means for other cases: later mutes that counted its fault, and cases much like it.

Started by a durable timer that is written with the answer, so that a restart between the two loses nothing (norm N3.3-3a).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.rooms import Rooms
from cases.ladder import Ladder
from cases.model import ActionKind, AppealStatus, CaseKind, CaseState, CaseStatus, OrderedAction
from cases.ports import Applied, ByCode, CaseFilter, CaseLog, CaseReader, Decide, TimerRow
from cases.registrar import Registrar
from web.screen import FeedLine

log = structlog.get_logger(__name__)

ALIKE_WITHIN = timedelta(days=1)
ALIKE_KEPT = 50
_ASIDE = (CaseStatus.OVERTURNED, CaseStatus.UNDONE, CaseStatus.DISMISSED)


class Aftercare:
    """Looks after a case whose appeal succeeded. Doing it twice changes nothing more."""

    def __init__(
        self,
        rooms: Rooms,
        case_log: CaseLog,
        reader: CaseReader,
        registrar: Registrar,
        show: Callable[[FeedLine], None] = lambda line: None,
    ) -> None:
        self._show = show
        self._rooms = rooms
        self._log = case_log
        self._reader = reader
        self._registrar = registrar

    async def care(self, row: TimerRow, now: datetime) -> list[Applied]:
        """What the appeal named by the timer sets going; answers the changes that were committed."""
        state = await self._reader.case(row.code)
        appeal = next((one for one in state.appeals if one.id == row.timer.ref), None) if state else None
        if state is None or appeal is None:
            return []
        relied = await self._relied(state, appeal.respondent)
        done = [await self._reexamine(later, appeal.respondent, appeal.id, now) for later in relied]
        alike = await self._alike(state, [later.code for later in relied])
        if appeal.show_again and appeal.status is AppealStatus.OVERTURNED:
            await self._show_again(state, appeal.respondent)
        noted = self._registrar.cascaded(appeal.id, [later.code for later in relied], alike, now)
        done.append(await self._apply(state.code, noted))
        log.info("appeal's consequences", case=state.code, relied=len(relied), alike=len(alike))
        return [one for one in done if one is not None]

    async def _show_again(self, state: CaseState, sender_id: str) -> None:
        """A deleted live line cannot be put back: the feed page lists it again, marked."""
        person = state.respondent(sender_id)
        deleted = {
            action.message_id
            for action in state.actions
            if action.kind is ActionKind.DELETE and action.respondent == sender_id
        }
        lines = {line.message_id: line for part in await self._reader.evidence(state.code) for line in part.lines}
        for message_id, line in lines.items():
            if person is not None and line.judged and message_id in deleted:
                self._show(FeedLine(state.room, message_id, person.name, line.text, line.at.timestamp()))

    async def _relied(self, state: CaseState, sender_id: str) -> Sequence[CaseState]:
        """Later cases of the same person whose ladder counted a fault of this one, oldest first. Of a person's measure, and
        of one from before that was recorded, every fault within the decay may have counted."""
        faults = [action.ordered_at for action in _counted(state, sender_id)]
        decay = self._ladder(state).decay
        own = await self._reader.cases(CaseFilter(room=state.room, respondent=sender_id, limit=200))

        def relies(mute: OrderedAction, fault: datetime) -> bool:
            if mute.counted is None:
                return timedelta(0) < mute.ordered_at - fault < decay
            return any(_same(fault, known) for known in mute.counted)

        def counted(other: CaseState) -> bool:
            return any(relies(mute, fault) for mute in _counted(other, sender_id) for fault in faults)

        later = [one for one in own if one.code != state.code and one.status not in _ASIDE and counted(one)]
        return sorted(later, key=lambda one: one.opened_at)

    async def _alike(self, state: CaseState, relied: Sequence[str]) -> Sequence[str]:
        """Automatic cases of the room under the same rule about the same time: the same check may have erred there."""
        if not state.automatic:
            return []
        since = state.opened_at - ALIKE_WITHIN
        near = await self._reader.cases(
            CaseFilter(room=state.room, kind=CaseKind.AUTOMATIC, since=since, limit=4 * ALIKE_KEPT)
        )
        codes = [
            one.code
            for one in near
            if one.rule == state.rule and one.code not in (state.code, *relied) and one.status not in _ASIDE
            if one.opened_at - state.opened_at <= ALIKE_WITHIN and one.measures
        ]
        return codes[:ALIKE_KEPT]

    async def _reexamine(self, later: CaseState, sender_id: str, cause: str, now: datetime) -> Applied | None:
        running = [action for action in later.in_force(sender_id) if action.until is not None]
        ends = {one.id: await self._fair_end(later, one) for one in running} if later.automatic else {}
        return await self._apply(later.code, self._registrar.reexamine(cause, ends, now))

    async def _fair_end(self, state: CaseState, action: OrderedAction) -> datetime:
        """When an automatic mute would end by the faults that still count."""
        ladder = self._ladder(state)
        at = action.ordered_at
        faults = [
            strike.at.timestamp()
            for strike in await self._reader.strikes(at - ladder.decay)
            if strike.room == state.room and strike.sender_id == action.respondent and strike.at < at
            if action.counted is None or any(_same(strike.at, known) for known in action.counted)
        ]
        return at + ladder.length(faults, at.timestamp())

    def _ladder(self, state: CaseState) -> Ladder:
        room = self._rooms.get(state.room)
        return room.policy.ladder if room is not None else Ladder()

    async def _apply(self, code: str, decide: Decide) -> Applied | None:
        answer = await self._log.apply(ByCode(code), decide)
        return answer if isinstance(answer, Applied) else None


def _same(one: datetime, other: datetime) -> bool:
    """The same fault: memory and store round its instant differently."""
    return abs(one - other) < timedelta(milliseconds=1)


def _counted(state: CaseState, sender_id: str) -> list[OrderedAction]:
    """The mutes and bans of a case that were strikes of this person."""
    return [
        action
        for action in state.actions
        if action.respondent == sender_id and action.kind in (ActionKind.MUTE, ActionKind.BAN)
    ]
