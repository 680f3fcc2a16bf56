"""What the public pages show, and the port behind them: complaints, concerns, requests, and the house's own account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from cases.docket import Wish
from cases.dossier import Dossier
from cases.dossiers.complaint import ComplaintFigures
from cases.dossiers.public_note import Shown
from cases.dossiers.standard import Shown as Standing
from cases.model import Profile, Refusal
from cases.ports import DeadlineCount, LetterRow
from cases.promotions import Sponsor
from cases.statistics import Period


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for this installation; both "" where nobody is named, which only `platform` forbids."""

    name: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule in force; ``words`` by language."""

    id: str
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FiguresView:
    """One published period, as `cases.statistics.published` tells it. ``file`` is its address for programs, "": none."""

    numbers: Mapping[str, Any]
    file: str = ""


@dataclass(frozen=True, slots=True)
class SupervisionView:
    """How the handling is checked: of ``judged`` cases the share ``rate`` was confirmed (None: none was judged), weeks
    without a sample, and how many checks are late."""

    judged: int
    rate: float | None
    gaps: Sequence[str] = ()
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class PublicView:
    """What everybody may know of the house. ``figures`` None: nothing is published yet.

    ``interpreter`` says what a rule means, "": the streamer. ``deadlines`` are the last 30 days'; of the latest
    ``concerns`` only number, state and dates are shown.
    """

    profile: Profile
    controller: Controller
    rules: Sequence[RuleView]
    rules_version: str
    rules_since: datetime | None = None
    interpreter: str = ""
    standards: Mapping[str, Sequence[tuple[Dossier, Standing]]] = field(default_factory=dict)
    complaints: ComplaintFigures | None = None
    concerns: Sequence[Dossier] = ()
    deadlines: Sequence[DeadlineCount] = ()
    figures: FiguresView | None = None
    supervision: SupervisionView | None = None
    sponsors: Mapping[str, Sequence[Sponsor]] = field(default_factory=dict)
    """By room whose advertising is welcome there."""
    notes: Sequence[Shown] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A matter was taken in: it, and the secret token that opens it."""

    dossier: Dossier
    token: str


@dataclass(frozen=True, slots=True)
class MatterView:
    """One person's matter. ``next_at`` is by when they hear from us, None: nothing is owed; ``overdue``: it is past.

    ``letters`` are what they were told, oldest first.
    """

    dossier: Dossier
    letters: Sequence[LetterRow]
    next_at: datetime | None = None
    overdue: bool = False


class PublicHouse(Protocol):
    """What the public pages ask of the house behind them. Raises StorageError where nothing can be stored."""

    async def view(self) -> PublicView:
        """The house's account of itself."""

    async def months(self) -> Sequence[str]:
        """The months whose numbers are published, the latest first, like ``2026-05``."""

    async def statistics(self, month: str) -> Mapping[str, Any] | None:
        """One of them for programs; None: no such month."""

    async def last_week(self) -> Period | None:
        """The last whole week's numbers, for those who work here; None while there is none."""

    async def move(self, wish: Wish) -> Opened | Refusal:
        """Take in a new matter. The same form sent twice (`Wish.processed`) is one matter."""

    async def go_on(self, token: str, move: str, fields: Mapping[str, Any], processed: str) -> Dossier | Refusal | None:
        """One more step by whoever holds the token; None for a token that opens nothing."""

    async def look(self, token: str) -> MatterView | None:
        """The matter a token opens."""

    async def ask(self, proof: str, what: str, words: str, language: str, processed: str) -> Opened | Refusal | None:
        """A request about one's own data by the token of a statement or a receipt; None when it is neither."""

    async def copy(self, token: str) -> dict[str, Any] | None:
        """The machine-readable copy that a granted request's token opens, made now; None when there is none."""
