"""Recorded chat through the very pipeline of `run`, on a private store: deterministic, whatever the batch size.

Replay acts as `enforce` on a platform that can do everything, performs nothing, and writes what it decided. Its rooms
hear nothing of each other (`ratelimit.echoes`): those of a log need not share a clock.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bot.clock import instant
from bot.config import Settings, policy_in
from bot.intake import BATCH, Arrived
from bot.pipeline import Pipeline
from bot.recorder import Recorder
from bot.rooms import Rooms, WatchedRoom
from cases.house import House
from cases.model import Evidence, Mode
from cases.policy import Decision
from cases.ports import Applied
from cases.registrar import Registrar
from cases.room_memory import Line
from commands.replies import Reply
from commands.router import Router
from ratelimit.cooldown import REPORT_LIMITS, Cooldowns
from ratelimit.memory_gauge import MemoryGauge
from storage import Keys, open_storage
from streams.events import RoomKey, name_of
from streams.platform import Capabilities, MuteCapability
from streams.replay import Recorded, Recording
from web.screen import FeedLine

EVERYTHING = Capabilities(
    delete=True, mute=MuteCapability(timedelta(seconds=1), timedelta(seconds=1), None), ban=True, say=False
)
KEY = b"the key of a replay: nothing in it is secret, and the same log gives the same codes"


class Fallen(NamedTuple):
    """A decision as it fell: ``place`` is that of its line in the input, ``t`` the log time at which it fell."""

    place: int
    t: float
    decision: Decision
    case: str

    def row(self) -> dict[str, Any]:
        """As it stands in the file of decisions."""
        message, mute = self.decision.line.message, self.decision.sentence.mute
        return {
            "index": self.place,
            "t": self.t,
            "room": name_of(message.room),
            "user": message.sender.id,
            "text": message.text,
            "measures": sorted(self.decision.sentence.measures),
            "mute_seconds": None if mute is None else int(mute.total_seconds()),
            "severity": self.decision.severity,
            "checks": list(self.decision.checks),
            "cluster": self.decision.cluster,
            "case": self.case,
        }


Keep = Callable[[Fallen], Any]
"""Takes every decision in the order in which it fell."""


@dataclass(slots=True)
class Summary:
    """What a replay found. ``refused`` are reasons of refused commands."""

    lines: int = 0
    decisions: int = 0
    hidden: int = 0
    mutes: int = 0
    cases: int = 0
    bad: int = 0
    stepped_back: int = 0
    repeated: int = 0


class _NoScreens:
    def judged(self, line: FeedLine, hold_s: float | None) -> None: ...
    def hide(self, room: RoomKey, message_ids: Iterable[str]) -> None: ...
    def hide_sender(self, room: RoomKey, sender_key: str) -> None: ...
    def clear(self, room: RoomKey) -> None: ...
    def beat(self, now_s: float) -> None: ...
    def line_decided(self, room: RoomKey, latency_s: float) -> None: ...


class _Tape:
    """Remembers every decision in the order in which it fell, with its case once that is written."""

    def __init__(self) -> None:
        self.decisions: list[tuple[Decision, float]] = []
        self.codes: dict[int, str] = {}

    def written(self, decisions: Iterable[Decision], code: str, now_s: float) -> None:
        for decision in decisions:
            self.codes[id(decision)] = code

    def applied(self, room: WatchedRoom, applied: Applied) -> None: ...
    def replied(self, room: WatchedRoom, reply: Reply, line: Line) -> None: ...
    def refused(self, reason: str) -> None: ...
    def tidy(self, room: WatchedRoom, line: Line) -> None: ...

    def take(self) -> Iterator[tuple[Decision, float, str]]:
        """Everything decided since the last take, with its case's code."""
        for decision, now_s in self.decisions:
            yield decision, now_s, self.codes[id(decision)]
        self.decisions.clear()
        self.codes.clear()


class _TapedRecorder(Recorder):
    def __init__(self, tape: _Tape, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._tape = tape

    def decided(self, room: WatchedRoom, decision: Decision, evidence: Evidence, now_s: float) -> None:
        self._tape.decisions.append((decision, now_s))
        super().decided(room, decision, evidence, now_s)


class Replay:
    """One replay of one or more logs."""

    def __init__(self, settings: Settings, batch: int = BATCH) -> None:
        self._settings = settings
        self._batch = batch
        self._now_s = 0.0
        self._indices: dict[RoomKey, array[int]] = {}
        self.summary = Summary()

    async def run(self, recording: Recording, keep: Keep, on_lines: Callable[[int], None]) -> Summary:
        """Replay everything; ``keep`` takes the decisions, ``on_lines`` hears the progress."""
        keys = Keys.ephemeral(KEY)
        async with open_storage("", keys=keys, clock=lambda: instant(self._now_s), in_memory=True) as storage:
            house = House(self._settings.profile, language=self._settings.language)
            registrar = Registrar(keys, house)
            router = Router(storage.log, storage.reader, registrar, keys, reports=Cooldowns(REPORT_LIMITS))
            tape, screens, rooms = _Tape(), _NoScreens(), Rooms()
            recorder = _TapedRecorder(tape, storage.log, registrar, router, tape, lambda room, ids: None)
            pipeline = Pipeline(
                rooms, MemoryGauge(), recorder, router, screens, screens, clock=lambda: self._now_s, run_id="replay"
            )
            writing = asyncio.create_task(recorder.run())
            try:
                for lines in _batches(recording, self._batch):
                    await self._turn(lines, rooms, pipeline, recorder)
                    self._hand_over(tape, keep)
                    on_lines(len(lines))
            finally:
                writing.cancel()
            counts = await storage.reader.counts()
        self._sum_up(recording, counts)
        return self.summary

    async def _turn(self, lines: list[Recorded], rooms: Rooms, pipeline: Pipeline, recorder: Recorder) -> None:
        for line in lines:
            self._watch(line, rooms)
            self._indices.setdefault(line.message.room, array("Q")).append(line.place)
        self._now_s = max(self._now_s, lines[-1].message.sent_s)
        await pipeline.handle([Arrived(line.message, line.message.sent_s) for line in lines])
        await recorder.drain()
        if recorder.failures:
            raise RuntimeError(f"{recorder.failures} decisions could not be written")
        self.summary.lines += len(lines)

    def _watch(self, line: Recorded, rooms: Rooms) -> None:
        key = line.message.room
        if rooms.get(key) is None:
            policy = policy_in(self._settings, key)
            rooms.add(WatchedRoom(key, Mode.ENFORCE, policy, self._settings.language, lambda: EVERYTHING))

    def _hand_over(self, tape: _Tape, keep: Keep) -> None:
        for decision, now_s, code in tape.take():
            self._count(decision)
            line = decision.line
            keep(Fallen(self._indices[line.message.room][line.number - 1], now_s, decision, code))

    def _count(self, decision: Decision) -> None:
        self.summary.decisions += 1
        self.summary.hidden += 1
        self.summary.mutes += decision.sentence.mute is not None

    def _sum_up(self, recording: Recording, counts: dict[str, int]) -> None:
        self.summary.bad = sum(recording.bad.values())
        self.summary.stepped_back = recording.stepped_back
        self.summary.repeated = recording.repeated
        self.summary.cases = sum(count for name, count in counts.items() if name.startswith("cases_"))


def _batches(recording: Iterable[Recorded], size: int) -> Iterator[list[Recorded]]:
    batch: list[Recorded] = []
    for recorded in recording:
        batch.append(recorded)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def total_bytes(paths: list[Path]) -> int:
    """The size of the logs on disk, for the progress bar."""
    return sum(path.stat().st_size for path in paths)
