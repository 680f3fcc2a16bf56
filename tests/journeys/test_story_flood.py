"""The first story: a chorus taken for a flood, on a real IRC server, in a team (told in `docs/stories.md`)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.numbers import numbers
from cases.history import Reexamined
from cases.model import ActionKind, CaseState, CaseStatus, MeasureStatus
from cases.ports import DeadlineFilter, DeadlineRow
from storage import open_beside
from tests.irc_server import IrcClient
from tests.journeys.irc_room import TALK, IrcRoom, flood, irc_room
from tests.journeys.running import Danmod, eventually

pytestmark = pytest.mark.needs("inspircd")

CHORUS = "la la la, sing it with me"


@pytest.mark.norm("N3.2-1b", "behaviour")
@pytest.mark.norm("N3.3-1", "behaviour")
@pytest.mark.norm("N3.3-2", "bad-input")
@pytest.mark.norm("N3.3-3a", "behaviour")
@pytest.mark.norm("N3.3-3a", "deadline")
@pytest.mark.norm("N4.1-2", "behaviour")
async def test_a_chorus_taken_for_a_flood_is_set_right(tmp_path: Path) -> None:
    async with irc_room(tmp_path, limits="mutes_min = [10, 60]", more='profile = "team"', public=True) as room:
        ann, mona, otto = await _people(room)

        # ann sings, and is muted
        await flood(ann, CHORUS)
        case = await eventually(lambda: _muted(room.danmod, MeasureStatus.IN_FORCE), "the mute on the server")
        assert not await room.can_speak(ann, "can you hear me")
        await mona.say(TALK, f"!confirm {case.code}")
        await _heard(mona, f"{case.code}: confirmed")

        # she learns why, in private, and reads the reasons
        whispered = await eventually(lambda: _private(ann, "/statement/"), "the whisper")
        assert whispered.startswith(f"@ann muted 10m: no flooding. !why {case.code} http")
        link = whispered.split()[-1]
        ann.send("PRIVMSG danmod :!why")
        await eventually(lambda: _private(ann, f"{case.code}: R1"), "the answer to !why")
        page = await _page(room.danmod, link)
        assert "R1" in page
        assert "la la la" in page

        # she objects, in private; nobody in the room hears it
        ann.send(f"PRIVMSG danmod :!appeal {case.code} it was the chorus of the song on stream")
        await eventually(lambda: _private(ann, "appeal received"), "the answer to the appeal")
        assert "the chorus of the song" not in " ".join(room.witness.heard(TALK))

        # meanwhile she is muted for something else, by a ladder that counts the fault; and danmod is started again
        await mona.say(TALK, "!mute @ann 5s R3 called us names")
        await eventually(lambda: _count(room.danmod, 2), "the second case")
        await room.start_again()
        assert not await room.can_speak(ann, "still muted after the restart")
        assert await _page(room.danmod, link), "the token survives"
        assert [row.deadline.key for row in await _deadlines(room.danmod, case.code) if row.met_at is None]

        # who took part does not answer; who took none does
        await mona.say(TALK, f"!overturn {case.code} I was wrong, sorry")
        await _heard(mona, "did not act in it answers")
        await otto.say(TALK, f"!overturn {case.code} the song on stream has this very chorus")
        await _heard(otto, f"{case.code}: overturned")
        await eventually(lambda: room.can_speak(ann, "thank you"), "a bystander to hear ann again", every_s=0.3)

        # everything that stood on it is set right
        after = await eventually(lambda: _revoked(room.danmod, case.code), "the lift, confirmed on the server")
        assert await eventually(lambda: _told(ann, case.code), "ann is told")
        page = await _page(room.danmod, link)
        assert "verturned" in page
        (revoke,) = [row for row in await _deadlines(room.danmod, case.code) if row.deadline.key == "revoke"]
        assert revoke.met_at is not None
        assert revoke.overdue_at is None
        assert revoke.met_at - revoke.deadline.started_at <= timedelta(seconds=60)
        await eventually(lambda: _looked_at_again(room.danmod), "the later case to be looked at again")
        assert await _counted_as_overturned(room.danmod, after)

        # mona takes back her own measure too; no fault counts any more: the next one is a first one
        await mona.say(TALK, "!undo that was harsh, the first mute was ours")
        await _heard(mona, "undone|taken back")
        await flood(ann, "buy my tape buy my tape")
        again = await eventually(lambda: _muted(room.danmod, MeasureStatus.IN_FORCE), "the next mute")
        mute = next(action for action in again.actions if action.kind is ActionKind.MUTE)
        assert mute.until is not None
        assert again.code != case.code
        assert mute.until - mute.ordered_at == timedelta(minutes=10), "the first step of the ladder"
        assert "are as written" in await room.danmod.command("audit", "verify")


async def _people(room: IrcRoom) -> tuple[IrcClient, IrcClient, IrcClient]:
    """A viewer, and two moderators of the channel."""
    await room.witness.oper()
    ann, mona, otto = [await room.person(nick) for nick in ("ann", "mona", "otto")]
    await room.make_operator("mona")
    await room.make_operator("otto")
    return ann, mona, otto


async def _private(person: IrcClient, words: str) -> str:
    """What danmod said to somebody alone, with these words in it."""
    await person.settle()
    return next((text for text in person.heard(person.nick) if words in text), "")


async def _heard(person: IrcClient, pattern: str) -> str:
    """What danmod said in the room."""

    def said() -> str:
        mine = (line.partition(f" PRIVMSG {TALK} :")[2] for line in person.lines if line.startswith(":danmod!"))
        return next((text for text in mine if re.search(pattern, text)), "")

    return await eventually(said, f"danmod to say {pattern}")


async def _page(danmod: Danmod, link: str) -> str:
    status, page = await danmod.get(link.removeprefix(danmod.base))
    assert status == 200
    return page


async def _muted(danmod: Danmod, status: MeasureStatus) -> CaseState | None:
    """The latest automatic case with a mute that stands so."""
    for case in await danmod.cases():
        if case.automatic and any(one.kind is ActionKind.MUTE and one.status is status for one in case.actions):
            return case
    return None


async def _revoked(danmod: Danmod, code: str) -> CaseState | None:
    case = next(case for case in await danmod.cases() if case.code == code)
    lifted = [one.status for one in case.actions if one.kind is ActionKind.UNMUTE]
    return case if case.status is CaseStatus.OVERTURNED and lifted == [MeasureStatus.IN_FORCE] else None


async def _count(danmod: Danmod, cases: int) -> bool:
    return len(await danmod.cases()) == cases


async def _deadlines(danmod: Danmod, code: str) -> list[DeadlineRow]:
    async with open_beside(danmod.url) as beside:
        return [row for row in await beside.deadlines.deadlines(DeadlineFilter()) if row.deadline.about == code]


async def _looked_at_again(danmod: Danmod) -> bool:
    async with open_beside(danmod.url) as beside:
        codes = [case.code for case in await danmod.cases() if not case.automatic]
        entries = [row.entry for code in codes for row in await beside.reader.history(code)]
    return any(isinstance(entry, Reexamined) for entry in entries)


async def _counted_as_overturned(danmod: Danmod, case: CaseState) -> bool:
    """The period's numbers, counted from the record."""
    async with open_beside(danmod.url) as beside:
        period = await numbers(beside, case.opened_at - timedelta(hours=1), case.last_at + timedelta(hours=1))
    return period.tables["appeal"] == {"overturned": 1} and period.tables["outcome"]["overturned"] == 1


async def _told(person: IrcClient, code: str) -> str:
    """What the room heard about the answer, addressed to who appealed."""
    await person.settle()
    return next((text for text in person.heard(TALK) if text.startswith(f"@ann appeal {code}: overturned")), "")
