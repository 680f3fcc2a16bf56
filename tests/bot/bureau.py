"""A store with an office, a watch and a registrar over it, and a clock moved by hand. No platform, no bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.casework import shelves_of
from bot.clock import instant
from bot.deadlines import Watch
from bot.office import Office
from cases import intents
from cases.docket import Docket
from cases.dossiers import KINDS
from cases.history import Changes, Opened
from cases.house import House
from cases.model import (
    Actor,
    ActorKind,
    CaseKind,
    CaseState,
    Evidence,
    EvidenceKind,
    EvidenceLine,
    Profile,
    Refusal,
    Respondent,
)
from cases.ports import Applied, ByCode, ByEpisode
from cases.registrar import Registrar
from cases.sentence import Measure, Severity, sentence
from storage import Keys, Storage, open_storage
from streams.events import RoomKey, room_key
from tests.bot.engine import KEYS, START_S

ROOM = room_key("irc", "#talk")
ANN = Respondent("ann", "Ann")
MONA = Actor(ActorKind.MODERATOR, "mona", "Mona")
MAX = Actor(ActorKind.MODERATOR, "max", "Max")
OPERATOR = Actor(ActorKind.OPERATOR, "operator")


@dataclass
class Clock:
    """Unix seconds, moved by hand."""

    now_s: float = START_S

    def __call__(self) -> float:
        return self.now_s

    @property
    def now(self) -> datetime:
        return instant(self.now_s)

    def wait(self, span: timedelta) -> None:
        self.now_s += span.total_seconds()

    def at(self, moment: datetime) -> None:
        self.now_s = moment.timestamp()


@dataclass
class Bureau:
    """The parts over one open store. A new one over the same file is a restart."""

    storage: Storage
    clock: Clock
    profile: Profile = Profile.SOLO
    absorbed: list[Applied] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    keys: Keys = KEYS

    def __post_init__(self) -> None:
        house = House(self.profile)
        self.registrar = Registrar(self.keys, house)
        self.docket = Docket(KINDS, house)
        self.office = Office(shelves_of(self.storage), self.registrar, self.docket, self._absorb, clock=self.clock)
        self.watch = Watch(
            self.storage.deadlines, self.storage.dossiers, self.office, self.registrar, self._miss, clock=self.clock
        )

    def _absorb(self, room: RoomKey, applied: Applied) -> None:
        self.absorbed.append(applied)

    def _miss(self, key: str) -> None:
        self.missed.append(key)

    async def report(self, reporter: str = "p-cai", **changes: Any) -> CaseState:
        """Somebody reports Ann."""
        seen = EvidenceLine("m1", "Ann", "you fool", self.clock.now, judged=True)
        values: dict[str, Any] = {
            "room": ROOM,
            "reporter": reporter,
            "respondent": ANN,
            "channel": "chat",
            "category": "insult",
            "note": "rude",
            "message_ids": ("m1",),
            "evidence": Evidence(EvidenceKind.AT_ONCE, self.clock.now, (seen,)),
            "dry_run": False,
        }
        made = intents.ReportMade(**(values | changes))
        return await self.apply_new("report:ann", self.registrar.report(made, self.clock.now))

    async def flood(self, span: timedelta = timedelta(minutes=30)) -> CaseState:
        """The checks mute Ann."""
        seen = EvidenceLine("m1", "Ann", "buy now", self.clock.now, judged=True)
        fact = intents.LinesJudged(
            ROOM, "flood:ann", ANN, ("m1",), (), sentence(Measure.HIDE, mute=span), Severity.MODERATE, "R1", "flooding",
            ("repeat",), ("4 copies",), Evidence(EvidenceKind.AT_ONCE, self.clock.now, (seen,)), None, False,
        )  # fmt: skip
        return await self.apply_new("flood:ann", self.registrar.judge(fact, self.clock.now))

    async def apply_new(self, episode: str, decide: Any) -> CaseState:
        ref = ByEpisode(ROOM, episode, self.clock.now, timedelta(0))
        applied = await self.storage.log.apply(ref, decide)
        assert isinstance(applied, Applied), applied
        return applied.state

    async def open_case(self, **changes: Any) -> CaseState:
        """A bare case that carries whatever deadlines or letters a test wants in its first change."""
        ref = ByEpisode(ROOM, "bare", self.clock.now, timedelta(0))

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            opened = Opened(
                at=self.clock.now, by=MONA, code=fresh, room=ROOM, kind=CaseKind.REPORT, episode="bare",
                category="insult", rule="R3", severity=Severity.MINOR, dry_run=False,
            )  # fmt: skip
            made = {name: value(fresh) if callable(value) else value for name, value in changes.items()}
            return Changes(entries=(opened,), code=fresh, **made)

        applied = await self.storage.log.apply(ref, decide)
        assert isinstance(applied, Applied), applied
        return applied.state

    async def meet(self, code: str, *keys: tuple[str, str]) -> None:
        """The steps these deadlines wait for are taken."""
        await self.storage.log.apply(
            ByCode(code), lambda state, fresh: Changes(entries=(), code=code, deadlines_met=keys)
        )

    async def history(self, code: str) -> list[Any]:
        return [row.entry for row in await self.storage.reader.history(code)]

    async def case(self, code: str) -> CaseState:
        state = await self.storage.reader.case(code)
        assert state is not None
        return state


@asynccontextmanager
async def bureau(
    clock: Clock | None = None, *, file: Path | None = None, profile: Profile = Profile.SOLO, keys: Keys = KEYS
) -> AsyncIterator[Bureau]:
    """The parts over a private store, or over a file that outlives them."""
    clock = clock or Clock()
    url = f"sqlite:///{file}" if file else ""
    async with open_storage(
        url, keys=keys, clock=lambda: clock.now, in_memory=file is None, profile=profile
    ) as storage:
        yield Bureau(storage, clock, profile, keys=keys)
