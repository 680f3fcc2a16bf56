"""What is presumed of a case until a person has judged it: it orders the queue and sets the pace, and proves nothing.

Presumptions come from categories, never from how many reported, who did, or how good a record they have (norm N1.3-2).
"""

from __future__ import annotations

from cases.categories import category
from cases.model import CaseState, Report, ReportStatus
from cases.sentence import Severity, worst

_COUNTS = (ReportStatus.RECEIVED, ReportStatus.NEEDS_INFO, ReportStatus.ACCEPTED)


def presumed(state: CaseState) -> Severity:
    """How grave a case is taken to be: as the class says that was given, else as the gravest category reported."""
    if state.mark is not None:
        return state.mark.severity
    severity = state.severity
    for report in state.reports:
        if report.status in _COUNTS:
            severity = worst(severity, of_report(report))
    return severity


def of_report(report: Report, code: str = "") -> Severity:
    """How grave one report is taken to be: as its category says (``code``, where another was given), or graver where its
    lines ask for money."""
    severity = category(code or report.category).severity
    return worst(severity, report.presumed) if report.presumed is not None else severity


def review_term(state: CaseState) -> str:
    """The key of the deadline within which the case is to be judged (norm N2.3-2)."""
    return f"review_{presumed(state)}"
