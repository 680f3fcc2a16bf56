"""An appeal that succeeds against the first of three escalating mutes: the later two counted its fault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.aftercare import Aftercare
from bot.rooms import Rooms
from cases import intents
from cases.history import Cascaded, Reexamined, TimerKind
from cases.ladder import Ladder
from cases.model import ActionKind, AppealStatus, CaseState
from cases.ports import Applied, ByCode, ByEpisode
from cases.registrar import EPISODE_GAP, Registrar
from cases.sentence import Measure, sentence
from storage import Keys, Storage, open_storage
from tests.cases.matter import ANN, BEN, MAX, ROOM, answered, judged
from web.screen import FeedLine

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEYS = Keys.ephemeral(b"aftercare")
STEPS = Ladder().steps
GAP = timedelta(minutes=40)


class Story:
    """Three floods of Ann, each forty minutes after the last, muted by the ladder; one of Ben's beside them."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.now = START
        self.registrar = Registrar(KEYS)
        self.shown_again: list[FeedLine] = []
        self.care = Aftercare(Rooms(), storage.log, storage.reader, self.registrar, self.shown_again.append)

    async def flood(self, mute: timedelta, who: object = ANN, counted: tuple[datetime, ...] | None = None) -> CaseState:
        fact = judged(
            sentence(Measure.HIDE, mute=mute),
            respondent=who,
            episode=f"flood:{getattr(who, 'id', '')}",
            message_ids=(f"m{self.now:%H%M%S}",),
            counted=counted,
        )
        ref = ByEpisode(ROOM, fact.episode, self.now, EPISODE_GAP)
        applied = await self.storage.log.apply(ref, self.registrar.judge(fact, self.now))
        assert isinstance(applied, Applied)
        return applied.state

    async def overturn(self, state: CaseState, *, show_again: bool = False) -> Applied:
        made = intents.AppealMade("ann", "it was a song", show_again=show_again)
        appeal = self.registrar.appeal(made, self.now)
        assert isinstance(await self.storage.log.apply(ByCode(state.code), appeal), Applied)
        answer = self.registrar.answer(answered(AppealStatus.OVERTURNED, by=MAX), self.now)
        applied = await self.storage.log.apply(ByCode(state.code), answer)
        assert isinstance(applied, Applied)
        return applied

    async def case(self, state: CaseState) -> CaseState:
        found = await self.storage.reader.case(state.code)
        assert found is not None
        return found

    async def entries(self, state: CaseState) -> list[object]:
        return [row.entry for row in await self.storage.reader.history(state.code)]


@pytest.mark.norm("N3.3-3a", "behaviour")
async def test_the_later_two_of_three_escalating_mutes_are_looked_at_again() -> None:
    async with open_storage("", keys=KEYS, in_memory=True) as storage:
        story = Story(storage)
        cases = []
        for mute in STEPS[:3]:
            cases.append(await story.flood(mute))
            story.now += GAP
        ben = await story.flood(STEPS[0], BEN)
        await story.overturn(cases[0])
        (row,) = [one for one in await storage.outbox.timers_due(story.now) if one.timer.kind == TimerKind.CASCADE]
        await story.care.care(row, story.now)

        third = await story.case(cases[2])
        assert third.in_force("ann") == (), "by the one fault that still counts it would have ended after half an hour"
        assert third.actions[-1].kind is ActionKind.UNMUTE
        for later in cases[1:]:
            assert any(isinstance(entry, Reexamined) for entry in await story.entries(later))
        (noted,) = [entry for entry in await story.entries(cases[0]) if isinstance(entry, Cascaded)]
        assert (set(noted.relied), noted.alike) == ({cases[1].code, cases[2].code}, (ben.code,))
        assert [one for one in await storage.outbox.timers_due(story.now) if one.timer.kind == TimerKind.CASCADE] == []


@pytest.mark.norm("N3.3-3a", "behaviour")
async def test_a_mute_still_fair_in_part_is_shortened_and_a_repetition_changes_nothing() -> None:
    async with open_storage("", keys=KEYS, in_memory=True) as storage:
        story = Story(storage)
        first = await story.flood(STEPS[0])
        story.now += GAP
        second = await story.flood(STEPS[1])
        ordered_at = story.now
        story.now += timedelta(minutes=2)
        await story.overturn(first)
        (row,) = [one for one in await storage.outbox.timers_due(story.now) if one.timer.kind == TimerKind.CASCADE]
        await story.care.care(row, story.now)
        (mute,) = (await story.case(second)).in_force("ann")
        assert mute.until == ordered_at + STEPS[0]
        before = await story.entries(second)
        await story.care.care(row, story.now)
        assert await story.entries(second) == before


@pytest.mark.norm("N3.3-3a", "behaviour")
async def test_what_a_ladder_really_counted_decides_not_what_it_would_count_today() -> None:
    """A room whose faults decayed in half an hour then, and in a week now."""
    async with open_storage("", keys=KEYS, in_memory=True) as storage:
        story = Story(storage)
        first, at = await story.flood(STEPS[0], counted=()), story.now
        story.now += GAP
        second = await story.flood(STEPS[0], counted=())
        story.now += GAP
        third = await story.flood(STEPS[2], counted=(at,))
        ordered_at = story.now
        await story.overturn(first)
        (row,) = [one for one in await storage.outbox.timers_due(story.now) if one.timer.kind == TimerKind.CASCADE]
        await story.care.care(row, story.now + timedelta(minutes=1))
        (noted,) = [entry for entry in await story.entries(first) if isinstance(entry, Cascaded)]
        assert noted.relied == (third.code,)
        assert not any(isinstance(entry, Reexamined) for entry in await story.entries(second))
        (mute,) = (await story.case(third)).in_force("ann")
        assert mute.until == ordered_at + STEPS[0], "nothing that it counted still counts"


@pytest.mark.norm("N3.3-3a", "behaviour")
async def test_an_earlier_case_and_one_beyond_the_decay_relied_on_nothing() -> None:
    async with open_storage("", keys=KEYS, in_memory=True) as storage:
        story = Story(storage)
        earlier = await story.flood(STEPS[0])
        story.now += GAP
        overturned = await story.flood(STEPS[1])
        story.now += Ladder().decay + GAP
        later = await story.flood(STEPS[0])
        await story.overturn(overturned)
        (row,) = [one for one in await storage.outbox.timers_due(story.now) if one.timer.kind == TimerKind.CASCADE]
        await story.care.care(row, story.now)
        for untouched in (earlier, later):
            assert not any(isinstance(entry, Reexamined) for entry in await story.entries(untouched))


@pytest.mark.norm("N3.3-3a", "behaviour")
@pytest.mark.parametrize("wished", [True, False])
async def test_a_deleted_line_is_shown_again_if_that_is_wished(wished: bool) -> None:
    async with open_storage("", keys=KEYS, in_memory=True) as storage:
        story = Story(storage)
        fact = judged(sentence(Measure.HIDE, Measure.DELETE, mute=STEPS[0]))
        ref = ByEpisode(ROOM, fact.episode, story.now, EPISODE_GAP)
        applied = await storage.log.apply(ref, story.registrar.judge(fact, story.now))
        assert isinstance(applied, Applied)
        await story.overturn(applied.state, show_again=wished)
        (row,) = [one for one in await storage.outbox.timers_due(story.now) if one.timer.kind == TimerKind.CASCADE]
        await story.care.care(row, story.now)
        assert [(line.id, line.name, line.text) for line in story.shown_again] == [("m1", "Ann", "buy now")] * wished
