"""A room under attack: the shield, the nuke and the overlay's brake, on real servers, through a kill and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cases.dossier import Dossier
from cases.model import ActionKind, CaseState, CaseStatus, MeasureStatus
from cases.ports import DossierFilter
from storage import open_beside
from streams.sandbox.room import SHIELDED
from tests.journeys.irc_room import TALK, IrcRoom, irc_room
from tests.journeys.running import Danmod, eventually, overlay
from tests.journeys.sandbox_room import ROOM, SandboxRoom, sandbox_room
from tests.journeys.test_bilibili import _watched, _web
from tests.simulators.bilibili import BilibiliSimulator

PLATFORM = "shield_platform = true"
UP = "Shield up: for a while only people known here can write. If you are new: please wait, you did nothing wrong."
DOWN = "Shield down: everybody chats as always."
WITHOUT_CHECKS = 'hold_s = 0.2\nhold_unsure_s = 0.2\nshield = "off"\nmodes = {wave = "off", repeat = "off"}'
PUSH = "join the golden circle now"


async def _shields(running: Danmod) -> list[Dossier]:
    async with open_beside(running.url) as beside:
        return list(await beside.dossiers.dossiers(DossierFilter(kind="shield")))


async def _closed(running: Danmod) -> Dossier | None:
    found = await _shields(running)
    return found[0] if found and found[0].status == "down" else None


def _mode(room: SandboxRoom) -> str:
    standing = room.server.room("demo").silence
    return standing.mode if standing else ""


async def _whispered(person: Any, start: str) -> str:
    async def told() -> str:
        return next((text for text in await person.whispers() if text.startswith(start)), "")

    return await eventually(told, f"a whisper that begins {start!r}")


async def test_by_command_the_room_is_protected_and_set_back_exactly(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path, limits=PLATFORM) as room:
        room.server.room("demo").set_mode("slow:2", None, 0.0)
        mona, ann = await room.moderator("mona"), await room.person("ann")
        await mona.say("!shield on 10m")
        await eventually(lambda: _mode(room) == SHIELDED, "the room's mode")
        assert not await ann.can_speak()
        status = await room.danmod.status()
        assert status["rooms"][0]["shield"]["cause"] == "raised by a person"
        await mona.say("!护盾 关")
        await eventually(lambda: _mode(room) == "slow:2", "the mode of before")
        done = await eventually(lambda: _closed(room.danmod), "the record")
        await eventually(lambda: _heard(ann, DOWN), "the farewell")
        assert (await ann.heard()).count(UP) == 1
        assert done.fields["restored"] == "Who may write was set back: slow:2."
        assert (await room.danmod.status())["rooms"][0]["shield"] is None


@pytest.mark.fault("F12")
async def test_killed_with_the_shield_up_it_goes_on_and_is_set_back_after_the_restart(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path, limits=PLATFORM) as room:
        room.server.room("demo").set_mode("slow:2", None, 0.0)
        mona = await room.moderator("mona")
        await mona.say("!shield on 10m")
        await eventually(lambda: _mode(room) == SHIELDED, "the room's mode")
        await eventually(lambda: _heard(mona, UP), "chat to be told")
        await room.danmod.kill()
        assert _mode(room) == SHIELDED
        await room.danmod.start()
        assert (await room.danmod.status())["rooms"][0]["shield"] is not None
        await mona.say("!shield off")
        await eventually(lambda: _mode(room) == "slow:2", "the mode of before")
        assert (await mona.heard()).count(UP) == 1, "nobody is told twice"


@pytest.mark.fault("F12")
async def test_killed_and_changed_by_hand_meanwhile_theirs_stays(tmp_path: Path) -> None:
    limits = f"{PLATFORM}\nshield_longest_min = 0.1"
    async with sandbox_room(tmp_path, limits=limits) as room:
        mona = await room.moderator("mona")
        await mona.say("!shield on")
        await eventually(lambda: _mode(room) == SHIELDED, "the room's mode")
        await room.danmod.kill()
        room.server.room("demo").set_mode("silent", None, 0.0)
        await room.danmod.start()
        done = await eventually(lambda: _closed(room.danmod), "the shield to end by its own time")
        assert "Somebody changed who may write meanwhile, to silent: left so." in done.fields["restored"]
        assert _mode(room) == "silent"


async def test_an_attack_raises_it_by_itself_and_quiet_lowers_it(tmp_path: Path) -> None:
    limits = f"{PLATFORM}\nshield_quiet_min = 0.05\nshield_held = 8\nshield_waves = 1"
    async with sandbox_room(tmp_path, limits=limits) as room:
        ann = await room.person("ann")
        for number in range(14):
            room.say(f"guest{number}", f"{PUSH}, add vx: star8888 {number}")
        (up,) = await eventually(lambda: _shields(room.danmod), "the shield")
        assert "within 90 s" in up.fields["cause"]
        done = await eventually(lambda: _closed(room.danmod), "quiet")
        assert (done.fields["hand"], _mode(room)) == ("done", "")
        codes = {case.code for case in await room.danmod.cases()}
        assert set(done.fields["cases"]) <= codes
        assert done.fields["cases"], "what was decided under it is listed for review"
        assert (await ann.heard()).count(UP) == 1


async def test_on_irc_newcomers_are_silent_and_who_is_known_goes_on(tmp_path: Path) -> None:
    async with irc_room(tmp_path, limits=PLATFORM) as room:
        boss, ann = await room.person("boss"), await room.person("ann")
        await room.witness.oper()
        await room.make_operator("boss")
        assert await room.can_speak(ann, "good evening")
        await boss.say(TALK, "!shield on 10m")
        await eventually(lambda: _moderated(room), "the channel's mode")
        assert not await room.can_speak(ann, "am I heard?")
        await room.danmod.kill()
        await room.danmod.start()
        await eventually(lambda: _present(room), "danmod in the channel")
        await room.make_operator("danmod")
        assert await _moderated(room)
        await boss.say(TALK, "!shield off")
        await eventually(lambda: room.can_speak(ann, "and now?"), "the channel to be open")
        await eventually(lambda: _closed(room.danmod), "the record")


async def _moderated(room: IrcRoom) -> bool:
    mark = len(room.witness.lines)
    room.witness.send(f"MODE {TALK}")
    await room.witness.settle()
    modes = [line.split(f"{TALK} ")[1].split()[0] for line in room.witness.lines[mark:] if " 324 " in line]
    return any("m" in letters for letters in modes)


async def _present(room: IrcRoom) -> bool:
    mark = len(room.witness.lines)
    room.witness.send(f"NAMES {TALK}")
    await room.witness.settle()
    return any(" 353 " in line and "danmod" in line for line in room.witness.lines[mark:])


async def test_on_bilibili_viewers_wait_and_the_room_is_opened_again(tmp_path: Path) -> None:
    async with BilibiliSimulator() as simulator:
        section = f'{_web(simulator)}\ncookie = "{simulator.cookie}"'
        watched = '[[rooms]]\nplatform = "bilibili"\nroom = "77"\nmode = "enforce"'
        async with _watched(tmp_path, section, watched, f"{PLATFORM}\nshield_longest_min = 0.2") as (running, _):
            owner = simulator.room.owner
            await simulator.say(owner.uid, owner.name, "!护盾 开")
            await eventually(lambda: simulator.room.room_silence == "member", "the room's silence")
            assert not await simulator.say(3001, "新人", "能说话吗")
            await eventually(lambda: simulator.room.room_silence == "", "the room to be opened")
            assert await simulator.say(3001, "新人", "能说话了")
            done = await eventually(lambda: _closed(running), "the record")
            assert done.fields["before"] == "everybody"
            said = [str(line["text"]) for line in simulator.room.lines]
            assert sum("护盾已开启" in text for text in said) == 1


async def test_a_nuke_clears_screen_and_chat_with_late_copies_and_is_taken_back_whole(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path, limits=WITHOUT_CHECKS) as room:
        mona, ann = await room.moderator("mona"), await room.person("ann")
        async with overlay(room.danmod, ROOM) as screen:
            for number in range(3):
                room.say(f"guest{number}", f"{PUSH} {'abc'[number]}")
            for number in range(6):
                room.say("ann", f"an ordinary line about {('cats', 'dogs', 'tea', 'rain', 'snow', 'bread')[number]}")
            await eventually(lambda: f"{PUSH} a" in screen.shown, "the text on the overlay")
            await mona.say(f"!nuke {PUSH} mute")
            plan = await _whispered(mona, "3 lines by 3 viewers")
            await mona.say(f"!nuke confirm {plan.rpartition(' ')[2]}")
            done = await _whispered(mona, "3 lines by 3 viewers: mute 10 minutes")
            await eventually(lambda: len(room.server.room("demo").mutes) == 3, "three mutes on the platform")
            room.say("late", f"{PUSH} too")
            await eventually(lambda: len(room.server.room("demo").mutes) == 4, "the late copy's mute")
            room.say("ann", "nothing of all this is mine")
            await eventually(lambda: "nothing of all this is mine" in screen.shown, "ordinary talk")
            assert f"{PUSH} too" not in screen.shown
            case = await _nuked(room.danmod)
            assert case.code in done
            assert len(case.respondents) == 4, "the late one stands in the same case"
            await mona.say("!nuke undo")
            await eventually(lambda: not room.server.room("demo").mutes, "everybody to be free")
            await eventually(lambda: _undone(room.danmod), "the record")
            room.say("late2", f"{PUSH} once more")
            await eventually(lambda: f"{PUSH} once more" in screen.shown, "nothing lingers")
            assert screen.shown.count(f"{PUSH} a") == 2, "what was hidden is shown again"
        assert await ann.can_speak()


async def _nuked(running: Danmod) -> CaseState:
    return next(case for case in await running.cases() if case.episode.startswith("nuke:"))


async def _undone(running: Danmod) -> bool:
    case = await _nuked(running)
    mutes = [action.status for action in case.actions if action.kind is ActionKind.MUTE]
    return case.status is CaseStatus.UNDONE and set(mutes) == {MeasureStatus.REVOKED}


async def test_the_overlay_pauses_clears_and_goes_on(tmp_path: Path) -> None:
    async with sandbox_room(tmp_path, limits="hold_s = 0.1") as room:
        mona = await room.moderator("mona")
        async with overlay(room.danmod, ROOM) as screen:
            room.say("ann", "one")
            await eventually(lambda: "one" in screen.shown, "a line")
            await mona.say("!overlay pause")
            await eventually(lambda: _heard(mona, "nothing new is shown"), "the answer")
            room.say("ann", "two")
            await mona.say("!叠层 清空")
            await eventually(lambda: _heard(mona, "everything is off"), "the answer")
            room.say("ann", "three")
            await mona.say("!overlay resume")
            await eventually(lambda: "three" in screen.shown, "what is fresh")
            assert "two" not in screen.shown


async def _heard(person: Any, words: str) -> bool:
    return any(words in text for text in [*await person.heard(), *await person.whispers()])


async def test_a_shield_is_raised_and_lowered_from_the_command_line_as_well(tmp_path: Path) -> None:
    """Its dossier is moved, as the API and the desk do it; the running bot follows."""
    async with sandbox_room(tmp_path, limits=PLATFORM) as room:
        until = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
        given = ("-f", "cause=a raid was announced", "-f", f"until={until}")
        await room.danmod.command("dossiers", "open", "shield", "--room", ROOM, *given)
        await eventually(lambda: _mode(room) == SHIELDED, "the room's mode")
        await room.danmod.command("dossiers", "move", "shield-1", "lower", "-f", "reason=a false alarm")
        await eventually(lambda: _mode(room) == "", "everybody to write again")
