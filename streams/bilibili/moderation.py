"""Actions on the web route: mutes, bans and the room's silence, each re-read from the platform before it counts.

A call whose answer was lost may have been carried out: the list is read before it is called again, so that nothing is
done twice in effect.
"""

from __future__ import annotations

import math
from datetime import timedelta

from streams.bilibili.answers import LOGGED_OUT, NO_IDENTITY, failed
from streams.bilibili.api import WebApi
from streams.bilibili.errors import ApiError, Refused, Unclear
from streams.platform import EVERYBODY, Outcome, OutcomeStatus, RoomMode
from streams.tolerant import as_id

FOREVER = -1
HOUR = timedelta(hours=1)
_KNOWN_CAP = 4096

DONE = Outcome(OutcomeStatus.DONE)
NOT_LISTED = Outcome(OutcomeStatus.UNCONFIRMED, "the platform said yes, but its list of the silenced does not show it")
STILL_LISTED = Outcome(OutcomeStatus.UNCONFIRMED, "the platform said yes, but still lists the sender as silenced")
LOST = "the platform's answer was lost and its list does not show the change: trying again"


class Moderation:
    """The measures of one account."""

    def __init__(self, api: WebApi) -> None:
        self._api = api
        self._known: dict[tuple[int, str], int] = {}
        """The mutes we know of, in hours, so that an older one is not taken for proof of a newer."""
        self._unclear: dict[tuple[int, str], int] = {}
        """Mutes whose answer was lost, in hours."""

    async def mute(self, room_id: int, sender_id: str, span: timedelta) -> Outcome:
        """Mute for ``span``, rounded up to whole hours."""
        return await self._silence(room_id, sender_id, max(1, math.ceil(span / HOUR)))

    async def ban(self, room_id: int, sender_id: str) -> Outcome:
        """A ban is a mute without an end: a web room knows no other way to keep somebody out of its chat."""
        return await self._silence(room_id, sender_id, FOREVER)

    async def free(self, room_id: int, sender_id: str) -> Outcome:
        """End a mute or a ban."""
        if as_id(sender_id) is None:
            return Outcome(OutcomeStatus.REFUSED, NO_IDENTITY)
        try:
            outcome = await self._free(room_id, sender_id)
        except ApiError as error:
            return self._failed(error)
        if outcome.status in (OutcomeStatus.DONE, OutcomeStatus.ALREADY):
            self._known.pop((room_id, sender_id), None)
            self._unclear.pop((room_id, sender_id), None)
        return outcome

    async def room_mode(self, room_id: int) -> RoomMode | None:
        """Who may write: ``member`` (none of the viewers), ``level:5`` and the like; None when it cannot be read now."""
        try:
            found = await self._api.room_mode(room_id)
        except ApiError as error:
            self._failed(error)
            return None
        if found is None:
            return None
        kind, level, ends_s = found
        if kind == "off":
            return EVERYBODY
        return RoomMode(kind if kind == "member" else f"{kind}:{level}", ends_s if ends_s > 0 else None)

    async def set_room_mode(self, room_id: int, mode: RoomMode, now_s: float) -> Outcome:
        """Set who may write; the platform ends it by itself after 30 or 60 minutes, else it lasts until lifted."""
        kind, _, level = mode.words.partition(":")
        minutes = 0 if mode.ends_s is None else _minutes(mode.ends_s - now_s)
        lost = False
        try:
            await self._api.set_room_mode(room_id, kind or "off", int(level or 1), minutes)
        except Unclear:
            lost = True
        except ApiError as error:
            return self._failed(error)
        found = await self.room_mode(room_id)
        if found is not None and found.words == mode.words:
            return DONE
        if lost:
            return Outcome(OutcomeStatus.RETRY, "the platform's answer was lost: trying again")
        return Outcome(OutcomeStatus.UNCONFIRMED, "the platform said yes, but does not show it yet")

    async def _silence(self, room_id: int, sender_id: str, hours: int) -> Outcome:
        if as_id(sender_id) is None:
            return Outcome(OutcomeStatus.REFUSED, NO_IDENTITY)
        who = (room_id, sender_id)
        try:
            if self._unclear.get(who) == hours and await self._proven(who, hours):
                return self._note(who, hours)
            return await self._call_silence(who, hours)
        except ApiError as error:
            return self._failed(error)

    async def _call_silence(self, who: tuple[int, str], hours: int) -> Outcome:
        try:
            await self._api.silence(*who, hours)
        except Unclear:
            _remember(self._unclear, who, hours)
            return self._note(who, hours) if await self._proven(who, hours) else Outcome(OutcomeStatus.RETRY, LOST)
        except Refused as refusal:
            if "已" in refusal.message and await self._api.is_silenced(*who):
                return Outcome(OutcomeStatus.ALREADY, "the sender was silenced already")
            raise
        if await self._confirmed(who, silenced=True):
            return self._note(who, hours)
        _remember(self._known, who, hours)
        return NOT_LISTED

    async def _proven(self, who: tuple[int, str], hours: int) -> bool:
        """True when the list shows the mute and no other mute of ours could be what it shows."""
        return self._known.get(who, hours) == hours and await self._api.is_silenced(*who)

    def _note(self, who: tuple[int, str], hours: int) -> Outcome:
        self._unclear.pop(who, None)
        _remember(self._known, who, hours)
        return DONE

    async def _free(self, room_id: int, sender_id: str) -> Outcome:
        try:
            await self._api.free(room_id, sender_id)
        except Unclear:
            listed = await self._api.is_silenced(room_id, sender_id)
            return Outcome(OutcomeStatus.RETRY, LOST) if listed else DONE
        except Refused as refusal:
            if refusal.code in LOGGED_OUT or await self._api.is_silenced(room_id, sender_id):
                raise
            return Outcome(OutcomeStatus.ALREADY, "the sender was not silenced")
        return DONE if await self._confirmed((room_id, sender_id), silenced=False) else STILL_LISTED

    async def _confirmed(self, who: tuple[int, str], *, silenced: bool) -> bool:
        """Whether the list shows what the platform said yes to; False when the list cannot be read just now."""
        try:
            return await self._api.is_silenced(*who) is silenced
        except ApiError:
            return False

    def _failed(self, error: ApiError) -> Outcome:
        if isinstance(error, Refused) and error.code in LOGGED_OUT:
            self._api.forget_identity()
        return failed(error)


def _minutes(span_s: float) -> int:
    """The shortest of the platform's own lengths that covers a span; 0: until lifted."""
    if span_s > 3600:
        return 0
    return 30 if span_s <= 1800 else 60


def _remember(memory: dict[tuple[int, str], int], who: tuple[int, str], hours: int) -> None:
    memory.pop(who, None)
    memory[who] = hours
    if len(memory) > _KNOWN_CAP:
        del memory[next(iter(memory))]
