"""Nobody learns who reported: not from logs, database, counters, exports, pages or chat (norm N1.3-4)."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.model import ActionKind
from streams.sandbox.names import account_id
from tests.bot.test_post import SECRET, Postman, hook_server, mail_server
from tests.conftest import RedisServers
from tests.journeys.running import Danmod, eventually
from tests.journeys.sandbox_room import SandboxRoom, sandbox_room

REPORTER = "Zaphodreporter"
"""A name that can stand nowhere by chance."""
CONTACT = "zaphod.contact@example.org"


@pytest.mark.needs("redis")
async def test_the_reporter_is_written_nowhere(tmp_path: Path, redis_server: RedisServers) -> None:
    redis = redis_server()
    markers = (REPORTER, account_id(REPORTER), CONTACT)
    async with sandbox_room(tmp_path, more=f'[counters]\nurl = "{redis.url}"') as room:
        rude, reporter, moderator = await room.person("Rudy"), await room.person(REPORTER), await room.moderator("Mona")
        await rude.say("you are all fools")
        await reporter.say("!report @Rudy insult he means me")
        (case,) = await eventually(room.danmod.cases, "the case")
        fields = {"room": "sandbox:demo", "category": "insult", "note": "he means me too", "faith": "yes"}
        fields |= {"quote": "you are all fools", "when": "now", "name": "Rudy", "who": "contact", "contact": CONTACT}
        status, page = await room.danmod.post("/report", fields)
        assert status == 200, page
        await moderator.say("!mute @Rudy 10m R3")
        await eventually(lambda: room.danmod.actions(ActionKind.MUTE), "the mute")
        await moderator.say(f"!why {case.code}")
        await moderator.say(f"!case {case.code}")
        assert reporter.frames, "the marker really wrote: it is in chat"

        told = [str(frame["text"]) for frame in moderator.of_kind("message") if _is_bot(frame)]
        told += [str(frame["text"]) for frame in rude.of_kind("whisper")]
        places = {
            "log": room.danmod.log,
            "database": _dump(room.danmod),
            "redis": redis.ask("KEYS", "*").decode("latin-1"),
            "export": str(await room.danmod.export(case.code)),
            "show": await room.danmod.command("cases", "show", case.code),
            "list": await room.danmod.command("cases", "list"),
            "chat": "\n".join(told),
            **{path: (await room.danmod.get(path))[1] for path in _pages(case.code, room.danmod, case.actions)},
        }
    leaks = [(name, marker) for name, text in places.items() for marker in markers if marker in text]
    assert leaks == []
    assert "Rudy" in places["database"], "the search would find what is there"


@pytest.mark.needs("redis")
@pytest.mark.norm("N1.3-4", "behaviour")
async def test_the_reporter_is_written_nowhere_in_the_whole_life_of_a_case(
    tmp_path: Path, redis_server: RedisServers
) -> None:
    """From report to mute, letters, appeal and its success, and what leaves: the address stands on envelopes alone."""
    redis = redis_server()
    async with mail_server() as postman, hook_server() as chat:
        more = f'[counters]\nurl = "{redis.url}"\n[mail]\nhost = "127.0.0.1"\nport = {postman.port}\ntls = "none"\n'
        more += f'sender = "danmod@example.org"\n[desk_webhook]\nurl = "{chat.url}"\nsecret = "{SECRET}"'
        async with sandbox_room(tmp_path, more=more) as room:
            code = await _whole_life(room)
            await eventually(lambda: _told(postman, 2), "the letters by mail")
            places = {
                "log": room.danmod.log,
                "database": _dump(room.danmod),
                "redis": redis.ask("KEYS", "*").decode("latin-1"),
                "moderators' chat": str(chat.received),
                "letters": "\n".join(str(letter.get_payload()) + str(letter["Subject"]) for letter in postman.received),
                **await _what_leaves(room.danmod, code, tmp_path),
            }
    markers = (REPORTER, account_id(REPORTER), CONTACT)
    assert [(name, marker) for name, text in places.items() for marker in markers if marker in text] == []
    assert set(postman.recipients) == {CONTACT}, "the address is where letters go, and nowhere else"


async def _whole_life(room: SandboxRoom) -> str:
    """Reported in chat and by the page, muted, appealed by the page, overturned; the case's code."""
    rude, reporter, mona = await room.person("Rudy"), await room.person(REPORTER), await room.moderator("Mona")
    await rude.say("you are all fools")
    await reporter.say("!report @Rudy insult he means me")
    (case,) = await eventually(room.danmod.cases, "the case")
    fields = {"room": "sandbox:demo", "category": "insult", "note": "he means me too", "faith": "yes"}
    fields |= {"quote": "you are all fools", "name": "Rudy", "when": "now", "who": "contact", "contact": CONTACT}
    status, page = await room.danmod.post("/report", fields)
    assert status == 200, page
    await mona.say("!mute @Rudy 10m R3")
    await eventually(lambda: room.danmod.actions(ActionKind.MUTE), "the mute")
    token = room.danmod.statement_token(f"{case.code}.1")
    status, page = await room.danmod.post("/appeal", {"token": token, "reasons": "it was about a football team"})
    assert status == 200, page
    await room.danmod.command("act", case.code, "overturn", "-f", "reason=it was about a football team")
    return case.code


async def _told(postman: Postman, letters: int) -> bool:
    return len(postman.received) >= letters


async def _what_leaves(danmod: Danmod, code: str, folder: Path) -> dict[str, str]:
    """Every page, export, list and file that somebody gets to see."""
    (case,) = await danmod.cases()
    bundle, statements = folder / "bundle.zip", folder / "statements.json"
    await danmod.command("inspect", "bundle", str(bundle))
    await danmod.command("statements", str(statements), "--since", "2020-01-01")
    with zipfile.ZipFile(bundle) as opened:
        inside = {f"bundle/{name}": opened.read(name).decode("utf-8", "replace") for name in opened.namelist()}
    return {
        "export": str(await danmod.export(code)),
        "show": await danmod.command("cases", "show", code),
        "deadlines": await danmod.command("deadlines"),
        "statistics": await danmod.command("statistics", "--week", f"{datetime.now(UTC):%G-W%V}"),
        "statements for the EU": statements.read_text(encoding="utf-8"),
        "checkpoints": (folder / "danmod-checkpoints.jsonl").read_text(encoding="utf-8"),
        **inside,
        **{path: (await danmod.get(path))[1] for path in _pages(code, danmod, case.actions)},
    }


def _pages(code: str, danmod: Danmod, actions: object) -> list[str]:
    statement = danmod.statement_token(f"{code}.1")
    return ["/", "/desk", f"/case/{code}", f"/case/{statement}", "/statusz", "/metrics", "/public"]


def _is_bot(frame: dict[str, object]) -> bool:
    sender = frame["sender"]
    return isinstance(sender, dict) and sender["role"] == "bot"


def _dump(danmod: Danmod) -> str:
    """Every row and every byte of the database, its log included."""
    with closing(sqlite3.connect(danmod.database)) as connection:
        rows = "\n".join(connection.iterdump())
    files = [path.read_bytes().decode("latin-1") for path in danmod.folder.glob("danmod.db*")]
    return "\n".join([rows, *files])
