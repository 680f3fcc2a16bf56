"""One attack in the demo's room: calm chatter first, then the attack, then a word on how much of it reached the overlay."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any

import aiohttp

from bot.config import ConfigError
from streams.sandbox.attacks import KINDS, Scene
from streams.sandbox.crowd import calm
from streams.sandbox.repertoire import as_crowd, scene_of
from streams.sandbox.server import SandboxServer

WARM_LINES, WARM_PACE = 60, 8.0
"""So much chatter comes first, so many times as fast as on an ordinary evening: the room must know its regulars."""
SETTLED_S = 10.0
"""So long after the last line every hold is over."""
ROOM = "demo"


def check_attack(kind: str | None) -> None:
    """Raises ConfigError for a kind there is not."""
    if kind is not None and kind not in KINDS:
        raise ConfigError(f"there is no attack {kind!r}; there are {', '.join(KINDS)}")


async def rehearse(sandbox: SandboxServer, overlay: str, kind: str, seed: int, say: Callable[[str], Any]) -> None:
    """Play one attack, or one crowd of innocents; ``say`` tells what happens, ``overlay`` is the overlay's address."""
    scene = scene_of(kind, seed)
    say(f"{kind}: {KINDS[kind].about}. First some calm chatter, for a quarter of a minute.")
    await sandbox.perform(ROOM, islice(calm(seed), WARM_LINES), pace=WARM_PACE)
    sandbox.start_crowd(ROOM, "calm")
    say(f"{kind}: now. {_told(scene)}")
    async with _watching(overlay) as shown:
        ids = await sandbox.perform(ROOM, as_crowd(scene))
        await asyncio.sleep(SETTLED_S)
        say(f"{kind}: over. {_outcome(sandbox, scene, ids, shown)}")


@asynccontextmanager
async def _watching(overlay: str) -> AsyncIterator[set[str]]:
    """The ids of the lines the overlay shows from now on."""
    path, _, key = overlay.partition("?")
    shown: set[str] = set()
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{path}/socket?{key}") as socket:
        looking = asyncio.create_task(_look(socket, shown))
        try:
            yield shown
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking


async def _look(socket: aiohttp.ClientWebSocketResponse, shown: set[str]) -> None:
    async for frame in socket:
        shown.update(line["id"] for line in frame.json().get("show", ()))


def _told(scene: Scene) -> str:
    """The scene in a sentence."""
    lines = [said for said in scene if not said.cover]
    accounts = len({said.name for said in lines})
    span_s, begin_s = lines[-1].at_s - lines[0].at_s, lines[0].at_s
    first = f"They chat like anybody for {begin_s:.0f} s first. " if begin_s else ""
    return f"{first}{len(lines)} lines by {accounts} accounts in {span_s:.0f} s; the first is {lines[0].text}"


def _outcome(sandbox: SandboxServer, scene: Scene, ids: list[str | None], shown: set[str]) -> str:
    """What came of it. A line whose writer was muted by then was never said."""
    lines = [line_id for said, line_id in zip(scene, ids, strict=True) if not said.cover]
    reached = sum(1 for line_id in lines if line_id in shown)
    room, names = sandbox.room(ROOM), {said.name for said in scene}
    muted = sum(1 for name in names if room.enter(name).id in room.mutes)
    return f"{reached} of its {len(lines)} lines reached the overlay; {muted} of its {len(names)} accounts are muted."
