"""Modes of checks in a running engine: set by command, over the file, after an edit, and over a restart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.alarms import Alarm
from bot.casework import shelves_of
from bot.check_modes import EVERYWHERE, NOTED, CheckModes, Surroundings
from bot.clock import instant
from bot.config import CHECK_NAMES, Settings, policy_in
from bot.office import Office
from cases.checks import Check
from cases.docket import Docket, Wish
from cases.dossier import Dossier
from cases.dossiers import KINDS
from cases.house import House
from cases.model import BOT, Actor, ActorKind, Mode, Refusal
from cases.ports import DossierFilter, StorageError
from cases.registrar import Registrar
from storage import open_storage
from streams.events import Sender
from tests.bot.engine import ANN, KEYS, ROOM, START_S, Engine
from tests.cases.room import TALK

MONA = Actor(ActorKind.MODERATOR, "irc:mona", "Mona")
OPERATOR = Actor(ActorKind.OPERATOR, "operator")
COPY = "buy my skins"


class Bot(Engine):
    """An engine with its modes; a new one over the same file is a restart."""

    modes: CheckModes
    office: Office
    alarms: list[Alarm]

    async def copies(self, lines: int, sender: Sender = ANN) -> int:
        """One sender copies; how many decisions followed."""
        before = len(self.decisions)
        await self.say(sender, *[COPY] * lines, after_s=0.1)
        return len(self.decisions) - before

    async def talk(self, lines: int) -> None:
        """Different people say different things."""
        for number in range(lines):
            await self.say(Sender(f"g{number}", f"G{number}"), f"{TALK[number % len(TALK)]} {number * 7919}")

    def row(self, check: str = "repeat", language: str = "en") -> dict[str, Any]:
        return next(row for row in self.modes.board(language) if row["check"] == check)

    async def records(self) -> list[Dossier]:
        return list(await self.storage.dossiers.dossiers(DossierFilter(kind="check-mode")))


@asynccontextmanager
async def running(file: Path, *, at_s: float = START_S, own: str = "", **limits: Any) -> AsyncIterator[Bot]:
    """danmod over a file, with these limits in its configuration; checks that no test is about are off. ``own``: there is
    a check of the room's people, made of this."""
    room = {"platform": "irc", "room": "#talk"}
    others = {name: "off" for name in CHECK_NAMES if name not in ("repeat", "inside")}
    limits = {"repeat_lines": 4, **limits, "modes": {**others, **limits.get("modes", {})}}
    settings = Settings(limits=limits, platforms={"irc": {"url": "ws://127.0.0.1:1"}}, rooms=(room,))  # type: ignore[arg-type]
    now = [at_s]
    async with open_storage(f"sqlite:///{file}", keys=KEYS, clock=lambda: instant(now[0])) as storage:
        bot = Bot(storage, mode=Mode.ENFORCE, limits=settings.limits)
        bot.now_s = at_s
        if own:
            made = Check("banned-words", lambda seen: None, made_of=own)
            bot.room.policy = replace(bot.room.policy, checks=replace(bot.room.policy.checks, own=(made,)))
        house = House()
        bot.office = Office(
            shelves_of(storage), Registrar(KEYS, house), Docket(KINDS, house), lambda *_: None, clock=bot.clock
        )
        bot.alarms = []
        around = Surroundings(bot.alarms.append, bot.recorder.settle)
        bot.modes = CheckModes(settings, bot.rooms, bot.office, storage.dossiers, storage, around, clock=bot.clock)
        bot.heard.written = lambda decisions, code, now_s: bot.modes.written(decisions, code)  # type: ignore[method-assign]
        await bot.modes.begin()
        writing = asyncio.create_task(bot.recorder.run())
        try:
            yield bot
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "danmod.db"


