"""Reports from outside the chat (form, API, partners, staff who enter them): the same intents, into the same case log.

Whichever way a report comes, the same lines are frozen and the same deadlines run (norm N2.1-3). Appeals:
`bot.appeal_forms`.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
import structlog

from bot.clock import instant
from bot.rooms import Rooms, WatchedRoom
from cases.evidence import storable
from cases.intents import ReportMade
from cases.model import Evidence, EvidenceKind, EvidenceLine, Refusal, Respondent
from cases.ports import Applied, ByEpisode, CaseLog, CaseReader, Repeated, Seals, StorageError
from cases.registrar import Registrar
from cases.room_memory import Line
from cases.standing import DAY
from commands import evidence
from commands.targets import Target
from streams.events import Sender
from web.views import ReportReceipt, Upload, WebReport

log = structlog.get_logger(__name__)

JOIN_WITHIN = timedelta(days=1)
"""A report joins the open case on the same sender when that was opened or reported again within a day."""


class Files(Protocol):
    """Where files given with a report are kept."""

    async def keep(self, about: str, name: str, media_type: str, content: bytes, now: datetime) -> Any:
        """Keep one; the same file about the same report is one. Raises StorageError."""


class Forms:
    """What the pages and the API call when a report is sent."""

    def __init__(
        self,
        rooms: Rooms,
        log_: CaseLog,
        reader: CaseReader,
        registrar: Registrar,
        seals: Seals,
        applied: Callable[[WatchedRoom, Applied], None],
        clock: Callable[[], float],
        files: Files | None = None,
    ) -> None:
        self._rooms = rooms
        self._log = log_
        self._reader = reader
        self._registrar = registrar
        self._seals = seals
        self._applied = applied
        self._clock = clock
        self._files = files

    async def report(self, form: WebReport) -> ReportReceipt | Refusal:
        """Take a report. The same form sent twice is one report with one receipt. Refusals: ``unknown_room``, the
        registrar's. Raises StorageError; then nothing was stored."""
        room = self._rooms.get(form.room)
        if room is None:
            return Refusal("unknown_room", "this room is not watched")
        now = instant(self._clock())
        made = self._made(room, form, now)
        episode = f"report:{made.respondent.id}" if made.respondent else f"report:web:{made.processed}"
        ref = ByEpisode(room.key, episode, now, JOIN_WITHIN)
        made = await self._counted(made, now)
        answer = await self._log.apply(ref, self._registrar.report(made, now))
        if isinstance(answer, Refusal):
            return await self._known_receipt(answer.detail, made.reporter) if answer.reason == "already" else answer
        if isinstance(answer, Repeated):
            return await self._known_receipt(answer.code, made.reporter)
        self._applied(room, answer)
        receipt = answer.changes.receipts[0]
        kept = await self._keep(receipt.report_id, form, now)
        return ReportReceipt(answer.state.code, receipt.token, kept)

    async def _counted(self, made: ReportMade, now: datetime) -> ReportMade:
        """With how often somebody whose reports are limited reported within a day; nobody else is counted."""
        if made.reporter not in self._registrar.house.standings:
            return made
        today = await self._reader.reports_since(made.room, made.reporter, now - DAY)
        return dataclasses.replace(made, reports_today=today)

    async def _keep(self, report_id: str, form: WebReport, now: datetime) -> bool:
        """Keep the files; False when not all could be: the report stands without them."""
        return await keep_files(self._files, report_id, form.files, now)

    async def _known_receipt(self, code: str, reporter: str) -> ReportReceipt | Refusal:
        """The receipt a repeated form got the first time."""
        state = await self._reader.case(code)
        for report in state.reports if state else ():
            if report.reporter == reporter:
                return ReportReceipt(code, self._seals.token("report", report.id))
        return Refusal("already", code)

    def _made(self, room: WatchedRoom, form: WebReport, now: datetime) -> ReportMade:
        key = hashlib.blake2b(form.key.encode(), digest_size=16).hexdigest()
        line = room.memory.line(form.message_id) if form.message_id else None
        accused = self._accused(room, form, line)
        target = Target(accused, line, ()) if accused and accused.id else None
        arrival = form.arrival
        return ReportMade(
            room=room.key,
            reporter=f"web-{key}",
            respondent=Respondent(accused.id, storable(accused.name)) if accused and accused.id else None,
            channel=arrival.channel,
            category=form.category,
            note=storable(_note(form)),
            message_ids=evidence.message_ids(target, room.memory, None) if target else (),
            evidence=_evidence(room, form, target, arrival.received_at or now, now),
            dry_run=room.dry_run,
            contact=form.contact,
            processed=f"web:{key}",
            about_staff=accused is not None and room.memory.roles(accused).is_staff,
            victim=self._victim(room, form),
            live=room.is_on_air(now.timestamp()),
            urgent=form.urgent,
            third_party=form.third_party,
            received_at=arrival.received_at,
            entered_by=arrival.entered_by,
            original_ref=storable(arrival.original_ref),
        )

    def _accused(self, room: WatchedRoom, form: WebReport, line: Line | None) -> Sender | None:
        """Whom a picked line or an unmistakable name means; None leaves it to the person who triages."""
        return line.message.sender if line else _named(room, form.sender_name)

    def _victim(self, room: WatchedRoom, form: WebReport) -> str:
        """The pseudonym of the person harmed, where the report names somebody of this room; "" where it does not."""
        found = _named(room, form.victim_name)
        return self._seals.pseudonym(room.key, found.id) if found and found.id else ""


async def keep_files(kept_in: Files | None, about: str, files: Sequence[Upload], now: datetime) -> bool:
    """Keep what was given about something; False when not all could be. ``kept_in`` None: files are not kept here."""
    try:
        for file in files if kept_in is not None else ():
            assert kept_in is not None
            await kept_in.keep(about, file.name, file.media_type, file.content, now)
    except StorageError as fault:
        log.error("files not kept", about=about, reason=str(fault))
        return False
    return True


def _named(room: WatchedRoom, name: str) -> Sender | None:
    named = room.memory.named(name) if name else ()
    return named[0].sender if len(named) == 1 else None


def _note(form: WebReport) -> str:
    """What the reporter wrote, with time and links below it."""
    below = [f"when: {form.when}"] if form.when else []
    below += [f"link: {link}" for link in form.links]
    below += [f"file: {file.name} ({file.media_type}, {len(file.content)} bytes)" for file in form.files]
    return "\n".join([form.note, *below])


def _evidence(room: WatchedRoom, form: WebReport, target: Target | None, at: datetime, now: datetime) -> Evidence:
    """The lines as the room remembers them, exactly as a report in chat freezes them; else, or besides, the words quoted."""
    frozen = evidence.freeze(target, room.memory, None, now) if target else None
    if frozen is not None and target is not None and target.line is not None:
        return frozen
    gap = "the line was no longer there: quoted by the reporter"
    name = storable(target.sender.name if target else form.sender_name) or "?"
    quoted = EvidenceLine("", name, storable(form.quote), at, judged=True)
    if frozen is None:
        return Evidence(EvidenceKind.AT_ONCE, now, (quoted,), (), gap)
    return msgspec.structs.replace(frozen, lines=(*frozen.lines, quoted), gap=gap)
