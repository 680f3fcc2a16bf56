"""The only writer of cases: every intent comes here and leaves as changes, or as a refusal that changes nothing.

Pure. Each method answers a `Decide`, which the case log calls inside its transaction with the case's state (None: there
is none) and a fresh code for a new case.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cases import intents
from cases.draft import Draft
from cases.history import (
    Appealed,
    Changes,
    Dismissed,
    Entry,
    Judged,
    MeasureEnded,
    OutcomeRecorded,
    ReportTaken,
    Undone,
)
from cases.house import House
from cases.lifecycle import may
from cases.model import (
    BOT,
    ActionKind,
    Actor,
    ActorKind,
    Appeal,
    AppealStatus,
    CaseKind,
    CaseState,
    CaseStatus,
    Evidence,
    MeasureStatus,
    Profile,
    Refusal,
)
from cases.ports import Decide, Seals
from cases.rules import HOUSE_RULES, Rule
from cases.sentence import Measure, Severity

EPISODE_GAP = timedelta(minutes=10)
RESPONDENTS_A_CASE = 200
ACTIONS_A_CASE = 1_000
"""A wave of more accounts, or an episode of more actions, goes on in a further case of the same episode."""
APPEALS_PER_RESPONDENT = 2
"""One, and one more on new evidence (norm N3.3-1)."""


LONGEST_MUTE = timedelta(days=365)
"""A longer one is a ban by another name."""

SEVERITY_OF: dict[Measure, Severity] = {
    Measure.REMIND: Severity.MINOR,
    Measure.WARN: Severity.MINOR,
    Measure.HIDE: Severity.MINOR,
    Measure.DELETE: Severity.MODERATE,
    Measure.MUTE: Severity.MODERATE,
    Measure.BAN: Severity.SEVERE,
}
"""The severity a moderator asserts by ordering a measure."""


class Registrar:
    """Turns intents into changes."""

    def __init__(self, seals: Seals, house: House | None = None) -> None:
        self._seals = seals
        self.house = house or House()

    def judge(self, fact: intents.LinesJudged, now: datetime) -> Decide:
        """Automatic measures about one respondent's lines; joins the episode's case or opens one."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if (refusal := _beyond(fact)) is not None:
                return refusal
            known = _joinable(state, Judged, fact.dry_run)
            draft = self._draft(None if _is_full(known, fact) else known, fresh, now, fact.dry_run)
            if draft.state is None:
                draft.open(fact.room, CaseKind.AUTOMATIC, fact.episode, fact.category, fact.rule, fact.severity)
            draft.judge_automatically(fact)
            return draft.changes()

        return decide

    def report(self, made: intents.ReportMade, now: datetime) -> Decide:
        """A report joins the open case on its respondent, or a decided one while its episode lasts, or opens one. A
        reporter reports a case once."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            known = _joinable(state, ReportTaken, made.dry_run)
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

    def measure(self, wanted: intents.MeasureCommanded, now: datetime) -> Decide:
        """A moderator's measure decides the open report on this respondent, or opens a case of its own."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if (refusal := self._unfit(wanted)) is not None:
                return refusal
            known = _joinable(state, Judged, wanted.dry_run)
            waiting = known if known is not None and known.status is CaseStatus.OPEN else None
            draft = self._draft(waiting, fresh, now, wanted.dry_run)
            severity = SEVERITY_OF[wanted.measure]
            if draft.state is None:
                category = HOUSE_RULES[wanted.rule].category
                episode = f"command:{wanted.respondent.id}"
                draft.open(wanted.room, CaseKind.COMMAND, episode, category, wanted.rule, severity, wanted.by)
            draft.command(wanted, severity)
            return draft.changes(wanted.processed)

        return decide

    def _unfit(self, wanted: intents.MeasureCommanded) -> Refusal | None:
        rule = HOUSE_RULES.get(wanted.rule)
        if rule is None:
            return _no_rule(wanted.rule)
        if not _covers(rule, SEVERITY_OF[wanted.measure]):
            return Refusal("too_severe", f"{wanted.rule} does not allow a {wanted.measure}")
        if wanted.measure is Measure.BAN and self.house.profile is not Profile.SOLO:
            return Refusal("second_person", "a ban needs a second person here; mute instead")
        if wanted.measure is Measure.MUTE and (wanted.span is None or wanted.span <= timedelta(0)):
            return Refusal("no_length", "a mute needs a length, like 10m")
        if wanted.measure is Measure.MUTE and wanted.span is not None and wanted.span > LONGEST_MUTE:
            return Refusal("too_long", f"a mute lasts at most {LONGEST_MUTE.days} days")
        if wanted.measure is Measure.DELETE and not wanted.message_ids:
            return Refusal("no_line", "name the line to delete")
        return None

    def lift(self, wanted: intents.LiftCommanded, now: datetime) -> Decide:
        """Lift a respondent's running mutes or bans of this case."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            kind = ActionKind.BAN if wanted.measure is Measure.BAN else ActionKind.MUTE
            running = [] if state is None else [a for a in state.in_force(wanted.sender_id) if a.kind is kind]
            if state is None or not running:
                return Refusal("not_running", f"no {kind} of ours is running")
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.revoke(running, wanted.by, wanted.reason)
            return draft.changes(wanted.processed)

        return decide

    def undo(self, wanted: intents.UndoCommanded, now: datetime) -> Decide:
        """Take back the own fresh measures of a case, with their strikes."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return Refusal("nothing_to_undo", "nothing of yours to undo")
            if state.status is CaseStatus.UNDONE:
                return Refusal("already", f"{state.code} is already undone")
            if state.deciders != (wanted.by.ref,) or not may(Undone, state):
                return Refusal("not_yours", f"{state.code} is not yours alone to undo")
            if now - state.last_at > self.house.undo_window:
                return Refusal("too_late", f"{state.code} is too old to undo; use !unmute or !overturn")
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.revoke(state.in_force(), wanted.by, wanted.reason or "undo")
            draft.add(Undone(at=now, by=wanted.by, reason=wanted.reason))
            draft.clear_strikes(person.id for person in state.respondents)
            return draft.changes(wanted.processed)

        return decide

    def dismiss(self, wanted: intents.DismissCommanded, now: datetime) -> Decide:
        """Close an open case without measures; only a person may, and only with a reason (norm N2.3-1)."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return _unknown()
            if not may(Dismissed, state):
                return Refusal("invalid_transition", f"{state.code} is {state.status}, not open")
            if not wanted.reason.strip():
                return Refusal("no_reason", f"say why: !dismiss {state.code} reason")
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.add(Dismissed(at=now, by=wanted.by, reason=wanted.reason))
            return draft.changes(wanted.processed)

        return decide

    def appeal(self, made: intents.AppealMade, now: datetime) -> Decide:
        """A respondent objects to what the case decided about them."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None or state.respondent(made.sender_id) is None:
                return _unknown()
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
                return _unknown()
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

    def outcome(self, seen: intents.OutcomeSeen, now: datetime) -> Decide:
        """What became of an ordered action. A measure taken back meanwhile stays so, and one refused is not revived."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            action = None if state is None else state.action(seen.action_id)
            if state is None or action is None:
                return _unknown()
            if action.status in (MeasureStatus.REVOKED, MeasureStatus.ENDED, MeasureStatus.REFUSED):
                return Refusal("already", f"{action.id} is {action.status}")
            entry = OutcomeRecorded(at=now, by=BOT, action_id=action.id, status=seen.status, detail=seen.detail)
            return Changes(entries=(entry,))

        return decide

    def end(self, action_id: str, now: datetime, *, lift: bool) -> Decide:
        """A mute reached its end; ``lift`` orders the platform to free the sender, where it does not by itself. One that
        the platform refused never began: only its timer ends."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            action = None if state is None else state.action(action_id)
            if state is None or action is None or action.kind is not ActionKind.MUTE:
                return _unknown()
            if action.status in (MeasureStatus.REVOKED, MeasureStatus.ENDED, MeasureStatus.REFUSED):
                return Changes(entries=(), timers_done=(action_id,))
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.end(action, MeasureEnded(at=now, by=BOT, action_id=action_id), lift=lift)
            return draft.changes()

        return decide

    def freeze(self, evidence: Evidence, now: datetime) -> Decide:
        """Later evidence: what followed."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return _unknown()
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.freeze(evidence)
            return draft.changes()

        return decide

    def _draft(self, state: CaseState | None, fresh: str, now: datetime, dry_run: bool) -> Draft:
        return Draft(self._seals, self.house, state, fresh, now, dry_run)


def _unknown() -> Refusal:
    return Refusal("unknown_case", "no such case")


def _beyond(fact: intents.LinesJudged) -> Refusal | None:
    """What no check may decide: without a published rule, beyond its range or the severity's measures, or a ban."""
    rule = HOUSE_RULES.get(fact.rule)
    if rule is None:
        return _no_rule(fact.rule)
    if Measure.BAN in fact.sentence.measures or not fact.sentence.within(fact.severity):
        return Refusal("too_severe", f"{fact.severity} does not allow {', '.join(sorted(fact.sentence.measures))}")
    if not _covers(rule, fact.severity):
        return Refusal("too_severe", f"{fact.rule} is never {fact.severity}")
    return None


def _no_rule(rule_id: str) -> Refusal:
    return Refusal("unknown_rule", f"there is no rule {rule_id}")


def _covers(rule: Rule, severity: Severity) -> bool:
    return severity.rank <= rule.gravest.rank


def _joinable(state: CaseState | None, move: type[Entry], dry_run: bool) -> CaseState | None:
    """The case, if the move may join it. What is done and what would only have been done are never one case."""
    return state if state is not None and state.dry_run == dry_run and may(move, state) else None


def _is_full(state: CaseState | None, fact: intents.LinesJudged) -> bool:
    """True when the episode goes on in a new case: a person has to be able to read a case, and a raid of thousands
    must not cost more with every account."""
    if state is None:
        return False
    crowded = len(state.respondents) >= RESPONDENTS_A_CASE and state.respondent(fact.respondent.id) is None
    return crowded or state.next_action > ACTIONS_A_CASE


def _report_episode(made: intents.ReportMade) -> str:
    return f"report:{made.respondent.id}" if made.respondent else f"report:web:{made.processed or made.reporter}"
