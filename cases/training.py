"""Training: who may act, and until when a passed test counts (norm N4.1-3). Binds in profile `platform`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cases.model import Actor, ActorKind, Profile, Refusal
from cases.staff import PROPOSED, Member, StaffBook
from streams.events import RoomKey

if TYPE_CHECKING:  # the house holds the edition below
    from cases.house import House

TEST_HOLDS = timedelta(days=180)
"""How long a passed test counts."""
NEW_RULES_GRACE = timedelta(days=14)
"""How long the old test still counts after a major change of the rules."""
MODERATING = frozenset({ActorKind.MODERATOR, ActorKind.OWNER, ActorKind.REVIEWER})
"""The roles that decide about people, and therefore pass the test first."""
_OUTSIDE = frozenset({ActorKind.BOT, ActorKind.VIEWER})


@dataclass(frozen=True, slots=True)
class Edition:
    """The rules one has to know: the latest major version and since when it is in force; None: from the beginning."""

    version: str = "1"
    since: datetime | None = None


def may_act(
    book: StaffBook,
    by: Actor,
    now: datetime,
    house: House,
    room: RoomKey | None = None,
    *,
    learning: bool = False,
) -> Refusal | None:
    """Why this member of staff may look but not act; None when they may, and for viewers and the bot.

    Refusals: ``suspended`` in every profile; ``untrained`` in `platform`, where the role decides about people. ``learning``
    lets through what one does to become trained. ``room`` is where the act falls, None: nowhere in particular.
    """
    if by.kind in _OUTSIDE:
        return None
    if book.is_suspended(by.ref, room):
        return Refusal("suspended", "your role rests: you may look, but not act")
    member = book.member(by.ref, room)
    if learning or house.profile is not Profile.PLATFORM or by.kind not in MODERATING:
        return None
    if member is None or member.status == PROPOSED or by.kind not in member.roles or not member.covers(room):
        return Refusal("untrained", f"nobody may act as {by.kind} here before being entered as staff and tested")
    return _untested(member, house.edition, now)


def _untested(member: Member, edition: Edition, now: datetime) -> Refusal | None:
    until = valid_until(member, edition)
    if until is None:
        return Refusal("untrained", f"pass the test on rules version {edition.version} first: danmod staff train")
    if now >= until:
        return Refusal("untrained", f"your test expired {until:%Y-%m-%d}: take it again")
    return None


def valid_until(member: Member, edition: Edition) -> datetime | None:
    """Until when the member's test counts; None when there is none that counts."""
    passed_at = member.passed_at
    if passed_at is None or (member.retrain_since is not None and passed_at < member.retrain_since):
        return None
    until = passed_at + TEST_HOLDS
    if member.passed_rules == edition.version or edition.since is None:
        return until
    return min(until, edition.since + NEW_RULES_GRACE)
