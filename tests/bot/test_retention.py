"""The hourly erasure: what is due, granted requests, old copies of the database (norm P3-1b, P3-1c)."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config import ConfigError, load
from bot.retention import Retention
from cases.docket import Wish
from cases.dossier import Dossier
from cases.model import Actor, ActorKind, Refusal
from cases.ports import DossierFilter
from cases.retention import BACKUPS_KEPT, ERASED_WITHIN, RULES, Schedule
from tests.bot.bureau import ANN, MONA, OPERATOR, Bureau, bureau

OWNER = Actor(ActorKind.OWNER, "olli")


def retention(desk: Bureau, file: Path | None = None) -> Retention:
    async def at_once(span_s: float) -> None:
        pass

    async def changed() -> None:
        await desk.office.refresh_house()

    erasure, dossiers = desk.storage.erasure, desk.storage.dossiers
    return Retention(erasure, dossiers, Schedule(), changed, file, clock=desk.clock, sleep=at_once)


async def moved(
    desk: Bureau, kind: str, move: str, by: Actor, about: str = "", of: str | None = None, **fields: Any
) -> Dossier:
    answer = await desk.office.move(Wish(kind, move, by, fields, about), of)
    assert not isinstance(answer, Refusal), answer
    return answer


async def closed(desk: Bureau, **report: Any) -> str:
    """The code of a case that a report opened and a moderator dismissed."""
    state = await desk.report(**report)
    answer = await desk.office.act(state.code, "dismiss", MONA, {"reason": "nothing"})
    assert not isinstance(answer, Refusal), answer
    return state.code


async def asked(desk: Bureau, code: str, proof: str, subject: str) -> str:
    """The id of a proved request to erase."""
    fields = {"what": "erasure", "proof": proof, "subject": subject}
    return (await moved(desk, "rights_request", "ask-proved", OPERATOR, code, **fields)).id


@pytest.mark.norm("P3-1b", "deadline")
async def test_what_is_due_is_gone_after_the_next_hourly_look() -> None:
    async with bureau() as desk:
        code = await closed(desk)
        desk.clock.wait(RULES["person"].ceiling - timedelta(hours=1))
        assert "cases" not in await retention(desk).turn()
        desk.clock.wait(ERASED_WITHIN)
        assert (await retention(desk).turn())["cases"] == 1
        assert (await desk.case(code)).respondents[0].name == ""
        assert await retention(desk).turn() == {}


@pytest.mark.norm("P3-1c", "behaviour")
async def test_a_granted_request_is_carried_out_once_and_proved() -> None:
    async with bureau() as desk:
        code = await closed(desk)
        request = await asked(desk, code, "document", ANN.id)
        await retention(desk).turn()
        assert (await desk.case(code)).respondents == (ANN,), "not before it is granted"
        await moved(desk, "rights_request", "grant", OWNER, of=request, answer="done", erased="name,lines")
        assert (await retention(desk).turn())["respondents"] == 1
        after = await desk.case(code)
        assert ANN.id not in {one.id for one in after.respondents}
        assert ANN.name not in str(after.respondents) + str(await desk.storage.reader.evidence(code))
        (proof,) = await desk.storage.dossiers.dossiers(DossierFilter(kind="erasure"))
        assert (proof.fields["cause"], proof.about) == ("request", request)
        assert await retention(desk).turn() == {}


@pytest.mark.norm("P3-1c", "behaviour")
async def test_a_reporter_goes_and_the_respondent_stays() -> None:
    async with bureau() as desk:
        code = await closed(desk, contact="cai@example.org")
        report = (await desk.case(code)).reports[0].id
        request = await asked(desk, code, "receipt-token", report)
        erased = "pseudonym,note,contact"
        await moved(desk, "rights_request", "grant", OWNER, of=request, answer="done", erased=erased)
        await retention(desk).turn()
        after = await desk.case(code)
        assert (after.reports[0].reporter, after.reports[0].note) == ("", "")
        assert after.respondents == (ANN,)
        assert not await desk.storage.contacts.is_kept(report)
        assert "p-cai" not in str(await desk.storage.reader.history(code))


@pytest.mark.norm("P3-1c", "bad-input")
async def test_a_hold_that_began_after_the_grant_still_stops_it() -> None:
    async with bureau() as desk:
        code = await closed(desk)
        request = await asked(desk, code, "document", ANN.id)
        await moved(desk, "rights_request", "grant", OWNER, of=request, answer="done", erased="name")
        await moved(desk, "legal-hold", "place", MONA, code, ground="a claim before a court")
        assert await retention(desk).turn() == {}
        assert (await desk.case(code)).respondents == (ANN,)


@pytest.mark.norm("P3-1b", "deadline")
async def test_copies_an_upgrade_left_age_out(tmp_path: Path) -> None:
    async with bureau() as desk:
        names = ("danmod.db", "danmod.db.bak-0001", "danmod.db.bak-0002", "notes.bak-0001")
        long_ago = (desk.clock.now - BACKUPS_KEPT).timestamp()
        for name in names:
            (tmp_path / name).write_bytes(b"x")
            os.utime(tmp_path / name, (long_ago, long_ago))
        os.utime(tmp_path / "danmod.db.bak-0002", (long_ago + 60, long_ago + 60))
        await retention(desk, tmp_path / "danmod.db").turn()
        assert sorted(os.listdir(tmp_path)) == [names[0], names[2], names[3]]


@pytest.mark.norm("P3-1b", "bad-input")
def test_a_schedule_longer_than_the_ceiling_refuses_the_start_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[retention]\nperson = "200d"\n')
    with pytest.raises(ConfigError) as refused:
        load(file)
    said = str(refused.value)
    assert all(word in said for word in ("retention.person", "200d", "180 days")), said
    assert len(said.splitlines()) == 1


def test_a_shorter_schedule_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[retention]\nperson = "90d"\nrecord = "2y"\n')
    schedule = load(file).retention.schedule
    assert (schedule.span("person").days, schedule.span("record").days, schedule.span("contact").days) == (90, 730, 30)


@pytest.mark.norm("P3-1b", "behaviour")
async def test_an_erased_case_is_still_answered_by_the_office() -> None:
    async with bureau() as desk:
        code = await closed(desk)
        desk.clock.wait(RULES["person"].ceiling + timedelta(days=1))
        await retention(desk).turn()
        again = await desk.office.act(code, "dismiss", MONA, {"reason": "again"})
        assert isinstance(again, Refusal), "a case that is closed stays closed"
        seen = await desk.office.case(code, OWNER, "asked about")
        assert not isinstance(seen, Refusal)
        assert ANN.name not in str(seen)
