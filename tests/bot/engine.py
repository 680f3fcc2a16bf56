"""The pipeline with its recorder over a private store: real parts, hand-moved clock, screens that only remember."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bot.clock import instant
from bot.config import LimitsSection, policy_of
from bot.intake import Arrived
from bot.pipeline import Pipeline
from bot.recorder import Recorder
from bot.rooms import Rooms, WatchedRoom
from cases.house import House
from cases.model import CaseState, Evidence, Mode, Profile
from cases.policy import Decision
from cases.ports import Applied, CaseFilter, CaseLog
from cases.registrar import Registrar
from cases.room_memory import Line
from commands.replies import Reply
from commands.router import Router
from ratelimit.cooldown import REPORT_LIMITS, Cooldowns
from ratelimit.memory_gauge import MemoryGauge
from storage import Keys, Storage, open_storage
from streams.events import Event, Message, Role, RoomKey, Sender, room_key
from streams.platform import Capabilities, MuteCapability
from web.screen import FeedLine

START_S = 1_777_636_800.0
ROOM = room_key("irc", "#talk")
KEYS = Keys.ephemeral(b"engine")
ABLE = Capabilities(
    delete=True, mute=MuteCapability(timedelta(seconds=1), timedelta(seconds=1), None), ban=True, say=True
)

ANN, BEN, CEM = Sender("ann", "Ann"), Sender("ben", "Ben"), Sender("cem", "Cem")
MONA = Sender("mona", "Mona", Role.MODERATOR)
OURSELVES = Sender("danmod", "danmod", Role.SELF)
OTHER_BOT = Sender("nightbot", "Nightbot", Role.BOT)
MASKED = Sender(None, "A***")


class RecordedScreens:
    """Remembers what would be shown: by message id the hold in seconds, None for a line kept off."""

    def __init__(self) -> None:
        self.holds: dict[str, float | None] = {}
        self.hidden: list[str] = []
        self.hidden_senders: list[str] = []
        self.cleared = 0
        self.beats: list[float] = []

    def judged(self, line: FeedLine, hold_s: float | None) -> None:
        self.holds[line.id] = hold_s

    def hide(self, room: RoomKey, message_ids: Iterable[str]) -> None:
        self.hidden += message_ids

    def hide_sender(self, room: RoomKey, sender_key: str) -> None:
        self.hidden_senders.append(sender_key)

    def clear(self, room: RoomKey) -> None:
        self.cleared += 1

    def beat(self, now_s: float) -> None:
        self.beats.append(now_s)

    def visible(self) -> set[str]:
        """The lines an overlay shows in the end."""
        return {name for name, hold_s in self.holds.items() if hold_s is not None} - set(self.hidden)


class RecordingRecorder(Recorder):
    """A real recorder that also keeps every decision in the order in which it fell."""

    decisions: list[Decision]

    def decided(self, room: WatchedRoom, decision: Decision, evidence: Evidence, now_s: float) -> None:
        self.decisions.append(decision)
        super().decided(room, decision, evidence, now_s)


@dataclass
class Heard:
    """What the recorder tells the rest of the program."""

    codes: list[str] = field(default_factory=list)
    applied_changes: list[Applied] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    tidied: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def written(self, decisions: Iterable[Decision], code: str, now_s: float) -> None:
        self.codes.append(code)

    def applied(self, room: WatchedRoom, applied: Applied) -> None:
        self.applied_changes.append(applied)

    def replied(self, room: WatchedRoom, reply: Reply, line: Line) -> None:
        self.replies.append(reply.text)

    def refused(self, reason: str) -> None:
        self.refusals.append(reason)

    def tidy(self, room: WatchedRoom, line: Line) -> None:
        self.tidied.append(line.message.id)

    def line_decided(self, room: RoomKey, latency_s: float) -> None:
        self.latencies.append(latency_s)


class Engine:
    """One room, its pipeline and its clock."""

    def __init__(self, storage: Storage, *, mode: Mode, limits: LimitsSection, case_log: CaseLog | None = None) -> None:
        self.now_s = START_S
        self.storage = storage
        self.heard = Heard()
        self.screens = RecordedScreens()
        self.rooms = Rooms()
        self.room = WatchedRoom(ROOM, mode, policy_of(limits, Profile.SOLO), "en", lambda: ABLE)
        self.rooms.add(self.room)
        log = case_log or storage.log
        registrar = Registrar(KEYS, House())
        router = Router(log, storage.reader, registrar, KEYS, reports=Cooldowns(REPORT_LIMITS))
        self.recorder = RecordingRecorder(log, registrar, router, self.heard, self._hide, self._sleep)
        self.recorder.decisions = []
        self.pipeline = Pipeline(
            self.rooms, MemoryGauge(), self.recorder, router, self.screens, self.heard, clock=self.clock, run_id="test"
        )
        self.slept: list[float] = []
        self._numbers = 0

    def clock(self) -> float:
        return self.now_s

    def _hide(self, room: WatchedRoom, ids: Iterable[str]) -> None:
        self.screens.hide(room.key, ids)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def line(self, sender: Sender, text: str, *, after_s: float = 1.0, **more: object) -> Arrived:
        """The next line, so many seconds after the one before."""
        self.now_s += after_s
        self._numbers += 1
        fields: dict[str, object] = {"id": f"m{self._numbers}", "sent_s": self.now_s, **more}
        return Arrived(Message(ROOM, sender=sender, text=text, **fields), self.now_s)  # type: ignore[arg-type]

    def event(self, event: Event) -> Arrived:
        return Arrived(event, self.now_s)

    async def hear(self, *batch: Arrived) -> None:
        """One batch, with everything written that follows from it."""
        await self.pipeline.handle(batch)
        await self.recorder.drain()

    async def say(self, sender: Sender, *texts: str, after_s: float = 1.0) -> None:
        """Lines of one sender, each a batch of its own."""
        for text in texts:
            await self.hear(self.line(sender, text, after_s=after_s))

    @property
    def decisions(self) -> list[Decision]:
        return self.recorder.decisions

    async def cases(self) -> list[CaseState]:
        """Every case, oldest first."""
        return list(await self.storage.reader.cases(CaseFilter(limit=1000)))[::-1]


def told(decisions: Sequence[Decision]) -> list[tuple[object, ...]]:
    """Decisions as values that can be compared between runs."""
    return [
        (
            decision.line.message.id,
            tuple(sorted(decision.sentence.measures)),
            decision.sentence.mute,
            decision.severity,
            decision.checks,
            decision.facts,
            decision.episode,
            decision.restricts,
        )
        for decision in decisions
    ]


@asynccontextmanager
async def engine(mode: Mode = Mode.ENFORCE, **limits: object) -> AsyncIterator[Engine]:
    """A fresh engine whose recorder runs."""
    running: list[Engine] = []
    async with open_storage(
        "", keys=KEYS, clock=lambda: instant(running[0].now_s if running else START_S), in_memory=True
    ) as storage:
        made = Engine(storage, mode=mode, limits=LimitsSection(**limits))  # type: ignore[arg-type]
        running.append(made)
        writing = asyncio.create_task(made.recorder.run())
        try:
            yield made
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
