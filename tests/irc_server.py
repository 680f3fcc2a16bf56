"""A real InspIRCd on free loopback ports, and a small raw client to stand in for the people of a room.

``inspircd()`` runs the server in a folder of its own; it can be stopped and started again on the same ports. Where the
modules of timed bans are wanted they are loaded, else muting must fall back to plain list modes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

from tests.servers import free_port

MODULES = (
    "sha1",
    "websocket",
    "cap",
    "ircv3_servertime",
    "ircv3_msgid",
    "ircv3_ctctags",
    "ircv3_echomessage",
    "muteban",
    "samode",
    "botmode",
)
OPER_NAME, OPER_PASSWORD = "warden", "only-for-tests"

_CONFIG = """
<server name="irc.danmod.invalid" description="test" network="Test" id="001">
<bind address="127.0.0.1" port="{tcp}" type="clients">
<bind address="127.0.0.1" port="{ws}" type="clients" hook="websocket">
{extra}
{modules}
<websocket defaultmode="text">
<wsorigin allow="*">
<connect name="main" allow="*" timeout="60" pingfreq="120" threshold="100000" commandrate="1000000000" recvq="1M"
 hardsendq="16M" softsendq="8M" localmax="100000" globalmax="100000"
 maxchans="2000" resolvehostnames="no" useident="no" modes="+i"
 {password}>
