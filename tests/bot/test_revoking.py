"""A successful appeal is lifted on the platform and confirmed within its time, or somebody is told that it is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases import intents
from cases.deadlines import TERMS
from cases.model import ActionKind, MeasureStatus
from cases.ports import Applied, ByCode, DeadlineFilter, DeadlineRow, DossierFilter
from cases.sentence import Measure
from streams.platform import Outcome, OutcomeStatus, UnmuteSender
from tests.bot.bureau import MAX, Bureau, Clock
from tests.bot.test_enforcement import World, world

AWAY = Outcome(OutcomeStatus.RETRY, "the platform is away", timedelta(seconds=20))
FINDING = "the recording shows both laughing about it"


async def _overturned(it: World) -> Bureau:
    """Ann's mute stood, and her appeal succeeded."""
    await it.order(Measure.MUTE, 3600)
    await it.turn()
    office = Bureau(it.storage, Clock(it.now_s))
    state = await it.state()
    made = intents.AppealMade("ann", "we are friends and laugh about it every day")
    appealed = await it.storage.log.apply(ByCode(state.code), office.registrar.appeal(made, office.clock.now))
    assert isinstance(appealed, Applied), appealed
    fields = {"reason": "both told that they are friends, and laughed on", "findings": [FINDING]}
    answer = await office.office.act(state.code, "overturn", MAX, fields)
    assert isinstance(answer, Applied), answer
    return office


async def _revoke(it: World) -> DeadlineRow:
    (row,) = await it.storage.deadlines.deadlines(DeadlineFilter(key="revoke"))
    return row


@pytest.mark.norm("N3.3-3a", "deadline")
async def test_a_lift_after_an_appeal_is_confirmed_within_a_minute() -> None:
    async with world() as it:
        office = await _overturned(it)
        it.wait(1)
        await it.turn()
        lift = (await it.state()).actions[-1]
        assert (lift.kind, lift.status) == (ActionKind.UNMUTE, MeasureStatus.IN_FORCE)
        assert it.platform.silent == {}
        row = await _revoke(it)
        assert row.met_at is not None
        assert row.met_at <= row.deadline.due_at
        assert row.deadline.due_at - row.deadline.started_at == TERMS["revoke"].span <= timedelta(seconds=60)
        office.clock.wait(timedelta(hours=1))
        await office.watch.turn()
        assert office.missed == []


@pytest.mark.norm("N3.3-3a", "deadline")
async def test_a_platform_that_is_away_is_asked_on_and_the_streamer_told() -> None:
    async with world() as it:
        office = await _overturned(it)
        it.platform.answers.extend([AWAY] * 5)
        for _ in range(4):
            await it.turn()
            it.wait(21)
        office.clock.now_s = it.now_s
        await office.watch.turn()
        await office.watch.turn()
        assert office.missed == ["revoke"]
        lift = (await it.state()).actions[-1]
        assert lift.status is MeasureStatus.PENDING, "never shown as done"
        (alarm,) = await it.storage.dossiers.dossiers(DossierFilter(kind="alarm"))
        assert alarm.fields["what"] == "not-lifted"
        letters = [row.letter for row in await it.storage.letters.pending(office.clock.now)]
        assert [letter.ref for letter in letters if letter.key == "alarm_not_lifted"] == ["role:owner"]
        it.platform.answers.clear()
        it.wait(60)
        await it.turn()
        assert (await it.state()).actions[-1].status is MeasureStatus.IN_FORCE
        assert any(isinstance(done, UnmuteSender) for done in it.platform.performed)
        row = await _revoke(it)
        assert row.met_at is not None
        assert row.overdue_at is not None, "late stays on record"
