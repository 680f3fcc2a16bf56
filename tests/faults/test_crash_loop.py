"""A supervisor that starts a falling danmod again and again must not use up a platform's patience."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.restarts import FREE_STARTS, dial_wait
from storage import Run
from tests.journeys.running import Danmod, eventually
from tests.storage.conftest import postgres, postgres_template, sqlite_template, store
from tests.storage.stores import Store
from tests.storage.stories import NOW

__all__ = ["postgres", "postgres_template", "sqlite_template", "store"]

pytestmark = pytest.mark.fault("F5")


class TestRuns:
    async def test_starts_are_counted_over_openings(self, store: Store) -> None:
        for number in range(1, 6):
            async with store.open() as storage:
                run = await storage.begin_run(NOW + timedelta(seconds=number))
            assert run == Run(number, None)

    async def test_only_the_last_five_minutes_count(self, store: Store) -> None:
        async with store.open() as storage:
            for minutes in (0, 1, 2, 6):
                run = await storage.begin_run(NOW + timedelta(minutes=minutes))
        assert run.starts_lately == 2

    async def test_a_clock_that_was_ahead_is_forgiven(self, store: Store) -> None:
        async with store.open() as storage:
            await storage.begin_run(NOW + timedelta(days=400))
            await storage.note_alive(NOW + timedelta(days=400))
            assert await storage.begin_run(NOW) == Run(1, timedelta(0))

    async def test_fifty_starts_are_kept_and_no_more(self, store: Store) -> None:
        async with store.open() as storage:
            for number in range(60):
                run = await storage.begin_run(NOW + timedelta(seconds=number))
        assert run.starts_lately == 50
        ((kept,),) = store.sql("SELECT value FROM meta WHERE name = 'started_at'")
        assert len(kept.split()) == 50

    async def test_absence_counts_from_the_last_sign_of_life_not_from_a_start(self, store: Store) -> None:
        async with store.open() as storage:
            await storage.begin_run(NOW)
            await storage.note_alive(NOW + timedelta(minutes=7))
            assert (await storage.begin_run(NOW + timedelta(hours=3))).away == timedelta(hours=2, minutes=53)
            assert (await storage.begin_run(NOW + timedelta(hours=4))).away == timedelta(hours=3, minutes=53)


@pytest.mark.parametrize(("starts", "wait_s"), [(1, 0), (3, 0), (4, 1), (5, 2), (8, 16), (9, 32), (10, 60), (50, 60)])
def test_the_fourth_start_waits_and_every_further_one_longer(starts: int, wait_s: int) -> None:
    assert dial_wait(Run(starts, None)) == timedelta(seconds=wait_s)


def test_a_supervisor_without_patience_dials_little() -> None:
    """A danmod that falls as soon as it has dialled, started again at once, for an hour."""
    starts: list[float] = []
    now_s = 0.0
    while now_s < 3600:
        starts.append(now_s)
        lately = sum(now_s - start_s < 300 for start_s in starts)
        now_s += 1.0 + dial_wait(Run(lately, None)).total_seconds()
    assert len(starts) <= 15 * 12
    assert max(sum(0 <= at_s - since_s < 300 for at_s in starts) for since_s in starts) <= 15


class Doorbell:
    """A chat server that takes every connection and says nothing; ``dials`` counts them."""

    def __init__(self) -> None:
        self.dials = 0
        self.port = 0

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.dials += 1
        try:
            await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def doorbell() -> AsyncIterator[Doorbell]:
    bell = Doorbell()
    server = await asyncio.start_server(bell._answer, "127.0.0.1", 0)
    bell.port = server.sockets[0].getsockname()[1]
    try:
        yield bell
    finally:
        server.close()


def _config(port: int) -> str:
    return f"""
[platforms.irc]
url = "ws://127.0.0.1:{port}"
nick = "danmod"
[[rooms]]
platform = "irc"
room = "#talk"
mode = "enforce"
"""


async def _serves(running: Danmod) -> bool:
    try:
        return (await running.get("/livez"))[0] == 200
    except aiohttp.ClientError:
        return False


async def test_killed_and_started_again_the_budget_holds_and_the_pages_are_served(tmp_path: Path) -> None:
    async with doorbell() as bell:
        running = Danmod(tmp_path, _config(bell.port))
        try:
            for number in range(1, FREE_STARTS + 2):
                running.launch()
                await eventually(lambda wanted=number: bell.dials >= wanted, "a dial", 50.0)  # type: ignore[misc]
                await running.kill()
            assert running.log.count("waiting before dialling") == 1, "the fourth start waits, the first three do not"
            running.launch()
            await eventually(lambda: _serves(running), "the pages, although nothing is dialled", 50.0)
            (room,) = (await running.status())["rooms"]
            assert room["reason"] == "waiting 2 s before dialling: danmod started 5 times within 5 minutes"
            await running.kill()
            running.launch()
            await eventually(lambda: _serves(running), "the pages", 50.0)
            assert await running.terminate() == 0, "a stop does not wait for the dial"
            assert bell.dials <= FREE_STARTS + 2
            assert running.log.count("waiting before dialling") == 3
        finally:
            await running.kill()
