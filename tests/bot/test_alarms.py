"""Alarms become dossiers: once each, also while the store is away for a moment, and a person sees them off."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.alarms import Alarm, Alarms
from cases.docket import Wish
from cases.dossier import Dossier
from cases.history import Addressee
from cases.model import BOT
from cases.ports import DossierFilter, StorageError
from tests.bot.bureau import MONA, ROOM, Bureau, bureau

DRIFT = Alarm("drift", "", ROOM, "A7K2.1: lifted on the platform by hand", "drift:A7K2.1")


async def _alarms(it: Bureau) -> list[Dossier]:
    return list(await it.storage.dossiers.dossiers(DossierFilter(kind="alarm")))


async def test_an_alarm_is_raised_once_and_told_to_the_moderators() -> None:
    async with bureau() as it:
        alarms = Alarms(it.office)
        alarms.tell(DRIFT)
        alarms.tell(DRIFT)
        await alarms.raise_all()
        (alarm,) = await _alarms(it)
        assert (alarm.status, alarm.room, alarm.fields["what"]) == ("open", ROOM, "drift")
        (row,) = await it.storage.letters.letters_to(Addressee.STAFF, "role:moderator")
        assert row.letter.key == "alarm_drift"


async def test_a_person_sees_an_alarm_off_and_the_program_ends_it() -> None:
    async with bureau() as it:
        alarms = Alarms(it.office)
        alarms.tell(DRIFT)
        await alarms.raise_all()
        seen = await it.office.move(Wish("alarm", "see", MONA, {"note": "it was me"}), "alarm-1")
        assert isinstance(seen, Dossier)
        assert seen.status == "seen"
        over = await it.office.move(Wish("alarm", "end", BOT, {}), "alarm-1")
        assert isinstance(over, Dossier)
        assert over.status == "over"


async def test_a_store_that_is_away_is_asked_again(monkeypatch: Any) -> None:
    async with bureau() as it:
        real, tries, slept = it.office.move, 0, list[float]()

        async def move(wish: Wish, dossier_id: str | None = None) -> Any:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise StorageError("the disk is full")
            return await real(wish, dossier_id)

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            await asyncio.sleep(0)

        monkeypatch.setattr(it.office, "move", move)
        alarms = Alarms(it.office, sleep)
        alarms.tell(DRIFT)
        await alarms.raise_all()
        assert len(await _alarms(it)) == 1
        assert len(slept) == 2
