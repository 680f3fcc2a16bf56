"""The life of one line: **the file to read first.**

`Pipeline.handle` takes what is waiting, one line or five hundred, counts all of it in one call, then walks through it in
arrival order: remember, check, judge, show or keep off, hand decisions to the recorder and commands to the router.
A decision never depends on where a batch was cut. Whatever waits has an instant: `advance(now_s)` fires what is due.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

from bot.clock import instant
from bot.intake import Arrived
from bot.recorder import Recorder
from bot.rooms import Aftermath, Rooms, WatchedRoom
from cases.capture import AFTERMATH_LINES, AFTERMATH_SPAN, aftermath, capture
from cases.judging import Verdict
from cases.model import Evidence, EvidenceKind, EvidenceLine
from cases.policy import Decision
from cases.room_memory import Line
from commands.parse import CommandName, Invocation, parse
from commands.router import RoomContext, Router
from ratelimit.fold import fold
from ratelimit.gauge import Gauge
from ratelimit.limits import Hit, Usage
from streams.events import (
    Event,
    FeedChanged,
    Message,
    MessageRemoved,
    PhraseInvited,
    Role,
    RolesChanged,
    RoomClosed,
    RoomKey,
    RoomLive,
    SenderRenamed,
)
from web.screen import FeedLine

LATE_S = 120.0
"""A line that comes this long after it was sent leads to no automatic measure."""
TURN_S = 0.005
"""Let others have the loop after so much work in one go."""
WORKS_WHILE_MUTED = frozenset(
    {CommandName.APPEAL, CommandName.WHY, CommandName.CASE, CommandName.RULES, CommandName.RIGHTS, CommandName.HELP}
)
"""Commands a muted sender may still give, where the platform lets the line through."""


class Screens(Protocol):
    """Where judged lines are shown: the overlays and feed pages."""

    def judged(self, line: FeedLine, hold_s: float | None) -> None:
        """A verdict fell: show the line after the hold, or never (None)."""

    def hide(self, room: RoomKey, message_ids: Iterable[str]) -> None:
        """Take these lines off."""

    def hide_sender(self, room: RoomKey, sender_key: str) -> None:
        """Take a sender's lines off."""

    def clear(self, room: RoomKey) -> None:
        """Take everything off."""

    def beat(self, now_s: float) -> None:
        """The engine turned."""


class Measured(Protocol):
    """Numbers about the pipeline's work."""

    def line_decided(self, room: RoomKey, latency_s: float) -> None:
        """One line of this room got its verdict so long after it arrived."""


