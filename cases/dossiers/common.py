"""What several kinds of dossiers share: who answers, whoever holds the secret token, letters."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from cases.dossier import Attempt, Dossier
from cases.history import Addressee, Letter
from cases.machine import by
from cases.model import Actor, ActorKind, Profile, Refusal
from cases.needs import Need, Unfit

ALWAYS = timedelta(days=36_500)
"""The retention of what proves something for as long as there is anything to prove: proofs of erasure, versions of rules."""
HANDLERS = by(ActorKind.SUPPORT, ActorKind.SUPERVISOR, ActorKind.OPERATOR, ActorKind.OWNER)
"""Who answers people: in a small house the streamer alone."""
ASKERS = HANDLERS | by(ActorKind.VIEWER, ActorKind.MODERATOR)
"""Who brings a matter in: the person, or somebody who took it by mail or telephone."""
OFFICERS = by(ActorKind.PRIVACY, ActorKind.OPERATOR, ActorKind.OWNER)
"""Who may act as the privacy officer, as far as the profile allows (`officer`)."""
STAFF = HANDLERS | by(ActorKind.MODERATOR, ActorKind.REVIEWER, ActorKind.PRIVACY)
"""Everybody who works here."""


def holder(dossier_id: str) -> Actor:
    """Whoever holds a dossier's secret token: nobody else knows it, and nothing else is known of them."""
    return Actor(ActorKind.VIEWER, f"holder:{dossier_id}")


def held(attempt: Attempt) -> Refusal | None:
    """A person outside goes on only with the own matter, by its secret token."""
    if attempt.by.kind is not ActorKind.VIEWER or attempt.dossier is None:
        return None
    if attempt.by.ref == holder(attempt.dossier.id).ref:
        return None
    return Refusal("not_allowed", "this is somebody else's matter")


def officer(attempt: Attempt) -> Refusal | None:
    """Where the whole norm binds, the privacy officer alone; a streamer alone is everything."""
    if is_officer(attempt.by.kind, attempt.house.profile):
        return None
    return Refusal("not_allowed", f"{attempt.move} is for the privacy officer")


def is_officer(kind: ActorKind, profile: Profile) -> bool:
    """True for who acts as the privacy officer in a house of this size."""
    stands_in = {Profile.SOLO: (ActorKind.OPERATOR, ActorKind.OWNER), Profile.TEAM: (ActorKind.OPERATOR,)}
    return kind is ActorKind.PRIVACY or kind in stands_in.get(profile, ())


def second_person(attempt: Attempt, *moves: str) -> Refusal | None:
    """Refusal when somebody would approve what they did themselves. In `solo` there may be nobody else."""
    if attempt.house.profile is Profile.SOLO or attempt.dossier is None:
        return None
    if attempt.by.ref in attempt.dossier.made_by(*moves):
        return Refusal("second_person", "a second person has to do this")
    return None


def to_person(dossier: Dossier, key: str, **words: str) -> Letter:
    """A letter to whoever opened the dossier."""
    return Letter(Addressee.PERSON, dossier.id, key, {"id": dossier.id, **words})


def to_role(kind: ActorKind, dossier: Dossier, key: str, **words: str) -> Letter:
    """A letter to everybody of a role."""
    return Letter(Addressee.STAFF, f"role:{kind}", key, {"id": dossier.id, **words})


def matching(pattern: str, hint: str) -> Need:
    """A text of one shape, the whole of it."""
    shape = re.compile(pattern)

    def read(given: Any) -> str:
        if not isinstance(given, str) or not shape.fullmatch(given.strip()):
            raise Unfit("has another shape")
        return given.strip()

    return Need(hint, read)


def digest() -> Need:
    """A SHA-256 digest."""
    return matching(r"[0-9a-f]{64}", "64 hexadecimal digits")


def language() -> Need:
    """The language somebody reads."""
    return matching(r"en|zh-CN|zh-TW", "en, zh-CN or zh-TW")
