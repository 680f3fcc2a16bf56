"""Appeals from the pages over a real store: what the answer says is how the appeal stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.appeal_forms import AppealForms
from bot.rooms import Rooms
from cases.ports import Applied, ByEpisode
from cases.registrar import EPISODE_GAP, Registrar
from cases.sentence import Measure, sentence
from storage import Keys, open_storage
from tests.cases.matter import ANN, ROOM, judged
from web.views import AppealReceipt, WebAppeal

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEYS = Keys.ephemeral(b"appeal forms")


@pytest.mark.norm("N3.3-1", "bad-input")
async def test_reasons_are_asked_for_until_they_are_there_and_then_no_more() -> None:
    async with open_storage("", keys=KEYS, in_memory=True) as storage:
        registrar = Registrar(KEYS)
        fact = judged(sentence(Measure.HIDE, mute=timedelta(minutes=10)), respondent=ANN, message_ids=("m1",))
        judge = registrar.judge(fact, NOW)
        applied = await storage.log.apply(ByEpisode(ROOM, fact.episode, NOW, EPISODE_GAP), judge)
        assert isinstance(applied, Applied)
        (statement,) = await storage.reader.statements(applied.state.code)
        token = KEYS.token("statement", statement.id)
        forms = AppealForms(Rooms(), storage.log, storage.reader, registrar, KEYS, _nothing, NOW.timestamp)

        without = await forms.appeal(WebAppeal(token=token, reasons="", key="k" * 16, language="en"))
        assert isinstance(without, AppealReceipt)
        assert without.cure_until is not None
        added = await forms.appeal(WebAppeal(token=token, reasons="it was a song", key="l" * 16, language="en"))
        assert isinstance(added, AppealReceipt)
        assert added.cure_until is None


def _nothing(room: object, applied: object) -> None:
    """Nobody watches the room."""
