"""`danmod demo`: a practice platform and a danmod that moderates it, in a temporary folder, on this machine alone."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot import logs
from bot.config import ConfigError, Settings, load
from bot.rehearsal import check_attack, rehearse
from bot.running import stop_on_signals
from bot.wiring import Danmod, open_danmod
from cases.catalogue import LANGUAGES
from storage import open_keys
from streams.events import room_key
from streams.sandbox.crowd import CROWDS
from streams.sandbox.server import SandboxServer
from web.rooms import overlay_url, room_path

ROOM_NAME = "demo"
ROOM = room_key("sandbox", ROOM_NAME)


async def serve_demo(
    port: int,
    chat_port: int,
    crowd: str | None,
    attack: str | None,
    language: str,
    say: Callable[[str], Any],
    *,
    verbose: bool,
) -> int:
    """Serve the demo until told to stop; ``say`` prints its addresses once it is ready. ``crowd`` is started at once,
    ``attack`` played after some chatter."""
    check_attack(attack)
    if crowd is not None and crowd not in CROWDS:
        raise ConfigError(f"there is no crowd {crowd!r}; the crowds are {', '.join(CROWDS)}")
    if language not in LANGUAGES:
        raise ConfigError(f"language is {language!r}; write {', '.join(LANGUAGES)}")
    logs.set_up(verbose=verbose)
    with tempfile.TemporaryDirectory(prefix="danmod-demo-", ignore_cleanup_errors=True) as folder:
        async with SandboxServer((ROOM_NAME,), port=chat_port) as sandbox:
            settings = _settings(Path(folder), port or _free_port(), sandbox, language)
            keys = await open_keys(settings.keys.file, settings.storage.url)
            async with open_danmod(settings, keys) as danmod:
                playing = asyncio.create_task(_play(danmod, sandbox, crowd, attack, say))
                try:
                    await danmod.run(stop_on_signals())
                finally:
                    if not playing.done():
                        playing.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await playing
    return 0


def _settings(folder: Path, port: int, sandbox: SandboxServer, language: str) -> Settings:
    text = f"""
language = "{language}"
[storage]
url = "sqlite:///{(folder / "danmod.db").as_posix()}"
[keys]
file = "{(folder / "danmod.keys").as_posix()}"
[web]
port = {port}
public_url = "http://127.0.0.1:{port}"
[platforms.sandbox]
url = "{sandbox.url}"
token = "{sandbox.token}"
[[rooms]]
platform = "sandbox"
room = "demo"
mode = "enforce"
"""
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def _free_port() -> int:
    """A port nobody listens on now; it must be known before the pages are served, for links name it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _play(
    danmod: Danmod, sandbox: SandboxServer, crowd: str | None, attack: str | None, say: Callable[[str], Any]
) -> None:
    """Once the pages are served: the addresses, and what was asked to be played."""
    overlay = await _announce(danmod, sandbox, say)
    if crowd is not None:
        sandbox.start_crowd(ROOM_NAME, crowd)
    if attack is not None:
        await rehearse(sandbox, overlay, attack, secrets.randbelow(1000), say)


async def _announce(danmod: Danmod, sandbox: SandboxServer, say: Callable[[str], Any]) -> str:
    """Say the addresses; answers the overlay's."""
    site = await danmod.served()
    base = f"http://127.0.0.1:{site.port}"
    overlay = overlay_url(base, ROOM, danmod.overlay_key(ROOM))
    sandbox.overlay_url = overlay
    say(f"chat     {sandbox.url}/")
    say(f"overlay  {overlay}")
    say(f"feed     {base}{room_path('feed', ROOM)}")
    say(f"report   {base}/report")
    say(f"desk     {base}/desk")
    say("Speak as anybody on the chat page; start a raid or a cheer there. Ctrl-C ends it.")
    return overlay
