"""What the detector does with a flood: a case of its own, at most a provisional mute, and the person is told why."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from cases.history import ActionOrdered, Judged
from cases.model import BOT, ActionKind, CaseKind, MeasureStatus, Profile
from cases.sentence import Measure
from streams.platform import MuteSender
from tests.bot.bureau import bureau
from tests.bot.engine import ANN, OTHER_BOT, OURSELVES, engine
from tests.bot.test_enforcement import world

FLOOD = ["free gifts here, come and get them"] * 9


@pytest.mark.norm("N2.2-3a", "behaviour")
async def test_a_flood_opens_a_case_of_the_detectors_and_tells_the_person_why() -> None:
    async with engine() as it:
        await it.say(ANN, *FLOOD, after_s=0.4)
        (case,) = await it.cases()
        assert (case.kind, case.automatic) == (CaseKind.AUTOMATIC, True)
        entries = [row.entry for row in await it.storage.reader.history(case.code)]
        judged = [entry for entry in entries if isinstance(entry, Judged)]
        assert all(entry.by == BOT and entry.facts and entry.checks for entry in judged)
        ordered = {entry.action.kind for entry in entries if isinstance(entry, ActionOrdered)}
        assert ordered <= {ActionKind.MUTE, ActionKind.DELETE}, "a detector never bans"
        assert Measure.BAN not in case.measures
        notices = [notice for applied in it.heard.applied_changes for notice in applied.changes.notices]
        assert notices[-1].private_to == "ann", "reminded first, then told of the mute"
        assert case.code in notices[-1].text
        statements = await it.storage.reader.statements(case.code)
        assert [(one.automatic, one.respondent) for one in statements] == [(True, "ann")]
        assert statements[0].facts


@pytest.mark.norm("N2.2-3a", "behaviour")
@pytest.mark.parametrize("profile", [Profile.TEAM, Profile.PLATFORM])
async def test_where_people_share_the_work_the_detectors_mute_is_provisional(profile: Profile) -> None:
    async with bureau(profile=profile) as it:
        state = await it.flood(timedelta(hours=2))
        (mute,) = [action for action in state.actions if action.kind is ActionKind.MUTE]
        assert mute.provisional_until is not None
        assert mute.provisional_until - mute.ordered_at <= timedelta(hours=2)
        it.clock.at(mute.provisional_until)
        await it.watch.turn()
        assert (await it.case(state.code)).in_force() == ()


async def test_alone_the_detectors_mute_is_bounded_instead() -> None:
    async with bureau() as it:
        state = await it.flood(timedelta(hours=30))
        (mute,) = [action for action in state.actions if action.kind is ActionKind.MUTE]
        assert mute.provisional_until is None
        assert mute.until is not None
        assert mute.until - mute.ordered_at <= timedelta(hours=24)


@pytest.mark.norm("N2.2-3a", "bad-input")
async def test_our_own_and_other_bots_lines_are_no_flood() -> None:
    async with engine() as it:
        await it.say(OURSELVES, *FLOOD, after_s=0.1)
        await it.say(OTHER_BOT, *FLOOD, after_s=0.1)
        assert await it.cases() == []


@pytest.mark.norm("N2.2-3a", "bad-input")
async def test_two_bots_of_one_installation_never_mute_twice() -> None:
    async with world() as it:
        other = it.start()
        mute = await it.order(Measure.MUTE, 600)
        await asyncio.gather(it.enforcement.turn(), other.turn())
        await it.turn()
        assert it.platform.changes == 1
        assert await it.status(mute) is MeasureStatus.IN_FORCE
        until = {done.span for done in it.platform.performed if isinstance(done, MuteSender)}
        assert len(until) == 1


@pytest.mark.norm("N3.3-3a", "behaviour")
async def test_a_mute_remembers_which_faults_made_it_longer() -> None:
    async with engine() as it:
        await it.say(ANN, *FLOOD, after_s=0.4)
        it.now_s += 40 * 60
        await it.say(ANN, *FLOOD, after_s=0.4)
        cases = sorted(await it.cases(), key=lambda case: case.opened_at)
        earlier, later = [[one for one in case.actions if one.kind is ActionKind.MUTE] for case in cases]
        assert [one.counted for one in earlier] == [()]
        (counted,) = [one.counted for one in later]
        assert counted is not None
        assert [abs(at - earlier[0].ordered_at) < timedelta(milliseconds=1) for at in counted] == [True]
