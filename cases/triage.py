"""The first look at a report (初审, norm N2.3-1): what is plainly complete is accepted at once, a person sees the rest.

Only a person refuses, with a coded reason and own words; the reporter may supply what was missing, or object, and then
somebody else looks (`cases.hearing`). Part of the registrar.
"""

from __future__ import annotations

from datetime import datetime

from cases import intents
from cases.categories import OTHER, known
from cases.clerk import Clerk, closed, unknown
from cases.draft import Draft
from cases.history import Changes, Dismissed, Supplied
from cases.machines import REFUSALS, REPORT
from cases.model import BOT, Actor, ActorKind, CaseState, Profile, Refusal, Report, ReportStatus
from cases.ports import Decide
from cases.presumption import of_report

PLAIN = "complete: whom or which line, what, and where"
"""Why the program accepts a report."""
MALFORMED = "malformed"
"""The one reason for which the program itself may turn something away."""


def missing(state: CaseState, report: Report) -> tuple[str, ...]:
    """What a report lacks to be judged, in words; empty when it is plainly complete. The room is always known."""
    lacks = []
    if not report.lines and not state.respondents:
        lacks.append("whom or which line it is about")
    if not known(report.category):
        lacks.append("what it is about")
    elif report.category == OTHER.code and not (report.note.strip() or report.added):
        lacks.append("what happened, in words")
    return tuple(lacks)


def bare(report: Report) -> bool:
    """True for an allegation without any fact: no line, no words."""
    return not report.lines and not report.note.strip() and not report.added


def check(draft: Draft, report: Report, *, live: bool, plain: bool = True) -> None:
    """The program's own look: accept what is complete, let a person see the rest, and all that is not ``plain``."""
    draft.kept("triage_auto", report.id)
    if not plain or missing(draft.case, report):
        draft.start("triage_human", report.id, live=live)
        return
    accept(draft, report, BOT, live=live, reason=PLAIN)


def accept(draft: Draft, report: Report, by: Actor, *, live: bool, reason: str, given: str = "") -> None:
    """Accept a report under its provisional class."""
    code = given or report.category
    draft.triage(report, "accept", by, live=live, text=reason, category=code, severity=of_report(report, code))


