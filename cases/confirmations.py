"""What a decision still needs from people: to confirm, to agree, to give reasons, to look again. Part of the registrar.

Automatic mutes are provisional where people share the work (norm N1.3-2), a ban needs a second person (N3.1-2c), a command
its reasons (N3.1-2e). What nobody does in time takes itself back: `expire` says how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from cases import intents
from cases.clerk import Clerk, closed, unknown
from cases.draft import Draft
from cases.history import BanReviewed, Changes, Confirmed, ProposalMoved, ReasonsGiven
from cases.machines import ACTION
from cases.model import BOT, ActionKind, ActorKind, CaseState, OrderedAction, Proposal, ProposalStatus, Refusal
from cases.ports import Decide

UNCONFIRMED = "nobody confirmed it in time"
UNEXPLAINED = "its reasons were not written in time"


class Confirmations(Clerk):
    """Confirming, seconding, explaining, reviewing, and what happens when nobody does."""

    def confirm(self, wanted: intents.MeasuresConfirmed, now: datetime) -> Decide:
        """A person keeps what was decided automatically. Refusals: ``nothing_to_confirm``, and those of the table."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            if (refusal := closed(state, "confirm", wanted.by)) is not None:
                return refusal
            waiting = [one for one in state.actions if _is_provisional(one) and wanted.action in ("", one.id)]
            if not waiting:
                return Refusal("nothing_to_confirm", f"{state.code}: nothing waits to be confirmed")
            draft = self._draft(state, fresh, now, state.dry_run)
            for action in waiting:
                draft.add(Confirmed(at=now, by=wanted.by, action_id=action.id))
                draft.met("provisional_expiry", action.id)
            return draft.changes(wanted.processed)

        return self._staffed(wanted.by, "confirm", now, decide)

    def second(self, wanted: intents.BanSeconded, now: datetime) -> Decide:
        """A second person agrees to the proposed ban, or declines it with a reason. Refusals: ``nothing_to_confirm``,
        ``same_person``, ``no_reason``, and those of the table."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            proposal = state.proposal()
            if proposal is None:
                return Refusal("nothing_to_confirm", f"{state.code}: no ban waits for a second person")
            refusal = closed(state, "second" if wanted.agrees else "decline", wanted.by)
            if refusal is None and wanted.agrees and not self._other_person(state, proposal.by, wanted.by.ref):
                refusal = Refusal("same_person", f"{state.code}: somebody else than who proposed the ban confirms it")
            if refusal is None and not wanted.agrees and not wanted.reason.strip():
                refusal = Refusal("no_reason", f"{state.code}: say why not")
            return refusal or self._seconded(state, proposal, wanted, fresh, now)

        return self._staffed(wanted.by, "second", now, decide)

    def _seconded(
        self, state: CaseState, proposal: Proposal, wanted: intents.BanSeconded, fresh: str, now: datetime
    ) -> Changes | Refusal:
        respondent = state.respondent(proposal.respondent)
        if respondent is None:
            return unknown()
        draft = self._draft(state, fresh, now, state.dry_run)
        if wanted.agrees:
            draft.second_ban(proposal, wanted.by, respondent)
        else:
            reason = wanted.reason.strip()
            draft.add(ProposalMoved(at=now, by=wanted.by, proposal_id=proposal.id, move="decline", reason=reason))
            draft.met("ban_second", proposal.id)
        return draft.changes(wanted.processed)

    def explain(self, written: intents.ReasonsWritten, now: datetime) -> Decide:
        """The reasons of a command, written down afterwards: what it did no longer lapses. Refusals: ``no_reason``."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            if (refusal := closed(state, "reasons", written.by)) is not None:
                return refusal
            if not written.reason.strip():
                return Refusal("no_reason", f"{state.code}: say why")
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.add(ReasonsGiven(at=now, by=written.by, text=written.reason.strip()))
            for action in state.actions:
                draft.met("command_reasons", action.id)
            return draft.changes(written.processed)

        return self._staffed(written.by, "reasons", now, decide)

    def review_ban(self, seen: intents.BanLookedAt, now: datetime) -> Decide:
        """A measure without an end is looked at again: kept for another ninety days, or lifted. Refusals:
        ``not_running``, ``no_reason``, and those of the table."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            if (refusal := closed(state, "review-ban", seen.by)) is not None:
                return refusal
            running = [one for one in state.in_force() if one.id == seen.action and one.kind is ActionKind.BAN]
            if not running:
                return Refusal("not_running", f"{state.code}: no ban {seen.action} is running")
            if not seen.reason.strip():
                return Refusal("no_reason", f"{state.code}: say why it is kept or lifted")
            draft = self._draft(state, fresh, now, state.dry_run)
            _looked_at(draft, running[0], seen, now)
            return draft.changes(seen.processed)

        return self._staffed(seen.by, "review-ban", now, decide)

    def expire(self, key: str, ref: str, now: datetime) -> Decide:
        """What follows when a deadline of a case passes without its step: for those in EXPIRES; others only stand on
        record. Done twice
        it does nothing the second time."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            if key not in EXPIRES:
                return Refusal("invalid_transition", f"nothing follows by itself when {key} passes")
            draft = self._draft(state, fresh, now, state.dry_run)
            EXPIRES[key](draft, ref, now)
            draft.dropped(key, ref)
            return draft.changes()

        return decide


def _looked_at(draft: Draft, ban: OrderedAction, seen: intents.BanLookedAt, now: datetime) -> None:
    reason = seen.reason.strip()
    draft.add(BanReviewed(at=now, by=seen.by, action_id=ban.id, kept=seen.keep, reason=reason))
    draft.met("ban_review", ban.id)
    if seen.keep:
        draft.start("ban_review", ban.id)
    else:
        draft.revoke([ban], seen.by, reason)


def _is_provisional(action: OrderedAction) -> bool:
    """True while it waits for a person; what was lifted or lapsed waits no more."""
    return action.provisional_until is not None and _may_lapse(action)


def _may_lapse(action: OrderedAction) -> bool:
    takes_time = action.kind in (ActionKind.MUTE, ActionKind.BAN)
    return takes_time and ACTION.refusal(action.status, "lapse", ActorKind.BOT) is None


def _provisional(draft: Draft, action_id: str, now: datetime) -> None:
    action = draft.case.action(action_id)
    if action is not None and action.provisional_until is not None and _may_lapse(action):
        draft.lapse(action, UNCONFIRMED)


def _unexplained(draft: Draft, action_id: str, now: datetime) -> None:
    action = draft.case.action(action_id)
    if action is not None and not draft.case.reasons and _may_lapse(action):
        draft.lapse(action, UNEXPLAINED)


def _unseconded(draft: Draft, proposal_id: str, now: datetime) -> None:
    """The ban lapses to the mute that runs meanwhile."""
    waiting = [one for one in draft.case.proposals if one.status is ProposalStatus.PROPOSED and one.id == proposal_id]
    for proposal in waiting:
        draft.add(ProposalMoved(at=now, by=BOT, proposal_id=proposal.id, move="lapse", reason=UNCONFIRMED))


EXPIRES: Mapping[str, Callable[[Draft, str, datetime], None]] = {
    "provisional_expiry": _provisional,
    "command_reasons": _unexplained,
    "ban_second": _unseconded,
}
"""What takes itself back when a deadline passes, by the deadline's key; ``ref`` is an action's id, or a proposal's."""
