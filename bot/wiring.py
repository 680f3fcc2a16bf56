"""The one place where the real parts meet: settings in, a running danmod out."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from prometheus_client import CollectorRegistry

from bot import platforms
from bot.appeal_forms import AppealForms
from bot.casework import Casework
from bot.check_modes import CheckModes, Surroundings
from bot.clock import SteadyClock, instant
from bot.complaints import Complaints
from bot.config import Settings, check_controller, list_reports, policy_in, section_of, terms_of
from bot.controls import RoomControls
from bot.desk_api import OPERATOR
from bot.enforcement import Enforcement
from bot.fingerprints import fingerprints_of
from bot.forms import Forms
from bot.intake import Intake
from bot.intake_desk import IntakeDesk
from bot.keeper import keep
from bot.links import Links
from bot.pipeline import Pipeline
from bot.presence import Presence
from bot.private import PrivateLines
from bot.public_house import StoredPublicHouse
from bot.recorder import Recorder
from bot.restarts import dial_wait
from bot.review import hold_for_review
from bot.rooms import Rooms, WatchedRoom
from bot.shields import Shields
from bot.silence import Silence
from bot.standings import OwnFindings
from bot.status import Health
from bot.switchboard import Switchboard
from bot.voice import Voice
from bot.watchdog import LoopWatch, notify
from bot.ways import Ways
from cases.catalogue import read_all
from cases.house import House
from cases.model import Mode, Profile
from cases.ports import ByCode, StorageError
from cases.registrar import Registrar
from cases.signals import told
from commands.link import fresh_links
from commands.replies import Reply
from commands.router import Router
from ratelimit.cooldown import REPORT_LIMITS, Cooldowns
from ratelimit.gauge import Gauge
from ratelimit.gauges import make_gauge
from ratelimit.redis_echoes import RedisEchoes, make_echoes
from storage import Keys, Storage, open_storage
from streams.events import Event, FeedState, RoomKey, platform_of
from streams.platform import Platform
from web.app import Site, WebDeps, WebSettings, make_app, serve
from web.hub import Hub
from web.metrics import Metrics
from web.views import RoomView

log = structlog.get_logger(__name__)

TICK_S = 0.1
ALIVE_EVERY_S = 60.0
"""How often danmod notes in the database that it lives."""
STOP_WITHIN_S = 8.0
"""What a stop may take before the rest is left to the next start; the outbox and the timers are rows."""


class Danmod:
    """A wired danmod. Use `run`; the attributes are for the pages, the tests and the demo."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        keys: Keys,
        http: aiohttp.ClientSession,
        room_modes: dict[RoomKey, Mode],
    ) -> None:
        self.settings = settings
        self.clock = SteadyClock()
        self.run_id = secrets.token_hex(4)
        self.storage = storage
        self.keys = keys
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.rooms = Rooms()
        self.hub = Hub(self.clock)
        self.intake = Intake(self.clock, lambda reason: self.metrics.shed.labels(reason).inc())
        self.platforms = platforms.build(settings, room_modes, http, self.clock, random.random)
        self.gauge = self._make_gauge()
        self.echoes = make_echoes(settings.counters.url, key=keys.gauge_key)
        self.house = House(
            settings.profile,
            language=settings.language,
            public_url=settings.web.public_url,
            terms=terms_of(settings),
            fingerprints=fingerprints_of(settings),
        )
        self.registrar = Registrar(keys, self.house)
        self.links = fresh_links()
        self.router = Router(
            storage.log, storage.reader, self.registrar, keys, reports=Cooldowns(REPORT_LIMITS), links=self.links
        )
        self.switchboard = Switchboard(self.metrics, self.rooms, self.platforms, self.hub)
        self.silence = Silence(storage.dossiers, storage.letters, clock=self.clock)
        self.voice = Voice(self.rooms, self.platforms, storage.outbox, self.silence, self.clock, self._whispered)
        self.enforcement = self._make_enforcement()
        self.recorder = Recorder(storage.log, self.registrar, self.router, self.switchboard, self.switchboard.hide)
        self.presence = Presence(self._announce, self.clock, settings.web.public_url)
        self.switchboard.connect(self.voice, self.enforcement, self.recorder, self.presence)
        self.casework = Casework(
            settings,
            storage,
            keys,
            http,
            self.registrar,
            self.rooms,
            self.platforms,
            self.enforcement,
            self.switchboard.enacted,
            lambda key: self.metrics.deadlines_missed.labels(key).inc(),
            self.silence,
            clock=self.clock,
        )
        self.modes = CheckModes(
            settings,
            self.rooms,
            self.casework.office,
            storage.dossiers,
            storage,
            Surroundings(self.casework.alarms.tell, self.recorder.settle),
            clock=self.clock,
        )
        self.casework.desk.modes = self.modes
        self.switchboard.judged = self.modes.written
        self.shields = self._make_shields()
        self.router.connect(RoomControls(self.rooms, self.shields, self.hub))
        self.pipeline = self._make_pipeline()
        self.private = PrivateLines(self.rooms, storage.reader, self.recorder, self.pipeline.context, self.clock)
        self.ways = Ways(
            http,
            self._own_address,
            self.rooms,
            settings.partner_secrets(),
            keys.token("api", OPERATOR),
            clock=self.clock,
        )
        self._site: asyncio.Future[Site] = asyncio.get_running_loop().create_future()
        self.watch = LoopWatch(self.clock, lambda silent_s: self.metrics.loop_stalls.inc())
        self.metrics.overlay_clients.set_function(lambda: self.hub.overlays)
        self._dial_at_s = 0.0
        self._complaints = Complaints(self.clock)
        self._states: dict[RoomKey, FeedState] = {}
        for key, mode in room_modes.items():
            self._watch(key, mode)

    def _make_gauge(self) -> Gauge:
        return make_gauge(
            self.settings.counters.url,
            key=self.keys.gauge_key,
            clock=self.clock,
            on_degraded=lambda degraded, reason: log.warning("counters", degraded=degraded, reason=reason),
        )

    def _make_enforcement(self) -> Enforcement:
        return Enforcement(
            self.rooms,
            self.platforms,
            self.storage.log,
            self.storage.reader,
            self.storage.outbox,
            self.registrar,
            self.switchboard,
            self.switchboard.enacted,
            clock=self.clock,
            show_again=self.hub.show_again,
        )

    def _make_shields(self) -> Shields:
        office = self.casework.office
        shields = Shields(
            self.rooms,
            self.platforms,
            office,
            self.storage.dossiers,
            self.storage.reader,
            self._announce,
            clock=self.clock,
        )
        office.listeners.append(shields.heard)
        return shields

    def _make_pipeline(self) -> Pipeline:
        return Pipeline(
            self.rooms,
            self.gauge,
            self.recorder,
            self.router,
            self.hub,
            self.switchboard,
            clock=self.clock,
            public_url=self.settings.web.public_url,
            run_id=self.run_id,
        )

    def _watch(self, key: RoomKey, mode: Mode) -> None:
        section = section_of(self.settings, key)
        language = (section.language if section else None) or self.settings.language
        platform = self.platforms[platform_of(key)]
        room = WatchedRoom(
            key,
            mode,
            policy_in(self.settings, key),
            language,
            lambda: platform.capabilities(key),
            run_id=self.run_id,
            state_since_s=self.clock(),
            link_warning=section is not None and section.link_warning,
            echoes=self.echoes,
        )
        self.rooms.add(room)
        self.hub.open_room(key)
        platform.join(key)

    async def _whispered(self, code: str, sender_id: str) -> None:
        """A whisper about a case reached its respondent: the time to appeal runs."""
        inform = self.registrar.inform(sender_id, "whisper", instant(self.clock()))
        await self.storage.log.apply(ByCode(code), inform)

    # -- the pages --------------------------------------------------------------------------------------------------

    def room_views(self) -> Sequence[RoomView]:
        """How every room stands, for the pages."""
        now_s = self.clock()
        views = []
        for room in self.rooms:
            state, reason = room.seen_as(now_s)
            raised = room.judging.shield.raised
            shield = f"shield up: {told(raised.cause)}" if raised else ""
            views.append(RoomView(room.key, room.mode, state.value, "; ".join(filter(None, (reason, shield)))))
        return views

    def overlay_key(self, room: RoomKey) -> str:
        """The secret of a room's overlay address."""
        return self.keys.token("overlay", room)

    def _make_forms(self) -> Forms:
        return Forms(
            self.rooms,
            self.storage.log,
            self.storage.reader,
            self.registrar,
            self.keys,
            self.recorder.absorb,
            self.clock,
            self.storage.attachments,
        )

    def _make_intake_desk(self, forms: Forms) -> IntakeDesk:
        return IntakeDesk(
            forms,
            self.storage.log,
            self.storage.reader,
            self.registrar,
            self.storage.access,
            self.storage.contacts,
            self.storage.attachments,
            self.switchboard.enacted,
            self.ways,
            self.settings.partner_secrets(),
            clock=self.clock,
        )

    async def _own_address(self) -> str:
        """Where our own pages answer on this machine, once they do."""
        site = await self.served()
        host = "127.0.0.1" if site.host in ("", "0.0.0.0", "::") else site.host
        return f"http://{f'[{host}]' if ':' in host else host}:{site.port}"

    def _web_deps(self) -> WebDeps:
        web = self.settings.web
        forms = self._make_forms()
        appeals = AppealForms(
            self.rooms,
            self.storage.log,
            self.storage.reader,
            self.registrar,
            self.keys,
            self.recorder.absorb,
            self.clock,
            self.storage.attachments,
        )
        findings = OwnFindings(lambda: [room.key for room in self.rooms], self.storage.dossiers, self.keys)
        health = Health(self.rooms, self.storage, self.gauge, self.intake, self.recorder, self.clock)
        return WebDeps(
            settings=WebSettings(web.host, web.port, web.public_url, web.token.get_secret_value()),
            hub=self.hub,
            reader=self.storage.reader,
            report=forms.report,
            appeal=appeals.appeal,
            remark=appeals.remark,
            opened=appeals.opened,
            streamer_decides=lambda: self.house.profile is Profile.SOLO,
            letters=self.silence.letters_to,
            links=Links(self.links, self.storage.reader, self.keys, self.clock, findings.of_account),
            findings=findings.of_report,
            queue=lambda: self.casework.desk.caseload.queue(instant(self.clock())),
            public=StoredPublicHouse(self.settings, self.storage, self.casework.office, self.keys, self.clock),
            rooms=self.room_views,
            status=health.status,
            ready=health.ready,
            overlay_key=self.overlay_key,
            clock=self.clock,
            registry=self.registry,
            rulebook=lambda: self.registrar.house.rulebook,
            categories=lambda: self.registrar.house.rulebook.offered(instant(self.clock())),
            intake=self._make_intake_desk(forms),
            checks=self.modes.board,
            try_line=self.modes.try_line,
            desk=self.casework.desk,
        )

    # -- running ----------------------------------------------------------------------------------------------------

    async def served(self) -> Site:
        """Wait until the pages are served."""
        return await asyncio.shield(self._site)

    async def restore(self) -> None:
        """After a start: mutes in force and strikes that still count, from the store."""
        now = instant(self.clock())
        for mute in await self.storage.reader.mutes_in_force(now):
            room = self.rooms.get(mute.room)
            if room is not None:
                until_s = None if mute.until is None else mute.until.timestamp()
                room.memory.mute(mute.sender_id, mute.action_id, until_s)
        for strike in await self.storage.reader.strikes(now - timedelta(days=30)):
            room = self.rooms.get(strike.room)
            if room is not None:
                room.memory.strike(strike.sender_id, strike.at.timestamp(), strike.code)

    async def _begin(self) -> None:
        """Count this start, hold back what is too old to be done unseen, recall what stands; only then danmod lives."""
        read_all()
        now = instant(self.clock())
        run = await self.storage.begin_run(now)
        await hold_for_review(self.storage.outbox, self.storage.log, self.registrar, now, run.away)
        await self.restore()
        await self.casework.begin()
        await self.modes.begin()
        await self.shields.begin()
        await self.storage.note_alive(now)
        self.presence.begin(run.away, [room.key for room in self.rooms])
        wait_s = dial_wait(run).total_seconds()
        if wait_s:
            self._wait_before_dialling(wait_s, run.starts_lately)

    def _wait_before_dialling(self, wait_s: float, starts: int) -> None:
        self._dial_at_s = self.clock() + wait_s
        log.warning("waiting before dialling", wait_s=wait_s, starts_in_5_min=starts)
        for room in self.rooms:
            room.reason = f"waiting {wait_s:.0f} s before dialling: danmod started {starts} times within 5 minutes"

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop``; then decide what was taken in, write it, and leave. Raises GaveUp, OSError (the port)."""
        await self._begin()
        site = await serve(make_app(self._web_deps()), self.settings.web.host, self.settings.web.port)
        self._site.set_result(site)
        self.watch.start()
        asyncio.get_running_loop().set_exception_handler(self._complaints)
        notify("READY=1")
        log.info("danmod runs", rooms=len(self.rooms), port=site.port)
        try:
            async with asyncio.TaskGroup() as group:
                feeds = [group.create_task(self._keep(name, self._feed(item))) for name, item in self.platforms.items()]
                worker = group.create_task(self._keep("pipeline", self._work))
                others = [
                    group.create_task(self._keep("recorder", self.recorder.run)),
                    group.create_task(self._keep("enforcement", self.enforcement.run)),
                    group.create_task(self._keep("ticker", self._tick)),
                    group.create_task(self._keep("voice", self._speak)),
                    group.create_task(self._keep("private lines", self.private.run)),
                    group.create_task(self._keep("life", self._live)),
                    group.create_task(self._keep("ways in", self.ways.run)),
                    group.create_task(self._keep("checks", self.modes.run)),
                    group.create_task(self._keep("shields", self.shields.run)),
                    *self._exchanging(group),
                    *(group.create_task(self._keep(name, part)) for name, part in self.casework.parts.items()),
                ]
                await self._until(stop, worker)
                notify("STOPPING=1")
                await self._wind_down(feeds, worker)
                for task in others:
                    task.cancel()
        finally:
            self.watch.stop()
            await site.close()
            await self.gauge.close()
            if isinstance(self.echoes, RedisEchoes):
                await self.echoes.close()

    def _exchanging(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Tells other processes of the same installation what is heard here, where they share a Redis."""
        if not isinstance(self.echoes, RedisEchoes):
            return []
        return [group.create_task(self._keep("echoes", self.echoes.run))]

    async def _until(self, stop: asyncio.Event, worker: asyncio.Task[None]) -> None:
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([stopping, worker], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    async def _wind_down(self, feeds: list[asyncio.Task[None]], worker: asyncio.Task[None]) -> None:
        """Stop reading, finish deciding, write it all; what cannot be done in time is left to the next start."""
        self.intake.close()
        for task in feeds:
            task.cancel()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await asyncio.wait([worker])
                await self.recorder.drain()
        except TimeoutError:
            log.error("stopping without having written everything", waiting=len(self.recorder))
            worker.cancel()

    def _keep(self, name: str, part: Any) -> Any:
        return keep(name, part, self.clock)

    def _feed(self, platform: Platform) -> Any:
        sieved = self.private.sieve(self.intake.put)

        def emit(events: Sequence[Event]) -> None:
            sieved(events)
            self.casework.heard(events)

        async def feed() -> None:
            await asyncio.sleep(max(0.0, self._dial_at_s - self.clock()))
            await platform.run(emit)

        return feed

    async def _work(self) -> None:
        """The one worker. A batch that cannot be handled is lost for the overlay, which fails closed; the next goes on."""
        while (batch := await self.intake.take()) is not None:
            self.metrics.queue_depth.set(len(self.intake))
            try:
                await self.pipeline.handle(batch)
            except Exception:
                self.metrics.shed.labels("fault").inc(len(batch))
                log.exception("batch not judged", events=len(batch))

    async def _live(self) -> None:
        """Once a minute: the next start must know how long nobody was here."""
        while True:
            await asyncio.sleep(ALIVE_EVERY_S)
            try:
                await self.storage.note_alive(instant(self.clock()))
            except StorageError as fault:
                log.warning("sign of life not written", reason=str(fault))

    async def _tick(self) -> None:
        """Ten times a second: what is due, and that the engine turns. Nothing slow is awaited here."""
        last_s = self.clock()
        while True:
            now_s = self.clock()
            self.pipeline.advance(now_s)
            if not self.intake and not self.intake.closed:
                self.hub.beat(now_s)
            self._note_states(now_s)
            if self.gauge.degraded:
                self.metrics.degraded_seconds.inc(now_s - last_s)
            last_s = now_s
            self.watch.beat()
            self._complaints.look()
            await asyncio.sleep(TICK_S)

    def _note_states(self, now_s: float) -> None:
        """Tell the log when a room begins to be seen otherwise: a blind room must not go unnoticed."""
        for room in self.rooms:
            state, reason = room.seen_as(now_s)
            if self._states.get(room.key) is not state:
                self._states[room.key] = state
                tell = log.info if state in (FeedState.LIVE, FeedState.CONNECTING) else log.warning
                tell("room", room=room.key, seen=state.value, reason=reason)
                self.presence.seen(room, state)

    def _announce(self, room: WatchedRoom, reply: Reply) -> None:
        self.voice.reply(room, reply, None)

    async def _speak(self) -> None:
        """Say what is to be said; a platform may take seconds to take a line."""
        while True:
            await self.voice.speak()
            await asyncio.sleep(TICK_S)


@asynccontextmanager
async def open_danmod(settings: Settings, keys: Keys) -> AsyncIterator[Danmod]:
    """Open the store and the HTTP session, and wire everything. Raises ConfigError, and what `open_storage` and
    `platforms.build` raise."""
    check_controller(settings)
    for report in list_reports(settings):
        log.info("word list", report=report)
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(
            open_storage(settings.storage.url, keys=keys, profile=settings.profile)
        )
        jar = aiohttp.DummyCookieJar()
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar, trust_env=False))
        modes = await room_modes(settings, storage)
        yield Danmod(settings, storage, keys, http, modes)


async def room_modes(settings: Settings, storage: Storage) -> dict[RoomKey, Mode]:
    """The rooms of the database and of the file with their modes; the file wins and says so."""
    modes = {stored.room: stored.mode for stored in await storage.rooms.list()}
    for room in settings.rooms:
        if modes.get(room.key, room.mode) is not room.mode:
            log.warning("the file's mode wins over the database's", room=room.key, mode=room.mode)
        modes[room.key] = room.mode
    return modes
