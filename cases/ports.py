"""What the domain needs from others: the logs of cases and dossiers, their readers, what waits, the seals."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cases.deadlines import Deadline
from cases.docket import DossierDecide
from cases.dossier import Dossier
from cases.history import Addressee, AnyEntry, Changes, Letter, Notice, Timer
from cases.model import Actor, CaseKind, CaseState, CaseStatus, Evidence, OrderedAction, Refusal, Statement
from cases.standing import Earlier
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

        ``Changes.processed`` already stored: nothing is written and Repeated is answered. ``Changes.refused``: the changes
        are stored and the refusal is answered. Raises StorageError when the database cannot take it; then nothing was
        written.
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
    code: str = ""
    """The case it is about."""


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

    async def take_notices(
        self,
        room: RoomKey,
        now: datetime,
        max_age: timedelta,
        held: Collection[str] = (),
        late: Collection[str] = (),
    ) -> Sequence[NoticeRow]:
        """The unsent notices of a room, marked as sent before they are answered: at most once. Older ones lapse.

        Those of the cases ``held`` stay where they are. Of the cases ``late``, of which a silence is over, what is for one
        person alone does not lapse.
        """

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

    async def reports_since(self, room: RoomKey, reporter: str, since: datetime) -> int:
        """How many reports a pseudonym made in its room since ``since``."""

    async def reports_by(self, room: RoomKey, reporters: Collection[str], since: datetime) -> Sequence[Earlier]:
        """The reports of these pseudonyms of one room since ``since``, newest first; bounded."""

    def opened(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[CaseState]]:
        """The cases opened from ``since`` until before ``until``, the latest first, in portions."""

    async def first_opened(self) -> datetime | None:
        """When the first case was opened, None while there is none."""

    async def counts(self) -> dict[str, int]:
        """Numbers of the whole store by plain names (cases by status, actions by outcome) for the status page."""


@dataclass(frozen=True, slots=True)
class DossierApplied:
    """A dossier's step that is committed, with the dossier it led to."""

    dossier: Dossier
    changes: Changes


class DossierLog(Protocol):
    """The only way to write a dossier."""

    async def apply(
        self, dossier_id: str | None, kind: str, decide: DossierDecide
    ) -> DossierApplied | Repeated | Refusal:
        """Load the dossier, decide, store, commit, then answer: the caller sees its own write.

        ``dossier_id`` None: a new one; it takes the fresh id that ``decide`` is shown. ``Changes.processed`` already
        stored: nothing is written and Repeated (with the dossier's id) is answered. Refuses ``unknown_dossier`` and
        ``unknown_kind``. Raises StorageError when the database cannot take it; then nothing was written.
        """


@dataclass(frozen=True, slots=True)
class DossierFilter:
    """Which dossiers to list, newest first. None: any. ``room`` "": those of the whole installation."""

    kind: str | None = None
    status: str | None = None
    about: str | None = None
    room: str | None = None
    since: datetime | None = None
    limit: int = 50


class DossierReader(Protocol):
    """Reading dossiers; on a connection of its own, sees only what is committed."""

    async def dossier(self, dossier_id: str) -> Dossier | None:
        """The dossier with this id. Ids compare without regard to case."""

    async def dossiers(self, which: DossierFilter) -> Sequence[Dossier]:
        """The dossiers that match, newest first."""

    async def dossier_by_token(self, token: str) -> Dossier | None:
        """The dossier a secret token opens."""

    async def dossier_history(self, dossier_id: str) -> Sequence[HistoryRow]:
        """Every entry of a dossier in order."""


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """A deadline and what became of it. All four None: it runs.

    ``overdue_at`` stays when the step is taken late (``met_at``); ``dropped_at``: it no longer applied.
    """

    deadline: Deadline
    warned_at: datetime | None = None
    met_at: datetime | None = None
    overdue_at: datetime | None = None
    dropped_at: datetime | None = None

    @property
    def runs(self) -> bool:
        """True until the step is taken or no longer needed, overdue or not."""
        return self.met_at is None and self.dropped_at is None


@dataclass(frozen=True, slots=True)
class DeadlineFilter:
    """Which deadlines to list, the first due first. None: any. Begun from ``since`` until before ``until``."""

    key: str | None = None
    ref: str | None = None
    about: str | None = None
    room: RoomKey | None = None
    running: bool | None = None
    missed: bool | None = None
    """True: the due instant passed before the step was taken."""
    since: datetime | None = None
    until: datetime | None = None
    among: Collection[str] | None = None
    """Only those about one of these, at most some hundred."""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class DeadlineCount:
    """How one kind of deadline was kept. ``late`` were met after they were missed; ``missed`` counts those too."""

    key: str
    started: int
    met: int
    late: int
    missed: int
    dropped: int


