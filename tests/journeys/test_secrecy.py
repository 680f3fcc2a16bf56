"""Nobody learns who reported: not from logs, database, counters, exports, pages or chat (norm N1.3-4)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cases.model import ActionKind
from streams.sandbox.names import account_id
from tests.conftest import RedisServers
from tests.journeys.running import Danmod, eventually
from tests.journeys.sandbox_room import sandbox_room

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
