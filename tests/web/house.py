"""A whole web application over a back end in memory: what it is told, it keeps; what it holds, the pages read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import aiohttp
from prometheus_client import CollectorRegistry

from cases.history import Addressee
from cases.model import (
    ActionKind,
    Actor,
    CaseKind,
    CaseState,
    CaseStatus,
    Evidence,
    EvidenceKind,
    EvidenceLine,
    MeasureStatus,
    OrderedAction,
    Refusal,
    Report,
    Respondent,
    Statement,
)
from cases.ports import CaseFilter, HistoryRow, LetterRow, MuteRow, StrikeRow
from cases.queue import Queue, queue
from cases.sentence import Measure, Severity
from cases.standing import Earlier
from streams.events import RoomKey
from tests.web.public_house import MemoryHouse
from web.app import Site, WebDeps, WebSettings, make_app, serve
from web.hub import FeedLine, Hub
from web.metrics import Metrics
from web.views import (
    AppealReceipt,
    GivenFile,
    LinkView,
    OwnReport,
    ReportReceipt,
    RoomView,
    WayIn,
    WebAppeal,
    WebRemark,
    WebReport,
)

DEMO = RoomKey("sandbox:demo")
IRC = RoomKey("irc:#room")
STATEMENT_TOKEN = "s-secret-statement-token-1"
RECEIPT_TOKEN = "r-secret-receipt-token-001"
NOW = datetime(2026, 5, 4, 20, 15, tzinfo=UTC)


def a_case(code: str = "A7K2", **changes: Any) -> CaseState:
    """A decided flood of one sender, muted, reported once."""
    state = CaseState(
        code=code,
        room=DEMO,
        kind=CaseKind.AUTOMATIC,
        status=CaseStatus.DECIDED,
        episode="sender:42",
        opened_at=NOW,
        last_at=NOW,
        severity=Severity.MODERATE,
        category="flooding",
        rule="R1",
        automatic=True,
        respondents=(Respondent("42", "Flooding Fred"), Respondent("43", "Other Olga")),
        reports=(Report("A7K2.r1", "pseudonym-1", "web", NOW, "flooding", "he floods and floods"),),
        actions=(
            OrderedAction(
                "A7K2.1", ActionKind.MUTE, "42", MeasureStatus.IN_FORCE, NOW, until=NOW + timedelta(minutes=10)
            ),
        ),
        measures=(Measure.HIDE, Measure.MUTE),
        lines=7,
    )
    return changed(state, **changes)


def changed(state: Any, **changes: Any) -> Any:
    """The case with other values."""
    import msgspec

    return msgspec.structs.replace(state, **changes)


def a_statement(**changes: Any) -> Statement:
    """What the muted sender of `a_case` is told."""
    import msgspec

    statement = Statement(
        id="A7K2.1",
        respondent="42",
        measures=(Measure.MUTE,),
        rule="R1",
        facts=("7 lines in 10 seconds, 5 are fine",),
        automatic=True,
        issued_at=NOW,
        until=NOW + timedelta(minutes=10),
        appeal_until=NOW + timedelta(days=180),
        token="",
    )
    return msgspec.structs.replace(statement, **changes)


def check_row(**changes: Any) -> dict[str, Any]:
    """A check's row as the program hands it in."""
    sample = {
        "at": "2026-05-01T12:00:03+00:00",
        "name": "Ann",
        "text": "<b>buy</b>",
        "regular": True,
        "why": "one & two",
    }
    row = {
        "room": "irc:#talk",
        "check": "repeat",
        "looks_for": "the same again and again",
        "mode": "shadow",
        "origin": "command",
        "since": "2026-05-01T11:00:00+00:00",
        "fresh": False,
        "lines": 4310,
        "hits": 12,
        "hits_on_regulars": 3,
        "samples": [sample],
    }
    return {**row, **changes}


