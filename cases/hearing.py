"""The registrar's part for appeals: taken, and answered by somebody who may."""

from __future__ import annotations

from datetime import datetime

from cases import intents
from cases.clerk import Clerk, unknown
from cases.history import Appealed, Changes
from cases.lifecycle import may
from cases.model import Actor, ActorKind, Appeal, AppealStatus, CaseState, Profile, Refusal
from cases.ports import Decide

APPEALS_PER_RESPONDENT = 2
"""One, and one more on new evidence (norm N3.3-1)."""


class Appeals(Clerk):
    """Objections of respondents."""

    def appeal(self, made: intents.AppealMade, now: datetime) -> Decide:
        """A respondent objects to what the case decided about them."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None or state.respondent(made.sender_id) is None:
                return unknown()
            if (refusal := self._unappealable(state, made, now)) is not None:
                return refusal
            draft = self._draft(state, fresh, now, state.dry_run)
            appeal = Appeal(f"{state.code}/{state.next_appeal}", made.sender_id, now, made.reasons.strip())
            by = Actor(ActorKind.VIEWER, self._seals.pseudonym(state.room, made.sender_id))
            draft.add(Appealed(at=now, by=by, appeal=appeal))
            return draft.changes(made.processed)

        return decide

    def _unappealable(self, state: CaseState, made: intents.AppealMade, now: datetime) -> Refusal | None:
        own = [appeal for appeal in state.appeals if appeal.respondent == made.sender_id]
        if any(appeal.status is AppealStatus.OPEN for appeal in own):
            return Refusal("already", f"{state.code}: your appeal is waiting")
        if state.dry_run:
            return Refusal("nothing_to_appeal", f"{state.code} was a dry run: nothing was done")
        if not may(Appealed, state):
            return Refusal("nothing_to_appeal", f"{state.code} is {state.status}: nothing to appeal")
        if len(own) >= APPEALS_PER_RESPONDENT:
            return Refusal("answered", f"{state.code}: both appeals were answered")
        if now > state.last_at + self.house.appeal_window:
            return Refusal(
                "too_late", f"{state.code}: appeals ended {state.last_at + self.house.appeal_window:%Y-%m-%d}"
            )
        if not made.reasons.strip():
            return Refusal("no_reason", f"say why: !appeal {state.code} reason")
        return None

    def answer(self, wanted: intents.AppealAnswered, now: datetime) -> Decide:
        """Uphold or overturn the oldest open appeal; overturning undoes on the platform what still runs."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            appeal = next((known for known in state.appeals if known.status is AppealStatus.OPEN), None)
            if appeal is None:
                return Refusal("no_appeal", f"{state.code} has no open appeal")
            if (refusal := self._ineligible(state, appeal, wanted)) is not None:
                return refusal
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.answer(appeal, wanted)
            return draft.changes(wanted.processed)

        return decide

    def _ineligible(self, state: CaseState, appeal: Appeal, wanted: intents.AppealAnswered) -> Refusal | None:
        if wanted.by.ref == appeal.respondent:
            return Refusal("conflict", "nobody answers the own appeal")
        pseudonym = self._seals.pseudonym(state.room, wanted.by.ref)
        reported = any(report.reporter == pseudonym for report in state.reports)
        involved = reported or wanted.by.ref in state.deciders
        if involved and (self.house.profile is not Profile.SOLO or wanted.uninvolved_exists):
            return Refusal("involved", f"{state.code}: somebody who did not act answers")
        if wanted.outcome is AppealStatus.OPEN:
            return Refusal("invalid_transition", f"{state.code}: an answer upholds or overturns")
        if wanted.outcome is AppealStatus.UPHELD and not wanted.answer.strip():
            return Refusal("no_reason", f"say why: !uphold {state.code} reason")
        return None
