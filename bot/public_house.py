"""What the public pages show and take in, over the store: implements `web.public_views.PublicHouse`.

Every move goes through the office. Whoever holds a matter's token is its person; proof of who somebody is, is the token
of a statement or of a receipt. Reading a copy is written down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot import supervision
from bot.clock import instant
from bot.config import Settings
from bot.office import Office
from bot.published import Published
from cases.catalogue import say
from cases.copies import Kept, copy_for_reporter, copy_for_respondent, evidence_file, may_copy, respondent_of
from cases.docket import Wish
from cases.dossier import Dossier
from cases.dossiers import complaint, standard
from cases.dossiers.common import holder
from cases.dossiers.disclosure import CLAIMS
from cases.dossiers.policy import rulebook
from cases.dossiers.public_note import Shown, public
from cases.dossiers.rights_request import SELF_SERVICE
from cases.history import Addressee
from cases.model import BOT, CaseState, Profile, Refusal
from cases.ports import CaseReader, DeadlineFilter, DossierFilter, Seals
from cases.statistics import Period
from storage import Storage
from web.public_views import Controller, FiguresView, MatterView, Opened, PublicView, RuleView, SupervisionView

LATELY = timedelta(days=30)
SHOWN_FOR_S = 5.0
"""So long the house's account is kept: everybody may ask for it, and it reads much."""
SUPERVISION_FOR_S = 3_600.0
MOST = 1_000
NOTES_SHOWN = 50


