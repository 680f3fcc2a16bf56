"""Lines said to danmod alone: a few commands of people who cannot, or would not, post in the room (norm N3.3-1).

Such a line belongs to no room: it never reaches the pipeline, so nothing of it is counted, kept or shown. It is carried
out in the room whose case it is about, and answered by a whisper.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from bot.recorder import Recorder
from bot.rooms import Rooms, WatchedRoom
from cases.ports import CaseFilter, CaseReader, StorageError
from cases.room_memory import Line
from commands.arguments import case_code
from commands.parse import CommandName, Invocation, parse
from commands.router import RoomContext
from ratelimit.cooldown import Cooldowns
from streams.events import Event, Message, Sender, platform_of
from streams.platform import Emit

log = structlog.get_logger(__name__)

HEARD = frozenset({CommandName.APPEAL, CommandName.LINK, CommandName.WHY, CommandName.HELP})
"""What may be said in private."""
PACE = ((5, timedelta(seconds=10)), (20, timedelta(minutes=10)))
"""More often nobody is heard: two programs must not talk to each other for ever."""
WAITING = 200
"""So many lines wait; what comes then is not heard."""


class PrivateLines:
    """Takes private lines out of what a platform tells, and carries them out."""

    def __init__(
        self,
        rooms: Rooms,
        reader: CaseReader,
        recorder: Recorder,
        context: Callable[[WatchedRoom], RoomContext],
        clock: Callable[[], float],
        prefix: str = "!",
    ) -> None:
        self._rooms = rooms
        self._reader = reader
        self._recorder = recorder
        self._context = context
        self._clock = clock
        self._prefix = prefix
        self._pace = Cooldowns(PACE)
        self._waiting: deque[Message] = deque(maxlen=WAITING)
        self._filled = asyncio.Event()

    def sieve(self, put: Emit) -> Emit:
        """What a platform tells goes on to ``put``, without the private lines."""

        def take(events: Sequence[Event]) -> None:
            private = [event for event in events if isinstance(event, Message) and event.private]
            if private:
                self._waiting.extend(private)
                self._filled.set()
                events = [event for event in events if not (isinstance(event, Message) and event.private)]
            put(events)

        return take

    async def run(self) -> None:
        """Hear for ever."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._waiting:
                try:
                    await self.hear(self._waiting.popleft())
                except StorageError as fault:
                    log.warning("private line not answered", reason=str(fault))

    async def hear(self, message: Message) -> None:
        """Carry out one line, if it is a command that is heard in private."""
        now_s = self._clock()
        invocation = self._command(message, now_s)
        room = None if invocation is None else await self._room(message, invocation)
        if invocation is not None and room is not None:
            line = Line(_said_in(room, message), "", now_s, 0)
            await self._recorder.obey(room, invocation, line, self._context(room), now_s)

    def _command(self, message: Message, now_s: float) -> Invocation | None:
        invocation = parse(message.text, prefix=self._prefix)
        if invocation is None or invocation.command not in HEARD or message.sender.id is None:
            return None
        too_fast = self._pace.try_take((message.room, message.sender.id), now_s) is not None
        return None if too_fast else invocation

    async def _room(self, message: Message, invocation: Invocation) -> WatchedRoom | None:
        """The room it is about: of the case it names, else of the latest case about the sender, else where the sender was
        seen, else any room of the platform; None where we are in none."""
        platform, sender_id = platform_of(message.room), message.sender.id or ""
        words = invocation.arguments
        code = case_code(words[0]) if words and invocation.command is not CommandName.LINK else None
        named = await self._reader.case(code) if code else None
        about = [named] if named else await self._reader.cases(CaseFilter(respondent=sender_id, limit=20))
        known = [room for room in self._rooms if platform_of(room.key) == platform]
        first = [room for state in about for room in known if room.key == state.room]
        seen = [room for room in known if room.memory.sender(sender_id) is not None]
        return next(iter((*first, *seen, *known)), None)


def _said_in(room: WatchedRoom, message: Message) -> Message:
    """The line as if said in the room, still private; nobody has a role by it."""
    sender = Sender(message.sender.id, message.sender.name)
    return Message(room.key, f"private-{message.id}", sender, message.text, message.sent_s, private=True)
