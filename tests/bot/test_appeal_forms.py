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
from web.views import AppealReceipt, Upload, WebAppeal

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


@pytest.mark.norm("N3.3-1", "behaviour")
async def test_files_of_an_appeal_are_kept_and_are_evidence_to_find_about() -> None:
    async with open_storage("", keys=KEYS, in_memory=True) as storage:
        registrar = Registrar(KEYS)
        fact = judged(sentence(Measure.HIDE, mute=timedelta(minutes=10)), respondent=ANN, message_ids=("m1",))
        applied = await storage.log.apply(ByEpisode(ROOM, fact.episode, NOW, EPISODE_GAP), registrar.judge(fact, NOW))
        assert isinstance(applied, Applied)
        (statement,) = await storage.reader.statements(applied.state.code)
        given = (storage.log, storage.reader, registrar, KEYS, _nothing, NOW.timestamp, storage.attachments)
        clip = Upload("clip.png", "image/png", b"\x89PNG\r\n\x1a\nwhat I really said")
        form = WebAppeal(KEYS.token("statement", statement.id), "it was a song", "k" * 16, files=(clip,))
        taken = await AppealForms(Rooms(), *given).appeal(form)
        assert isinstance(taken, AppealReceipt)
        assert taken.files_kept
        state = await storage.reader.case(applied.state.code)
        assert state is not None
        (appeal,) = state.appeals
        (piece,) = appeal.evidence
        assert "clip.png" in piece
        assert piece in appeal.arguments, "the reviewer finds about it"
        found = await storage.attachments.open(piece.split(":")[0].removeprefix("file "))
        assert found is not None
        assert found.content == clip.content


def _nothing(room: object, applied: object) -> None:
    """Nobody watches the room."""
