"""Our record against the platform's, both ways: what a person lifted, what never took, what is silent without us."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.alarms import Alarm
from bot.clock import instant
from bot.reconcile import EVERY_S, SOON_S, YOUNG, Reconciliation
from cases.history import OutcomeRecorded
from cases.model import ActionKind, MeasureStatus, OrderedAction
from cases.sentence import Measure
from streams.events import FeedState, SenderFreed
from streams.platform import (
    BanSender,
    MuteCapability,
    MuteSender,
    Outcome,
    OutcomeStatus,
    Silenced,
    UnbanSender,
    UnmuteSender,
)
from tests.bot.test_enforcement import ROOM, World, world
from tests.contracts.platforms import PLATFORMS, Harness, eventually, factory_of, serving

UNCONFIRMED = Outcome(OutcomeStatus.UNCONFIRMED, "the list does not show it")
A_DAY = MuteCapability(timedelta(seconds=1), timedelta(seconds=1), timedelta(days=1))


@dataclass
class Scene:
    """A world with a reconciliation beside its enforcement."""

    it: World
    alarms: list[Alarm] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reconciliation = Reconciliation(
            self.it.rooms,
            {"irc": self.it.platform},  # type: ignore[dict-item]
            self.it.log,
            self.it.storage.reader,
            self.it.storage.outbox,
            self.it.registrar,
            lambda key, applied: self._absorb(applied),
            self.it.enforcement.wake,
            self.alarms.append,
            clock=lambda: self.it.now_s,
        )

    def _absorb(self, applied: object) -> None:
        self.it.absorbed.append(applied)  # type: ignore[arg-type]
        self.it.room.memory.absorb(applied.changes, applied.state.episode, strikes=True)  # type: ignore[attr-defined]

    async def muted(self, span_s: float = 3600) -> OrderedAction:
        """Ann is muted, for real, and no longer just now."""
        mute = await self.it.order(Measure.MUTE, span_s)
        await self.it.turn()
        self.it.wait(YOUNG.total_seconds() + 1)
        return mute

    async def look(self) -> None:
        rows = await self.it.storage.reader.mutes_in_force(instant(self.it.now_s))
        await self.reconciliation.look(self.it.room, rows)

    async def turn(self) -> None:
        await self.reconciliation.turn()
        await self.it.turn()


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    async with world() as it:
        yield Scene(it)


@pytest.mark.norm("N1.2", "behaviour")
async def test_what_stands_on_both_sides_is_left_alone() -> None:
    async with scene() as its:
        mute = await its.muted()
        before = await its.it.state()
        await its.look()
        assert await its.it.state() == before
        assert its.alarms == []
        assert await its.it.in_force(mute)


async def test_a_mute_lifted_on_the_platform_by_hand_is_recorded_so_and_told() -> None:
    async with scene() as its:
        mute = await its.muted()
        its.it.platform.silent.clear()
        await its.look()
        action = await its.it.action(mute)
        assert action.status is MeasureStatus.DRIFTED
        assert action.detail == "lifted on the platform by hand"
        assert [alarm.what for alarm in its.alarms] == ["drift"]
        assert mute.id in its.alarms[0].detail
        await its.look()
        assert len(its.alarms) == 1
        its.it.wait(7200)
        await its.turn()
        assert await its.it.status(mute) is MeasureStatus.ENDED
        assert not any(isinstance(done, UnmuteSender) for done in its.it.platform.performed)


async def test_a_freed_sender_may_write_on_the_overlay_too() -> None:
    async with scene() as its:
        mute = await its.muted()
        its.it.room.memory.mute("ann", mute.id, its.it.now_s + 3000)
        its.it.platform.silent.clear()
        await its.look()
        assert not its.it.room.memory.is_muted("ann", its.it.now_s)


async def test_the_platforms_own_word_brings_the_look_forward_and_names_who() -> None:
    async with scene() as its:
        mute = await its.muted()
        await its.turn()
        its.it.platform.silent.clear()
        its.reconciliation.heard([SenderFreed(ROOM, its.it.now_s, "ann", by="max")])
        its.it.wait(SOON_S)
        await its.turn()
        assert (await its.it.action(mute)).detail == "lifted on the platform by max"


async def test_a_platform_without_a_list_is_believed_its_events() -> None:
    async with scene() as its:
        mute = await its.muted()
        its.it.platform.lists = False
        await its.look()
        assert await its.it.in_force(mute)
        its.reconciliation.heard([SenderFreed(ROOM, its.it.now_s, "ann")])
        await its.look()
        assert await its.it.status(mute) is MeasureStatus.DRIFTED


async def test_what_was_lifted_at_once_is_looked_at_again_when_it_is_no_longer_too_young() -> None:
    """The platform's event is all there is: it must not be forgotten because it came early."""
    async with scene() as its:
        its.it.platform.lists = False
        mute = await its.it.order(Measure.MUTE, 3600)
        await its.it.turn()
        its.reconciliation.heard([SenderFreed(ROOM, its.it.now_s, "ann", by="max")])
        its.it.wait(SOON_S)
        await its.turn()
        assert await its.it.in_force(mute)
        its.it.wait(YOUNG.total_seconds())
        await its.turn()
        assert (await its.it.action(mute)).detail == "lifted on the platform by max"


