"""kill -9 at random moments under load: what was acknowledged is there, nothing is there by halves."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cases.lifecycle import fold
from cases.ports import CaseFilter, DeadlineFilter, DossierFilter
from storage.audit import verify
from tests.storage.stores import Store, sqlite_store
from tests.storage.tickets import TICKETS

KILLS = 8
LONGEST_LIFE_S = 0.4


@pytest.mark.fault("F13")
@pytest.mark.parametrize("seed", [20260501])
async def test_kills_at_random_moments_lose_nothing_acknowledged(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    store = sqlite_store(tmp_path / "danmod.db")
    versions: dict[str, int] = {}
    for turn in range(KILLS):
        for line in _killed_after(tmp_path / "danmod.db", turn, chance.uniform(0, LONGEST_LIFE_S)):
            code, version = line.split()
            versions[code] = max(int(version), versions.get(code, 0))
    assert versions, "no process lived long enough to write"
    await _assert_whole(store, versions)


def _killed_after(file: Path, turn: int, life_s: float) -> list[str]:
    """What a writing process acknowledged before it was killed."""
    command = [sys.executable, "-m", "tests.storage.writing_process", str(file), str(turn * 1_000_000)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(life_s)
        process.kill()
        said = process.stdout.read()
    return said[: said.rfind("\n") + 1].splitlines()


async def _assert_whole(store: Store, versions: dict[str, int]) -> None:
    assert store.sql("PRAGMA integrity_check") == [("ok",)]
    assert store.sql("PRAGMA foreign_key_check") == []
    assert (await verify(store.url, kinds=TICKETS)).sound
    assert store.sql("SELECT room, number FROM cases GROUP BY room, number HAVING count(*) > 1") == []
    async with store.open(kinds=TICKETS) as storage:
        cases = {case.code: case for case in await storage.reader.cases(CaseFilter(limit=100_000))}
        tickets = {ticket.id: ticket for ticket in await storage.dossiers.dossiers(DossierFilter(limit=100_000))}
        assert tickets
        for code, version in versions.items():
            assert (tickets if "-" in code else cases)[code].version >= version
        began = len(await storage.deadlines.deadlines(DeadlineFilter(limit=100_000)))
        running = await storage.deadlines.deadlines(DeadlineFilter(limit=100_000, running=True))
        assert (began, len(running)) == (len(tickets), sum(ticket.status == "open" for ticket in tickets.values()))
        for case in list(cases.values())[:50]:
            entries = [row.entry for row in await storage.reader.history(case.code) if row.entry is not None]
            assert fold(None, entries) == case
    for table in ("outbox", "timers", "statements"):
        ((rows,),) = store.sql(f"SELECT count(*) FROM {table}")
        assert rows == store.sql("SELECT count(*) FROM history WHERE entry = 'action-ordered'")[0][0]
