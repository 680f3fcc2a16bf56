"""PostgreSQL goes away under danmod's hands: whole transactions or none, and work goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from cases.history import Changes
from cases.model import CaseState, Refusal
from cases.ports import Applied, CaseFilter, StorageError
from storage import Storage
from storage.audit import verify
from tests.chaos import ChaosProxy
from tests.journeys.running import eventually
from tests.postgres_server import PostgresServer, postgres_server
from tests.storage.conftest import postgres, postgres_template
from tests.storage.stores import Store, _upgrade, postgres_store
from tests.storage.stories import ANN, BEN, NOW, flood, muting

__all__ = ["postgres", "postgres_template"]

pytestmark = [pytest.mark.fault("F20"), pytest.mark.needs("postgresql")]

KILL_ALL = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() \
AND pid <> pg_backend_pid()"
WRITES = 400


@pytest.fixture
def server_store(postgres: PostgresServer, postgres_template: str) -> Store:
    return postgres_store(postgres, postgres.database(postgres_template))


@pytest.fixture
async def storage(server_store: Store) -> AsyncIterator[Storage]:
    async with server_store.open() as opened:
        yield opened


class Written:
    """What was acknowledged and what was refused, one write after the other."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.versions: dict[str, int] = {}
        self.refused: list[StorageError] = []

    async def write(self, who: Any = ANN) -> bool:
        """One mute: a case, its history, a statement, a timer, notices. Raises whatever is no StorageError."""
        try:
            applied = await self._storage.log.apply(*muting(who))
        except StorageError as fault:
            self.refused.append(fault)
            return False
        assert isinstance(applied, Applied)
        self.versions[applied.state.code] = applied.state.version
        return True

    async def assert_whole(self, url: str) -> None:
        """Everything acknowledged is there, nothing is there by halves."""
        for case in await self._storage.reader.cases(CaseFilter(limit=1000)):
            assert case.version >= self.versions.get(case.code, 0)
            assert len(await self._storage.reader.history(case.code)) == case.version
            statements = await self._storage.reader.statements(case.code)
            assert len(statements) == len(case.actions)
        assert (await verify(url)).sound


async def _reads(storage: Storage) -> bool:
    try:
        await storage.reader.cases(CaseFilter())
        return bool(await storage.outbox.pending(NOW))
    except StorageError:
        return False


async def test_killed_connections_cost_one_write_at_most(server_store: Store, storage: Storage) -> None:
    written = Written(storage)
    assert await written.write()
    for _ in range(5):
        server_store.sql(KILL_ALL)
        if not await written.write():
            assert await written.write(), "the second attempt works"
    assert len(written.refused) <= 5
    assert all(str(fault).startswith("the database answered: ") for fault in written.refused)
    assert storage.writable()
    await written.assert_whole(server_store.url)


async def test_a_reader_finds_its_way_back_at_once(server_store: Store, storage: Storage) -> None:
    await storage.log.apply(*muting(ANN))
    await asyncio.gather(*(storage.reader.cases(CaseFilter()) for _ in range(8)))
    server_store.sql(KILL_ALL)
    answers = await asyncio.gather(*(storage.reader.cases(CaseFilter()) for _ in range(8)))
    assert all(len(cases) == 1 for cases in answers)