async def test_our_own_lift_is_no_drift() -> None:
    async with scene() as its:
        mute = await its.muted()
        await its.it.lift(mute)
        await its.it.turn()
        its.reconciliation.heard([SenderFreed(ROOM, its.it.now_s, "ann", by="danmod")])
        its.it.wait(SOON_S)
        await its.turn()
        assert await its.it.status(mute) is MeasureStatus.REVOKED
        assert its.alarms == []


@pytest.mark.norm("N1.2", "bad-input")
async def test_a_list_that_names_nobody_for_some_entries_proves_no_absence() -> None:
    async with scene() as its:
        mute = await its.muted()
        its.it.platform.silent.clear()
        its.it.platform.unnamed = 1
        await its.look()
        assert await its.it.in_force(mute)


async def test_one_reading_alone_proves_no_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene() as its:
        mute = await its.muted()
        readings = [Silenced(frozenset()), Silenced(frozenset({"ann"}))]

        async def silenced(room: object) -> Silenced:
            return readings.pop(0)

        monkeypatch.setattr(its.it.platform, "silenced", silenced)
        await its.look()
        assert await its.it.in_force(mute)


@pytest.mark.norm("N1.2", "behaviour")
async def test_what_was_accepted_and_never_shown_is_not_called_done_and_tried_again() -> None:
    async with scene() as its:
        its.it.platform.answers.append(UNCONFIRMED)
        mute = await its.muted()
        assert await its.it.status(mute) is MeasureStatus.UNCONFIRMED
        await its.look()
        assert await its.it.status(mute) is MeasureStatus.PENDING
        await its.it.turn()
        assert await its.it.in_force(mute)
        assert its.it.platform.silent.keys() == {"ann"}


async def test_what_shows_later_is_confirmed_by_the_look() -> None:
    async with scene() as its:
        its.it.platform.answers.append(UNCONFIRMED)
        mute = await its.muted()
        its.it.platform.silent["ann"] = None
        await its.look()
        assert await its.it.in_force(mute)
        assert len(its.it.platform.performed) == 1


async def test_what_a_person_did_by_hand_for_us_is_seen() -> None:
    async with scene() as its:
        its.it.platform.without(mute=None)
        mute = await its.muted()
        assert await its.it.status(mute) is MeasureStatus.UNSUPPORTED
        its.it.platform.silent["ann"] = None
        await its.look()
        assert await its.it.in_force(mute)


@pytest.mark.norm("N3.1-2b", "bad-input")
async def test_a_mute_beyond_the_platforms_longest_is_done_in_part_and_set_again() -> None:
    async with scene() as its:
        its.it.platform.without(mute=A_DAY)
        mute = await its.muted(3 * 86_400)
        action = await its.it.action(mute)
        assert action.status is MeasureStatus.PARTIAL
        assert "at most" in action.detail
        its.it.wait(86_400)
        its.it.platform.silent.clear()
        await its.look()
        await its.it.turn()
        assert "ann" in its.it.platform.silent
        spans = [done.span for done in its.it.platform.performed if isinstance(done, MuteSender)]
        assert spans[0] == timedelta(days=1)
        assert len(spans) == 2


@pytest.mark.norm("N3.3-3a", "bad-input")
async def test_a_lift_the_platform_does_not_show_is_never_done_and_ordered_again() -> None:
    async with scene() as its:
        mute = await its.muted()
        its.it.platform.answers.append(UNCONFIRMED)
        await its.it.lift(mute)
        await its.it.turn()
        state = await its.it.state()
        assert state.actions[-1].kind is ActionKind.UNMUTE
        assert state.actions[-1].status is MeasureStatus.UNCONFIRMED
        await its.look()
        await its.it.turn()
        assert its.it.platform.silent == {}
        assert (await its.it.state()).actions[-1].status is MeasureStatus.IN_FORCE
        assert its.alarms == []


async def test_somebody_silent_without_us_is_named_to_the_moderators_once() -> None:
    async with scene() as its:
        its.it.platform.silent["zoe"] = None
        await its.look()
        await its.look()
        assert [(alarm.what, "zoe" in alarm.detail) for alarm in its.alarms] == [("foreign", True)]
        assert its.it.platform.performed == [], "what a moderator did by hand is theirs"


