"""The registrar's part for answering appeals: by a person who had no part in the case, with a finding on each argument.

An answer takes back what was decided, in part or whole, or lets it stand; it never adds anything (norm N3.3-3b). What
nobody answers in time is suspended, or goes to the operator when it is severe (norm N3.3-2).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from cases import intents
from cases.catalogue import LANGUAGES, catalogue
from cases.clerk import Clerk, unknown
from cases.conflicts import party
from cases.draft import Draft
from cases.history import AppealDecided, AppealOverdue, Cascaded, Changes, Reexamined, Timer, TimerKind
from cases.model import (
    BOT,
    ActionKind,
    Actor,
    ActorKind,
    Appeal,
    AppealStatus,
    CaseState,
    Finding,
    MeasureStatus,
    OrderedAction,
    Profile,
    Refusal,
)
from cases.ports import Decide
from cases.sentence import Severity

LEAST_REASON = 10
"""An answer of fewer letters gives no reasons; a Chinese character says as much as three (norm N3.3-3b)."""
_ANSWERS = (AppealStatus.UPHELD, AppealStatus.PARTIAL, AppealStatus.OVERTURNED)


class AppealReview(Clerk):
    """Appeals are answered, or run over their time."""

    def answer(self, wanted: intents.AppealAnswered, now: datetime) -> Decide:
        """Answer an open appeal. What it revokes is lifted on the platform, and done only once confirmed there.

        Refusals: ``unknown_case``, ``no_appeal``, ``conflict``, ``involved``, ``not_allowed`` (a program; somebody who is
        no appeal reviewer), ``invalid_transition``, ``no_reason``, ``no_finding``, ``unfit``.
        """

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            appeal = _the_open(state, wanted, now)
            if appeal is None:
                return Refusal("no_appeal", f"{state.code} has no open appeal")
            refusal = self._ineligible(state, appeal, wanted) or self._unreasoned(state, appeal, wanted)
            if refusal is not None:
                return refusal
            draft = self._draft(state, fresh, now, state.dry_run)
            self._answer(draft, appeal, wanted, now)
            return draft.changes(wanted.processed)

        return self._staffed(wanted.by, "answer", now, decide)

    def may_review(self, state: CaseState, appeal: Appeal, by: Actor) -> Refusal | None:
        """Why this person may not answer this appeal, whoever else could; None: they may."""
        if by.kind in (ActorKind.BOT, ActorKind.VIEWER):
            return Refusal("not_allowed", f"{state.code}: a person of the staff answers")
        if by.ref == appeal.respondent:
            return Refusal("conflict", "nobody answers the own appeal")
        if self._took_part(state, by):
            return Refusal("involved", f"{state.code}: somebody who did not act answers")
        staff = self.house.staff
        if staff.members and not staff.may(by.ref, ActorKind.REVIEWER, state.room):
            return Refusal("not_reviewer", f"{state.code}: an appeal reviewer answers")
        return None

    def _took_part(self, state: CaseState, by: Actor) -> bool:
        """True for who decided, measured, voted or answered an earlier appeal, and for who has a part in the matter; in
        profile platform also for who owns the room (norm N3.3-2)."""
        if by.kind is ActorKind.OWNER and self.house.profile is Profile.PLATFORM:
            return True
        book = self.house.staff
        answered = {one.decided_by.ref for one in state.appeals if one.decided_by is not None}
        voted = state.panel.former if state.panel is not None else frozenset()
        acted = any(book.same(by.ref, ref, state.room) for ref in {*state.deciders, *answered, *voted})
        return acted or party(state, by.ref, book, self._seals) is not None

    def _ineligible(self, state: CaseState, appeal: Appeal, wanted: intents.AppealAnswered) -> Refusal | None:
        refusal = self.may_review(state, appeal, wanted.by)
        if refusal is None or refusal.reason in ("conflict", "not_allowed"):
            return refusal
        alone = self.house.profile is Profile.SOLO and not wanted.uninvolved_exists
        return None if alone else refusal

    def _unreasoned(self, state: CaseState, appeal: Appeal, wanted: intents.AppealAnswered) -> Refusal | None:
        if wanted.outcome not in _ANSWERS:
            return Refusal("invalid_transition", f"{state.code}: an answer upholds or overturns")
        if wanted.outcome is AppealStatus.PARTIAL and (fault := _unfit_part(state, appeal, wanted)):
            return Refusal("unfit", f"{state.code}: {fault}")
        if wanted.outcome is AppealStatus.OVERTURNED:
            return None
        if not is_reasoned(wanted.answer):
            return Refusal("no_reason", f"say why, of this case: !uphold {state.code} reason")
        missing = len(appeal.arguments) - len([one for one in wanted.findings if one.strip()])
        if self.house.profile is not Profile.SOLO and len(appeal.arguments) > 1 and missing > 0:
            return Refusal(
                "no_finding", f"{state.code}: {missing} of {len(appeal.arguments)} arguments have no finding"
            )
        return None

    # -- what an answer does ----------------------------------------------------------------------------------------

    def _answer(self, draft: Draft, appeal: Appeal, wanted: intents.AppealAnswered, now: datetime) -> None:
        alone = self.may_review(draft.case, appeal, wanted.by) is not None
        self._settle_measures(draft, appeal, wanted, now)
        findings = tuple(Finding(*pair) for pair in zip(appeal.arguments, _findings(appeal, wanted), strict=False))
        entry = AppealDecided(
            at=now,
            by=wanted.by,
            appeal_id=appeal.id,
            outcome=wanted.outcome,
            answer=wanted.answer.strip(),
            findings=findings,
            alone=alone,
        )
        draft.add(entry)
        for key in ("appeal_decide", "appeal_decide_running", "appeal_cure"):
            draft.met(key, appeal.id)
        draft.tell_answer(appeal, wanted)

    def _settle_measures(self, draft: Draft, appeal: Appeal, wanted: intents.AppealAnswered, now: datetime) -> None:
        if appeal.report:
            return
        running = draft.case.in_force(appeal.respondent)
        whole = wanted.outcome is AppealStatus.OVERTURNED
        taken = [one for one in running if whole or one.id in wanted.revoked]
        if wanted.outcome is not AppealStatus.UPHELD:
            self._revoke(draft, taken, wanted.by, f"appeal {appeal.id}")
        if whole or any(action.kind is ActionKind.MUTE for action in taken):
            draft.clear_strikes([appeal.respondent])
            draft.wake(Timer(TimerKind.CASCADE, appeal.id, now))
        if not whole:
            kept = [draft.case.action(one) for one in appeal.suspended if one not in wanted.revoked]
            self._restore(draft, [one for one in kept if one is not None], now)

    def _revoke(self, draft: Draft, actions: Iterable[OrderedAction], by: Actor, reason: str) -> None:
        """Take back; the deadline ``revoke`` of each lift is met only by the platform's confirmation."""
        stood = [one for one in actions if one.status is not MeasureStatus.UNSUPPORTED]
        known = {one.id for one in draft.case.actions}
        draft.revoke(actions, by, reason)
        stood_ids = {one.id for one in stood}
        for lift in draft.case.actions:
            if lift.id not in known and lift.undoes in stood_ids:
                draft.start("revoke", lift.id)

    def _restore(self, draft: Draft, suspended: Iterable[OrderedAction], now: datetime) -> None:
        """What was suspended for want of an answer goes on for the time that is left, never longer, and counts no more."""
        for action in suspended:
            if action.kind is ActionKind.MUTE and action.until is not None and action.until > now:
                draft.go_on(action)

    # -- when nobody answers ----------------------------------------------------------------------------------------

    def appeal_overdue(self, appeal_id: str, now: datetime) -> Decide:
        """Nobody answered in time: what runs and is not severe is suspended, a severe case goes to the operator."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            appeal = None if state is None else next((one for one in state.appeals if one.id == appeal_id), None)
            if state is None or appeal is None:
                return unknown()
            if not appeal.status.waits or appeal.overdue:
                return Refusal("already", f"{appeal.id} is {appeal.status}")
            draft = self._draft(state, fresh, now, state.dry_run)
            running = () if appeal.report or state.severity is Severity.SEVERE else state.in_force(appeal.respondent)
            lifted = [one for one in running if one.kind is ActionKind.MUTE]
            self._revoke(draft, lifted, BOT, f"appeal {appeal.id} was not answered in time")
            suspended = tuple(one.id for one in lifted)
            draft.add(AppealOverdue(at=now, by=BOT, appeal_id=appeal.id, suspended=suspended))
            return draft.changes()

        return decide

    # -- what follows from a success --------------------------------------------------------------------------------

    def cascaded(self, appeal_id: str, relied: Sequence[str], alike: Sequence[str], now: datetime) -> Decide:
        """Note which later cases counted the fault that was set aside, and which cases are much like it."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None or all(one.id != appeal_id for one in state.appeals):
                return unknown()
            entry = Cascaded(at=now, by=BOT, appeal_id=appeal_id, relied=tuple(relied), alike=tuple(alike))
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.add(entry)
            draft.slept(appeal_id)
            return draft.changes()

        return decide

    def reexamine(self, cause: str, ends: Mapping[str, datetime], now: datetime) -> Decide:
        """This case counted a fault that appeal ``cause`` set aside: people look at it again, and its running mutes end
        when they would have without that fault. ``ends`` are these instants by action; none makes a mute longer."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            if cause in state.reexamined:
                return Refusal("already", f"{state.code} was looked at for {cause}")
            draft = self._draft(state, fresh, now, state.dry_run)
            shorter = [one for one in state.in_force() if one.until and ends.get(one.id, one.until) < one.until]
            for action in shorter:
                self._revoke(draft, [action], BOT, f"appeal {cause}")
                if ends[action.id] > now:
                    draft.go_on(action, ends[action.id])
            detail = ", ".join(f"{one.id} ends {ends[one.id]:%Y-%m-%d %H:%M} UTC" for one in shorter)
            draft.add(Reexamined(at=now, by=BOT, cause=cause, detail=detail))
            return draft.changes()

        return decide


def is_reasoned(answer: str) -> bool:
    """False for an answer without case-specific text: too short, or a ready-made sentence of ours."""
    plain = " ".join(answer.split()).casefold().strip(".。!！ ")
    letters = sum(3 if unicodedata.east_asian_width(character) in "WF" else 1 for character in plain)
    return letters >= LEAST_REASON and plain not in _templates()


def _templates() -> frozenset[str]:
    texts = (text for language in LANGUAGES for text in catalogue(language).values())
    return frozenset(" ".join(text.split()).casefold().strip(".。!！ ") for text in texts)


def _the_open(state: CaseState, wanted: intents.AppealAnswered, now: datetime) -> Appeal | None:
    """The appeal that is answered. One without reasons waits for them until its time is over."""
    for appeal in state.appeals:
        ready = appeal.status is AppealStatus.OPEN or wanted.outcome is AppealStatus.OVERTURNED
        if appeal.status.waits and ready and wanted.appeal_id in ("", appeal.id):
            return appeal
    return None


def _unfit_part(state: CaseState, appeal: Appeal, wanted: intents.AppealAnswered) -> str:
    """What is wrong with a partial success, "" when nothing is."""
    could = {one.id for one in state.in_force(appeal.respondent)} | set(appeal.suspended)
    if appeal.report or not wanted.revoked or not set(wanted.revoked) <= could:
        return f"a partial answer names some of {', '.join(sorted(could)) or 'nothing that runs'}"
    own = [one for one in state.actions if one.respondent == appeal.respondent and one.undoes is None]
    return "that is everything: overturn it" if {one.id for one in own} <= set(wanted.revoked) else ""


def _findings(appeal: Appeal, wanted: intents.AppealAnswered) -> tuple[str, ...]:
    """One finding an argument; a single text answers them all."""
    given = tuple(one.strip() for one in wanted.findings if one.strip())
    if given:
        return given
    return (wanted.answer.strip(),) * len(appeal.arguments) if wanted.answer.strip() else ()
