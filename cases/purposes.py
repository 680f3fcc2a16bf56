"""What personal data is read for, and by whom (norm P3-1a): a reading without a purpose is refused, and so is one whose
purpose is not the reader's. The purpose is noted down with the reading.

A reader says it as the first word of the reason (``rights: a copy was asked for``); a reason without one is for the duty
of the reader's own role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cases.machine import by
from cases.model import ActorKind, Refusal


@dataclass(frozen=True, slots=True)
class Purpose:
    """One thing data is read for: the roles whose task it is, and the kinds of data it needs."""

    roles: frozenset[ActorKind]
    data: frozenset[str]


_MATTERS = frozenset({"case", "dossier"})
_EVIDENCE = _MATTERS | {"original", "file"}

PURPOSES: Mapping[str, Purpose] = {
    "handling": Purpose(by(ActorKind.MODERATOR, ActorKind.OWNER, ActorKind.OPERATOR), _EVIDENCE),
    "appeal": Purpose(by(ActorKind.REVIEWER, ActorKind.OWNER, ActorKind.OPERATOR), _EVIDENCE),
    "supervision": Purpose(by(ActorKind.SUPERVISOR), _EVIDENCE),
    "answering": Purpose(by(ActorKind.SUPPORT, ActorKind.OWNER, ActorKind.OPERATOR), _MATTERS),
    "rights": Purpose(by(ActorKind.PRIVACY, ActorKind.OWNER, ActorKind.OPERATOR), _EVIDENCE | {"identity"}),
    "running": Purpose(by(ActorKind.OPERATOR, ActorKind.OWNER), _MATTERS),
}
"""Nothing else is a purpose: not advertising, not profiles, not curiosity (norm P6-1)."""

DUTIES: Mapping[ActorKind, str] = {
    ActorKind.MODERATOR: "handling",
    ActorKind.OWNER: "handling",
    ActorKind.REVIEWER: "appeal",
    ActorKind.SUPERVISOR: "supervision",
    ActorKind.SUPPORT: "answering",
    ActorKind.PRIVACY: "rights",
    ActorKind.OPERATOR: "running",
}
"""What each role reads for, when nothing else is said."""


def granted(what: str, kind: ActorKind, why: str) -> str | Refusal:
    """The reason with its purpose in front, as it is noted down; or why this reading is not allowed.

    Refusals: ``no_reason``, ``no_purpose`` (a role without a duty here), ``not_allowed`` (the purpose is another role's, or
    needs no such data).
    """
    if not why.strip():
        return Refusal("no_reason", "say why you look")
    word, colon, rest = why.strip().partition(":")
    named = word.strip().lower() if colon and word.strip().lower() in PURPOSES else DUTIES.get(kind, "")
    if not named:
        return Refusal("no_purpose", f"a {kind} has no purpose here to read a {what} for")
    purpose = PURPOSES[named]
    if kind not in purpose.roles or what not in purpose.data:
        return Refusal("not_allowed", f"{named} is no purpose for a {kind} to read a {what}")
    text = rest.strip() if colon and word.strip().lower() == named else why.strip()
    return f"{named}: {text}" if text else Refusal("no_reason", "say why you look")
