"""From outbox rows to deeds: tried until confirmed, undone exactly as far as it stands, timers once however late."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.clock import instant
from bot.config import LimitsSection, policy_of
from bot.enforcement import SETTLED_AFTER_S, WINDOW, Enforcement
from bot.rooms import Rooms, WatchedRoom
from cases import intents
from cases.history import Changes
from cases.house import House
from cases.model import Actor, ActorKind, CaseState, MeasureStatus, Mode, OrderedAction, Profile, Refusal, Respondent
from cases.ports import Applied, ByCode, ByEpisode, CaseFilter, CaseLog, CaseRef, Decide, Repeated, StorageError
from cases.registrar import Registrar
from cases.sentence import Measure
from storage import Storage, open_storage
from streams.events import FeedChanged, FeedState, RoomKey, room_key
from streams.platform import BanSender, DeleteMessage, MuteSender, Outcome, OutcomeStatus, UnmuteSender
from tests.bot.engine import KEYS, START_S
from tests.bot.platform import HOURS, RETRY, RecordedPlatform
from tests.journeys.running import eventually

ROOM = room_key("irc", "#talk")
MONA = Actor(ActorKind.MODERATOR, "mona", "Mona")
ANN = Respondent("ann", "Ann")


class Flaky:
    """A case log whose database is away so many times."""

    def __init__(self, real: CaseLog) -> None:
        self.away = 0
        self._real = real

    async def apply(self, ref: CaseRef, decide: Decide) -> Applied | Repeated | Refusal:
        if self.away:
            self.away -= 1
            raise StorageError("the disk is full")
        return await self._real.apply(ref, decide)


@dataclass
class World:
    """One room with its platform, a clock moved by hand, and a registrar to order things."""

    storage: Storage
    platform: RecordedPlatform
    log: Flaky
    now_s: float = START_S
    absorbed: list[Applied] = field(default_factory=list)
    counted: list[tuple[str, str]] = field(default_factory=list)
    chance: float = 1.0

    def __post_init__(self) -> None:
        self.registrar = Registrar(KEYS, House())
        self.rooms = Rooms()
        self.room = WatchedRoom(
            ROOM,
            Mode.ENFORCE,
            policy_of(LimitsSection(), Profile.SOLO),
            "en",
            lambda: self.platform.can,
        )
        self.rooms.add(self.room)
        self.seen(FeedState.LIVE)
        self.wait(60)
        self.enforcement = self.start()

    def start(self, platforms: dict[str, RecordedPlatform] | None = None) -> Enforcement:
        """A danmod after a restart: it remembers nothing but the store."""
        return Enforcement(
            self.rooms,
            dict(platforms or {"irc": self.platform}),
            self.log,
            self.storage.reader,
            self.storage.outbox,
            self.registrar,
            self,
            self._absorb,
            clock=lambda: self.now_s,
            chance=lambda: self.chance,
        )

    def action_done(self, kind: str, outcome: str) -> None:
        self.counted.append((kind, outcome))

    def _absorb(self, key: RoomKey, applied: Applied) -> None:
        self.absorbed.append(applied)

    def seen(self, state: FeedState) -> None:
        self.room.feed_changed(FeedChanged(ROOM, self.now_s, state))

    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    async def order(
        self, measure: Measure, span_s: float | None = None, *lines: str, room: RoomKey = ROOM
    ) -> OrderedAction:
        """A moderator orders a measure on Ann; the action that was written."""
        span = None if span_s is None else timedelta(seconds=span_s)
        wanted = intents.MeasureCommanded(room, MONA, measure, ANN, span, lines, "R0", "", None, False)
        ref = ByEpisode(room, "report:ann", instant(self.now_s), timedelta(0))
        applied = await self.storage.log.apply(ref, self.registrar.measure(wanted, instant(self.now_s)))
        assert isinstance(applied, Applied)
        return applied.state.actions[-1]

    async def lift(self, action: OrderedAction, measure: Measure = Measure.MUTE) -> None:
        wanted = intents.LiftCommanded(MONA, measure, "ann", "")
        code = action.id.partition(".")[0]
        await self.storage.log.apply(ByCode(code), self.registrar.lift(wanted, instant(self.now_s)))

    async def turn(self) -> None:
        """Everything that is due, until nothing more is."""
        for _ in range(6):
            await self.enforcement.turn()

    async def state(self) -> CaseState:
        (state, *_) = await self.storage.reader.cases(CaseFilter())
        return state

    async def action(self, known: OrderedAction) -> OrderedAction:
        state = await self.storage.reader.case(known.id.partition(".")[0])
        assert state is not None
        found = state.action(known.id)
        assert found is not None
        return found

    async def in_force(self, known: OrderedAction) -> bool:
        return await self.status(known) is MeasureStatus.IN_FORCE

    async def status(self, known: OrderedAction) -> MeasureStatus:
        return (await self.action(known)).status


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    made: list[World] = []
    async with open_storage(
        "", keys=KEYS, clock=lambda: instant(made[0].now_s if made else START_S), in_memory=True
    ) as storage:
        made.append(World(storage, RecordedPlatform(), Flaky(storage.log)))
        yield made[0]


async def test_a_mute_is_performed_confirmed_and_told() -> None:
    async with world() as it:
        mute = await it.order(Measure.MUTE, 600)
        await it.turn()
        assert it.platform.performed == [
            MuteSender(ROOM, "ann", "Ann", timedelta(seconds=600), it.platform.performed[0].reason)
        ]  # type: ignore[union-attr]
        assert await it.status(mute) is MeasureStatus.IN_FORCE
        assert it.counted == [("mute", "done")]


async def test_a_platform_that_is_busy_is_asked_again_less_and_less_often() -> None:
    async with world() as it:
        it.platform.answers.extend([RETRY] * 4)
        mute = await it.order(Measure.MUTE, 600)
        asked_s: list[float] = []
        for _ in range(2000):
            before = len(it.platform.performed)
            await it.enforcement.turn()
            asked_s += [it.now_s] * (len(it.platform.performed) - before)
            if await it.status(mute) is MeasureStatus.IN_FORCE:
                break
            it.wait(0.25)
        gaps = [later - earlier for earlier, later in itertools.pairwise(asked_s)]
        assert len(asked_s) == 5
        assert gaps == sorted(gaps)
        assert gaps[-1] >= 2 * gaps[0]


async def test_the_platforms_own_wish_to_wait_is_kept() -> None:
    async with world() as it:
        it.platform.answers.append(Outcome(OutcomeStatus.RETRY, "slow down", timedelta(seconds=40)))
        await it.order(Measure.MUTE, 600)
        await it.turn()
        it.wait(39)
        await it.turn()
        assert len(it.platform.performed) == 1
        it.wait(2)
        await it.turn()
        assert len(it.platform.performed) == 2


async def test_the_span_is_what_is_left_when_the_platform_is_reached_late() -> None:
    async with world() as it:
        it.platform.answers.append(Outcome(OutcomeStatus.RETRY, "away", timedelta(seconds=100)))
        await it.order(Measure.MUTE, 600)
        await it.turn()
        it.wait(101)
        await it.turn()
        assert [action.span for action in it.platform.performed if isinstance(action, MuteSender)] == [
            timedelta(seconds=600),
            timedelta(seconds=499),
        ]


async def test_a_mute_whose_end_has_come_is_not_begun() -> None:
    async with world() as it:
        it.platform.answers.append(Outcome(OutcomeStatus.RETRY, "away", timedelta(seconds=100)))
        mute = await it.order(Measure.MUTE, 60)
        await it.turn()
        it.wait(101)
        await it.turn()
        assert len(it.platform.performed) == 1
        assert await it.status(mute) is MeasureStatus.ENDED


async def test_a_deletion_is_given_up_when_its_window_closes() -> None:
    async with world() as it:
        deletion = await it.order(Measure.DELETE, None, "m1")
        it.platform.answers.extend([Outcome(OutcomeStatus.RETRY, "away", WINDOW)] * 2)
        await it.turn()
        assert isinstance(it.platform.performed[0], DeleteMessage)
        it.wait(WINDOW.total_seconds() + 1)
        await it.turn()
        action = await it.action(deletion)
        assert action.status is MeasureStatus.REFUSED
        assert "in time" in action.detail


async def test_a_ban_is_tried_without_end() -> None:
    async with world() as it:
        it.platform.answers.extend([RETRY] * 20)
        ban = await it.order(Measure.BAN)
        for _ in range(25):
            await it.enforcement.turn()
            it.wait(3600)
        assert await it.status(ban) is MeasureStatus.IN_FORCE
        assert isinstance(it.platform.performed[-1], BanSender)


async def test_a_refusal_for_good_is_kept_with_its_reason() -> None:
    async with world() as it:
        it.platform.answers.append(Outcome(OutcomeStatus.REFUSED, "they are an operator"))
        mute = await it.order(Measure.MUTE, 600)
        await it.turn()
        action = await it.action(mute)
        assert (action.status, action.detail) == (MeasureStatus.REFUSED, "they are an operator")
        assert len(it.platform.performed) == 1


@pytest.mark.fault("F10")
async def test_a_lost_answer_does_not_repeat_the_deed_in_effect() -> None:
    async with world() as it:
        it.platform.lose_answers = 1
        mute = await it.order(Measure.MUTE, 600)
        await it.turn()
        it.wait(5)
        await it.turn()
        assert await it.status(mute) is MeasureStatus.IN_FORCE
        assert it.platform.changes == 1
        assert len(it.platform.performed) == 2


@pytest.mark.fault("F12")
async def test_an_outcome_that_cannot_be_stored_is_asked_for_again() -> None:
    async with world() as it:
        mute = await it.order(Measure.MUTE, 600)
        it.log.away = 1
        await it.enforcement.turn()
        assert await it.status(mute) is MeasureStatus.PENDING
        await it.turn()
        assert await it.status(mute) is MeasureStatus.IN_FORCE
        assert it.platform.changes == 1


@pytest.mark.fault("F26")
async def test_a_database_that_is_away_does_not_end_the_loop() -> None:
    async with world() as it:
        mute = await it.order(Measure.MUTE, 600)
        it.log.away = 1
        async with running(it.enforcement):
            await eventually(lambda: it.in_force(mute), "the mute", 20.0)


@pytest.mark.fault("F34")
async def test_an_adapter_that_raises_is_tried_again() -> None:
    async with world() as it:
        it.platform.answers.append(ZeroDivisionError("a fault of ours"))
        mute = await it.order(Measure.MUTE, 600)
        await it.turn()
        it.wait(5)
        await it.turn()
        assert await it.status(mute) is MeasureStatus.IN_FORCE


async def test_what_the_platform_cannot_do_becomes_an_instruction() -> None:
    async with world() as it:
        it.platform.without(mute=None)
        mute = await it.order(Measure.MUTE, 600)
        await it.turn()
        action = await it.action(mute)
        assert action.status is MeasureStatus.UNSUPPORTED
        assert "mute Ann by hand until" in action.detail
        assert it.platform.performed == []


@pytest.mark.fault("F11")
@pytest.mark.parametrize("state", [FeedState.CONNECTING, FeedState.REFUSED])
async def test_a_room_that_is_not_seen_yet_is_waited_for(state: FeedState) -> None:
    async with world() as it:
        it.seen(state)
        able, it.platform.can = it.platform.can, type(it.platform.can)()
        mute = await it.order(Measure.MUTE, 600)
        it.wait(60)
        await it.turn()
        assert await it.status(mute) is MeasureStatus.PENDING
        it.seen(FeedState.LIVE)
        it.wait(SETTLED_AFTER_S / 2)
        await it.turn()
        assert await it.status(mute) is MeasureStatus.PENDING, "the role may come a moment later"
        it.platform.can = able
        it.wait(30)
        await it.turn()
        assert await it.status(mute) is MeasureStatus.IN_FORCE


async def test_a_room_that_is_not_watched_any_more_keeps_its_rows() -> None:
    async with world() as it:
        mute = await it.order(Measure.MUTE, 600)
        it.enforcement = Enforcement(
            Rooms(), {"irc": it.platform}, it.log, it.storage.reader, it.storage.outbox, it.registrar, it, it._absorb,
            clock=lambda: it.now_s,
        )  # fmt: skip
        await it.turn()
        assert await it.status(mute) is MeasureStatus.PENDING
        assert it.platform.performed == []


# -- taking back --------------------------------------------------------------------------------------------------------


async def test_an_undone_mute_is_lifted_on_the_platform() -> None:
    async with world() as it:
        mute = await it.order(Measure.MUTE, 600)
        await it.turn()
        await it.lift(mute)
        await it.turn()
        assert it.platform.silent == {}
        assert await it.status(mute) is MeasureStatus.REVOKED
        (lift,) = [action for action in (await it.state()).actions if action.undoes]
        assert (lift.undoes, lift.status) == (mute.id, MeasureStatus.IN_FORCE)


async def test_an_undo_does_nothing_while_a_newer_measure_stands() -> None:
    async with world() as it:
        first = await it.order(Measure.MUTE, 600)
        await it.turn()
        second = await it.order(Measure.MUTE, 900)
        await it.turn()
        await it.lift(first)
        await it.turn()
        assert "ann" in it.platform.silent
        assert not any(isinstance(action, UnmuteSender) for action in it.platform.performed)
        assert await it.status(second) is MeasureStatus.IN_FORCE
        assert ("unmute", "already") in it.counted


@pytest.mark.norm("N3.1-2b", "bad-input")
async def test_a_longer_mute_is_never_shortened_by_accident() -> None:
    async with world() as it:
        longer = await it.order(Measure.MUTE, 900)
        await it.turn()
        shorter = await it.order(Measure.MUTE, 60)
        await it.turn()
        assert [type(action) for action in it.platform.performed] == [MuteSender]
        assert await it.status(shorter) is MeasureStatus.IN_FORCE
        it.wait(61)
        await it.turn()
        assert "ann" in it.platform.silent
        assert await it.status(shorter) is MeasureStatus.ENDED
        assert await it.status(longer) is MeasureStatus.IN_FORCE


async def test_after_the_longer_mute_is_lifted_the_shorter_one_ends_on_the_platform_too() -> None:
    async with world() as it:
        longer = await it.order(Measure.MUTE, 900)
        await it.turn()
        await it.order(Measure.MUTE, 60)
        await it.turn()
        await it.lift(longer)
        await it.turn()
        assert "ann" in it.platform.silent
        it.wait(61)
        await it.turn()
        assert it.platform.silent == {}


async def test_a_mute_lifted_before_it_was_performed_is_never_performed() -> None:
    async with world() as it:
        it.platform.answers.append(Outcome(OutcomeStatus.RETRY, "away", timedelta(seconds=30)))
        mute = await it.order(Measure.MUTE, 600)
        await it.turn()
        await it.lift(mute)
        it.wait(60)
        await it.turn()
        assert it.platform.silent == {}
        assert await it.status(mute) is MeasureStatus.REVOKED


# -- timers -------------------------------------------------------------------------------------------------------------


async def test_a_platform_that_lifts_by_itself_is_left_to_it() -> None:
    async with world() as it:
        mute = await it.order(Measure.MUTE, 60)
        await it.turn()
        it.wait(61)
        await it.turn()
        assert await it.status(mute) is MeasureStatus.ENDED
        assert not any(isinstance(action, UnmuteSender) for action in it.platform.performed)


@pytest.mark.norm("N3.1-2b", "deadline")
async def test_a_platform_that_counts_in_hours_is_lifted_early() -> None:
    async with world() as it:
        it.platform.without(mute=HOURS)
        mute = await it.order(Measure.MUTE, 600)
        await it.turn()
        assert it.platform.silent == {"ann": timedelta(hours=1)}
        it.wait(599)
        await it.turn()
        assert "ann" in it.platform.silent
        it.wait(2)
        await it.turn()
        assert it.platform.silent == {}
        assert await it.status(mute) is MeasureStatus.ENDED


@pytest.mark.norm("N3.1-2b", "deadline")
@pytest.mark.parametrize("late_s", [1.0, 3600.0, 30 * 86_400.0])
async def test_a_timer_that_comes_due_while_nobody_runs_is_carried_out_once(late_s: float) -> None:
    async with world() as it:
        it.platform.without(mute=HOURS)
        mute = await it.order(Measure.MUTE, 600)
        await it.turn()
        it.wait(600 + late_s)
        it.enforcement = it.start()
        await it.turn()
        await it.turn()
        lifts = [action for action in it.platform.performed if isinstance(action, UnmuteSender)]
        assert len(lifts) == 1
        assert await it.status(mute) is MeasureStatus.ENDED
        ended: list[Changes] = [applied.changes for applied in it.absorbed if applied.changes.timers_done]
        assert len(ended) == 1


@pytest.mark.fault("F25")
async def test_a_clock_that_jumps_back_at_a_restart_fires_nothing_early() -> None:
    async with world() as it:
        mute = await it.order(Measure.MUTE, 600)
        await it.turn()
        it.wait(-3600)
        it.enforcement = it.start()
        await it.turn()
        assert await it.status(mute) is MeasureStatus.IN_FORCE


async def test_a_platform_that_hangs_keeps_only_its_own_rooms_waiting() -> None:
    async with world() as it:
        entered, free = asyncio.Event(), asyncio.Event()

        class Hanging(RecordedPlatform):
            async def perform(self, action: object) -> Outcome:  # type: ignore[override]
                entered.set()
                await free.wait()
                return await super().perform(action)  # type: ignore[arg-type]

        other, hanging = room_key("sandbox", "demo"), Hanging()
        it.rooms.add(WatchedRoom(other, Mode.ENFORCE, it.room.policy, "en", lambda: it.platform.can))
        it.enforcement = it.start({"irc": hanging, "sandbox": it.platform})
        await it.order(Measure.MUTE, 600)
        async with running(it.enforcement):
            await entered.wait()
            await it.order(Measure.MUTE, 600, room=other)
            it.enforcement.wake()
            await eventually(lambda: it.platform.performed, "the other platform to be asked", 10.0)
            free.set()
            await eventually(lambda: hanging.performed, "the first platform to answer", 10.0)


async def test_the_loop_wakes_when_it_is_told() -> None:
    async with world() as it, running(it.enforcement):
        await asyncio.sleep(0.05)
        mute = await it.order(Measure.MUTE, 600)
        it.enforcement.wake()
        await eventually(lambda: it.in_force(mute), "the mute", 10.0)


@asynccontextmanager
async def running(enforcement: Enforcement) -> AsyncIterator[None]:
    """The loop, as long as the block lasts; it must not have fallen."""
    task = asyncio.create_task(enforcement.run())
    yield
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
