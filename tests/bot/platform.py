"""A platform with a recording end: performs what it is told, or answers as a test scripts it."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from datetime import timedelta

from streams.events import RoomKey
from streams.platform import (
    Action,
    BanSender,
    Capabilities,
    Emit,
    MuteCapability,
    MuteSender,
    Outcome,
    OutcomeStatus,
    RoomMode,
    SetRoomMode,
    Silenced,
    UnbanSender,
    UnmuteSender,
)

SECONDS = MuteCapability(timedelta(seconds=1), timedelta(seconds=1), timedelta(days=14))
HOURS = MuteCapability(timedelta(hours=1), timedelta(hours=1), None)
ABLE = Capabilities(delete=True, mute=SECONDS, ban=True, whisper=True, say=True)
DONE, RETRY = Outcome(OutcomeStatus.DONE), Outcome(OutcomeStatus.RETRY, "not now")


class RecordedPlatform:
    """Silences and frees for real in ``silent``; ``answers`` are given first, ``lose_answers`` after the deed is done."""

    name = "irc"

    def __init__(self, capabilities: Capabilities = ABLE) -> None:
        self.can = capabilities
        self.performed: list[Action] = []
        self.answers: deque[Outcome | Exception] = deque()
        self.lose_answers = 0
        self.silent: dict[str, timedelta | None] = {}
        self.mode: RoomMode | None = RoomMode()
        """Who may write; None: it cannot be read."""
        self.unnamed = 0
        """How many entries of its list name nobody."""
        self.lists = True
        """False: it has no list of the silenced that could be read."""
        self.probes = 0
        self.changes = 0
        """How often somebody was really silenced or freed."""

    def join(self, room: RoomKey) -> None: ...
    def leave(self, room: RoomKey) -> None: ...

    async def run(self, emit: Emit) -> None:
        await asyncio.Event().wait()

    def capabilities(self, room: RoomKey) -> Capabilities:
        return self.can

    def without(self, **changes: object) -> None:
        self.can = replace(self.can, **changes)  # type: ignore[arg-type]

    async def perform(self, action: Action) -> Outcome:
        self.performed.append(action)
        if self.answers:
            answer = self.answers.popleft()
            if isinstance(answer, Exception):
                raise answer
            return answer
        outcome = self._do(action)
        if self.lose_answers:
            self.lose_answers -= 1
            return Outcome(OutcomeStatus.RETRY, "the answer was lost")
        return outcome

    async def silenced(self, room: RoomKey) -> Silenced | None:
        return Silenced(frozenset(self.silent), self.unnamed) if self.lists else None

    async def room_mode(self, room: RoomKey) -> RoomMode | None:
        return self.mode

    async def probe(self, room: RoomKey) -> None:
        self.probes += 1

    def _do(self, action: Action) -> Outcome:
        match action:
            case MuteSender(sender_id=who, span=span):
                return self._silence(who, span)
            case BanSender(sender_id=who):
                return self._silence(who, None)
            case UnmuteSender(sender_id=who) | UnbanSender(sender_id=who):
                if who not in self.silent:
                    return Outcome(OutcomeStatus.ALREADY)
                del self.silent[who]
                self.changes += 1
            case SetRoomMode(mode=mode):
                if self.mode == mode:
                    return Outcome(OutcomeStatus.ALREADY)
                self.mode = mode
        return DONE

    def _silence(self, who: str, span: timedelta | None) -> Outcome:
        if who in self.silent:
            return Outcome(OutcomeStatus.ALREADY)
        self.silent[who] = span
        self.changes += 1
        return DONE
