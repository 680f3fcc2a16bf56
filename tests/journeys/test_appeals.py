"""Somebody muted on IRC, who cannot say a word in the room: told by whisper, linked in private, heard, and freed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cases.model import ActionKind, CaseStatus, MeasureStatus
from tests.irc_server import IrcClient
from tests.journeys.irc_room import IrcRoom, flood, irc_room
from tests.journeys.running import Danmod, eventually


@pytest.mark.norm("N3.3-1", "behaviour")
@pytest.mark.norm("N3.3-3a", "behaviour")
@pytest.mark.norm("N3.2-1b", "deadline")
async def test_the_muted_user_path_from_the_whisper_to_speaking_again(tmp_path: Path) -> None:
    async with irc_room(tmp_path, limits="mutes_min = [10]") as room:
        ann = await room.person("ann")
        await flood(ann, "I cannot stop I cannot stop")
        code = await eventually(lambda: _muted(room.danmod), "the mute to hold on the server")
        assert not await room.can_speak(ann, "can you hear me")
        told = await eventually(lambda: _whispered(ann, code), "the whisper")
        assert "@ann" in told

        page = await _link_page(room, ann)
        statement = re.search(r'href="(/statement/[^"]+)"', page)
        assert statement is not None
        status, text = await room.danmod.get(statement[1])
        assert status == 200
        assert "You need not write in the chat" in text

        ann.send(f"PRIVMSG danmod :!appeal {code} it was the chorus of the song")
        await eventually(lambda: _stands(room.danmod, CaseStatus.APPEALED), "the appeal")
        file = await room.danmod.export(code)
        assert [one["how"] for one in file["case"]["informed"]] == ["whisper"]
        assert "the chorus of the song" not in " ".join(room.witness.heard("#talk"))

        await room.witness.oper()
        room.witness.send("SAMODE #talk +o witness")
        await room.witness.settle()
        await room.witness.say("#talk", f"!overturn {code} it was the chorus indeed")
        await eventually(lambda: _stands(room.danmod, CaseStatus.OVERTURNED), "the answer")
        await eventually(lambda: room.can_speak(ann, "thank you"), "ann to be heard again", every_s=0.3)
        file = await room.danmod.export(code)
        kinds = [(action["kind"], action["status"]) for action in file["case"]["actions"] if action["kind"] != "delete"]
        assert kinds == [("mute", "revoked"), ("unmute", "in-force")]


async def _link_page(room: IrcRoom, person: IrcClient) -> str:
    status, page = await room.danmod.post("/link", {})
    assert status == 200, page
    code = re.search(r"!link ([A-Z0-9]+)", page)
    assert code is not None
    secret = re.search(r"/link/([\w-]+)", page)
    assert secret is not None
    person.send(f"PRIVMSG danmod :!link {code[1]}")
    return await eventually(lambda: _bound(room.danmod, f"/link/{secret[1]}"), "the page to know who it is")


async def _bound(danmod: Danmod, path: str) -> str:
    page = (await danmod.get(path))[1]
    return page if 'id="bound"' in page else ""


async def _muted(danmod: Danmod) -> str:
    mutes = await danmod.actions(ActionKind.MUTE)
    return mutes[0].id.partition(".")[0] if mutes and mutes[0].status is MeasureStatus.IN_FORCE else ""


async def _whispered(person: IrcClient, code: str) -> str:
    await person.settle()
    return next((text for text in person.heard("ann") if code in text), "")


async def _stands(danmod: Danmod, status: CaseStatus) -> bool:
    return any(case.status is status for case in await danmod.cases())
