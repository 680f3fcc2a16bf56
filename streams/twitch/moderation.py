"""Measures on Twitch: what was answered with yes is done; where the answer was lost, the events tell.

Twitch sends every measure of every moderator back as an event, ours too, so that a lost answer need not be guessed.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta

from streams.events import Event, MessageRemoved, RoomKey, SenderFreed, SenderSilenced
from streams.platform import (
    BanSender,
    DeleteMessage,
    MuteCapability,
    MuteSender,
    Outcome,
    OutcomeStatus,
    RoomMode,
    UnbanSender,
    UnmuteSender,
)
from streams.twitch.answers import DONE, banned, deleted, failed, freed
from streams.twitch.errors import ApiError, Refused, Unclear
from streams.twitch.helix import Helix
from streams.twitch.modes import settings_of

SECOND = timedelta(seconds=1)
MUTE = MuteCapability(unit=SECOND, minimum=SECOND, maximum=timedelta(days=14))
SEEN_S = 3.0
"""So long after a lost answer we wait for the event that shows it was carried out."""

_ODD_MODE = Outcome(OutcomeStatus.REFUSED, "danmod does not know this mode of a chat")


class Moderation:
    """The measures of one account. ``observe`` is told every event."""

    def __init__(self, helix: Helix, own_login: Callable[[], str]) -> None:
        self._helix = helix
        self._own_login = own_login
        self._waiting: list[tuple[Callable[[Event], bool], asyncio.Future[None]]] = []

    async def delete(self, room_id: str, action: DeleteMessage) -> Outcome:
        """Take one line out."""

        def shows(event: Event) -> bool:
            return isinstance(event, MessageRemoved) and action.message_id == event.message_id

        return await self._do(self._helix.delete(room_id, action.message_id), shows, deleted)

    async def mute(self, room_id: str, action: MuteSender) -> Outcome:
        """Time somebody out for whole seconds; a running timeout takes the new length."""
        seconds = max(1, math.ceil(action.span / SECOND))
        work = self._helix.ban(room_id, action.sender_id, seconds, action.reason)
        return await self._do(work, self._silences(action.room, action.sender_id, banned=False), banned)

    async def ban(self, room_id: str, action: BanSender) -> Outcome:
        """Ban somebody."""
        work = self._helix.ban(room_id, action.sender_id, None, action.reason)
        return await self._do(work, self._silences(action.room, action.sender_id, banned=True), banned)

    async def free(self, room_id: str, action: UnmuteSender | UnbanSender) -> Outcome:
        """End a timeout or a ban."""

        def shows(event: Event) -> bool:
            return isinstance(event, SenderFreed) and (event.room, event.sender_id) == (action.room, action.sender_id)

        return await self._do(self._helix.free(room_id, action.sender_id), shows, freed)

    async def set_mode(self, room_id: str, mode: RoomMode) -> Outcome:
        """Let write whomever the mode lets."""
        wish = settings_of(mode.words)
        if wish is None:
            return _ODD_MODE
        return await self._do(self._helix.change_chat(room_id, wish), lambda event: False, failed)

    def observe(self, event: Event) -> None:
        """An event arrived; it may be the one somebody waits for."""
        for shows, seen in self._waiting:
            if not seen.done() and shows(event):
                seen.set_result(None)

    def _silences(self, room: RoomKey, sender_id: str, *, banned: bool) -> Callable[[Event], bool]:
        """Whether an event shows that we silenced this person."""

        def shows(event: Event) -> bool:
            if not isinstance(event, SenderSilenced) or event.by != self._own_login():
                return False
            return (event.room, event.sender_id, event.banned) == (room, sender_id, banned)

        return shows

    async def _do(
        self, work: Awaitable[None], shows: Callable[[Event], bool], refused: Callable[[Refused], Outcome]
    ) -> Outcome:
        """Do it once; the event that shows it is awaited from before the call on."""
        seen: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (shows, seen)
        self._waiting.append(entry)
        try:
            await work
            return DONE
        except Refused as refusal:
            return refused(refusal)
        except Unclear as error:
            return await self._seen(seen) or failed(error)
        except ApiError as error:
            return failed(error)
        finally:
            self._waiting.remove(entry)

    async def _seen(self, seen: asyncio.Future[None]) -> Outcome | None:
        try:
            async with asyncio.timeout(SEEN_S):
                await seen
        except TimeoutError:
            return None
        return DONE
