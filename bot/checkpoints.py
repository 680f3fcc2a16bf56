"""Signing the end of the history every few hours and at the stop, into a file and to the moderators' chat (norm N3.1-3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import structlog

from bot.channels import NotSent, Webhook
from bot.clock import instant
from bot.config import Settings
from cases.ports import StorageError
from storage import Keys
from storage.chain import Head
from storage.checkpoints import Checkpoint, append, sign
from storage.database import locate

log = structlog.get_logger(__name__)


class History(Protocol):
    """What is signed."""

    async def head(self) -> Head:
        """The end of the stored history. Raises StorageError."""


class Checkpoints:
    """The part. ``webhook`` None: there is no chat to tell; what it heard is out of reach of whoever has this machine."""

    def __init__(
        self,
        history: History,
        keys: Keys,
        file: Path,
        every: timedelta,
        webhook: Webhook | None,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._history = history
        self._keys = keys
        self._file = file
        self._every = every
        self._webhook = webhook
        self._clock = clock
        self._sleep = sleep

    async def run(self) -> None:
        """Now, every few hours, and once more at the stop."""
        try:
            while True:
                await self.turn()
                await self._sleep(self._every.total_seconds())
        finally:
            await self._write()

    async def turn(self) -> Checkpoint | None:
        """Sign, write, tell; None where nothing could be written."""
        checkpoint = await self._write()
        if checkpoint is not None and self._webhook is not None:
            await self._tell(checkpoint, self._webhook)
        return checkpoint

    async def _write(self) -> Checkpoint | None:
        try:
            checkpoint = sign(self._keys, await self._history.head(), instant(self._clock()))
            await asyncio.to_thread(append, self._file, checkpoint)
        except StorageError as fault:
            log.error("no checkpoint written", reason=str(fault))
            return None
        return checkpoint

    async def _tell(self, checkpoint: Checkpoint, webhook: Webhook) -> None:
        text = f"history: {checkpoint.seq} entries, {checkpoint.hash}, signed {checkpoint.signature}"
        try:
            await webhook.send(checkpoint.seq, "checkpoint", "", text, checkpoint.at)
        except NotSent as fault:
            log.warning("checkpoint not told", reason=str(fault))


def checkpoints_of(settings: Settings) -> Path:
    """The file of checkpoints: a relative name lies beside the SQLite file."""
    file = locate(settings.storage.url).file
    return settings.audit.checkpoints if file is None else file.parent / settings.audit.checkpoints
