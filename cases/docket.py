"""The only writer of dossiers: every move comes here and leaves as changes, or as a refusal that changes nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.deadlines import Deadline
from cases.dossier import About, Attempt, Dossier, DossierKind, fold_dossier
from cases.history import Changes, DossierMoved, Letter
from cases.house import House
from cases.machine import BEGINNING
from cases.model import Actor, Refusal
from cases.needs import Unfit, filled
from cases.training import may_act
from streams.events import RoomKey

DossierDecide = Callable[[Dossier | None, str], Changes | Refusal]
"""``(dossier or None, fresh id) -> changes``: pure, called inside the writer's transaction."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A move somebody wants to make. ``move`` of a new dossier is one whose steps start at the beginning.

    ``about_id`` and ``room`` count only then. ``processed`` makes a repeated form one (idempotency key), None: none.
    """

    kind: str
    move: str
    by: Actor
    fields: Mapping[str, Any]
    about_id: str = ""
    room: RoomKey | None = None
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What a move changes beside the dossier itself, beyond the deadlines its table names."""

    deadlines: tuple[Deadline, ...] = ()
    deadlines_met: tuple[tuple[str, str], ...] = ()
    letters: tuple[Letter, ...] = ()


class Docket:
    """Turns wishes into changes, by the kinds' tables."""

    def __init__(self, kinds: Mapping[str, DossierKind], house: House) -> None:
        self.kinds = kinds
        self.house = house

    def move(self, wish: Wish, about: About, now: datetime) -> DossierDecide:
        """One move of a dossier, or its beginning. Refusals: ``unknown_kind``, ``unknown_dossier``, ``unfit`` (with
        the field), ``invalid_transition``, ``already``, ``not_allowed``, ``suspended``, ``untrained``, and the guards'."""

        def decide(dossier: Dossier | None, fresh: str) -> Changes | Refusal:
            kind = self.kinds.get(wish.kind)
            if kind is None:
                return Refusal("unknown_kind", f"there is no kind of dossier {wish.kind}")
            refusal = self._barred(kind, wish, dossier, now)
            return refusal or self._moved(kind, wish, about, dossier, fresh, now)

        return decide

    def _barred(self, kind: DossierKind, wish: Wish, dossier: Dossier | None, now: datetime) -> Refusal | None:
        """Before anything is read: whether it is there for this person, the table has the move, and they may act."""
        if dossier is not None and kind.hidden is not None and kind.hidden(dossier, wish.by, self.house):
            return Refusal("unknown_dossier", f"there is no dossier {dossier.id}")
        status, room = (BEGINNING, wish.room) if dossier is None else (dossier.status, dossier.room)
        if (refusal := kind.machine.refusal(status, wish.move, wish.by.kind)) is not None:
            return refusal
        move = kind.machine.move(wish.move)
        learning = move is not None and move.learning
        return may_act(self.house.staff, wish.by, now, self.house, room, learning=learning)

    def _moved(
        self, kind: DossierKind, wish: Wish, about: About, dossier: Dossier | None, fresh: str, now: datetime
    ) -> Changes | Refusal:
        move = kind.machine.move(wish.move)
        assert move is not None  # the machine did not refuse it
        try:
            fields = filled(move.needs, move.allows, wish.fields)
        except Unfit as fault:
            return Refusal("unfit", str(fault))
        about_id = wish.about_id if dossier is None else dossier.about
        room = wish.room if dossier is None else dossier.room
        attempt = Attempt(dossier, wish.move, wish.by, fields, about, about_id, room, self.house, now)
        for guard in move.guards:
            if (refusal := guard(attempt)) is not None:
                return refusal
        if kind.records is not None:
            fields |= kind.records(attempt)
        entry = DossierMoved(
            at=now,
            by=wish.by,
            id=fresh if dossier is None else dossier.id,
            kind=kind.name,
            move=wish.move,
            room=room,
            about=about_id,
            fields=fields,
        )
        after = fold_dossier(dossier, kind.machine, entry)
        effects = (kind.effects(attempt, after) if kind.effects else None) or Effects()
        started = tuple(self.house.terms.start(key, after.id, after.id, room, now) for key in move.starts)
        return Changes(
            entries=(entry,),
            deadlines=started + effects.deadlines,
            deadlines_met=tuple((key, after.id) for key in move.meets) + effects.deadlines_met,
            letters=effects.letters,
            processed=wish.processed,
            code=after.id,
        )
