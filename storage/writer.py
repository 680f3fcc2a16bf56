"""The writer: one task owns the only connection that writes, and commits what waits as one group.

A caller hands in work and awaits the answer; the answer comes after the commit. Cancelling a caller never touches the
transaction, because the transaction belongs to this task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from cases.ports import StorageError
from storage.doubt import came_through, name_of
from storage.writing import Work, Writing

_log = structlog.get_logger("danmod.storage")

LARGEST_GROUP = 500
IN_DOUBT_S = 5.0
"""So long it is asked whether a commit came through whose connection was lost; after that it is refused."""
IN_DOUBT_PAUSE_S = 0.1


Connect = Callable[[Work[None]], Awaitable[Writing]]
"""Gives a connection to write on, after calling what it is given on it."""


class Clerk(Protocol):
    """Knows how to carry out one sort of work inside the writer's transaction."""

    def perform(self, connection: Connection, works: Sequence[Any]) -> Sequence[Any]:
        """One answer for each work, in order; an exception as an answer is raised to that caller alone.

        Fewer answers than works: the rest waits for the next group. At least one is answered. Raises what the database
        raises: then nothing of the group is stored.
        """

    def forget(self) -> None:
        """Drop everything remembered of the database: the transaction was rolled back."""


class PlainClerk:
    """Works are functions of a connection; their result is the answer."""

    def perform(self, connection: Connection, works: Sequence[Callable[[Connection], Any]]) -> Sequence[Any]:
        """Call each."""
        return [work(connection) for work in works]

    def forget(self) -> None:
        """Nothing is remembered."""


@dataclass(slots=True, eq=False)
class _Job:
    clerk: Clerk
    work: Any
    answer: asyncio.Future[Any]


class Writer:
    """Groups what waits, one transaction a group. Start with `start`, end with `close`."""

    def __init__(
        self,
        connect: Connect,
        on_connect: Callable[[Connection], None],
        largest_group: int = LARGEST_GROUP,
    ) -> None:
        """``connect`` gives a connection to write on. ``on_connect`` is called on every new one and may raise StorageError
        (the lock was lost)."""
        self._connect = connect
        self._on_connect = on_connect
        self._largest_group = largest_group
        self._waiting: list[_Job] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._connection: Writing | None = None
        self._task: asyncio.Task[None] | None = None
        self.healthy = True
        """False after a failure of the database, until a group commits again."""

    async def start(self) -> None:
        """Connect and begin to work. Raises StorageError when the database will not have us."""
        try:
            await self._connected()
        except SQLAlchemyError as error:
            raise StorageError(sentence(error)) from error
        self._task = asyncio.create_task(self._run(), name="storage writer")

    async def close(self) -> None:
        """Finish what waits, then let the connection go. More work is refused from now on."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task
        self._refuse_rest()
        await self._disconnect()

    async def do(self, clerk: Clerk, work: Any) -> Any:
        """Hand in work; the answer comes when it is committed. Raises StorageError when it could not be."""
        return await self.submit(clerk, work)

    def submit(self, clerk: Clerk, work: Any) -> asyncio.Future[Any]:
        """Like `do`, without waiting."""
        if self._closing:
            raise StorageError("the storage is closed")
        job = _Job(clerk, work, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        self._wake.set()
        return job.answer

    async def _run(self) -> None:
        while self._waiting or not self._closing:
            await self._wake.wait()
            group = self._next_group()
            if group:
                self._put_back(await self._carry_out(group))

    def _next_group(self) -> list[_Job]:
        jobs = self._waiting[: self._largest_group]
        del self._waiting[: self._largest_group]
        if not self._waiting and not self._closing:
            self._wake.clear()
        return [job for job in jobs if not job.answer.done()]

    def _put_back(self, jobs: list[_Job]) -> None:
        if jobs:
            self._waiting[:0] = jobs
            self._wake.set()

    async def _carry_out(self, jobs: list[_Job]) -> list[_Job]:
        """Commit the jobs together, after a failure one by one. What could not yet be done is returned."""
        try:
            answers = await self._transact(jobs)
        except Exception as error:
            return await self._one_by_one(jobs, error)
        except BaseException:
            self._put_back(jobs)
            raise
        return _answer(jobs, answers)

    async def _one_by_one(self, jobs: list[_Job], error: Exception) -> list[_Job]:
        if len(jobs) == 1:
            _refuse(jobs[0], error)
            return []
        for index, job in enumerate(jobs):
            try:
                _answer([job], await self._transact([job]))
            except Exception as alone:
                _refuse(job, alone)
                if not _is_own_fault(alone):
                    for rest in jobs[index + 1 :]:
                        _refuse(rest, alone)
                    break
        return []

    async def _transact(self, jobs: Sequence[_Job]) -> list[Any]:
        """All answers of one committed transaction; fewer than jobs when a clerk cut the group."""
        work = _Transaction(jobs)
        try:
            await (await self._connected()).transact(work.perform)
        except BaseException as error:
            await self._recover(jobs, error)
            if work.number is None or not _is_lost(error) or not await self._came_through(work.number):
                raise
        self.healthy = True
        return work.answers

    async def _came_through(self, number: int) -> bool:
        """Whether a transaction was committed although its connection was lost. Not to be learnt in time: False."""
        until_s = asyncio.get_running_loop().time() + IN_DOUBT_S
        while asyncio.get_running_loop().time() < until_s:
            try:
                connection = await self._connected()
                committed = await connection.transact(lambda asked: came_through(asked, number))
                if committed is not None:
                    _log.info("a commit in doubt", committed=committed)
                    return committed
            except (SQLAlchemyError, OSError, StorageError):
                await self._disconnect()
            await asyncio.sleep(IN_DOUBT_PAUSE_S)
        return False

    async def _recover(self, jobs: Sequence[_Job], error: BaseException) -> None:
        for clerk in {id(job.clerk): job.clerk for job in jobs}.values():
            clerk.forget()
        if not _is_lost(error):
            return
        self.healthy = False
        _log.error("the database refused a write", error=sentence(error), jobs=len(jobs))
        await self._disconnect()

    async def _connected(self) -> Writing:
        if self._connection is None:
            self._connection = await self._connect(self._on_connect)
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.let_go()

    def _refuse_rest(self) -> None:
        for job in self._waiting:
            _refuse(job, StorageError("the storage is closed"))
        self._waiting.clear()


class _Transaction:
    """One group's transaction: its answers, and its number once they are there, known even if the commit then fails."""

    def __init__(self, jobs: Sequence[_Job]) -> None:
        self.answers: list[Any] = []
        self.number: int | None = None
        self._jobs = jobs

    def perform(self, connection: Connection) -> None:
        """The work between begin and commit."""
        self.answers = _perform(connection, self._jobs)
        self.number = name_of(connection)


