"""Real servers for tests: each test has its own, on a free port, in a temporary folder."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def postgresql_program() -> str | None:
    """The path of `postgres`, also where Debian hides it; None when it is not installed."""
    if found := shutil.which("postgres"):
        return found
    return next((str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))), None)


class RedisServer:
    """One redis-server process. It keeps nothing on disk; stopped and started again it is empty, on the same port."""

    def __init__(self, folder: Path, *options: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def unix_url(self) -> str:
        return f"unix://{self._socket_path}"

    @property
    def _socket_path(self) -> Path:
        return self._folder / f"redis-{self.port}.sock"

    def start(self, *options: str) -> None:
        """Start and wait until it answers. ``options`` are added for this start."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command += ["--dir", str(self._folder), "--unixsocket", str(self._socket_path), "--daemonize", "no"]
        self._process = subprocess.Popen(
            [*command, *self._options, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._await_answer()

    def _await_answer(self) -> None:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                self.ask("PING")
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"redis-server did not answer on port {self.port} within 10 s")

    def stop(self) -> None:
        """Kill it; forgiving if it is not running."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ask(self, *words: str) -> bytes:
        """One command by a bare socket, the raw start of its answer: for set-up that must not touch what is tested."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as link:
            packed = b"".join(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words)
            link.sendall(b"*%d\r\n" % len(words) + packed)
            return link.recv(1 << 20)


class RedisServers:
    """Makes redis-servers and ends them all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[RedisServer] = []

    def __call__(self, *options: str, port: int | None = None) -> RedisServer:
        """A new server; ``options`` are added to its command line (``"--requirepass", "secret"``)."""
        server = RedisServer(self._folder, *options, port=port)
        self._started.append(server)
        return server

    def stop_all(self) -> None:
        for server in self._started:
            server.stop()