class Pipeline:
    """One worker; every room's lines pass through here."""

    def __init__(
        self,
        rooms: Rooms,
        gauge: Gauge,
        recorder: Recorder,
        router: Router,
        screens: Screens,
        measured: Measured,
        *,
        clock: Callable[[], float],
        public_url: str = "",
        run_id: str = "",
    ) -> None:
        self._rooms = rooms
        self._gauge = gauge
        self._recorder = recorder
        self._router = router
        self._screens = screens
        self._measured = measured
        self._clock = clock
        self._public_url = public_url
        self._run_id = run_id
        self._batches = 0

    async def handle(self, batch: Sequence[Arrived]) -> None:
        """Judge everything that is waiting, in order."""
        watched = [(room, arrived) for arrived in batch if (room := self._rooms.get(arrived.event.room)) is not None]
        for room in {room.key: room for room, _ in watched}.values():
            room.refresh()
        hits = [
            Hit(room.key, arrived.event.sender.id, int(arrived.at_s * 1000))
            for room, arrived in watched
            if isinstance(arrived.event, Message)
        ]
        self._batches += 1
        usages = iter(await self._gauge.count(hits, f"{self._run_id}-{self._batches}") if hits else ())
        turn_s = time.perf_counter()
        for room, arrived in watched:
            if isinstance(arrived.event, Message):
                command = self._message(room, arrived.event, next(usages), arrived.at_s)
                if command is not None:
                    await command
            else:
                self._event(room, arrived.event, arrived.at_s)
            if time.perf_counter() - turn_s > TURN_S:
                await asyncio.sleep(0)
                turn_s = time.perf_counter()
        self._screens.beat(self._clock())

    def advance(self, now_s: float) -> None:
        """Do what is due: evidence of what followed."""
        for room in self._rooms:
            for due in [waiting for waiting in room.aftermaths if waiting.due_s <= now_s]:
                self._take_aftermath(room, due)

    # -- lines ------------------------------------------------------------------------------------------------------

    def _message(self, room: WatchedRoom, message: Message, usage: Usage, at_s: float) -> Awaitable[None] | None:
        """One line: remembered, judged, shown or kept off. Answers the command to be awaited, None for a mere line."""
        memory = room.memory
        now_s = memory.clamp(at_s)
        if room.aftermaths:
            self._settle_aftermaths(room, now_s)
        room.saw(message, now_s)
        line = room.judging.hear(message, now_s)
        invocation = self._router.recognise(message, memory)
        mistyped = None if invocation is not None else self._router.mistyped(message, memory)
        roles = memory.roles(message.sender)
        if roles is not Role.VIEWER:
            self._note_staff(room, message, roles)
        late = room.is_late(message, now_s, LATE_S)
        verdict = room.judging.judge(line, usage, room.policy, command=invocation is not None, late=late)
        for decision in verdict.decisions:
            self._decided(room, decision, now_s)
        meant = invocation or mistyped
        secret = meant is not None and meant.command is CommandName.REPORT
        self._show(room, line, verdict, roles, secret)
        self._measured.line_decided(room.key, max(0.0, self._clock() - at_s))
        decided = bool(verdict.decisions)
        if invocation is not None and (not decided or not line.judged or invocation.command in WORKS_WHILE_MUTED):
            return self._command(room, invocation, line, now_s)
        return None if mistyped is None or decided or line.judged else self._command(room, mistyped, line, now_s)

    def _show(self, room: WatchedRoom, line: Line, verdict: Verdict, roles: Role, secret: bool) -> None:
        """Show a line after its hold, or keep it off. ``secret``: a report in chat names its writer, so no screen shows
        it (norm N1.3-4)."""
        message = line.message
        sender = message.sender
        wait = verdict.hold
        if room.dry_run and (wait is None or room.judging.shield.raised is not None):
            wait = room.policy.hold
        shown = FeedLine(room.key, message.id, sender.name, message.text, line.at_s, _role_word(roles), sender.id)
        self._screens.judged(shown, None if secret or wait is None else wait.total_seconds())

    def _decided(self, room: WatchedRoom, decision: Decision, now_s: float) -> None:
        if not room.dry_run:
            self._screens.hide(room.key, [decision.line.message.id])
        self._recorder.decided(room, decision, self._freeze(room, decision, now_s), now_s)

    def _freeze(self, room: WatchedRoom, decision: Decision, now_s: float) -> Evidence:
        """Evidence of one decision: with its context when the episode begins, the line alone while it goes on."""
        sender_id = decision.line.message.sender.id
        last_s = room.episodes.get(decision.episode)
        room.episodes[decision.episode] = now_s
        if last_s is not None and now_s - last_s <= 600.0:
            return _only(decision.line, decision.facts, now_s)
        if len(room.episodes) > 2_000:
            room.episodes = {key: at_s for key, at_s in room.episodes.items() if now_s - at_s <= 600.0}
        due_s = now_s + AFTERMATH_SPAN.total_seconds()
        room.aftermaths.append(Aftermath(decision.episode, sender_id, room.memory.lines[-1].number, due_s))
        return capture(
            room.memory, sender_id, [decision.line], instant(now_s), facts=decision.facts, is_command=_is_command
        )

    def _settle_aftermaths(self, room: WatchedRoom, now_s: float) -> None:
        """Before a new line is remembered: what of this room is due by time or by number of lines."""
        latest = room.memory.lines[-1].number if room.memory.lines else 0
        while room.aftermaths:
            oldest = room.aftermaths[0]
            if oldest.due_s > now_s and latest - oldest.after_number < AFTERMATH_LINES:
                break
            self._take_aftermath(room, oldest)

    def _take_aftermath(self, room: WatchedRoom, due: Aftermath) -> None:
        room.aftermaths.remove(due)
        now_s = room.memory.now_s
        evidence = aftermath(room.memory, due.respondent, due.after_number, instant(now_s), is_command=_is_command)
        self._recorder.followed(room, due.episode, evidence, now_s)

    def _note_staff(self, room: WatchedRoom, message: Message, roles: Role) -> None:
        if message.sender.id is not None and roles.is_staff:
            room.staff.add(message.sender.id)

    # -- commands ---------------------------------------------------------------------------------------------------

    async def _command(self, room: WatchedRoom, invocation: Invocation, line: Line, now_s: float) -> None:
        """A moderator's command that changes what later lines mean is awaited here; others wait for the recorder."""
        context = self.context(room)

        if self._router.is_inline(invocation, line.message, room.memory):
            await self._recorder.settle()
            await self._recorder.obey(room, invocation, line, context, now_s)
        else:
            self._recorder.commanded(room, invocation, line, context, now_s)

    def context(self, room: WatchedRoom) -> RoomContext:
        """What the router needs to know of a room."""
        return RoomContext(
            memory=room.memory,
            mode=room.mode,
            capabilities=room.capabilities(),
            language=room.language,
            moderators_known=len(room.staff),
            public_url=self._public_url,
            nukes=room.judging.nukes,
        )

    # -- other events -----------------------------------------------------------------------------------------------

    def _event(self, room: WatchedRoom, event: Event, at_s: float) -> None:
        match event:
            case MessageRemoved(message_id=str(message_id)):
                self._screens.hide(room.key, [message_id])
            case MessageRemoved(sender_id=str(sender_id)):
                self._screens.hide_sender(room.key, sender_id)
            case MessageRemoved():
                self._screens.clear(room.key)
            case RolesChanged(sender_id=sender_id, roles=roles):
                room.memory.set_roles(sender_id, roles)
            case SenderRenamed(old_id=old_id, new=new):
                room.memory.rename(old_id, new)
            case RoomLive() | RoomClosed():
                room.memory.live_since_s = event.at_s if isinstance(event, RoomLive) else None
                room.last_event_s = at_s
            case PhraseInvited(text=text):
                room.memory.invite(fold(text), room.memory.clamp(at_s))
            case FeedChanged():
                room.feed_changed(event)
            case _:
                room.last_event_s = at_s


def _is_command(text: str) -> bool:
    return parse(text) is not None


def _role_word(roles: Role) -> str:
    if roles is Role.VIEWER:
        return "viewer"
    if roles & Role.OWNER:
        return "owner"
    if roles & Role.MODERATOR:
        return "moderator"
    return "bot" if roles & (Role.BOT | Role.SELF) else "viewer"


def _only(line: Line, facts: tuple[str, ...], now_s: float) -> Evidence:
    message = line.message
    frozen = EvidenceLine(message.id, message.sender.name, message.text, instant(line.at_s), judged=True)
    return Evidence(EvidenceKind.AT_ONCE, instant(now_s), (frozen,), facts)
