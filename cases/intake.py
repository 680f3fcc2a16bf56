"""The registrar's part for reports: taken, joined to a case, and closed with reasons."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from cases import intents
from cases.categories import OTHER, URGENT
from cases.clerk import Clerk, closed, joinable, unknown
from cases.draft import Draft
from cases.evidence import written_at
from cases.history import Changes, Dismissed, ReportTaken
from cases.masking import disclosing, personal_spans
from cases.model import BOT, CaseKind, CaseState, Evidence, Refusal
from cases.ports import Decide
from cases.promotions import Fingerprints, hints
from cases.rules import R0
from cases.sentence import Severity
from cases.standing import refusal
from cases.triage import check
from cases.votes import binds

EPISODE_GAP = timedelta(minutes=10)


class Reports(Clerk):
    """Reports, and what a person finds in them."""

    def report(self, made: intents.ReportMade, now: datetime) -> Decide:
        """A report joins the case on its respondent that waits, or the decided one about the same facts, or opens one. A
        reporter reports a case once. What a finding of malice took away is not taken, unless a life is in danger:
        ``reporting_suspended``, ``reporting_limited`` (norm N4.3-2a)."""
        named, made = made.category, self._offered(made, now)

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if (limited := self._limited(made, now)) is not None:
                return limited
            known = joinable(state, ReportTaken, made.dry_run)
            if known is not None and not known.status.waits and not _same_facts(known, made, now):
                known = None
            if known is not None and any(report.reporter == made.reporter for report in known.reports):
                return Refusal("already", known.code)
            draft = self._draft(known, fresh, now, made.dry_run)
            if draft.state is None:
                version = self._version(None, written_at(made.evidence, made.received_at or now))
                rule = next((rule.id for rule in version.rules.values() if rule.category == made.category), R0.id)
                given = (made.room, CaseKind.REPORT, _report_episode(made), made.category, rule, Severity.MINOR)
                draft.open(*given, version=version.number)
            _take(draft, made, self.house.fingerprints, understood=named == made.category)
            return draft.changes(made.processed)

        return decide

    def _limited(self, made: intents.ReportMade, now: datetime) -> Refusal | None:
        """Why this reporter's report is not taken, None when it is."""
        step = self.house.standings.get(made.reporter)
        return refusal(step, made.reports_today, now, urgent=made.urgent or made.category in URGENT)

    def _offered(self, made: intents.ReportMade, now: datetime) -> intents.ReportMade:
        """The report under "other", where the rules in force do not offer its category: a person decides (norm N2.2-0)."""
        codes = {leaf.code for leaf in self.house.rulebook.offered(now)}
        urgent = made.urgent or made.category in URGENT
        return made if made.category in codes else dataclasses.replace(made, category=OTHER.code, urgent=urgent)

    def dismiss(self, wanted: intents.DismissCommanded, now: datetime) -> Decide:
        """Close a case that waits, without measures; only a person may, and only with a reason (norm N2.3-1)."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            if (refusal := closed(state, "dismiss", wanted.by) or binds(state, None, None)) is not None:
                return refusal
            if not wanted.reason.strip():
                return Refusal("no_reason", f"say why: !dismiss {state.code} reason")
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.take_up(wanted.by, wanted.reason.strip())
            draft.review_ends()
            draft.add(Dismissed(at=now, by=wanted.by, reason=wanted.reason))
            return draft.changes(wanted.processed)

        return self._staffed(wanted.by, "dismiss", now, decide)


def _take(draft: Draft, made: intents.ReportMade, known: Sequence[Fingerprints], *, understood: bool) -> None:
    """Note the report; the case waits for its judgement, or has answered it already. ``understood`` False: its category
    is none that is offered, and a person looks first."""
    evidence = _with_hints(_with_disclosures(made), known)
    report = draft.take_report(dataclasses.replace(made, evidence=evidence))
    if report.urgent:
        draft.start("life_or_child", report.id)
    if not draft.case.status.waits:
        draft.triage(report, "close-report", BOT, text="decided before: the same facts")
    else:
        check(draft, report, live=made.live, plain=understood)


def _with_hints(evidence: Evidence | None, known: Sequence[Fingerprints]) -> Evidence | None:
    """The evidence with what other installations say of its lines, for whoever judges; nothing is done because of it."""
    if evidence is None or not known:
        return evidence
    said = dict.fromkeys(hint for line in evidence.lines if line.judged for hint in hints(line.text, known))
    return msgspec.structs.replace(evidence, facts=(*evidence.facts, *said)) if said else evidence


def _with_disclosures(made: intents.ReportMade) -> Evidence | None:
    """The evidence; it says what of it leaves our screens at once because it discloses personal data (norm N2.2-2)."""
    if made.evidence is None or not (lines := disclosing(made.category, [made.evidence])):
        return made.evidence
    kinds = sorted({span.kind for line in lines for span in personal_spans(line.text)})
    fact = f"personal data ({', '.join(kinds)}) in {len(lines)} lines, hidden at once"
    return msgspec.structs.replace(made.evidence, facts=(*made.evidence.facts, fact))


def _same_facts(state: CaseState, made: intents.ReportMade, now: datetime) -> bool:
    """True while a decided case's episode lasts and the report shows nothing written after its decision."""
    if now - state.last_at > EPISODE_GAP:
        return False
    written = [line.at for line in made.evidence.lines if line.judged] if made.evidence else []
    return max(written, default=state.last_at) <= state.last_at


def _report_episode(made: intents.ReportMade) -> str:
    return f"report:{made.respondent.id}" if made.respondent else f"report:web:{made.processed or made.reporter}"
