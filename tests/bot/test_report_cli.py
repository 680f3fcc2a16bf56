"""`danmod report enter` into a store that no bot runs on: the same case as by any other way, or a sentence by field."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from cases.model import CaseState
from cases.ports import CaseFilter
from storage import open_beside


def _house(tmp_path: Path) -> Path:
    config = tmp_path / "config.toml"
    config.write_text(
        f'[storage]\nurl = "sqlite:///{tmp_path / "danmod.db"}"\n[keys]\nfile = "{tmp_path / "danmod.keys"}"\n'
        '[platforms.irc]\nurl = "ws://127.0.0.1:1"\n[[rooms]]\nplatform = "irc"\nroom = "#talk"\nmode = "enforce"\n',
        encoding="utf-8",
    )
    return config


def _enter(config: Path, room: str = "irc:#talk", **changed: str) -> Result:
    given = {
        "quote": "you are a fool",
        "when": "about 20:15",
        "note": "he means me",
        "category": "insult",
        "channel": "mail",
        "received": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
        "ref": "mail-17",
        **changed,
    }
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    return CliRunner().invoke(app, ["report", "enter", room, *words, "-c", str(config)])


def _cases(tmp_path: Path) -> list[CaseState]:
    async def read() -> list[CaseState]:
        async with open_beside(f"sqlite:///{tmp_path / 'danmod.db'}") as beside:
            return list(await beside.reader.cases(CaseFilter()))

    return asyncio.run(read())


@pytest.mark.norm("N2.1-3", "behaviour")
def test_a_report_by_mail_is_entered_once_with_its_own_date(tmp_path: Path) -> None:
    config = _house(tmp_path)
    first, again = _enter(config), _enter(config)
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert first.output.splitlines()[-1] == again.output.splitlines()[-1]
    (case,) = _cases(tmp_path)
    (report,) = case.reports
    assert (report.channel, report.entered_by, report.original_ref) == ("mail", "operator", "mail-17")
    assert datetime.now(UTC) - report.at > timedelta(minutes=59)
    assert case.code in first.output


@pytest.mark.norm("N2.1-3", "bad-input")
@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"received": "yesterday"}, "received_at"),
        ({"note": " "}, "note"),
        ({"contact": "me"}, "contact"),
    ],
)
def test_what_is_wrong_is_told_by_field_and_nothing_is_entered(
    tmp_path: Path, changed: dict[str, str], named: str
) -> None:
    answer = _enter(_house(tmp_path), **changed)
    assert answer.exit_code == 1
    assert f"refused: {named}: " in answer.output
    assert _cases(tmp_path) == []


@pytest.mark.norm("N2.1-3", "bad-input")
@pytest.mark.parametrize("room", ["irc:#elsewhere", "https://example.org/room"])
def test_a_room_that_is_not_watched_is_asked_for(tmp_path: Path, room: str) -> None:
    answer = _enter(_house(tmp_path), room)
    assert (answer.exit_code, _cases(tmp_path)) == (1, [])


@pytest.mark.norm("P1-2", "behaviour")
@pytest.mark.parametrize(("language", "word"), [("en", "Why:"), ("zh-CN", "为何"), ("zh-TW", "為何")])
def test_the_notice_can_be_read_out(language: str, word: str) -> None:
    answer = CliRunner().invoke(app, ["report", "notice", "--language", language])
    assert answer.exit_code == 0
    assert word in answer.output
