"""Modes of checks, set while danmod runs: how far one check goes in one room, or everywhere; also that it disarmed itself.

What the configuration file says about a check wins over a mode set here; a check that disarmed itself stays in shadow until
somebody sets or clears its mode.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from cases.checks.seen import CheckMode
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import ALWAYS, STAFF
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import Actor, ActorKind, Refusal
from cases.needs import number, one_of, text
from streams.events import RoomKey

SETTERS = by(ActorKind.OPERATOR, ActorKind.OWNER, ActorKind.MODERATOR)
_NAME = re.compile(r"[\w.:-]{1,60}")


def one_check(attempt: Attempt) -> Refusal | None:
    """It is about one check, by its name."""
    return None if _NAME.fullmatch(attempt.about_id) else Refusal("unfit", "say which check: about is its name")


def own_room(attempt: Attempt) -> Refusal | None:
    """A moderator sets modes in a room they moderate; the whole installation is the operator's and the owner's."""
    if attempt.by.kind is not ActorKind.MODERATOR:
        return None
    member = attempt.house.staff.member(attempt.by.ref, attempt.room)
    if attempt.room is None or (member is not None and not member.covers(attempt.room)):
        return Refusal("not_allowed", "a moderator sets modes in the own room")
    return None


def only_one(attempt: Attempt) -> Refusal | None:
    """A check has one record a room."""
    same = [one for one in attempt.about.others if one.room == attempt.room]
    return Refusal("already", f"{same[0].id} is about it") if attempt.dossier is None and same else None


_GUARDS = (one_check, own_room, only_one)
_DISARMING = {"hits": number(0), "lines": number(0)}

MACHINE = Machine(
    "check-mode",
    (
        Move(
            "set",
            {BEGINNING: "set", "set": "set", "disarmed": "set", "cleared": "set"},
            SETTERS,
            {"mode": one_of(*CheckMode)},
            {"reason": text(500)},
            _GUARDS,
            zh="设定",
        ),
        Move(
            "disarm",
            {BEGINNING: "disarmed", "set": "disarmed", "cleared": "disarmed", "disarmed": "disarmed"},
            by(ActorKind.BOT),
            _DISARMING,
            {"cases": text(1_000)},
            guards=(one_check, only_one),
            zh="自动退回试运行",
        ),
        Move(
            "clear",
            {"set": "cleared", "disarmed": "cleared"},
            SETTERS | by(ActorKind.BOT),
            allows={"reason": text(500)},
            guards=(own_room,),
            zh="取消设定",
        ),
    ),
)


def _cleared(attempt: Attempt) -> Mapping[str, str]:
    """What was cleared stays cleared, whatever happens to the check afterwards."""
    return {"mode": ""} if attempt.move == "clear" else {}


KIND = DossierKind("check-mode", "检测方式", MACHINE, "N3.1-2e", readers=STAFF, retention=ALWAYS, records=_cleared)


class Stored(NamedTuple):
    """What is on record of one check. ``mode`` None: nobody set one."""

    dossier: str
    mode: CheckMode | None
    disarmed: bool
    by: Actor
    at: datetime


Key = tuple[RoomKey | None, str]
"""A room (None: everywhere) and a check's name."""


def stored(dossier: Dossier) -> Stored:
    """One record as the program uses it."""
    last, mode = dossier.steps[-1], dossier.fields.get("mode")
    return Stored(dossier.id, CheckMode(mode) if mode else None, dossier.status == "disarmed", last.by, last.at)


def on_record(dossiers: Iterable[Dossier]) -> Mapping[Key, Stored]:
    """What is on record, by room and check."""
    return {(one.room, one.about): stored(one) for one in dossiers if one.kind == KIND.name}
