"""Members of staff: proposed → active ⇄ suspended → removed, with roles, accounts, group and tests (norm N4.1-3).

A test is graded here, not by whoever sends it: what was answered goes in, what it was worth comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cases.dossier import Attempt, DossierKind
from cases.exercises import PASS_SHARE, exercises, grade, missing
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, Refusal
from cases.needs import Need, Unfit, many, one_of, text
from cases.staff import ACTIVE, PROPOSED, REMOVED, SUSPENDED

REST_AFTER_FAILING = timedelta(hours=1)
"""Before the next try: whoever failed reads first."""
_ROLES = tuple(kind.value for kind in ActorKind if kind not in (ActorKind.BOT, ActorKind.VIEWER))
_CHIEFS = by(ActorKind.OPERATOR, ActorKind.OWNER)
_K = ActorKind
_EVERYBODY = by(*(kind for kind in ActorKind if kind not in (ActorKind.BOT, ActorKind.VIEWER)))


def _account() -> Need:
    """A platform account with its platform."""

    def read(given: Any) -> str:
        platform, colon, account = str(given).strip().partition(":")
        if not (platform.isalnum() and colon and account.strip()):
            raise Unfit("is no account")
        return f"{platform.lower()}:{account.strip()}"

    return Need("accounts like irc:alice", read)


def _answers() -> Need:
    """Answers by exercise, as a mapping or as text (``chorus=none, doxxing=hide``)."""

    def read(given: Any) -> dict[str, str]:
        if isinstance(given, Mapping):
            return {str(key): str(value).strip().lower() for key, value in given.items()}
        parts = [part.partition("=") for part in str(given).replace("\n", ",").split(",") if part.strip()]
        if not parts or any(not sign for _, sign, _ in parts):
            raise Unfit("is not understood")
        return {key.strip(): value.strip().lower() for key, _, value in parts}

    return Need("answers like chorus=none, doxxing=hide", read)


def not_oneself(attempt: Attempt) -> Refusal | None:
    """Nobody decides about the own role; a streamer alone may."""
    if attempt.dossier is None or attempt.by.kind is ActorKind.OWNER:
        return None
    same = attempt.house.staff.same(attempt.by.ref, attempt.dossier.id, attempt.room)
    return Refusal("conflict", "somebody else decides about your role") if same else None


def one_account_one_person(attempt: Attempt) -> Refusal | None:
    """An account belongs to one member."""
    own = attempt.dossier.id if attempt.dossier else ""
    for account in attempt.fields.get("accounts", ()):
        member = attempt.house.staff.member(account)
        if member is not None and member.id != own:
            return Refusal("already", f"{account} is {member.id}, {member.name}")
    return None


def own_test(attempt: Attempt) -> Refusal | None:
    """Everybody takes the own test, the whole of it, on the rules in force, and rests after failing."""
    dossier = attempt.dossier
    if dossier is None:
        return None
    own = attempt.by.ref in (dossier.id, *dossier.fields["accounts"])
    if not own and attempt.by.kind is not ActorKind.OPERATOR:
        return Refusal("not_allowed", "everybody takes the own test")
    asked = exercises(attempt.house.exercises)
    if left := missing(attempt.fields["answers"], asked):
        return Refusal("unfit", f"answers: {', '.join(left)} not answered")
    failed_at = dossier.fields.get("failed_at")
    if failed_at and attempt.now < datetime.fromisoformat(failed_at) + REST_AFTER_FAILING:
        return Refusal("too_soon", "read the rules first; the next try is an hour after the last")
    return None


def _graded(attempt: Attempt) -> dict[str, Any]:
    """What a test was worth, and, when it was passed, on which rules."""
    if attempt.move != "take-test":
        return {}
    score = grade(attempt.fields["answers"], exercises(attempt.house.exercises))
    at = attempt.now.isoformat()
    if score < PASS_SHARE:
        return {"score": score, "failed_at": at}
    return {"score": score, "passed_at": at, "passed_rules": attempt.house.edition.version, "failed_at": ""}


_PERSON: dict[str, Need] = {
    "name": text(80),
    "accounts": many(_account(), 20),
    "roles": many(one_of(*_ROLES), len(_ROLES)),
    "group": text(80),
}
_ROOMS: dict[str, Need] = {"rooms": many(_account(), 1_000)}
_REASON: dict[str, Need] = {"reason": text()}
_HERE = {PROPOSED: PROPOSED, ACTIVE: ACTIVE, SUSPENDED: SUSPENDED}

KIND = DossierKind(
    name="staff",
    zh="工作人员",
    machine=Machine(
        "staff member",
        (
            Move(
                "propose",
                {BEGINNING: PROPOSED},
                _CHIEFS,
                needs=_PERSON,
                allows=_ROOMS,
                guards=(one_account_one_person,),
                zh="提名",
            ),
            Move("activate", {PROPOSED: ACTIVE}, _CHIEFS, guards=(not_oneself,), zh="任用"),
            Move(
                "change",
                _HERE,
                _CHIEFS,
                allows={**_PERSON, **_ROOMS},
                guards=(not_oneself, one_account_one_person),
                zh="变更",
            ),
            Move(
                "take-test",
                {PROPOSED: PROPOSED, ACTIVE: ACTIVE},
                _EVERYBODY,
                needs={"answers": _answers()},
                guards=(own_test,),
                learning=True,
                zh="考核",
            ),
            Move(
                "suspend",
                {ACTIVE: SUSPENDED},
                _CHIEFS | by(_K.SUPERVISOR),
                needs=_REASON,
                guards=(not_oneself,),
                zh="停职",
            ),
            Move(
                "reinstate",
                {SUSPENDED: ACTIVE},
                _CHIEFS | by(_K.SUPERVISOR),
                needs=_REASON,
                guards=(not_oneself,),
                zh="复职",
            ),
            Move("remove", dict.fromkeys(_HERE, REMOVED), _CHIEFS, needs=_REASON, guards=(not_oneself,), zh="免职"),
        ),
    ),
    clause="N4.1-3",
    readers=by(_K.OPERATOR, _K.OWNER, _K.SUPERVISOR, _K.PRIVACY),
    private=frozenset({"answers", "accounts"}),
    records=_graded,
)
