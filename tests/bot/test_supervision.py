"""The weekly sample while danmod runs: once a week, all of it, also after a draw that was cut short (norm N4.1-1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.casework import shelves_of
from bot.office import Office
from bot.supervision import WeeklySample, flags, monday, start_of, state
from cases.docket import Docket, Wish
from cases.dossier import Dossier
from cases.dossiers import KINDS
from cases.house import House
from cases.model import BOT, Actor, ActorKind, Profile, Refusal
from cases.ports import Applied, ByEpisode, DossierFilter
from cases.registrar import Registrar
from cases.sampling import week_of
from storage import Storage, open_storage
from storage.vault import Keys
from tests.cases.matter import MINUTE, NOW, ROOM, commanded

WEEK = week_of(NOW)
OPERATOR = Actor(ActorKind.OPERATOR, "operator")
KEYS = Keys.ephemeral(b"supervision")


@dataclass
class World:
    """An open storage with an office; ``now`` moves by hand."""

    storage: Storage
    office: Office
    profile: Profile
    now: float = (NOW + timedelta(days=7)).timestamp()

    def sampler(self) -> WeeklySample:
        return WeeklySample(
            self.office, self.storage.reader, self.storage.dossiers, KEYS, self.profile, clock=lambda: self.now
        )

    async def checks(self) -> list[Dossier]:
        return list(await self.storage.dossiers.dossiers(DossierFilter(kind="check", limit=100)))

    async def move(self, wish: Wish, of: str | None = None) -> Dossier:
        answer = await self.office.move(wish, of)
        assert isinstance(answer, Dossier), answer
        return answer

    async def supervise(self, *names: str) -> None:
        """Supervisors are entered."""
        for name in names:
            fields: dict[str, Any] = {"name": name, "accounts": [f"irc:{name}"], "roles": "supervisor", "group": name}
            entered = await self.move(Wish("staff", "propose", OPERATOR, fields))
            await self.move(Wish("staff", "activate", OPERATOR, {}), entered.id)

    async def handle(self, number: int) -> None:
        """Cases are decided in the week."""
        registrar = Registrar(KEYS, House())
        for place in range(number):
            at = NOW + place * MINUTE
            ref = ByEpisode(ROOM, f"none-{place}", at, timedelta(0))
            answer = await self.storage.log.apply(ref, registrar.measure(commanded(processed=str(place)), at))
            assert isinstance(answer, Applied)


@asynccontextmanager
async def world(folder: Path, profile: Profile = Profile.PLATFORM) -> AsyncIterator[World]:
    async with open_storage(f"sqlite:///{folder / 'danmod.db'}", keys=KEYS) as storage:
        house = House(profile)
        registrar, docket = Registrar(KEYS, house), Docket(KINDS, house)
        clock = (NOW + timedelta(days=7)).timestamp()
        yield World(
            storage,
            Office(shelves_of(storage), registrar, docket, lambda room, done: None, clock=lambda: clock),
            profile,
        )


@pytest.mark.norm("N4.1-1", "behaviour")
@pytest.mark.norm("N4.1-1", "deadline")
async def test_last_weeks_sample_is_drawn_once(tmp_path: Path) -> None:
    async with world(tmp_path) as now:
        await now.supervise("sid", "sam")
        await now.handle(5)
        sampler = now.sampler()
        await sampler.turn()
        drawn = await now.checks()
        assert [one.fields["week"] for one in drawn] == [WEEK] * 2
        assert {one.steps[0].by for one in drawn} == {BOT}
        await sampler.turn()
        await now.sampler().turn()
        assert await now.checks() == drawn
        assert await start_of(now.storage.dossiers, WEEK) == drawn[0].fields["start"]


@pytest.mark.norm("N4.1-1", "behaviour")
async def test_a_draw_that_was_cut_short_goes_on_from_its_start(tmp_path: Path) -> None:
    """After a restart the same cases are drawn: the start is on record."""
    async with world(tmp_path) as now:
        await now.supervise("sid", "sam")
        await now.handle(5)
        moved, real = 0, now.office.move

        async def once(wish: Wish, dossier_id: str | None = None) -> Dossier | Refusal:
            nonlocal moved
            moved += 1
            if moved > 1:
                raise ConnectionError
            return await real(wish, dossier_id)

        now.office.move = once  # type: ignore[method-assign]
        with pytest.raises(ConnectionError):
            await now.sampler().turn()
        assert len(await now.checks()) == 1
        now.office.move = real  # type: ignore[method-assign]
        await now.sampler().turn()
        checks = await now.checks()
        assert len(checks) == 2
        assert len({one.fields["start"] for one in checks}) == 1


@pytest.mark.norm("N4.1-1", "bad-input")
async def test_without_anybody_to_judge_nothing_is_drawn_and_the_gap_is_told(tmp_path: Path) -> None:
    async with world(tmp_path) as now:
        await now.handle(2)
        await now.sampler().turn()
        assert await now.checks() == []
        told = await state(now.storage.reader, now.storage.dossiers, NOW + timedelta(days=7))
        assert told.gaps == (WEEK,)
        assert len(told.weaknesses) == 2


@pytest.mark.parametrize("profile", [Profile.SOLO, Profile.TEAM])
async def test_smaller_houses_draw_nothing_by_themselves(tmp_path: Path, profile: Profile) -> None:
    async with world(tmp_path, profile) as now:
        await now.supervise("sid", "sam")
        await now.handle(1)
        await now.sampler().turn()
        assert await now.checks() == []


@pytest.mark.norm("N4.3-1", "behaviour")
async def test_bulk_lookups_are_found_in_the_access_log(tmp_path: Path) -> None:
    async with world(tmp_path) as now:
        sid = Actor(ActorKind.SUPERVISOR, "staff-1", "Sid")
        for number in range(30):
            await now.storage.access.note(NOW + timedelta(seconds=number), sid, "case", f"C{number}", "looking")
        found = await flags(now.storage.reader, now.storage.dossiers, now.storage.access, NOW + MINUTE)
        assert [(one.kind, one.about) for one in found] == [("bulk-lookup", "staff-1")]


def test_weeks_begin_on_monday() -> None:
    assert monday("2026-W18") <= NOW < monday("2026-W19")
    with pytest.raises(ValueError, match="no week"):
        monday("18")
