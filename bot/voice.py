"""What the bot says: replies to commands and the notices that cases owe, within each room's budget.

In a dry run only moderators are answered. A notice is marked as sent before it is said: at most once. What cannot be said
because the platform is away lapses; the receipt and case pages still tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from bot.clock import instant
from bot.rooms import Rooms, WatchedRoom
from bot.silence import Hush, Silence
from cases.ports import NoticeRow, Outbox, StorageError
from commands.replies import Reply, ReplyBudget, fit
from streams.events import RoomKey, Sender, platform_of
from streams.platform import Action, Outcome, OutcomeStatus, Platform, Say, Whisper

log = structlog.get_logger(__name__)

NOTICE_AGE = timedelta(minutes=5)
HELD_LOOK_S = 30.0
"""So often it is looked whether a silence is over."""


Informed = Callable[[str, str], Awaitable[None]]
"""Hears the code of a case, and the account that a whisper about it reached."""


class Voice:
    """Says one line after another, per room in order."""

    def __init__(
        self,
        rooms: Rooms,
        platforms: dict[str, Platform],
        outbox: Outbox,
        silence: Silence,
        clock: Callable[[], float],
        informed: Informed | None = None,
    ) -> None:
        self._informed = informed
        self._rooms = rooms
        self._platforms = platforms
        self._outbox = outbox
        self._silence = silence
        self._clock = clock
        self._budgets: dict[RoomKey, ReplyBudget] = {}
        self._owing = True
        self._held_look_s = float("inf")
        """When to look again at notices that a silence holds back."""
        self._ready: list[tuple[WatchedRoom, Reply, str | None]] = []

    def reply(self, room: WatchedRoom, reply: Reply, reply_to: str | None) -> None:
        """Answer a command; in a dry run only staff is answered."""
        if room.dry_run and not self._is_staff(room, reply.to):
            return
        limit = room.capabilities().line_limit
        due = self._budget(room).offer(reply, self._clock(), limit)
        self._ready.extend((room, said, reply_to if said is reply else None) for said in due)

    async def speak(self) -> None:
        """Say everything that is due now: answers, batched receipts, and the notices of cases."""
        now_s = self._clock()
        try:
            if self._owing or now_s >= self._held_look_s:
                await self._take_notices(now_s)
        except StorageError as fault:  # they wait; answers to commands are said all the same
            self._owing = True
            log.error("notices not readable", reason=str(fault))
        for room in self._rooms:
            if room.key in self._budgets:
                due = self._budgets[room.key].advance(now_s, room.capabilities().line_limit)
                self._ready.extend((room, said, None) for said in due)
        waiting, self._ready = self._ready, []
        by_room: dict[RoomKey, list[tuple[WatchedRoom, Reply, str | None]]] = {}
        for line in waiting:
            by_room.setdefault(line[0].key, []).append(line)
        await asyncio.gather(*(self._say_all(lines) for lines in by_room.values()))

    async def _say_all(self, lines: list[tuple[WatchedRoom, Reply, str | None]]) -> None:
        """One room's lines, one after the other; a slow platform delays no other room's."""
        for room, said, reply_to in lines:
            await self._say(room, said, reply_to)

    def owe(self) -> None:
        """A case was written that owes notices."""
        self._owing = True

    async def _take_notices(self, now_s: float) -> None:
        """Look at what cases owe; a room that cannot be spoken to now is looked at again."""
        self._owing, self._held_look_s = False, float("inf")
        keys = await self._outbox.rooms_with_notices()
        hush = await self._silence.now() if keys else Hush()
        if hush.held:
            self._held_look_s = now_s + HELD_LOOK_S
        for key in keys:
            room = self._rooms.get(key)
            if room is None:
                continue
            if not room.capabilities().say:
                self._owing = True
                continue
            for row in await self._outbox.take_notices(key, instant(now_s), NOTICE_AGE, hush.held, hush.over):
                self._notice(room, row, now_s)

    def _notice(self, room: WatchedRoom, row: NoticeRow, now_s: float) -> None:
        limit = room.capabilities().line_limit
        if row.notice.private_to is not None and room.capabilities().whisper:
            to = Sender(row.notice.private_to, "")
            text = f"{row.notice.text} {row.notice.secret}".strip()
            self._ready.append((room, Reply(text, to=to, private=True, code=row.code), None))
            return
        if not row.notice.text:
            return
        due = self._budget(room).offer(Reply(row.notice.text), now_s, limit)
        self._ready.extend((room, said, None) for said in due)

    async def _say(self, room: WatchedRoom, reply: Reply, reply_to: str | None) -> None:
        capabilities = room.capabilities()
        text = fit(reply.text, capabilities.line_limit)
        if not capabilities.say or not text:
            return
        action: Action = Say(room.key, text, reply_to)
        if reply.private and capabilities.whisper and reply.to is not None and reply.to.id is not None:
            action = Whisper(room.key, reply.to.id, text)
        outcome = await self._perform(action)
        if isinstance(action, Whisper) and outcome.status is OutcomeStatus.DONE:
            await self._note_informed(action, reply.code)
        if outcome.status in (OutcomeStatus.REFUSED, OutcomeStatus.RETRY):
            log.warning("line not said", room=room.key, outcome=outcome.status.value, detail=outcome.detail)

    async def _note_informed(self, whisper: Whisper, code: str | None) -> None:
        """A whisper of a case arrived: from now on its person's time to appeal runs. Not noted, it runs later."""
        if code and self._informed is not None:
            try:
                await self._informed(code, whisper.sender_id)
            except StorageError as fault:
                log.error("being informed not noted", reason=str(fault))

    async def _perform(self, action: Action) -> Outcome:
        return await self._platforms[platform_of(action.room)].perform(action)

    def _budget(self, room: WatchedRoom) -> ReplyBudget:
        return self._budgets.setdefault(room.key, ReplyBudget(room.language))

    @staticmethod
    def _is_staff(room: WatchedRoom, to: Sender | None) -> bool:
        return to is not None and room.memory.roles(to).is_staff
