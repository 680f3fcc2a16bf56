"""What is presumed of a case until a person has judged it: it orders the queue and sets the pace, and proves nothing.

Presumptions come from categories, never from how many reported, who did, or how good a record they have (norm N1.3-2).
"""

from __future__ import annotations

from cases.categories import category
from cases.model import CaseState, ReportStatus
from cases.sentence import Severity, worst

_COUNTS = (ReportStatus.RECEIVED, ReportStatus.NEEDS_INFO, ReportStatus.ACCEPTED)


def presumed(state: CaseState) -> Severity:
    """How grave a case is taken to be: as the class says that was given, else as the gravest category reported."""
    if state.mark is not None:
        return state.mark.severity
    severity = state.severity
    for report in state.reports:
        if report.status in _COUNTS:
            severity = worst(severity, category(report.category).severity)
    return severity


def review_term(state: CaseState) -> str:
    """The key of the deadline within which the case is to be judged (norm N2.3-2)."""
    return f"review_{presumed(state)}"
