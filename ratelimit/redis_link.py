"""One connection to Redis that never repeats a command by itself, running the counting script.

redis-py's clients retry silently; where the reply of an increment was lost, that would count twice. So this speaks
through redis-py's connection alone, and what to repeat is the gauge's decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import hiredis
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError

SCRIPT = (Path(__file__).with_name("windows.lua")).read_bytes()
SCRIPT_SHA = hashlib.sha1(SCRIPT, usedforsecurity=False).hexdigest().encode()
"""How Redis names the script."""

SCHEMES = ("redis", "rediss", "unix")

_PLAIN = {
    "retry": Retry(NoBackoff(), 0),
    "retry_on_error": [],
    "retry_on_timeout": False,
    "health_check_interval": 0,
    "socket_timeout": None,
    "socket_connect_timeout": None,
    "driver_info": None,
    "decode_responses": False,
    "protocol": 2,
}

T = TypeVar("T")


def check_url(url: str) -> None:
    """Raises ValueError, in one sentence that names the cure, for a URL that this cannot serve."""
    scheme = urlsplit(url).scheme
    if scheme == "redis+cluster":
        raise ValueError(
            "redis+cluster:// is not supported yet: give one server as redis://host:6379/0, or use memory://"
        )
    if scheme not in SCHEMES:
        raise ValueError(f"counters url {_shown(url)} is not one of memory://, redis://, rediss://, unix://")
    try:
        _pool(url).make_connection()  # type: ignore[no-untyped-call]  # redis-py; connects nothing yet
    except (ValueError, TypeError) as fault:
        shape = "redis://[user:password@]host:6379/0"  # the fault's own text may hold a piece of the password
        raise ValueError(f"counters url {_shown(url)} cannot be read, write it as {shape}") from fault


def _shown(url: str) -> str:
    """A URL without what may be secret in it."""
    scheme, mark, rest = url.partition("://")
    return repr(f"{scheme}{mark}{rest.rpartition('@')[2]}"[:80])


def _pool(url: str) -> ConnectionPool:
    """redis-py's reading of the URL; nothing is connected yet.

    Whatever options the URL carries, nothing is retried, nothing is timed by redis-py (the gauge has one deadline for
    all), and no command but ours is sent beyond authentication and the choice of the database.
    """
    pool = ConnectionPool.from_url(url, protocol=2)
    pool.connection_kwargs.update(_PLAIN)
    return pool


class RedisLink:
    """A connection, opened when needed and thrown away after any fault, so that no late reply meets a new question."""

    def __init__(self, url: str) -> None:
        check_url(url)
        self._pool = _pool(url)
        self._connection: AbstractConnection | None = None

    async def run(self, token_key: bytes, arguments: Sequence[bytes], meanwhile: Callable[[], T]) -> tuple[object, T]:
        """Run the script once and answer its reply; ``meanwhile`` is called while Redis works.

        Loads the script once where Redis has lost it. Raises RedisError or OSError; the connection is then gone.
        """
        sound = False
        try:
            connection = await self._open()
            await self._ask(connection, token_key, arguments)
            beside = meanwhile()
            try:
                reply = await connection.read_response()
            except NoScriptError:
                reply = await self._load_and_run(connection, token_key, arguments)
            sound = True
        finally:
            if not sound:
                await self.close()
        return reply, beside

    async def _load_and_run(
        self, connection: AbstractConnection, token_key: bytes, arguments: Sequence[bytes]
    ) -> object:
        await self._load(connection)
        await self._ask(connection, token_key, arguments)
        return cast(object, await connection.read_response())

    async def _ask(self, connection: AbstractConnection, token_key: bytes, arguments: Sequence[bytes]) -> None:
        """Packed by hiredis: redis-py's own packing, in Python, would cost as much as the counting."""
        command: tuple[Any, ...] = (b"EVALSHA", SCRIPT_SHA, b"1", token_key, *arguments)  # hiredis' stub says one word
        await connection.send_packed_command(hiredis.pack_command(command))

    async def _load(self, connection: AbstractConnection) -> None:
        await connection.send_command(b"SCRIPT", b"LOAD", SCRIPT)
        await connection.read_response()

    async def _open(self) -> AbstractConnection:
        if self._connection is None:
            connection = cast(AbstractConnection, self._pool.make_connection())  # type: ignore[no-untyped-call]
            self._connection = connection
            await connection.connect()  # type: ignore[no-untyped-call]  # redis-py
            await self._load(connection)  # also tells a missing password in words; a long command would not
            return connection
        return self._connection

    async def close(self) -> None:
        """Drop the connection at once, without a farewell."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)
