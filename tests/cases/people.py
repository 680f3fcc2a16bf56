"""A whole case with everybody in it, each with words that must not reach the others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from cases.copies import Kept
from cases.model import Evidence, EvidenceKind, EvidenceLine, Respondent
from cases.ports import HistoryRow
from tests.cases.matter import ANN, NOW, Matter, evidence

REPORTER = "p-MARK-reporter"
NOTE = "MARK-note: I, Cai, saw it"
QUOTE = "MARK-quote as the reporter typed it"
CONTEXT = "MARK-context said by somebody else"
OTHER = Respondent("ben", "MARK-Ben")
REPORTED_AT = NOW - timedelta(minutes=7)
"""When the report came; the decision fell at NOW."""
REPORTERS = (REPORTER, "MARK-note", "Cai", "MARK-quote", "MARK-context", REPORTED_AT.isoformat())
"""Traces of the reporter, and of others, that no copy for the respondent may hold."""


def quoted() -> Evidence:
    """What a reporter typed into the form, beside a line of somebody else."""
    lines = (
        EvidenceLine("", "Ann", QUOTE, REPORTED_AT, judged=True),
        EvidenceLine("m9", "viewer 1", CONTEXT, REPORTED_AT),
    )
    return Evidence(EvidenceKind.AT_ONCE, REPORTED_AT, lines, (), "quoted by the reporter MARK-quote")


def reported_case() -> Matter:
    """Ann is reported, then muted by a moderator, and appeals."""
    matter = Matter(now=REPORTED_AT)
    matter.report(REPORTER, note=NOTE, evidence=quoted())
    matter.now = NOW
    matter.measure()
    matter.outcome(f"{matter.code}.1")
    matter.appeal(reasons="I quoted a song")
    return matter


def kept(matter: Matter, **changes: Any) -> Kept:
    """Everything stored of a matter, with lines of Ann and of another respondent."""
    rows = tuple(HistoryRow(seq, matter.code, entry) for seq, entry in enumerate(matter.entries, 1))
    state = msgspec.structs.replace(matter.case, **changes)
    return Kept(state, matter.statements(), (quoted(), *_stored(matter), evidence("ann's own line")), rows)


def _stored(matter: Matter) -> tuple[Evidence, ...]:
    return tuple(one for done in matter.committed for one in done.evidence)


__all__ = ["ANN", "NOTE", "NOW", "OTHER", "REPORTED_AT", "REPORTER", "REPORTERS", "kept", "quoted", "reported_case"]