class StoredPublicHouse:
    """The port over the store. ``clock`` is Unix time."""

    def __init__(
        self, settings: Settings, storage: Storage, office: Office, seals: Seals, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._office = office
        self._seals = seals
        self._clock = clock
        self._published = Published(storage, clock)
        self._supervision: tuple[float, supervision.State] | None = None
        self._view: tuple[float, PublicView] | None = None

    # -- the house's account of itself ------------------------------------------------------------------------------

    async def view(self) -> PublicView:
        """What everybody may know, at most some seconds old."""
        now_s = self._clock()
        if self._view is None or not 0 <= now_s - self._view[0] < SHOWN_FOR_S:
            self._view = (now_s, await self._look())
        return self._view[1]

    async def _look(self) -> PublicView:
        now = instant(self._clock())
        since = now - LATELY
        complaints = await self._all("complaint", since=since)
        missed = await self._storage.deadlines.deadlines(DeadlineFilter(missed=True, since=since, limit=MOST))
        book = rulebook([*await self._all("policy"), *await self._all("interpretation")])
        version = book.at(now)
        return PublicView(
            profile=self._settings.profile,
            controller=Controller(self._settings.controller.name, self._settings.controller.contact),
            rules=tuple(RuleView(rule.id, rule.words) for rule in version.rules.values()),
            rules_version=version.number,
            rules_since=version.effective_at,
            interpreter=book.interpreter,
            standards=standard.checklist(await self._all("standard"), now),
            complaints=complaint.figures(complaints, {row.deadline.about for row in missed}),
            concerns=(await self._all("concern", since=since))[:20],
            deadlines=await self._storage.deadlines.counts(since, now),
            notes=await self._notes(),
            figures=await self._figures(),
            sponsors={room.key: room.sponsored for room in self._settings.rooms if room.sponsored},
            supervision=await self._supervised(),
        )

    async def months(self) -> Sequence[str]:
        """The months whose numbers are published, the latest first."""
        return await self._published.months()

    async def statistics(self, month: str) -> Mapping[str, Any] | None:
        """One of them; None: no such month."""
        return await self._published.month(month)

    async def last_week(self) -> Period | None:
        """The last whole week's numbers, for those who work here."""
        return await self._published.last_week()

    async def _figures(self) -> FiguresView | None:
        for month in (await self._published.months())[:1]:
            if (found := await self._published.month(month)) is not None:
                return FiguresView(found, f"/public/statistics/{month}.json")
        return None

    async def _supervised(self) -> SupervisionView | None:
        """How supervision stands, looked at once an hour; None where the size of the team knows none."""
        if self._settings.profile is not Profile.PLATFORM:
            return None
        now_s = self._clock()
        if self._supervision is None or now_s - self._supervision[0] >= SUPERVISION_FOR_S:
            state = await supervision.state(self._storage.reader, self._storage.dossiers, instant(now_s))
            self._supervision = now_s, state
        state = self._supervision[1]
        return SupervisionView(state.agreement.judged, state.agreement.rate, state.gaps, len(state.overdue))

    async def _notes(self) -> tuple[Shown, ...]:
        notes = (await self._all("public-note"))[:NOTES_SHOWN]
        return public([(note, await self._storage.reader.case(note.about)) for note in notes])

    async def _all(self, kind: str, **which: Any) -> tuple[Dossier, ...]:
        return tuple(await self._storage.dossiers.dossiers(DossierFilter(kind=kind, limit=MOST, **which)))

    # -- matters ----------------------------------------------------------------------------------------------------

    async def move(self, wish: Wish) -> Opened | Refusal:
        """Take in a new matter; sent twice, it is one."""
        answer = await self._office.move(wish)
        return answer if isinstance(answer, Refusal) else Opened(answer, self._token(answer))

    def _token(self, dossier: Dossier) -> str:
        return self._seals.token("dossier", dossier.id)

    async def go_on(self, token: str, move: str, fields: Mapping[str, Any], processed: str) -> Dossier | Refusal | None:
        """One more step by whoever holds the token."""
        found = await self._storage.dossiers.dossier_by_token(token)
        if found is None:
            return None
        wish = Wish(found.kind, move, holder(found.id), fields, processed=f"{processed}:{move}")
        return await self._office.move(wish, found.id)

    async def look(self, token: str) -> MatterView | None:
        """The matter a token opens, with what was said and what is owed."""
        found = await self._storage.dossiers.dossier_by_token(token)
        if found is None:
            return None
        rows = await self._storage.deadlines.deadlines(DeadlineFilter(about=found.id, running=True))
        due = min((row.deadline.due_at for row in rows), default=None)
        letters = await self._storage.letters.letters_to(Addressee.PERSON, found.id)
        return MatterView(found, letters, due, due is not None and due <= instant(self._clock()))

    # -- one's own data ---------------------------------------------------------------------------------------------

    async def ask(self, proof: str, what: str, words: str, language: str, processed: str) -> Opened | Refusal | None:
        """A request by the token of a statement or a receipt; what needs no judgement is granted at once."""
        proved = await self._proved(proof)
        if proved is None:
            return None
        code, fields = proved
        if what in CLAIMS:
            return await self._claimed(code, fields, CLAIMS[what], words, language, processed)
        fields |= {"what": what, "language": language} | ({"words": words} if words else {})
        wish = Wish("rights_request", "ask-proved", holder(processed), fields, about_id=code, processed=processed)
        opened = await self.move(wish)
        if isinstance(opened, Refusal) or opened.dossier.status != "proved" or what not in SELF_SERVICE:
            return opened
        return await self._granted(opened, language)

    async def _claimed(
        self, code: str, proved: Mapping[str, str], wants: str, harm: str, language: str, processed: str
    ) -> Opened | Refusal | None:
        """A claim after a false report is for whom a decision was about; a receipt proves nothing of that kind."""
        if proved["proof"] != "statement-token":
            return None
        fields = {"wants": wants, "harm": harm, "subject": proved["subject"], "language": language}
        return await self.move(
            Wish("disclosure", "demand", holder(processed), fields, about_id=code, processed=processed)
        )

    async def _proved(self, proof: str) -> tuple[str, dict[str, str]] | None:
        if (found := await self._storage.reader.statement_by_token(proof)) is not None:
            return found[0].code, {"proof": "statement-token", "subject": found[1].id}
        if (report := await self._storage.reader.report_by_token(proof)) is not None:
            return report[0].code, {"proof": "receipt-token", "subject": report[1]}
        return None

    async def _granted(self, opened: Opened, language: str) -> Opened:
        """A self-service request answered by the program; one it cannot grant waits for a person."""
        key = "public.granted.explanation" if opened.dossier.fields["what"] == "explanation" else "public.granted.copy"
        wish = Wish("rights_request", "grant", BOT, {"answer": say(language, key)})
        answer = await self._office.move(wish, opened.dossier.id)
        return opened if isinstance(answer, Refusal) else Opened(answer, opened.token)

    async def copy(self, token: str) -> dict[str, Any] | None:
        """The copy for the person a granted request proved, made from what is stored now; noted before it leaves."""
        request = await self._storage.dossiers.dossier_by_token(token)
        if request is None or not may_copy(request):
            return None
        state = await self._storage.reader.case(request.about)
        if state is None:
            return None
        now = instant(self._clock())
        await self._storage.access.note(now, holder(request.id), "copy", state.code, request.id)
        return await self._copied(state, request)

    async def _copied(self, state: CaseState, request: Dossier) -> dict[str, Any] | None:
        reader, subject, now = self._storage.reader, str(request.fields.get("subject", "")), instant(self._clock())
        kept = await kept_of(reader, state)
        try:
            if request.kind == "disclosure":
                return evidence_file(kept, respondent_of(kept, subject), now)
            if request.fields["proof"] == "receipt-token":
                return copy_for_reporter(kept, subject, now, [request])
            return copy_for_respondent(kept, respondent_of(kept, subject), now, [request])
        except KeyError:  # erased meanwhile
            return None


async def kept_of(reader: CaseReader, state: CaseState) -> Kept:
    """Everything that is kept of a case."""
    code = state.code
    return Kept(state, await reader.statements(code), await reader.evidence(code), await reader.history(code))