class TestSetting:
    async def test_it_holds_from_the_next_line_on(self, file: Path) -> None:
        async with running(file) as bot:
            assert await bot.copies(6) > 0
            set_ = await bot.modes.set_mode(OPERATOR, ROOM, "repeat", "shadow", "too many fans")
            assert isinstance(set_, Dossier)
            assert await bot.copies(6, Sender("ben", "Ben")) == 0
            row = bot.row()
            assert (row["mode"], row["origin"], row["hits"], row["lines"]) == ("shadow", "command", 3, 6)
            assert row["samples"][-1]["why"].startswith("the same text 6 times")

    async def test_it_is_on_record_with_who_and_why(self, file: Path) -> None:
        async with running(file) as bot:
            await bot.modes.set_mode(MONA, ROOM, "repeat", "hide", "too many fans")
            (record,) = await bot.records()
            assert (record.about, record.room, record.fields) == (
                "repeat",
                ROOM,
                {"mode": "hide", "reason": "too many fans"},
            )
            assert record.made_by("set") == {"irc:mona"}

    async def test_and_after_a_restart(self, file: Path) -> None:
        async with running(file) as bot:
            await bot.modes.set_mode(OPERATOR, ROOM, "repeat", "off")
            await bot.modes.set_mode(OPERATOR, ROOM, "repeat", "shadow")
            await bot.modes.catch_up()
        async with running(file, at_s=START_S + 100) as bot:
            assert (bot.row()["mode"], bot.row()["origin"]) == ("shadow", "command")
            assert await bot.copies(6) == 0
            assert len(await bot.records()) == 1

    async def test_everywhere_and_in_one_room_otherwise(self, file: Path) -> None:
        async with running(file) as bot:
            await bot.modes.set_mode(OPERATOR, EVERYWHERE, "repeat", "off")
            assert bot.row()["mode"] == "off"
            await bot.modes.set_mode(OPERATOR, ROOM, "repeat", "hide")
            assert bot.row()["mode"] == "hide"

    async def test_what_was_cleared_is_the_checks_own(self, file: Path) -> None:
        async with running(file) as bot:
            await bot.modes.set_mode(OPERATOR, ROOM, "repeat", "off")
            await bot.office.move(Wish("check-mode", "clear", OPERATOR, {}), "check-mode-1")
            assert (bot.row()["mode"], bot.row()["origin"]) == ("enforce", "default")

    async def test_the_file_wins_and_says_so(self, file: Path) -> None:
        async with running(file) as bot:
            await bot.modes.set_mode(OPERATOR, ROOM, "repeat", "off")
        async with running(file, modes={"repeat": "hide"}) as bot:
            assert (bot.row()["mode"], bot.row()["origin"]) == ("hide", "file")
            refused = await bot.modes.set_mode(OPERATOR, ROOM, "repeat", "enforce")
            assert isinstance(refused, Refusal)
            assert refused.reason == "file_wins"
            assert "the file says hide" in refused.detail

    @pytest.mark.parametrize(
        ("who", "place", "check", "mode", "reason"),
        [
            (OPERATOR, "irc:#elsewhere", "repeat", "off", "unknown_room"),
            (OPERATOR, ROOM, "repeats", "off", "unknown_check"),
            (OPERATOR, ROOM, "repeat", "loud", "unfit"),
            (MONA, EVERYWHERE, "repeat", "off", "not_allowed"),
            (Actor(ActorKind.SUPPORT, "staff-9"), ROOM, "repeat", "off", "not_allowed"),
            (BOT, ROOM, "repeat", "off", "not_allowed"),
        ],
    )
    async def test_what_will_not_do_changes_nothing(
        self, file: Path, who: Actor, place: str, check: str, mode: str, reason: str
    ) -> None:
        async with running(file) as bot:
            refused = await bot.modes.set_mode(who, place, check, mode)
            assert isinstance(refused, Refusal)
            assert refused.reason == reason
            assert await bot.records() == []
            assert bot.row()["mode"] == "enforce"

    async def test_the_board_speaks_the_readers_language(self, file: Path) -> None:
        async with running(file, modes={"repeat": "shadow"}) as bot:
            await bot.copies(4)
            row = bot.row(language="zh-CN")
            assert row["looks_for"] == "反复发同一句"
            why = row["samples"][0]["why"].split("；")
            assert (why[0], why[-1]) == ("同一句话 4 遍", "上限是 3")


