"""The watch over deadlines: people are warned at three quarters, what is missed stands on record, and what follows by
itself happens (norm N1.3-3).

Everything is read from the store each time, so a restart or a jump of the clock between any two steps loses nothing and
re-dates nothing. The mark, the history's entry and the letters are one transaction; what follows is done again until the
registrar says it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import structlog

from bot.clock import instant
from bot.office import Office
from cases.confirmations import EXPIRES
from cases.deadlines import Deadline
from cases.docket import Wish
from cases.dossier import Dossier, DossierKind, letter_refs
from cases.history import Addressee, Letter
from cases.model import BOT, ActorKind, Refusal
from cases.ports import DeadlineBook, DeadlineFilter, DeadlineRow, Decide, DossierReader, StorageError
from cases.registrar import Registrar

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 30.0
"""A new deadline may begin at any moment; the nearest known one brings the look forward."""
SHORTEST_PAUSE_S = 0.2
TROUBLED_S = 5.0
MOST = 10_000
PORTION = 100
Ask = Callable[[datetime, int], Awaitable[Sequence[DeadlineRow]]]

WARNED = {
    "appeal_decide": ActorKind.REVIEWER,
    "appeal_decide_running": ActorKind.REVIEWER,
    "complaint_first": ActorKind.SUPPORT,
    "complaint_close": ActorKind.SUPPORT,
    "concern_reply": ActorKind.SUPPORT,
    "rights_request": ActorKind.PRIVACY,
    "breach_notice": ActorKind.PRIVACY,
    "disclosure": ActorKind.PRIVACY,
    "inspection": ActorKind.OPERATOR,
    "self_assessment": ActorKind.OPERATOR,
    "referral": ActorKind.OPERATOR,
    "referral_life": ActorKind.OPERATOR,
    "supervision_task": ActorKind.SUPERVISOR,
    "conduct_suspend": ActorKind.SUPERVISOR,
}
"""Who is warned of which deadline; of every other one the moderators."""
ESCALATED = ActorKind.SUPERVISOR
"""Who hears, besides them, of what was missed."""


class Watch:
    """Looks at the deadlines that run. ``counted`` hears the key of each that was missed."""

    def __init__(
        self,
        book: DeadlineBook,
        dossiers: DossierReader,
        office: Office,
        registrar: Registrar,
        counted: Callable[[str], None],
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._book = book
        self._dossiers = dossiers
        self._office = office
        self._registrar = registrar
        self._counted = counted
        self._clock = clock
        self._sleep = sleep
        self._undone: dict[tuple[str, str], Deadline] = {}
        """Missed deadlines whose consequence the store could not take yet."""

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            try:
                await self.turn()
                pause_s = await self._pause_s()
            except StorageError as fault:
                log.error("deadlines not looked at", reason=str(fault))
                pause_s = TROUBLED_S
            await self._sleep(pause_s)

    async def turn(self) -> None:
        """Warn of and miss everything that is due now, and let follow what follows. Raises StorageError."""
        now = instant(self._clock())
        for deadline in list(self._undone.values()):
            await self._follow(deadline, now)
        await self._each(self._book.overdue, self._miss, now)
        await self._each(self._book.to_warn, self._warn, now)

    async def resume(self) -> None:
        """After a start: a crash may have come between a mark and what follows. Raises StorageError."""
        now = instant(self._clock())
        for row in await self._book.deadlines(DeadlineFilter(running=True, missed=True, limit=MOST)):
            await self._follow(row.deadline, now)

    async def _each(self, ask: Ask, do: Callable[..., Awaitable[None]], now: datetime) -> None:
        """Do it with every row, in portions; a row that stays although it was done is left for the next turn."""
        done: set[tuple[str, str]] = set()
        while rows := [row for row in await ask(now, PORTION + len(done)) if _name(row) not in done]:
            for row in rows:
                done.add(_name(row))
                await do(row.deadline, now)

    async def _warn(self, deadline: Deadline, now: datetime) -> None:
        await self._book.mark_warned(deadline, now, await self._letters("deadline_near", deadline))

    async def _miss(self, deadline: Deadline, now: datetime) -> None:
        if await self._book.mark_overdue(deadline, now, await self._letters("deadline_missed", deadline)):
            log.warning("deadline missed", key=deadline.key, ref=deadline.ref, about=deadline.about)
            self._counted(deadline.key)
        await self._follow(deadline, now)

    async def _letters(self, text: str, deadline: Deadline) -> list[Letter]:
        """Who is told of a deadline, and never somebody for whom its dossier does not exist."""
        dossier, kind = await self._dossier(deadline.about)

        def refs(role: ActorKind) -> Sequence[str]:
            if dossier is None or kind is None:
                return (f"role:{role}",)
            return letter_refs(kind, dossier, role, self._office.docket.house)

        words = {"step": deadline.key, "about": deadline.about, "due": f"{deadline.due_at:%Y-%m-%d %H:%M} UTC"}
        told = dict.fromkeys(ref for role in _roles(text, deadline) for ref in refs(role))
        return [Letter(Addressee.STAFF, ref, text, words) for ref in told]

    async def _dossier(self, about: str) -> tuple[Dossier | None, DossierKind | None]:
        """The dossier a deadline runs for, with its kind; None and None where it runs for a case."""
        dossier = await self._dossiers.dossier(about)
        return dossier, None if dossier is None else self._office.docket.kinds.get(dossier.kind)

    async def _follow(self, deadline: Deadline, now: datetime) -> None:
        """What happens by itself when this deadline passes; a store that is away is asked again."""
        self._undone[deadline.key, deadline.ref] = deadline
        decide = consequence(self._registrar, deadline, now)
        if decide is not None:
            answer = await self._office.decide(deadline.about, decide)
            if isinstance(answer, Refusal) and answer.reason != "already":
                log.warning("nothing follows", key=deadline.key, ref=deadline.ref, reason=answer.detail)
        elif deadline.key == "revoke":
            await self._alarm(deadline)
        else:
            await self._move_dossier(deadline)
        del self._undone[deadline.key, deadline.ref]

    async def _alarm(self, deadline: Deadline) -> None:
        """A lift that the platform has not shown in time: the streamer is told to do it by hand (norm N3.3-3a)."""
        fields = {"what": "not-lifted", "detail": f"{deadline.ref} is still being tried."}
        key = f"not-lifted:{deadline.ref}"
        wish = Wish("alarm", "raise", BOT, fields, about_id=deadline.about, room=deadline.room, processed=key)
        answer = await self._office.move(wish)
        if isinstance(answer, Refusal):
            log.error("alarm refused", about=deadline.about, reason=answer.detail)

    async def _move_dossier(self, deadline: Deadline) -> None:
        """A dossier whose table knows a move for it (``miss``) makes it, once a deadline."""
        dossier, kind = await self._dossier(deadline.about)
        if dossier is None or kind is None:
            return
        if kind.machine.refusal(dossier.status, "miss", ActorKind.BOT) is not None:
            return
        key = f"overdue:{deadline.key}:{deadline.ref}:{deadline.due_at.isoformat()}"
        wish = Wish(dossier.kind, "miss", BOT, {}, processed=key)
        answer = await self._office.move(wish, dossier.id)
        if isinstance(answer, Refusal):
            log.warning("nothing follows", key=deadline.key, ref=deadline.ref, reason=answer.detail)

    async def _pause_s(self) -> float:
        due = await self._book.next_deadline()
        left_s = LOOK_EVERY_S if due is None else due.timestamp() - self._clock()
        return max(SHORTEST_PAUSE_S, min(LOOK_EVERY_S, left_s))


def _name(row: DeadlineRow) -> tuple[str, str]:
    return row.deadline.key, row.deadline.ref


def _roles(text: str, deadline: Deadline) -> Sequence[ActorKind]:
    """Whose step it is; of a missed one the supervisors hear, too."""
    role = WARNED.get(deadline.key, ActorKind.MODERATOR)
    return (role,) if text == "deadline_near" else tuple(dict.fromkeys((role, ESCALATED)))


def consequence(registrar: Registrar, deadline: Deadline, now: datetime) -> Decide | None:
    """What the registrar does when this deadline of a case passes; None where nothing follows by itself."""
    if deadline.key in EXPIRES:
        return registrar.expire(deadline.key, deadline.ref, now)
    if deadline.key in ("appeal_decide", "appeal_decide_running"):
        return registrar.appeal_overdue(deadline.ref, now)
    return registrar.cure_lapsed(deadline.ref, now) if deadline.key == "appeal_cure" else None
