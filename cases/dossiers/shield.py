"""Shields: each time a room was protected as a whole, why, by whom, what was set on the platform and how it was set back.

What is wanted stands here before it is done: who may write in the room as it was, and as it shall be. So a danmod that is
killed with the shield up finds both, and sets the room back, or leaves alone what somebody changed meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import STAFF, to_role
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, Refusal
from cases.needs import Need, Unfit, instant, many, one_of, text, yes

EVERYBODY = "everybody"
"""How the record writes the mode in which everybody may write."""
LONGEST = timedelta(hours=24)
VOICES_MOST = 100
CASES_MOST = 200
CASES_TOLD = 12
RAISERS = by(ActorKind.MODERATOR, ActorKind.OWNER, ActorKind.OPERATOR, ActorKind.BOT)


def mode_words() -> Need:
    """A room's mode in the platform's own words."""

    def read(given: Any) -> str:
        if not isinstance(given, str) or not 0 < len(given) <= 100:
            raise Unfit("is no mode of a room")
        return given

    return Need(f"the platform's words for who may write, {EVERYBODY} for an ordinary evening", read)


def one_room(attempt: Attempt) -> Refusal | None:
    """A shield is of one room, which has no other one up, and it has an end."""
    if attempt.room is None:
        return Refusal("unfit", "room is missing: the room that is to be protected")
    if any(one.room == attempt.room and one.status != "down" for one in attempt.about.linked if one.kind == "shield"):
        return Refusal("already", f"the shield of {attempt.room} is up already; renew that one")
    return in_time(attempt)


def own_room(attempt: Attempt) -> Refusal | None:
    """A moderator protects a room they moderate."""
    member = attempt.house.staff.member(attempt.by.ref, attempt.room) if attempt.by.ref else None
    if member is None or attempt.room is None or member.covers(attempt.room):
        return None
    return Refusal("not_allowed", "a moderator protects the own room")


def in_time(attempt: Attempt) -> Refusal | None:
    """The end lies ahead, within a day."""
    until = datetime.fromisoformat(str(attempt.fields["until"]))
    if attempt.now < until <= attempt.now + LONGEST:
        return None
    return Refusal("unfit", "until is not within the next 24 hours")


MACHINE = Machine(
    "shield",
    (
        Move(
            "raise",
            {BEGINNING: "up"},
            RAISERS,
            {"cause": text(300), "until": instant()},
            {"lasting": yes(), "dry_run": yes()},
            (own_room, one_room),
            zh="开启",
        ),
        Move("renew", {"up": "up"}, RAISERS, {"until": instant()}, {"lasting": yes()}, (own_room, in_time), zh="延长"),
        Move(
            "plan",
            {"up": "up"},
            by(ActorKind.BOT),
            {"before": mode_words(), "wanted": mode_words()},
            {"ends": instant(), "voices": many(text(200), most=VOICES_MOST)},
            zh="记录原设置",
        ),
        Move("set", {"up": "up"}, by(ActorKind.BOT), {"outcome": text(300)}, zh="平台设置"),
        Move("lower", {"up": "lowering"}, RAISERS, {"reason": text(300)}, guards=(own_room,), zh="关闭"),
        Move(
            "restore",
            {"lowering": "down"},
            by(ActorKind.BOT),
            {"restored": text(300)},
            {"hand": one_of("done", "needed"), "cases": many(text(12), most=CASES_MOST)},
            zh="恢复原设置",
        ),
    ),
)


def _effects(attempt: Attempt, dossier: Dossier) -> Effects | None:
    """When it is over the moderators are told what was done under it, to look at it again in peace."""
    if attempt.move != "restore" or dossier.fields.get("dry_run"):
        return None
    codes = [str(code) for code in dossier.fields.get("cases", ())]
    more = f" … (+{len(codes) - CASES_TOLD})" if len(codes) > CASES_TOLD else ""
    words = {
        "room": str(dossier.room or ""),
        "cause": str(dossier.fields["cause"]),
        "since": f"{dossier.opened_at:%H:%M}",
        "count": str(len(codes)),
        "codes": " ".join(codes[:CASES_TOLD]) + more or "–",
        "restored": str(dossier.fields["restored"]),
    }
    letters = [to_role(ActorKind.MODERATOR, dossier, "shield_over", **words)]
    if dossier.fields.get("hand") == "needed":
        letters.append(to_role(ActorKind.OWNER, dossier, "shield_by_hand", **words))
    return Effects(letters=tuple(letters))


KIND = DossierKind(
    "shield",
    "护盾",
    MACHINE,
    "N1.2",
    readers=STAFF,
    retention=timedelta(days=365),
    private=frozenset({"voices"}),
    effects=_effects,
    looks_at=frozenset({"shield"}),
)
