"""An older copy of the database is put back: nobody is muted again whose appeal succeeded after the copy was made."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import Settings, load
from bot.review import LONG_AWAY, hold_for_review
from bot.wiring import Danmod, open_danmod
from cases.intents import AppealAnswered, AppealMade, LiftCommanded, MeasureCommanded, OutcomeSeen
from cases.model import ActionKind, Actor, ActorKind, AppealStatus, MeasureStatus, OrderedAction, Respondent
from cases.ports import Applied, ByCode, CaseFilter
from cases.registrar import Registrar
from cases.sentence import Measure
from storage import Keys, Storage, open_storage
from streams.events import RoomKey
from streams.sandbox.names import account_id
from streams.sandbox.room import SandboxRoom
from streams.sandbox.server import SandboxServer
from tests.journeys.running import eventually
from tests.journeys.sandbox_room import sandbox_config
from tests.servers import free_port

pytestmark = pytest.mark.fault("F38")

KEYS = Keys.ephemeral(b"restored")
ROOM = RoomKey("sandbox:demo")
MONA = Actor(ActorKind.MODERATOR, "mona", "Mona")
SARA = Actor(ActorKind.MODERATOR, "sara", "Sara")
DETAIL = "held for review: danmod was away for 26 h; order it again if it is still right"


class Record:
    """An open store at one moment, and the orders given in it."""

    def __init__(self, storage: Storage, now: datetime) -> None:
        self.storage = storage
        self.now = now
        self.registrar = Registrar(KEYS)

    async def order(self, measure: Measure, who: str, span: timedelta | None = None) -> str:
        """A moderator's measure, not yet performed; its case's code."""
        wanted = MeasureCommanded(
            ROOM, MONA, measure, Respondent(account_id(who), who), span, ("m1",), "R0", "", None, dry_run=False
        )
        applied = await self.storage.log.apply(ByCode(""), self.registrar.measure(wanted, self.now))
        assert isinstance(applied, Applied), applied
        return applied.state.code

    async def apply(self, code: str, decide: object) -> None:
        applied = await self.storage.log.apply(ByCode(code), decide)  # type: ignore[arg-type]  # what the registrar makes
        assert isinstance(applied, Applied), applied

    async def performed(self, code: str) -> None:
        await self.apply(code, self.registrar.outcome(OutcomeSeen(f"{code}.1", MeasureStatus.IN_FORCE, ""), self.now))

    async def overturn(self, code: str, who: str) -> None:
        """The respondent appeals, and is heard."""
        await self.apply(code, self.registrar.appeal(AppealMade(account_id(who), "it was a song"), self.now))
        answer = AppealAnswered(SARA, AppealStatus.OVERTURNED, "it was", uninvolved_exists=True)
        await self.apply(code, self.registrar.answer(answer, self.now))

    async def actions(self) -> dict[tuple[str, ActionKind], OrderedAction]:
        cases = await self.storage.reader.cases(CaseFilter(limit=100))
        return {(action.respondent, action.kind): action for case in cases for action in case.actions}


@asynccontextmanager
async def record(file: Path, now: datetime) -> AsyncIterator[Record]:
    async with open_storage(f"sqlite:///{file}", keys=KEYS, clock=lambda: now) as storage:
        yield Record(storage, now)


def settings(folder: Path, server: SandboxServer) -> Settings:
    file = folder / "config.toml"
    own = f'[storage]\nurl = "sqlite:///{folder / "danmod.db"}"\n[web]\nport = {free_port()}\n'
    file.write_text(sandbox_config(server) + own, encoding="utf-8")
    return load(file)


@asynccontextmanager
async def running(chosen: Settings) -> AsyncIterator[Danmod]:
    """A danmod in this process, from its first page to its planned stop."""
    async with open_danmod(chosen, KEYS) as danmod:
        stop = asyncio.Event()
        task = asyncio.create_task(danmod.run(stop))
        try:
            await danmod.served()
            yield danmod
        finally:
            stop.set()
            await task


async def _settled(danmod: Danmod) -> bool:
    return not await danmod.storage.outbox.pending(datetime.now(UTC) + timedelta(days=1))


def _with_people(server: SandboxServer) -> SandboxRoom:
    """The room with those in it whom the cases are about: the platform mutes nobody it does not know."""
    room = server.room("demo")
    for name in ("ann", "ben", "cem"):
        room.enter(name)
    return room


async def _written_before_the_copy(file: Path, then: datetime) -> tuple[str, str]:
    """What the copy knows: a mute and a ban that wait, and a mute in force whose lift waits."""
    async with record(file, then) as book:
        await book.storage.note_alive(then - timedelta(seconds=30))
        muted = await book.order(Measure.MUTE, "ann", timedelta(days=3))
        banned = await book.order(Measure.BAN, "ben")
        lifted = await book.order(Measure.MUTE, "cem", timedelta(days=3))
        await book.performed(lifted)
        lift = LiftCommanded(MONA, Measure.MUTE, account_id("cem"), "")
        await book.apply(lifted, book.registrar.lift(lift, then))
    return muted, banned


async def test_nobody_is_silenced_again_whose_appeal_succeeded_after_the_copy(tmp_path: Path) -> None:
    then = datetime.now(UTC) - timedelta(hours=26)
    file, backup = tmp_path / "danmod.db", tmp_path / "backup.db"
    muted, banned = await _written_before_the_copy(file, then)
    shutil.copy(file, backup)
    async with record(file, then + timedelta(hours=2)) as book:
        await book.overturn(muted, "ann")
        await book.overturn(banned, "ben")
    shutil.copy(backup, file)

    async with SandboxServer(("demo",)) as server:
        room = _with_people(server)
        room.mute(account_id("cem"), 3 * 86_400, "", datetime.now(UTC).timestamp())
        async with running(settings(tmp_path, server)) as danmod:
            await eventually(lambda: _settled(danmod), "every action to be settled")
            actions = await Record(danmod.storage, then).actions()
            memory = next(iter(danmod.rooms)).memory
            assert not any(memory.is_muted(account_id(name), danmod.clock()) for name in ("ann", "ben", "cem"))
        assert not room.mutes, "nobody is muted, and the lift went through"
        assert not room.bans
    for who, kind in ((account_id("ann"), ActionKind.MUTE), (account_id("ben"), ActionKind.BAN)):
        assert actions[who, kind].status is MeasureStatus.REFUSED
        assert actions[who, kind].detail == DETAIL
    assert actions[account_id("cem"), ActionKind.UNMUTE].status is MeasureStatus.IN_FORCE


async def test_after_a_short_absence_what_waited_is_done(tmp_path: Path) -> None:
    then = datetime.now(UTC) - LONG_AWAY + timedelta(minutes=5)
    await _written_before_the_copy(tmp_path / "danmod.db", then)
    async with SandboxServer(("demo",)) as server:
        room = _with_people(server)
        async with running(settings(tmp_path, server)) as danmod:
            await eventually(lambda: _settled(danmod), "every action to be settled")
        assert set(room.mutes) == {account_id("ann")}
        assert set(room.bans) == {account_id("ben")}


async def test_a_review_that_was_cut_short_is_gone_on_with(tmp_path: Path) -> None:
    """Only after the review danmod counts as alive: a start that fails before that changes nothing about the absence."""
    then = datetime.now(UTC) - timedelta(hours=26)
    file = tmp_path / "danmod.db"
    await _written_before_the_copy(file, then)
    async with record(file, then + timedelta(hours=26)) as book:
        first = await book.storage.begin_run(book.now)
    async with record(file, then + timedelta(hours=26, seconds=5)) as book:
        second = await book.storage.begin_run(book.now)
        assert second.away is not None
        assert first.away is not None
        assert second.away > first.away > timedelta(hours=26)
        log, outbox = book.storage.log, book.storage.outbox
        assert await hold_for_review(outbox, log, book.registrar, book.now, second.away) == 2
        assert await hold_for_review(outbox, log, book.registrar, book.now, second.away) == 0


@pytest.mark.parametrize("away", [None, timedelta(0), LONG_AWAY])
async def test_a_first_or_a_quick_start_holds_nothing(tmp_path: Path, away: timedelta | None) -> None:
    then = datetime.now(UTC)
    await _written_before_the_copy(tmp_path / "danmod.db", then)
    async with record(tmp_path / "danmod.db", then + timedelta(minutes=1)) as book:
        assert await hold_for_review(book.storage.outbox, book.storage.log, book.registrar, book.now, away) == 0
        assert (await book.actions())[account_id("ann"), ActionKind.MUTE].status is MeasureStatus.PENDING
