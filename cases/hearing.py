"""The registrar's part for taking appeals: who may object, until when, and how everybody concerned is heard.

A respondent objects to a decision, a reporter to the refusal of a report. The time to appeal runs from the instant the
person was informed; an appeal without reasons waits seven days for them and is then judged as it stands (norm N3.3-1).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cases import intents
from cases.clerk import Clerk, unknown
from cases.draft import Draft
from cases.history import (
    AppealCompleted,
    Appealed,
    AppealRemarked,
    Changes,
    RespondentInformed,
)
from cases.model import (
    BOT,
    Actor,
    ActorKind,
    Appeal,
    AppealStatus,
    CaseState,
    CaseStatus,
    Profile,
    Refusal,
    Remark,
    ReportStatus,
)
from cases.ports import Decide

APPEALS_EACH = 2
"""One against a decision, and one more on new evidence (norm N3.3-1)."""
LONGEST_WINDOW = timedelta(days=180)
"""The time to appeal is never shorter than this (norm, the table of deadlines)."""
APPEALABLE = (CaseStatus.DECIDED, CaseStatus.UPHELD, CaseStatus.APPEALED)
"""Where a respondent has something to object to."""
EVIDENCE_KEPT, REMARKS_KEPT = 20, 50


class Appeals(Clerk):
    """Objections are taken, completed, commented on."""

    def inform(self, sender_id: str, how: str, now: datetime) -> Decide:
        """A respondent learned of the latest decision about them: the time to appeal begins. ``already`` when it had."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None or state.respondent(sender_id) is None or state.decided_at(sender_id) is None:
                return unknown()
            if state.informed_at(sender_id) is not None:
                return Refusal("already", f"{state.code}: the person knows")
            return Changes(entries=(RespondentInformed(at=now, by=BOT, respondent=sender_id, how=how),))

        return decide

    def appeal(self, made: intents.AppealMade, now: datetime) -> Decide:
        """Somebody objects. Refusals: ``unknown_case``, ``nothing_to_appeal``, ``already``, ``answered``, ``what_is_new``,
        ``too_late``. Without reasons it waits as ``needs-info``; sent again with reasons, it is complete."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None or not _concerns(state, made):
                return unknown()
            waiting = next((one for one in own_appeals(state, made) if one.status.waits), None)
            if waiting is not None:
                return self._complete(state, waiting, made, fresh, now)
            if (refusal := self._unappealable(state, made, now)) is not None:
                return refusal
            draft = self._draft(state, fresh, now, state.dry_run)
            self._take(draft, made, now)
            return draft.changes(made.processed)

        return decide

    def remark(self, made: intents.AppealRemarkMade, now: datetime) -> Decide:
        """Somebody concerned is heard about the open appeal: who decided, a reporter, or the appellant."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            role = None if state is None else self._role(state, made)
            if state is None or role is None:
                return unknown()
            appeal = next((one for one in state.appeals if one.status.waits), None)
            if appeal is None:
                return Refusal("no_appeal", f"{state.code} has no open appeal")
            if not made.text.strip() or len(appeal.remarks) >= REMARKS_KEPT:
                return Refusal("no_reason", f"{state.code}: say what should be considered")
            remark = Remark(role, made.report or (made.by.ref if role == "decider" else ""), now, made.text.strip())
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.add(AppealRemarked(at=now, by=made.by, appeal_id=appeal.id, remark=remark))
            return draft.changes(made.processed)

        return decide

    def cure_lapsed(self, appeal_id: str, now: datetime) -> Decide:
        """The seven days to add reasons are over: the appeal is judged as it stands."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            appeal = None if state is None else next((one for one in state.appeals if one.id == appeal_id), None)
            if state is None or appeal is None:
                return unknown()
            if appeal.status is not AppealStatus.NEEDS_INFO or (appeal.cure_until and now < appeal.cure_until):
                return Refusal("already", f"{appeal.id} is {appeal.status}")
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.add(AppealCompleted(at=now, by=BOT, appeal_id=appeal.id, reasons=""))
            self._await_answer(draft, appeal)
            return draft.changes()

        return decide

    def appeal_ends(self, state: CaseState, sender_id: str, since: datetime | None = None) -> datetime | None:
        """The last instant at which this person may appeal what was decided at ``since`` (None: the latest decision).

        None: the person has not been informed yet, so no time runs.
        """
        informed_at = state.informed_at(sender_id, since)
        return None if informed_at is None else informed_at + max(self.house.appeal_window, LONGEST_WINDOW)

    # -- taking -----------------------------------------------------------------------------------------------------

    def _unappealable(self, state: CaseState, made: intents.AppealMade, now: datetime) -> Refusal | None:
        own = own_appeals(state, made)
        if state.dry_run:
            return Refusal("nothing_to_appeal", f"{state.code} was a dry run: nothing was done")
        if not made.report and (state.status not in APPEALABLE or not state.measures):
            return Refusal("nothing_to_appeal", f"{state.code} is {state.status}: nothing to appeal")
        if len(own) >= APPEALS_EACH:
            return Refusal("answered", f"{state.code}: both appeals were answered")
        if own and not made.news.strip():
            return Refusal("what_is_new", f"{state.code}: one more appeal needs something new; say what is new")
        return None if made.report else self._late(state, made, now)

    def _late(self, state: CaseState, made: intents.AppealMade, now: datetime) -> Refusal | None:
        ends = self.appeal_ends(state, made.sender_id)
        if ends is None or now <= ends or self._may_admit(made.admitted_by):
            return None
        informed = state.informed_at(made.sender_id)
        dates = f"you were informed on {informed:%Y-%m-%d}, appeals ended on {ends:%Y-%m-%d}"
        return Refusal("too_late", f"{state.code}: {dates}; a supervisor may still admit yours")

    def _may_admit(self, by: Actor | None) -> bool:
        if by is None:
            return False
        alone = by.kind is ActorKind.OWNER and self.house.profile is Profile.SOLO
        return by.kind is ActorKind.SUPERVISOR or alone

    def _take(self, draft: Draft, made: intents.AppealMade, now: datetime) -> None:
        state = draft.case
        by = Actor(ActorKind.VIEWER, self._appellant(state, made))
        if not made.report and state.decided_at(made.sender_id) and state.informed_at(made.sender_id) is None:
            draft.add(RespondentInformed(at=now, by=by, respondent=made.sender_id, how="attempt"))
        appeal = self._new(draft.case, made, now)
        draft.add(Appealed(at=now, by=by, appeal=appeal))
        draft.kept("appeal_ack", appeal.id)
        if appeal.status is AppealStatus.NEEDS_INFO:
            draft.start("appeal_cure", appeal.id)
        else:
            self._await_answer(draft, appeal)

    def _new(self, state: CaseState, made: intents.AppealMade, now: datetime) -> Appeal:
        complete = bool(made.reasons.strip())
        contact = made.contact.strip()
        return Appeal(
            id=f"{state.code}/{state.next_appeal}",
            respondent=made.sender_id,
            at=now,
            reasons=made.reasons.strip(),
            status=AppealStatus.OPEN if complete else AppealStatus.NEEDS_INFO,
            report=made.report,
            evidence=_pieces(made.evidence),
            contact=self._seals.seal("appeal-contact", contact) if contact else "",
            news=made.news.strip(),
            show_again=made.show_again,
            late=not made.report and self._late(state, made, now) is None and self._is_past(state, made, now),
            cure_until=None if complete else self.house.terms.due("appeal_cure", now),
        )

    def _is_past(self, state: CaseState, made: intents.AppealMade, now: datetime) -> bool:
        ends = self.appeal_ends(state, made.sender_id)
        return ends is not None and now > ends

    def _complete(
        self, state: CaseState, appeal: Appeal, made: intents.AppealMade, fresh: str, now: datetime
    ) -> Changes | Refusal:
        """Reasons for an appeal that had none; anything else about an appeal that waits is told so."""
        if appeal.status is AppealStatus.OPEN:
            return Refusal("already", f"{state.code}: your appeal is waiting")
        if not made.reasons.strip():
            return Refusal("no_reason", f"say why: !appeal {state.code} reason")
        draft = self._draft(state, fresh, now, state.dry_run)
        by = Actor(ActorKind.VIEWER, self._appellant(state, made))
        added = AppealCompleted(
            at=now, by=by, appeal_id=appeal.id, reasons=made.reasons.strip(), evidence=_pieces(made.evidence)
        )
        draft.add(added)
        draft.met("appeal_cure", appeal.id)
        self._await_answer(draft, appeal)
        return draft.changes(made.processed)

    def _await_answer(self, draft: Draft, appeal: Appeal) -> None:
        """Sooner where a measure still runs (norm N3.3-2)."""
        runs = not appeal.report and draft.case.in_force(appeal.respondent)
        draft.start("appeal_decide_running" if runs else "appeal_decide", appeal.id)

    def _appellant(self, state: CaseState, made: intents.AppealMade) -> str:
        if made.report:
            return next(report.reporter for report in state.reports if report.id == made.report)
        return self._seals.pseudonym(state.room, made.sender_id)

    def _role(self, state: CaseState, made: intents.AppealRemarkMade) -> str | None:
        """As what somebody is heard; None for everybody the case does not concern."""
        if made.report:
            return "reporter" if any(report.id == made.report for report in state.reports) else None
        if made.by.kind is not ActorKind.VIEWER:
            book = self.house.staff
            return "decider" if any(book.same(made.by.ref, ref, state.room) for ref in state.deciders) else None
        pseudonyms = [self._seals.pseudonym(state.room, person.id) for person in state.respondents]
        return "appellant" if made.by.ref in pseudonyms else None


def own_appeals(state: CaseState, made: intents.AppealMade) -> Sequence[Appeal]:
    """This person's appeals against what stands now: a newer decision may be objected to anew."""
    if made.report:
        return [one for one in state.appeals if one.report == made.report]
    since = state.decided_at(made.sender_id)
    mine = (one for one in state.appeals if not one.report and one.respondent == made.sender_id)
    return [one for one in mine if since is None or one.at >= since or one.status.waits]


def _concerns(state: CaseState, made: intents.AppealMade) -> bool:
    """True when the appellant may know of the case: as a respondent, or as the reporter of a refused report."""
    if made.report:
        return made.report in refused_reports(state)
    return state.respondent(made.sender_id) is not None


def refused_reports(state: CaseState) -> frozenset[str]:
    """The ids of the reports that were refused or led to nothing, or whose refusal is under objection."""
    objected = {one.report for one in state.appeals if one.report}
    nothing = state.status is CaseStatus.DISMISSED
    refused = (one for one in state.reports if nothing or one.status is ReportStatus.REFUSED or one.id in objected)
    return frozenset(report.id for report in refused)


def _pieces(evidence: Sequence[str]) -> tuple[str, ...]:
    return tuple(piece.strip() for piece in evidence if piece.strip())[:EVIDENCE_KEPT]
