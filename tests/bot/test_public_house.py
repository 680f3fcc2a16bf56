"""The house behind the public pages over a real store: copies by proof alone, and its own account in numbers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.casework import shelves_of
from bot.config import ControllerSection, Settings
from bot.deadlines import Watch
from bot.office import Office
from bot.public_house import SHOWN_FOR_S, StoredPublicHouse
from cases.docket import Docket, Wish
from cases.dossier import Dossier
from cases.dossiers import KINDS
from cases.dossiers.common import holder
from cases.history import Addressee
from cases.house import House
from cases.model import Actor, ActorKind, CaseState, Refusal
from cases.ports import AccessFilter, Applied, ByCode
from cases.registrar import Registrar
from storage import Keys, Storage, open_keys, open_storage
from tests.cases.matter import NOW, commanded
from tests.cases.matter import reported as reported_by
from tests.cases.people import NOTE
from web.public_views import Opened

VIEWER = Actor(ActorKind.VIEWER, "web-1")
OWNER = Actor(ActorKind.OWNER, "irc:streamer")


class Town:
    """A store with one reported and muted Ann, and the public house over it. ``clock`` is moved by hand."""

    def __init__(self, storage: Storage, keys: Keys) -> None:
        self.storage = storage
        self.keys = keys
        self.now_s = NOW.timestamp()
        self.registrar = Registrar(keys, House())
        self.office = Office(
            shelves_of(storage), self.registrar, Docket(KINDS, House()), lambda room, applied: None, clock=self.clock
        )
        settings = Settings(controller=ControllerSection(name="Danmaku Ltd", contact="privacy@chat.example"))
        self.house = StoredPublicHouse(settings, storage, self.office, keys, self.clock)
        self.case: CaseState | None = None

    def clock(self) -> float:
        return self.now_s

    async def fill(self) -> None:
        """Ann is reported and muted."""
        report = self.registrar.report(reported_by("p-MARK", note=NOTE), NOW)
        answer = await self.storage.log.apply(ByCode("-"), report)
        assert isinstance(answer, Applied)
        muted = await self.storage.log.apply(
            ByCode(answer.state.code), self.registrar.measure(commanded(), NOW + timedelta(minutes=1))
        )
        assert isinstance(muted, Applied)
        self.case = muted.state

    @property
    def statement_token(self) -> str:
        assert self.case is not None
        return self.keys.token("statement", self.case.actions[0].id)

    @property
    def receipt_token(self) -> str:
        assert self.case is not None
        return self.keys.token("report", self.case.reports[0].id)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    url = f"sqlite:///{tmp_path / 'danmod.db'}"
    keys = await open_keys(tmp_path / "danmod.keys", url)
    async with open_storage(url, keys=keys) as storage:
        made = Town(storage, keys)
        await made.fill()
        yield made


async def _asked(town: Town, proof: str, what: str = "copy", key: str = "k1") -> Opened:
    answer = await town.house.ask(proof, what, "", "en", key)
    assert isinstance(answer, Opened), answer
    return answer


@pytest.mark.norm("P3-1c", "behaviour")
async def test_a_statements_token_gives_the_respondents_copy_and_nothing_of_a_reporter(town: Town) -> None:
    opened = await _asked(town, town.statement_token)
    assert opened.dossier.status == "granted"
    copied = json.dumps(await town.house.copy(opened.token))
    assert '"Ann"' in copied
    for trace in ("p-MARK", "MARK-note", "Cai", "reporter", "report-taken"):
        assert trace not in copied


@pytest.mark.norm("P3-1c", "behaviour")
async def test_a_receipts_token_gives_the_reporters_copy_and_nothing_of_the_respondent(town: Town) -> None:
    opened = await _asked(town, town.receipt_token, "access")
    copied = json.dumps(await town.house.copy(opened.token))
    assert "MARK-note" in copied
    for trace in ('"Ann"', '"ann"', "you fool"):
        assert trace not in copied


@pytest.mark.norm("P3-1c", "behaviour")
async def test_handing_out_a_copy_is_written_down_before(town: Town) -> None:
    opened = await _asked(town, town.statement_token)
    await town.house.copy(opened.token)
    noted = await town.storage.access.accesses(AccessFilter(what="copy"))
    assert [(row.who.ref, row.why) for row in noted] == [(holder(opened.dossier.id).ref, opened.dossier.id)]


@pytest.mark.norm("P3-1c", "bad-input")
async def test_no_other_token_proves_anything(town: Town) -> None:
    complaint = await town.house.move(Wish("complaint", "receive", VIEWER, {"text": "slow"}, processed="c1"))
    assert isinstance(complaint, Opened)
    erasure = await _asked(town, town.statement_token, "erasure")
    assert erasure.dossier.status == "proved"
    for token in ("-", "x" * 26, complaint.token, erasure.token):
        assert await town.house.ask(token, "copy", "", "en", "k9") is None
        assert await town.house.copy(token) is None


async def test_a_form_sent_twice_is_one_matter_with_one_token(town: Town) -> None:
    wish = Wish("complaint", "receive", VIEWER, {"text": "slow"}, processed="c1")
    first, second = await town.house.move(wish), await town.house.move(wish)
    assert isinstance(first, Opened)
    assert isinstance(second, Opened)
    assert (first.dossier.id, first.token) == (second.dossier.id, second.token)
    assert await _asked(town, town.statement_token) == await _asked(town, town.statement_token)


@pytest.mark.norm("P1-5", "behaviour")
@pytest.mark.norm("P1-5", "deadline")
async def test_a_complaint_is_followed_by_its_token_with_its_letters_and_its_next_step(town: Town) -> None:
    opened = await town.house.move(Wish("complaint", "receive", VIEWER, {"text": "slow"}, processed="c1"))
    assert isinstance(opened, Opened)
    found = await town.house.look(opened.token)
    assert found is not None
    assert found.next_at == NOW + timedelta(hours=24)
    assert [row.letter.key for row in found.letters] == ["complaint_received"]
    town.now_s += 25 * 3600
    late = await town.house.look(opened.token)
    assert late is not None
    assert late.overdue
    wish = Wish("complaint", "resolve", OWNER, {"reply": "more people answer", "cause": "slow"})
    assert isinstance(await town.office.move(wish, opened.dossier.id), Dossier)
    reopened = await town.house.go_on(opened.token, "reopen", {"reason": "still slow"}, "c2")
    assert isinstance(reopened, Dossier)
    assert reopened.status == "reopened"
    again = await town.house.look(opened.token)
    assert again is not None
    assert again.next_at == NOW + timedelta(hours=49)
    assert not again.overdue
    assert await town.house.go_on("x" * 26, "reopen", {"reason": "x"}, "c3") is None


@pytest.mark.norm("P1-5", "bad-input")
async def test_a_token_of_one_matter_moves_no_other(town: Town) -> None:
    one = await town.house.move(Wish("complaint", "receive", VIEWER, {"text": "one"}, processed="c1"))
    other = await town.house.move(Wish("complaint", "receive", VIEWER, {"text": "two"}, processed="c2"))
    assert isinstance(one, Opened)
    assert isinstance(other, Opened)
    assert one.token != other.token
    answer = await town.house.go_on(one.token, "answer", {"reply": "I answer myself"}, "c3")
    assert isinstance(answer, Refusal)
    assert answer.reason == "not_allowed"


@pytest.mark.norm("P2-1", "behaviour")
@pytest.mark.norm("N4.2-1", "behaviour")
async def test_the_houses_account_of_itself(town: Town) -> None:
    await town.house.move(Wish("complaint", "receive", VIEWER, {"text": "slow"}, processed="c1"))
    await town.house.move(Wish("concern", "receive", VIEWER, {"text": "unfair"}, processed="c2"))
    fields = {"standard": "data life cycle", "point": "no names in logs"}
    await town.office.move(Wish("standard", "adopt", OWNER, fields))
    town.now_s += 60
    view = await town.house.view()
    assert view.controller.name == "Danmaku Ltd"
    assert view.complaints is not None
    assert view.complaints.received == 1
    assert [concern.id for concern in view.concerns] == ["concern-1"]
    assert list(view.standards) == ["data life cycle"]
    assert {row.key for row in view.deadlines} >= {"complaint_first", "complaint_close", "concern_reply"}
    assert [rule.id for rule in view.rules][:2] == ["R0", "R1"]


async def test_the_account_is_kept_for_some_seconds(town: Town) -> None:
    first = await town.house.view()
    await town.house.move(Wish("concern", "receive", VIEWER, {"text": "unfair"}, processed="c2"))
    assert await town.house.view() is first
    town.now_s += SHOWN_FOR_S
    assert len((await town.house.view()).concerns) == 1


@pytest.mark.norm("N4.3-2b", "behaviour")
async def test_the_evidence_file_is_for_whom_the_decision_was_about(town: Town) -> None:
    claim = await town.house.ask(town.statement_token, "harm-file", "I lost my job", "en", "k1")
    assert isinstance(claim, Opened)
    assert claim.dossier.about == town.case.code if town.case else False
    assert await town.house.copy(claim.token) is None
    given = await town.office.move(Wish("disclosure", "give-file", OWNER, {"digest": "a" * 64}), claim.dossier.id)
    assert isinstance(given, Dossier)
    copied = await town.house.copy(claim.token)
    assert copied is not None
    assert copied["dated"] == NOW.isoformat()
    for trace in ("p-MARK", "MARK-note", "Cai", "report"):
        assert trace not in json.dumps(copied)
    assert await town.house.ask(town.receipt_token, "harm-file", "I lost my job", "en", "k2") is None


@pytest.mark.norm("P1-5", "deadline")
@pytest.mark.norm("N4.2-1", "deadline")
@pytest.mark.parametrize(
    ("kind", "key", "wait"),
    [("complaint", "complaint_first", timedelta(hours=24)), ("concern", "concern_reply", timedelta(days=5))],
)
async def test_what_nobody_answers_in_time_reaches_the_supervisors(
    town: Town, kind: str, key: str, wait: timedelta
) -> None:
    """The first of May is a Friday: three working days later is a Wednesday."""
    opened = await town.house.move(Wish(kind, "receive", VIEWER, {"text": "slow"}, processed="c1"))
    assert isinstance(opened, Opened)
    watch = Watch(
        town.storage.deadlines, town.storage.dossiers, town.office, town.registrar, lambda key: None, clock=town.clock
    )
    town.now_s += wait.total_seconds() - 1
    await watch.turn()
    assert opened.dossier.id not in {about for about, _ in await _told(town, "role:supervisor")}
    town.now_s += 1
    await watch.turn()
    assert (opened.dossier.id, "deadline_missed") in await _told(town, "role:supervisor")
    assert any(row.key == key and row.missed for row in (await town.house.view()).deadlines)


async def _told(town: Town, ref: str) -> list[tuple[str, str]]:
    rows = await town.storage.letters.letters_to(Addressee.STAFF, ref)
    return [(row.about, row.letter.key) for row in rows]
