"""The house behind the public pages, in memory: the real docket decides, a dictionary keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cases.deadlines import Deadline
from cases.docket import Docket, Wish
from cases.dossier import About, Dossier, fold_dossier
from cases.dossiers import KINDS
from cases.dossiers.common import holder
from cases.dossiers.disclosure import CLAIMS
from cases.history import Changes, DossierMoved
from cases.house import House
from cases.model import Profile, Refusal
from cases.ports import LetterRow
from cases.rules import HOUSE_RULES
from cases.statistics import Period
from tests.cases.people import reported_case
from web.public_views import Controller, MatterView, Opened, PublicView, RuleView

PROOF = "s-proof-of-a-statement-01"
"""The one token that proves who somebody is."""


class MemoryHouse:
    """What was sent in (``wishes``) and what stands (``dossiers``). ``answer`` is what the next one is told instead."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.answer: Refusal | Exception | None = None
        self.dossiers: dict[str, Dossier] = {}
        self.letters: list[LetterRow] = []
        self.running: dict[tuple[str, str], Deadline] = {}
        self.wishes: list[Wish] = []
        self.published: dict[str, dict[str, Any]] = {}
        self.week: Period | None = None
        self.copies: dict[str, dict[str, Any]] = {}
        self.seen: dict[str, str] = {}
        rules = tuple(RuleView(rule.id, rule.words) for rule in HOUSE_RULES.values())
        self.shown = PublicView(Profile.SOLO, Controller(), rules, "1")

    async def view(self) -> PublicView:
        return self.shown

    async def months(self) -> list[str]:
        return sorted(self.published, reverse=True)

    async def statistics(self, month: str) -> Mapping[str, Any] | None:
        return self.published.get(month)

    async def last_week(self) -> Period | None:
        return self.week

    async def move(self, wish: Wish) -> Opened | Refusal:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        if wish.processed in self.seen:
            return self._opened(self.dossiers[self.seen[wish.processed]])
        answer = self.go(None, wish)
        if isinstance(answer, Refusal):
            return answer
        if wish.processed:
            self.seen[wish.processed] = answer.id
        return self._opened(answer)

    def _opened(self, dossier: Dossier) -> Opened:
        return Opened(dossier, token_of(dossier.id))

    def go(self, dossier: Dossier | None, wish: Wish) -> Dossier | Refusal:
        """One move by anybody, staff as well."""
        self.wishes.append(wish)
        now = datetime.fromtimestamp(self._clock(), UTC)
        fresh = f"{wish.kind}-{len(self.dossiers) + 1}"
        changes = Docket(KINDS, House()).move(wish, About(case=reported_case().case), now)(dossier, fresh)
        return changes if isinstance(changes, Refusal) else self._keep(dossier, wish, changes, now)

    def _keep(self, before: Dossier | None, wish: Wish, changes: Changes, now: datetime) -> Dossier:
        (entry,) = changes.entries
        assert isinstance(entry, DossierMoved)
        dossier = fold_dossier(before, KINDS[wish.kind].machine, entry)
        self.dossiers[dossier.id] = dossier
        for key in changes.deadlines_met:
            self.running.pop(key, None)
        self.running |= {(row.key, row.ref): row for row in changes.deadlines}
        start = len(self.letters)
        self.letters += [
            LetterRow(start + index, letter, dossier.id, None, now, now) for index, letter in enumerate(changes.letters)
        ]
        return dossier

    async def go_on(self, token: str, move: str, fields: Mapping[str, Any], processed: str) -> Dossier | Refusal | None:
        dossier = self._by_token(token)
        if dossier is None:
            return None
        return self.go(dossier, Wish(dossier.kind, move, holder(dossier.id), fields, processed=processed))

    async def look(self, token: str) -> MatterView | None:
        dossier = self._by_token(token)
        if dossier is None:
            return None
        due = min((row.due_at for row in self.running.values() if row.about == dossier.id), default=None)
        letters = [row for row in self.letters if row.letter.ref == dossier.id]
        return MatterView(dossier, letters, due, due is not None and due.timestamp() < self._clock())

    def _by_token(self, token: str) -> Dossier | None:
        return next((each for each in self.dossiers.values() if token_of(each.id) == token), None)

    async def ask(self, proof: str, what: str, words: str, language: str, processed: str) -> Opened | Refusal | None:
        if isinstance(self.answer, Exception):
            raise self.answer
        if proof != PROOF:
            return None
        if what in CLAIMS:
            claim = {"wants": CLAIMS[what], "harm": words, "subject": "A7K2.1", "language": language}
            return await self.move(Wish("disclosure", "demand", holder("nobody"), claim, about_id="A7K2"))
        fields = {"what": what, "proof": "statement-token", "subject": "A7K2.1", "language": language}
        wish = Wish("rights_request", "ask-proved", holder("nobody"), fields | ({"words": words} if words else {}))
        return await self.move(wish)

    async def copy(self, token: str) -> dict[str, Any] | None:
        return self.copies.get(token)


def token_of(dossier_id: str) -> str:
    """The secret token of a dossier here."""
    return f"token-of-{dossier_id.replace('_', '-')}-xx"
