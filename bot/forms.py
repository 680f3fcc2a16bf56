"""Reports from the web pages: the same intents as from chat, into the same case log. Appeals: `bot.appeal_forms`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from bot.clock import instant
from bot.rooms import Rooms, WatchedRoom
from cases.capture import capture
from cases.intents import ReportMade
from cases.model import Evidence, EvidenceKind, EvidenceLine, Refusal, Respondent
from cases.ports import Applied, ByEpisode, CaseLog, CaseReader, Repeated, Seals
from cases.registrar import Registrar
from cases.room_memory import Line
from commands.parse import parse
from streams.events import Sender
from web.views import ReportReceipt, WebReport

JOIN_WITHIN = timedelta(days=1)
"""A report joins the open case on the same sender when that was opened or reported again within a day."""


class Forms:
    """What the web pages call when a form is sent."""

    def __init__(
        self,
        rooms: Rooms,
        log: CaseLog,
        reader: CaseReader,
        registrar: Registrar,
        seals: Seals,
        applied: Callable[[WatchedRoom, Applied], None],
        clock: Callable[[], float],
    ) -> None:
        self._rooms = rooms
        self._log = log
        self._reader = reader
        self._registrar = registrar
        self._seals = seals
        self._applied = applied
        self._clock = clock

    async def report(self, form: WebReport) -> ReportReceipt | Refusal:
        """Take a report. The same form sent twice is one report with one receipt."""
        room = self._rooms.get(form.room)
        if room is None:
            return Refusal("unknown_room", "this room is not watched")
        now = instant(self._clock())
        made = self._made(room, form)
        episode = f"report:{made.respondent.id}" if made.respondent else f"report:web:{made.processed}"
        ref = ByEpisode(room.key, episode, now, JOIN_WITHIN)
        answer = await self._log.apply(ref, self._registrar.report(made, now))
        if isinstance(answer, Refusal):
            return await self._known_receipt(answer.detail, made.reporter) if answer.reason == "already" else answer
        if isinstance(answer, Repeated):
            return await self._known_receipt(answer.code, made.reporter)
        self._applied(room, answer)
        return ReportReceipt(answer.state.code, answer.changes.receipts[0].token)

    async def _known_receipt(self, code: str, reporter: str) -> ReportReceipt | Refusal:
        """The receipt a repeated form got the first time."""
        state = await self._reader.case(code)
        for report in state.reports if state else ():
            if report.reporter == reporter:
                return ReportReceipt(code, self._seals.token("report", report.id))
        return Refusal("already", code)

    def _made(self, room: WatchedRoom, form: WebReport) -> ReportMade:
        key = hashlib.blake2b(form.key.encode(), digest_size=16).hexdigest()
        line = room.memory.line(form.message_id) if form.message_id else None
        accused = self._accused(room, form, line)
        respondent = Respondent(accused.id, accused.name) if accused and accused.id else None
        return ReportMade(
            room=room.key,
            reporter=f"web-{key}",
            respondent=respondent,
            channel="web",
            category=form.category,
            note=form.note,
            message_ids=(line.message.id,) if line else (),
            evidence=self._evidence(room, form, line, respondent),
            dry_run=room.dry_run,
            contact=form.contact,
            processed=f"web:{key}",
            about_staff=accused is not None and room.memory.roles(accused).is_staff,
        )

    def _accused(self, room: WatchedRoom, form: WebReport, line: Line | None) -> Sender | None:
        """Whom a picked line or an unmistakable name means; None leaves it to the person who triages."""
        sender = line.message.sender if line else None
        if sender is None and form.sender_name:
            named = room.memory.named(form.sender_name)
            sender = named[0].sender if len(named) == 1 else None
        return sender

    def _evidence(
        self, room: WatchedRoom, form: WebReport, line: Line | None, respondent: Respondent | None
    ) -> Evidence:
        now = instant(self._clock())
        if line is not None and respondent is not None:
            return capture(room.memory, respondent.id, [line], now, is_command=lambda text: parse(text) is not None)
        quoted = EvidenceLine("", form.sender_name or "?", form.quote, now, judged=True)
        return Evidence(
            EvidenceKind.AT_ONCE, now, (quoted,), (), "the line was no longer there: quoted by the reporter"
        )
