"""What `/api/v1` and the command line ask of the office: plain values in, a status and plain values out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

import msgspec

from bot.acts import open_to
from bot.case_file import case_file
from bot.caseload import NO_TOPICS, Caseload
from bot.check_modes import CheckModes
from bot.office import Office
from cases.docket import Wish
from cases.dossier import Dossier
from cases.exercises import exercises
from cases.machine import BEGINNING
from cases.model import Actor, ActorKind, CaseStatus, Refusal
from cases.ports import Applied, CaseFilter, CaseReader, DeadlineBook, DeadlineFilter, DossierFilter, Repeated, Seals
from cases.queue import Place
from cases.registrar import Registrar
from cases.staff import ACTIVE, Member
from cases.watermark import Copy, marked_document
from streams.events import RoomKey

OPERATOR = "operator"
"""Who runs the installation, and has its key file."""
MOST = 1_000
ROLES = (
    ActorKind.OPERATOR,
    ActorKind.OWNER,
    ActorKind.SUPERVISOR,
    ActorKind.PRIVACY,
    ActorKind.REVIEWER,
    ActorKind.MODERATOR,
    ActorKind.SUPPORT,
)
"""As whom somebody with several roles acts when none is named: the first of these."""
STATUS = {
    "unfit": 422,
    "no_reason": 422,
    "no_provision": 422,
    "no_target": 422,
    "no_length": 422,
    "not_allowed": 403,
    "not_yours": 403,
    "suspended": 403,
    "untrained": 403,
    "conflict": 403,
    "involved": 403,
    "second_person": 403,
    "unauthorized": 401,
    "unavailable": 503,
}
"""The HTTP status of a refusal; what is unknown is 404, everything else 409."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status as HTTP has it, and JSON."""

    status: int
    body: dict[str, Any]


def problem(refusal: Refusal) -> Answer:
    """A refusal as a problem document (RFC 9457)."""
    status = STATUS.get(refusal.reason, 404 if refusal.reason.startswith("unknown_") else 409)
    title = refusal.reason.replace("_", " ")
    return Answer(status, {"title": title, "status": status, "reason": refusal.reason, "detail": refusal.detail})


