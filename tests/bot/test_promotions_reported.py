"""A reported promotion: the term of its class, the room's topics beside it, and what other installations know of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bot.caseload import Caseload
from bot.config import ConfigError, ExchangeSection, RoomSection, Settings, SponsorSection
from bot.desk_api import DeskApi
from bot.fingerprints import fingerprints_of
from cases.deadlines import TERMS
from cases.exchange import FINGERPRINTS
from cases.model import CaseState, Evidence, EvidenceKind, EvidenceLine, Profile
from cases.ports import DeadlineFilter
from cases.promotions import fingerprint
from tests.bot.bureau import MONA, ROOM, Bureau, bureau

ADVERT = "cheap coins at coins.invalid tonight"


async def advert(it: Bureau, text: str = ADVERT) -> CaseState:
    seen = EvidenceLine("m1", "Ann", text, it.clock.now, judged=True)
    evidence = Evidence(EvidenceKind.AT_ONCE, it.clock.now, (seen,))
    return await it.report(category="advertising", evidence=evidence)


async def running(it: Bureau, state: CaseState) -> dict[str, timedelta]:
    rows = await it.storage.deadlines.deadlines(DeadlineFilter(about=state.code, running=True))
    return {row.deadline.key: row.deadline.due_at - row.deadline.started_at for row in rows}


@pytest.mark.norm("N2.2-3b", "deadline")
async def test_a_plain_advertisement_is_judged_within_the_term_of_minor_ones_and_a_grab_for_money_sooner() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        due = await running(it, await advert(it))
        assert due["review_minor"] == TERMS["review_minor"].span
    async with bureau(profile=Profile.TEAM) as it:
        due = await running(it, await advert(it, "send $50 to my PayPal first at coins.invalid"))
        assert due["review_severe"] <= TERMS["review_severe"].span


@pytest.mark.norm("P1-4", "behaviour")
async def test_whoever_judges_a_promotion_sees_what_the_room_is_about() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        state = await advert(it)
        topics = {ROOM: ("chess", "openings")}
        api = DeskApi(it.office, it.registrar, it.storage.reader, it.storage.deadlines, it.keys, topics=topics)
        (row,) = (await api.queue(MONA, {})).body["queue"]
        assert row["topics"] == ["chess", "openings"]
        assert Caseload(it.storage.reader, it.storage.deadlines, topics=topics).topics(state) == topics[ROOM]
        assert api.caseload.topics(msgspec.structs.replace(state, category="insult")) == ()


def a_file(folder: Path, **changes: object) -> Path:
    document = {"format": FINGERPRINTS, "source": "friends", "made_at": "2026-05-01T00:00:00+00:00"}
    prints = [fingerprint(ADVERT)]
    file = folder / "friends.json"
    file.write_text(json.dumps({**document, "prints": prints, **changes}))
    return file


@pytest.mark.norm("N4.2-2", "behaviour")
async def test_a_known_fingerprint_is_a_hint_in_the_evidence_and_no_measure(tmp_path: Path) -> None:
    known = fingerprints_of(Settings(exchange=ExchangeSection(fingerprints=(a_file(tmp_path),))))
    async with bureau(profile=Profile.TEAM) as it:
        plain = await advert(it)
        assert (await it.storage.reader.evidence(plain.code))[0].facts == ()
    async with bureau(profile=Profile.TEAM) as it:
        it.registrar.house = replace(it.registrar.house, fingerprints=known)
        state = await advert(it, "CHEAP  c\u200boins at coins.invalid tonight")
        (evidence,) = await it.storage.reader.evidence(state.code)
        assert evidence.facts == ("hint: friends knows this text as advertising",)
        assert (state.measures, state.actions, state.severity) == ((), (), plain.severity)


@pytest.mark.norm("N4.2-2", "bad-input")
@pytest.mark.parametrize("changes", [{"format": "x"}, {"prints": ["zz"]}, {"made_at": "yesterday"}])
def test_a_file_that_is_none_stops_the_start_with_its_name(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"friends\.json"):
        fingerprints_of(Settings(exchange=ExchangeSection(fingerprints=(a_file(tmp_path, **changes),))))
    with pytest.raises(ConfigError, match="cannot be read"):
        fingerprints_of(Settings(exchange=ExchangeSection(fingerprints=(tmp_path / "none.json",))))


@pytest.mark.norm("P1-4", "bad-input")
@pytest.mark.parametrize(
    "host", ["https://shop.example", "shop", "shop.example/deals", "", "*.example", "shop example"]
)
def test_a_host_is_written_as_a_host(host: str) -> None:
    with pytest.raises(ValueError, match="allow_links"):
        RoomSection(platform="irc", room="#talk", allow_links=(host,))
    board = SponsorSection(name="B", hosts=("b.example",))
    fine = RoomSection(platform="irc", room="#talk", allow_links=("Shop.Example",), sponsors=(board,))
    assert fine.allowed == ("shop.example", "b.example")
    assert [one.name for one in fine.sponsored] == ["B"]