<class name="warden" commands="SAMODE KILL" privs="users/auspex" usermodes="*" chanmodes="*">
<type name="warden" classes="warden">
<oper name="warden" password="only-for-tests" host="*@*" type="warden">
<options prefixquit="Quit: " defaultmodes="not">
<performance nouserdns="yes" softlimit="12800" somaxconn="128">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" runtimedir="{folder}">
<pid file="{folder}/inspircd.pid">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="normal" target="{folder}/ircd.log">
"""


class InspIRCd:
    """One server; ``url`` is its websocket, ``port`` its plain TCP port."""

    def __init__(self, folder: Path, *, timed_bans: bool, password: str = "", tls: tuple[Path, Path] | None = None):
        self.port, self.ws_port, self.tls_port = free_port(), free_port(), free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        modules = [*MODULES, *(["timedbans"] if timed_bans else []), *(["ssl_gnutls"] if tls else [])]
        (folder / "inspircd.conf").write_text(
            _CONFIG.format(
                tcp=self.port,
                ws=self.ws_port,
                folder=folder,
                extra=self._tls_lines(tls),
                modules="\n".join(f'<module name="{name}">' for name in modules),
                password=f'password="{password}"' if password else "",
            )
        )

    def _tls_lines(self, tls: tuple[Path, Path] | None) -> str:
        if tls is None:
            return ""
        certificate, key = tls
        return (
            f'<sslprofile name="clients" provider="gnutls" certfile="{certificate}" keyfile="{key}">\n'
            f'<bind address="127.0.0.1" port="{self.tls_port}" type="clients" sslprofile="clients">'
        )

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.ws_port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start and wait until it listens; fails with the server's own words."""
        as_root = ["--runasroot"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        program = shutil.which("inspircd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "inspircd"
        self._process = subprocess.Popen(  # noqa: ASYNC220 - starting takes a millisecond, and no loop owns the server
            [program, "--config", str(self._folder / "inspircd.conf"), "--nofork", *as_root],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 15
        while not await self._listens():
            assert self._process.poll() is None, self._last_words()
            assert time.monotonic() < deadline, self._last_words()
            await asyncio.sleep(0.03)

    async def _listens(self) -> bool:
        try:
            for port in (self.port, self.ws_port):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
        except OSError:
            return False
        return True

    def _last_words(self) -> str:
        log = self._folder / "ircd.log"
        return log.read_text()[-2000:] if log.exists() else "inspircd said nothing"

    async def stop(self) -> None:
        """Kill it, as a crash would."""
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        self._process = None


@asynccontextmanager
async def inspircd(
    *, timed_bans: bool = True, password: str = "", tls: tuple[Path, Path] | None = None
) -> AsyncIterator[InspIRCd]:
    """A running server, stopped and swept away in the end."""
    with tempfile.TemporaryDirectory(prefix="danmod-irc-") as folder:
        server = InspIRCd(Path(folder), timed_bans=timed_bans, password=password, tls=tls)
        await server.start()
        try:
            yield server
        finally:
            await server.stop()


class IrcClient:
    """A plain IRC client over TCP: connect, join, say, and every line it was sent."""

    _probes = itertools.count(1)

    def __init__(self, nick: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.nick = nick
        self.lines: list[str] = []
        """Every line received, oldest first, without its CRLF."""
        self._writer = writer
        self._reading = asyncio.create_task(self._read(reader))

    @classmethod
    async def connect(cls, port: int, nick: str, user: str | None = None, password: str = "") -> IrcClient:
        """Connect and register; returns when the server has welcomed us."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        client = cls(nick, reader, writer)
        if password:
            client.send(f"PASS {password}")
        client.send(f"NICK {nick}")
        client.send(f"USER {user or nick} 0 * :{nick}")
        try:
            await client.until(lambda line: line.split(" ")[1:2] == ["001"])
        except BaseException:  # not welcomed, or no longer wanted: no socket is left behind
            await client.close()
            raise
        return client

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                if text.startswith("PING"):
                    self.send("PONG" + text[4:])
                self.lines.append(text)

    def send(self, line: str) -> None:
        """Send one raw line."""
        self._writer.write(f"{line}\r\n".encode())

    async def until(self, wanted: Callable[[str], bool], *, after: int = 0, within_s: float = 10.0) -> str:
        """The first line, from the ``after``-th on, that is wanted. Waits for it; fails after ``within_s``."""
        deadline = time.monotonic() + within_s
        while True:
            for line in self.lines[after:]:
                if wanted(line):
                    return line
            assert time.monotonic() < deadline, f"{self.nick} saw only {self.lines[after:][-20:]}"
            await asyncio.sleep(0.01)

    async def join(self, room: str) -> None:
        """Join a room; returns when the server has listed its people."""
        mark = len(self.lines)
        self.send(f"JOIN {room}")
        await self.until(lambda line: line.split(" ")[1:2] == ["366"], after=mark)

    async def say(self, room: str, text: str) -> None:
        """Say one line; returns when the server has taken it."""
        self.send(f"PRIVMSG {room} :{text}")
        await self.settle()

    async def settle(self) -> None:
        """Return when the server has dealt with everything sent so far."""
        token = f"settle{next(self._probes)}"
        mark = len(self.lines)
        self.send(f"PING {token}")
        await self.until(lambda line: "PONG" in line and token in line, after=mark)

    async def change_nick(self, nick: str) -> None:
        """Go on under another nick."""
        mark = len(self.lines)
        self.send(f"NICK {nick}")
        await self.until(lambda line: " NICK " in line and nick in line, after=mark)
        self.nick = nick

    async def oper(self) -> None:
        """Become the server's operator, who may set any mode with SAMODE."""
        mark = len(self.lines)
        self.send(f"OPER {OPER_NAME} {OPER_PASSWORD}")
        await self.until(lambda line: line.split(" ")[1:2] == ["381"], after=mark)

    def heard(self, target: str) -> list[str]:
        """The texts others said to ``target`` (a room or this nick), oldest first."""
        mark = f" PRIVMSG {target} :"
        return [line.partition(mark)[2] for line in list(self.lines) if mark in line]

    async def close(self) -> None:
        """Hang up."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(2):
                await self._writer.wait_closed()


Connecting = Callable[[str], Coroutine[object, object, IrcClient]]
"""Connects a client of the given nick."""


@asynccontextmanager
async def clients(server: InspIRCd) -> AsyncIterator[Connecting]:
    """Connect as many clients as you like; all are hung up in the end."""
    made: list[IrcClient] = []

    async def connect(nick: str) -> IrcClient:
        made.append(await IrcClient.connect(server.port, nick))
        return made[-1]

    try:
        yield connect
    finally:
        for client in made:
            await client.close()
