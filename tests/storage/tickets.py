"""A small kind of dossier for tests of the storage: opened, answered any number of times, closed, opened again."""

from __future__ import annotations

from typing import Any

from cases.deadlines import Terms
from cases.docket import Docket, DossierDecide, Effects, Wish
from cases.dossier import About, Attempt, Dossier, DossierKind
from cases.history import Addressee, Letter
from cases.house import House
from cases.machine import Machine, Move, by
from cases.model import Actor, ActorKind
from cases.needs import many, text
from cases.ports import DossierApplied
from storage import Storage
from streams.events import RoomKey
from tests.storage.stories import NOW

SUE = Actor(ActorKind.SUPPORT, "sue-id", "Sue")
DUE = Terms().due("complaint_first", NOW)


def _effects(attempt: Attempt, after: Dossier) -> Effects | None:
    """Who opened it gets a letter with every answer."""
    if attempt.move != "answer":
        return None
    return Effects(letters=(Letter(Addressee.PERSON, after.id, "ticket_answered", {"answer": after.fields["answer"]}),))


TICKET = DossierKind(
    name="ticket",
    zh="票",
    machine=Machine(
        "ticket",
        (
            Move("open", {"": "open"}, by(ActorKind.SUPPORT), needs={"what": text()}, starts=("complaint_first",)),
            Move(
                "answer",
                {"open": "open"},
                by(ActorKind.SUPPORT),
                needs={"answer": text()},
                allows={"tags": many(text(20))},
                meets=("complaint_first",),
            ),
            Move("close", {"open": "closed"}, by(ActorKind.SUPPORT), meets=("complaint_first",)),
            Move("reopen", {"closed": "open"}, by(ActorKind.SUPPORT), starts=("complaint_first",)),
        ),
    ),
    clause="P1-5",
    readers=frozenset({ActorKind.SUPPORT}),
    tokened=True,
    effects=_effects,
)
NOTE = DossierKind(
    name="side_note",
    zh="记",
    machine=Machine("side_note", (Move("write", {"": "written"}, by(ActorKind.SUPPORT), needs={"what": text()}),)),
    clause="P1-5",
    readers=frozenset({ActorKind.SUPPORT}),
)
TICKETS = {kind.name: kind for kind in (TICKET, NOTE)}
MOVES = ("open", "answer", "close", "reopen")


def step(
    move: str,
    fields: dict[str, Any] | None = None,
    *,
    kind: str = "ticket",
    room: RoomKey | None = None,
    about: str = "",
    processed: str | None = None,
    now: Any = NOW,
) -> DossierDecide:
    """What the docket decides about one move."""
    wish = Wish(kind, move, SUE, fields or {}, about, room, processed)
    return Docket(TICKETS, House()).move(wish, About(), now)


def opening(what: str = "the overlay was off", **more: Any) -> DossierDecide:
    """A ticket begins."""
    return step("open", {"what": what}, **more)


async def taken(storage: Storage, dossier_id: str | None, decide: DossierDecide, kind: str = "ticket") -> Dossier:
    """The dossier after a step that must succeed."""
    answer = await storage.docket.apply(dossier_id, kind, decide)
    assert isinstance(answer, DossierApplied), answer
    return answer.dossier
