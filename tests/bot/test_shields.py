"""The shields' keeper: what the engine and people do becomes a dossier, the dossier what stands on the platform."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.rooms import Rooms, WatchedRoom
from bot.shields import Shields
from cases.docket import Wish
from cases.dossier import Dossier
from cases.model import Actor, ActorKind, Mode, Refusal
from cases.policy import RoomPolicy
from cases.ports import DossierFilter, StorageError
from cases.shield import Raised
from cases.siege import ShieldMode, ShieldPolicy
from commands.replies import Reply
from streams.events import FeedState, RoomKey
from streams.platform import Outcome, OutcomeStatus, RoomMode, SetRoomMode, ShieldCapability
from tests.bot.bureau import MONA, OPERATOR, ROOM, Bureau, Clock, bureau
from tests.bot.platform import ABLE, RecordedPlatform

KNOWN = ShieldCapability("known:120", regulars=True)
SILENT = ShieldCapability("member", longest=timedelta(minutes=30))
SLOW = RoomMode("slow:10")
KNOWN_ONLY = (
    "Shield up: for a while only people known here can write. If you are new: please wait, you did nothing wrong."
)
CAUSE = (("shield_waves", "2"), ("span", "90"))


class Stage:
    """One watched room over a store, whose platform records. A new one over the same store is a restart."""

    def __init__(self, office: Bureau, platform: RecordedPlatform, *, mode: Mode = Mode.ENFORCE, **policy: Any) -> None:
        self.office, self.platform, self.clock = office, platform, office.clock
        self.said: list[str] = []
        shield = replace(ShieldPolicy(platform=True), **policy)
        self.room = WatchedRoom(ROOM, mode, RoomPolicy(shield=shield), "en", lambda: platform.capabilities(ROOM))
        self.room.state = FeedState.LIVE
        rooms = Rooms()
        rooms.add(self.room)
        self.shields = Shields(
            rooms,
            {"irc": platform},
            office.office,
            office.storage.dossiers,
            office.storage.reader,
            self._announce,
            clock=self.clock,
        )
        office.office.listeners[:] = [self.shields.heard]

    def _announce(self, room: WatchedRoom, reply: Reply) -> None:
        self.said.append(reply.text)

    def is_up(self) -> bool:
        return self.room.judging.shield.raised is not None

    def attack(self) -> None:
        """The engine raises the shield by itself."""
        now_s = self.clock()
        self.room.judging.shield.recall(Raised(now_s, now_s + 1800, now_s, CAUSE))

    async def turn(self, times: int = 3) -> None:
        """Time enough for everything that can be done now."""
        for _ in range(times):
            self.clock.wait(timedelta(seconds=3))
            self.shields.turn()
            await self.shields.finish()

    async def quiet(self) -> None:
        """The room is quiet until the shield falls."""
        self.clock.wait(timedelta(minutes=3, seconds=1))
        await self.turn()

    async def dossiers(self) -> Sequence[Dossier]:
        return await self.office.storage.dossiers.dossiers(DossierFilter(kind="shield"))

    async def dossier(self) -> Dossier:
        (only,) = await self.dossiers()
        return only

    def modes_set(self) -> list[str]:
        return [action.mode.words for action in self.platform.performed if isinstance(action, SetRoomMode)]


def able(can: ShieldCapability | None = KNOWN, mode: RoomMode = SLOW) -> RecordedPlatform:
    platform = RecordedPlatform(replace(ABLE, shield=can))
    platform.mode = mode
    return platform


@asynccontextmanager
async def staged(tmp_path: Path, platform: RecordedPlatform | None = None, **more: Any) -> AsyncIterator[Stage]:
    async with bureau() as office:
        yield Stage(office, platform or able(), **more)


async def test_an_attack_is_written_down_set_on_the_platform_told_once_and_set_back(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.attack()
        await stage.turn()
        up = await stage.dossier()
        assert (up.status, up.room) == ("up", ROOM)
        assert up.fields["cause"] == "2 waves of one text each; within 90 s"
        assert (up.fields["before"], up.fields["wanted"]) == ("slow:10", "known:120")
        assert stage.platform.mode == RoomMode("known:120")
        assert stage.said == [KNOWN_ONLY]
        await stage.quiet()
        down = await stage.dossier()
        assert down.status == "down"
        assert down.fields["restored"] == "Who may write was set back: slow:10."
        assert stage.platform.mode == SLOW
        assert stage.said[1:] == ["Shield down: everybody chats as always."]
        assert [step.move for step in down.steps] == ["raise", "plan", "set", "lower", "restore"]


async def test_what_was_there_is_written_down_before_anything_is_set(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        seen: list[dict[str, Any]] = []
        perform = stage.platform.perform

        async def watched(action: Any) -> Outcome:
            seen.append((await stage.dossier()).fields)
            return await perform(action)

        stage.platform.perform = watched  # type: ignore[method-assign]
        stage.attack()
        await stage.turn()
        assert [fields["before"] for fields in seen] == ["slow:10"]


async def test_without_leave_nothing_is_set_on_the_platform(tmp_path: Path) -> None:
    async with staged(
        tmp_path,
        platform=able(),
    ) as stage:
        stage.room.policy = RoomPolicy(shield=ShieldPolicy(platform=False))
        stage.attack()
        await stage.turn()
        assert stage.said == ["Shield up: newcomers' lines wait; regulars chat as always."]
        await stage.quiet()
        assert stage.modes_set() == []
        assert (await stage.dossier()).fields["restored"] == "Nothing had been set on the platform."


async def test_what_somebody_changed_meanwhile_stays_and_it_says_so(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.attack()
        await stage.turn()
        stage.platform.mode = RoomMode("silent")
        await stage.quiet()
        assert stage.platform.mode == RoomMode("silent")
        assert (
            "Somebody changed who may write meanwhile, to silent: left so."
            in (await stage.dossier()).fields["restored"]
        )
        assert stage.said[-1] == "Shield down. Who may write was changed by hand meanwhile and stays so."


async def test_a_room_that_is_protected_already_is_left_as_it_is(tmp_path: Path) -> None:
    async with staged(tmp_path, platform=able(mode=RoomMode("known:120"))) as stage:
        stage.attack()
        await stage.turn()
        await stage.quiet()
        assert stage.modes_set() == []
        assert stage.platform.mode == RoomMode("known:120")


STEPS = ("raise", "plan", "set", "lower")


@pytest.mark.parametrize("killed_after", STEPS)
async def test_killed_after_any_step_it_is_released_and_set_back_exactly(tmp_path: Path, killed_after: str) -> None:
    platform, clock = able(), Clock()
    async with bureau(clock, file=tmp_path / "danmod.db") as office:
        stage = Stage(office, platform)
        stage.attack()
        await _until_moved(stage, killed_after)
    clock.wait(timedelta(minutes=1))
    async with bureau(clock, file=tmp_path / "danmod.db") as office:
        again = Stage(office, platform)
        await again.shields.begin()
        assert again.is_up() is (killed_after != "lower"), "it goes on where it was"
        await again.turn()
        if killed_after != "lower":
            assert platform.mode == RoomMode("known:120")
        await again.quiet()
        assert (await again.dossier()).status == "down"
        assert platform.mode == SLOW
        assert again.said == ["Shield down: everybody chats as always."], "nobody is told twice that it is up"


async def _until_moved(stage: Stage, move: str) -> None:
    """Up to and with this move; what follows it is cut off, as a kill would."""

    class Killed(Exception):
        pass

    office = stage.office.office
    real = office.move

    async def cut(wish: Wish, dossier_id: str | None = None) -> Dossier | Refusal:
        found = await stage.dossiers()
        if found and found[0].last(move) is not None:
            raise StorageError("killed")
        return await real(wish, dossier_id)

    office.move = cut  # type: ignore[method-assign]
    perform = stage.platform.perform

    async def dead(action: Any) -> Outcome:
        found = await stage.dossiers()
        if found[0].last(move) is not None:
            raise RuntimeError("killed")
        return await perform(action)

    stage.platform.perform = dead  # type: ignore[method-assign]
    await stage.turn(1)
    if move == "lower":
        await stage.quiet()
    stage.platform.perform = perform  # type: ignore[method-assign]
    assert (await stage.dossier()).last(move) is not None


async def test_killed_and_away_for_longer_than_it_should_last_it_is_lowered_at_the_start(tmp_path: Path) -> None:
    platform, clock = able(), Clock()
    async with bureau(clock, file=tmp_path / "danmod.db") as office:
        stage = Stage(office, platform)
        stage.attack()
        await stage.turn()
    clock.wait(timedelta(hours=2))
    async with bureau(clock, file=tmp_path / "danmod.db") as office:
        again = Stage(office, platform)
        await again.shields.begin()
        assert not again.is_up()
        await again.turn()
        assert platform.mode == SLOW
        assert (await again.dossier()).status == "down"


async def test_the_platform_is_asked_again_until_it_answers(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.attack()
        await stage.turn()
        stage.platform.mode, mode = None, stage.platform.mode
        await stage.quiet()
        assert (await stage.dossier()).status == "lowering"
        stage.platform.mode = mode
        await stage.turn()
        assert stage.platform.mode == SLOW


async def test_what_the_platform_does_not_show_yet_is_looked_at_again(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.attack()
        await stage.turn()
        stage.platform.answers.append(Outcome(OutcomeStatus.UNCONFIRMED, "not shown yet"))
        await stage.quiet()
        await stage.turn()
        assert stage.platform.mode == SLOW
        assert (await stage.dossier()).fields["restored"] == "Who may write was set back: slow:10."


async def test_rights_that_are_lost_for_good_leave_it_to_a_person_who_is_told(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.attack()
        await stage.turn()
        refused = Outcome(OutcomeStatus.REFUSED, "make danmod an operator")
        stage.platform.answers.extend([refused] * 400)
        await stage.quiet()
        assert (await stage.dossier()).status == "lowering", "rights may come back"
        stage.clock.wait(timedelta(minutes=11))
        await stage.turn()
        closed = await stage.dossier()
        assert closed.fields["hand"] == "needed"
        assert "it was slow:10" in closed.fields["restored"]


async def test_by_command_it_stays_for_as_long_as_it_was_told(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        assert await stage.shields.up(ROOM, MONA, timedelta(minutes=10), "m1") is None
        assert stage.is_up(), "at once, before anything else happens"
        await stage.turn()
        stage.clock.wait(timedelta(minutes=9))
        await stage.turn()
        assert stage.is_up()
        assert await stage.shields.up(ROOM, MONA, timedelta(minutes=10), "m2") is None
        stage.clock.wait(timedelta(minutes=9))
        await stage.turn()
        assert stage.is_up()
        assert await stage.shields.down(ROOM, MONA, "m3") is None
        assert not stage.is_up()
        await stage.turn()
        done = await stage.dossier()
        assert [step.move for step in done.steps] == ["raise", "plan", "set", "renew", "lower", "restore"]
        assert done.made_by("raise", "renew", "lower") == {MONA.ref}
        assert stage.platform.mode == SLOW


async def test_lowering_what_is_down_and_raising_where_it_is_off_is_said(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        assert _why(await stage.shields.down(ROOM, MONA, None)) == "shield_down"
        stage.room.policy = RoomPolicy(shield=ShieldPolicy(mode=ShieldMode.OFF))
        assert _why(await stage.shields.up(ROOM, MONA, None, None)) == "shield_off"
        assert _why(await stage.shields.up(RoomKey("irc:#nowhere"), MONA, None, None)) == "unknown_room"


def _why(refusal: Refusal | None) -> str:
    return "" if refusal is None else refusal.reason


async def test_a_dossiers_move_raises_and_lowers_it_too(tmp_path: Path) -> None:
    """The desk, the API and the command line move dossiers; the engine follows."""
    async with staged(tmp_path) as stage:
        until = stage.clock.now + timedelta(minutes=20)
        wish = Wish("shield", "raise", OPERATOR, {"cause": "a raid was announced", "until": until}, room=ROOM)
        opened = await stage.office.office.move(wish)
        assert isinstance(opened, Dossier)
        assert stage.is_up()
        assert _reason(await stage.office.office.move(wish)) == "already"
        await stage.turn()
        assert stage.platform.mode == RoomMode("known:120")
        await stage.office.office.move(Wish("shield", "lower", OPERATOR, {"reason": "it is over"}), opened.id)
        assert not stage.is_up()
        await stage.turn()
        assert stage.platform.mode == SLOW


@pytest.mark.parametrize("by", [Actor(ActorKind.VIEWER, "v"), Actor(ActorKind.SUPPORT, "s")])
async def test_nobody_else_raises_it(tmp_path: Path, by: Actor) -> None:
    async with staged(tmp_path) as stage:
        until = stage.clock.now + timedelta(minutes=20)
        wish = Wish("shield", "raise", by, {"cause": "because", "until": until}, room=ROOM)
        assert _reason(await stage.office.office.move(wish)) == "not_allowed"
        assert not stage.is_up()


async def test_a_shield_without_an_end_or_a_room_is_refused(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        late = {"cause": "because", "until": stage.clock.now + timedelta(days=2)}
        assert _reason(await stage.office.office.move(Wish("shield", "raise", OPERATOR, late, room=ROOM))) == "unfit"
        fine = {"cause": "because", "until": stage.clock.now + timedelta(minutes=2)}
        assert _reason(await stage.office.office.move(Wish("shield", "raise", OPERATOR, fine))) == "unfit"


def _reason(answer: Dossier | Refusal) -> str:
    return answer.reason if isinstance(answer, Refusal) else ""


async def test_in_a_dry_run_it_is_only_written_down(tmp_path: Path) -> None:
    async with staged(tmp_path, mode=Mode.DRY_RUN) as stage:
        stage.attack()
        await stage.turn()
        assert (await stage.dossier()).fields["dry_run"] is True
        await stage.quiet()
        assert stage.modes_set() == []
        assert stage.said == []


async def test_where_nobody_can_write_chat_is_told_so(tmp_path: Path) -> None:
    async with staged(tmp_path, platform=able(SILENT, RoomMode())) as stage:
        stage.attack()
        await stage.turn()
        assert stage.said == ["Shield up: for a while viewers cannot write here. Nobody did anything wrong."]
        assert stage.platform.mode is not None
        assert stage.platform.mode.ends_s == pytest.approx(stage.clock() + 1800, abs=15)


async def test_what_the_platform_would_end_too_soon_is_set_anew(tmp_path: Path) -> None:
    async with staged(tmp_path, platform=able(SILENT, RoomMode())) as stage:
        await stage.shields.up(ROOM, MONA, timedelta(hours=1), None)
        await stage.turn()
        first = stage.platform.mode
        stage.clock.wait(timedelta(minutes=29))
        await stage.turn()
        second = stage.platform.mode
        assert first is not None
        assert second is not None
        assert (second.ends_s or 0) > (first.ends_s or 0) + 1000
        await stage.shields.down(ROOM, MONA, None)
        await stage.turn()
        assert stage.platform.mode == RoomMode()


async def test_a_store_that_is_away_keeps_the_shield_up_and_is_tried_again(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        real, away = stage.office.office.move, 3

        async def sometimes(wish: Wish, dossier_id: str | None = None) -> Dossier | Refusal:
            nonlocal away
            if away:
                away -= 1
                raise StorageError("disk full")
            return await real(wish, dossier_id)

        stage.office.office.move = sometimes  # type: ignore[method-assign]
        stage.attack()
        await stage.turn(8)
        assert stage.platform.mode == RoomMode("known:120")
        assert len(await stage.dossiers()) == 1
