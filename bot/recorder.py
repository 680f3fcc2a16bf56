"""Decisions become cases, and commands are carried out, in the order in which they came, off the hot path.

Decisions about one respondent that follow each other in one episode are written as one fact. What the database cannot
take waits and is tried again, a command is answered with a plain no: nothing is dropped unseen. The deeds come later,
from the outbox.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from bot.clock import instant
from bot.rooms import Aftermath, WatchedRoom
from cases.capture import AFTERMATH_SPAN
from cases.history import Judged, Opened, ReportTaken, Supplied
from cases.intents import LinesJudged
from cases.masking import disclosing
from cases.model import Evidence, Refusal, Respondent
from cases.policy import Decision
from cases.ports import Applied, ByEpisode, CaseLog, Repeated, StorageError
from cases.registrar import EPISODE_GAP, Registrar
from cases.room_memory import Line
from cases.sentence import NOTHING, Measure, Sentence, worst
from commands.parse import Invocation
from commands.replies import Reply
from commands.router import RoomContext, Router
from streams.events import RoomKey

log = structlog.get_logger(__name__)

RETRY = timedelta(seconds=1)
CHUNK = 512


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision waiting to be written."""

    room: WatchedRoom
    decision: Decision
    evidence: Evidence
    now_s: float


@dataclass(frozen=True, slots=True)
class Followed:
    """Later evidence waiting to be written."""

    room: WatchedRoom
    episode: str
    evidence: Evidence
    now_s: float


@dataclass(frozen=True, slots=True)
class Commanded:
    """A command waiting to be carried out."""

    room: WatchedRoom
    invocation: Invocation
    line: Line
    context: RoomContext
    now_s: float


class Listener(Protocol):
    """Who wants to know what became of it."""

    def written(self, decisions: Iterable[Decision], code: str, now_s: float) -> None:
        """These decisions stand in this case."""

    def applied(self, room: WatchedRoom, applied: Applied) -> None:
        """A change was committed: there may be actions, notices and timers to take."""

    def replied(self, room: WatchedRoom, reply: Reply, line: Line) -> None:
        """A command is answered."""

    def refused(self, reason: str) -> None:
        """A command was refused, for this stable reason."""

    def tidy(self, room: WatchedRoom, line: Line) -> None:
        """A report in chat: its line should leave the platform's chat (norm N1.3-4)."""


