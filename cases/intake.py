"""The registrar's part for reports: taken, joined to a case, and closed with reasons."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases import intents
from cases.clerk import Clerk, joinable, unknown
from cases.history import Changes, Dismissed, ReportTaken
from cases.lifecycle import may
from cases.model import CaseKind, CaseState, CaseStatus, Refusal
from cases.ports import Decide
from cases.rules import HOUSE_RULES
from cases.sentence import Severity

EPISODE_GAP = timedelta(minutes=10)


class Reports(Clerk):
    """Reports, and what a person finds in them."""

    def report(self, made: intents.ReportMade, now: datetime) -> Decide:
        """A report joins the open case on its respondent, or a decided one while its episode lasts, or opens one. A
        reporter reports a case once."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            known = joinable(state, ReportTaken, made.dry_run)
            if known is not None and known.status is not CaseStatus.OPEN and now - known.last_at > EPISODE_GAP:
                known = None
            if known is not None and any(report.reporter == made.reporter for report in known.reports):
                return Refusal("already", known.code)
            draft = self._draft(known, fresh, now, made.dry_run)
            if draft.state is None:
                rule = next((rule.id for rule in HOUSE_RULES.values() if rule.category == made.category), "R0")
                draft.open(made.room, CaseKind.REPORT, _report_episode(made), made.category, rule, Severity.MINOR)
            draft.take_report(made)
            return draft.changes(made.processed)

        return decide

    def dismiss(self, wanted: intents.DismissCommanded, now: datetime) -> Decide:
        """Close an open case without measures; only a person may, and only with a reason (norm N2.3-1)."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            if not may(Dismissed, state):
                return Refusal("invalid_transition", f"{state.code} is {state.status}, not open")
            if not wanted.reason.strip():
                return Refusal("no_reason", f"say why: !dismiss {state.code} reason")
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.add(Dismissed(at=now, by=wanted.by, reason=wanted.reason))
            return draft.changes(wanted.processed)

        return decide


def _report_episode(made: intents.ReportMade) -> str:
    return f"report:{made.respondent.id}" if made.respondent else f"report:web:{made.processed or made.reporter}"
