"""Norm N3.1-3, bad input: an act whose record cannot be written does not happen, nothing of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from cases.model import Actor, ActorKind
from cases.ports import AccessFilter, Applied, CaseFilter, DeadlineFilter, DossierFilter, StorageError
from storage.audit import verify
from tests.storage.stores import Store
from tests.storage.stories import ANN, BEN, NOW, ROOM, muting
from tests.storage.tickets import TICKETS, opening, step, taken

MUST_BE_WRITTEN = ("history", "history_body", "statements", "evidence", "outbox", "timers", "notices", "strikes")
OF_A_DOSSIER = ("history", "history_body", "dossiers", "deadlines")


class Broken:
    """A table into which nothing can be written for a while: the disk is full, the row is refused."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sqlite = store.url.startswith("sqlite")

    def break_(self, table: str) -> None:
        says = f"{table} takes nothing"
        if self._sqlite:
            self._store.sql(f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, '{says}'); END")
            return
        body = f"$$ BEGIN RAISE EXCEPTION '{says}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        self._store.sql(f"CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS {body}")
        self._store.sql(f"CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION broken()")

    def mend(self, table: str) -> None:
        self._store.sql("DROP TRIGGER broken" if self._sqlite else f"DROP TRIGGER broken ON {table}")
        if not self._sqlite:
            self._store.sql("DROP FUNCTION broken()")


@pytest.fixture
def broken(store: Store) -> Broken:
    return Broken(store)


@pytest.mark.norm("N3.1-3", "bad-input")
@pytest.mark.norm("N3.1-3", "deadline")
class TestAnActWithoutItsRecord:
    @pytest.mark.parametrize("table", MUST_BE_WRITTEN)
    async def test_of_a_case_does_not_happen(self, store: Store, broken: Broken, table: str) -> None:
        async with store.open() as storage:
            before = await storage.log.apply(*muting(ANN))
            assert isinstance(before, Applied)
            broken.break_(table)
            answers = await asyncio.gather(
                storage.log.apply(*muting(ANN)), storage.log.apply(*muting(BEN)), return_exceptions=True
            )
            assert [type(answer) for answer in answers] == [StorageError, StorageError]
            assert [row.action.id for row in await storage.outbox.pending(NOW)] == [before.state.actions[0].id]
            assert await storage.reader.cases(CaseFilter()) == [before.state]
            assert len(await storage.reader.statements(before.state.code)) == 1
            broken.mend(table)
            after = await storage.log.apply(*muting(ANN, at=NOW + timedelta(seconds=1), token="other"))
            assert isinstance(after, Applied)
            assert after.state.version == before.state.version * 2 - 1
        assert (await verify(store.url)).sound

    @pytest.mark.parametrize("table", OF_A_DOSSIER)
    async def test_of_a_dossier_does_not_happen(self, store: Store, broken: Broken, table: str) -> None:
        async with store.open(kinds=TICKETS) as storage:
            broken.break_(table)
            with pytest.raises(StorageError, match="takes nothing"):
                await storage.docket.apply(None, "ticket", opening(processed="form-1"))
            assert await storage.dossiers.dossiers(DossierFilter()) == []
            assert await storage.deadlines.deadlines(DeadlineFilter()) == []
            broken.mend(table)
            assert (await taken(storage, None, opening(processed="form-1"))).id == "ticket-1"
            await taken(storage, "ticket-1", step("close"))
        assert (await verify(store.url, kinds=TICKETS)).sound

    @pytest.mark.parametrize("table", ["history", "history_body", "access_log"])
    async def test_of_reading_does_not_happen(self, store: Store, broken: Broken, table: str) -> None:
        who = Actor(ActorKind.PRIVACY, "pia-id", "Pia")
        async with store.open() as storage:
            broken.break_(table)
            with pytest.raises(StorageError, match="takes nothing"):
                await storage.access.note(NOW, who, "identity", "r1", "why")
            broken.mend(table)
            assert await storage.access.accesses(AccessFilter()) == []
            await storage.access.note(NOW, who, "identity", "r1", "why")
        assert (await verify(store.url)).entries == 1

    async def test_of_one_does_not_take_others_down(self, store: Store) -> None:
        """A step the database refuses is refused alone; the rest of its group is stored."""
        async with store.open(kinds=TICKETS) as storage:
            store.sql("CREATE UNIQUE INDEX one_ticket_a_room ON dossiers (room)")
            answers = await asyncio.gather(
                storage.docket.apply(None, "ticket", opening(room=ROOM)),
                storage.docket.apply(None, "ticket", opening(room=ROOM)),
                storage.log.apply(*muting()),
                return_exceptions=True,
            )
            assert [isinstance(answer, StorageError) for answer in answers] == [False, True, False]
        assert (await verify(store.url, kinds=TICKETS)).sound
