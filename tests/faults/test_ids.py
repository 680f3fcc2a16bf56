"""Ids are strings in every JSON we write: a browser would round the large ones, and some are negative or no numbers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from typer.testing import CliRunner

from bot.case_file import case_file
from bot.cli import app
from bot.config import load
from bot.wiring import open_danmod
from cases.intents import MeasureCommanded, OutcomeSeen
from cases.model import Actor, ActorKind, MeasureStatus, Respondent
from cases.ports import Applied, ByCode
from cases.registrar import Registrar
from cases.sentence import Measure
from storage import Keys, open_storage
from streams.events import Message, RoomKey
from streams.sandbox import frames
from streams.sandbox.session import SandboxSession
from tests.streams.bilibili.samples import a_line, decoded
from tests.web.house import DEMO, House

pytestmark = pytest.mark.fault("X27")

BEYOND_DOUBLES = 2**53 + 1
IDS = [str(BEYOND_DOUBLES), f"-{BEYOND_DOUBLES}", str(2**64 - 1), "-1", "007", "1e400"]
ID_NAMES = {
    "id", "ids", "user", "room", "case", "code", "respondent", "respondents", "sender_id", "message_id", "message_ids",
    "hide", "reply_to", "reply_to_sender", "undoes", "cluster", "ref", "by", "reporter", "action_id",
}  # fmt: skip


def places(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value of a document under the name of its field."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from places(item, name)
    else:
        yield name, value


def assert_ids_are_texts(text: str | bytes, *wanted: str) -> None:
    """No id is a number, no number is beyond what a browser can hold, and every wanted id is there as it was."""
    found = list(places(json.loads(text)))
    for name, value in found:
        if name in ID_NAMES:
            assert value is None or isinstance(value, str), f"{name}: {value!r}"
        if isinstance(value, int) and not isinstance(value, bool):
            assert abs(value) < 2**53, f"{name}: {value!r}"
    assert set(wanted) <= {value for _, value in found}


@pytest.mark.parametrize("name", IDS)
async def test_frames_of_overlays_and_feed_pages(name: str) -> None:
    async with House() as house:
        pages = [f"/overlay/sandbox%3Ademo/socket?key=key-of-{DEMO.replace(':', '%3A')}", "/feed/sandbox%3Ademo/socket"]
        sockets = [await house.session.ws_connect(page) for page in pages]
        house.say("hello", id=name, sender_key=name)
        told = [await _frames_until(socket, "show") for socket in sockets]
        house.hub.hide(DEMO, [name])
        told += [await _frames_until(socket, "hide") for socket in sockets]
        for texts in told:
            for text in texts:
                assert_ids_are_texts(text)
            assert_ids_are_texts(texts[-1], name)
        for socket in sockets:
            await socket.close()


async def _frames_until(socket: aiohttp.ClientWebSocketResponse, part: str) -> list[str]:
    texts: list[str] = []
    async with asyncio.timeout(20):
        while not texts or not json.loads(texts[-1]).get(part):
            texts.append(await socket.receive_str())
    return texts


@pytest.mark.parametrize("name", IDS)
def test_frames_of_the_sandbox(name: str) -> None:
    account = frames.Account(name, "Ann")
    said: list[frames.ServerFrame] = [
        frames.Line(name, account, "hi", 1.0, reply_to=name, reply_to_sender=name),
        frames.Removed(name, 1.0),
        frames.Silenced(name, 1.0, until_s=2.0),
        frames.Freed(name, 1.0),
        frames.Roles(account, 1.0),
        frames.Welcome(account, 1.0, True, [frames.Line(name, account, "hi", 1.0)]),
    ]
    for frame in said:
        text = frames.encode(frame)
        assert_ids_are_texts(text, name)
        assert frames.decode_server_frame(text) == frame


@pytest.mark.parametrize("number", [BEYOND_DOUBLES, -1, 42, 1.5])
def test_an_id_that_comes_as_a_number_is_not_understood_rather_than_rounded(number: float) -> None:
    heard = SandboxSession(RoomKey("sandbox:demo"), 0.0, lambda seen: None)
    you = {"id": "u1", "name": "danmod", "role": "bot"}
    heard.receive_data(json.dumps({"kind": "welcome", "you": you, "at_s": 1.0, "live": True, "lines": []}), 1.0)
    heard.events_received()
    heard.receive_data(json.dumps({"kind": "message", "id": number, "sender": you, "text": "hi", "at_s": 1.0}), 1.0)
    heard.receive_data(json.dumps({"kind": "message", "id": "m2", "sender": you, "text": "hi", "at_s": 1.0}), 1.0)
    (line,) = heard.events_received()
    assert isinstance(line, Message)
    assert (line.id, heard.unknown) == ("m2", 1)


@pytest.mark.parametrize("uid", [BEYOND_DOUBLES, 2**63, 2**64 - 1, str(BEYOND_DOUBLES)])
def test_bilibili_numbers_become_exact_texts(uid: int | str) -> None:
    (line,) = decoded(a_line(uid=uid, name="Ann"))
    assert isinstance(line, Message)
    assert line.sender.id == str(uid)
    assert_ids_are_texts(msgspec.json.encode(line), str(uid))


def test_decisions_of_a_replay(tmp_path: Path) -> None:
    log, out = tmp_path / "log.jsonl", tmp_path / "out.jsonl"
    rows = [
        {"t": n * 0.5, "room": name, "user": name, "text": "buy followers now", "id": BEYOND_DOUBLES + n}
        for name in IDS
        for n in range(12)
    ]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    answer = CliRunner().invoke(app, ["replay", str(log), "--decisions", str(out)])
    assert answer.exit_code == 0, answer.output
    decisions = out.read_text(encoding="utf-8").splitlines()
    for text in decisions:
        assert_ids_are_texts(text)
    assert {json.loads(text)["user"] for text in decisions} == set(IDS)
    assert {json.loads(text)["room"] for text in decisions} == set(IDS)


def test_a_user_given_as_a_number_is_refused_with_the_reason(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"t": 1, "room": "r", "user": BEYOND_DOUBLES, "text": "hi"}) + "\n", encoding="utf-8")
    answer = CliRunner().invoke(app, ["replay", str(log)])
    assert answer.exit_code == 1
    assert "user" in answer.output


def test_message_ids_that_differ_beyond_doubles_are_not_taken_for_repeats(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    rows = [{"t": n, "room": "r", "user": "ann", "text": f"line {n}", "id": 2**53 + n} for n in range(4)]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    answer = CliRunner().invoke(app, ["replay", str(log)])
    assert answer.exit_code == 0, answer.output
    assert "0 repeated" in answer.output
    assert "4 lines" in answer.output


@pytest.mark.parametrize("name", IDS)
async def test_the_export_of_a_case(name: str) -> None:
    keys, now = Keys.ephemeral(b"ids"), datetime.now(UTC)
    async with open_storage("", keys=keys, in_memory=True) as storage:
        registrar = Registrar(keys)
        by = Actor(ActorKind.MODERATOR, f"{name}9", "Mona")
        room = RoomKey(f"sandbox:{name}")
        wanted = MeasureCommanded(
            room, by, Measure.MUTE, Respondent(name, "Ann"), timedelta(hours=1), (f"{name}7",), "R0", "", None, False
        )
        applied = await storage.log.apply(ByCode(""), registrar.measure(wanted, now))
        assert isinstance(applied, Applied)
        code = applied.state.code
        seen = OutcomeSeen(f"{code}.1", MeasureStatus.IN_FORCE, "")
        await storage.log.apply(ByCode(code), registrar.outcome(seen, now))
        document = await case_file(storage.reader, code)
    assert_ids_are_texts(json.dumps(document), name, f"{name}9", code, room)


async def test_statusz(tmp_path: Path) -> None:
    rooms = "".join(f'[[rooms]]\nplatform = "sandbox"\nroom = "{name}"\n' for name in IDS)
    file = tmp_path / "config.toml"
    file.write_text(
        f'[storage]\nurl = "sqlite:///{tmp_path / "danmod.db"}"\n'
        f'[platforms.sandbox]\nurl = "http://127.0.0.1:1"\ntoken = "token"\n{rooms}',
        encoding="utf-8",
    )
    async with open_danmod(load(file), Keys.ephemeral(b"ids")) as danmod:
        assert_ids_are_texts(json.dumps(danmod._web_deps().status()), *(f"sandbox:{name}" for name in IDS))
