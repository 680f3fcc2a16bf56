"""While a referral asks for silence nobody warns the respondent; afterwards they hear everything (norm N3.1-2d)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.post import Channels, Post
from bot.recipients import LetterRecipients
from bot.rooms import Rooms, WatchedRoom
from bot.silence import Silence
from bot.voice import NOTICE_AGE, Voice
from cases.docket import Wish
from cases.dossier import Dossier
from cases.history import Addressee
from cases.intents import AppealMade
from cases.model import Actor, ActorKind, CaseState, Mode
from cases.policy import RoomPolicy
from cases.ports import Applied, ByCode
from streams.platform import Say, Whisper
from tests.bot.bureau import MONA, ROOM, Bureau, bureau
from tests.bot.engine import KEYS
from tests.bot.platform import RecordedPlatform

DAY = timedelta(days=1)
PAT = Actor(ActorKind.PRIVACY, "pat", "Pat")
FACTS = {
    "facts": "threatens to set fire to the club tonight", "provision": "Criminal Law, article 114",
    "authority": "the city's police", "risk": "none",
}  # fmt: skip


@dataclass
class Quiet:
    """A bureau that writes and speaks, and a room where it does."""

    it: Bureau
    platform: RecordedPlatform = field(default_factory=RecordedPlatform)

    def __post_init__(self) -> None:
        clock, storage = self.it.clock, self.it.storage
        rooms = Rooms()
        platforms: dict[str, Any] = {"irc": self.platform}
        rooms.add(WatchedRoom(ROOM, Mode.ENFORCE, RoomPolicy(), "en", lambda: self.platform.can))
        self.silence = Silence(storage.dossiers, storage.letters, clock=clock)
        to = LetterRecipients(storage.contacts, storage.reader, KEYS, rooms, platforms, "https://chat.example.org")
        self.post = Post(storage.letters, to, Channels(), silence=self.silence, language="en", clock=clock)
        self.voice = Voice(rooms, platforms, storage.outbox, self.silence, clock)

    async def muted(self) -> CaseState:
        """Ann is muted, and owed a notice; nothing is said yet."""
        state = await self.it.report()
        done = await self.it.office.act(state.code, "mute", MONA, {"span": "10m", "rule": "R3", "reason": "a threat"})
        assert isinstance(done, Applied), done
        return done.state

    async def referral(self, code: str, **fields: Any) -> Dossier:
        made = await self.it.office.move(Wish("referral", "draft", PAT, FACTS | fields, about_id=code))
        assert isinstance(made, Dossier), made
        return made

    async def go(self, dossier: Dossier, move: str, by: Actor, **fields: Any) -> None:
        assert isinstance(await self.it.office.move(Wish("referral", move, by, fields), dossier.id), Dossier)

    async def told(self) -> list[str]:
        """What is said now to Ann alone, by notice or letter."""
        before = len(self.platform.performed)
        await self.voice.speak()
        await self.post.turn()
        return [one.text for one in self.platform.performed[before:] if isinstance(one, Whisper)]

    def said(self) -> list[str]:
        return [one.text for one in self.platform.performed if isinstance(one, Say)]

    async def page(self, code: str) -> list[str]:
        rows = await self.silence.letters_to(Addressee.RESPONDENT, f"{code}/1")
        return [row.letter.key for row in rows]


@pytest.mark.norm("N3.1-2d", "behaviour")
async def test_notices_and_letters_wait_for_the_end_of_the_silence_and_then_arrive() -> None:
    async with bureau() as it:
        quiet = Quiet(it)
        state = await quiet.muted()
        await quiet.referral(state.code, silent_until=(it.clock.now + 3 * DAY).isoformat(), silence_reason="a search")
        appeal = await it.storage.log.apply(*appealing(it, state.code))
        assert isinstance(appeal, Applied)
        with capture_logs() as logs:
            assert await quiet.told() == []
            assert await quiet.told() == []
        assert quiet.said() == []
        assert await quiet.page(state.code) == [], "the page of the statement tells no more than we do"
        held = [line for line in logs if line["event"].startswith("held back")]
        assert [line["case"] for line in held] == [state.code], "logged, and once"
        it.clock.wait(3 * DAY + NOTICE_AGE)
        heard = await quiet.told()
        assert len(heard) == 2, "the notice of the mute, and that the appeal arrived"
        assert all(state.code in text for text in heard)
        assert await quiet.page(state.code) == ["appeal_received"]
        assert await quiet.told() == [], "each once"


@pytest.mark.norm("N3.1-2d", "behaviour")
async def test_a_referral_that_is_dropped_ends_the_silence() -> None:
    async with bureau() as it:
        quiet = Quiet(it)
        state = await quiet.muted()
        referral = await quiet.referral(state.code, silent_until=(it.clock.now + 3 * DAY).isoformat())
        assert await quiet.told() == []
        await quiet.go(referral, "drop", Actor(ActorKind.OPERATOR, "ola"), reason="no crime after all")
        it.clock.wait(timedelta(minutes=1))
        assert len(await quiet.told()) == 1


@pytest.mark.norm("N3.1-2d", "behaviour")
async def test_silence_about_one_case_silences_no_other_and_no_reporter() -> None:
    async with bureau() as it:
        quiet = Quiet(it)
        state = await quiet.muted()
        await quiet.referral(state.code, silent_until=(it.clock.now + 3 * DAY).isoformat())
        other = await it.flood()
        heard = await quiet.told()
        assert [other.code in text for text in heard] == [True]
        waiting = await it.storage.letters.pending(it.clock.now)
        assert {row.letter.to for row in waiting} <= {Addressee.RESPONDENT}


@pytest.mark.norm("N3.1-2d", "bad-input")
async def test_a_referral_without_a_wish_for_silence_silences_nothing() -> None:
    async with bureau() as it:
        quiet = Quiet(it)
        state = await quiet.muted()
        await quiet.referral(state.code)
        assert len(await quiet.told()) == 1


def appealing(it: Bureau, code: str) -> Any:
    return ByCode(code), it.registrar.appeal(AppealMade("ann", "I sang a song about a fire"), it.clock.now)
