"""What the domain needs from others: the case log, its readers, the outbox, the seals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cases.history import AnyEntry, Changes, Notice, Timer
from cases.model import CaseKind, CaseState, CaseStatus, Evidence, OrderedAction, Refusal, Statement
from streams.events import RoomKey


@dataclass(frozen=True, slots=True)
class ByCode:
    """The case with this code, None if there is none. Codes compare without regard to case."""

    code: str


@dataclass(frozen=True, slots=True)
class ByEpisode:
    """The latest case of this room and episode whose ``last_at`` is at most ``gap`` before ``now``, else None."""

    room: RoomKey
    episode: str
    now: datetime
    gap: timedelta


@dataclass(frozen=True, slots=True)
class ByAppeal:
    """The latest case of this room with an open appeal (for answers that name no code), None if there is none."""

    room: RoomKey


@dataclass(frozen=True, slots=True)
class ByActor:
    """The latest case in this room in which this person ordered an action since ``since``, for ``!undo``."""

    room: RoomKey
    ref: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ByRespondent:
    """The latest case of this room about this sender (for ``!why`` and ``!appeal`` without a code), None if none."""

    room: RoomKey
    sender_id: str


CaseRef = ByCode | ByEpisode | ByAppeal | ByActor | ByRespondent
"""How an intent finds its case."""

Decide = Callable[[CaseState | None, str], Changes | Refusal]
"""``(state, fresh code) -> changes``: pure, quick, called inside the writer's transaction. The fresh code is for a new
case; it is consumed only when the changes begin with Opened."""


@dataclass(frozen=True, slots=True)
class Applied:
    """Changes that are committed, with the state they led to."""

    state: CaseState
    changes: Changes


@dataclass(frozen=True, slots=True)
class Repeated:
    """The command was processed before: nothing was done now."""

    code: str


class CaseLog(Protocol):
    """The only way to write a case."""

    async def apply(self, ref: CaseRef, decide: Decide) -> Applied | Repeated | Refusal:
        """Load the state, decide, store, commit, then answer: the caller sees its own write.

        ``Changes.processed`` already stored: nothing is written and Repeated is answered. Raises StorageError when the
        database cannot take it; then nothing was written.
        """


class StorageError(Exception):
    """The database could not take or give something; the sentence says what and why."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An action waiting to be performed. ``attempts`` counts what was tried before."""

    action: OrderedAction
    room: RoomKey
    respondent_name: str
    code: str
    reason: str
    """What the platform may show the respondent, one short phrase."""
    attempts: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A line owed to a room's chat."""

    id: int
    room: RoomKey
    notice: Notice
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A timer that is due, with its case and room."""

    timer: Timer
    code: str
    room: RoomKey


class Outbox(Protocol):
    """Rows written with the cases, taken by the enforcement."""

    async def pending(self, now: datetime, limit: int = 100) -> Sequence[OutboxRow]:
        """Actions whose outcome is not final and that are due, oldest first; per respondent only the oldest."""

    async def measures_waiting(self, before: datetime) -> Sequence[OutboxRow]:
        """Mutes and bans ordered before ``before`` whose outcome is not final, due or not, oldest first."""

    async def postpone(self, action_id: str, until: datetime, detail: str) -> None:
        """Note a failed attempt; try again at ``until``."""

    async def take_notices(self, room: RoomKey, now: datetime, max_age: timedelta) -> Sequence[NoticeRow]:
        """The unsent notices of a room, marked as sent before they are answered: at most once. Older ones lapse."""

    async def rooms_with_notices(self) -> Sequence[RoomKey]:
        """The rooms that are owed a notice."""

    async def timers_due(self, now: datetime) -> Sequence[TimerRow]:
        """Timers whose instant has come, oldest first."""

    async def next_due(self) -> datetime | None:
        """The earliest instant at which an action or a timer becomes due, None when nothing waits."""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry as stored: its place in the chain, its content (None after erasure)."""

    seq: int
    code: str
    entry: AnyEntry | None


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to list, newest first. None: any."""

    room: RoomKey | None = None
    status: CaseStatus | None = None
    kind: CaseKind | None = None
    respondent: str | None = None
    since: datetime | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class StrikeRow:
    """A strike that counts."""

    room: RoomKey
    sender_id: str
    at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class MuteRow:
    """A mute or ban in force, to be remembered after a restart. ``until`` None: a ban."""

    room: RoomKey
    sender_id: str
    action_id: str
    until: datetime | None


class CaseReader(Protocol):
    """Reading cases; on a connection of its own, sees only what is committed."""

    async def case(self, code: str) -> CaseState | None:
        """The case with this code."""

    async def cases(self, which: CaseFilter) -> Sequence[CaseState]:
        """The cases that match, newest first."""

    async def history(self, code: str) -> Sequence[HistoryRow]:
        """Every entry of a case in order."""

    async def evidence(self, code: str) -> Sequence[Evidence]:
        """What was frozen, in order of capture."""

    async def statements(self, code: str) -> Sequence[Statement]:
        """The statements of a case; ``token`` is empty (it is stored only as a hash)."""

    async def statement_by_token(self, token: str) -> tuple[CaseState, Statement] | None:
        """The statement a secret token opens."""

    async def report_by_token(self, token: str) -> tuple[CaseState, str] | None:
        """The case and the report's id that a reporter's secret token opens."""

    async def strikes(self, since: datetime) -> Sequence[StrikeRow]:
        """Strikes that count, not cleared, since ``since``."""

    async def mutes_in_force(self, now: datetime) -> Sequence[MuteRow]:
        """Mutes and bans that should hold now, over all rooms."""

    async def counts(self) -> dict[str, int]:
        """Numbers of the whole store by plain names (cases by status, actions by outcome) for the status page."""


class Seals(Protocol):
    """Keyed values that need the key file: pseudonyms and secret tokens. Deterministic under one key."""

    def pseudonym(self, room: RoomKey, sender_id: str) -> str:
        """A sender's pseudonym in one room: stable there, not linkable to other rooms (norm P3-1a)."""

    def token(self, purpose: str, ref: str) -> str:
        """A secret, unguessable token for one thing, URL-safe, 26 characters."""
