"""What the link page asks: a code to show, and whose decisions and findings a bound page may see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.clock import instant
from cases.links import LinkBook
from cases.model import CaseStatus
from cases.ports import CaseFilter, CaseReader, Seals
from streams.events import platform_of
from web.views import LinkView, OwnDecision, OwnFinding

UNDECIDED = frozenset(status for status in CaseStatus if status.waits or status is CaseStatus.DISMISSED)
"""A respondent is told nothing of such a case: it would tell that somebody reported."""


class Links:
    """The pages' side of `cases.links`."""

    def __init__(
        self,
        book: LinkBook,
        reader: CaseReader,
        seals: Seals,
        clock: Callable[[], float],
        findings: Callable[[str, str], Awaitable[Sequence[OwnFinding]]],
    ) -> None:
        self._book = book
        self._findings = findings
        self._reader = reader
        self._seals = seals
        self._clock = clock

    def begin(self) -> str:
        """A fresh page's secret."""
        return self._book.begin(instant(self._clock()))

    async def look(self, secret: str) -> LinkView | None:
        """What a page's secret opens; None for one that never was, or is over."""
        link = self._book.look(secret, instant(self._clock()))
        if link is None:
            return None
        if link.account is None:
            return LinkView(link.code, False, link.ends_at)
        own = await self._own(link.account.platform, link.account.id)
        findings = await self._findings(link.account.platform, link.account.id)
        return LinkView(link.code, True, link.ends_at, tuple(own), tuple(findings))

    async def _own(self, platform: str, sender_id: str) -> Sequence[OwnDecision]:
        """The statements about an account, latest first."""
        own: list[OwnDecision] = []
        for state in await self._reader.cases(CaseFilter(respondent=sender_id, limit=50)):
            if platform_of(state.room) != platform or state.status in UNDECIDED or state.dry_run:
                continue
            for statement in reversed(await self._reader.statements(state.code)):
                if statement.respondent == sender_id:
                    token = self._seals.token("statement", statement.id)
                    own.append(OwnDecision(state.code, state.room, state.status, statement.issued_at, token))
        return own
