"""A real danmod as a process of its own: started from a configuration file, asked over HTTP, stopped or killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote

import aiohttp

from cases.model import ActionKind, CaseState, OrderedAction
from cases.ports import CaseFilter
from storage import Keys, open_beside
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 40.0

T = TypeVar("T")


async def eventually(
    question: Callable[[], T | Awaitable[T]], what: str = "it", within_s: float = 25.0, *, every_s: float = 0.05
) -> T:
    """The first true answer to ``question``, asked again and again; fails with ``what`` after ``within_s``."""
    deadline = time.monotonic() + within_s
    while True:
        asked = question()
        answer = cast(T, await asked) if isinstance(asked, Awaitable) else asked
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {within_s:g} s in vain for {what}"
        await asyncio.sleep(every_s)


class Danmod:
    """One danmod process over a folder that outlives it: killed and started again it finds what it wrote.

    ``config`` is TOML without ``[storage]``, ``[keys]`` and ``[web]``, which are the folder's own. ``public``: viewers are
    given links to its pages.
    """

    def __init__(
        self, folder: Path, config: str, *, env: Mapping[str, str] | None = None, public: bool = False
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self._public_url = self.base if public else ""
        self.config = folder / "config.toml"
        self.database = folder / "danmod.db"
        self.keys_file = folder / "danmod.keys"
        self._env = {**os.environ, **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self.config.write_text(self._text(config), encoding="utf-8")

    def _text(self, config: str) -> str:
        return (
            f'{config}\n[storage]\nurl = "{self.url}"\n[keys]\nfile = "{self.keys_file}"\n'
            f'[web]\nport = {self.port}\npublic_url = "{self._public_url}"\n'
        )

    @property
    def url(self) -> str:
        """The database."""
        return f"sqlite:///{self.database}"

    @property
    def base(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """Everything it ever printed, over all its starts."""
        return (self.folder / "danmod.log").read_text(encoding="utf-8", errors="replace")

    # -- its life ---------------------------------------------------------------------------------------------------

    def launch(self, *arguments: str) -> None:
        """Start it and do not wait."""
        with (self.folder / "danmod.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run", "-c", str(self.config), *arguments],
                cwd=ROOT,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def start(self) -> None:
        """Start it and wait until it says it is ready."""
        self.launch()
        await eventually(self._is_ready, "danmod to be ready", START_WITHIN_S)

    async def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"danmod ended with {self._process.returncode}: {self.log[-3000:]}"
        try:
            return (await self.get("/readyz"))[0] == 200
        except aiohttp.ClientError:
            return False

    async def terminate(self, within_s: float = 50.0) -> int:
        """SIGTERM; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await self.ended(within_s)

    async def ended(self, within_s: float = 50.0) -> int:
        """Wait for its end; its exit code."""
        process = self._process
        assert process is not None
        await eventually(lambda: process.poll() is not None, "danmod to end", within_s)
        self._process = None
        return int(process.returncode)

    async def kill(self) -> None:
        """SIGKILL: no farewell of any kind."""
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
            self._process = None

    # -- what it says -----------------------------------------------------------------------------------------------

    async def get(self, path: str) -> tuple[int, str]:
        """Status and text of one page."""
        async with aiohttp.ClientSession() as http, http.get(self.base + path) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, fields: Mapping[str, str]) -> tuple[int, str]:
        """Send a form as a browser would."""
        headers = {"Origin": self.base}
        async with aiohttp.ClientSession(headers=headers) as http, http.post(self.base + path, data=fields) as answer:
            return answer.status, await answer.text()

    async def status(self) -> dict[str, Any]:
        """What ``/statusz`` says."""
        code, text = await self.get("/statusz")
        assert code == 200, text
        return dict(json.loads(text))

    async def feed(self, room: str) -> str:
        """The feed page of a room as HTML."""
        return (await self.get(f"/feed/{quote(room, safe='')}"))[1]

    async def cases(self) -> list[CaseState]:
        """Every case, newest first."""
        async with open_beside(self.url) as beside:
            return list(await beside.reader.cases(CaseFilter(limit=1000)))

    async def actions(self, kind: ActionKind) -> list[OrderedAction]:
        """Every ordered action of a kind, over all cases."""
        return [action for case in await self.cases() for action in case.actions if action.kind is kind]

    async def export(self, code: str) -> dict[str, Any]:
        """``danmod cases export``."""
        return dict(json.loads(await self.command("cases", "export", code)))

    async def command(self, *arguments: str, code: int = 0) -> str:
        """Run a command of the command line on this configuration; its standard output."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *arguments, "-c", str(self.config),
            cwd=ROOT, env=self._env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == code, err.decode()
        return out.decode()

    def statement_token(self, action_id: str) -> str:
        """The secret token of a statement, as the keys make it."""
        return Keys.open(self.keys_file, create=False).token("statement", action_id)

    def overlay_key(self, room: str) -> str:
        """The secret of a room's overlay address."""
        return Keys.open(self.keys_file, create=False).token("overlay", room)


class Overlay:
    """What an OBS browser source would have shown: ``shown`` keeps every text ever drawn, taken off again or not."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.shown: list[str] = []
        self.hidden: list[str] = []
        self.frames = 0
        self._reading = asyncio.create_task(self._read(socket))

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            frame = json.loads(message.data)
            self.frames += 1
            self.shown += [str(line["text"]) for line in frame.get("show", ())]
            self.hidden += [str(name) for name in frame.get("hide", ())]

    async def close(self) -> None:
        """Look away."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


@asynccontextmanager
async def overlay(danmod: Danmod, room: str) -> AsyncIterator[Overlay]:
    """An overlay of a room, from its first frame to the end of the block."""
    path = f"{danmod.base}/overlay/{quote(room, safe='')}/socket?key={danmod.overlay_key(room)}"
    async with aiohttp.ClientSession() as http, http.ws_connect(path) as socket:
        looking = Overlay(socket)
        try:
            await eventually(lambda: looking.frames, "the overlay's first frame")
            yield looking
        finally:
            await looking.close()


@asynccontextmanager
async def danmod(
    folder: Path, config: str, *, env: Mapping[str, str] | None = None, public: bool = False
) -> AsyncIterator[Danmod]:
    """A danmod that is ready; killed in the end if it still runs."""
    process = Danmod(folder, config, env=env, public=public)
    try:
        await process.start()
        yield process
    finally:
        await process.kill()
