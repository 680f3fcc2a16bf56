"""Checkpoints while danmod runs: at the start, every few hours, at the stop; checked from the command line (norm N3.1-3)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.channels import NotSent
from bot.checkpoints import Checkpoints
from bot.cli import app
from storage.checkpoints import stored
from tests.bot.bureau import Bureau, bureau
from tests.bot.engine import KEYS

pytestmark = pytest.mark.norm("N3.1-3", "behaviour")


class Chat:
    """The moderators' chat, heard or out of reach."""

    def __init__(self, reachable: bool = True) -> None:
        self.heard: list[str] = []
        self.reachable = reachable

    async def send(self, letter_id: int, key: str, about: str, text: str, now: object) -> None:
        if not self.reachable:
            raise NotSent("out of reach")
        self.heard.append(text)


def checkpoints(desk: Bureau, file: Path, chat: Chat | None = None, times: int = 2) -> Checkpoints:
    """Signs a few times, then the part is stopped in its sleep."""
    left = [times]

    async def sleep(span_s: float) -> None:
        desk.clock.wait(timedelta(seconds=span_s))
        left[0] -= 1
        await desk.report(f"p-{left[0]}")
        if left[0] == 0:
            raise asyncio.CancelledError

    every = timedelta(hours=6)
    return Checkpoints(desk.storage, KEYS, file, every, chat, clock=desk.clock, sleep=sleep)  # type: ignore[arg-type]  # a chat that only remembers


async def test_one_at_the_start_every_few_hours_and_at_the_stop(tmp_path: Path) -> None:
    async with bureau() as desk:
        chat, file = Chat(), tmp_path / "points.jsonl"
        with pytest.raises(asyncio.CancelledError):
            await checkpoints(desk, file, chat).run()
        points = stored(file)
        assert [later.at - points[0].at for later in points] == [timedelta(hours=hours) for hours in (0, 6, 12)]
        assert points[0].seq == 0 < points[1].seq < points[2].seq
        assert [points[0].hash in chat.heard[0], points[1].hash in chat.heard[1], len(chat.heard)] == [True, True, 2]


@pytest.mark.norm("N3.1-3", "bad-input")
async def test_a_chat_out_of_reach_or_a_folder_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    async with bureau() as desk:
        assert await checkpoints(desk, tmp_path / "points.jsonl", Chat(reachable=False)).turn() is not None
        assert await checkpoints(desk, tmp_path / "gone" / "points.jsonl").turn() is None


async def test_the_command_line_names_a_history_that_was_cut_and_prints_the_public_key(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'[storage]\nurl = "sqlite:///{tmp_path}/danmod.db"\n[keys]\nfile = "{tmp_path}/danmod.keys"\n',
        encoding="utf-8",
    )
    async with bureau(file=tmp_path / "danmod.db") as desk:
        await desk.report()
        await checkpoints(desk, tmp_path / "danmod-checkpoints.jsonl").turn()
    run = CliRunner()

    def danmod(*words: str) -> tuple[int, str]:
        result = run.invoke(app, [*words, "-c", str(config)])
        return result.exit_code, result.output

    code, said = await asyncio.to_thread(danmod, "audit", "verify")
    assert (code, "1 signed checkpoints agree" in said) == (0, True), said
    assert (await asyncio.to_thread(danmod, "audit", "verify", "--key", KEYS.public_key))[0] == 0
    code, said = await asyncio.to_thread(danmod, "audit", "verify", "--key", "00" * 32)
    assert (code, "is not signed by the key" in said) == (1, True), said
