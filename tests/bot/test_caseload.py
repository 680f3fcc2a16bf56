"""The queue over a real store: in order, with deadlines, and not to be moved by a crowd; overturned cases teach."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.caseload import Caseload
from bot.desk_api import DeskApi
from cases import intents
from cases.deadlines import TERMS
from cases.model import CaseStatus, Profile, Respondent
from cases.ports import Applied, ByCode, ByEpisode
from cases.queue import Place
from tests.bot.bureau import MAX, MONA, ROOM, Bureau, bureau

PEOPLE = [Respondent(name, name.title()) for name in ("ann", "ben", "cay", "dan")]


async def accuse(it: Bureau, who: Respondent, reporter: str, category: str = "insult") -> str:
    """One report about one of several people; answers the case's code."""
    made = intents.ReportMade(ROOM, reporter, who, "chat", category, "rude", ("m1",), None, dry_run=False)
    ref = ByEpisode(ROOM, f"report:{who.id}", it.clock.now, timedelta(days=3650))
    applied = await it.storage.log.apply(ref, it.registrar.report(made, it.clock.now))
    assert isinstance(applied, Applied), applied
    return applied.state.code


async def places(it: Bureau) -> list[Place]:
    return list((await Caseload(it.storage.reader, it.storage.deadlines).queue(it.clock.now)).places)


async def dismissed_together(it: Bureau, count: int) -> None:
    """So many people report one person, and nothing is found."""
    for number in range(count):
        code = await accuse(it, PEOPLE[3], f"p-{number}")
    assert isinstance(await it.office.act(code, "dismiss", MONA, {"reason": "nothing there"}), Applied)
    it.clock.wait(timedelta(days=1))


@pytest.mark.norm("N4.3-2a", "behaviour")
async def test_a_brigade_of_forty_does_not_move_its_victims_case() -> None:
    """The same afternoon twice, once with one reporter and once with forty who came together before."""
    orders = []
    for crowd in (1, 40):
        async with bureau(profile=Profile.TEAM) as it:
            await dismissed_together(it, 40)
            first = await accuse(it, PEOPLE[0], "p-a")
            it.clock.wait(timedelta(minutes=2))
            for number in range(crowd):
                victim = await accuse(it, PEOPLE[1], f"p-{number}")
            it.clock.wait(timedelta(minutes=2))
            last = await accuse(it, PEOPLE[2], "p-b")
            found = await places(it)
            names = {first: "first", victim: "victim", last: "last"}
            orders.append([names[place.state.code] for place in found])
            marked = next(place for place in found if place.state.code == victim)
            assert (marked.brigade is not None) is (crowd == 40)
            assert not marked.growing
    assert orders == [["first", "victim", "last"]] * 2


@pytest.mark.norm("N4.3-2a", "behaviour")
async def test_a_record_decides_between_equals_and_is_read_from_the_store() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        await dismissed_together(it, 1)  # p-0 was wrong once
        wrong, nobody = await accuse(it, PEOPLE[0], "p-0"), await accuse(it, PEOPLE[1], "p-new")
        assert [place.state.code for place in await places(it)] == [nobody, wrong]


@pytest.mark.norm("N1.3-3", "behaviour")
async def test_urgent_first_and_each_place_has_its_next_deadline() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        plain = await accuse(it, PEOPLE[0], "p-a")
        urgent = await accuse(it, PEOPLE[1], "p-b", "terror")
        found = await places(it)
        assert [place.state.code for place in found] == [urgent, plain]
        assert found[0].remarks == ("urgent",)
        assert all(place.due is not None and not place.overdue for place in found)


@pytest.mark.norm("N1.3-3", "deadline")
async def test_a_place_whose_step_is_late_says_so() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        code = await accuse(it, PEOPLE[0], "p-a")
        (place,) = await places(it)
        assert place.due is not None
        it.clock.at(place.due.due_at)
        (late,) = await places(it)
        assert (late.state.code, late.remarks) == (code, ("overdue",))
        assert place.due.due_at - place.due.started_at <= TERMS[place.due.key].ceiling


async def test_the_api_tells_the_queue_without_reporters_and_keeps_to_ones_rooms() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        await dismissed_together(it, 12)
        for number in range(12):
            code = await accuse(it, PEOPLE[1], f"p-{number}")
        api = DeskApi(it.office, it.registrar, it.storage.reader, it.storage.deadlines, it.keys, lambda: {ROOM})
        body = (await api.queue(MONA, {})).body
        (row,) = body["queue"]
        assert (row["code"], body["more"]) == (code, 0)
        assert row["remarks"] == ["live", "brigade"]
        assert "12 reports" in row["brigade"]
        assert "p-" not in str(body)
        assert (await api.queue(MONA, {"limit": "0"})).status == 422


@pytest.mark.parametrize(
    ("asked", "query", "told"),
    [
        ("cases", {"limit": "x"}, "limit is a whole number between 1 and 1000"),
        ("cases", {"limit": "9" * 5000}, "limit is a whole number between 1 and 1000"),
        ("deadlines", {"limit": "-1"}, "limit is a whole number between 1 and 1000"),
        ("cases", {"status": "foo"}, "status is one of open, review,"),
        ("dossiers", {"kind": "teapot"}, "there is no kind of dossier teapot; there are alarm,"),
    ],
)
async def test_a_question_that_is_none_is_answered_in_words(asked: str, query: dict[str, str], told: str) -> None:
    async with bureau(profile=Profile.TEAM) as it:
        api = DeskApi(it.office, it.registrar, it.storage.reader, it.storage.deadlines, it.keys)
        answer = await getattr(api, asked)(MONA, query)
        assert answer.status in (404, 422)
        assert told in str(answer.body)


@pytest.mark.norm("N4.1-3", "behaviour")
async def test_an_overturned_case_joins_the_test_without_anybodys_name() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        assert not it.registrar.house.exercises
        state = await it.flood()
        made = intents.AppealMade("ann", "that was not me", "a1")
        assert isinstance(
            await it.storage.log.apply(ByCode(state.code), it.registrar.appeal(made, it.clock.now)), Applied
        )
        answer = await it.office.act(state.code, "overturn", MAX, {"reason": "it was not"})
        assert isinstance(answer, Applied), answer
        assert answer.state.status is CaseStatus.OVERTURNED
        await it.office.refresh_house()
        exercise = it.registrar.house.exercises[0]
        assert "Ann" not in str(exercise.text)
        api = DeskApi(it.office, it.registrar, it.storage.reader, it.storage.deadlines, it.keys)
        asked = (await api.exercises(MONA, {})).body["exercises"]
        assert exercise.id in [one["id"] for one in asked]