class Reader:
    """A case reader over dictionaries."""

    def __init__(self) -> None:
        self.states: dict[str, CaseState] = {}
        self.letters: dict[str, tuple[str, Statement]] = {}
        self.receipts: dict[str, tuple[str, str]] = {}
        self.lines: tuple[EvidenceLine, ...] = (
            EvidenceLine("m1", "Flooding Fred", "aaaaaaaa", NOW, judged=True),
            EvidenceLine("m2", "Other Olga", "what Olga said", NOW, judged=True),
            EvidenceLine("m3", "viewer 1", "please stop", NOW),
        )

    async def case(self, code: str) -> CaseState | None:
        return self.states.get(code.upper())

    async def cases(self, which: CaseFilter) -> Sequence[CaseState]:
        return [state for state in self.states.values() if which.status in (None, state.status)]

    async def history(self, code: str) -> Sequence[HistoryRow]:
        return []

    async def evidence(self, code: str) -> Sequence[Evidence]:
        return [Evidence(EvidenceKind.AT_ONCE, NOW, self.lines)]

    async def statements(self, code: str) -> Sequence[Statement]:
        return [letter for case, letter in self.letters.values() if case == code]

    async def statement_by_token(self, token: str) -> tuple[CaseState, Statement] | None:
        found = self.letters.get(token)
        return (self.states[found[0]], found[1]) if found else None

    async def report_by_token(self, token: str) -> tuple[CaseState, str] | None:
        found = self.receipts.get(token)
        return (self.states[found[0]], found[1]) if found else None

    async def strikes(self, since: datetime) -> Sequence[StrikeRow]:
        return []

    async def mutes_in_force(self, now: datetime) -> Sequence[MuteRow]:
        return []

    async def reports_since(self, room: RoomKey, reporter: str, since: datetime) -> int:
        return 0

    async def reports_by(self, room: RoomKey, reporters: Collection[str], since: datetime) -> Sequence[Earlier]:
        return []

    async def opened(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[CaseState]]:
        yield list(self.states.values())

    async def first_opened(self) -> datetime | None:
        return None

    async def counts(self) -> dict[str, int]:
        return {}

    def hold(self, state: CaseState) -> None:
        """Have this case, with a statement for its first respondent and a receipt for its first report."""
        self.states[state.code] = state
        self.letters[STATEMENT_TOKEN] = (state.code, a_statement())
        self.receipts[RECEIPT_TOKEN] = (state.code, "A7K2.r1")


class LinkDesk:
    """Link pages: what begins here waits, until a test binds it."""

    def __init__(self) -> None:
        self.views: dict[str, LinkView] = {}

    def begin(self) -> str:
        secret = f"link-secret-{len(self.views)}"
        self.views[secret] = LinkView("K7ACDEFH", False, NOW)
        return secret

    async def look(self, secret: str) -> LinkView | None:
        return self.views.get(secret)


class IntakeDesk:
    """Receipts: what is added is kept, an address is there until it is taken back. The rest is behind the API."""

    def __init__(self) -> None:
        self.supplied: list[tuple[str, str]] = []
        self.withdrawn: list[str] = []
        self.tried: Sequence[WayIn] = ()

    async def own(self, report_id: str) -> OwnReport:
        return OwnReport(not self.withdrawn, ("shot.png",))

    async def supply(self, token: str, text: str, key: str) -> Refusal | None:
        self.supplied.append((token, text))
        return None

    async def withdraw(self, token: str) -> bool:
        self.withdrawn.append(token)
        return token == RECEIPT_TOKEN

    async def enter(self, by: Actor, report: WebReport) -> ReportReceipt | Refusal:
        return Refusal("not_allowed", "nobody enters anything here")

    def check_partner(self, partner: str, stamp: str, signature: str, body: bytes) -> Refusal | None:
        return Refusal("unsigned", "there are no partners here")

    async def relay(self, partner: str, report: WebReport) -> ReportReceipt | Refusal:
        return Refusal("unsigned", "there are no partners here")

    async def original(self, by: Actor, code: str, why: str) -> Sequence[Evidence] | Refusal:
        return Refusal("not_allowed", "nobody looks here")

    async def file(self, by: Actor, file_id: str, why: str) -> GivenFile | Refusal:
        return Refusal("not_allowed", "nobody looks here")

    def ways(self) -> Sequence[WayIn]:
        return self.tried


