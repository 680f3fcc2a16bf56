"""How far each check goes in each room: the file's word, else what was set by command, else the check's own; and what it
hit. A check that went wrong after an edit is put back to shadow, and the desk is told.

What was edited in the file is found at the start, by comparing with what was in use before.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import structlog

from bot.alarms import RETRY_S, Alarm, Tell
from bot.check_board import results, shown
from bot.check_box import STANDINGS, tried
from bot.clock import SteadyClock
from bot.config import LimitsSection, Settings, limits_of, policy_in, policy_of
from bot.office import Office
from bot.rooms import Rooms, WatchedRoom
from cases.check_standing import Origin, Standing, edited, in_use, said, standing
from cases.checks import Check, CheckMode
from cases.docket import Wish
from cases.dossier import Dossier
from cases.dossiers.check_mode import KIND, Key, Stored, on_record, stored
from cases.model import BOT, Actor, Mode, Refusal
from cases.policy import Decision
from cases.ports import DossierFilter, DossierReader, StorageError
from cases.trials import FRESH_S, Disarmed
from storage import Storage
from streams.events import RoomKey
from streams.platform import Capabilities

log = structlog.get_logger(__name__)

NOTED = "checks in use"
"""Under this name the store notes what modes and thresholds were in use."""
MOST = 10_000
CASES_NAMED = 50
EVERYWHERE = "all"
"""Instead of a room: the whole installation."""


class Notes(Protocol):
    """Remembers a text by name."""

    async def note(self, name: str, value: str) -> None: ...

    async def noted(self, name: str) -> str | None: ...


async def _nothing() -> None:
    """There is nothing to wait for."""


@dataclass(frozen=True)
class Surroundings:
    """Whom a running bot's modes talk to: ``tell`` raises alarms, ``settle`` waits until what was decided is written."""

    tell: Tell = lambda alarm: None
    settle: Callable[[], Awaitable[None]] = _nothing
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class CheckModes:
    """The modes in effect. `load` before the first line; a running bot calls `begin` instead, and keeps `run` running."""

    def __init__(
        self,
        settings: Settings,
        rooms: Rooms,
        office: Office,
        dossiers: DossierReader,
        notes: Notes,
        around: Surroundings = Surroundings(),
        *,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._rooms = rooms
        self._office = office
        self._dossiers = dossiers
        self._notes = notes
        self._around = around
        self._clock = clock
        self._limits: dict[RoomKey, LimitsSection] = {}
        self._records: dict[Key, Stored] = {}
        self._cases: dict[tuple[RoomKey, str], dict[str, None]] = {}
        self._disarmed: deque[tuple[WatchedRoom, Disarmed]] = deque()
        self._waiting = asyncio.Event()
        self.live = False
        """True in a running bot: then there are results."""

    # -- at the start -----------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Take over what was set by command. Raises StorageError."""
        self._records = dict(on_record(await self._dossiers.dossiers(DossierFilter(kind=KIND.name, limit=MOST))))
        self._office.listeners.append(self._heard)
        for room in self._rooms:
            self._apply(room)

    async def begin(self) -> None:
        """The same, and find out what the file changed since danmod last ran. Raises StorageError."""
        self.live = True
        await self.load()
        before = _read(await self._notes.noted(NOTED))
        for room in self._rooms:
            room.memory.trials.on_disarm = partial(self._went_wrong, room)
            await self._compare(room, before.get(room.key))
        await self._remember()

    async def _compare(self, room: WatchedRoom, before: Mapping[str, Any] | None) -> None:
        """Edits of the file, and earlier ones that are still fresh; a room that was never watched has none."""
        if before is None:
            return
        now_s, since_s = self._clock(), before.get("edited", {})
        for name in edited(before, self._in_use(room), _checks(room)):
            await self._rearm(room, name)
            room.memory.trials.edited(name, now_s)
            log.warning("check edited in the file", room=room.key, check=name, mode=self._standing(room, name).mode)
            since_s = {**since_s, name: now_s}
        for name, edited_s in since_s.items():
            if now_s - edited_s <= FRESH_S and not room.memory.trials.tally(name).edited_s:
                room.memory.trials.edited(name, edited_s)

    async def _rearm(self, room: WatchedRoom, name: str) -> None:
        """Whoever edits a disarmed check in the file wants it to run again."""
        record = self._records.get((room.key, name))
        if record is not None and record.disarmed:
            await self._office.move(Wish(KIND.name, "clear", BOT, {"reason": "edited in the file"}), record.dossier)

    # -- changing ---------------------------------------------------------------------------------------------------

    async def set_mode(self, by: Actor, place: str, name: str, mode: str, reason: str = "") -> Dossier | Refusal:
        """Set how far a check goes in a room, or everywhere (`EVERYWHERE`).

        Refusals: ``unknown_room``, ``unknown_check``, ``file_wins`` (the file names it), and the office's. Raises
        StorageError.
        """
        room = None if place == EVERYWHERE else RoomKey(place)
        if refusal := self._unknown(room, name) or self._fixed(room, name, mode):
            return refusal
        fields = {"mode": mode, **({"reason": reason} if reason else {})}
        record = self._records.get((room, name))
        if record is not None:
            return await self._office.move(Wish(KIND.name, "set", by, fields), record.dossier)
        return await self._office.move(Wish(KIND.name, "set", by, fields, about_id=name, room=room))

    def _unknown(self, room: RoomKey | None, name: str) -> Refusal | None:
        if room is not None and self._rooms.get(room) is None:
            known = ", ".join(one.key for one in self._rooms) or "none"
            return Refusal("unknown_room", f"{room} is not watched; the rooms are {known}")
        watched = self._rooms if room is None else filter(None, [self._rooms.get(room)])
        names = dict.fromkeys(check.name for one in watched for check in _checks(one))
        if name not in names:
            return Refusal("unknown_check", f"there is no check {name}; the checks are {', '.join(names)}")
        return None

    def _fixed(self, room: RoomKey | None, name: str, mode: str) -> Refusal | None:
        """The file wins; but what disarmed itself may be armed again as the file has it."""
        limits = self._settings.limits if room is None else self._limits_of(room)
        fixed, record = limits.modes.get(name), self._records.get((room, name))
        if fixed is None or (record is not None and record.disarmed and fixed == mode):
            return None
        return Refusal("file_wins", f"the file says {fixed} for {name}, and wins: change [limits] modes there")

    def _heard(self, dossier: Dossier) -> None:
        """A mode was set, cleared, or a check disarmed: it holds for the next line."""
        if dossier.kind != KIND.name:
            return
        name = dossier.about
        before = {room.key: self._standing(room, name) for room in self._rooms}
        self._records[dossier.room, name] = stored(dossier)
        for room in self._rooms:
            if self._standing(room, name) == before[room.key]:
                continue
            if dossier.status != "disarmed":
                room.memory.trials.edited(name, self._clock())
                self._cases.pop((room.key, name), None)
            self._apply(room)
        self._waiting.set()

    def _standing(self, room: WatchedRoom, name: str) -> Standing:
        check = next((one for one in _checks(room) if one.name == name), None)
        if check is None:  # of another version, or of another room
            return Standing(CheckMode.OFF, Origin.DEFAULT)
        return standing(check, self._limits_of(room.key).modes, self._records, room.key)

    def _limits_of(self, room: RoomKey) -> LimitsSection:
        if room not in self._limits:
            self._limits[room] = limits_of(self._settings, room)
        return self._limits[room]

    def _apply(self, room: WatchedRoom) -> None:
        found = {check.name: self._standing(room, check.name) for check in _checks(room)}
        for name, one in found.items():
            if one.origin is Origin.DISARMED:
                room.memory.trials.disarm(name)
        modes = {name: one.mode for name, one in found.items()}
        room.policy = replace(room.policy, checks=replace(room.policy.checks, modes=modes))

    # -- going wrong ------------------------------------------------------------------------------------------------

    def written(self, decisions: Iterable[Decision], code: str) -> None:
        """These decisions stand in this case: remembered for as long as a check of theirs is freshly edited."""
        for decision in decisions:
            room = self._rooms.get(decision.line.message.room)
            for name in decision.checks if room is not None else ():
                assert room is not None
                if room.memory.trials.is_fresh(name, room.memory.now_s):
                    cases = self._cases.setdefault((room.key, name), {})
                    if len(cases) < CASES_NAMED:
                        cases[code] = None

    def _went_wrong(self, room: WatchedRoom, disarmed: Disarmed) -> None:
        log.error("check disarmed", room=room.key, check=disarmed.check, hits=disarmed.hits, lines=disarmed.lines)
        self._disarmed.append((room, disarmed))
        self._waiting.set()

    async def run(self) -> None:
        """Put on record what disarmed itself, and remember what is in use, for ever."""
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            await self.catch_up()

    async def catch_up(self) -> None:
        """Put on record what waits; what the store cannot take is tried again."""
        try:
            while self._disarmed:
                await self._put_on_record(*self._disarmed[0])
                self._disarmed.popleft()
            await self._remember()
        except StorageError as fault:
            log.error("modes of checks not stored, trying again", reason=str(fault))
            await self._around.sleep(RETRY_S)
            self._waiting.set()

    async def _put_on_record(self, room: WatchedRoom, disarmed: Disarmed) -> None:
        await self._around.settle()
        codes = ", ".join(self._cases.get((room.key, disarmed.check), ()))
        fields = {"hits": disarmed.hits, "lines": disarmed.lines, **({"cases": codes} if codes else {})}
        record = self._records.get((room.key, disarmed.check))
        wish = Wish(KIND.name, "disarm", BOT, fields, about_id=disarmed.check, room=room.key)
        answer = await self._office.move(wish, None if record is None else record.dossier)
        if isinstance(answer, Refusal):
            log.error("disarming refused", check=disarmed.check, reason=answer.reason, detail=answer.detail)
        detail = (
            f"{disarmed.check} hit {disarmed.hits} of {disarmed.lines} lines right after an edit and is in shadow now; "
            f"its cases: {codes or 'none'}. Set its mode to arm it again."
        )
        key = f"disarmed:{room.key}:{disarmed.check}:{disarmed.at_s:.3f}"
        self._around.tell(Alarm("disarmed", "", room.key, detail, key))

    async def _remember(self) -> None:
        """Note what is in use now, for the next start to compare with; a room that is not watched now is left out."""
        if self.live:
            now_s = self._clock()
            noted = {room.key: {**self._in_use(room), "edited": _fresh(room, now_s)} for room in self._rooms}
            await self._notes.note(NOTED, json.dumps(noted, ensure_ascii=False, sort_keys=True))

    def _in_use(self, room: WatchedRoom) -> dict[str, Any]:
        limits = self._limits_of(room.key)
        checks = _checks(room)
        modes = {check.name: said(check, limits.modes, self._records, room.key).mode for check in checks}
        return in_use(modes, policy_of(limits, self._settings.profile).checks.thresholds, checks)

    # -- looking ----------------------------------------------------------------------------------------------------

    def board(self, language: str) -> list[dict[str, Any]]:
        """Every check of every room: how far it goes, by whose word, and in a running bot what it hit since when."""
        return [self._row(room, check, language) for room in self._rooms for check in _checks(room)]

    def _row(self, room: WatchedRoom, check: Check, language: str) -> dict[str, Any]:
        row = shown(room.key, check, self._standing(room, check.name), language)
        return {**row, **results(room, check.name, self._clock(), language)} if self.live else row

    def try_line(self, place: str, text: str, standing: str, language: str) -> dict[str, Any] | Refusal:
        """What the checks of a room would make of a line, as they go now. Refusals: ``unknown_room``, ``unfit``."""
        room = self._rooms.get(RoomKey(place))
        if room is None:
            known = ", ".join(one.key for one in self._rooms) or "none"
            return Refusal("unknown_room", f"{place or 'no room'} is not watched; the rooms are {known}")
        if not text.strip():
            return Refusal("unfit", "write the line to try")
        if standing not in STANDINGS:
            return Refusal("unfit", f"say whose line it is: {' or '.join(STANDINGS)}")
        return {"room": room.key, **tried(text, room.policy, self._clock(), standing, language)}


async def modes_over(settings: Settings, storage: Storage, office: Office) -> CheckModes:
    """The modes of the rooms of file and database, over a store that no bot runs on. Raises StorageError."""
    rooms = Rooms()
    names = [*(room.key for room in settings.rooms), *(room.room for room in await storage.rooms.list())]
    for name in dict.fromkeys(names):
        rooms.add(WatchedRoom(name, Mode.DRY_RUN, policy_in(settings, name), settings.language, Capabilities))
    modes = CheckModes(settings, rooms, office, storage.dossiers, storage, clock=SteadyClock())
    await modes.load()
    return modes


def _checks(room: WatchedRoom) -> tuple[Check, ...]:
    """Every check of a room, its own ones too."""
    return room.policy.checks.asked


def _fresh(room: WatchedRoom, now_s: float) -> dict[str, float]:
    trials = room.memory.trials
    names = [check.name for check in _checks(room) if trials.is_fresh(check.name, now_s)]
    return {name: trials.tally(name).edited_s or 0.0 for name in names}


def _read(noted: str | None) -> Mapping[str, Any]:
    """What was noted; nothing when that cannot be read."""
    try:
        known = json.loads(noted or "{}")
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}