class Triage(Clerk):
    """The first look, and what follows from it."""

    def accept(self, wanted: intents.ReportAccepted, now: datetime) -> Decide:
        """A person accepts a report. Refusals: ``unknown_report``, ``unknown_category``, ``involved`` (who refused it
        before), and those of the table."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            report = self._report(state, wanted.report, wanted.by, "accept")
            if state is None or isinstance(report, Refusal):
                return report if isinstance(report, Refusal) else unknown()
            code = wanted.category or report.category
            if wanted.category and not known(code):
                return Refusal("unknown_category", f"there is no category {code}")
            draft = self._draft(state, fresh, now, state.dry_run)
            severity = wanted.severity or of_report(report, code)
            reason = wanted.reason.strip()
            draft.triage(report, "accept", wanted.by, live=wanted.live, text=reason, category=code, severity=severity)
            return draft.changes(wanted.processed)

        return self._staffed(wanted.by, "accept", now, decide)

    def ask(self, wanted: intents.InfoAsked, now: datetime) -> Decide:
        """Ask the reporter for what is missing. Refusals: ``no_reason`` when that is not said, and those of the table."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            report = self._report(state, wanted.report, wanted.by, "ask")
            if state is None or isinstance(report, Refusal):
                return report if isinstance(report, Refusal) else unknown()
            if not wanted.missing.strip():
                return Refusal("no_reason", f"{state.code}: say what is missing")
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.triage(report, "ask", wanted.by, text=wanted.missing.strip())
            return draft.changes(wanted.processed)

        return self._staffed(wanted.by, "ask", now, decide)

    def supply(self, given: intents.InfoSupplied, now: datetime) -> Decide:
        """The reporter adds what was missing; the report is looked at again. Refusals: ``unknown_report`` (whoever has
        no receipt learns nothing), ``unfit`` when nothing is added, and those of the table."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            report = None if state is None else state.report(given.report)
            if state is None or report is None:
                return _unknown_report()
            by = Actor(ActorKind.VIEWER, report.reporter)
            refusal = closed(state, "supply", by) or REPORT.refusal(report.status, "supply", by.kind)
            if refusal is not None:
                return refusal
            if not given.text.strip() and given.evidence is None and given.respondent is None:
                return Refusal("unfit", "nothing was added")
            draft = self._draft(state, fresh, now, state.dry_run)
            self._supplied(draft, given, by, now)
            return draft.changes(given.processed)

        return decide

    def _supplied(self, draft: Draft, given: intents.InfoSupplied, by: Actor, now: datetime) -> None:
        draft.add(
            Supplied(
                at=now,
                by=by,
                report_id=given.report,
                text=given.text.strip(),
                respondent=given.respondent,
                category=given.category if known(given.category) else "",
            )
        )
        draft.freeze(given.evidence)
        report = draft.case.report(given.report)
        if report is not None and report.status is ReportStatus.RECEIVED:
            check(draft, report, live=given.live)

    def refuse(self, wanted: intents.ReportRefused, now: datetime) -> Decide:
        """Turn a report away: only a person may, with a coded reason and own words; the program only what is no report
        at all. With the last of a case's reports the case is closed. Refusals: ``not_allowed``, ``unknown_code``,
        ``no_reason``, ``ask_first`` (a life or a child may be at risk and no fact was asked for), those of the table."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            report = self._report(state, wanted.report, wanted.by, "refuse")
            if state is None or isinstance(report, Refusal):
                return report if isinstance(report, Refusal) else unknown()
            if (refusal := _unfit_refusal(state, report, wanted)) is not None:
                return refusal
            draft = self._draft(state, fresh, now, state.dry_run)
            reason = wanted.reason.strip()
            draft.triage(report, "refuse", wanted.by, text=reason, code=wanted.code)
            draft.kept("refusal_reason", report.id)
            if draft.case.status.waits and all(one.status is ReportStatus.REFUSED for one in draft.case.reports):
                draft.add(Dismissed(at=now, by=wanted.by, reason=reason))
            return draft.changes(wanted.processed)

        return self._staffed(wanted.by, "refuse", now, decide)

    def _report(self, state: CaseState | None, report_id: str, by: Actor, move: str) -> Report | Refusal:
        """The report that is meant, if this person may make this move with it."""
        if state is None:
            return unknown()
        report = state.report(report_id) if report_id else _oldest_waiting(state)
        if report is None:
            return _unknown_report()
        refusal = closed(state, move, by) or REPORT.refusal(report.status, move, by.kind)
        if refusal is None and by.ref in report.refused_by and self.house.profile is not Profile.SOLO:
            refusal = Refusal("involved", f"{report.id}: somebody else than who refused it looks at it now")
        return refusal or report


def _oldest_waiting(state: CaseState) -> Report | None:
    waits = (ReportStatus.RECEIVED, ReportStatus.NEEDS_INFO)
    return next((report for report in state.reports if report.status in waits), None)


def _unfit_refusal(state: CaseState, report: Report, wanted: intents.ReportRefused) -> Refusal | None:
    if wanted.code not in REFUSALS:
        return Refusal("unknown_code", f"a refusal is one of {', '.join(REFUSALS)}")
    if wanted.by.kind is ActorKind.BOT and wanted.code != MALFORMED:
        return Refusal("not_allowed", "only a person refuses a report")
    if not wanted.reason.strip():
        return Refusal("no_reason", f"{state.code}: say why it is refused, and what would help")
    if report.urgent and bare(report) and not report.answer:
        return Refusal("ask_first", f"{report.id}: a life or a child may be at risk: ask for facts before refusing")
    return None


def _unknown_report() -> Refusal:
    return Refusal("unknown_report", "no such report")
