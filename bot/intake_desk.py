"""Reports that others bring in, and what a reporter does afterwards (norm N2.1-3, N2.1-2b, N2.2-2).

Staff enter what came by mail, telephone or social media; partner systems pass reports on under a signature. Both keep the
original date and channel, and the deadlines run from there.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.channels import signature as signed
from bot.clock import instant
from bot.forms import Forms
from bot.ways import Ways
from cases.evidence import storable
from cases.intents import InfoSupplied
from cases.model import Actor, ActorKind, Evidence, Refusal
from cases.ports import AccessLog, Applied, ByCode, CaseLog, CaseReader
from cases.registrar import Registrar
from streams.events import RoomKey
from web.views import GivenFile, OwnReport, ReportReceipt, WayIn, WebReport

ENTERERS = (ActorKind.SUPPORT, ActorKind.MODERATOR, ActorKind.OWNER, ActorKind.OPERATOR, ActorKind.SUPERVISOR)
"""Who may enter a report for somebody."""
WINDOW = timedelta(minutes=5)
"""A signed message is taken within so much of its timestamp, before or after."""
OLDEST = timedelta(days=180)
REMEMBERED = 10_000
"""Signatures remembered within the window; a partner who sends more is refused the rest."""


class Contacts(Protocol):
    """The addresses reporters left."""

    async def is_kept(self, report_id: str) -> bool: ...

    async def erase(self, report_ids: Sequence[str]) -> None: ...


class Files(Protocol):
    """The files reporters gave."""

    async def about(self, about: str) -> Sequence[Any]: ...

    async def open(self, file_id: str) -> Any: ...


class IntakeDesk:
    """Implements the port `web.intake_door.IntakeDoor`. ``partners`` are their secrets by name."""

    def __init__(
        self,
        forms: Forms,
        log: CaseLog,
        reader: CaseReader,
        registrar: Registrar,
        access: AccessLog,
        contacts: Contacts,
        files: Files,
        absorb: Callable[[RoomKey, Applied], None],
        ways: Ways | None,
        partners: Mapping[str, str],
        *,
        clock: Callable[[], float],
    ) -> None:
        self._forms = forms
        self._log = log
        self._reader = reader
        self._registrar = registrar
        self._access = access
        self._contacts = contacts
        self._files = files
        self._absorb = absorb
        self._ways = ways
        self._partners = {name: secret.encode() for name, secret in partners.items()}
        self._clock = clock
        self._began_s = clock()
        self._seen: OrderedDict[str, float] = OrderedDict()

    # -- reporters ------------------------------------------------------------------------------------------------------

    async def own(self, report_id: str) -> OwnReport:
        """Whether an address is kept for a report, and the names of its files."""
        files = await self._files.about(report_id)
        return OwnReport(await self._contacts.is_kept(report_id), tuple(file.name for file in files))

    async def supply(self, token: str, text: str, key: str) -> Refusal | None:
        """A reporter adds something. Refusals: ``unknown_report``, and the registrar's."""
        found = await self._reader.report_by_token(token)
        if found is None:
            return Refusal("unknown_report", "no such report")
        state, report_id = found
        given = InfoSupplied(report_id, storable(text), processed=f"web:supply:{key[:80]}")
        answer = await self._log.apply(ByCode(state.code), self._registrar.supply(given, self._now()))
        if isinstance(answer, Applied):
            self._absorb(state.room, answer)
        return answer if isinstance(answer, Refusal) else None

    async def withdraw(self, token: str) -> bool:
        """Erase the address of the report a receipt opens, now. False: the token opens nothing."""
        found = await self._reader.report_by_token(token)
        if found is not None:
            await self._contacts.erase([found[1]])
        return found is not None

    # -- those who enter for others -------------------------------------------------------------------------------------

    async def enter(self, by: Actor, report: WebReport) -> ReportReceipt | Refusal:
        """Enter a report in somebody's name. Refusals: ``not_allowed``, ``received`` (the original date), ``unknown_room``,
        and the registrar's."""
        if by.kind not in ENTERERS:
            return Refusal("not_allowed", f"a {by.kind} enters no reports")
        return self._misdated(report.arrival.received_at) or await self._forms.report(report)

    def check_partner(self, partner: str, stamp: str, signature: str, body: bytes) -> Refusal | None:
        """None for a message this partner signed within the window, that was not seen before. Refusals: ``unsigned``,
        ``expired``, ``replayed``, ``too_many``; they tell nobody which partners there are."""
        secret = self._partners.get(partner, b"")
        expected = signed(secret, stamp, body)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")) or not secret:
            return Refusal("unsigned", "the signature does not fit partner, timestamp and body")
        now_s = self._clock()
        at_s = float(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) < 12 else 0.0
        if abs(now_s - at_s) > WINDOW.total_seconds() or at_s < int(self._began_s):
            return Refusal("expired", f"the timestamp must be within {WINDOW} of now; sign it anew")
        return self._first_time(signature, now_s)

    async def relay(self, partner: str, report: WebReport) -> ReportReceipt | Refusal:
        """A report that a partner passes on, whose signature was checked."""
        return self._misdated(report.arrival.received_at) or await self._forms.report(report)

    def _first_time(self, signature: str, now_s: float) -> Refusal | None:
        while self._seen and next(iter(self._seen.values())) <= now_s:
            self._seen.popitem(last=False)
        if signature in self._seen:
            return Refusal("replayed", "this message came before; sign it anew")
        if len(self._seen) >= REMEMBERED:
            return Refusal("too_many", "too many messages at once; wait a moment")
        self._seen[signature] = now_s + 2 * WINDOW.total_seconds()
        return None

    def _misdated(self, received_at: datetime | None) -> Refusal | None:
        now = self._now()
        if received_at is None or not now - OLDEST <= received_at <= now + WINDOW:
            return Refusal("received", f"it came between {now - OLDEST:%Y-%m-%d} and now; say when, with the zone")
        return None

    # -- what is protected ----------------------------------------------------------------------------------------------

    async def file(self, by: Actor, file_id: str, why: str) -> GivenFile | Refusal:
        """A file given with a report: noted down before it is handed out. Refusals: ``no_reason``, ``not_allowed``,
        ``unknown_file``."""
        if (refusal := await self._look(by, "attachment", file_id, why)) is not None:
            return refusal
        found = await self._files.open(file_id)
        if found is None:
            return Refusal("unknown_file", "no such file")
        return GivenFile(found.name, found.media_type, found.content)

    async def original(self, by: Actor, code: str, why: str) -> Sequence[Evidence] | Refusal:
        """The evidence as it was frozen, personal data and all: noted down before it is handed out. Refusals as `file`, and
        ``unknown_case``."""
        if (refusal := await self._look(by, "evidence:original", code, why)) is not None:
            return refusal
        state = await self._reader.case(code)
        return await self._reader.evidence(code) if state else Refusal("unknown_case", "no such case")

    async def _look(self, by: Actor, what: str, ref: str, why: str) -> Refusal | None:
        if not why.strip():
            return Refusal("no_reason", "say why you look")
        allowed = by.kind not in (ActorKind.VIEWER, ActorKind.BOT, ActorKind.SUPPORT)
        await self._access.note(self._now(), by, what if allowed else f"refused:{what}", ref, why)
        return None if allowed else Refusal("not_allowed", f"a {by.kind} does not look at this")

    def ways(self) -> Sequence[WayIn]:
        """The ways in, and how the last trial of each went."""
        return self._ways.tried if self._ways else ()

    def _now(self) -> datetime:
        return instant(self._clock())
