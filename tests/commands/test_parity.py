"""Norm N3.1-2e: chat and desk are two ways into the same rules, and leave the same record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.acts import ACTS, Doing
from cases.history import EvidenceFrozen
from cases.ports import Applied, ByCode, CaseFilter
from cases.registrar import Registrar
from commands import permissions
from storage.vault import Keys
from tests.commands.scene import BOB, EVE, MODERATOR, Scene, scene_in

WAYS: list[tuple[str, str, dict[str, Any]]] = [
    ("!mute @bob 10m R3 insults", "mute", {"span": timedelta(minutes=10), "rule": "R3", "reason": "insults"}),
    ("!禁言 @bob 10分 R3 insults", "mute", {"span": timedelta(minutes=10), "rule": "R3", "reason": "insults"}),
    ("!warn @bob R3 insults", "warn", {"rule": "R3", "reason": "insults"}),
    ("!ban @bob R3 threats", "ban", {"rule": "R3", "reason": "threats"}),
    ("!dismiss {code} banter", "dismiss", {"reason": "banter"}),
]


def told(changes: Any) -> dict[str, Any]:
    """What a change writes, without the ids of what caused it and the lines a command freezes on its way."""
    entries = [entry for entry in changes.entries if not isinstance(entry, EvidenceFrozen)]
    return {
        "entries": msgspec.to_builtins(entries),
        "statements": changes.statements,
        "timers": changes.timers,
        "strikes": changes.strikes,
        "notices": changes.notices,
        "deadlines": (changes.deadlines, changes.deadlines_met, changes.deadlines_dropped),
        "letters": changes.letters,
    }


async def reported(scene: Scene) -> str:
    """Somebody reported Bob; the case waits."""
    scene.say(BOB, "you are all fools")
    await scene.give(EVE, "!report @bob insult")
    return (await scene.only_case()).code


@pytest.mark.norm("N3.1-2e", "behaviour")
@pytest.mark.parametrize(("words", "act", "fields"), WAYS, ids=[words for words, _, _ in WAYS])
async def test_by_chat_and_by_desk_the_record_is_the_same(words: str, act: str, fields: dict[str, Any]) -> None:
    async with scene_in() as scene:
        code = await reported(scene)
        (by_chat,) = (await scene.give(MODERATOR, words.format(code=code))).applied
    async with scene_in() as scene:
        code = await reported(scene)
        line = scene.say(MODERATOR, "(at the desk)")
        (state,) = await scene.storage.reader.cases(CaseFilter())
        by = permissions.actor(line.message.sender, scene.memory)
        registrar = Registrar(Keys.ephemeral(b"commands"))
        doing = Doing(registrar, state, by, fields, scene.now, None, True)
        decide = ACTS[act].build(doing)
        assert callable(decide)
        by_desk = await scene.storage.log.apply(ByCode(code), decide)
    assert isinstance(by_desk, Applied)
    assert told(by_desk.changes) == told(by_chat.changes)
