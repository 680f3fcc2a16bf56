"""What the parts of a running danmod tell each other: verdicts counted, deeds woken, answers said, command lines tidied."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import structlog

from bot.enforcement import Enforcement
from bot.link_warning import LinkWarnings
from bot.presence import Presence
from bot.recorder import Recorder
from bot.rooms import Rooms, WatchedRoom
from bot.voice import Voice
from cases.history import ActionOrdered
from cases.model import CaseStatus
from cases.policy import Decision
from cases.ports import Applied
from cases.room_memory import Line
from commands.replies import Reply
from streams.events import RoomKey, platform_of
from streams.platform import DeleteMessage, OutcomeStatus, Platform
from web.hub import Hub
from web.metrics import Metrics
from web.screen import FeedLine

log = structlog.get_logger(__name__)


class Switchboard:
    """Hears the pipeline, the recorder and the enforcement. Made before them; `connect` names whom it tells."""

    voice: Voice
    enforcement: Enforcement
    recorder: Recorder
    presence: Presence

    def __init__(self, metrics: Metrics, rooms: Rooms, platforms: Mapping[str, Platform], hub: Hub) -> None:
        self._metrics = metrics
        self._rooms = rooms
        self._platforms = platforms
        self._hub = hub
        self._lines_of = {name: metrics.lines.labels(name) for name in platforms}
        self._link_warnings = LinkWarnings(rooms, lambda room, reply: self.voice.reply(room, reply, None))
        self._small_tasks: set[asyncio.Task[None]] = set()
        self.judged: Callable[[Iterable[Decision], str], None] = lambda decisions, code: None
        """Hears in which case decisions stand."""

    def connect(self, voice: Voice, enforcement: Enforcement, recorder: Recorder, presence: Presence) -> None:
        """These are told."""
        self.voice, self.enforcement, self.recorder, self.presence = voice, enforcement, recorder, presence

    def line_decided(self, room: RoomKey, latency_s: float) -> None:
        """The pipeline: one verdict."""
        self._metrics.decision_seconds.observe(latency_s)
        self._lines_of[platform_of(room)].inc()

    def action_done(self, kind: str, outcome: str) -> None:
        """Enforcement: one action went like this."""
        self._metrics.actions.labels(kind, outcome).inc()

    def enacted(self, key: RoomKey, applied: Applied) -> None:
        """Enforcement: what became of an action is committed."""
        room = self._rooms.get(key)
        if room is not None:
            self.recorder.absorb(room, applied)

    def written(self, decisions: Iterable[Decision], code: str, now_s: float) -> None:
        """The recorder: these decisions stand in this case."""
        decisions = tuple(decisions)
        self._link_warnings.decided(decisions, now_s)
        self.judged(decisions, code)
        for decision in decisions:
            log.info(
                "decided",
                case=code,
                room=decision.line.message.room,
                measures=",".join(sorted(decision.sentence.measures)),
                checks=",".join(decision.checks),
            )

    def applied(self, room: WatchedRoom, applied: Applied) -> None:
        """The recorder: a change is committed; deeds and words may be waiting."""
        if applied.changes.notices:
            self.voice.owe()
        if applied.state.status in (CaseStatus.UNDONE, CaseStatus.OVERTURNED):
            self._show_again(room, room.judging.nukes.end(applied.state.code))
        if applied.changes.timers or any(isinstance(entry, ActionOrdered) for entry in applied.changes.entries):
            self.enforcement.wake()

    def _show_again(self, room: WatchedRoom, message_ids: Iterable[str]) -> None:
        """Lines that a nuke took off come back to the screens, as far as they are remembered."""
        for message_id in message_ids:
            line = room.memory.line(message_id)
            if line is not None:
                line.judged = False
                sender = line.message.sender
                again = FeedLine(room.key, message_id, sender.name, line.message.text, line.at_s, sender_key=sender.id)
                self._hub.take_back(again)

    def hide(self, room: WatchedRoom, message_ids: Iterable[str]) -> None:
        """The recorder: a moderator's measure takes these lines off."""
        self._hub.hide(room.key, message_ids)

    def replied(self, room: WatchedRoom, reply: Reply, line: Line) -> None:
        """The recorder: a command is answered."""
        if line.message.private:
            self.voice.reply(room, replace(reply, private=True, urgent=True), None)
        else:
            self.voice.reply(room, reply, line.message.id)
            if reply.code is not None:
                self.presence.receipt(room)

    def refused(self, reason: str) -> None:
        """The recorder: a command was refused."""
        self._metrics.refused_commands.labels(reason).inc()
        log.info("command refused", reason=reason)

    def tidy(self, room: WatchedRoom, line: Line) -> None:
        """The recorder: this command's line should leave the platform's chat (norm N1.3-4)."""
        if room.dry_run or not room.capabilities().delete:
            return
        task = asyncio.create_task(self._delete(room, line))
        self._small_tasks.add(task)
        task.add_done_callback(self._small_tasks.discard)

    async def _delete(self, room: WatchedRoom, line: Line) -> None:
        platform = self._platforms[platform_of(room.key)]
        outcome = await platform.perform(DeleteMessage(room.key, line.message.id, line.message.sender.id))
        if outcome.status not in (OutcomeStatus.DONE, OutcomeStatus.ALREADY):
            log.warning("command line not deleted", room=room.key, detail=outcome.detail)
