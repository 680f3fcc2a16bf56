"""Appeals, objections and remarks from the web pages: the same intents as from chat, into the same case log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from bot.clock import instant
from bot.forms import Files, keep_files
from bot.rooms import Rooms, WatchedRoom
from cases.evidence import storable
from cases.intents import AppealMade, AppealRemarkMade
from cases.model import Actor, ActorKind, Appeal, AppealStatus, CaseState, Refusal
from cases.ports import Applied, ByCode, CaseLog, CaseReader, Decide, Repeated, Seals
from cases.registrar import Registrar
from storage.attachments import file_name
from web.views import AppealReceipt, Upload, WebAppeal, WebRemark


class AppealForms:
    """What the web pages call about appeals. A token opens one statement, or one report, and nothing else."""

    def __init__(
        self,
        rooms: Rooms,
        log: CaseLog,
        reader: CaseReader,
        registrar: Registrar,
        seals: Seals,
        applied: Callable[[WatchedRoom, Applied], None],
        clock: Callable[[], float],
        files: Files | None = None,
    ) -> None:
        self._rooms = rooms
        self._log = log
        self._reader = reader
        self._registrar = registrar
        self._seals = seals
        self._applied = applied
        self._clock = clock
        self._files = files

    async def appeal(self, form: WebAppeal) -> AppealReceipt | Refusal:
        """Take an appeal by whoever holds a statement's secret token, or an objection by who holds a receipt's."""
        found = await self._opened(form.token)
        if found is None:
            return Refusal("unknown_case", "no such statement")
        state, sender_id, report = found
        made = AppealMade(
            sender_id,
            storable(form.reasons),
            processed=_key(form.key),
            report=report,
            evidence=(*(storable(piece) for piece in form.evidence), *(_told(state, file) for file in form.files)),
            contact=storable(form.contact),
            news=storable(form.news),
            show_again=form.show_again,
        )
        answer = await self._apply(state, self._registrar.appeal(made, instant(self._clock())))
        if isinstance(answer, Refusal):
            return answer
        waiting = [one for one in (await self._now(state)).appeals if one.status.waits and _own(one, sender_id, report)]
        lacking = [one for one in waiting if one.status is AppealStatus.NEEDS_INFO]
        kept = await self._keep(state, form.files)
        return AppealReceipt(state.code, bool(report), lacking[-1].cure_until if lacking else None, kept)

    async def _keep(self, state: CaseState, files: Sequence[Upload]) -> bool:
        """Keep the files; False when not all could be: the appeal stands without them."""
        return await keep_files(self._files, state.code, files, instant(self._clock()))

    async def remark(self, form: WebRemark) -> Refusal | None:
        """Add to an open appeal what a reporter or the appellant wants considered. None: it was taken."""
        found = await self._opened(form.token)
        if found is None:
            return Refusal("unknown_case", "no such statement")
        state, sender_id, report = found
        by = Actor(ActorKind.VIEWER, "" if report else self._seals.pseudonym(state.room, sender_id))
        made = AppealRemarkMade(by, storable(form.text), report, _key(form.key))
        answer = await self._apply(state, self._registrar.remark(made, instant(self._clock())))
        return answer if isinstance(answer, Refusal) else None

    async def opened(self, token: str) -> None:
        """A statement's page was opened with its token: its person is informed, and the time to appeal runs."""
        found = await self._reader.statement_by_token(token)
        if found is None:
            return
        state, statement = found
        if state.informed_at(statement.respondent) is None:
            await self._apply(state, self._registrar.inform(statement.respondent, "page", instant(self._clock())))

    async def _opened(self, token: str) -> tuple[CaseState, str, str] | None:
        """The case, and the respondent's account or the report's id, that a token opens."""
        statement = await self._reader.statement_by_token(token)
        if statement is not None:
            return statement[0], statement[1].respondent, ""
        report = await self._reader.report_by_token(token)
        return None if report is None else (report[0], "", report[1])

    async def _now(self, state: CaseState) -> CaseState:
        return await self._reader.case(state.code) or state

    async def _apply(self, state: CaseState, decide: Decide) -> Applied | Repeated | Refusal:
        answer = await self._log.apply(ByCode(state.code), decide)
        room = self._rooms.get(state.room)
        if isinstance(answer, Applied) and room is not None:
            self._applied(room, answer)
        return answer


def _told(state: CaseState, file: Upload) -> str:
    """A file as a piece of evidence that the reviewer finds about, and opens by its id."""
    return f"file {file_name(state.code, file.content)}: {file.name} ({file.media_type}, {len(file.content)} bytes)"


def _own(appeal: Appeal, sender_id: str, report: str) -> bool:
    return (appeal.respondent, appeal.report) == (sender_id, report)


def _key(key: str) -> str:
    return f"web:{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}"
