"""A stream's chat on a real IRC server: a flood is stopped, a wave never reaches the overlay, a kill loses no mute."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cases.model import ActionKind, MeasureStatus
from tests.irc_server import IrcClient
from tests.journeys.irc_room import KEY, TALK, IrcRoom, flood, irc_room
from tests.journeys.running import Danmod, eventually, overlay

pytestmark = pytest.mark.needs("inspircd")

ADVERT = "cheap followers fast, only at www.star-shop.com now"
ORDINARY = ("good evening all", "what did I miss?", "that jump was great", "which map is this")
ON_TIME_S = 25.0
"""Five times the promise of five seconds."""


async def test_one_who_floods_is_silenced_by_the_server_and_may_speak_again(tmp_path: Path) -> None:
    async with irc_room(tmp_path, limits="mutes_min = [0.1]\nburst_lines = 30") as room:
        flooder, bystander = await asyncio.gather(room.person("flooder"), room.person("bystander"))
        assert await room.can_speak(bystander, "what a nice evening")

        await flood(flooder, "LOOK AT ME LOOK AT ME")
        began_s = time.monotonic()
        await room.witness.until(lambda line: "m:" in line and "+b" in line, within_s=ON_TIME_S)
        assert not await room.can_speak(flooder, "am I muted?")
        assert await room.can_speak(bystander, "I am untouched")

        await eventually(lambda: _may(room, flooder), "the mute's end", ON_TIME_S, every_s=0.5)
        assert time.monotonic() - began_s >= 5.0, "the six seconds are served"
        await eventually(lambda: _all_are(room.danmod, MeasureStatus.ENDED), "the case to know of the end")
        (case,) = await room.danmod.cases()
        file = await room.danmod.export(case.code)

    assert [person["id"] for person in file["case"]["respondents"]] == ["flooder"]
    (mute,) = [action for action in file["case"]["actions"] if action["kind"] == "mute"]
    assert mute["status"] == "ended"
    assert ("outcome-recorded", "in-force") in [(entry["entry"], entry.get("status")) for entry in file["history"]]
    (statement,) = [row for row in file["statements"] if "mute" in row["measures"]]
    assert statement["rule"] == "R1"
    assert any("the limit is" in fact for fact in statement["facts"])
    lines = [line for capture in file["evidence"] for line in capture["lines"]]
    assert any(line["judged"] and line["text"] == "LOOK AT ME LOOK AT ME" for line in lines)
    assert all(line["sender"] != "bystander" for line in lines), "who was not accused is not named"


async def test_a_wave_never_reaches_the_overlay_and_is_muted(tmp_path: Path) -> None:
    async with irc_room(tmp_path, limits="mutes_min = [5]") as room, overlay(room.danmod, KEY) as screen:
        regulars = await asyncio.gather(*(room.person(f"regular{number}") for number in range(4)))
        for regular, text in zip(regulars, ORDINARY, strict=True):
            await regular.say(TALK, text)
        raiders = await asyncio.gather(*(room.person(f"guest{number}") for number in range(30)))
        for number, raider in enumerate(raiders):
            raider.send(f"PRIVMSG {TALK} :{ADVERT} {number:02d}")
        await asyncio.gather(*(raider.settle() for raider in raiders))
        await eventually(lambda: _muted(room.danmod, 30), "thirty mutes, each confirmed", ON_TIME_S)
        await regulars[0].say(TALK, "and life goes on")
        await eventually(lambda: "and life goes on" in screen.shown, "ordinary talk on the overlay")

        assert [text for text in screen.shown if "star-shop" in text] == []
        assert set(ORDINARY) <= set(screen.shown)
        assert "star-shop" not in await room.danmod.feed(KEY)
        assert not await room.can_speak(raiders[7], "one more try")
        (wave,) = [case for case in await room.danmod.cases() if len(case.respondents) > 1]
    assert len(wave.respondents) == 30


@pytest.mark.fault("F12")
async def test_killed_while_a_mute_is_on_its_way_it_is_there_once_and_ends_on_time(tmp_path: Path) -> None:
    """The server is frozen, so that nothing can be confirmed; it carries the mute out when nobody is there to hear."""
    async with irc_room(tmp_path, limits="mutes_min = [0.25]") as room:
        flooder = await room.person("flooder")
        with _frozen(room.danmod.pid):
            await flood(flooder, "I cannot stop I cannot stop")
            os.kill(room.server.pid, signal.SIGSTOP)
        (mute,) = await eventually(lambda: room.danmod.actions(ActionKind.MUTE), "the mute to be decided")
        assert mute.status is MeasureStatus.PENDING
        await room.danmod.kill()
        os.kill(room.server.pid, signal.SIGCONT)

        await room.danmod.start()
        await _make_operator(room)
        await eventually(lambda: _muted(room.danmod, 1), "the mute to be confirmed", ON_TIME_S)
        assert len(await _bans(room)) == 1
        assert not await room.can_speak(flooder, "am I muted?")
        await eventually(lambda: _all_are(room.danmod, MeasureStatus.ENDED), "the mute's end", ON_TIME_S)
        late_s = time.time() - (mute.until.timestamp() if mute.until else 0.0)
        assert late_s < 5.0
        await eventually(lambda: _may(room, flooder), "the flooder to speak again", 5.0)
        assert [action.id for action in await room.danmod.actions(ActionKind.MUTE)] == [mute.id]


@pytest.mark.fault("F11")
async def test_a_mute_the_server_never_got_is_set_after_the_restart(tmp_path: Path) -> None:
    async with irc_room(tmp_path, limits="mutes_min = [5]") as room:
        flooder = await room.person("flooder")
        with _frozen(room.danmod.pid):
            await flood(flooder, "I cannot stop I cannot stop")
            await room.server.stop()
        await eventually(lambda: room.danmod.actions(ActionKind.MUTE), "the mute to be decided")
        await room.danmod.kill()
        await room.server.start()
        await room.danmod.start()
        again, witness = await asyncio.gather(
            IrcClient.connect(room.server.port, "flooder"), IrcClient.connect(room.server.port, "watcher")
        )
        try:
            await witness.join(TALK)
            await again.join(TALK)
            await eventually(lambda: _muted(room.danmod, 1), "the mute to be confirmed", ON_TIME_S)
            await again.say(TALK, "am I muted?")
            await witness.settle()
            assert "am I muted?" not in witness.heard(TALK)
        finally:
            await asyncio.gather(again.close(), witness.close())


async def test_without_timed_bans_our_own_timer_lifts_the_mute_even_after_a_kill(tmp_path: Path) -> None:
    async with irc_room(tmp_path, timed_bans=False, limits="mutes_min = [0.15]") as room:
        flooder = await room.person("flooder")
        await flood(flooder, "I cannot stop I cannot stop")
        await eventually(lambda: _muted(room.danmod, 1), "the mute to be confirmed", ON_TIME_S)
        assert not await room.can_speak(flooder, "am I muted?")
        await room.danmod.kill()
        await room.danmod.start()
        await _make_operator(room)
        await eventually(lambda: _may(room, flooder), "the timer to lift the mute", ON_TIME_S, every_s=0.3)
        await eventually(lambda: _lifted(room.danmod), "the lift to be confirmed")
        (mute,) = await room.danmod.actions(ActionKind.MUTE)
        assert mute.status is MeasureStatus.ENDED
        assert mute.until is not None
        assert time.time() - mute.until.timestamp() < ON_TIME_S


async def test_in_a_dry_run_everything_is_shown_and_nothing_is_done(tmp_path: Path) -> None:
    async with irc_room(tmp_path, mode="dry-run") as room, overlay(room.danmod, KEY) as screen:
        flooder = await room.person("flooder")
        await flood(flooder, "LOOK AT ME LOOK AT ME", lines=12)
        (case,) = await eventually(room.danmod.cases, "a case")
        await eventually(lambda: screen.shown.count("LOOK AT ME LOOK AT ME") == 12, "all twelve lines on the overlay")
        assert await room.can_speak(flooder, "still here")
        assert room.witness.heard(TALK).count("still here") == 1
        assert [line for line in room.witness.lines if line.startswith(":danmod") and "PRIVMSG" in line] == []
        file = await room.danmod.export(case.code)
    assert file["case"]["dry_run"]
    assert file["case"]["actions"] == []
    assert file["statements"] == []


@contextmanager
def _frozen(pid: int) -> Iterator[None]:
    """A process that does nothing for a while."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def _make_operator(room: IrcRoom) -> None:
    """What the channel's services do when the bot comes back."""
    await room.witness.oper()
    await room.witness.until(lambda line: line.startswith(":danmod!") and " JOIN " in line, within_s=ON_TIME_S)
    room.witness.send(f"SAMODE {TALK} +o danmod")
    await room.witness.settle()


async def _bans(room: IrcRoom) -> list[str]:
    mark = len(room.witness.lines)
    room.witness.send(f"MODE {TALK} b")
    await room.witness.until(lambda line: line.split(" ")[1:2] == ["368"], after=mark)
    return [line for line in room.witness.lines[mark:] if line.split(" ")[1:2] == ["367"]]


async def _may(room: IrcRoom, client: IrcClient) -> bool:
    return await room.can_speak(client, f"am I free? {time.monotonic_ns()}")


async def _muted(danmod: Danmod, people: int) -> bool:
    mutes = await danmod.actions(ActionKind.MUTE)
    return len({mute.respondent for mute in mutes if mute.status is MeasureStatus.IN_FORCE}) == people


async def _all_are(danmod: Danmod, status: MeasureStatus) -> bool:
    mutes = await danmod.actions(ActionKind.MUTE)
    return bool(mutes) and all(mute.status is status for mute in mutes)


async def _lifted(danmod: Danmod) -> bool:
    lifts = await danmod.actions(ActionKind.UNMUTE)
    return bool(lifts) and all(lift.status is MeasureStatus.IN_FORCE for lift in lifts)
