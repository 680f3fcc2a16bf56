"""The contracts of the deadline book, the letters and the access log, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from cases.deadlines import Deadline, Terms
from cases.history import (
    Addressee,
    Changes,
    DeadlineMissed,
    DeadlineWarned,
    DossierMoved,
    Letter,
)
from cases.lifecycle import fold
from cases.model import Actor, ActorKind, CaseState, Refusal
from cases.ports import (
    AccessFilter,
    Applied,
    ByCode,
    DeadlineCount,
    DeadlineFilter,
    DeadlineRow,
    Decide,
    LetterRow,
    StorageError,
)
from storage import Storage
from storage.audit import verify
from tests.storage.stores import Store, postgres, postgres_template, sqlite_template, store
from tests.storage.stories import BEN, NOW, OTHER_ROOM, ROOM, flood
from tests.storage.tickets import DUE, TICKETS, opening, step, taken

__all__ = ["postgres", "postgres_template", "sqlite_template", "store"]
A_SECOND = timedelta(seconds=1)
AN_HOUR = timedelta(hours=1)
WARN = NOW + (DUE - NOW) * 0.75
TELL = Letter(Addressee.STAFF, "role:supervisor", "deadline_warned", {"key": "review_minor"})


@pytest.fixture
async def storage(store: Store) -> AsyncIterator[Storage]:
    async with store.open(kinds=TICKETS) as opened:
        yield opened


def changing(**changes: object) -> Decide:
    """One more judged line, and what comes with it."""

    def decide(state: CaseState | None, fresh: str) -> Changes:
        made = flood()[1](state, fresh)
        assert isinstance(made, Changes)
        return Changes(entries=made.entries, **changes)  # type: ignore[arg-type]  # as given

    return decide


async def case_with(storage: Storage, *deadlines: Deadline, letters: tuple[Letter, ...] = ()) -> str:
    """The code of the case that starts these, whose ``about`` is still to be filled in."""
    answer = await storage.log.apply(ByCode(""), flood()[1])
    assert isinstance(answer, Applied)
    code = answer.state.code
    started = tuple(Deadline(d.key, d.ref, code, d.room, d.started_at, d.warn_at, d.due_at) for d in deadlines)
    await storage.log.apply(ByCode(code), changing(deadlines=started, letters=letters))
    return code


def deadline(key: str = "review_minor", ref: str = "r1", room: object = ROOM) -> Deadline:
    return Terms().start(key, ref, "", room, NOW)  # type: ignore[arg-type]  # a plain text will do


async def only(storage: Storage, **given: object) -> DeadlineRow:
    (row,) = await storage.deadlines.deadlines(DeadlineFilter(**given))  # type: ignore[arg-type]  # as given
    return row


class TestDeadlines:
    async def test_run_from_a_case_until_the_step_is_taken(self, storage: Storage) -> None:
        code = await case_with(storage, deadline())
        row = await only(storage, about=code, running=True)
        assert row == DeadlineRow(Terms().start("review_minor", "r1", code, ROOM, NOW))
        assert row.runs
        await storage.log.apply(ByCode(code), changing(deadlines_met=(("review_minor", "r1"),)))
        row = await only(storage, ref="r1")
        assert (row.met_at, row.overdue_at, row.runs) == (NOW, None, False)

    async def test_run_from_a_dossier_until_the_step_is_taken(self, storage: Storage) -> None:
        await taken(storage, None, opening(room=ROOM))
        assert (await only(storage, about="ticket-1")).deadline.due_at == DUE
        await taken(storage, "ticket-1", step("answer", {"answer": "on again"}, now=NOW + AN_HOUR))
        assert (await only(storage, about="ticket-1")).met_at == NOW + AN_HOUR
        assert await storage.deadlines.next_deadline() is None

    async def test_that_no_longer_apply_are_dropped(self, storage: Storage) -> None:
        code = await case_with(storage, deadline())
        await storage.log.apply(ByCode(code), changing(deadlines_dropped=(("review_minor", "r1"), ("ack", "absent"))))
        row = await only(storage)
        assert (row.dropped_at, row.runs) == (NOW, False)

    async def test_that_are_over_begin_anew(self, storage: Storage) -> None:
        await taken(storage, None, opening())
        await taken(storage, "ticket-1", step("close", now=NOW + AN_HOUR))
        await taken(storage, "ticket-1", step("reopen", now=NOW + 2 * AN_HOUR))
        row = await only(storage)
        assert (row.runs, row.deadline.started_at) == (True, NOW + 2 * AN_HOUR)

    async def test_that_run_are_not_dated_anew(self, storage: Storage) -> None:
        code = await case_with(storage, deadline())
        later = Terms().start("review_minor", "r1", code, ROOM, NOW + AN_HOUR)
        await storage.log.apply(ByCode(code), changing(deadlines=(later,)))
        assert (await only(storage)).deadline.started_at == NOW
        met = changing(deadlines_met=(("review_minor", "r1"),))
        await asyncio.gather(*(storage.log.apply(ByCode(code), d) for d in (changing(deadlines=(later,)), met)))
        assert (await only(storage)).met_at == NOW

    async def test_that_begin_and_end_in_one_group(self, storage: Storage) -> None:
        code = await case_with(storage)
        mine = Terms().start("review_minor", "r1", code, ROOM, NOW)
        begin, meet = changing(deadlines=(mine,)), changing(deadlines_met=(("review_minor", "r1"),))
        await asyncio.gather(*(storage.log.apply(ByCode(code), d) for d in (begin, meet)))
        assert (await only(storage)).met_at == NOW
        await asyncio.gather(*(storage.log.apply(ByCode(code), d) for d in (begin, meet, begin)))
        assert (await only(storage)).runs

    async def test_survive_a_restart(self, store: Store) -> None:
        async with store.open(kinds=TICKETS) as storage:
            await case_with(storage, deadline())
            before = await only(storage)
        async with store.open(kinds=TICKETS) as storage:
            assert await only(storage) == before

    async def test_a_refused_step_starts_none(self, storage: Storage) -> None:
        await storage.log.apply(ByCode(""), lambda state, fresh: Refusal("no", "no"))
        await storage.docket.apply(None, "ticket", step("open"))
        assert await storage.deadlines.deadlines(DeadlineFilter()) == []


class TestWarningAndMissing:
    async def test_the_boundary_second_of_both(self, storage: Storage) -> None:
        await taken(storage, None, opening())
        assert await storage.deadlines.next_deadline() == WARN
        assert await storage.deadlines.to_warn(WARN - A_SECOND) == []
        (row,) = await storage.deadlines.to_warn(WARN)
        assert await storage.deadlines.mark_warned(row.deadline, WARN)
        assert await storage.deadlines.to_warn(WARN) == []
        assert await storage.deadlines.next_deadline() == DUE
        assert await storage.deadlines.overdue(DUE - A_SECOND) == []
        (row,) = await storage.deadlines.overdue(DUE)
        assert await storage.deadlines.mark_overdue(row.deadline, DUE)
        assert await storage.deadlines.overdue(DUE + AN_HOUR) == []
        assert await storage.deadlines.next_deadline() is None

    async def test_both_are_entries_of_what_they_are_about(self, storage: Storage, store: Store) -> None:
        await taken(storage, None, opening())
        code = await case_with(storage, deadline())
        for row in await storage.deadlines.deadlines(DeadlineFilter()):
            assert await storage.deadlines.mark_warned(row.deadline, WARN)
            assert await storage.deadlines.mark_overdue(row.deadline, DUE)
        of_case = [row.entry for row in await storage.reader.history(code)]
        of_ticket = [row.entry for row in await storage.dossiers.dossier_history("ticket-1")]
        assert [type(entry) for entry in of_case[-2:]] == [DeadlineWarned, DeadlineMissed]
        assert [type(entry) for entry in of_ticket] == [DossierMoved, DeadlineWarned, DeadlineMissed]
        assert fold(None, [entry for entry in of_case if entry is not None]) == await storage.reader.case(code)
        await taken(storage, "ticket-1", step("close"))
        assert (await verify(store.url, kinds=TICKETS)).sound

    async def test_each_is_noted_once_with_its_letters(self, storage: Storage) -> None:
        code = await case_with(storage, deadline())
        mine = (await only(storage)).deadline
        marked = await asyncio.gather(*(storage.deadlines.mark_warned(mine, WARN, [TELL]) for _ in range(3)))
        assert sorted(marked) == [False, False, True]
        assert not await storage.deadlines.mark_warned(mine, WARN, [TELL])
        (letter,) = await storage.letters.pending(WARN)
        assert (letter.letter, letter.about, letter.room, letter.created_at) == (TELL, code, ROOM, WARN)

    async def test_what_was_kept_meanwhile_is_not_marked(self, storage: Storage) -> None:
        code = await case_with(storage, deadline())
        mine = (await only(storage)).deadline
        _, in_one_group = await asyncio.gather(
            storage.log.apply(ByCode(code), changing(deadlines_met=((mine.key, mine.ref),))),
            storage.deadlines.mark_overdue(mine, DUE),
        )
        assert not in_one_group
        assert not await storage.deadlines.mark_overdue(mine, DUE)
        row = await only(storage)
        assert (row.overdue_at, row.met_at) == (None, NOW)

    async def test_a_deadline_of_nothing_that_exists_is_not_marked(self, storage: Storage) -> None:
        for about in ("X3X3", "ticket-9", "riddle-1"):
            ghost = Terms().start("review_minor", "r1", about, ROOM, NOW)
            assert not await storage.deadlines.mark_warned(ghost, WARN)

    async def test_missed_stays_when_the_step_is_taken_late(self, storage: Storage) -> None:
        await taken(storage, None, opening())
        mine = (await only(storage)).deadline
        await storage.deadlines.mark_overdue(mine, DUE)
        assert (await only(storage, missed=True, running=True)).runs
        await taken(storage, "ticket-1", step("close", now=DUE + AN_HOUR))
        row = await only(storage, missed=True, running=False)
        assert (row.overdue_at, row.met_at) == (DUE, DUE + AN_HOUR)
        day = timedelta(days=1)
        assert await storage.deadlines.counts(NOW, NOW + day) == [DeadlineCount("complaint_first", 1, 1, 1, 1, 0)]
        assert await storage.deadlines.counts(NOW, NOW + day, ROOM) == []
        assert await storage.deadlines.counts(NOW + day, NOW + 2 * day) == []

    async def test_a_step_taken_late_was_missed_though_nobody_looked(self, storage: Storage) -> None:
        late, in_time = DUE + A_SECOND, DUE
        for number, at in ((1, late), (2, in_time)):
            await taken(storage, None, opening())
            await taken(storage, f"ticket-{number}", step("close", now=at))
        assert (await only(storage, missed=True)).overdue_at == late
        assert (await only(storage, missed=False)).met_at == in_time
        await asyncio.gather(
            storage.docket.apply(None, "ticket", opening()),
            storage.docket.apply("ticket-3", "ticket", step("close", now=late)),
        )
        assert (await only(storage, ref="ticket-3")).overdue_at == late

    async def test_filters_and_order(self, storage: Storage) -> None:
        ack, other = deadline("ack", "r2"), deadline("review_minor", "r3", OTHER_ROOM)
        code = await case_with(storage, deadline(), ack, other)

        async def refs(**given: object) -> list[str]:
            rows = await storage.deadlines.deadlines(DeadlineFilter(**given))  # type: ignore[arg-type]  # as given
            return [row.deadline.ref for row in rows]

        assert await refs() == ["r2", "r1", "r3"]
        assert await refs(limit=1) == ["r2"]
        assert await refs(key="ack") == ["r2"]
        assert await refs(room=OTHER_ROOM) == ["r3"]
        assert await refs(about=code, running=True, missed=False, since=NOW) == ["r2", "r1", "r3"]
        assert await refs(since=NOW + A_SECOND) == []
        assert await refs(missed=True) == []


class TestLetters:
    async def test_wait_until_they_are_sent_held_or_postponed(self, storage: Storage) -> None:
        letters = tuple(Letter(Addressee.REPORTER, f"r{n}", "received", {"code": "A\0"}) for n in range(3))
        code = await case_with(storage, letters=letters)
        first, second, third = await storage.letters.pending(NOW)
        assert first.letter == Letter(Addressee.REPORTER, "r0", "received", {"code": "A�"})
        assert (first.about, first.room, first.created_at, first.due_at, first.attempts) == (code, ROOM, NOW, NOW, 0)
        await storage.letters.sent(first.id, "mail", NOW)
        await storage.letters.postpone(second.id, NOW + AN_HOUR, "the server is away")
        await storage.letters.hold(third.id, NOW, "the address bounces")
        assert await storage.letters.pending(NOW) == []
        assert await storage.letters.next_letter() == NOW + AN_HOUR
        (again,) = await storage.letters.pending(NOW + AN_HOUR)
        assert (again.id, again.attempts, again.detail) == (second.id, 1, "the server is away")

    async def test_what_was_sent_or_held_is_over(self, storage: Storage) -> None:
        await case_with(storage, letters=(TELL, TELL))
        sent, held = await storage.letters.pending(NOW)
        await storage.letters.sent(sent.id, "mail", NOW)
        await storage.letters.hold(held.id, NOW, "no way")
        for one in (sent, held):
            await storage.letters.sent(one.id, "webhook", NOW + AN_HOUR)
            await storage.letters.hold(one.id, NOW + AN_HOUR, "again")
            await storage.letters.postpone(one.id, NOW + AN_HOUR, "again")
        rows = await storage.letters.letters_to(Addressee.STAFF, "role:supervisor")
        assert [(row.sent_at, row.held_at, row.channel, row.detail) for row in rows] == [
            (NOW, None, "mail", ""),
            (None, NOW, "", "no way"),
        ]

    async def test_are_read_by_their_addressee(self, storage: Storage) -> None:
        await taken(storage, None, opening())
        for answer in ("one", "two", "three"):
            await taken(storage, "ticket-1", step("answer", {"answer": answer}))

        async def words(to: Addressee, ref: str, limit: int = 50) -> list[str]:
            rows: list[LetterRow] = list(await storage.letters.letters_to(to, ref, limit))
            return [row.letter.words["answer"] for row in rows]

        assert await words(Addressee.PERSON, "ticket-1") == ["one", "two", "three"]
        assert await words(Addressee.PERSON, "ticket-1", 2) == ["two", "three"]
        assert await words(Addressee.STAFF, "ticket-1") == []
        assert await words(Addressee.PERSON, "ticket-2") == []


@pytest.mark.norm("N3.1-3", "behaviour")
class TestReading:
    WHO = Actor(ActorKind.PRIVACY, "pia-id", "Pia")

    async def test_is_attributed_and_on_the_chain(self, storage: Storage, store: Store) -> None:
        await taken(storage, None, opening())
        await storage.access.note(NOW, self.WHO, "identity", "A7K2-r1", "a lawful\0 order")
        await storage.access.note(NOW + AN_HOUR, self.WHO, "refused:identity", "A7K2-r2", "")
        newest, oldest = await storage.access.accesses(AccessFilter())
        assert (oldest.seq, oldest.at, oldest.who, oldest.what) == (2, NOW, self.WHO, "identity")
        assert (oldest.ref, oldest.why) == ("A7K2-r1", "a lawful� order")
        assert newest.what == "refused:identity"
        assert (await verify(store.url, kinds=TICKETS)).entries == 3
        assert store.sql("SELECT entry, count(*) FROM history WHERE code = 'access' GROUP BY entry") in (
            [("access-noted", 2)],
            [("access-noted", "2")],
        )

    async def test_filters(self, storage: Storage) -> None:
        other = Actor(ActorKind.MODERATOR, "mo-id", "Mo")
        for at, who, what, ref in (
            (NOW, self.WHO, "identity", "r1"),
            (NOW + AN_HOUR, other, "evidence", "A7K2"),
            (NOW + 2 * AN_HOUR, other, "identity", "r2"),
        ):
            await storage.access.note(at, who, what, ref, "why")

        async def refs(**given: object) -> list[str]:
            rows = await storage.access.accesses(AccessFilter(**given))  # type: ignore[arg-type]  # as given
            return [row.ref for row in rows]

        assert await refs() == ["r2", "A7K2", "r1"]
        assert await refs(limit=1) == ["r2"]
        assert await refs(what="identity") == ["r2", "r1"]
        assert await refs(who="mo-id") == ["r2", "A7K2"]
        assert await refs(ref="r1") == ["r1"]
        assert await refs(since=NOW + AN_HOUR) == ["r2", "A7K2"]

    @pytest.mark.norm("N3.1-3", "bad-input")
    async def test_that_cannot_be_written_down_is_refused(self, store: Store) -> None:
        async with store.open(kinds=TICKETS) as storage:
            pass
        with pytest.raises(StorageError):
            await storage.access.note(NOW, self.WHO, "identity", "r1", "why")


async def test_marks_and_letters_do_not_disturb_other_cases(storage: Storage) -> None:
    await case_with(storage, deadline())
    ben = await storage.log.apply(*flood(BEN))
    assert isinstance(ben, Applied)
    await storage.deadlines.mark_warned((await only(storage)).deadline, WARN, [TELL])
    assert await storage.reader.case(ben.state.code) == ben.state
