"""`danmod run`: from settings to a served danmod, and out again on SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import gc
import signal
from contextlib import suppress

from bot import logs
from bot.config import ConfigError, Settings
from bot.keeper import GaveUp
from bot.logs import secrets_of
from bot.wiring import open_danmod
from cases.model import Mode
from storage import open_keys


async def serve_rooms(settings: Settings, *, dry_run: bool = False, json_logs: bool, verbose: bool) -> int:
    """Run until told to stop; ``dry_run`` wins over every room's mode. Raises ConfigError without a single room."""
    logs.set_up(secrets_of(settings), json=json_logs, verbose=verbose)
    stop = stop_on_signals()
    keys = await open_keys(settings.keys.file, settings.storage.url)
    async with open_danmod(settings, keys) as danmod:
        if not len(danmod.rooms):
            raise ConfigError("no room is configured: add [[rooms]] to the file, or `danmod rooms add PLATFORM:ROOM`")
        if dry_run:
            for room in danmod.rooms:
                room.mode = Mode.DRY_RUN
        calm_collector()
        try:
            await danmod.run(stop)
        except BaseExceptionGroup as fault:
            raise _first(fault) from None
    return 0


def _first(fault: BaseExceptionGroup[BaseException]) -> BaseException:
    """What ended the program, out of its groups: a part that gave up where one did."""
    gave_up, rest = fault.split(GaveUp)
    found: BaseException = gave_up or rest or fault
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found


def calm_collector() -> None:
    """Fewer looks of the garbage collector: what was loaded lives for ever, and a line's values die without its help."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set; a second signal ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no loop signal handlers; Ctrl-C still raises there
            loop.add_signal_handler(number, ask, number)
    return stop
