"""The command line: 0 fine, 1 found something wrong, 2 bad usage or configuration; a sentence, never a traceback."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from bot import cli


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Danmod = Callable[..., Ran]


@pytest.fixture
def danmod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Danmod:
    """Run the console script's function in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, code: int = 0) -> Ran:
        monkeypatch.setattr("sys.argv", ["danmod", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        structlog.reset_defaults()
        said = capsys.readouterr()
        ran = Ran(int(ended.value.code or 0), said.out, said.err)
        assert "Traceback" not in ran.out + ran.err
        assert ran.code == code, ran
        if code == 2:
            told = [line for line in ran.err.splitlines() if line.startswith("danmod: ")]
            assert 1 <= len(told) <= 3, ran.err
        return ran

    return run


def write(folder: Path, text: str = "") -> None:
    (folder / "config.toml").write_text(text, encoding="utf-8")


IRC = '[platforms.irc]\nurl = "ws://127.0.0.1:1"\n'


@pytest.mark.parametrize(
    "arguments",
    [
        ["ride"],
        ["run", "--fast"],
        ["replay"],
        ["rooms", "mode", "irc:#talk", "loud"],
        ["rooms", "add"],
        ["cases", "list", "--limit", "0"],
        ["cases", "list", "--status", "lost"],
        ["replay", "x.jsonl", "--batch", "0"],
        ["demo", "--crowd", "elephants"],
        ["demo", "--language", "tlh"],
        ["login", "irk"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_one_sentence(danmod: Danmod, arguments: list[str]) -> None:
    danmod(*arguments, code=2)


def test_help_is_fine(danmod: Danmod) -> None:
    said = danmod("--help").out
    assert "replay" in said
    assert danmod("rooms", "--help").out


def test_run_without_a_configuration_says_what_to_do(danmod: Danmod) -> None:
    assert "danmod init" in danmod("run", code=2).err


def test_run_with_a_configuration_that_is_not_there(danmod: Danmod) -> None:
    assert "there is no file" in danmod("run", "-c", "none.toml", code=2).err


def test_run_without_a_room_says_how_to_add_one(danmod: Danmod, tmp_path: Path) -> None:
    write(tmp_path)
    assert "danmod rooms add" in danmod("run", code=2).err


@pytest.mark.fault("X25")
def test_a_mistake_in_the_file_is_told_with_its_line(danmod: Danmod, tmp_path: Path) -> None:
    write(tmp_path, 'profle = "solo"\n')
    for command in (["run"], ["doctor"], ["rooms", "list"], ["cases", "list"], ["audit", "verify"], ["db", "upgrade"]):
        assert "config.toml:1: profle is not a key of danmod; did you mean profile?" in danmod(*command, code=2).err
    assert not (tmp_path / "danmod.db").exists(), "nothing is half started"
    assert not (tmp_path / "danmod.keys").exists()


def test_rooms_are_added_listed_changed_and_removed(danmod: Danmod, tmp_path: Path) -> None:
    write(tmp_path, IRC + '[[rooms]]\nplatform = "irc"\nroom = "#file"\nmode = "enforce"\n')
    assert "restart danmod" in danmod("rooms", "add", "irc:#Extra").out
    danmod("rooms", "add", "irc:#extra", code=1)
    danmod("rooms", "mode", "irc:#extra", "enforce")
    listed = danmod("rooms", "list").out
    assert "irc:#file  enforce  file" in listed
    assert "irc:#extra  enforce  database" in listed
    assert listed.count("/overlay/irc%3A%23") == 2
    assert "the file wins" in danmod("rooms", "add", "irc:#file", code=1).out
    assert "wins" in danmod("rooms", "mode", "irc:#file", "dry-run", code=1).out
    danmod("rooms", "remove", "irc:#file", code=1)
    danmod("rooms", "remove", "irc:#extra")
    danmod("rooms", "remove", "irc:#extra", code=1)
    danmod("rooms", "mode", "irc:#extra", "enforce", code=1)
    assert "#extra" not in danmod("rooms", "list").out


@pytest.mark.parametrize(
    ("room", "told"),
    [
        ("talk", "PLATFORM:ROOM"),
        ("irc:", "PLATFORM:ROOM"),
        ("icq:1", "irc, bilibili, twitch, owncast"),
        ("sandbox:x", "[platforms.sandbox]"),
    ],
)
def test_a_room_that_cannot_be_is_told_why(danmod: Danmod, tmp_path: Path, room: str, told: str) -> None:
    write(tmp_path, IRC)
    assert told in danmod("rooms", "add", room, code=2).err


def test_cases_of_a_new_database(danmod: Danmod, tmp_path: Path) -> None:
    write(tmp_path)
    assert "no cases" in danmod("cases", "list").out
    assert "there is no case A7K2" in danmod("cases", "show", "A7K2", code=1).out
    assert "there is no case A7K2" in danmod("cases", "export", "A7K2", code=1).out
    assert "0 entries of 0 cases" in danmod("audit", "verify").out
    danmod("db", "upgrade")


def test_a_replay_of_nothing_is_named(danmod: Danmod) -> None:
    assert "there is no file none.jsonl" in danmod("replay", "none.jsonl", code=2).err


def test_a_replay_writes_where_it_can_and_says_where_it_cannot(danmod: Danmod, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"t": 1, "room": "r", "user": "u", "text": "hello"}) + "\n")
    assert "1 lines" in danmod("replay", "a.jsonl", "--decisions", "out.jsonl").out
    assert (tmp_path / "out.jsonl").read_text() == ""
    assert "nowhere" in danmod("replay", "a.jsonl", "--decisions", "nowhere/out.jsonl", code=2).err
    assert not (tmp_path / "danmod.db").exists(), "a replay never touches the storage"


def test_lost_keys_refuse_the_start_and_name_the_consequence(danmod: Danmod, tmp_path: Path) -> None:
    write(tmp_path, IRC + '[[rooms]]\nplatform = "irc"\nroom = "#a"\n[web]\nport = 0\n')
    danmod("rooms", "list")
    _begin(tmp_path)
    (tmp_path / "danmod.keys").unlink()
    assert "contacts" in danmod("run", code=2).err
    danmod("rooms", "list", code=2)


def _begin(folder: Path) -> None:
    """Have a database that was written under the folder's keys."""
    import asyncio

    from storage import open_keys, open_storage

    async def open_once() -> None:
        url = f"sqlite:///{folder / 'danmod.db'}"
        async with open_storage(url, keys=await open_keys(folder / "danmod.keys", url)):
            pass

    asyncio.run(open_once())


@pytest.mark.fault("F37")
def test_a_newer_schema_is_refused_and_left_alone(danmod: Danmod, tmp_path: Path) -> None:
    write(tmp_path, IRC + '[[rooms]]\nplatform = "irc"\nroom = "#a"\n[web]\nport = 0\n')
    _begin(tmp_path)
    with closing(sqlite3.connect(tmp_path / "danmod.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = (tmp_path / "danmod.db").read_bytes()
    for command in (["run"], ["db", "upgrade"], ["cases", "list"]):
        assert "newer" in danmod(*command, code=2).err
    assert (tmp_path / "danmod.db").read_bytes() == before


@pytest.mark.fault("F28")
def test_a_file_that_is_no_database_is_named_and_left_alone(danmod: Danmod, tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "danmod.db").write_bytes(b"this is no database, it is a letter" * 200)
    ran = danmod("cases", "list", code=1)
    assert "danmod.db" in ran.err
    assert (tmp_path / "danmod.db").read_bytes().startswith(b"this is no database")


def test_audit_verify_finds_a_changed_row(danmod: Danmod, tmp_path: Path) -> None:
    write(tmp_path)
    _begin(tmp_path)
    _one_case(tmp_path)
    assert "1 cases are as written" in danmod("audit", "verify").out
    code = danmod("cases", "list").out.splitlines()[1].split()[0]
    assert f"case {code} in irc:#a" in danmod("cases", "show", code.lower()).out
    assert json.loads(danmod("cases", "export", code).out)["format"] == "danmod-case/1"
    with closing(sqlite3.connect(tmp_path / "danmod.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE history SET hash = zeroblob(32) WHERE rowid = 1")
        connection.commit()
    danmod("audit", "verify", code=1)


def _one_case(folder: Path) -> None:
    import asyncio
    from datetime import UTC, datetime, timedelta

    from cases import intents
    from cases.model import Actor, ActorKind, Respondent
    from cases.ports import ByEpisode
    from cases.registrar import Registrar
    from cases.sentence import Measure
    from storage import open_keys, open_storage
    from streams.events import RoomKey

    async def write_one() -> None:
        url, now = f"sqlite:///{folder / 'danmod.db'}", datetime.now(UTC)
        keys = await open_keys(folder / "danmod.keys", url)
        async with open_storage(url, keys=keys) as storage:
            wanted = intents.MeasureCommanded(
                RoomKey("irc:#a"), Actor(ActorKind.MODERATOR, "mona", "Mona"), Measure.MUTE, Respondent("ann", "Ann"),
                timedelta(minutes=5), (), "R3", "rude", None, False,
            )  # fmt: skip
            ref = ByEpisode(RoomKey("irc:#a"), "report:ann", now, timedelta(0))
            await storage.log.apply(ref, Registrar(keys).measure(wanted, now))

    asyncio.run(write_one())


@pytest.mark.norm("P2-1", "bad-input")
def test_a_platform_without_anybody_who_answers_does_not_start(danmod: Danmod, tmp_path: Path) -> None:
    write(tmp_path, 'profile = "platform"\n' + IRC + '[[rooms]]\nplatform = "irc"\nroom = "#talk"\n')
    assert "[controller] name and contact are missing" in danmod("run", code=2).err
