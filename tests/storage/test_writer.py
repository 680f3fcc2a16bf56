"""The writer under trouble: a bad neighbour, a cancelled caller, a full disk, a locked file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text

from cases.model import CaseState
from cases.ports import Applied, ByCode, CaseFilter, StorageError
from storage import Storage, schema
from storage.opening import FINGERPRINT
from tests.storage.stores import Store, sqlite_store
from tests.storage.stories import ANN, BEN, NOW, ROOM, flood, muting

SECONDS_FOR_RECOVERY = 5


@pytest.fixture
def file_store(tmp_path: Path) -> Store:
    return sqlite_store(tmp_path / "danmod.db")


def raising(state: CaseState | None, fresh: str) -> Any:
    raise RuntimeError("a mistake")


class TestOneGroup:
    async def test_a_job_that_fails_leaves_its_neighbours_alone(self, storage: Storage) -> None:
        answers = await asyncio.gather(
            storage.log.apply(*flood(ANN)),
            storage.log.apply(ByCode(""), raising),
            storage.log.apply(*flood(BEN)),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers] == [Applied, RuntimeError, Applied]
        assert len(await storage.reader.cases(CaseFilter())) == 2

    async def test_a_row_the_database_refuses_hurts_only_its_own_job(self, storage: Storage) -> None:
        def clash(connection: Connection) -> None:
            connection.execute(insert(schema.meta).values(name=FINGERPRINT, value="another"))

        writer, clerk = storage._writer, storage._plain
        answers = await asyncio.gather(
            storage.log.apply(*flood(ANN)),
            writer.do(clerk, clash),
            storage.log.apply(*flood(BEN)),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers] == [Applied, StorageError, Applied]
        assert "another" not in str(answers[1])
        states = [answer.state for answer in answers if isinstance(answer, Applied)]
        assert {case.code for case in await storage.reader.cases(CaseFilter())} == {state.code for state in states}
        assert storage.writable()

    async def test_many_at_once_are_few_transactions(self, file_store: Store) -> None:
        async with file_store.open() as storage:
            committed: list[int] = []
            inner = storage._writer._transact

            async def counted(jobs: Any) -> Any:
                committed.append(len(jobs))
                return await inner(jobs)

            storage._writer._transact = counted  # type: ignore[method-assign]  # to look on
            await asyncio.gather(*(storage.log.apply(*flood(ANN)) for _ in range(1200)))
            assert committed == [500, 500, 200]
            (case,) = await storage.reader.cases(CaseFilter())
            assert case.lines == 1200


@pytest.mark.fault("F35")
class TestCancellation:
    @pytest.mark.parametrize("operation", ["apply", "take", "read"])
    async def test_at_every_await_leaves_no_transaction_open(self, file_store: Store, operation: str) -> None:
        async with file_store.open() as storage:
            await storage.log.apply(*muting(ANN))
            operations: dict[str, Callable[[], Awaitable[Any]]] = {
                "apply": lambda: storage.log.apply(*muting(BEN)),
                "take": lambda: storage.outbox.take_notices(ROOM, NOW, NOW - NOW),
                "read": lambda: storage.reader.cases(CaseFilter()),
            }
            step = 0
            while await _cancelled_at(step, operations[operation]):
                step += 1
                await storage.log.apply(*flood(ANN))
                _assert_unlocked(file_store)
            assert step > 1

    async def test_a_cancelled_caller_leaves_all_or_nothing(self, file_store: Store) -> None:
        async with file_store.open() as storage:
            task = asyncio.create_task(storage.log.apply(*muting(ANN)))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await storage.log.apply(*flood(BEN))
            for case in await storage.reader.cases(CaseFilter(respondent=ANN.id)):
                assert len(await storage.reader.history(case.code)) == case.version

    async def test_closing_finishes_what_waits(self, file_store: Store) -> None:
        async with file_store.open() as storage:
            tasks = [asyncio.create_task(storage.log.apply(*flood(ANN))) for _ in range(700)]
            await asyncio.sleep(0)
        assert all(isinstance(task.result(), Applied) for task in tasks)
        with pytest.raises(StorageError, match="closed"):
            await storage.log.apply(*flood(ANN))


async def _cancelled_at(step: int, operation: Callable[[], Awaitable[Any]]) -> bool:
    """Let the operation run for so many turns of the loop, then cancel it; False when it was done before."""
    task = asyncio.ensure_future(operation())
    for _ in range(step):
        await asyncio.sleep(0)
        if task.done():
            await task
            return False
    # A step may also wait for the database's thread: give it a moment at every fourth turn.
    if step % 4 == 3:
        await asyncio.sleep(0.0005 * step)
    if task.done():
        await task
        return False
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return True


def _assert_unlocked(store: Store) -> None:
    """Somebody else can write at once: no transaction was left open."""
    with closing(sqlite3.connect(store.url.removeprefix("sqlite:///"), timeout=2)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


@pytest.mark.fault("F26")
class TestAFullDisk:
    async def test_nothing_is_lost_once_there_is_space_again(self, file_store: Store) -> None:
        async with file_store.open() as storage:
            first = await storage.log.apply(*muting(ANN))
            assert isinstance(first, Applied)
            writer, clerk = storage._writer, storage._plain
            pages = await writer.do(clerk, lambda connection: connection.scalar(text("PRAGMA page_count")))
            original = storage._writer._on_connect

            def full(connection: Connection) -> None:
                original(connection)
                connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

            storage._writer._on_connect = full
            await storage._writer._disconnect()
            failed = await asyncio.gather(*(_filling(storage, number) for number in range(200)), return_exceptions=True)
            refused = [answer for answer in failed if isinstance(answer, StorageError)]
            assert refused
            assert "full" in str(refused[0])
            assert not storage.writable()

            storage._writer._on_connect = original
            async with asyncio.timeout(SECONDS_FOR_RECOVERY):
                while not storage.writable():  # noqa: ASYNC110  # polled, as the health page does
                    await asyncio.sleep(0.01)
            again = await storage.log.apply(*flood(ANN))
            assert isinstance(again, Applied)
            assert again.state.code == first.state.code
            stored = await storage.reader.cases(CaseFilter(limit=1000))
            assert len(stored) == 1 + sum(isinstance(answer, Applied) for answer in failed)
            for case in stored:
                assert len(await storage.reader.history(case.code)) == case.version


async def _filling(storage: Storage, number: int) -> Any:
    from cases.model import Respondent

    return await storage.log.apply(*muting(Respondent(f"sender-{number}" * 50, "name" * 100)))


@pytest.mark.fault("F27")
class TestALockedFile:
    async def test_a_short_lock_by_another_process_is_waited_for(self, file_store: Store) -> None:
        async with file_store.open() as storage:
            with closing(sqlite3.connect(file_store.url.removeprefix("sqlite:///"))) as other:
                other.isolation_level = None
                other.execute("BEGIN IMMEDIATE")
                task = asyncio.create_task(storage.log.apply(*flood(ANN)))
                await asyncio.sleep(0.05)
                assert not task.done()
                other.execute("ROLLBACK")
                assert isinstance(await task, Applied)

    async def test_a_second_instance_is_refused(self, store: Store) -> None:
        async with store.open():
            with pytest.raises(StorageError, match="another danmod is already running"):
                async with store.open():
                    pass
        async with store.open():
            pass