async def test_killed_in_the_midst_of_writing_nothing_is_half_there(server_store: Store, storage: Storage) -> None:
    written = Written(storage)

    async def write_on(who: Any) -> None:
        for _ in range(WRITES // 2):
            await written.write(who)

    writing = asyncio.gather(write_on(ANN), write_on(BEN))
    for _ in range(6):
        await asyncio.to_thread(server_store.sql, KILL_ALL)
    await writing
    assert sum(written.versions.values()) > 0
    assert await written.write()
    assert storage.writable()
    await written.assert_whole(server_store.url)


async def test_a_group_killed_before_its_commit_is_done_again_from_the_start(
    server_store: Store, storage: Storage
) -> None:
    kills = iter([True])

    def killed(connection: Connection) -> int:
        if next(kills, False):
            server_store.sql(KILL_ALL)
        return int(connection.scalar(text("SELECT 7")) or 0)

    applied, seven = await asyncio.gather(
        storage.log.apply(*muting(ANN)), storage._writer.do(storage._plain, killed), return_exceptions=True
    )
    assert isinstance(applied, Applied)
    assert seven == 7
    (case,) = await storage.reader.cases(CaseFilter())
    assert len(case.actions) == 1, "once, although its transaction was begun twice"
    assert (await verify(server_store.url)).sound


async def test_a_transaction_killed_before_its_commit_leaves_nothing(server_store: Store, storage: Storage) -> None:
    await storage.log.apply(*flood(BEN))
    before = _rows(server_store.dump())
    ref, decide = muting(ANN)

    def decide_killed(state: CaseState | None, fresh: str) -> Changes | Refusal:
        server_store.sql(KILL_ALL)
        return decide(state, fresh)

    with pytest.raises(StorageError, match=r"^the database answered: "):
        await storage.log.apply(ref, decide_killed)
    assert _rows(server_store.dump()) == before
    assert isinstance(await storage.log.apply(ref, decide), Applied)
    assert (await verify(server_store.url)).sound


@asynccontextmanager
async def _cut_while_committing(server: PostgresServer, store: Store) -> AsyncIterator[tuple[Storage, list[str]]]:
    """A storage that loses its connection when the answer to its next commit is on the way; what was cut is listed."""
    async with ChaosProxy(server.port) as proxy:
        near = replace(store, url=store.url.replace(f":{server.port}/", f":{proxy.port}/"))
        async with near.open() as storage:
            cuts: list[str] = []

            @event.listens_for(storage._writer._connect.args[0].sync_engine, "commit")
            def cut(connection: Connection) -> None:
                if not cuts:
                    cuts.append("commit")
                    proxy.cut_next_at = 0

            yield storage, cuts


@pytest.mark.parametrize("writes", [1, 2, 40])
async def test_a_commit_whose_answer_is_lost_is_not_done_again(
    postgres: PostgresServer, server_store: Store, writes: int
) -> None:
    async with _cut_while_committing(postgres, server_store) as (storage, cuts):
        answers = await asyncio.gather(*(storage.log.apply(*muting(ANN)) for _ in range(writes)))
        assert cuts == ["commit"]
        assert all(isinstance(answer, Applied) for answer in answers)
        (case,) = await storage.reader.cases(CaseFilter())
        assert len(case.actions) == writes, "each once, although nobody heard of the first commit"
        assert len(await storage.reader.strikes(NOW)) == writes
        assert storage.writable()
    assert (await verify(server_store.url)).sound


def _rows(dump: str) -> list[str]:
    return sorted(line for line in dump.splitlines() if line.startswith("INSERT"))


@pytest.fixture
def own_server() -> Any:
    with postgres_server() as server:
        yield server


async def test_a_server_that_restarts_is_come_back_to(own_server: PostgresServer) -> None:
    url = own_server.database()
    await asyncio.to_thread(_upgrade, url)
    store = postgres_store(own_server, url)
    async with store.open() as storage:
        written = Written(storage)
        assert await written.write()
        stop = asyncio.Event()
        strange: list[BaseException] = []

        async def watch(look: Callable[[], Awaitable[Any]]) -> None:
            while not stop.is_set():
                try:
                    await look()
                except BaseException as fault:
                    strange.append(fault)
                    raise
                await asyncio.sleep(0.005)

        looking = [asyncio.create_task(watch(lambda: _reads(storage))), asyncio.create_task(watch(written.write))]
        await asyncio.to_thread(own_server.restart)
        await eventually(written.write, "a write after the restart", 10.0)
        await eventually(lambda: _reads(storage), "a read after the restart", 10.0)
        await eventually(storage.writable, "the storage to say it writes", 10.0)
        stop.set()
        await asyncio.gather(*looking, return_exceptions=True)
        assert not strange, "whatever the server says while it restarts is a StorageError"
        assert written.refused, "the restart was noticed"
        await written.assert_whole(url)


async def test_a_server_that_is_away_is_one_sentence_and_no_crash(own_server: PostgresServer) -> None:
    url = own_server.database()
    await asyncio.to_thread(_upgrade, url)
    store = postgres_store(own_server, url)
    async with store.open() as storage:
        await asyncio.to_thread(own_server.stop)
        written = Written(storage)
        assert not await written.write()
        assert not await written.write()
        assert not await _reads(storage)
        assert not storage.writable()
        assert all("\n" not in str(fault) for fault in written.refused)
        await asyncio.to_thread(own_server.start)
        await eventually(storage.writable, "asking makes it try", 10.0)
        assert await written.write()


async def test_a_server_that_lets_nobody_in_is_a_storage_error(postgres: PostgresServer, server_store: Store) -> None:
    """What the driver says while it connects comes another way than what it says later."""
    name = server_store.url.rpartition("/")[2]
    async with server_store.open() as storage:
        postgres.sql("postgres", f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres.sql("postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        written = Written(storage)
        assert not await written.write()
        assert not await written.write()
        assert not await _reads(storage)
        assert not storage.writable()
        postgres.sql("postgres", f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await eventually(storage.writable, "asking makes it try", 10.0)
        assert await written.write()
        assert "not currently accepting connections" in str(written.refused[-1])
