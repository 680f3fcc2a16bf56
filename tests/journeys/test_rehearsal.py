"""`danmod demo --attack KIND`: an attack in a room with calm chatter around it, and a true word on how it went."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.config import ConfigError
from bot.rehearsal import check_attack, rehearse
from streams.sandbox.attacks import KINDS
from streams.sandbox.repertoire import scene_of
from tests.journeys.running import overlay
from tests.journeys.sandbox_room import ROOM, sandbox_room

KIND, SEED = "wave-zero-width", 3


async def test_an_attack_is_played_amid_chatter_and_what_it_reached_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    async with sandbox_room(tmp_path) as room, overlay(room.danmod, ROOM) as seen:
        danmod = room.danmod
        address = f"{danmod.base}/overlay/{quote(ROOM, safe='')}?key={danmod.overlay_key(ROOM)}"
        await rehearse(room.server, address, KIND, SEED, said.append)
        attack = [line.text for line in scene_of(KIND, SEED)]
        reached = [text for text in seen.shown if text in attack]
    first, now, over = said
    assert KINDS[KIND].about in first
    assert f"{len(attack)} lines by" in now
    told = re.search(r"(\d+) of its (\d+) lines reached the overlay; (\d+) of its \d+ accounts are muted", over)
    assert told is not None, over
    assert [int(told[1]), int(told[2])] == [len(reached), len(attack)]
    assert len([text for text in seen.shown if text not in attack]) > 20, "the chatter went on"
    assert len(reached) <= 5


def test_an_unknown_attack_is_refused_with_the_list_of_those_there_are() -> None:
    check_attack(None)
    check_attack("wave")
    with pytest.raises(ConfigError, match=r"there is no attack 'wve'; there are repeat, .*awaiting"):
        check_attack("wve")
