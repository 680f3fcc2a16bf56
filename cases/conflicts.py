"""Conflicts: who must not handle a case (norm N1.3-2, N3.3-2).

Nobody handles a case in which they are reporter, respondent, named victim, declared partial, or supervise the handling. A
report about the streamer or a moderator leaves the room: supervisors handle it. In profile `solo` there is nobody else:
only who answers an appeal is asked there (`cases.hearing`).
"""

from __future__ import annotations

import enum

from cases.model import Actor, ActorKind, CaseState, Profile, Refusal
from cases.ports import Seals
from cases.staff import Member, StaffBook
from streams.events import RoomKey, platform_of

_ROOMS_OWN = frozenset({ActorKind.MODERATOR, ActorKind.OWNER})
_OUTSIDERS = frozenset({ActorKind.SUPERVISOR, ActorKind.OPERATOR, ActorKind.REVIEWER})
_NOBODY = frozenset({ActorKind.BOT, ActorKind.VIEWER})


class Why(enum.StrEnum):
    """Why somebody is in conflict."""

    REPORTER = "reporter"
    RESPONDENT = "respondent"
    VICTIM = "victim"
    ENTERED = "entered"
    """The person entered the report for somebody: not alone they decide it."""
    DECLARED = "declared"
    SAMPLED = "sampled"
    """The person judges this case anew for supervision."""
    STAFF_MATTER = "staff-matter"
    """The case is about staff of the room, and the person is of the room, too."""


_SENTENCES = {
    Why.ENTERED: "you entered this report, so somebody else looks at it first",
    Why.SAMPLED: "you check the handling of this case, so somebody else handles it",
    Why.STAFF_MATTER: "this is about staff of the room: supervisors handle it",
}


def refusal(why: Why) -> Refusal:
    """What the refused person reads: never more than that they are concerned."""
    return Refusal("conflict", _SENTENCES.get(why, "you are concerned in this case, so somebody else handles it"))


def signed(state: CaseState, by: Actor, why: Why, book: StaffBook, seals: Seals) -> Actor:
    """Who a refused attempt is recorded of: a reporter, and a victim, by their pseudonym alone (norm N1.3-4)."""
    if why not in (Why.REPORTER, Why.VICTIM):
        return by
    known = {*(report.reporter for report in state.reports), *state.victims}
    own = {seals.pseudonym(state.room, account) for account in accounts(by.ref, state.room, book)}
    return Actor(ActorKind.VIEWER, min(own & known))


def conflict(state: CaseState, by: Actor, book: StaffBook, profile: Profile, seals: Seals) -> Why | None:
    """Why this person must not handle the case; None when they may. ``by.ref`` is an account or a staff id."""
    if profile is Profile.SOLO or by.kind in _NOBODY or not by.ref:
        return None
    if (why := party(state, by.ref, book, seals)) is not None:
        return why
    if book.samples(by.ref, state.code, state.room):
        return Why.SAMPLED
    if _alone_with_own_entry(state, by.ref, book):
        return Why.ENTERED
    if profile is Profile.PLATFORM and is_about_staff(state, book) and not _outside(state.room, by, book):
        return Why.STAFF_MATTER
    return None


def party(state: CaseState, ref: str, book: StaffBook, seals: Seals) -> Why | None:
    """How the person has a part in the matter itself, whatever the profile; None: none."""
    own = {seals.pseudonym(state.room, account) for account in accounts(ref, state.room, book)}
    if any(report.reporter in own for report in state.reports):
        return Why.REPORTER
    if any(book.same(ref, respondent.id, state.room) for respondent in state.respondents):
        return Why.RESPONDENT
    if own & set(state.victims):
        return Why.VICTIM
    if any(book.same(ref, known.person, state.room) for known in state.conflicts):
        return Why.DECLARED
    return None


def _alone_with_own_entry(state: CaseState, ref: str, book: StaffBook) -> bool:
    """True for whoever entered a report of the case, until somebody else has acted in it (norm N2.1-3)."""
    entered = any(one.entered_by and book.same(ref, one.entered_by, state.room) for one in state.reports)
    return entered and all(book.same(ref, other, state.room) for other in state.deciders)


def accounts(ref: str, room: RoomKey, book: StaffBook) -> frozenset[str]:
    """The person's bare account ids on the room's platform, as chat knows them."""
    prefix = f"{platform_of(room)}:"
    member = book.member(ref, room)
    known = member.accounts if member else frozenset({ref})
    return frozenset(account.removeprefix(prefix) for account in {*known, ref})


def is_about_staff(state: CaseState, book: StaffBook) -> bool:
    """True when a respondent is staff: of the room, as the platform says, or of the house, as the book says."""
    return state.about_staff or any(book.member(person.id, state.room) for person in state.respondents)


def _outside(room: RoomKey, by: Actor, book: StaffBook) -> bool:
    """True for a supervisor, operator or reviewer who is not also moderator or owner of this very room."""
    member = book.member(by.ref, room)
    return by.kind in _OUTSIDERS and not (member is not None and _belongs(member, room))


def _belongs(member: Member, room: RoomKey) -> bool:
    return room in member.rooms and bool(member.roles & _ROOMS_OWN)
