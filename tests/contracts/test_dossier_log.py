"""The contract of the dossier log and its reader, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.dossier import Dossier, fold_dossier
from cases.history import Changes, DossierMoved
from cases.model import Refusal
from cases.ports import DossierApplied, DossierFilter, Repeated, StorageError
from storage import Storage, open_storage
from storage.audit import AuditReport, verify
from tests.storage.stores import (
    KEYS,
    HandClock,
    Store,
    postgres,
    postgres_template,
    sqlite_template,
    store,
)
from tests.storage.stories import NOW, OTHER_ROOM, ROOM, muting
from tests.storage.tickets import MOVES, SUE, TICKET, TICKETS, opening, step, taken

__all__ = ["postgres", "postgres_template", "sqlite_template", "store"]
A_DAY = timedelta(days=1)


@pytest.fixture
async def storage(store: Store) -> AsyncIterator[Storage]:
    async with store.open(kinds=TICKETS) as opened:
        yield opened


class TestTheLog:
    async def test_what_is_applied_is_read_back_at_once(self, storage: Storage) -> None:
        ticket = await taken(storage, None, opening())
        assert (ticket.id, ticket.status, ticket.fields) == ("ticket-1", "open", {"what": "the overlay was off"})
        assert await storage.dossiers.dossier("ticket-1") == ticket
        assert await storage.dossiers.dossier(" TICKET-1 ") == ticket

    async def test_every_kind_counts_for_itself(self, storage: Storage) -> None:
        written = step("write", {"what": "a thought"}, kind="side_note")
        ids = [(await taken(storage, None, opening())).id for _ in range(2)]
        ids.append((await taken(storage, None, written, "side_note")).id)
        assert ids == ["ticket-1", "ticket-2", "side_note-1"]

    async def test_counting_goes_on_after_a_restart(self, store: Store) -> None:
        for number in (1, 2):
            async with store.open(kinds=TICKETS) as storage:
                assert (await taken(storage, None, opening())).id == f"ticket-{number}"

    async def test_many_at_once_get_numbers_of_their_own(self, storage: Storage) -> None:
        tickets = await asyncio.gather(*(taken(storage, None, opening()) for _ in range(40)))
        assert sorted(int(ticket.id.split("-")[1]) for ticket in tickets) == list(range(1, 41))

    async def test_a_refusal_writes_nothing_and_uses_up_no_number(self, storage: Storage, store: Store) -> None:
        assert isinstance(await storage.docket.apply(None, "ticket", step("open")), Refusal)
        assert store.sql("SELECT count(*) FROM history") in ([(0,)], [("0",)])
        assert (await taken(storage, None, opening())).id == "ticket-1"

    async def test_unknown_dossiers_and_kinds_are_refused(self, storage: Storage) -> None:
        await taken(storage, None, opening())
        unknown = [("ticket-2", "ticket"), ("ticket-1", "side_note"), ("", "ticket"), ("x\0y", "ticket")]
        for dossier_id, kind in unknown:
            answer = await storage.docket.apply(dossier_id, kind, step("close"))
            assert isinstance(answer, Refusal)
            assert answer.reason == "unknown_dossier"
        answer = await storage.docket.apply(None, "riddle", opening())
        assert isinstance(answer, Refusal)
        assert answer.reason == "unknown_kind"

    async def test_a_form_sent_twice_counts_once(self, storage: Storage) -> None:
        once = opening(processed="form-1")
        first, *others = await asyncio.gather(*(storage.docket.apply(None, "ticket", once) for _ in range(4)))
        assert isinstance(first, DossierApplied)
        assert others == [Repeated("ticket-1")] * 3
        assert await storage.docket.apply(None, "ticket", once) == Repeated("ticket-1")
        assert [ticket.id for ticket in await storage.dossiers.dossiers(DossierFilter())] == ["ticket-1"]

    async def test_a_form_of_a_room_counts_once_in_that_room(self, storage: Storage) -> None:
        for room in (ROOM, OTHER_ROOM):
            await taken(storage, None, opening(room=room, processed="form-1"))
        assert await storage.docket.apply(None, "ticket", opening(room=ROOM, processed="form-1")) == Repeated(
            "ticket-1"
        )

    async def test_steps_of_one_group_see_each_other(self, storage: Storage) -> None:
        await taken(storage, None, opening())
        answers = await asyncio.gather(*(storage.docket.apply("ticket-1", "ticket", step("close")) for _ in range(3)))
        assert isinstance(answers[0], DossierApplied)
        refused = [answer for answer in answers if isinstance(answer, Refusal)]
        assert [refusal.reason for refusal in refused] == ["already", "already"]

    async def test_a_decide_that_raises_writes_nothing_and_harms_nobody_else(self, storage: Storage) -> None:
        def mistaken(dossier: Dossier | None, fresh: str) -> Changes:
            raise RuntimeError("a mistake")

        answers = await asyncio.gather(
            storage.docket.apply(None, "ticket", opening()),
            storage.docket.apply(None, "ticket", mistaken),
            storage.docket.apply(None, "ticket", opening()),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers] == [DossierApplied, RuntimeError, DossierApplied]
        assert len(await storage.dossiers.dossiers(DossierFilter())) == 2

    @pytest.mark.parametrize(
        ("dossier_id", "kind"), [("ticket-7", "ticket"), ("ticket-1", "side_note"), ("side_note-1", "side_note")]
    )
    async def test_a_step_of_another_dossier_is_refused(self, storage: Storage, dossier_id: str, kind: str) -> None:
        entry = DossierMoved(
            at=NOW, by=SUE, id=dossier_id, kind=kind, move="open", room=None, about="", fields={"what": "x"}
        )
        with pytest.raises(ValueError, match="ticket"):
            await storage.docket.apply(None, "ticket", lambda _, fresh: Changes(entries=(entry,)))
        assert await storage.dossiers.dossiers(DossierFilter()) == []

    async def test_what_cannot_be_stored_is_replaced(self, storage: Storage) -> None:
        await taken(storage, None, opening("a\0b\ud800c"))
        ticket = await taken(storage, "ticket-1", step("answer", {"answer": "x", "tags": ["on\0e", "two"]}))
        assert ticket.fields == {"what": "a�b�c", "answer": "x", "tags": ["on�e", "two"]}
        assert await storage.dossiers.dossier("ticket-1") == ticket

    async def test_a_refusal_that_stands_on_record_is_stored_and_answered(self, storage: Storage) -> None:
        refusal = Refusal("conflict", "not you")

        def decide(dossier: Dossier | None, fresh: str) -> Changes | Refusal:
            changes = opening()(dossier, fresh)
            assert isinstance(changes, Changes)
            return Changes(entries=changes.entries, code=changes.code, refused=refusal)

        assert await storage.docket.apply(None, "ticket", decide) == refusal
        assert len(await storage.dossiers.dossier_history("ticket-1")) == 1

    async def test_cases_and_dossiers_share_one_chain(self, storage: Storage, store: Store) -> None:
        async def both() -> None:
            await asyncio.gather(
                *(storage.docket.apply(None, "ticket", opening()) for _ in range(5)),
                *(storage.log.apply(*muting(token=f"t{number}")) for number in range(5)),
            )

        await both()
        with pytest.raises(ValueError, match="no entry"):
            await storage.docket.apply(None, "ticket", lambda *_: Changes(entries=()))
        await both()
        assert await verify(store.url, kinds=TICKETS) == AuditReport(entries=41, cases=1, erased=0, dossiers=10)

    async def test_after_a_rollback_the_chain_goes_on_where_it_was(self, storage: Storage, store: Store) -> None:
        await taken(storage, None, opening())
        writer, plain = storage._writer, storage._plain
        failing = writer.do(plain, lambda connection: connection.exec_driver_sql("SELECT * FROM nowhere"))
        answers = await asyncio.gather(
            storage.docket.apply(None, "ticket", opening()),
            storage.log.apply(*muting()),
            failing,
            storage.docket.apply(None, "ticket", opening()),
            return_exceptions=True,
        )
        assert isinstance(answers[0], DossierApplied)
        assert isinstance(answers[2], StorageError)
        await taken(storage, None, opening())
        assert (await verify(store.url, kinds=TICKETS)).sound


class TestTheReader:
    async def test_filters(self, storage: Storage) -> None:
        await taken(storage, None, opening(room=ROOM, about="A7K2"))
        await taken(storage, None, opening(now=NOW + A_DAY))
        await taken(storage, None, opening(room=OTHER_ROOM, now=NOW + 2 * A_DAY))
        await taken(storage, "ticket-2", step("close", now=NOW + 3 * A_DAY))
        written = step("write", {"what": "x"}, kind="side_note", now=NOW + 4 * A_DAY)
        await taken(storage, None, written, "side_note")

        async def ids(**given: object) -> list[str]:
            found = await storage.dossiers.dossiers(DossierFilter(**given))  # type: ignore[arg-type]  # as given
            return [dossier.id for dossier in found]

        assert await ids() == ["side_note-1", "ticket-3", "ticket-2", "ticket-1"]
        assert await ids(kind="ticket") == ["ticket-3", "ticket-2", "ticket-1"]
        assert await ids(kind="ticket", limit=2) == ["ticket-3", "ticket-2"]
        assert await ids(status="closed") == ["ticket-2"]
        assert await ids(about="A7K2") == ["ticket-1"]
        assert await ids(room=ROOM) == ["ticket-1"]
        assert await ids(room="") == ["side_note-1", "ticket-2"]
        assert await ids(since=NOW + 3 * A_DAY) == ["side_note-1", "ticket-2"]
        assert await ids(kind="ticket", status="open", room=OTHER_ROOM, since=NOW) == ["ticket-3"]

    async def test_the_openers_token_opens_it_and_nothing_else_does(self, storage: Storage, store: Store) -> None:
        ticket = await taken(storage, None, opening())
        await taken(storage, None, step("write", {"what": "x"}, kind="side_note"), "side_note")
        token = KEYS.token("dossier", "ticket-1")
        await taken(storage, "ticket-1", step("close"))
        found = await storage.dossiers.dossier_by_token(f" {token.upper()}")
        assert found is not None
        assert found.id == ticket.id
        for wrong in ("", token[:-1], KEYS.token("dossier", "side_note-1"), KEYS.token("report", "ticket-1")):
            assert await storage.dossiers.dossier_by_token(wrong) is None
        assert token not in store.dump()

    async def test_the_history_is_read_in_order(self, storage: Storage) -> None:
        await taken(storage, None, opening())
        await taken(storage, None, opening())
        await taken(storage, "ticket-1", step("close"))
        rows = await storage.dossiers.dossier_history("ticket-1")
        assert [row.seq for row in rows] == [1, 3]
        assert [row.entry.move for row in rows if isinstance(row.entry, DossierMoved)] == ["open", "close"]


@pytest.mark.norm("N3.1-3", "behaviour")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(walk=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(MOVES), st.text(max_size=8)), max_size=12))
def test_replaying_the_history_gives_the_stored_state(walk: list[tuple[int, str, str]]) -> None:
    """Random walks through the machine, over three tickets: what is stored is the fold of what was written."""

    async def run() -> None:
        async with open_storage("", keys=KEYS, clock=HandClock(), kinds=TICKETS, in_memory=True) as storage:
            for _ in range(3):
                await taken(storage, None, opening())
            for number, move, words in walk:
                fields = {"answer": words} if move == "answer" else {}
                await storage.docket.apply(f"ticket-{number + 1}", "ticket", step(move, fields))
            for dossier in await storage.dossiers.dossiers(DossierFilter(kind="ticket")):
                replayed: Dossier | None = None
                for row in await storage.dossiers.dossier_history(dossier.id):
                    assert isinstance(row.entry, DossierMoved)
                    replayed = fold_dossier(replayed, TICKET.machine, row.entry)
                assert replayed == dossier

    asyncio.run(run())