class DeskApi:
    """The office behind tokens. ``seals`` makes them: one for the operator, one for each member of staff. ``live`` are the
    rooms on air, ``topics`` what each is about."""

    def __init__(
        self,
        office: Office,
        registrar: Registrar,
        reader: CaseReader,
        deadlines: DeadlineBook,
        seals: Seals,
        live: Callable[[], Set[RoomKey]] = frozenset,
        topics: Mapping[RoomKey, tuple[str, ...]] = NO_TOPICS,
    ) -> None:
        self.caseload = Caseload(reader, deadlines, live, topics)
        self._office = office
        self._registrar = registrar
        self._reader = reader
        self._deadlines = deadlines
        self._seals = seals
        self.modes: CheckModes | None = None
        """How far each check goes; None where nobody asks."""

    # -- who ------------------------------------------------------------------------------------------------------------

    def who(self, token: str, role: str) -> Actor | None:
        """Whoever has this token, as ``role`` ("": the first they have); None where the token or the role is nobody's."""
        members = self._registrar.house.staff.members
        refs = [OPERATOR, *(ref for member in members for ref in (member.id, *sorted(member.accounts)))]
        found = [ref for ref in refs if compare_digest(self._seals.token("api", ref), token.strip().lower())]
        return self.actor(found[0], role) if found else None

    def actor(self, ref: str, role: str) -> Actor | None:
        """Somebody by reference, for whoever holds the keys themselves."""
        if ref == OPERATOR:
            return Actor(ActorKind.OPERATOR, OPERATOR) if role in ("", ActorKind.OPERATOR) else None
        member = self._registrar.house.staff.member(ref)
        kind = None if member is None or member.status != ACTIVE else _role(member, role)
        return None if member is None or kind is None else Actor(kind, member.id, member.name)

    # -- cases ----------------------------------------------------------------------------------------------------------

    async def act(self, by: Actor, code: str, move: str, fields: Mapping[str, Any], key: str | None = None) -> Answer:
        """One move of a case."""
        answer = await self._office.act(code, move, by, fields, key and f"api:{by.ref}:{key}")
        match answer:
            case Refusal():
                return problem(answer)
            case Repeated():
                return Answer(200, {"code": answer.code, "repeated": True})
            case Applied(state=state, changes=changes):
                entries = [_plain(entry) for entry in changes.entries]
                return Answer(200, {"code": state.code, "status": state.status, "entries": entries, "repeated": False})

    async def case(self, by: Actor, code: str, why: str) -> Answer:
        """A case's file; the reading is noted, and the file carries the reader's mark. No reporter can be recognised."""
        found = await self._office.case(code, by, why)
        if isinstance(found, Refusal):
            return problem(found)
        document = await case_file(self._reader, found.code, self._registrar.house.language) or {}
        if topics := self.caseload.topics(found):
            document["topics"] = list(topics)
        marked = marked_document(document, Copy(by.ref, found.code), self._seals)
        return Answer(200, {**marked, "moves": open_to(found, by)})

    async def cases(self, by: Actor, query: Mapping[str, str]) -> Answer:
        """The latest cases in a line each."""
        try:
            status, limit = _status(query), _limit(query)
        except ValueError as fault:
            return problem(Refusal("unfit", str(fault)))
        room = RoomKey(query["room"]) if query.get("room") else None
        found = await self._office.cases(CaseFilter(room=room, status=status, limit=limit))
        lines = [
            {
                "code": s.code,
                "room": s.room,
                "status": s.status,
                "severity": s.severity,
                "opened_at": _when(s.opened_at),
            }
            for s in found
        ]
        return Answer(200, {"cases": lines})

    async def queue(self, by: Actor, query: Mapping[str, str]) -> Answer:
        """What waits for a person in the rooms of whoever asks, the most pressing first."""
        try:
            limit = _limit(query)
        except ValueError as fault:
            return problem(Refusal("unfit", str(fault)))
        now = self._office.now
        found = await self.caseload.queue(now)
        own = [place for place in found.places if self._office.works_in(by, place.state.room)]
        return Answer(200, {"queue": [_placed(place, now) for place in own[:limit]], "more": found.more})

    async def exercises(self, by: Actor, query: Mapping[str, str]) -> Answer:
        """The scenario test of this house: the built-in exercises, and those made from overturned decisions."""
        return Answer(200, {"exercises": [_plain(one) for one in exercises(self._registrar.house.exercises)]})

    # -- checks ---------------------------------------------------------------------------------------------------------

    async def checks(self, by: Actor, query: Mapping[str, str]) -> Answer:
        """Every check of every room this person works in (``room``: of one): how far it goes, and what it hit."""
        if self.modes is None:
            return problem(Refusal("unknown_path", "there are no checks here"))
        rows = self.modes.board(query.get("lang") or self._registrar.house.language)
        only = query.get("room", "")
        own = [row for row in rows if only in ("", row["room"]) and self._office.works_in(by, row["room"])]
        return Answer(200, {"live": self.modes.live, "checks": own})

    async def check_mode(self, by: Actor, wanted: Mapping[str, Any]) -> Answer:
        """Set how far a check goes: ``room`` (or "all"), ``check``, ``mode``, and a ``reason`` where there is one."""
        if self.modes is None:
            return problem(Refusal("unknown_path", "there are no checks here"))
        given = [str(wanted.get(name, "")) for name in ("room", "check", "mode", "reason")]
        answer = await self.modes.set_mode(by, *given)
        return problem(answer) if isinstance(answer, Refusal) else Answer(200, _shown(answer))

    async def try_line(self, by: Actor, wanted: Mapping[str, Any]) -> Answer:
        """What a room's checks would make of a line: ``room``, ``text``, ``as`` newcomer or regular. Nothing is kept."""
        if self.modes is None:
            return problem(Refusal("unknown_path", "there are no checks here"))
        room, text, standing = (str(wanted.get(name, "")) for name in ("room", "text", "as"))
        if not self._office.works_in(by, RoomKey(room)):
            return problem(Refusal("unknown_room", f"{room or 'no room'} is none of yours"))
        language = str(wanted.get("lang") or self._registrar.house.language)
        answer = self.modes.try_line(room, text, standing or "newcomer", language)
        return problem(answer) if isinstance(answer, Refusal) else Answer(200, answer)

    # -- dossiers -------------------------------------------------------------------------------------------------------

    async def open(self, by: Actor, kind: str, wanted: Mapping[str, Any], key: str | None = None) -> Answer:
        """Begin a dossier. ``wanted`` holds ``fields``, and where it fits ``move``, ``about``, ``room``."""
        known = self._office.docket.kinds.get(kind)
        if known is None:
            return self._no_kind(kind)
        beginnings = [move.name for move in known.machine.moves if BEGINNING in move.steps]
        wish = Wish(
            kind,
            str(wanted.get("move") or beginnings[0]),
            by,
            wanted.get("fields") or {},
            about_id=str(wanted.get("about") or ""),
            room=RoomKey(str(wanted["room"])) if wanted.get("room") else None,
            processed=key and f"api:{by.ref}:{key}",
        )
        return await self._moved(wish, None, 201)

    async def move(
        self, by: Actor, dossier_id: str, move: str, fields: Mapping[str, Any], key: str | None = None
    ) -> Answer:
        """One move of a dossier."""
        kind = dossier_id.rpartition("-")[0].lower()
        wish = Wish(kind, move, by, fields, processed=key and f"api:{by.ref}:{key}")
        return await self._moved(wish, dossier_id, 200)

    async def _moved(self, wish: Wish, dossier_id: str | None, status: int) -> Answer:
        answer = await self._office.move(wish, dossier_id)
        return problem(answer) if isinstance(answer, Refusal) else Answer(status, _shown(answer))

    def _no_kind(self, kind: str) -> Answer:
        kinds = ", ".join(sorted(self._office.docket.kinds))
        return problem(Refusal("unknown_kind", f"there is no kind of dossier {kind}; there are {kinds}"))

    async def dossier(self, by: Actor, dossier_id: str, why: str) -> Answer:
        """A dossier; the reading is noted."""
        found = await self._office.dossier(dossier_id, by, why)
        return problem(found) if isinstance(found, Refusal) else Answer(200, _shown(found))

    async def dossiers(self, by: Actor, query: Mapping[str, str]) -> Answer:
        """Those this person may read, in a line each."""
        try:
            limit = _limit(query)
        except ValueError as fault:
            return problem(Refusal("unfit", str(fault)))
        if query.get("kind", "") not in {"", *self._office.docket.kinds}:
            return self._no_kind(query["kind"])
        which = DossierFilter(
            kind=query.get("kind") or None,
            status=query.get("status") or None,
            about=query.get("about") or None,
            limit=limit,
        )
        found = await self._office.dossiers(which, by)
        lines = [
            {
                "id": d.id,
                "kind": d.kind,
                "status": d.status,
                "room": d.room,
                "about": _shown_about(d),
                "last_at": _when(d.last_at),
            }
            for d in found
        ]
        return Answer(200, {"dossiers": lines})

    # -- deadlines ------------------------------------------------------------------------------------------------------

    async def deadlines(self, by: Actor, query: Mapping[str, str]) -> Answer:
        """The deadlines that run, the first due first; with ``overdue`` only the missed ones."""
        try:
            limit = _limit(query)
        except ValueError as fault:
            return problem(Refusal("unfit", str(fault)))
        missed = True if query.get("overdue") else None
        rows = await self._deadlines.deadlines(DeadlineFilter(running=True, missed=missed, limit=limit))
        unseen = await self._unseen(by)
        lines = [
            {
                "deadline": row.deadline.key,
                "about": row.deadline.about,
                "ref": row.deadline.ref,
                "due_at": _when(row.deadline.due_at),
                "warned": row.warned_at is not None,
                "overdue": row.overdue_at is not None,
            }
            for row in rows
            if not unseen(row.deadline.about)
        ]
        return Answer(200, {"deadlines": lines})

    async def _unseen(self, by: Actor) -> Callable[[str], bool]:
        """Whether a dossier is one of those that do not exist for some, and among them for this person."""
        secret = [name for name, kind in self._office.docket.kinds.items() if kind.hidden is not None]
        found = [await self._office.dossiers(DossierFilter(kind=name, limit=MOST), by) for name in secret]
        seen = {one.id for dossiers in found for one in dossiers}
        return lambda about: about.rpartition("-")[0] in secret and about not in seen


