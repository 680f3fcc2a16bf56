"""A database with sealed addresses and files, and a process that rotates its keys until it is killed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from cases.house import House
from cases.intents import ReportMade
from cases.model import Respondent
from cases.ports import Applied, ByEpisode
from cases.registrar import Registrar
from storage import Keys, open_storage
from storage.rotation import Rotated
from tests.storage.stories import NOW, ROOM

FILE = b"\x89PNG\r\n\x1a\n" + b"secret pixels" * 20


async def given_in(url: str, keys: Keys, count: int) -> tuple[list[str], list[str]]:
    """So many reports with an address N@example.org and a file each: the reports' ids, and the files'."""
    registrar, reports, files = Registrar(keys, House()), list[str](), list[str]()
    async with open_storage(url, keys=keys, clock=lambda: NOW) as storage:
        for number in range(count):
            whom = Respondent(f"bob{number}", f"Bob{number}")
            contact = f"{number}@example.org"
            made = ReportMade(ROOM, "r", whom, "web", "insult", "rude", (f"m{number}",), None, False, contact=contact)
            case = ByEpisode(ROOM, f"report:bob{number}", NOW, timedelta(days=1))
            answer = await storage.log.apply(case, registrar.report(made, NOW))
            assert isinstance(answer, Applied)
            reports.append(answer.state.reports[0].id)
            kept = await storage.attachments.keep(reports[-1], "shot.png", "image/png", FILE, NOW)
            files.append(kept.id)
    return reports, files


async def rotated(url: str, file: Path, tell: Callable[[int, int], None] = lambda done, total: None) -> Rotated:
    """One rotation, as the command line does it."""
    async with open_storage(url, keys=Keys.open(file, create=False)) as storage:
        return await storage.rotate_keys(file, tell)


async def _main(url: str, file: Path) -> None:
    async with open_storage(url, keys=Keys.open(file, create=False)) as storage:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            await storage.rotate_keys(file, lambda done, total: None)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2])))
