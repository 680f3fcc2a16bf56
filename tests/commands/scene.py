"""A room with people in it, a real in-memory case store and the router: what the tests of commands play on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from cases.house import House
from cases.model import CaseState, Mode
from cases.ports import CaseFilter
from cases.registrar import Registrar
from cases.room_memory import Line, RoomMemory
from commands.router import Handled, RoomContext, Router
from ratelimit.cooldown import REPORT_LIMITS, Cooldowns
from storage.opening import Storage, open_storage
from storage.vault import Keys
from streams.events import Message, Role, RoomKey, Sender, room_key
from streams.platform import Capabilities, MuteCapability

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
ROOM = room_key("irc", "#talk")
ABLE = Capabilities(
    delete=True,
    mute=MuteCapability(timedelta(seconds=1), timedelta(seconds=1), timedelta(days=14)),
    ban=True,
    say=True,
)
SHORT = replace(ABLE, line_limit=20)


class Recorded(Cooldowns):
    """Real cooldowns that keep the keys they were asked for."""

    def __init__(self) -> None:
        super().__init__(REPORT_LIMITS)
        self.asked: list[Hashable] = []

    def try_take(self, key: Hashable, now_s: float) -> timedelta | None:
        """Take one if every limit allows it."""
        self.asked.append(key)
        return super().try_take(key, now_s)


OWNER = Sender("own", "Streamer", Role.OWNER)
MODERATOR = Sender("mod", "Mona", Role.MODERATOR)
SECOND = Sender("mod2", "Max", Role.MODERATOR)
BOB = Sender("bob", "Bob")
NIGHT_OWL = Sender("owl", "Night Owl")
EVE = Sender("eve", "Eve")
OTHER_BOT = Sender("bot", "Nightbot", Role.BOT)
OURSELVES = Sender("self", "danmod", Role.SELF)
MASKED = Sender(None, "***")


@dataclass
class Scene:
    """One room, its clock and its store."""

    storage: Storage
    router: Router
    memory: RoomMemory
    reports: Recorded
    now: datetime = START
    mode: Mode = Mode.ENFORCE
    capabilities: Capabilities = ABLE
    language: str = "en"
    staff: int = 2
    public_url: str = ""
    said: list[Message] = field(default_factory=list)

    @property
    def room(self) -> RoomContext:
        """The room as commands see it now."""
        return RoomContext(self.memory, self.mode, self.capabilities, self.language, self.staff, self.public_url)

    def wait(self, span: timedelta) -> None:
        """Time passes."""
        self.now += span

    def say(self, sender: Sender, text: str, *, id: str | None = None, reply_to: str | None = None) -> Line:
        """Somebody writes a line."""
        self.wait(timedelta(seconds=1))
        at_s = self.memory.clamp(self.now.timestamp())
        message = Message(self.memory.room, id or f"m{len(self.said)}", sender, text, at_s, reply_to)
        self.said.append(message)
        return self.memory.add(message, text.casefold(), at_s)

    async def give(self, sender: Sender, text: str, *, id: str | None = None, reply_to: str | None = None) -> Handled:
        """Somebody gives a command; what it changed is taken over by the room's memory."""
        return await self.hear(self.say(sender, text, id=id, reply_to=reply_to))

    async def hear(self, line: Line) -> Handled:
        """The router hears a line that must be a command."""
        invocation = self.router.recognise(line.message, self.memory)
        assert invocation is not None, f"not a command: {line.message.text!r}"
        handled = await self.router.handle(invocation, line, self.room, self.now)
        for applied in handled.applied:
            self.memory.absorb(applied.changes, applied.state.episode, strikes=True)
        return handled

    async def cases(self) -> list[CaseState]:
        """Every case, oldest first."""
        return list(await self.storage.reader.cases(CaseFilter()))[::-1]

    async def only_case(self) -> CaseState:
        """The one case there is."""
        (state,) = await self.cases()
        return state


@asynccontextmanager
async def scene_in(room: RoomKey = ROOM, house: House | None = None) -> AsyncIterator[Scene]:
    """A scene with the usual people, who have all said something."""
    keys, reports = Keys.ephemeral(b"commands"), Recorded()
    clock: list[Scene] = []
    async with open_storage("", keys=keys, clock=lambda: clock[0].now if clock else START, in_memory=True) as storage:
        router = Router(storage.log, storage.reader, Registrar(keys, house), keys, reports=reports)
        scene = Scene(storage, router, RoomMemory(room), reports)
        clock.append(scene)
        for sender in (OWNER, MODERATOR, SECOND, BOB, NIGHT_OWL, EVE, OTHER_BOT, OURSELVES):
            scene.say(sender, f"hello from {sender.name}")
        yield scene


def text(handled: Handled) -> str:
    """The words of the reply, "" when there is none."""
    return handled.reply.text if handled.reply else ""