def _perform(connection: Connection, jobs: Sequence[_Job]) -> list[Any]:
    answers: list[Any] = []
    for _, run in groupby(jobs, key=lambda job: id(job.clerk)):
        alike = list(run)
        given = alike[0].clerk.perform(connection, [job.work for job in alike])
        answers.extend(given)
        if len(given) < len(alike):
            break
    return answers


def _answer(jobs: list[_Job], answers: Sequence[Any]) -> list[_Job]:
    for job, answer in zip(jobs, answers, strict=False):
        if isinstance(answer, BaseException):
            _refuse(job, answer)
        elif not job.answer.done():
            job.answer.set_result(answer)
    return jobs[len(answers) :]


def _refuse(job: _Job, error: BaseException) -> None:
    if job.answer.done():
        return
    if isinstance(error, SQLAlchemyError | OSError):
        refused = StorageError(sentence(error))
        refused.__cause__ = error
        job.answer.set_exception(refused)
    else:
        job.answer.set_exception(error)


def _is_own_fault(error: BaseException) -> bool:
    """True when the work is to blame (a row the database refuses, a mistake), False when the database is."""
    if isinstance(error, DBAPIError):
        return isinstance(error, IntegrityError | DataError)
    if isinstance(error, StatementError):
        return True
    return not isinstance(error, SQLAlchemyError | OSError | StorageError)


def _is_lost(error: BaseException) -> bool:
    """True when the database failed us, or went away."""
    return isinstance(error, Exception) and not _is_own_fault(error)


def sentence(error: BaseException) -> str:
    """One sentence for people about what the database said; never the statement, never its parameters."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    first_line = (str(said).splitlines() or [""])[0]
    return f"the database answered: {first_line or type(said).__name__}"
