"""Who works here: the members of staff with their roles, accounts and tests passed, as one value (norm N4.1-3, N4.3-1).

The book is built from dossiers (`StaffBook.of`): what a conduct matter suspends or a supervision sample bars is derived
here, never copied. It is empty where nobody was entered; then a room's own roles count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from cases.model import ActorKind
from streams.events import RoomKey, platform_of

if TYPE_CHECKING:  # a dossier's guards see the house, and the house holds this book
    from cases.dossier import Dossier

PROPOSED, ACTIVE, SUSPENDED, REMOVED = "proposed", "active", "suspended", "removed"
"""Where a member stands."""
_KEPT_FROM_WORK = frozenset({"suspended", "referred"})
"""States of a conduct matter in which the role rests."""


@dataclass(frozen=True, slots=True)
class Member:
    """One person. ``accounts`` are platform accounts with their platform (``irc:alice``); ``rooms`` empty: everywhere.

    ``passed_at`` and ``passed_rules`` tell when the scenario test was last passed and on which version of the rules; None
    and "": never. ``retrain_since`` None, or the instant from which only a newer test counts.
    """

    id: str
    name: str
    accounts: frozenset[str]
    roles: frozenset[ActorKind]
    group: str
    rooms: frozenset[RoomKey] = frozenset()
    status: str = ACTIVE
    passed_at: datetime | None = None
    passed_rules: str = ""
    retrain_since: datetime | None = None

    def covers(self, room: RoomKey | None) -> bool:
        """True when the member works in this room; None asks for the whole installation."""
        return not self.rooms or (room is not None and room in self.rooms)


class StaffBook:
    """Every member, found by staff id or account. ``suspended`` are accounts whose role rests though nobody entered them;
    ``samples`` are the cases each supervisor judges anew, as (person, case)."""

    def __init__(
        self,
        members: Iterable[Member] = (),
        suspended: Iterable[str] = (),
        samples: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.members: tuple[Member, ...] = tuple(members)
        self._suspended = frozenset(suspended)
        self._by_ref = {member.id: member for member in self.members}
        for member in self.members:
            if member.status != REMOVED:
                self._by_ref.update(dict.fromkeys(member.accounts, member))
        self._samples = frozenset((self.person(ref), code) for ref, code in samples)

    @classmethod
    def of(cls, dossiers: Iterable[Dossier]) -> StaffBook:
        """The book as the dossiers of kinds staff, conduct and check say; other kinds are passed over."""
        known = tuple(dossiers)
        conduct = [one for one in known if one.kind == "conduct"]
        members = [_judged(_member(one), conduct) for one in known if one.kind == "staff"]
        resting = [one.about for one in conduct if one.status in (*_KEPT_FROM_WORK, "removed")]
        samples = [(str(one.fields["supervisor"]), one.about) for one in known if one.kind == "check"]
        return cls(members, resting, samples)

    def member(self, ref: str, room: RoomKey | None = None) -> Member | None:
        """The member with this staff id or account; ``room`` tells the platform of a bare account id (``alice``)."""
        found = self._by_ref.get(ref)
        return found or (self._by_ref.get(f"{platform_of(room)}:{ref}") if room and ref else None)

    def person(self, ref: str, room: RoomKey | None = None) -> str:
        """One name for one person: the staff id, else the account with its platform, else what was given."""
        member = self.member(ref, room)
        if member is not None:
            return member.id
        return f"{platform_of(room)}:{ref}" if room and ref and not ref.startswith(f"{platform_of(room)}:") else ref

    def same(self, one: str, other: str, room: RoomKey | None = None) -> bool:
        """True when both refs are the same person, whichever account or id they came with."""
        return bool(one) and self.person(one, room) == self.person(other, room)

    def is_suspended(self, ref: str, room: RoomKey | None = None) -> bool:
        """True while the person's role rests or is taken."""
        member = self.member(ref, room)
        if member is not None:
            return member.status in (SUSPENDED, REMOVED)
        return self.person(ref, room) in self._suspended

    def may(self, ref: str, kind: ActorKind, room: RoomKey | None = None) -> bool:
        """True for an active member who holds this role there. Training is `cases.training.may_act`'s question."""
        member = self.member(ref, room)
        return member is not None and member.status == ACTIVE and kind in member.roles and member.covers(room)

    def group(self, ref: str, room: RoomKey | None = None) -> str:
        """The person's group, "" when unknown."""
        member = self.member(ref, room)
        return member.group if member else ""

    @property
    def groups(self) -> frozenset[str]:
        """The groups of everybody active."""
        return frozenset(member.group for member in self.members if member.status == ACTIVE)

    def holders(self, *kinds: ActorKind, room: RoomKey | None = None) -> tuple[Member, ...]:
        """Active members with one of these roles who work there, in order of their ids."""
        wanted = frozenset(kinds)
        return tuple(m for m in self.members if m.status == ACTIVE and m.roles & wanted and m.covers(room))

    def samples(self, ref: str, code: str, room: RoomKey | None = None) -> bool:
        """True when the person judges this case anew for supervision, now or before (norm N4.1-1)."""
        return (self.person(ref, room), code) in self._samples


def account_of(ref: str, room: RoomKey) -> str:
    """A bare account id with its platform (``irc:alice``)."""
    return f"{platform_of(room)}:{ref}"


def _member(dossier: Dossier) -> Member:
    fields = dossier.fields
    passed_at = fields.get("passed_at")
    return Member(
        id=dossier.id,
        name=str(fields["name"]),
        accounts=frozenset(fields["accounts"]),
        roles=frozenset(ActorKind(word) for word in fields["roles"]),
        group=str(fields["group"]),
        rooms=frozenset(RoomKey(room) for room in fields.get("rooms") or ()),
        status=dossier.status,
        passed_at=datetime.fromisoformat(passed_at) if passed_at else None,
        passed_rules=str(fields.get("passed_rules", "")),
    )


def _judged(member: Member, conduct: Iterable[Dossier]) -> Member:
    """The member as the conduct matters about them leave it."""
    own = [one for one in conduct if one.about == member.id or one.about in member.accounts]
    if any(one.status == "removed" for one in own):
        member = replace(member, status=REMOVED)
    elif member.status != REMOVED and any(one.status in _KEPT_FROM_WORK for one in own):
        member = replace(member, status=SUSPENDED)
    retrain = [one.last_at for one in own if one.status == "retrained"]
    return replace(member, retrain_since=max(retrain)) if retrain else member
