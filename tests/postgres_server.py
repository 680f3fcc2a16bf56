"""A PostgreSQL of the test's own: fresh cluster in a temporary folder, free port, nothing synced to disk."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers import free_port, postgresql_program

_SETTINGS = ("fsync=off", "full_page_writes=off", "max_connections=60", "shared_buffers=16MB")


class PostgresServer:
    """One running cluster; `database` makes databases in it."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._programs = programs
        self._numbers = itertools.count()
        self._identity = _unprivileged(folder)
        self._call("initdb", "-D", str(folder / "data"), "-U", "danmod", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start and wait until it answers."""
        options = [f"-c{setting}" for setting in (*_SETTINGS, f"unix_socket_directories={self._folder}")]
        data, port = str(self._folder / "data"), str(self.port)
        self._process = subprocess.Popen(
            [str(self._programs / "postgres"), "-D", data, "-p", port, "-h", "127.0.0.1", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._identity,
        )
        self._await_ready()

    def restart(self) -> None:
        """What `pg_ctl restart` does: a fast shutdown that ends every connection, and a start on the same port."""
        self.stop()
        self.start()

    def database(self, template: str = "template1") -> str:
        """The URL of a new database: empty, or like the database named as a template."""
        name = f"test{next(self._numbers)}"
        self.sql("postgres", f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return f"postgresql://danmod@127.0.0.1:{self.port}/{name}"

    def sql(self, database: str, command: str) -> str:
        """Run SQL as the owner of everything; the bare answer."""
        return self._call("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "danmod", "-qAtc", command, database)

    def dump(self, database: str) -> str:
        """Everything in a database as text."""
        return self._call("pg_dump", "-h", "127.0.0.1", "-p", str(self.port), "-U", "danmod", "--inserts", database)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await_ready(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                self.sql("postgres", "SELECT 1")
                return
            except subprocess.CalledProcessError:
                time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not answer on port {self.port} within 20 s")

    def _call(self, program: str, *arguments: str) -> str:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=self._folder, **self._identity)
        return done.stdout


def _unprivileged(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as Debian's user ``postgres``, who gets the folder."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server for as long as the block lasts. Its folder lies where the user ``postgres`` can get in."""
    program = postgresql_program()
    if program is None:
        raise RuntimeError("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="danmod-postgres-"))
    try:
        server = PostgresServer(folder, Path(os.path.realpath(program)).parent)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
