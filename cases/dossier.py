"""A dossier: one handled matter that is not a case: a complaint, a referral, a rights request, a member of staff …

Like a case it has an append-only history in the same chain, and its state is the fold of that. Unlike a case, all that
can happen to it stands in one table, its kind's machine; `cases.docket` is the only writer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from cases.history import DossierEntry, DossierMoved
from cases.house import House
from cases.machine import BEGINNING, Machine
from cases.model import Actor, ActorKind, CaseState, Evidence, Refusal
from streams.events import RoomKey


class Step(msgspec.Struct, frozen=True):
    """One move that was made."""

    move: str
    by: Actor
    at: datetime


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """One matter, as the fold of its history. ``id`` is its kind with a running number (``complaint-12``).

    ``about`` is what it concerns: a case's code, another dossier's id, an account, or "". ``fields`` are the latest values
    that were filled in. ``room`` None: it concerns the whole installation.
    """

    id: str
    kind: str
    status: str
    room: RoomKey | None
    about: str
    opened_at: datetime
    last_at: datetime
    fields: dict[str, Any]
    steps: tuple[Step, ...] = ()
    version: int = 0

    def made_by(self, *moves: str) -> frozenset[str]:
        """Who made these moves (all moves, when none is named), by their refs."""
        return frozenset(step.by.ref for step in self.steps if not moves or step.move in moves)

    def last(self, move: str) -> Step | None:
        """The latest step of this name, None if it was never made."""
        return next((step for step in reversed(self.steps) if step.move == move), None)


@dataclass(frozen=True, slots=True)
class About:
    """What a guard may look at beyond the dossier itself, looked up before.

    ``case`` and ``evidence`` are those of the case the dossier concerns (None, empty: it concerns none). ``others`` are
    the dossiers of the same kind about the same thing; ``linked`` those whose ids its fields name, and the one it is about.
    """

    case: CaseState | None = None
    evidence: Sequence[Evidence] = ()
    others: Sequence[Dossier] = ()
    linked: Sequence[Dossier] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A move somebody wants to make, for the guards. ``dossier`` None: it would begin with this move."""

    dossier: Dossier | None
    move: str
    by: Actor
    fields: Mapping[str, Any]
    about: About
    about_id: str
    room: RoomKey | None
    house: House
    now: datetime

    def field(self, name: str) -> Any:
        """The value as it will be after the move: given now, else known from before; None when neither."""
        known = self.dossier.fields.get(name) if self.dossier else None
        return self.fields.get(name, known)


@dataclass(frozen=True)
class DossierKind:
    """One kind of dossier. ``readers`` may see a dossier of it; ``tokened``: who opens it gets a secret token for it.

    ``retention`` counts from its last move, once it is final. ``private`` names fields that never leave the installation
    (not exported, not in statistics). ``effects`` are further deadlines or letters of a move, as `cases.docket` says.
    ``records`` are further fields that the kind itself fills in with a move (a score), after the guards. ``hidden`` is true
    of a reader who must not see this one dossier (`may_read`).
    ``looks_at`` names kinds all of whose dossiers its guards want to see, in `About.linked`. ``resting`` are states that
    count as final for retention, though somebody may still go on.
    """

    name: str
    zh: str
    machine: Machine
    clause: str
    readers: frozenset[ActorKind]
    retention: timedelta = timedelta(days=3 * 365)
    tokened: bool = False
    private: frozenset[str] = frozenset()
    effects: Callable[[Attempt, Dossier], Any] | None = field(default=None)
    looks_at: frozenset[str] = frozenset()
    resting: frozenset[str] = frozenset()
    records: Callable[[Attempt], Mapping[str, Any]] | None = None
    hidden: Callable[[Dossier, Actor, House], bool] | None = None


def may_read(kind: DossierKind, dossier: Dossier, by: Actor, house: House) -> Refusal | None:
    """Why somebody may not see a dossier; None when they may. What is hidden from somebody does not exist for them."""
    if kind.hidden is not None and kind.hidden(dossier, by, house):
        return Refusal("unknown_dossier", f"there is no dossier {dossier.id}")
    if by.kind not in kind.readers:
        return Refusal("not_allowed", f"a {kind.name} is not for a {by.kind} to read")
    return None


def letter_refs(kind: DossierKind, dossier: Dossier, role: ActorKind, house: House) -> tuple[str, ...]:
    """Whom a letter about a dossier goes to that is meant for a role: to everybody of it; where the dossier does not exist
    for somebody among them, to the others by name, and to the operator where there is nobody else."""
    everybody = (f"role:{role}",)
    if kind.hidden is None or kind.hidden(dossier, Actor(role), house):
        return everybody
    holders = house.staff.holders(role)
    others = tuple(one.id for one in holders if not kind.hidden(dossier, Actor(role, one.id), house))
    return everybody if len(others) == len(holders) else others or (f"role:{ActorKind.OPERATOR}",)


def fold_dossier(dossier: Dossier | None, machine: Machine, entry: DossierEntry) -> Dossier:
    """The dossier after one more entry; a deadline's warning or end only counts as one.

    Raises ValueError for a move its machine's table does not have, and a history that does not begin with a move.
    """
    if not isinstance(entry, DossierMoved):
        if dossier is None:
            raise ValueError(f"a dossier begins with a move, got {type(entry).__name__}")
        return msgspec.structs.replace(dossier, version=dossier.version + 1)
    before = BEGINNING if dossier is None else dossier.status
    status = machine.after(before, entry.move)
    step = Step(entry.move, entry.by, entry.at)
    if dossier is None:
        return Dossier(
            id=entry.id,
            kind=entry.kind,
            status=status,
            room=entry.room,
            about=entry.about,
            opened_at=entry.at,
            last_at=entry.at,
            fields=dict(entry.fields),
            steps=(step,),
            version=1,
        )
    return msgspec.structs.replace(
        dossier,
        status=status,
        last_at=entry.at,
        fields={**dossier.fields, **entry.fields},
        steps=(*dossier.steps, step),
        version=dossier.version + 1,
    )