class House:
    """The served pages. ``reports`` and ``appeals`` are what was sent in, ``answer`` what the next one is told."""

    def __init__(self, *, token: str = "", public_url: str = "", host: str = "127.0.0.1") -> None:
        self.hub = Hub(self.clock)
        self.reader = Reader()
        self.reports: list[WebReport] = []
        self.appeals: list[WebAppeal] = []
        self.remarks: list[WebRemark] = []
        self.opened_tokens: list[str] = []
        self.post: list[LetterRow] = []
        self.links = LinkDesk()
        self.intake = IntakeDesk()
        self.answer: Refusal | Exception | None = None
        self.public = MemoryHouse(self.clock)
        self.readiness = (True, "")
        self.streamer_decides = False
        self.checks: list[dict[str, Any]] = []
        self.tried: dict[str, Any] | None = None
        self.beating = True
        self.offset_s = 0.0
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.rooms = [
            RoomView(DEMO, "enforce", "live"),
            RoomView(IRC, "dry-run", "stale", "No line for 12 minutes."),
        ]
        self._settings = WebSettings(host, 0, public_url, token)
        self._site: Site | None = None
        self._beat: asyncio.Task[None] | None = None
        self._counter = 0

    def clock(self) -> float:
        return time.time() + self.offset_s

    def deps(self) -> WebDeps:
        return WebDeps(
            settings=self._settings,
            hub=self.hub,
            reader=self.reader,
            report=self._report,
            appeal=self._appeal,
            remark=self._remark,
            opened=self._opened,
            links=self.links,
            letters=self._letters,
            public=self.public,
            rooms=lambda: self.rooms,
            status=lambda: {"rooms": len(self.rooms)},
            ready=lambda: self.readiness,
            overlay_key=lambda room: f"key-of-{room}",
            clock=self.clock,
            registry=self.registry,
            queue=self._queue,
            streamer_decides=lambda: self.streamer_decides,
            intake=self.intake,
            checks=lambda language: self.checks,
            try_line=lambda room, text, standing, language: self.tried,
        )

    async def __aenter__(self) -> Self:
        for room in self.rooms:
            self.hub.open_room(room.key)
        self.hub.beat(self.clock())
        self._site = await serve(make_app(self.deps()), "127.0.0.1", self._settings.port)
        self._settings = replace(self._settings, port=self._site.port)
        self._beat = asyncio.create_task(self._beats())
        self.session = aiohttp.ClientSession(self.url)
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._beat:
            self._beat.cancel()
        await self.session.close()
        await self.stop()

    async def stop(self) -> None:
        """The server goes away."""
        if self._site:
            await self._site.close()
            self._site = None

    async def start(self) -> None:
        """The server comes back on the same port."""
        self._site = await serve(make_app(self.deps()), "127.0.0.1", self._settings.port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._settings.port}"

    def overlay(self, **options: object) -> str:
        extra = "".join(f"&{name}={value}" for name, value in options.items())
        return f"{self.url}/overlay/demo?key=key-of-{DEMO.replace(':', '%3A')}{extra}"

    def say(self, text: str, name: str = "Mia", *, hold_s: float | None = 0.0, **more: Any) -> str:
        """A judged line; answers its id."""
        self._counter += 1
        line = FeedLine(DEMO, more.pop("id", f"m{self._counter}"), name, text, self.clock(), **more)
        self.hub.judged(line, hold_s)
        return line.id

    async def _beats(self) -> None:
        while True:
            if self.beating:
                self.hub.beat(self.clock())
            await asyncio.sleep(0.02)

    async def _report(self, report: WebReport) -> ReportReceipt | Refusal:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer:
            return self.answer
        self.reports.append(report)
        return ReportReceipt("A7K2", RECEIPT_TOKEN)

    async def _queue(self) -> Queue:
        now = datetime.fromtimestamp(self.clock(), UTC)
        return Queue(queue(self.reader.states.values(), now, frozenset(), {}, {}))

    async def _remark(self, remark: WebRemark) -> Refusal | None:
        self.remarks.append(remark)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def _letters(self, to: Addressee, ref: str) -> list[LetterRow]:
        return [row for row in self.post if (row.letter.to, row.letter.ref) == (to, ref)]

    async def _opened(self, token: str) -> None:
        self.opened_tokens.append(token)

    async def _appeal(self, appeal: WebAppeal) -> AppealReceipt | Refusal:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer:
            return self.answer
        self.appeals.append(appeal)
        return AppealReceipt("A7K2")


async def until(true: Callable[[], bool | Awaitable[bool]], within_s: float = 10.0) -> None:
    """Wait for something, looking again and again."""
    async with asyncio.timeout(within_s):
        while True:
            answer = true()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)