async def test_somebody_muted_again_by_hand_after_our_lift_is_left_to_the_moderators() -> None:
    async with scene() as its:
        mute = await its.muted()
        await its.it.lift(mute)
        await its.it.turn()
        its.it.platform.silent["ann"] = None
        lifts = len(its.it.platform.performed)
        await its.look()
        await its.it.turn()
        assert len(its.it.platform.performed) == lifts
        assert [alarm.what for alarm in its.alarms] == ["foreign"]


@pytest.mark.parametrize("state", [FeedState.CONNECTING, FeedState.BLIND, FeedState.REFUSED])
async def test_nothing_is_concluded_about_a_room_that_is_not_seen(state: FeedState) -> None:
    async with scene() as its:
        mute = await its.muted()
        its.it.platform.silent.clear()
        its.it.seen(state)
        await its.look()
        assert await its.it.in_force(mute)


async def test_rooms_are_compared_every_few_minutes_and_survive_a_store_that_is_away() -> None:
    async with scene() as its:
        mute = await its.muted()
        await its.turn()
        its.it.platform.silent.clear()
        its.it.wait(EVERY_S)
        its.it.log.away = 1
        await its.reconciliation.turn()
        assert await its.it.in_force(mute)
        its.it.wait(EVERY_S)
        await its.reconciliation.turn()
        assert await its.it.status(mute) is MeasureStatus.DRIFTED
        entries = [row.entry for row in await its.it.storage.reader.history((await its.it.state()).code)]
        drifted = [e for e in entries if isinstance(e, OutcomeRecorded) and e.status is MeasureStatus.DRIFTED]
        assert [entry.at for entry in drifted] == [instant(its.it.now_s)]


@pytest.mark.norm("N1.2", "bad-input")
async def test_a_measure_the_platform_does_not_take_is_told_after_ten_minutes_and_tried_on() -> None:
    async with scene() as its:
        away = Outcome(OutcomeStatus.RETRY, "the platform is away", timedelta(seconds=60))
        its.it.platform.answers.extend([away] * 12)
        mute = await its.it.order(Measure.MUTE, 3600)
        for _ in range(9):
            await its.turn()
            its.it.wait(61)
        assert its.alarms == []
        for _ in range(3):
            await its.turn()
            its.it.wait(61)
        assert [(alarm.what, mute.id in alarm.detail) for alarm in its.alarms] == [("not-applied", True)]
        assert await its.it.status(mute) is MeasureStatus.PENDING, "never shown as done"
        await its.turn()
        assert await its.it.in_force(mute)


async def test_a_room_without_measures_is_looked_at_rarely_until_something_is_done_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with scene() as its:
        looks: list[float] = []

        async def silenced(room: object) -> Silenced:
            looks.append(its.it.now_s)
            return Silenced(frozenset(its.it.platform.silent))

        monkeypatch.setattr(its.it.platform, "silenced", silenced)
        began_s = its.it.now_s
        await its.reconciliation.turn()
        its.it.wait(EVERY_S)
        await its.reconciliation.turn()
        assert looks == [began_s]
        its.it.enforcement.settled = lambda room, status: its.reconciliation.acted(room)
        await its.muted()
        its.it.wait(EVERY_S)
        await its.reconciliation.turn()
        its.it.wait(EVERY_S)
        await its.reconciliation.turn()
        assert len(looks) == 3


# -- on real servers ----------------------------------------------------------------------------------------------------


def _platforms() -> list[object]:
    return [
        pytest.param(name, marks=[pytest.mark.needs(entry.needs)] if entry.needs else [])
        for name, entry in PLATFORMS.items()
        if entry.lists_silenced
    ]


@pytest.mark.norm("N1.2", "behaviour")
@pytest.mark.parametrize("name", _platforms())
async def test_a_drift_is_seen_both_ways_on_the_real_platform(name: str) -> None:
    async with factory_of(name)() as harness, serving(harness):
        if harness.platform.capabilities(harness.room).mute is None:
            assert await harness.platform.silenced(harness.room) is None
            return
        await _both_ways(harness)


async def _both_ways(harness: Harness) -> None:
    platform, room = harness.platform, harness.room
    ann, ben = await harness.viewer("ann"), await harness.viewer("ben")
    capability = platform.capabilities(room).mute
    assert capability is not None
    span = capability.fit(timedelta(minutes=10))
    await platform.perform(MuteSender(room, ann.id, ann.name, span, "flooding"))
    await platform.perform(BanSender(room, ben.id, ben.name, "flooding"))

    async def listed(wanted: set[str]) -> bool:
        found = await platform.silenced(room)
        return found is not None and found.senders & {ann.id, ben.id} == wanted

    await eventually(lambda: listed({ann.id, ben.id}), what="both on the list")
    await platform.perform(UnmuteSender(room, ann.id, ann.name))
    await eventually(lambda: listed({ben.id}), what="ann off the list")
    await platform.perform(UnbanSender(room, ben.id, ben.name))
    await eventually(lambda: listed(set()), what="nobody on the list")
