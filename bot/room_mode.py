"""Who may write in a room on its platform, while its shield is up: read, written down, set, and set back.

Each step stands in the shield's dossier before it is taken, so that one that was cut short is taken up where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.office import Office
from bot.rooms import WatchedRoom
from cases.docket import Wish
from cases.dossier import Dossier
from cases.model import BOT, Refusal
from cases.room_modes import Plan, again, fields_of, is_ours, plan, plan_of, restored, runs_out, to_set
from streams.events import FeedState, RoomKey, platform_of
from streams.platform import Outcome, OutcomeStatus, Platform, RoomMode, SetRoomMode, ShieldCapability

log = structlog.get_logger(__name__)

NOTHING_SET = "Nothing had been set on the platform."
REGULAR_S = 600.0
"""Who has been writing here for ten minutes, and more than once, is given a voice where everybody else waits."""
GIVES_UP = timedelta(hours=12)
"""A room that cannot be reached for so long is left to people."""
RIGHTS_COME_S = 600.0
"""What is refused may be for want of rights that come later: after a reconnect somebody has to make us an operator."""
EFFECTIVE = (OutcomeStatus.DONE, OutcomeStatus.ALREADY)


@dataclass(frozen=True, slots=True)
class Restored:
    """How a room stands after its shield, in a sentence. ``by_hand``: a person has to set it back."""

    words: str
    changed_by_people: bool = False
    by_hand: bool = False


class ModeKeeper:
    """Sets and sets back. Whatever it plans is moved through the office first."""

    def __init__(self, platforms: Mapping[str, Platform], office: Office, *, clock: Callable[[], float]) -> None:
        self._platforms = platforms
        self._office = office
        self._clock = clock
        self._left: dict[RoomKey, str] = {}
        """Shields, by room, for which nothing is to be set."""

    def announcement(self, room: WatchedRoom) -> str:
        """How chat is told: who will not be able to write."""
        can = self._can(room)
        if can is None:
            return "shield_is_up"
        return "shield_is_up_known" if can.regulars else "shield_is_up_all"

    async def protect(self, room: WatchedRoom, dossier: Dossier, heard: Callable[[Dossier], None]) -> bool:
        """Set the room's mode for the shield, once. False: not yet, it is to be tried again. Raises StorageError."""
        can, made = self._can(room), plan_of(dossier.fields)
        if can is None or self._left.get(room.key) == dossier.id:
            return not room.policy.shield.platform or room.dry_run or can is not None
        now_s = self._clock()
        done = made is not None and "outcome" in dossier.fields
        if made is not None and done and not runs_out(made, now_s):
            return True
        found = await self._platforms[platform_of(room.key)].room_mode(room.key)
        if found is None:
            return False
        if made is None or (runs_out(made, now_s) and (is_ours(found, made) or to_set(found, made))):
            made = await self._plan(room, dossier, made, found, can, heard)
            if made is None:
                return True
            return await self._set(room, dossier, made, heard)
        if to_set(found, made):
            return await self._set(room, dossier, made, heard)
        words = "it stands" if is_ours(found, made) else f"somebody set it to {_named(found)} meanwhile: left so"
        return await self._moved(dossier, "set", {"outcome": words}, heard)

    async def _plan(
        self,
        room: WatchedRoom,
        dossier: Dossier,
        made: Plan | None,
        found: RoomMode,
        can: ShieldCapability,
        heard: Callable[[Dossier], None],
    ) -> Plan | None:
        """Write down what is there and what shall be; None where nothing is to be set."""
        now_s = self._clock()
        planned = again(made, can, now_s) if made else plan(found, can, now_s, _regulars(room, now_s))
        if planned is None:
            self._left[room.key] = dossier.id
            log.info("room mode left as it is", room=room.key, mode=_named(found))
            return None
        return planned if await self._moved(dossier, "plan", fields_of(planned), heard) else None

    async def _set(self, room: WatchedRoom, dossier: Dossier, made: Plan, heard: Callable[[Dossier], None]) -> bool:
        outcome = await self._perform(SetRoomMode(room.key, made.wanted, made.voices))
        log.info("room mode set", room=room.key, mode=_named(made.wanted), outcome=outcome.status.value)
        if outcome.status is OutcomeStatus.RETRY:
            return False
        return await self._moved(dossier, "set", {"outcome": f"{outcome.status.value} {outcome.detail}".strip()}, heard)

    async def restore(self, room: WatchedRoom, dossier: Dossier) -> Restored | None:
        """Set the room back as it was before, unless people changed it meanwhile. None: it cannot be done just now."""
        made = plan_of(dossier.fields)
        if made is None:
            return Restored(NOTHING_SET)
        platform = self._platforms.get(platform_of(room.key))
        found = None if platform is None else await platform.room_mode(room.key)
        if found is None:
            return self._unreachable(dossier, made)
        target = restored(found, made)
        if target == found and not made.voices:
            return _left_alone(found, made)
        outcome = await self._perform(SetRoomMode(room.key, target, made.voices))
        if outcome.status is OutcomeStatus.RETRY:
            return self._unreachable(dossier, made)
        if outcome.status not in EFFECTIVE:  # what is not shown yet is looked at again
            if self._since_lowered_s(dossier) < RIGHTS_COME_S:
                return None
            return Restored(
                f"The platform did not do it ({outcome.detail}): it was {_named(made.before)}.", by_hand=True
            )
        if target == found:
            return _left_alone(found, made)
        return Restored(f"Who may write was set back: {_named(target)}.")

    def _unreachable(self, dossier: Dossier, made: Plan) -> Restored | None:
        if self._since_lowered_s(dossier) < GIVES_UP.total_seconds():
            return None
        return Restored(f"The platform could not be reached: it was {_named(made.before)}.", by_hand=True)

    def _since_lowered_s(self, dossier: Dossier) -> float:
        lowered = dossier.last("lower")
        return self._clock() - (lowered.at.timestamp() if lowered else 0.0)

    async def _perform(self, action: SetRoomMode) -> Outcome:
        try:
            return await self._platforms[platform_of(action.room)].perform(action)
        except Exception:
            log.exception("the platform's adapter failed", room=action.room)
            return Outcome(OutcomeStatus.RETRY, "a fault of danmod's own; see the log")

    async def _moved(
        self, dossier: Dossier, move: str, fields: Mapping[str, object], heard: Callable[[Dossier], None]
    ) -> bool:
        answer = await self._office.move(Wish("shield", move, BOT, fields), dossier.id)
        if isinstance(answer, Refusal):  # it was lowered meanwhile
            log.info("shield not moved", dossier=dossier.id, move=move, reason=answer.reason)
            return False
        heard(answer)
        return True

    def _can(self, room: WatchedRoom) -> ShieldCapability | None:
        """What is to be set on the platform; None where nothing may, or can just now."""
        if not room.policy.shield.platform or room.dry_run or room.state in (FeedState.CONNECTING, FeedState.REFUSED):
            return None
        return room.capabilities().shield


def _left_alone(found: RoomMode, made: Plan) -> Restored:
    if found == made.before:
        return Restored(f"Who may write is as it was before: {_named(found)}.")
    return Restored(f"Somebody changed who may write meanwhile, to {_named(found)}: left so.", changed_by_people=True)


def _named(mode: RoomMode) -> str:
    return mode.words or "everybody"


def _regulars(room: WatchedRoom, now_s: float) -> tuple[str, ...]:
    """Who is known in the room, the latest writers first."""
    known = [
        one.sender.id
        for one in room.memory.senders()
        if one.established and now_s - one.first_s >= REGULAR_S and not room.memory.is_exempt(one.sender)
    ]
    return tuple(sender_id for sender_id in reversed(known) if sender_id is not None)
