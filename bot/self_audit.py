"""The self-audit: once a day, and by `danmod audit self`, the installation looks at itself (norm P3-2).

Every check answers with sentences, none when all is well; a check that cannot run has failed. The report is a dossier.
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

import structlog

from bot.checkpoints import checkpoints_of
from bot.clock import instant
from bot.config import Settings
from bot.office import Office
from cases.docket import Wish
from cases.model import BOT, Profile, Refusal
from cases.ports import AccessFilter, DeadlineFilter, DossierFilter, StorageError
from cases.retention import ERASED_WITHIN
from storage import Keys, Storage
from storage.chain import START, Head
from storage.checkpoints import compare

log = structlog.get_logger(__name__)

EVERY_S = 3_600.0
"""How often it is looked whether today's audit is done."""
STALE = timedelta(days=365)
"""A role nobody used or looked at for so long is taken for forgotten."""
YEARLY = timedelta(days=365)
LETTERS_WITHIN = timedelta(days=1)
FLOORS = {"aiohttp": "3.14.5", "brotli": "1.2.1"}
"""Versions below these have known holes."""
LOCK = Path(__file__).parent.parent / "requirements.lock"
MOST = 10_000

Check = Callable[[datetime], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Report:
    """``findings`` are sentences with their check's name in front; ``head`` is where the next look at the chain begins."""

    checks: tuple[str, ...]
    findings: tuple[str, ...]
    head: Head


class SelfAudit:
    """The audit over an open store."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        keys: Keys,
        office: Office,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        versions: Callable[[str], str] = metadata.version,
        lock: Path = LOCK,
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._keys = keys
        self._office = office
        self._clock = clock
        self._sleep = sleep
        self._versions = versions
        self._lock = lock
        self._head = START

    @property
    def checks(self) -> Mapping[str, Check]:
        """Every check by its name."""
        return {
            "keys": self._check_keys,
            "backup": self._check_backup,
            "roles": self._check_roles,
            "chain": self._check_chain,
            "checkpoints": self._check_checkpoints,
            "retention": self._check_retention,
            "deadlines": self._check_deadlines,
            "dependencies": self._check_dependencies,
            "channels": self._check_channels,
            "assessment": self._check_assessment,
        }

    async def run(self) -> None:
        """Once a day, for ever."""
        while True:
            try:
                await self.turn()
            except StorageError as fault:
                log.error("no self-audit", reason=str(fault))
            await self._sleep(EVERY_S)

    async def turn(self) -> Report | None:
        """Audit and put it on record, unless today's is there already (None). Raises StorageError."""
        latest = await self._storage.dossiers.dossiers(DossierFilter(kind="audit-report", limit=1))
        if latest and latest[0].opened_at.date() == instant(self._clock()).date():
            return None
        return await self.audit(Head.parse(str(latest[0].fields["head"])) if latest else START)

    async def audit(self, since: Head = START) -> Report:
        """Audit now, the history from ``since`` on, and put it on record. Raises StorageError."""
        report = await self.look(since)
        head = report.head.text()
        fields: dict[str, object] = {"checks": list(report.checks), "head": head}
        if report.findings:
            fields["findings"] = [finding[:500] for finding in report.findings]
        answer = await self._office.move(Wish("audit-report", "fail" if report.findings else "pass", BOT, fields))
        if isinstance(answer, Refusal):
            raise StorageError(f"the self-audit could not be put on record: {answer.detail}")
        tell = log.warning if report.findings else log.info
        tell("self-audit", checks=len(report.checks), findings=list(report.findings))
        return report

    async def look(self, since: Head = START) -> Report:
        """Run every check; nothing is written."""
        self._head, now = since, instant(self._clock())
        findings: list[str] = []
        for name, check in self.checks.items():
            try:
                findings += [f"{name}: {sentence}" for sentence in await check(now)]
            except Exception as fault:  # a check that cannot run has failed
                findings.append(f"{name}: the check could not run ({type(fault).__name__}: {fault})")
        return Report(tuple(self.checks), tuple(findings), self._head)

    # -- the checks -----------------------------------------------------------------------------------------------------

    async def _check_keys(self, now: datetime) -> Sequence[str]:
        file = self._settings.keys.file
        mode = stat.S_IMODE((await asyncio.to_thread(os.stat, file)).st_mode)
        if os.name == "posix" and mode & 0o077:
            return [f"others can read the key file {file} (mode {mode:04o}); chmod 600 {file}"]
        if self._keys.is_rotating:
            return ["a rotation of the keys was cut short; stop danmod, and `danmod keys rotate` ends it"]
        return []

    async def _check_backup(self, now: datetime) -> Sequence[str]:
        notes = await self._dossiers("assessment", "backup-noted")
        if any(note.get("keys") == self._keys.edition for note in notes):
            return []
        since = " since its keys were rotated" if self._keys.rotations else ""
        return [f"nobody noted where a copy of the key file is kept{since}; `danmod keys noted WHERE` does"]

    async def _check_roles(self, now: datetime) -> Sequence[str]:
        members = await self._storage.dossiers.dossiers(DossierFilter(kind="staff", limit=MOST))
        working = {member.id for member in self._office.docket.house.staff.members if member.status == "active"}
        quiet = [one for one in members if one.id in working and one.last_at <= now - STALE]
        since = now - STALE
        return [
            f"{one.id} has a role that nobody used or looked at for a year"
            for one in quiet
            if not await self._storage.access.accesses(AccessFilter(who=one.id, since=since, limit=1))
        ]

    async def _check_chain(self, now: datetime) -> Sequence[str]:
        self._head, problem = await self._storage.check_tail(self._head)
        return [] if problem is None else [problem]

    async def _check_checkpoints(self, now: datetime) -> Sequence[str]:
        file = checkpoints_of(self._settings)
        found = await compare(self._settings.storage.url, file, self._keys.public_key)
        return [] if found.problem is None else [found.problem]

    async def _check_retention(self, now: datetime) -> Sequence[str]:
        schedule = self._settings.retention.schedule
        late = await self._storage.erasure.overdue(schedule, now - ERASED_WITHIN)
        unproved = await self._storage.unproved_erasures()
        found = [f"case {code} should have been erased more than a day ago" for code in late]
        return found + ([f"{unproved} entries lost their bodies without a proof of erasure"] if unproved else [])

    async def _check_deadlines(self, now: datetime) -> Sequence[str]:
        rows = await self._storage.deadlines.deadlines(DeadlineFilter(running=True, missed=True, limit=MOST))
        late = [row.deadline for row in rows if row.deadline.due_at <= now]
        return [f"{one.key} of {one.about} is overdue since {one.due_at:%Y-%m-%d}" for one in late]

    async def _check_dependencies(self, now: datetime) -> Sequence[str]:
        locked = await asyncio.to_thread(locked_versions, self._lock)
        found = [problem for name, floor in FLOORS.items() if (problem := self._below(name, floor)) is not None]
        return found + [
            f"{name} is {has}, the lock says {wanted}"
            for name, wanted in locked.items()
            if (has := self._version(name)) is not None and has != wanted
        ]

    def _below(self, name: str, floor: str) -> str | None:
        has = self._versions(name)
        return f"{name} {has} has known holes; {floor} or newer has not" if _parts(has) < _parts(floor) else None

    def _version(self, name: str) -> str | None:
        """None for what is not installed here: extras, other systems."""
        try:
            return self._versions(name)
        except metadata.PackageNotFoundError:
            return None

    async def _check_channels(self, now: datetime) -> Sequence[str]:
        waiting = await self._storage.letters.pending(now - LETTERS_WITHIN, limit=MOST)
        return [f"{len(waiting)} letters wait for more than a day"] if waiting else []

    async def _check_assessment(self, now: datetime) -> Sequence[str]:
        if self._settings.profile is not Profile.PLATFORM:
            return []
        which = DossierFilter(kind="assessment", status="assessed", since=now - YEARLY, limit=1)
        if await self._storage.dossiers.dossiers(which):
            return []
        return ["no assessment of the risks was written within a year (`danmod dossiers open assessment`)"]

    async def _dossiers(self, kind: str, status: str) -> list[Mapping[str, object]]:
        found = await self._storage.dossiers.dossiers(DossierFilter(kind=kind, status=status, limit=MOST))
        return [one.fields for one in found]


def locked_versions(lock: Path) -> dict[str, str]:
    """Name and version of every line of the lock; nothing where danmod was installed without one."""
    if not lock.exists():
        return {}
    lines = re.findall(r"(?m)^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", lock.read_text(encoding="utf-8"))
    return dict(lines)


def _parts(version: str) -> tuple[int, ...]:
    """The numbers of a release; what follows them does not count."""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])