def _placed(place: Place, now: datetime) -> dict[str, Any]:
    """A place in the queue; no reporter can be recognised in it."""
    state, due = place.state, place.due
    return {
        "code": state.code,
        "room": state.room,
        "status": state.status,
        "category": state.category,
        "severity": place.severity,
        "since": _when(place.since),
        "waits_s": round((now - place.since).total_seconds()),
        "step": due.key if due else "",
        "due_at": _when(due.due_at) if due else "",
        "overdue": place.overdue,
        "remarks": [*place.remarks, *(["brigade"] if place.brigade else [])],
        "brigade": place.brigade.why if place.brigade else "",
        "topics": list(place.topics),
    }


def _role(member: Member, role: str) -> ActorKind | None:
    return next((kind for kind in ROLES if kind in member.roles and role in ("", kind)), None)


def _limit(query: Mapping[str, str]) -> int:
    given = query.get("limit") or "50"
    if not re.fullmatch("[0-9]{1,6}", given) or not 1 <= int(given) <= MOST:
        raise ValueError(f"limit is a whole number between 1 and {MOST}")
    return int(given)


def _status(query: Mapping[str, str]) -> CaseStatus | None:
    given = query.get("status") or None
    if given is not None and given not in set(CaseStatus):
        raise ValueError(f"status is one of {', '.join(CaseStatus)}")
    return None if given is None else CaseStatus(given)


def _when(at: datetime) -> str:
    return at.isoformat()


def _shown(dossier: Dossier) -> dict[str, Any]:
    return {**_plain(dossier), "about": _shown_about(dossier)}


def _shown_about(dossier: Dossier) -> str:
    """A finding is about a reporter's pseudonym, which is shown to nobody."""
    return "" if dossier.kind == "standing" else dossier.about


def _plain(value: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value, enc_hook=_seconds)
    return plain


def _seconds(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Sequence | frozenset):
        return list(value)
    raise NotImplementedError(f"a {type(value).__name__} has no plain form")  # the word msgspec asks for
