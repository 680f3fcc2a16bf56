"""What the bot says: within each room's budget, private where it can, at most once, and never into a dry run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.clock import instant
from bot.config import LimitsSection, policy_of
from bot.rooms import Rooms, WatchedRoom
from bot.silence import Silence
from bot.voice import NOTICE_AGE, Voice
from cases import intents
from cases.house import House
from cases.model import Actor, ActorKind, Mode, Profile, Respondent
from cases.ports import Applied, ByEpisode, NoticeRow, StorageError
from cases.registrar import Registrar
from cases.sentence import Measure
from commands.replies import NOTICE_GAP, Reply
from storage import Storage, open_storage
from streams.events import Message, Role, RoomKey, Sender, room_key
from streams.platform import Outcome, OutcomeStatus, Say, Whisper
from tests.bot.engine import KEYS, START_S
from tests.bot.platform import RecordedPlatform
from tests.journeys.running import eventually

ROOM = room_key("irc", "#talk")
ANN, MONA = Sender("ann", "Ann"), Sender("mona", "Mona", Role.MODERATOR)
BY = Actor(ActorKind.MODERATOR, "mona", "Mona")


@dataclass
class World:
    """A room, its platform, its voice, and a clock moved by hand."""

    storage: Storage
    mode: Mode = Mode.ENFORCE
    now_s: float = START_S
    platform: RecordedPlatform = field(default_factory=RecordedPlatform)

    def __post_init__(self) -> None:
        self.rooms = Rooms()
        policy = policy_of(LimitsSection(), Profile.SOLO)
        self.room = WatchedRoom(ROOM, self.mode, policy, "en", lambda: self.platform.can)
        self.rooms.add(self.room)
        self.silence = Silence(self.storage.dossiers, self.storage.letters, clock=lambda: self.now_s)
        self.voice = self.speaking({"irc": self.platform}, self.storage.outbox)

    def speaking(self, platforms: dict[str, Any], outbox: Any) -> Voice:
        """A voice over these."""
        return Voice(self.rooms, platforms, outbox, self.silence, lambda: self.now_s)

    async def said(self) -> list[str]:
        """What is said now, and to whom."""
        before = len(self.platform.performed)
        await self.voice.speak()
        return [
            f"to {action.sender_id}: {action.text}" if isinstance(action, Whisper) else action.text
            for action in self.platform.performed[before:]
            if isinstance(action, Say | Whisper)
        ]

    async def owe(self, measure: Measure = Measure.WARN, who: str = "Ann", span_s: float | None = None) -> str:
        """A measure whose notice the room is owed; the case's code."""
        now, span = instant(self.now_s), None if span_s is None else timedelta(seconds=span_s)
        wanted = intents.MeasureCommanded(
            ROOM, BY, measure, Respondent(who.lower(), who), span, (), "R0", "", None, self.mode is Mode.DRY_RUN
        )
        ref = ByEpisode(ROOM, f"report:{who.lower()}", now, timedelta(0))
        applied = await self.storage.log.apply(ref, Registrar(KEYS, House()).measure(wanted, now))
        assert isinstance(applied, Applied)
        return applied.state.code


@asynccontextmanager
async def world(mode: Mode = Mode.ENFORCE) -> AsyncIterator[World]:
    made: list[World] = []
    async with open_storage(
        "", keys=KEYS, clock=lambda: instant(made[0].now_s if made else START_S), in_memory=True
    ) as storage:
        made.append(World(storage, mode))
        yield made[0]


def receipt(code: str) -> Reply:
    return Reply(f"received: {code}", ANN, code=code)


async def test_an_answer_to_staff_is_said_at_once_as_an_answer() -> None:
    async with world() as it:
        it.voice.reply(it.room, Reply("done", MONA, urgent=True), "m7")
        assert await it.said() == ["done"]
        assert it.platform.performed == [Say(ROOM, "done", "m7")]


async def test_receipts_wait_their_turn_and_come_together() -> None:
    async with world() as it:
        it.voice.reply(it.room, receipt("A7K2"), "m1")
        assert await it.said() == ["received: A7K2"]
        for code in ("B2C3", "C3D4", "D4E5"):
            it.voice.reply(it.room, receipt(code), "m2")
        assert await it.said() == []
        it.now_s += NOTICE_GAP.total_seconds()
        assert await it.said() == ["received: B2C3, C3D4, D4E5"]


