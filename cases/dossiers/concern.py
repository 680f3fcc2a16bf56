"""Public concerns: anybody's worry about how a room is kept, with a numbered answer in time (norm N4.2-1).

A concern may name a reporter. Nobody reads on before the first reader has taken the name out, or found none.
"""

from __future__ import annotations

import re

from cases.docket import Effects
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import (
    ASKERS,
    HANDLERS,
    OFFICERS,
    is_officer,
    language,
    officer,
    to_person,
)
from cases.history import Letter
from cases.house import House
from cases.machine import BEGINNING, Machine, Move
from cases.model import Actor, Refusal
from cases.needs import one_of, text

_REPORTING = re.compile(
    r"report(?:er|ed|s|ing)?\b|informer|snitch|grass(?:ed)? on|举报|舉報|检举|檢舉|告密", re.IGNORECASE
)


def may_name_a_reporter(concern: Dossier) -> bool:
    """True while a concern must not be read on: it speaks of reporting, or its writer says that it names somebody."""
    if concern.status != "received":
        return False
    return concern.fields.get("names") == "yes" or _REPORTING.search(str(concern.fields["text"])) is not None


def readable(concern: Dossier) -> str | None:
    """The text as everybody who works on it may read it; None while only the first reader may."""
    return None if may_name_a_reporter(concern) else str(concern.fields["text"])


def hidden(concern: Dossier, by: Actor, house: House) -> bool:
    """What may name a reporter does not exist for anybody but its first reader."""
    return may_name_a_reporter(concern) and not is_officer(by.kind, house.profile)


def redacted_first(attempt: Attempt) -> Refusal | None:
    """What may name a reporter is redacted, or cleared, before anyone reads on."""
    if attempt.dossier is None or not may_name_a_reporter(attempt.dossier):
        return None
    return Refusal(
        "redact_first", "this may name a reporter: take the name out (redact), or say that none is named (clear)"
    )


_OPEN = ("received", "screened", "read")

MACHINE = Machine(
    "concern",
    (
        Move(
            "receive",
            {BEGINNING: "received"},
            ASKERS,
            {"text": text(4_000)},
            {"names": one_of("yes", "no"), "language": language()},
            starts=("concern_reply",),
            zh="收到",
        ),
        Move("redact", {"received": "screened"}, OFFICERS, {"text": text(4_000)}, guards=(officer,), zh="遮盖"),
        Move("clear", {"received": "screened"}, OFFICERS, guards=(officer,), zh="无须遮盖"),
        Move("read", {"received": "read", "screened": "read"}, HANDLERS, guards=(redacted_first,), zh="阅读"),
        Move(
            "answer",
            dict.fromkeys(_OPEN, "answered"),
            HANDLERS,
            {"reply": text(4_000)},
            guards=(redacted_first,),
            meets=("concern_reply",),
            zh="答复",
        ),
    ),
)


def _letters(attempt: Attempt, dossier: Dossier) -> tuple[Letter, ...]:
    if attempt.move == "receive":
        return (to_person(dossier, "concern_received"),)
    if attempt.move == "answer":
        return (to_person(dossier, "concern_answered", reply=str(attempt.fields["reply"])),)
    return ()


KIND = DossierKind(
    "concern",
    "公众意见",
    MACHINE,
    "N4.2-1",
    readers=HANDLERS | OFFICERS,
    tokened=True,
    private=frozenset({"text", "reply"}),
    hidden=hidden,
    effects=lambda attempt, dossier: Effects(letters=_letters(attempt, dossier)),
)
