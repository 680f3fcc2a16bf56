"""The self-audit (norm P3-2): each check finds its fault; what cannot run has failed; the report is on record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.config import Settings
from bot.retention import Retention
from bot.self_audit import SelfAudit, locked_versions
from cases.deadlines import Deadline
from cases.docket import Wish
from cases.history import Addressee, Letter
from cases.model import Profile, Refusal
from cases.ports import DossierFilter
from cases.retention import RULES, Schedule
from storage.checkpoints import append, sign
from tests.bot.bureau import MONA, OPERATOR, ROOM, Bureau, bureau
from tests.bot.engine import KEYS

pytestmark = pytest.mark.norm("P3-2", "behaviour")


@dataclass
class Place:
    """A bureau over a file, with its key file, and an audit of it."""

    desk: Bureau
    folder: Path
    profile: Profile = Profile.SOLO

    def settings(self) -> Settings:
        return Settings(
            profile=self.profile,
            storage={"url": f"sqlite:///{self.folder}/danmod.db"},
            keys={"file": self.folder / "danmod.keys"},
        )

    def audit(self, **options: Any) -> SelfAudit:
        options = {"lock": self.folder / "no.lock"} | options
        return SelfAudit(self.settings(), self.desk.storage, KEYS, self.desk.office, clock=self.desk.clock, **options)

    async def findings(self, **options: Any) -> list[str]:
        return list((await self.audit(**options).look()).findings)


@asynccontextmanager
async def sound_place(folder: Path, profile: Profile = Profile.SOLO) -> AsyncIterator[Place]:
    """An installation without a fault."""
    keys = folder / "danmod.keys"
    keys.write_text("")
    keys.chmod(0o600)
    async with bureau(file=folder / "danmod.db", profile=profile) as desk:
        fields = {"where": "a safe", "keys": KEYS.fingerprint}
        assert not isinstance(
            await desk.office.move(
                Wish("assessment", "note-backup", OPERATOR if profile is Profile.SOLO else _officer(), fields)
            ),
            Refusal,
        )
        yield Place(desk, folder, profile)


def _officer() -> Any:
    from cases.model import Actor, ActorKind

    return Actor(ActorKind.PRIVACY, "olga")


async def test_a_sound_installation_has_no_finding_and_a_report_on_record(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        await place.desk.report()
        report = await place.audit().turn()
        assert report is not None
        assert (report.findings, len(report.checks)) == ((), 10)
        (stored,) = await place.desk.storage.dossiers.dossiers(DossierFilter(kind="audit-report"))
        assert (stored.status, stored.fields["checks"]) == ("clean", list(report.checks))


@pytest.mark.norm("P3-2", "deadline")
async def test_it_runs_once_a_day(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        assert await place.audit().turn() is not None
        place.desk.clock.wait(timedelta(hours=1))
        assert await place.audit().turn() is None
        place.desk.clock.wait(timedelta(hours=23))
        assert await place.audit().turn() is not None, "a day later, also after a restart"


async def test_findings_are_told_to_the_operator_and_answered(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        (tmp_path / "danmod.keys").chmod(0o644)
        with structlog.testing.capture_logs() as told:
            await place.audit().turn()
        assert "chmod 600" in str(told), "the log says what was found, not only that something was"
        (letter,) = await place.desk.storage.letters.letters_to(Addressee.STAFF, "role:operator")
        assert letter.letter.key == "audit_found"
        (stored,) = await place.desk.storage.dossiers.dossiers(DossierFilter(kind="audit-report"))
        done = await place.desk.office.move(Wish("audit-report", "resolve", OPERATOR, {"done": "chmod"}), stored.id)
        assert not isinstance(done, Refusal), done


# -- a failing fixture for each check -----------------------------------------------------------------------------------


async def test_keys_that_others_can_read(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        (tmp_path / "danmod.keys").chmod(0o644)
        (found,) = await place.findings()
        assert "others can read the key file" in found


@pytest.mark.norm("P3-2", "bad-input")
async def test_a_check_that_cannot_run_has_failed(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        (tmp_path / "danmod.keys").unlink()
        (found,) = await place.findings()
        assert found.startswith("keys: the check could not run (FileNotFoundError")


async def test_no_noted_backup_or_one_of_other_keys(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        audit = SelfAudit(
            place.settings(), place.desk.storage, type(KEYS).ephemeral(b"new"), place.desk.office,
            clock=place.desk.clock, lock=tmp_path / "no.lock",
        )  # fmt: skip
        assert any("nobody noted where a copy of the key file" in one for one in (await audit.look()).findings)


async def test_a_role_nobody_used_for_a_year(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        fields = {"name": "Pia", "roles": "moderator", "group": "day", "accounts": "irc:pia"}
        entered = await place.desk.office.move(Wish("staff", "propose", OPERATOR, fields))
        assert not isinstance(entered, Refusal), entered
        active = await place.desk.office.move(Wish("staff", "activate", OPERATOR, {}), entered.id)
        assert not isinstance(active, Refusal), active
        assert await place.findings() == []
        place.desk.clock.wait(timedelta(days=400))
        assert any("has a role that nobody used" in one for one in await place.findings())


async def test_a_history_that_was_changed_since_the_last_look(tmp_path: Path, sql: Callable[[str], None]) -> None:
    async with sound_place(tmp_path) as place:
        await place.desk.report()
        report = await place.audit().look()
        sql("DROP TRIGGER history_no_update; UPDATE history SET entry = 'other' WHERE seq = 2")
        assert "chain: entry 2 of the history was changed" in await place.findings()
        assert (await place.audit().look(report.head)).findings == (), "what was checked is not checked every day"


async def test_a_history_that_ends_before_its_checkpoint(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        head = (await place.desk.storage.head())._replace(seq=99)
        append(tmp_path / "danmod-checkpoints.jsonl", sign(KEYS, head, place.desk.clock.now))
        (found,) = await place.findings()
        assert found.startswith("checkpoints: the history was cut")


async def test_a_case_that_should_have_been_erased(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        state = await place.desk.report()
        await place.desk.office.act(state.code, "dismiss", MONA, {"reason": "nothing"})
        place.desk.clock.wait(RULES["person"].ceiling + timedelta(hours=25))
        assert f"retention: case {state.code} should have been erased more than a day ago" in await place.findings()
        storage = place.desk.storage

        async def nothing(*_: Any) -> None:
            pass

        job = Retention(
            storage.erasure, storage.dossiers, Schedule(), nothing, None, clock=place.desk.clock, sleep=nothing
        )
        await job.turn()
        assert not [one for one in await place.findings() if one.startswith("retention:")]


async def test_a_body_that_went_without_a_proof(tmp_path: Path, sql: Callable[[str], None]) -> None:
    async with sound_place(tmp_path) as place:
        await place.desk.report()
        sql("DELETE FROM history_body WHERE seq = 2")
        assert "retention: 1 entries lost their bodies without a proof of erasure" in await place.findings()


async def test_a_step_that_was_missed(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        start = place.desk.clock.now
        due = start + timedelta(hours=1)
        await place.desk.open_case(deadlines=lambda code: (Deadline("triage", code, code, ROOM, start, start, due),))
        place.desk.clock.at(due + timedelta(minutes=1))
        await place.desk.watch.turn()
        assert any(one.startswith("deadlines: triage of") for one in await place.findings())


async def test_a_dependency_with_known_holes_or_other_than_locked(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        old = {"aiohttp": "3.14.4", "brotli": "1.2.1"}
        (found,) = await place.findings(versions=lambda name: old[name])
        assert found == "dependencies: aiohttp 3.14.4 has known holes; 3.14.5 or newer has not"
        lock = tmp_path / "requirements.lock"
        lock.write_text("aiohttp==1.0 \\\n    --hash=sha256:00\nnot-installed-here==1.0\n")
        assert locked_versions(lock) == {"aiohttp": "1.0", "not-installed-here": "1.0"}
        (found,) = await place.findings(lock=lock)
        assert found == f"dependencies: aiohttp is {metadata.version('aiohttp')}, the lock says 1.0"


async def test_letters_that_wait_for_more_than_a_day(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        await place.desk.open_case(letters=lambda code: (Letter(Addressee.STAFF, "role:owner", "alarm_rights"),))
        place.desk.clock.wait(timedelta(hours=25))
        assert "channels: 1 letters wait for more than a day" in await place.findings()


@pytest.mark.norm("P3-2", "deadline")
async def test_no_assessment_within_a_year_in_profile_platform(tmp_path: Path) -> None:
    async with sound_place(tmp_path, Profile.PLATFORM) as place:
        assert any(one.startswith("assessment: no assessment") for one in await place.findings())
        fields = {"risks": "leaks", "measures": "keys apart"}
        assert not isinstance(await place.desk.office.move(Wish("assessment", "assess", OPERATOR, fields)), Refusal)
        assert not [one for one in await place.findings() if one.startswith("assessment:")]
        place.desk.clock.wait(timedelta(days=366))
        assert any(one.startswith("assessment: no assessment") for one in await place.findings())


@pytest.mark.norm("P3-2", "deadline")
async def test_reports_are_kept_three_years(tmp_path: Path) -> None:
    async with sound_place(tmp_path) as place:
        await place.audit().turn()
        storage = place.desk.storage

        async def nothing(*_: Any) -> None:
            pass

        job = Retention(
            storage.erasure, storage.dossiers, Schedule(), nothing, None, clock=place.desk.clock, sleep=nothing
        )
        place.desk.clock.wait(timedelta(days=3 * 365 - 1))
        await job.turn()
        assert await storage.dossiers.dossiers(DossierFilter(kind="audit-report"))
        place.desk.clock.wait(timedelta(days=2))
        await job.turn()
        assert not await storage.dossiers.dossiers(DossierFilter(kind="audit-report"))


@pytest.fixture
def sql(tmp_path: Path) -> Callable[[str], None]:
    """Runs statements past the code under test, on the file of `sound_place`."""
    import sqlite3
    from contextlib import closing

    def run(script: str) -> None:
        with closing(sqlite3.connect(tmp_path / "danmod.db")) as connection:
            connection.executescript(script)
            connection.commit()

    return run
