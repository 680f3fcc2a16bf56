"""What leaves the record in open formats, read beside a danmod that may run (norm N4.1-2, N4.2-2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

from bot.config import Settings
from cases.dossiers.policy import rulebook
from cases.eu_statements import eu_statement, faults, stands
from cases.model import CaseState
from cases.ports import CaseFilter, DeadlineFilter, DossierFilter
from cases.promotions import Seller, sellers
from cases.rulebook import Rulebook
from cases.statistics import Gap, Period, Tally
from storage import Beside, Storage, open_beside

MOST = 1_000_000
DAY = timedelta(days=1)


async def rulebook_of(beside: Beside) -> Rulebook:
    """The rules with all their versions."""
    found = [one for kind in ("policy", "interpretation") for one in await _dossiers(beside, kind)]
    return rulebook(found)


async def rulebook_at(settings: Settings) -> Rulebook:
    """The same, of the configured database. Raises StorageError."""
    async with open_beside(settings.storage.url) as beside:
        return await rulebook_of(beside)


async def _dossiers(beside: Beside, kind: str) -> Any:
    return await beside.dossiers.dossiers(DossierFilter(kind=kind, limit=MOST))


async def statements(
    settings: Settings, since: datetime, until: datetime, counted: Callable[[], None] = lambda: None
) -> AsyncIterator[dict[str, Any]]:
    """The statements issued in a span whose measures stand, as the EU's database takes them.

    ``counted`` is called once a case. Raises ValueError for one the database would refuse, naming why; StorageError.
    """
    async with open_beside(settings.storage.url) as beside:
        book = await rulebook_of(beside)
        for state in await beside.reader.cases(CaseFilter(limit=MOST)):
            counted()
            if not state.dry_run and state.actions:
                async for row in _of_case(beside, book, state, settings.web.public_url, since, until):
                    yield row


async def _of_case(
    beside: Beside, book: Rulebook, state: CaseState, url: str, since: datetime, until: datetime
) -> AsyncIterator[dict[str, Any]]:
    evidence = await beside.reader.evidence(state.code)
    for statement in await beside.reader.statements(state.code):
        if not since <= statement.issued_at < until or not stands(state, statement):
            continue
        version = book.numbered(statement.policy_version or state.policy_version) or book.at(statement.issued_at)
        rule = version.rules.get(statement.rule) or version.rules["R0"]
        row = eu_statement(state, statement, rule, evidence, url)
        if wrong := list(faults(row)):
            raise ValueError(f"statement {statement.id} cannot be exported: {'; '.join(wrong)}")
        yield row


async def numbers(beside: Beside | Storage, since: datetime, until: datetime) -> Period:
    """One period's numbers, counted from the record in portions."""
    tally = Tally(since, until)
    async for states in beside.reader.opened(since, until):
        tally.add_cases(states)
    day = since
    while day < until:
        end = min(day + DAY, until)
        tally.add_deadlines(await beside.deadlines.deadlines(DeadlineFilter(since=day, until=end, limit=MOST)))
        day = end
    return tally.period([Gap(*pair) for pair in await beside.gaps.gaps()])


async def sellers_of(settings: Settings) -> tuple[Seller, ...]:
    """Texts with a contact that were judged in several cases. Raises StorageError."""
    async with open_beside(settings.storage.url) as beside:
        states = await beside.reader.cases(CaseFilter(limit=MOST))
        return sellers([(state, await beside.reader.evidence(state.code)) for state in states if not state.dry_run])
