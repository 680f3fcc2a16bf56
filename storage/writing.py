"""The one connection that writes, as the writer uses it: a whole transaction at a time.

SQLite's runs on a thread of its own, so that a transaction of a hundred statements costs one trip there and back
instead of a hundred; PostgreSQL's answers over the network and is awaited statement by statement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_T = TypeVar("_T")
Work = Callable[[Connection], _T]


class Writing(Protocol):
    """A connection that writes."""

    async def transact(self, work: Work[_T]) -> _T:
        """Begin, work, commit; after a failure nothing of it is stored, and what the database or the work raised is
        raised. A caller cancelled meanwhile still learns what became of it."""

    async def let_go(self) -> None:
        """Close, whatever state it is in. Never raises for the database."""


async def awaited(engine: AsyncEngine, on_connect: Work[None]) -> Writing:
    """A connection of an async engine. ``on_connect`` is called first; raises what it and the database raise."""
    connection = await engine.connect()
    writing = _Awaited(connection)
    try:
        await writing.transact(on_connect)
    except BaseException:
        await writing.let_go()
        raise
    return writing


class _Awaited:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def transact(self, work: Work[_T]) -> _T:
        async with self._connection.begin():
            return await self._connection.run_sync(work)

    async def let_go(self) -> None:
        with suppress(SQLAlchemyError, OSError):
            await self._connection.invalidate()
        with suppress(SQLAlchemyError, OSError):
            await self._connection.close()


async def threaded(engine: Engine, on_connect: Work[None]) -> Writing:
    """A connection on a thread of its own. ``on_connect`` is called first; raises what it and the database raise."""
    writing = _Threaded(engine)
    try:
        await writing.transact(on_connect)
    except BaseException:
        await writing.let_go()
        raise
    return writing


class _Threaded:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="danmod-writes")
        self._connection: Connection | None = None

    async def transact(self, work: Work[_T]) -> _T:
        return await self._there(lambda: self._transact(work))

    async def let_go(self) -> None:
        await self._there(self._let_go)
        self._thread.shutdown(wait=False)

    def _transact(self, work: Work[_T]) -> _T:
        if self._connection is None:
            self._connection = self._engine.connect()
        with self._connection.begin():
            return work(self._connection)

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(SQLAlchemyError, OSError):
            connection.invalidate()
        with suppress(SQLAlchemyError, OSError):
            connection.close()

    async def _there(self, call: Callable[[], _T]) -> _T:
        """Call it on the thread and wait for its end, come what may: a commit cannot be called back, so whoever is
        cancelled meanwhile gets the answer first, and is cancelled at the next wait."""
        running = asyncio.get_running_loop().run_in_executor(self._thread, call)
        cancelled = False
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError:
                cancelled = True
        task: asyncio.Task[Any] | None = asyncio.current_task()
        if cancelled and task is not None:
            task.cancel()
        return running.result()
