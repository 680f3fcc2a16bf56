"""Standards we follow: each point with our claim, its evidence and its date; what is not met is public (norm P5-1, N4.2-2).

How a point is shown follows from evidence and age, never from the claim alone: `shown`.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import HANDLERS, matching
from cases.machine import BEGINNING, Machine, Move
from cases.model import Refusal
from cases.needs import instant, one_of, text

FRESH = timedelta(days=183)
"""How old evidence may be: a self-assessment twice a year."""


class Shown(enum.StrEnum):
    """How a point stands."""

    MET = "met"
    UNMET = "unmet"
    """Not met, or claimed without evidence."""
    EXPIRED = "expired"
    """Met once, but the evidence is too old to say so now (red)."""


def past(attempt: Attempt) -> Refusal | None:
    """Evidence is of today or earlier."""
    given = attempt.fields.get("evidence_at")
    if given is not None and datetime.fromisoformat(str(given)) > attempt.now:
        return Refusal("unfit", "evidence_at is in the future")
    return None


def dated(attempt: Attempt) -> Refusal | None:
    """Evidence comes with its date, and a date with its evidence."""
    if ("evidence" in attempt.fields) != ("evidence_at" in attempt.fields):
        return Refusal("unfit", "evidence and evidence_at belong together")
    return None


_EVIDENCE = {
    "evidence": matching(r"https?://\S{1,500}|[\w./# -]{1,300}", "a link, or a document of ours"),
    "evidence_at": instant(),
    "remark": text(1_000),
}

MACHINE = Machine(
    "standard",
    (
        Move(
            "adopt",
            {BEGINNING: "adopted"},
            HANDLERS,
            {"standard": text(200), "point": text(500)},
            starts=("self_assessment",),
            zh="采纳",
        ),
        Move(
            "assess",
            {"adopted": "adopted"},
            HANDLERS,
            {"claim": one_of("met", "unmet")},
            _EVIDENCE,
            (past, dated),
            starts=("self_assessment",),
            meets=("self_assessment",),
            zh="自评",
        ),
        Move(
            "withdraw",
            {"adopted": "withdrawn"},
            HANDLERS,
            {"reason": text(1_000)},
            meets=("self_assessment",),
            zh="撤回",
        ),
    ),
)

KIND = DossierKind(
    "standard",
    "标准",
    MACHINE,
    "P5-1",
    readers=HANDLERS,
)


def shown(point: Dossier, now: datetime) -> Shown:
    """How a point stands now."""
    if point.fields.get("claim") != "met" or not point.fields.get("evidence"):
        return Shown.UNMET
    age = now - datetime.fromisoformat(str(point.fields["evidence_at"]))
    return Shown.MET if age <= FRESH else Shown.EXPIRED


def checklist(points: Iterable[Dossier], now: datetime) -> Mapping[str, tuple[tuple[Dossier, Shown], ...]]:
    """The adopted points by their standard, what is not met first: the public list."""
    rows = [(point, shown(point, now)) for point in points if point.status == "adopted"]
    order = {Shown.UNMET: 0, Shown.EXPIRED: 1, Shown.MET: 2}
    rows.sort(key=lambda row: (str(row[0].fields["standard"]), order[row[1]], row[0].opened_at))
    names = dict.fromkeys(str(point.fields["standard"]) for point, _ in rows)
    return {name: tuple(row for row in rows if row[0].fields["standard"] == name) for name in names}


def tally(points: Iterable[Dossier], now: datetime) -> Mapping[Shown, int]:
    """How many points are met, unmet, expired."""
    return Counter(shown(point, now) for point in points if point.status == "adopted")
