"""No tipping off: while a referral asks for silence, the respondent of its case is told nothing by us (norm N3.1-2d).

What was done on the platform cannot be hidden, and the statement stays readable for whoever already has its link. Letters
and notices wait; they go out when the silence ends, by its date or with its referral. Derived from the referrals alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.clock import instant
from cases.dossiers import referral
from cases.history import Addressee
from cases.ports import DossierFilter, DossierReader, LetterRow, Letters

log = structlog.get_logger(__name__)

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Hush:
    """The cases whose respondents are not told now, and those of which a silence is over."""

    held: frozenset[str] = frozenset()
    over: frozenset[str] = frozenset()


class Silence:
    """Looks up for which cases silence is asked. ``clock`` is Unix time."""

    def __init__(self, dossiers: DossierReader, letters: Letters, *, clock: Callable[[], float]) -> None:
        self._dossiers = dossiers
        self._letters = letters
        self._clock = clock
        self._noted: set[str] = set()

    async def now(self) -> Hush:
        """The cases by their codes. Raises StorageError."""
        found = await self._dossiers.dossiers(DossierFilter(kind=referral.KIND.name, limit=MOST))
        codes = {one.about for one in found if one.fields.get("silent_until")}
        now = instant(self._clock())
        ends = {code: referral.silent_until(code, found) for code in codes}
        held = frozenset(code for code, until in ends.items() if until is not None and until > now)
        return Hush(held, frozenset(codes) - held)

    def note(self, what: str, code: str) -> None:
        """Log that something waits, once; ``what`` names it (``letter 12``)."""
        if what not in self._noted:
            self._noted.add(what)
            log.info("held back so that nobody is warned", what=what, case=code)

    async def letters_to(self, to: Addressee, ref: str) -> Sequence[LetterRow]:
        """What one addressee was told, as their page shows it: a letter that is held back is not there yet."""
        rows = await self._letters.letters_to(to, ref)
        if to is not Addressee.RESPONDENT or all(row.sent_at for row in rows):
            return rows
        held = (await self.now()).held
        return [row for row in rows if row.sent_at or row.about not in held]
