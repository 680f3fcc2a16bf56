"""One watched room with its pages, API and intake desk served over a private store; the clock is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import aiohttp
from prometheus_client import CollectorRegistry

from bot.appeal_forms import AppealForms
from bot.casework import shelves_of
from bot.clock import instant
from bot.config import LimitsSection, policy_of
from bot.desk_api import OPERATOR, DeskApi
from bot.forms import Forms
from bot.intake import Arrived
from bot.intake_desk import IntakeDesk
from bot.office import Office
from bot.pipeline import Pipeline
from bot.recorder import Recorder
from bot.rooms import Rooms, WatchedRoom
from bot.ways import Ways, signed_headers
from cases.checks import CheckMode
from cases.docket import Docket
from cases.dossiers import KINDS
from cases.house import House
from cases.model import ActorKind, CaseState, Mode, Profile
from cases.ports import Applied, CaseFilter, DeadlineFilter, DeadlineRow
from cases.registrar import Registrar
from cases.staff import Member, StaffBook
from commands.router import Router
from ratelimit.cooldown import REPORT_LIMITS, Cooldowns
from ratelimit.memory_gauge import MemoryGauge
from storage import Storage, open_storage
from streams.events import FeedState, Message, RoomKey, Sender
from tests.bot.engine import ABLE, KEYS, MONA, ROOM, START_S, Heard
from tests.web.house import LinkDesk
from tests.web.public_house import MemoryHouse
from web.app import Site, WebDeps, WebSettings, make_app, serve
from web.hub import Hub
from web.views import RoomView

PARTNERS = {"helpdesk": "a secret of twenty-four characters"}
CALM = {"contact": CheckMode.OFF}
"""The people of these tests are new, and what they write of numbers is to be reported, not kept off beforehand."""


class Front:
    """The parts, wired like the program wires them, without a platform."""

    def __init__(self, storage: Storage, mode: Mode, profile: Profile) -> None:
        self.now_s = START_S
        self.storage = storage
        self.heard = Heard()
        self.rooms = Rooms()
        self.room = WatchedRoom(ROOM, mode, policy_of(LimitsSection(modes=CALM), Profile.SOLO), "en", lambda: ABLE)
        self.room.state = FeedState.LIVE
        self.rooms.add(self.room)
        self.hub = Hub(self.clock)
        self.hub.open_room(ROOM)
        self.registrar = Registrar(KEYS, House(profile))
        router = Router(storage.log, storage.reader, self.registrar, KEYS, reports=Cooldowns(REPORT_LIMITS))
        self.recorder = Recorder(storage.log, self.registrar, router, self.heard, self._hide)
        self.pipeline = Pipeline(
            self.rooms, MemoryGauge(), self.recorder, router, self.hub, self.heard, clock=self.clock, run_id="test"
        )
        docket = Docket(KINDS, self.registrar.house)
        self.office = Office(shelves_of(storage), self.registrar, docket, self._absorb, clock=self.clock)
        self._numbers = 0
        self._site: Site | None = None

    def clock(self) -> float:
        return self.now_s

    @property
    def now(self) -> datetime:
        return instant(self.now_s)

    def _hide(self, room: WatchedRoom, ids: Iterable[str]) -> None:
        self.hub.hide(room.key, ids)

    def _absorb(self, key: RoomKey, applied: Applied) -> None:
        self.recorder.absorb(self.room, applied)

    # -- serving --------------------------------------------------------------------------------------------------------

    async def open(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        storage, absorb = self.storage, self.recorder.absorb
        forms = Forms(
            self.rooms, storage.log, storage.reader, self.registrar, KEYS, absorb, self.clock, storage.attachments
        )
        appeals = AppealForms(self.rooms, storage.log, storage.reader, self.registrar, KEYS, absorb, self.clock)
        self.ways = Ways(http, self._base, self.rooms, PARTNERS, KEYS.token("api", OPERATOR), clock=self.clock)
        desk = IntakeDesk(
            forms,
            storage.log,
            storage.reader,
            self.registrar,
            storage.access,
            storage.contacts,
            storage.attachments,
            self._absorb,
            self.ways,
            PARTNERS,
            clock=self.clock,
        )
        deps = WebDeps(
            settings=WebSettings("127.0.0.1", 0, "", ""),
            hub=self.hub,
            reader=storage.reader,
            report=forms.report,
            appeal=appeals.appeal,
            remark=appeals.remark,
            opened=appeals.opened,
            letters=storage.letters.letters_to,
            links=LinkDesk(),
            public=MemoryHouse(self.clock),
            rooms=lambda: [RoomView(ROOM, self.room.mode, "live")],
            status=dict,
            ready=lambda: (True, ""),
            overlay_key=lambda room: "key",
            clock=self.clock,
            registry=CollectorRegistry(),
            intake=desk,
            desk=DeskApi(self.office, self.registrar, storage.reader, storage.deadlines, KEYS),
        )
        self._site = await serve(make_app(deps), "127.0.0.1", 0)

    async def close(self) -> None:
        if self._site is not None:
            await self._site.close()

    async def _base(self) -> str:
        return self.base

    @property
    def base(self) -> str:
        assert self._site is not None
        return f"http://127.0.0.1:{self._site.port}"

    # -- chat -----------------------------------------------------------------------------------------------------------

    async def say(self, sender: Sender, text: str, *, after_s: float = 1.0) -> str:
        """A line, judged, shown after its hold, with everything written that follows; its id."""
        self.now_s += after_s
        self._numbers += 1
        message = Message(ROOM, id=f"m{self._numbers}", sender=sender, text=text, sent_s=self.now_s)
        await self.pipeline.handle([Arrived(message, self.now_s)])
        await self.recorder.drain()
        self.now_s += 30.0
        self.hub.beat(self.now_s)
        self.hub.advance(self.now_s)
        return message.id

    def shows(self, message_id: str) -> bool:
        """True while the line is on the feed and the overlay."""
        return self.hub.line(ROOM, message_id) is not None

    # -- HTTP -----------------------------------------------------------------------------------------------------------

    async def form(
        self, fields: Mapping[str, str], *files: tuple[str, bytes], path: str = "/report"
    ) -> tuple[int, str]:
        """The form, sent as a browser does."""
        data = aiohttp.FormData(quote_fields=False, default_to_multipart=path == "/report")
        for name, value in fields.items():
            data.add_field(name, value)
        for name, content in files:
            data.add_field("file", content, filename=name, content_type="application/octet-stream")
        async with self.http.post(self.base + path, data=data, headers={"Origin": self.base}) as answer:
            return answer.status, await answer.text()

    async def api(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        """A POST to the API."""
        async with self.http.post(f"{self.base}/api/v1{path}", json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None) if answer.status != 204 else {}

    async def hook(self, body: bytes, partner: str = "helpdesk", **changed: str) -> tuple[int, dict[str, Any]]:
        """A partner's message."""
        headers = signed_headers(partner, PARTNERS["helpdesk"].encode(), self.now_s, body)
        renamed = {name.replace("_", "-"): value for name, value in changed.items()}
        async with self.http.post(f"{self.base}/api/v1/hook", data=body, headers={**headers, **renamed}) as answer:
            return answer.status, await answer.json(content_type=None) if answer.status != 204 else {}

    def token(self, ref: str = OPERATOR) -> dict[str, str]:
        """The header that says who one is."""
        return {"Authorization": f"Bearer {KEYS.token('api', ref)}"}

    # -- what is written ------------------------------------------------------------------------------------------------

    async def case(self) -> CaseState:
        """The one case there is."""
        (state,) = await self.storage.reader.cases(CaseFilter(limit=10))
        return state

    async def cases(self) -> Sequence[CaseState]:
        return await self.storage.reader.cases(CaseFilter(limit=100))

    async def deadlines(self) -> Sequence[DeadlineRow]:
        return await self.storage.deadlines.deadlines(DeadlineFilter(limit=100))

    def hire(self, name: str, *roles: ActorKind) -> None:
        """Somebody works here, trained, under this name as id and account."""
        member = Member(
            name, name, frozenset({f"irc:{name}"}), frozenset(roles), name, passed_at=self.now, passed_rules="1"
        )
        known = self.registrar.house.staff.members
        self.registrar.house = replace(self.registrar.house, staff=StaffBook((*known, member)))


@asynccontextmanager
async def front(mode: Mode = Mode.ENFORCE, profile: Profile = Profile.SOLO) -> AsyncIterator[Front]:
    """All of it, running."""
    running: list[Front] = []
    clock = lambda: instant(running[0].now_s if running else START_S)  # noqa: E731 - one line
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(
            open_storage("", keys=KEYS, clock=clock, profile=profile, in_memory=True)
        )
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = Front(storage, mode, profile)
        running.append(made)
        await made.open(http)
        stack.push_async_callback(made.close)
        writer = asyncio.create_task(made.recorder.run())
        stack.callback(writer.cancel)
        yield made


__all__ = ["MONA", "ROOM", "Front", "front"]
