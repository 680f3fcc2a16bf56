"""The shields of all rooms, kept on record and on the platforms: what is wanted is written down, then done, then told.

A room's engine raises and lowers its own shield (`cases.shield`), people do by command or by a dossier's move; here both
become one dossier, and the dossier what stands on the platform. After a kill the dossier is where it goes on from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bot.clock import instant
from bot.office import Office
from bot.room_mode import ModeKeeper, Restored
from bot.rooms import Rooms, WatchedRoom
from cases.catalogue import say
from cases.docket import Wish
from cases.dossier import Dossier
from cases.dossiers.shield import CASES_MOST
from cases.model import BOT, Actor, CaseState, Refusal
from cases.ports import CaseFilter, CaseReader, DossierFilter, DossierReader, StorageError
from cases.shield import COMMANDED, RECALLED, Raised
from cases.siege import ShieldMode
from cases.signals import told, understood
from commands.replies import Reply
from streams.events import RoomKey
from streams.platform import Platform

log = structlog.get_logger(__name__)

TICK_S = 0.25
TROUBLED_S = 2.0
OPEN = ("up", "lowering")
REASONS = {"quiet": "it was quiet", "time": "its time was over", "command": "lowered by a person"}
Announce = Callable[[WatchedRoom, Reply], None]


class Shields:
    """Keeps every room's shield. ``announce`` says a line in a room's chat; ``clock`` is Unix time."""

    def __init__(
        self,
        rooms: Rooms,
        platforms: Mapping[str, Platform],
        office: Office,
        dossiers: DossierReader,
        cases: CaseReader,
        announce: Announce,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._rooms = rooms
        self._office = office
        self._dossiers = dossiers
        self._cases = cases
        self._announce = announce
        self._clock = clock
        self._modes = ModeKeeper(platforms, office, clock=clock)
        self._open: dict[RoomKey, Dossier] = {}
        self._works: dict[RoomKey, asyncio.Task[None]] = {}
        self._locks: dict[RoomKey, asyncio.Lock] = {}
        self._not_before: dict[RoomKey, float] = {}
        self._wake = asyncio.Event()

    # -- what people want -------------------------------------------------------------------------------------------

    async def up(self, key: RoomKey, by: Actor, span: timedelta | None, processed: str | None) -> Refusal | None:
        """Raise the shield of a room, or let it go on: for ``span``, None: until it has been quiet.

        Refusals: ``unknown_room``, ``shield_off`` (the installation uses none there), ``shield_lowering`` (the last one is
        not set back yet), and the docket's. Raises StorageError.
        """
        room = self._rooms.get(key)
        if room is None:
            return Refusal("unknown_room", f"{key} is not watched")
        if room.policy.shield.mode is ShieldMode.OFF:
            return Refusal("shield_off", f"the shield is switched off for {key}")
        async with self._record_lock(key):
            await self._record(room)
            known = self._open.get(key)
            if known is not None and known.status == "lowering":
                return Refusal("shield_lowering", "the platform is just being set back")
            until = instant(self._clock()) + (span or room.policy.shield.longest)
            fields: dict[str, object] = {"until": until, **({"lasting": True} if span else {})}
            if known is not None:
                return self._taken(
                    await self._office.move(Wish("shield", "renew", by, fields, processed=processed), known.id)
                )
            fields |= {"cause": told(COMMANDED), **({"dry_run": True} if room.dry_run else {})}
            return self._taken(
                await self._office.move(Wish("shield", "raise", by, fields, room=key, processed=processed))
            )

    async def down(self, key: RoomKey, by: Actor, processed: str | None) -> Refusal | None:
        """Lower it. Refusals: ``shield_down`` (it is), and the docket's. Raises StorageError."""
        room = self._rooms.get(key)
        if room is None:
            return Refusal("unknown_room", f"{key} is not watched")
        async with self._record_lock(key):
            await self._record(room)
            known = self._open.get(key)
            if known is None or known.status != "up":
                return Refusal("shield_down", "the shield is down")
            lowered = Wish("shield", "lower", by, {"reason": REASONS["command"]}, processed=processed)
            return self._taken(await self._office.move(lowered, known.id))

    def _taken(self, answer: Dossier | Refusal) -> Refusal | None:
        if isinstance(answer, Refusal):
            return answer
        self.heard(answer)
        return None

    def _record_lock(self, key: RoomKey) -> asyncio.Lock:
        """One move of people or of the engine after the other; the platform is never waited for under it."""
        return self._locks.setdefault(key, asyncio.Lock())

    def heard(self, dossier: Dossier) -> None:
        """A dossier was moved, by whomever and whichever way: the engine follows at once, the platform soon."""
        if dossier.kind != "shield" or dossier.room is None:
            return
        room, known = self._rooms.get(dossier.room), self._open.get(dossier.room)
        if room is None or (known is not None and known.id == dossier.id and known.version >= dossier.version):
            return
        if dossier.status in OPEN:
            self._open[room.key] = dossier
        else:
            self._open.pop(room.key, None)
        if dossier.steps[-1].move in ("raise", "renew", "lower"):
            self._follow(room, dossier)
        self._not_before.pop(room.key, None)
        self._wake.set()

    def _follow(self, room: WatchedRoom, dossier: Dossier) -> None:
        """What a move means for the lines to come, and the one line that chat is told."""
        step, shield = dossier.steps[-1], room.judging.shield
        if step.move == "lower":
            if shield.raised is not None:
                shield.down(self._clock(), room.policy.shield)
            return
        if step.by.kind != BOT.kind:
            shield.recall(_raised(dossier, shield.raised, self._clock()))
        if step.move == "raise":
            log.warning("shield up", room=room.key, cause=dossier.fields["cause"], dossier=dossier.id)
            self._tell(room, self._modes.announcement(room))

    # -- what the engine did ----------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """After a start: a shield that was up goes on until its end, or is lowered; nobody is told twice. Raises
        StorageError."""
        now_s = self._clock()
        for status in OPEN:
            for dossier in await self._dossiers.dossiers(DossierFilter(kind="shield", status=status, limit=10_000)):
                room = self._rooms.get(dossier.room) if dossier.room else None
                if room is None:
                    continue
                self._open[room.key] = dossier
                if status == "up":
                    room.judging.shield.recall(_raised(dossier, None, now_s))
                    room.judging.shield.look(now_s, room.policy.shield)
                log.warning("shield found", room=room.key, dossier=dossier.id, status=status)

    async def run(self) -> None:
        """Keep record and platforms in step with the engines for ever."""
        try:
            while True:
                self.turn()
                self._wake.clear()
                try:
                    async with asyncio.timeout(TICK_S):
                        await self._wake.wait()
                except TimeoutError:
                    continue
        finally:
            for work in self._works.values():
                work.cancel()

    def turn(self) -> None:
        """Set off what is to be done, room by room; a platform that hangs keeps only its own room waiting."""
        now_s = self._clock()
        for room in self._rooms:
            room.judging.shield.look(now_s, room.policy.shield)
            waits = room.key in self._works or self._not_before.get(room.key, 0.0) > now_s
            if not waits and (room.key in self._open or room.judging.shield.raised is not None):
                self._works[room.key] = asyncio.create_task(self._work(room))

    async def finish(self) -> None:
        """Wait for what `turn` set off."""
        while self._works:
            await asyncio.wait(list(self._works.values()))

    async def _work(self, room: WatchedRoom) -> None:
        """Everything that can be done about one room now; what cannot is tried again in a while."""
        pause_s = 0.0
        try:
            async with self._record_lock(room.key):
                await self._record(room)
            dossier = self._open.get(room.key)
            if dossier is not None and dossier.status == "up":
                settled = await self._modes.protect(room, dossier, self.heard)
            else:
                settled = dossier is None or await self._end(room, dossier)
            pause_s = 0.0 if settled else TROUBLED_S
        except StorageError as fault:
            log.error("shield not written, trying again", room=room.key, reason=str(fault))
            pause_s = TROUBLED_S
        except Exception:
            log.exception("shield not kept", room=room.key)
            pause_s = TROUBLED_S
        finally:
            if pause_s:
                self._not_before[room.key] = self._clock() + pause_s
            del self._works[room.key]

    async def _record(self, room: WatchedRoom) -> None:
        """What the engine did by itself, as a move of the dossier. Raises StorageError."""
        raised, dossier = room.judging.shield.raised, self._open.get(room.key)
        if raised is not None and dossier is None and not raised.by_people:
            await self._move(room, None, "raise", _fields(raised, room), f"shield:{room.key}:{raised.since_s:.3f}")
        elif raised is None and dossier is not None and dossier.status == "up":
            reason = REASONS.get(room.judging.shield.fell, REASONS["time"])
            await self._move(room, dossier, "lower", {"reason": reason}, f"shield:{dossier.id}:lower")

    async def _move(
        self, room: WatchedRoom, dossier: Dossier | None, move: str, fields: Mapping[str, object], processed: str
    ) -> None:
        wish = Wish("shield", move, BOT, fields, room=room.key, processed=processed)
        answer = await self._office.move(wish, dossier.id if dossier else None)
        if isinstance(answer, Refusal):
            log.error("shield move refused", room=room.key, move=move, reason=answer.reason, detail=answer.detail)
        else:
            self.heard(answer)

    async def _end(self, room: WatchedRoom, dossier: Dossier) -> bool:
        """Set the platform back, and close the dossier with what was decided meanwhile. False: it has to wait."""
        done = await self._modes.restore(room, dossier)
        if done is None:
            return False
        codes = [state.code for state in await self._under(dossier, room.policy.shield.span)]
        fields = {"restored": done.words, "hand": "needed" if done.by_hand else "done"}
        await self._move(
            room, dossier, "restore", {**fields, **({"cases": codes} if codes else {})}, f"shield:{dossier.id}:over"
        )
        log.warning("shield down", room=room.key, dossier=dossier.id, cases=len(codes), restored=done.words)
        self._tell(room, _farewell(done))
        return True

    async def _under(self, dossier: Dossier, signs: timedelta) -> list[CaseState]:
        """The cases in which something was decided while it was up, and those whose signs raised it."""
        since = dossier.opened_at - signs
        found = await self._cases.cases(CaseFilter(room=dossier.room, since=since, limit=CASES_MOST))
        return [state for state in found if state.dry_run == bool(dossier.fields.get("dry_run"))]

    def _tell(self, room: WatchedRoom, key: str) -> None:
        """One plain line for everybody; nothing in a dry run."""
        if not room.dry_run:
            limit = room.capabilities().line_limit
            self._announce(room, Reply(say(room.language, f"chat.{key}", limit), urgent=True))


def _farewell(done: Restored) -> str:
    return "shield_down_changed" if done.changed_by_people else "shield_is_down"


def _fields(raised: Raised, room: WatchedRoom) -> dict[str, object]:
    fields: dict[str, object] = {"cause": told(raised.cause), "until": instant(raised.until_s)}
    return fields | ({"dry_run": True} if room.dry_run else {})


def _raised(dossier: Dossier, known: Raised | None, now_s: float) -> Raised:
    """The shield as its dossier says, in the engine."""
    until_s = datetime.fromisoformat(dossier.fields["until"]).timestamp()
    last = dossier.last("renew") or dossier.last("raise")
    by_people = last is not None and last.by.kind != BOT.kind
    cause = understood(dossier.fields["cause"]) if "cause" in dossier.fields else RECALLED
    lasting = bool(dossier.fields.get("lasting"))
    since_s = known.since_s if known else dossier.opened_at.timestamp()
    return Raised(since_s, until_s, now_s, cause, lasting=lasting, by_people=by_people)