async def test_in_a_dry_run_only_staff_is_answered() -> None:
    async with world(Mode.DRY_RUN) as it:
        it.room.memory.add(Message(ROOM, "m1", MONA, "hi", it.now_s), "hi", it.now_s)
        it.voice.reply(it.room, receipt("A7K2"), "m1")
        it.voice.reply(it.room, Reply("dry run: nothing done", MONA, urgent=True), "m2")
        assert await it.said() == ["dry run: nothing done"]


async def test_a_private_notice_is_whispered_and_said_once() -> None:
    async with world() as it:
        code = await it.owe(Measure.MUTE, span_s=600)
        (said,) = await it.said()
        assert said.startswith("to ann: ")
        assert code in said
        assert await it.said() == []


async def test_where_nobody_can_whisper_a_notice_is_said_to_the_room_without_its_secret() -> None:
    async with world() as it:
        it.platform.without(whisper=False)
        await it.owe(Measure.MUTE, span_s=600)
        (said,) = await it.said()
        assert "to ann" not in said
        assert "http" not in said
        assert "/statement" not in said


async def test_a_notice_is_taken_before_it_is_said_so_never_said_twice() -> None:
    async with world() as it:
        it.platform.answers.append(Outcome(OutcomeStatus.RETRY, "the connection is away"))
        await it.owe()
        assert len(await it.said()) == 1
        it.now_s += 120
        assert await it.said() == []


async def test_a_notice_that_is_too_old_lapses() -> None:
    async with world() as it:
        it.platform.without(say=False)
        await it.owe()
        assert await it.said() == []
        it.now_s += NOTICE_AGE.total_seconds() + 1
        it.platform.without(say=True)
        assert await it.said() == []


async def test_a_notice_waits_a_little_for_a_room_that_is_away() -> None:
    async with world() as it:
        it.platform.without(say=False)
        await it.owe()
        assert await it.said() == []
        it.now_s += 60
        it.platform.without(say=True)
        assert len(await it.said()) == 1


async def test_a_line_is_cut_to_what_the_platform_takes() -> None:
    async with world() as it:
        it.platform.without(line_limit=20)
        it.voice.reply(it.room, Reply("一" * 60, MONA, urgent=True), None)
        (said,) = await it.said()
        assert len(said) <= 20


async def test_no_line_break_and_no_command_leaves_us() -> None:
    async with world() as it:
        it.voice.reply(it.room, Reply("!ban everyone\r\nQUIT :bye", MONA, urgent=True), None)
        (said,) = await it.said()
        assert "\n" not in said
        assert not said.startswith("!")


async def test_a_database_that_is_away_does_not_silence_answers() -> None:
    class Away:
        async def rooms_with_notices(self) -> Sequence[RoomKey]:
            raise StorageError("the disk is full")

        async def take_notices(self, *asked: object) -> Sequence[NoticeRow]:
            raise StorageError("the disk is full")

    async with world() as it:
        it.voice = it.speaking({"irc": it.platform}, Away())
        it.voice.reply(it.room, Reply("storage is away", MONA, urgent=True), None)
        assert await it.said() == ["storage is away"]


async def test_a_slow_platform_delays_no_other_rooms_answers() -> None:
    async with world() as it:
        free = asyncio.Event()

        class Slow(RecordedPlatform):
            async def perform(self, action: object) -> Outcome:
                await free.wait()
                return await super().perform(action)  # type: ignore[arg-type]

        other = WatchedRoom(room_key("sandbox", "demo"), Mode.ENFORCE, it.room.policy, "en", lambda: it.platform.can)
        it.rooms.add(other)
        slow = Slow()
        it.voice = it.speaking({"irc": slow, "sandbox": it.platform}, it.storage.outbox)
        it.voice.reply(it.room, Reply("first", MONA, urgent=True), None)
        it.voice.reply(other, Reply("second", MONA, urgent=True), None)
        speaking = asyncio.create_task(it.voice.speak())
        await eventually(lambda: it.platform.performed, "the other room's answer", 5.0)
        assert not speaking.done()
        free.set()
        await speaking
        assert len(slow.performed) == 1