class DeadlineBook(Protocol):
    """The deadlines that run, written with cases and dossiers."""

    async def to_warn(self, now: datetime, limit: int = 100) -> Sequence[DeadlineRow]:
        """Running deadlines of which it is time to warn and nobody was warned, the longest waiting first."""

    async def overdue(self, now: datetime, limit: int = 100) -> Sequence[DeadlineRow]:
        """Running deadlines whose instant has come and that are not marked so, the first due first."""

    async def deadlines(self, which: DeadlineFilter) -> Sequence[DeadlineRow]:
        """The deadlines that match."""

    async def counts(self, since: datetime, until: datetime, room: RoomKey | None = None) -> Sequence[DeadlineCount]:
        """How the deadlines that began from ``since`` until before ``until`` were kept, by key."""

    async def mark_warned(self, deadline: Deadline, now: datetime, letters: Sequence[Letter] = ()) -> bool:
        """Note that people are warned: in the row, and in the history of what it is about, with the letters that say so.

        False, and nothing is written, when it was noted before or the deadline runs no more.
        """

    async def mark_overdue(self, deadline: Deadline, now: datetime, letters: Sequence[Letter] = ()) -> bool:
        """Note that it was missed, as `mark_warned`."""

    async def next_deadline(self) -> datetime | None:
        """The earliest instant at which a deadline must be looked at, None when none runs."""


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter owed to one person. ``about`` is the case's code or the dossier's id it came with.

    ``attempts`` counts what was tried before. ``sent_at``: by ``channel``; ``held_at``: it is only to be read on the
    page, and ``detail`` says why.
    """

    id: int
    letter: Letter
    about: str
    room: RoomKey | None
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    held_at: datetime | None = None
    channel: str = ""
    detail: str = ""


class Letters(Protocol):
    """Letters written with cases and dossiers, taken by the post. Every letter stays readable by page."""

    async def pending(self, now: datetime, limit: int = 100) -> Sequence[LetterRow]:
        """Letters that are neither sent nor held, and due, oldest first."""

    async def sent(self, letter_id: int, channel: str, now: datetime) -> None:
        """It went out by this channel (``mail``, ``webhook``, ``page`` where there is no other way)."""

    async def postpone(self, letter_id: int, until: datetime, detail: str) -> None:
        """Note a failed attempt; try again at ``until``."""

    async def hold(self, letter_id: int, now: datetime, detail: str) -> None:
        """Give up sending: from now on it is only to be read on the page."""

    async def letters_to(self, to: Addressee, ref: str, limit: int = 50) -> Sequence[LetterRow]:
        """What one addressee was told, oldest first."""

    async def next_letter(self) -> datetime | None:
        """The earliest instant at which a letter is due, None when none waits."""


@dataclass(frozen=True, slots=True)
class AccessRow:
    """Somebody looked at something, or tried to: an entry of the history of its own."""

    seq: int
    at: datetime
    who: Actor
    what: str
    ref: str
    why: str


@dataclass(frozen=True, slots=True)
class AccessFilter:
    """Which accesses to list, newest first. None: any. ``who`` is the ref of who looked."""

    what: str | None = None
    ref: str | None = None
    who: str | None = None
    since: datetime | None = None
    limit: int = 50


class AccessReader(Protocol):
    """Who looked at what."""

    async def accesses(self, which: AccessFilter) -> Sequence[AccessRow]:
        """The accesses that match, newest first."""


class AccessLog(AccessReader, Protocol):
    """Reading is attributed: who looked at what, why; refused attempts too (norm N1.3-4, N3.1-3)."""

    async def note(self, at: datetime, who: Actor, what: str, ref: str, why: str) -> None:
        """Write it down, in the same chain as everything else; comes back when it is committed.

        ``what`` is a stable word (``identity``, ``evidence``, ``refused:identity`` …), ``ref`` what was looked at. Raises
        StorageError when it cannot be written: then the access must not happen.
        """


class Seals(Protocol):
    """Keyed values that need the key file: pseudonyms, secret tokens, sealed texts.

    Pseudonyms and tokens are the same every time under one key; a text is sealed differently each time.
    """

    def pseudonym(self, room: RoomKey, sender_id: str) -> str:
        """A sender's pseudonym in one room: stable there, not linkable to other rooms (norm P3-1a)."""

    def token(self, purpose: str, ref: str) -> str:
        """A secret, unguessable token for one thing, URL-safe, 26 characters."""

    def seal(self, purpose: str, text: str) -> str:
        """The text encrypted, as URL-safe text; it opens only for the same purpose (``vote A7K2/1``)."""

    def unseal(self, purpose: str, sealed: str) -> str:
        """The text in the clear. Raises StorageError when key, purpose or ciphertext do not belong together."""
