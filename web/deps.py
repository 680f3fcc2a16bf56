"""Everything a page needs, handed in by the program's wiring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web
from prometheus_client import CollectorRegistry

from cases.categories import CATEGORIES, Category
from cases.history import Addressee
from cases.model import CaseState, Refusal
from cases.ports import CaseReader, LetterRow
from cases.queue import Queue
from cases.rulebook import Rulebook
from streams.events import RoomKey
from web.access import Doors
from web.desk import Desk
from web.hub import Hub
from web.intake_door import IntakeDoor
from web.public_views import PublicHouse
from web.throttle import Anonymiser, Throttle
from web.views import AppealReceipt, LinkView, OwnFinding, ReportReceipt, RoomView, WebAppeal, WebRemark, WebReport


@dataclass(frozen=True)
class WebSettings:
    """Where the pages listen. ``public_url`` is what viewers type, "" when they cannot reach us.

    ``token`` opens desk, metrics and status from elsewhere than loopback; "" means loopback only.
    """

    host: str
    port: int
    public_url: str
    token: str


class Links(Protocol):
    """Pages that show a code, which somebody types in chat."""

    def begin(self) -> str:
        """A fresh page's secret."""

    async def look(self, secret: str) -> LinkView | None:
        """What a page's secret opens; None for one that never was, or is over."""


async def _none_found(state: CaseState, report_id: str) -> Sequence[OwnFinding]:
    return ()


async def _nothing_waits() -> Queue:
    return Queue(())


@dataclass
class WebDeps:
    """What the pages read and whom they tell. ``overlay_key`` is a room's secret, good for looking only.

    ``clock`` is Unix time that never steps back. ``status`` must be JSON. ``letters`` are what one
    addressee was told, oldest first. ``opened`` hears that a statement's token was
    used: its person is informed.
    """

    settings: WebSettings
    hub: Hub
    reader: CaseReader
    report: Callable[[WebReport], Awaitable[ReportReceipt | Refusal]]
    appeal: Callable[[WebAppeal], Awaitable[AppealReceipt | Refusal]]
    remark: Callable[[WebRemark], Awaitable[Refusal | None]]
    opened: Callable[[str], Awaitable[None]]
    links: Links
    letters: Callable[[Addressee, str], Awaitable[Sequence[LetterRow]]]
    public: PublicHouse
    rooms: Callable[[], Sequence[RoomView]]
    status: Callable[[], dict[str, Any]]
    ready: Callable[[], tuple[bool, str]]
    overlay_key: Callable[[RoomKey], str]
    clock: Callable[[], float]
    registry: CollectorRegistry
    queue: Callable[[], Awaitable[Queue]] = _nothing_waits
    """What waits for a person, for the desk."""
    findings: Callable[[CaseState, str], Awaitable[Sequence[OwnFinding]]] = _none_found
    """The findings about the reports of whoever made one."""
    streamer_decides: Callable[[], bool] = lambda: False
    """True where an appeal may find nobody but the streamer to answer it."""
    rulebook: Callable[[], Rulebook] = Rulebook
    categories: Callable[[], Sequence[Category]] = lambda: CATEGORIES
    """What can be reported now."""
    intake: IntakeDoor | None = None
    """Receipts, files, staff entry, partners; None: reports are only taken."""
    checks: Callable[[str], Sequence[Mapping[str, Any]]] = lambda language: ()
    """How far each check goes in each room and what it hit, in a language; a room's rows follow each other."""
    try_line: Callable[[str, str, str, str], Mapping[str, Any] | Refusal | None] = (
        lambda room, text, standing, language: None
    )
    """What a room's checks would make of a line by a newcomer or a regular, in a language."""
    desk: Desk | None = None
    """What `/api/v1` asks; None: there is no such thing here."""


class Guards:
    """What the pages count to keep abuse small. One visitor may post 12 forms a minute, 20 at once; all together 10 a
    second; guess 30 codes or tokens a minute, 30 at once; and ask for 2 link codes a minute, 5 at once."""

    def __init__(self, settings: WebSettings) -> None:
        self.doors = Doors(settings.host, settings.public_url, settings.token)
        self.anonymiser = Anonymiser()
        self.posts = Throttle(12, 20)
        self.all_posts = Throttle(600, 60)
        self.guesses = Throttle(30, 30)
        self.links = Throttle(2, 5)
        self.sockets: dict[str, int] = {}


DEPS: web.AppKey[WebDeps] = web.AppKey("deps", WebDeps)
GUARDS: web.AppKey[Guards] = web.AppKey("guards", Guards)
