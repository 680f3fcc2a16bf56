"""What the pages and the API need for reports beyond taking them: receipts, files, staff entry, partners, ways in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cases.model import Actor, Evidence, Refusal
from web.views import GivenFile, OwnReport, ReportReceipt, WayIn, WebReport


class IntakeDoor(Protocol):
    """Behind it: `bot.intake_desk`. Raises StorageError where nothing can be stored."""

    async def own(self, report_id: str) -> OwnReport:
        """What a receipt shows beyond the report."""

    async def supply(self, token: str, text: str, key: str) -> Refusal | None:
        """A reporter adds something to the own report; None: it was taken."""

    async def withdraw(self, token: str) -> bool:
        """A reporter takes the consent to be written to back: the address is erased now. False: the token opens nothing."""

    async def enter(self, by: Actor, report: WebReport) -> ReportReceipt | Refusal:
        """A member of staff enters a report that came by another way."""

    def check_partner(self, partner: str, stamp: str, signature: str, body: bytes) -> Refusal | None:
        """None for a message that this partner signed just now, for the first time."""

    async def relay(self, partner: str, report: WebReport) -> ReportReceipt | Refusal:
        """A report that a partner passes on."""

    async def original(self, by: Actor, code: str, why: str) -> Sequence[Evidence] | Refusal:
        """The evidence of a case, nothing masked, for somebody who says why; the reading is noted down first."""

    async def file(self, by: Actor, file_id: str, why: str) -> GivenFile | Refusal:
        """A file given with a report, for somebody who says why; the reading is noted down first."""

    def ways(self) -> Sequence[WayIn]:
        """The ways in, and how the last trial of each went."""