class Recorder:
    """The ordered queue between the pipeline and the case log."""

    def __init__(
        self,
        log_: CaseLog,
        registrar: Registrar,
        router: Router,
        listener: Listener,
        hide: Callable[[WatchedRoom, Iterable[str]], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._log = log_
        self._registrar = registrar
        self._router = router
        self._listener = listener
        self._hide = hide
        self._sleep = sleep
        self._waiting: deque[Decided | Followed | Commanded] = deque()
        self.failures = 0
        self._filled = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._away = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def decided(self, room: WatchedRoom, decision: Decision, evidence: Evidence, now_s: float) -> None:
        """Write this decision soon."""
        self._put(Decided(room, decision, evidence, now_s))

    def followed(self, room: WatchedRoom, episode: str, evidence: Evidence, now_s: float) -> None:
        """Add later evidence to the episode's case soon."""
        self._put(Followed(room, episode, evidence, now_s))

    def commanded(
        self, room: WatchedRoom, invocation: Invocation, line: Line, context: RoomContext, now_s: float
    ) -> None:
        """Carry out this command soon."""
        self._put(Commanded(room, invocation, line, context, now_s))

    async def drain(self) -> None:
        """Wait until everything put so far is written."""
        await self._idle.wait()

    async def settle(self) -> None:
        """Like `drain`, but does not wait for a database that is away: what then comes is answered with a plain no."""
        if self._idle.is_set():
            return
        waits = [asyncio.ensure_future(event.wait()) for event in (self._idle, self._away)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await self._filled.wait()
            chunk = [self._waiting.popleft() for _ in range(min(CHUNK, len(self._waiting)))]
            await self._write(chunk)
            if not self._waiting:
                self._filled.clear()
                self._idle.set()

    def _put(self, item: Decided | Followed | Commanded) -> None:
        self._waiting.append(item)
        self._idle.clear()
        self._filled.set()

    async def _write(self, chunk: list[Decided | Followed | Commanded]) -> None:
        """One chunk in order: what runs between two commands together, so that it shares a commit."""
        run: list[Decided | Followed] = []
        for item in chunk:
            if isinstance(item, Decided | Followed):
                run.append(item)
                continue
            await self._write_run(run)
            run = []
            await self.obey(item.room, item.invocation, item.line, item.context, item.now_s)
        await self._write_run(run)

    async def _survive(self, work: Awaitable[None]) -> None:
        """A fault of ours loses the one item it happened to, loudly, and nothing else."""
        try:
            await work
        except Exception:
            self.failures += 1
            log.exception("not written")

    # -- decisions --------------------------------------------------------------------------------------------------

    async def _write_run(self, run: list[Decided | Followed]) -> None:
        """Hand everything over at once; the case log takes it in this order."""
        works = (
            self._write_evidence(fact) if isinstance(fact, Followed) else self._write_fact(fact) for fact in _facts(run)
        )
        await asyncio.gather(*(self._survive(work) for work in works))

    async def _write_fact(self, items: list[Decided]) -> None:
        room, last = items[0].room, items[-1]
        fact = _fact(items)
        now = instant(last.now_s)
        ref = ByEpisode(room.key, fact.episode, instant(items[0].now_s), EPISODE_GAP)
        applied = await self._insist(lambda: self._log.apply(ref, self._registrar.judge(fact, now)))
        if isinstance(applied, Applied):
            room.memory.absorb(applied.changes, fact.episode, strikes=False)
            self._listener.written([item.decision for item in items], applied.state.code, last.now_s)
            self._listener.applied(room, applied)

    async def _write_evidence(self, item: Followed) -> None:
        now = instant(item.now_s)
        ref = ByEpisode(item.room.key, item.episode, now, timedelta(days=1))
        await self._insist(lambda: self._log.apply(ref, self._registrar.freeze(item.evidence, now)))

    async def _insist(
        self, attempt: Callable[[], Awaitable[Applied | Repeated | Refusal]]
    ) -> Applied | Repeated | Refusal:
        """Try until the database takes it."""
        while True:
            try:
                answer = await attempt()
                self._away.clear()
                return answer
            except StorageError as fault:
                self._away.set()
                log.error("case not written, trying again", reason=str(fault))
                await self._sleep(RETRY.total_seconds())

    # -- commands ---------------------------------------------------------------------------------------------------

    async def obey(
        self, room: WatchedRoom, invocation: Invocation, line: Line, context: RoomContext, now_s: float
    ) -> None:
        """Carry out one command now. What the database cannot take is answered so by the router: nothing was done."""
        await self._survive(self._obey(room, invocation, line, context, now_s))

    async def _obey(
        self, room: WatchedRoom, invocation: Invocation, line: Line, context: RoomContext, now_s: float
    ) -> None:
        handled = await self._router.handle(invocation, line, context, instant(now_s))
        for applied in handled.applied:
            self.absorb(room, applied)
            _watch_what_follows(room, applied, line, now_s)
        if handled.unsay:
            self._listener.tidy(room, line)
        if handled.refused is not None:
            self._listener.refused(handled.refused)
        if handled.reply is not None:
            self._listener.replied(room, handled.reply, line)
        if handled.aside is not None:
            self._listener.replied(room, handled.aside, line)

    def absorb(self, room: WatchedRoom, applied: Applied) -> None:
        """What a committed change means for the lines to come and for what is on the screens."""
        room.memory.absorb(applied.changes, applied.state.episode, strikes=True)
        judged = [entry for entry in applied.changes.entries if isinstance(entry, Judged) and not entry.automatic]
        if not room.dry_run:
            for entry in judged:
                self._hide(room, entry.message_ids)
            if disclosed := _disclosed(applied):
                self._hide(room, disclosed)
        self._listener.applied(room, applied)


def _watch_what_follows(room: WatchedRoom, applied: Applied, line: Line, now_s: float) -> None:
    """A case that a report or a command opened gets what was said afterwards, too (norm N2.3-2)."""
    if not isinstance(applied.changes.entries[0] if applied.changes.entries else None, Opened):
        return
    respondent = next((person.id for person in applied.state.respondents), None)
    due_s = now_s + AFTERMATH_SPAN.total_seconds()
    room.aftermaths.append(Aftermath(applied.state.episode, respondent, line.number, due_s))


def _disclosed(applied: Applied) -> list[str]:
    """Lines that leave our screens at once: reported as disclosed personal data, before a person looked (norm N2.2-2)."""
    changes = applied.changes
    taken = [entry.report.category for entry in changes.entries if isinstance(entry, ReportTaken)]
    taken += [entry.category for entry in changes.entries if isinstance(entry, Supplied)]
    return [line.message_id for code in taken for line in disclosing(code, changes.evidence) if line.message_id]


def _facts(run: list[Decided | Followed]) -> list[list[Decided] | Followed]:
    """An episode's decisions about one respondent that follow each other as one fact; evidence in its place between.

    A fact ends with a decision about somebody else in the episode, with the decision that begins a mute, whose instant
    the mute's end is counted from, and before a gap that would begin a new episode: so neither the cases nor the order
    of their actions depends on how many decisions wait at a time.
    """
    facts: list[list[Decided] | Followed] = []
    latest: dict[tuple[RoomKey, str], list[Decided]] = {}
    for item in run:
        if isinstance(item, Followed):
            facts.append(item)
            continue
        key = (item.room.key, item.decision.episode)
        fact = latest.get(key)
        if fact and _goes_on(fact[-1], item):
            fact.append(item)
            continue
        latest[key] = [item]
        facts.append(latest[key])
    return facts


def _goes_on(last: Decided, item: Decided) -> bool:
    same = last.decision.line.message.sender.id == item.decision.line.message.sender.id
    return same and not last.decision.restricts and item.now_s - last.now_s <= EPISODE_GAP.total_seconds()


def _fact(items: list[Decided]) -> LinesJudged:
    """Decisions about one respondent in one episode as one fact."""
    first = items[0].decision
    sentence: Sentence = NOTHING
    severity = first.severity
    for item in items:
        sentence |= item.decision.sentence
        severity = worst(severity, item.decision.severity)
    ids = tuple(item.decision.line.message.id for item in items)
    gravest = max(items, key=lambda item: item.decision.severity.rank).decision
    sender = items[-1].decision.line.message.sender
    return LinesJudged(
        room=items[0].room.key,
        episode=first.episode,
        respondent=Respondent(sender.id or "", sender.name),
        message_ids=ids,
        deletable=tuple(
            item.decision.line.message.id for item in items if Measure.DELETE in item.decision.sentence.measures
        ),
        sentence=sentence,
        severity=severity,
        rule=gravest.rule.id,
        category=gravest.rule.category,
        checks=tuple(dict.fromkeys(check for item in items for check in item.decision.checks)),
        facts=tuple(dict.fromkeys(fact for item in items for fact in item.decision.facts))[-8:],
        evidence=_joined([item.evidence for item in items]),
        cluster=first.cluster,
        dry_run=items[0].room.dry_run,
        quiet=all(item.decision.quiet for item in items),
        counted=tuple(instant(at_s) for item in items for at_s in item.decision.counted),
    )


def _joined(captures: list[Evidence]) -> Evidence:
    """Captures of one moment as one."""
    if len(captures) == 1:
        return captures[0]
    lines = tuple({line.message_id: line for capture in captures for line in capture.lines}.values())
    facts = tuple(dict.fromkeys(fact for capture in captures for fact in capture.facts))
    gap = next((capture.gap for capture in captures if capture.gap), "")
    return Evidence(captures[0].kind, captures[-1].captured_at, lines, facts, gap)
