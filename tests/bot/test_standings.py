"""Findings of malice in the running parts: begun from a report, enforced, told on the own page alone, ended by the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.desk_api import DeskApi
from bot.standings import Endings, OwnFindings
from cases.docket import Wish
from cases.dossier import Dossier
from cases.dossiers.common import holder
from cases.history import Addressee
from cases.model import CaseState, Profile, Refusal
from cases.ports import Applied
from cases.standing import TERMS
from tests.bot.bureau import MAX, MONA, ROOM, Bureau, bureau

WORDS: dict[str, Any] = {
    "reasons": "of lines that were never written",
    "gravity": "an hour of silence",
    "intent": "announced before",
}


async def fell(it: Bureau, count: int = 2, reporter: str = "p-mal") -> CaseState:
    """So many reports by one person that led to nothing."""
    for _ in range(count):
        state = await it.report(reporter)
        assert isinstance(await it.office.act(state.code, "dismiss", MONA, {"reason": "nothing there"}), Applied)
        it.clock.wait(timedelta(hours=1))
    return await it.case(state.code)


async def move(
    it: Bureau, move: str, by: Any, dossier: Dossier | None = None, about: str = "", **fields: Any
) -> Dossier:
    done = await it.office.move(Wish("standing", move, by, fields, about_id=about), dossier.id if dossier else None)
    assert isinstance(done, Dossier), done
    return done


async def in_force(it: Bureau, step: str, dossier: Dossier | None = None) -> Dossier:
    state = await fell(it)
    found = await move(it, "find", MONA, dossier, about=state.reports[0].id, report=state.reports[0].id, **WORDS)
    return await move(it, "confirm", MAX, found, step=step)


@pytest.mark.norm("N4.3-2a", "behaviour")
async def test_a_finding_begins_from_a_report_with_numbers_counted_from_the_record() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        upheld = await it.report("p-mal")
        await it.office.act(upheld.code, "mute", MONA, {"rule": "R3", "minutes": 10, "reason": "insults"})
        it.clock.wait(timedelta(hours=1))
        state = await fell(it, 3)
        found = await move(it, "find", MONA, about=state.reports[0].id, **WORDS)
        assert (found.about, found.room) == ("p-mal", ROOM)
        assert found.fields["false_reports"] == 3
        assert len(found.fields["cases"]) == 3
        assert found.fields["proposed"] == "warning"


@pytest.mark.norm("N4.3-2a", "behaviour")
async def test_a_confirmed_step_is_enforced_at_once_and_ends_by_itself() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        warned = await in_force(it, "warning")
        limited = await in_force(it, "limited", warned)
        suspended = await in_force(it, "suspended-7", limited)
        assert (await _try(it, "p-mal")) == "reporting_suspended"
        assert (await _try(it, "p-other")) == ""
        assert (await _try(it, "p-mal", urgent=True)) == ""
        endings = Endings(it.office, it.storage.dossiers, clock=it.clock)
        it.clock.at(suspended.last_at + TERMS["suspended-7"] - timedelta(minutes=1))
        await endings.turn()
        assert (await _look(it, suspended)).status == "in-force"
        it.clock.wait(timedelta(minutes=1))
        await endings.turn()
        assert (await _look(it, suspended)).status == "ended"
        assert (await _try(it, "p-mal")) == ""
        told = [row.letter.key for row in await it.storage.letters.letters_to(Addressee.PERSON, suspended.id)]
        assert told == ["standing_step"] * 3 + ["standing_ended"]


@pytest.mark.norm("N4.3-2a", "behaviour")
async def test_the_own_pages_show_it_once_confirmed_and_nobody_elses() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        own = OwnFindings(lambda: [ROOM], it.storage.dossiers, it.keys)
        pseudonym = it.keys.pseudonym(ROOM, "cai")
        state = await fell(it, 2, pseudonym)
        found = await move(it, "find", MONA, about=state.reports[0].id, **WORDS)
        assert await own.of_report(state, state.reports[0].id) == []
        await move(it, "confirm", MAX, found, step="warning")
        (shown,) = await own.of_report(state, state.reports[0].id)
        assert [one.id for one in await own.of_account("irc", "cai")] == [shown.id]
        assert await own.of_account("irc", "dan") == []
        opened = await it.storage.dossiers.dossier_by_token(shown.token)
        assert opened is not None
        appealed = await move(it, "appeal", holder(opened.id), opened, objection="they were real")
        assert appealed.status == "appealed"


@pytest.mark.norm("N4.3-2a", "bad-input")
async def test_no_staff_page_shows_the_pseudonym_and_there_is_one_ladder() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        state = await fell(it)
        api = DeskApi(it.office, it.registrar, it.storage.reader, it.storage.deadlines, it.keys)
        wanted = {"fields": dict(WORDS), "about": state.reports[0].id}
        answer = await api.open(MONA, "standing", wanted)
        assert answer.status == 201
        assert "p-mal" not in str(answer.body)
        assert "p-mal" not in str((await api.dossiers(MONA, {"kind": "standing"})).body)
        again = await api.open(MAX, "standing", wanted)
        assert (again.status, again.body["reason"]) == (409, "already")
        nobody = await api.open(MAX, "standing", {"fields": dict(WORDS), "about": "ZZZZ-r1"})
        assert nobody.status == 422


async def _try(it: Bureau, reporter: str, **changes: Any) -> str:
    """The word with which a report is refused, "" when it is taken."""
    it.clock.wait(timedelta(minutes=1))
    try:
        await it.report(reporter, **changes)
    except AssertionError as fault:
        refusal: Refusal = fault.args[0]
        return refusal.reason
    return ""


async def _look(it: Bureau, dossier: Dossier) -> Dossier:
    found = await it.storage.dossiers.dossier(dossier.id)
    assert found is not None
    return found
