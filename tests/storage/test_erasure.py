"""Retention and erasure (norm P3-1b): what is due goes within a day, from every table and every byte, with a proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cases.docket import Docket, Wish
from cases.dossier import About, Dossier
from cases.dossiers import KINDS
from cases.dossiers.erasure import digest_of
from cases.house import House
from cases.model import Actor, ActorKind, Respondent
from cases.ports import AccessFilter, Applied, ByCode, ByEpisode, CaseFilter, DossierApplied, DossierFilter
from cases.retention import RULES, Schedule, TooLong
from storage import Storage
from storage.audit import verify
from tests.storage.stores import Store
from tests.storage.stories import (
    ANN,
    GAP,
    MODERATOR,
    NOW,
    ROOM,
    adding,
    answered,
    appealed,
    ended,
    flood,
    judged,
    muting,
    outcome,
    reporting,
)

MARKED = Respondent("markedid", "Markedname")
REPORTER, CONTACT, FILE = "markedpseudonym", "marked@example.org", b"markedfile"
MARKERS = ("markedid", "Markedname", "markedpseudonym", "marked@example.org", "markedfile")
SCHEDULE = Schedule()
CLOSED = NOW + timedelta(days=1)
APPEALABLE = timedelta(days=180)
DUE = CLOSED + RULES["person"].ceiling
OFFICER = Actor(ActorKind.PRIVACY, "olga")


async def whole_story(storage: Storage) -> str:
    """A case with everything: a mute that ended, an appeal that was answered, a report with an address and a file."""
    applied = await storage.log.apply(*muting(MARKED))
    assert isinstance(applied, Applied)
    code = applied.state.code
    episode = applied.state.episode
    await storage.log.apply(ByCode(code), adding(outcome(f"{code}.1"), appealed(MARKED)))
    await storage.log.apply(ByCode(code), adding(ended(f"{code}.1"), answered(), timers_done=(f"{code}.1",)))
    assert episode.endswith(MARKED.id)
    return code


async def reported(storage: Storage) -> str:
    """A case that a report with an address and a file opened, dismissed."""
    from cases.intents import DismissCommanded
    from cases.registrar import Registrar
    from tests.storage.stores import KEYS

    ref = ByEpisode(ROOM, "report:marked", NOW, GAP)
    applied = await storage.log.apply(ref, reporting(REPORTER, MARKED, contact=CONTACT))
    assert isinstance(applied, Applied)
    await storage.attachments.keep(applied.state.reports[0].id, "markedid.png", "image/png", FILE, NOW)
    dismiss = Registrar(KEYS, House()).dismiss(DismissCommanded(MODERATOR, "nothing"), NOW)
    done = await storage.log.apply(ByCode(applied.state.code), dismiss)
    assert isinstance(done, Applied), done
    return applied.state.code


async def erase_all(storage: Storage, now: datetime, schedule: Schedule = SCHEDULE) -> dict[str, int]:
    """Everything that is due now, in as many turns as it takes."""
    counts: dict[str, int] = {}
    while (erased := await storage.erasure.erase_due(schedule, now)).counts:
        for kind, count in erased.counts.items():
            counts[kind] = counts.get(kind, 0) + count
    await storage.erasure.settle()
    return counts


async def moved(
    storage: Storage, kind: str, move: str, by: Actor, about: str = "", of: str | None = None, **fields: object
) -> Dossier:
    wish = Wish(kind, move, by, fields, about)
    answer = await storage.docket.apply(of, kind, Docket(KINDS, House()).move(wish, About(), NOW))
    assert isinstance(answer, DossierApplied), answer
    return answer.dossier


def everything(store: Store) -> str:
    """Every row, and every byte of the files."""
    rows = store.dump()
    if not store.url.startswith("sqlite"):
        return rows
    file = Path(store.url.removeprefix("sqlite:///"))
    files = [path.read_bytes().decode("latin-1") for path in file.parent.glob(f"{file.name}*")]
    return "\n".join([rows, *files])


def found(store: Store, markers: Sequence[str] = MARKERS) -> list[str]:
    text = everything(store)
    return [marker for marker in markers if marker in text]


@pytest.mark.norm("P3-1b", "behaviour")
class TestAnErasedCase:
    async def test_is_nowhere_in_the_store_not_a_byte_of_it(self, store: Store) -> None:
        async with store.open() as storage:
            await whole_story(storage)
            await reported(storage)
            assert found(store) == ["markedid", "Markedname", "markedpseudonym"], "the search finds what is there"
            counts = await erase_all(storage, DUE + APPEALABLE)
            assert found(store) == []
            assert {"history_body", "evidence", "statements", "appeals", "respondents", "strikes"} <= counts.keys()
            assert {"reports", "contacts", "attachments", "notices", "outbox", "cases"} <= counts.keys()
        assert found(store) == []

    async def test_still_shows_its_measures_and_nobody(self, storage: Storage) -> None:
        code = await whole_story(storage)
        await erase_all(storage, DUE + APPEALABLE)
        state = await storage.reader.case(code)
        assert state is not None
        assert (state.actions[0].kind, state.actions[0].respondent) == ("mute", "erased-1")
        assert state.respondents == (Respondent("erased-1", ""),)
        assert [row.entry for row in await storage.reader.history(code)] == [None] * state.version
        assert [one.code for one in await storage.reader.cases(CaseFilter())] == [code]
        assert (await storage.reader.statements(code), await storage.reader.evidence(code)) == ([], [])

    async def test_leaves_a_sound_chain_before_and_after_its_record_is_gone(self, store: Store) -> None:
        async with store.open() as storage:
            code = await whole_story(storage)
            await erase_all(storage, DUE + APPEALABLE)
            report = await verify(store.url)
            assert (report.problem, report.cases, report.erased > 0) == (None, 1, True)
            counts = await erase_all(storage, DUE + RULES["record"].ceiling)
            assert counts["records"] == 1
            assert await storage.reader.case(code) is None
            assert (await verify(store.url)).problem is None

    async def test_never_gives_its_code_to_another(self, store: Store) -> None:
        async with store.open() as storage:
            code = await whole_story(storage)
            await erase_all(storage, DUE + APPEALABLE)
            await erase_all(storage, DUE + RULES["record"].ceiling)
        async with store.open() as storage:
            applied = await storage.log.apply(*flood(ANN))
            assert isinstance(applied, Applied)
            assert applied.state.code != code
            assert (await verify(store.url)).problem is None

    async def test_goes_on_when_something_happens_to_it_later(self, store: Store) -> None:
        async with store.open() as storage:
            code = await whole_story(storage)
            await erase_all(storage, DUE + APPEALABLE)
            later = DUE + APPEALABLE + timedelta(days=1)
            applied = await storage.log.apply(ByCode(code), adding(lambda state: judged(ANN, later)))
            assert isinstance(applied, Applied)
            assert applied.state.respondents == (Respondent("erased-1", ""), ANN)
            assert (await verify(store.url)).problem is None
            await erase_all(storage, later + RULES["person"].ceiling)
            state = await storage.reader.case(code)
            assert state is not None
            assert state.respondents[1] == Respondent("erased-2", ""), "and what came later goes in its time"


@pytest.mark.norm("P3-1b", "deadline")
class TestTheTime:
    async def test_nothing_goes_before_it_is_due_and_all_of_it_then(self, storage: Storage) -> None:
        code = await whole_story(storage)
        due = NOW + APPEALABLE
        early = await storage.erasure.erase_due(SCHEDULE, due - timedelta(seconds=1))
        assert set(early.counts) <= {"processed"}
        assert await storage.erasure.overdue(SCHEDULE, due) == [code]
        await erase_all(storage, due)
        assert await storage.erasure.overdue(SCHEDULE, due + timedelta(days=1)) == []

    async def test_an_appeal_that_waits_or_a_mute_that_runs_keeps_a_case(self, storage: Storage) -> None:
        applied = await storage.log.apply(*muting(MARKED))
        assert isinstance(applied, Applied)
        code = applied.state.code
        await storage.log.apply(ByCode(code), adding(outcome(f"{code}.1"), appealed(MARKED)))
        late = NOW + timedelta(days=400)
        assert "cases" not in await erase_all(storage, late)
        await storage.log.apply(ByCode(code), adding(answered()))
        assert "cases" not in await erase_all(storage, late), "the mute still runs"
        await storage.log.apply(ByCode(code), adding(ended(f"{code}.1")))
        assert (await erase_all(storage, late))["cases"] == 1

    async def test_a_reading_goes_with_its_entry_after_three_years(self, store: Store) -> None:
        async with store.open() as storage:
            await storage.access.note(NOW, OFFICER, "case", "A7K2", "markedid asked")
            await erase_all(storage, NOW + RULES["reading"].ceiling - timedelta(seconds=1))
            assert len(await storage.access.accesses(AccessFilter())) == 1
            await erase_all(storage, NOW + RULES["reading"].ceiling)
            assert await storage.access.accesses(AccessFilter()) == []
            assert (await verify(store.url)).problem is None

    async def test_a_dossier_goes_as_its_kind_says_once_it_is_over(self, store: Store) -> None:
        async with store.open() as storage:
            open_one = await moved(
                storage, "alarm", "raise", Actor(ActorKind.BOT), "A7K2", what="drift", detail="markedid"
            )
            over = await moved(storage, "alarm", "raise", Actor(ActorKind.BOT), "A7K2", what="drift", detail="markedid")
            await moved(storage, "alarm", "end", Actor(ActorKind.BOT), of=over.id)
            await erase_all(storage, NOW + KINDS["alarm"].retention)
            known = [one.id for one in await storage.dossiers.dossiers(DossierFilter(kind="alarm"))]
            assert known == [open_one.id]
        async with store.open() as storage:
            again = await moved(storage, "alarm", "raise", Actor(ActorKind.BOT), "A7K2", what="drift", detail="x")
            assert again.id == "alarm-3", "an id is never given twice"
            assert (await verify(store.url)).problem is None


@pytest.mark.norm("P3-1b", "behaviour")
class TestALegalHold:
    async def test_is_the_only_thing_that_stops_it_and_only_for_its_case(self, storage: Storage) -> None:
        kept, other = await whole_story(storage), await reported(storage)
        hold = await moved(storage, "legal-hold", "place", OFFICER, kept, ground="a claim before a court")
        late = NOW + RULES["record"].ceiling + timedelta(days=400)
        await erase_all(storage, late)
        state = await storage.reader.case(kept)
        assert state is not None
        assert state.respondents == (MARKED,)
        assert (await storage.reader.evidence(kept))[0].lines
        assert await storage.reader.case(other) is None
        await moved(storage, "legal-hold", "release", OFFICER, of=hold.id, reason="settled")
        await erase_all(storage, late)
        state = await storage.reader.case(kept)
        assert state is None or state.respondents != (MARKED,)

    async def test_many_held_cases_do_not_keep_the_others(self, storage: Storage) -> None:
        held = []
        for number in range(3):
            answer = await storage.log.apply(*flood(Respondent(f"held-{number}", "H")))
            assert isinstance(answer, Applied)
            held.append(answer.state.code)
            await moved(storage, "legal-hold", "place", OFFICER, answer.state.code, ground="a claim")
        free = await storage.log.apply(*flood(MARKED))
        assert isinstance(free, Applied)
        erased = await storage.erasure.erase_due(SCHEDULE, DUE, at_once=2)
        assert erased.counts["cases"] == 1
        state = await storage.reader.case(free.state.code)
        assert state is not None
        assert state.respondents[0].name == ""


@pytest.mark.norm("P3-1b", "behaviour")
class TestTheProof:
    async def test_says_kinds_counts_and_a_digest_of_which(self, storage: Storage) -> None:
        applied = await storage.log.apply(*flood(MARKED))
        assert isinstance(applied, Applied)
        code = applied.state.code
        erased = await storage.erasure.erase_due(SCHEDULE, DUE)
        proof = await storage.dossiers.dossier(erased.proof)
        assert proof is not None
        assert proof.fields["counts"] == erased.counts == {"cases": 1, "history_body": 2, "respondents": 1}
        names = [f"cases:{code}", "history_body:1", "history_body:2", f"respondents:{code}"]
        assert proof.fields["digest"] == digest_of(names)
        assert MARKED.id not in str(proof)

    async def test_is_left_only_where_something_went(self, storage: Storage) -> None:
        assert (await storage.erasure.erase_due(SCHEDULE, DUE)).proof == ""
        assert await storage.dossiers.dossiers(DossierFilter(kind="erasure")) == []

    async def test_stays_when_everything_else_is_gone(self, storage: Storage) -> None:
        await whole_story(storage)
        await erase_all(storage, DUE + APPEALABLE)
        await erase_all(storage, NOW + timedelta(days=3_650))
        assert await storage.dossiers.dossiers(DossierFilter(kind="erasure"))


@pytest.mark.norm("P1-1", "deadline")
async def test_consent_taken_back_erases_the_address_from_the_file_at_once_with_a_proof(store: Store) -> None:
    async with store.open() as storage:
        code = await reported(storage)
        report = f"{code}-r1"
        row = store.sql("SELECT sealed FROM contacts")[0][0]
        assert await storage.erasure.withdraw(report, NOW)
        assert await storage.contacts.of_report(report) is None
        assert not await storage.contacts.is_kept(report)
        if isinstance(row, bytes):
            assert row.decode("latin-1") not in everything(store)
        assert not await storage.erasure.withdraw(report, NOW), "once"
        (proof,) = await storage.dossiers.dossiers(DossierFilter(kind="erasure"))
        assert proof.fields["cause"] == "withdrawn"
        state = await storage.reader.case(code)
        assert state is not None
        assert state.reports[0].reporter == REPORTER, "the report itself is handled as before"


@pytest.mark.norm("P3-1b", "bad-input")
@pytest.mark.parametrize(
    ("key", "span", "says"),
    [
        ("person", timedelta(days=181), "181 days is longer than 180 days, the longest person data may be kept"),
        ("record", timedelta(days=2000), "2000 days is longer than 3 years, the longest record data may be kept"),
        ("reading", timedelta(days=30), "30 days is shorter than 1 year, the shortest reading data must be kept"),
    ],
)  # fmt: skip
def test_a_schedule_out_of_bounds_is_refused_naming_key_value_and_bound(key: str, span: timedelta, says: str) -> None:
    with pytest.raises(TooLong) as refused:
        Schedule({key: span})
    assert str(refused.value) == says


async def test_a_shorter_schedule_erases_sooner(storage: Storage) -> None:
    await storage.log.apply(*flood(MARKED))
    short = Schedule({"person": timedelta(days=40)})
    assert "cases" not in await erase_all(storage, NOW + timedelta(days=39), short)
    assert (await erase_all(storage, NOW + timedelta(days=40), short))["cases"] == 1
