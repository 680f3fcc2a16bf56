"""`danmod audit key|self`, `danmod keys rotate`, `danmod privacy …`: proofs about the store, and what only few may do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from bot.act_cli import ConfigOption
from bot.config import Settings
from bot.upkeep import checkpoints_of
from storage import Keys, KeysError
from storage.checkpoints import Compared, compare


def hook_into(
    app: typer.Typer,
    audit_app: typer.Typer,
    settings_of: Callable[[Path | None], Settings],
    say: Callable[[Any], None],
) -> None:
    """Add these commands to the command line."""

    @audit_app.command("key")
    def key_(config: ConfigOption = None) -> None:
        """The public key of the checkpoints; keep it elsewhere, and anybody can check them without a secret."""
        say(Keys.open(settings_of(config).keys.file, create=False).public_key)


async def compared(settings: Settings, key: str) -> Compared:
    """The history against its checkpoints; ``key`` "" takes that of the key file where it is here, else the file's own."""
    return await compare(
        settings.storage.url, checkpoints_of(settings), key or await asyncio.to_thread(_key_of, settings)
    )


def _key_of(settings: Settings) -> str:
    try:
        return Keys.open(settings.keys.file, create=False).public_key
    except KeysError:
        return ""