class TestDisarming:
    async def edited(self, bot: Bot) -> None:
        await bot.modes.set_mode(OPERATOR, ROOM, "repeat", "hide")

    async def test_a_fresh_edit_that_went_wrong_is_told_with_its_cases_and_undoes_nothing(self, file: Path) -> None:
        async with running(file) as bot:
            await bot.talk(10)
            await self.edited(bot)
            assert await bot.copies(7) == 2
            await bot.modes.catch_up()
            (case,) = await bot.cases()
            (alarm,) = bot.alarms
            assert (alarm.what, alarm.room) == ("disarmed", ROOM)
            assert "repeat hit 3 of 6 lines" in alarm.detail
            assert case.code in alarm.detail
            assert case.status == "decided"
            (record,) = await bot.records()
            assert (record.status, record.fields["cases"]) == ("disarmed", case.code)
            assert (bot.row()["mode"], bot.row()["origin"]) == ("shadow", "disarmed")

    async def test_it_stays_so_until_somebody_arms_it(self, file: Path) -> None:
        async with running(file) as bot:
            await self.edited(bot)
            await bot.copies(12)
            await bot.modes.catch_up()
        async with running(file, at_s=START_S + 10_000) as bot:
            assert bot.row()["origin"] == "disarmed"
            assert await bot.copies(6) == 0
            await bot.modes.set_mode(OPERATOR, ROOM, "repeat", "enforce")
            bot.now_s += 120
            assert await bot.copies(5) == 2

    async def test_an_edit_of_the_file_is_watched_too(self, file: Path) -> None:
        async with running(file) as bot:
            await bot.talk(5)
        async with running(file, at_s=START_S + 100, repeat_lines=2) as bot:
            assert bot.row()["fresh"]
            assert not bot.row("inside")["fresh"]
            await bot.copies(12)
            await bot.modes.catch_up()
            assert bot.row()["origin"] == "disarmed"
            assert [alarm.what for alarm in bot.alarms] == ["disarmed"]
        async with running(file, at_s=START_S + 200, repeat_lines=3) as bot:
            assert (bot.row()["origin"], bot.row()["fresh"]) == ("default", True), "edited again: armed again"

    async def test_the_first_start_and_one_without_an_edit_are_no_edits(self, file: Path) -> None:
        for at_s in (START_S, START_S + 5_000):
            async with running(file, at_s=at_s, repeat_lines=3) as bot:
                assert await bot.copies(40) > 30
                assert bot.alarms == []
                assert not bot.row()["fresh"]

    async def test_an_edit_stays_fresh_over_a_restart_for_what_is_left_of_its_hour(self, file: Path) -> None:
        async with running(file) as bot:
            await self.edited(bot)
            await bot.modes.catch_up()
        async with running(file, at_s=START_S + 1_800) as bot:
            assert bot.row()["fresh"]
        async with running(file, at_s=START_S + 4_000) as bot:
            assert not bot.row()["fresh"]

    async def test_a_store_that_is_away_is_asked_again(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        async with running(file) as bot:
            await self.edited(bot)
            real, slept = bot.office.move, list[float]()

            async def away(*arguments: Any) -> Any:
                raise StorageError("the disk is full")

            async def sleep(seconds: float) -> None:
                slept.append(seconds)

            monkeypatch.setattr(bot.modes, "_around", Surroundings(bot.alarms.append, bot.recorder.settle, sleep))
            monkeypatch.setattr(bot.office, "move", away)
            assert await bot.copies(7) == 2, "the next lines are left alone at once"
            await bot.modes.catch_up()
            assert (slept, bot.alarms) == ([5.0], [])
            monkeypatch.setattr(bot.office, "move", real)
            await bot.modes.catch_up()
            assert bot.row()["origin"] == "disarmed"
            assert len(bot.alarms) == 1

    async def test_a_note_that_cannot_be_read_is_no_edit(self, file: Path) -> None:
        async with running(file) as bot:
            await bot.storage.note(NOTED, "{nonsense")
        async with running(file, repeat_lines=2) as bot:
            assert not bot.row()["fresh"]
            assert json.loads(await bot.storage.noted(NOTED) or "")[ROOM]["thresholds"] == {"repeats": "2"}


@pytest.mark.parametrize(("first", "second", "fresh"), [("a1", "a1", False), ("a1", "b2", True), ("", "b2", True)])
async def test_what_a_rooms_people_set_up_has_a_mode_and_is_watched_when_it_changed(
    file: Path, first: str, second: str, fresh: bool
) -> None:
    async with running(file, own=first):
        pass
    async with running(file, at_s=START_S + 10, own=second) as bot:
        assert bot.row("banned-words")["fresh"] is fresh
        await bot.modes.set_mode(OPERATOR, ROOM, "banned-words", "hide")
        assert bot.row("banned-words")["mode"] == "hide"


def test_a_list_whose_file_was_edited_is_made_of_something_else(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    made = []
    for content in ("gone fishing\n", "gone fishing\n", "gone hunting\n"):
        words.write_text(content)
        settings = Settings(word_lists=({"name": "away", "file": words},))  # type: ignore[arg-type]
        (own,) = policy_in(settings, ROOM).checks.own
        made.append((own.name, own.made_of))
    assert made[0] == made[1] != made[2]
    assert made[0][0] == "words:away"
