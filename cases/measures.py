"""The registrar's part for measures: the checks' and the moderators', taken back, ended, and how they went."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases import intents
from cases.clerk import Clerk, closed, joinable, unknown
from cases.evidence import written_at
from cases.history import Changes, Judged, MeasureEnded, OutcomeRecorded, Undone
from cases.machine import BEGINNING
from cases.machines import ACTION, CASE, OUTCOMES
from cases.model import (
    BOT,
    ActionKind,
    ActorKind,
    CaseKind,
    CaseState,
    CaseStatus,
    Evidence,
    Ground,
    OrderedAction,
    Profile,
    Refusal,
    ReportStatus,
)
from cases.ports import Decide
from cases.rulebook import Version
from cases.rules import Rule
from cases.sentence import ALLOWED, Measure, Severity
from cases.votes import binds

RESPONDENTS_A_CASE = 200
ACTIONS_A_CASE = 1_000
"""A wave of more accounts, or an episode of more actions, goes on in a further case of the same episode."""
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


class Measures(Clerk):
    """Measures and what becomes of them."""

    def judge(self, fact: intents.LinesJudged, now: datetime) -> Decide:
        """Automatic measures about one respondent's lines; joins the episode's case or opens one."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            known = joinable(state, Judged, fact.dry_run)
            version = self._version(known, now)
            if (refusal := _beyond(fact, version)) is not None:
                return refusal
            draft = self._draft(None if _is_full(known, fact) else known, fresh, now, fact.dry_run)
            if draft.state is None:
                kind, number = CaseKind.AUTOMATIC, self.house.rulebook.at(now).number
                draft.open(fact.room, kind, fact.episode, fact.category, fact.rule, fact.severity, version=number)
            draft.judge_automatically(fact)
            return draft.changes()

        return decide

    def measure(self, wanted: intents.MeasureCommanded, now: datetime) -> Decide:
        """A moderator's measure decides the open report on this respondent, or opens a case of its own."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            known = joinable(state, Judged, wanted.dry_run)
            waiting = known if known is not None and known.status.waits else None
            version = self._version(waiting, written_at(wanted.evidence, now))
            rule = version.rules.get(wanted.rule)
            if rule is None:
                return _no_rule(wanted.rule)
            if (refusal := _unfit(wanted, rule)) is not None:
                return refusal
            severity = _severity(waiting, wanted)
            refusal = _exceeds(severity, wanted, rule) or self._barred(waiting, wanted, severity)
            if refusal is not None:
                return refusal
            draft = self._draft(waiting, fresh, now, wanted.dry_run)
            if draft.state is not None:
                draft.take_up(wanted.by, wanted.reason)
            else:
                kind, episode = CaseKind.COMMAND, f"command:{wanted.respondent.id}"
                given = (wanted.room, kind, episode, rule.category, rule.id, severity, wanted.by)
                draft.open(*given, version=version.number)
            draft.command(wanted, severity)
            return draft.changes(wanted.processed)

        return self._staffed(wanted.by, "measure", now, decide, wanted.room)

    def _barred(self, state: CaseState | None, wanted: intents.MeasureCommanded, severity: Severity) -> Refusal | None:
        """What the case itself stands against: its table, a panel, a gap in the context, a refusal of one's own."""
        if state is None:
            kind = wanted.by.kind
            return CASE.refusal(BEGINNING, "begin", kind) if kind is not ActorKind.BOT else _not_the_bot()
        refusal = closed(state, "measure", wanted.by) or binds(state, severity, wanted.measure)
        if refusal is not None or self.house.profile is Profile.SOLO:
            return refusal
        if any(
            report.status is ReportStatus.RECEIVED and wanted.by.ref in report.refused_by for report in state.reports
        ):
            return Refusal("involved", f"{state.code}: somebody else than who refused the report decides")
        if severity is Severity.SEVERE and wanted.measure is not Measure.BAN and _alone_with_a_gap(state, wanted):
            return Refusal("context_missing", f"{state.code}: {state.gap}: severe needs a second person who agrees")
        return None

    def lift(self, wanted: intents.LiftCommanded, now: datetime) -> Decide:
        """Lift a respondent's running mutes or bans of this case."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is not None and (refusal := closed(state, "lift", wanted.by)) is not None:
                return refusal
            kind = ActionKind.BAN if wanted.measure is Measure.BAN else ActionKind.MUTE
            running = [] if state is None else [a for a in state.in_force(wanted.sender_id) if a.kind is kind]
            if state is None or not running:
                return Refusal("not_running", f"no {kind} of ours is running")
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.revoke(running, wanted.by, wanted.reason)
            return draft.changes(wanted.processed)

        return self._staffed(wanted.by, "lift", now, decide)

    def undo(self, wanted: intents.UndoCommanded, now: datetime) -> Decide:
        """Take back the own fresh measures of a case, with their strikes."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return Refusal("nothing_to_undo", "nothing of yours to undo")
            if state.status is CaseStatus.UNDONE:
                return Refusal("already", f"{state.code} is already undone")
            if not self._ordered_alone(state, wanted.by.ref) or closed(state, "undo", wanted.by) is not None:
                return Refusal("not_yours", f"{state.code} is not yours alone to undo")
            if now - state.last_at > self.house.undo_window:
                return Refusal("too_late", f"{state.code} is too old to undo; use !unmute or !overturn")
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.revoke(state.in_force(), wanted.by, wanted.reason or "undo")
            draft.add(Undone(at=now, by=wanted.by, reason=wanted.reason))
            draft.clear_strikes(person.id for person in state.respondents)
            return draft.changes(wanted.processed)

        return self._staffed(wanted.by, "undo", now, decide)

    def _ordered_alone(self, state: CaseState, ref: str) -> bool:
        """True when everything here was ordered by this person, from whichever account."""
        book = self.house.staff
        return bool(state.orderers) and all(book.same(ref, other, state.room) for other in state.orderers)

    def outcome(self, seen: intents.OutcomeSeen, now: datetime) -> Decide:
        """What became of an ordered action. A measure taken back meanwhile stays so, and one refused is not revived."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            action = None if state is None else state.action(seen.action_id)
            if state is None or action is None:
                return unknown()
            if not _open_to(action, OUTCOMES.get(seen.status, "")):
                return Refusal("already", f"{action.id} is {action.status}")
            entry = OutcomeRecorded(at=now, by=BOT, action_id=action.id, status=seen.status, detail=seen.detail)
            met, dropped = _steps_taken(action, OUTCOMES[seen.status])
            return Changes(entries=(entry,), deadlines_met=met, deadlines_dropped=dropped)

        return decide

    def end(self, action_id: str, now: datetime, *, lift: bool) -> Decide:
        """A mute reached its end; ``lift`` orders the platform to free the sender, where it does not by itself. One that
        the platform refused never began: only its timer ends."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            action = None if state is None else state.action(action_id)
            if state is None or action is None or action.kind is not ActionKind.MUTE:
                return unknown()
            if not _open_to(action, "end"):
                return Changes(entries=(), timers_done=(action_id,))
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.end(action, MeasureEnded(at=now, by=BOT, action_id=action_id), lift=lift)
            return draft.changes()

        return decide

    def freeze(self, evidence: Evidence, now: datetime) -> Decide:
        """Later evidence: what followed."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.freeze(evidence)
            return draft.changes()

        return decide


_Deadlines = tuple[tuple[str, str], ...]


def _steps_taken(action: OrderedAction, move: str) -> tuple[_Deadlines, _Deadlines]:
    """The deadlines that an answer of the platform meets, and those it ends. A lift has to be seen; an order is carried out
    as far as the platform lets, and what it refuses can never be."""
    if action.undoes is not None:
        return ((("revoke", action.id),) if move == "take-hold" else ()), ()
    apply = (("apply", action.id),)
    if move == "fail":
        return (), apply
    return (apply if move in ("take-hold", "take-hold-in-part", "doubt", "leave-to-hand") else ()), ()


def _open_to(action: OrderedAction, move: str) -> bool:
    known = ACTION.move(move)
    return known is not None and action.status in known.steps


def _unfit(wanted: intents.MeasureCommanded, rule: Rule) -> Refusal | None:
    if not _covers(rule, SEVERITY_OF[wanted.measure]):
        return Refusal("too_severe", f"{wanted.rule} does not allow a {wanted.measure}")
    if wanted.ground is Ground.ILLEGAL and not wanted.provision.strip():
        return Refusal("no_provision", "cite the provision of law that is broken")
    if wanted.measure is Measure.MUTE and (wanted.span is None or wanted.span <= timedelta(0)):
        return Refusal("no_length", "a mute needs a length, like 10m")
    if wanted.measure is Measure.MUTE and wanted.span is not None and wanted.span > LONGEST_MUTE:
        return Refusal("too_long", f"a mute lasts at most {LONGEST_MUTE.days} days")
    if wanted.measure is Measure.DELETE and not wanted.message_ids:
        return Refusal("no_line", "name the line to delete")
    return None


def _beyond(fact: intents.LinesJudged, version: Version) -> Refusal | None:
    """What no check may decide: without a published rule, beyond its range or the severity's measures, or a ban."""
    rule = version.rules.get(fact.rule)
    if rule is None:
        return _no_rule(fact.rule)
    if Measure.BAN in fact.sentence.measures or not fact.sentence.within(fact.severity):
        return Refusal("too_severe", f"{fact.severity} does not allow {', '.join(sorted(fact.sentence.measures))}")
    if not _covers(rule, fact.severity):
        return Refusal("too_severe", f"{fact.rule} is never {fact.severity}")
    return None


def _no_rule(rule_id: str) -> Refusal:
    return Refusal("unknown_rule", f"there is no rule {rule_id}")


def _severity(state: CaseState | None, wanted: intents.MeasureCommanded) -> Severity:
    """How grave a command says it is: as it says, as a person marked the case before, else as its measure asserts."""
    if wanted.severity is not None:
        return wanted.severity
    mark = None if state is None else state.mark
    given = mark is not None and not mark.provisional and not mark.final
    return mark.severity if mark is not None and given else SEVERITY_OF[wanted.measure]


def _exceeds(severity: Severity, wanted: intents.MeasureCommanded, rule: Rule) -> Refusal | None:
    if not _covers(rule, severity):
        return Refusal("too_severe", f"{wanted.rule} is never {severity}")
    if wanted.measure not in ALLOWED[severity]:
        return Refusal("too_severe", f"{severity} does not allow a {wanted.measure}: give it another class first")
    return None


def _alone_with_a_gap(state: CaseState, wanted: intents.MeasureCommanded) -> bool:
    """True when something of the context is missing and nobody else found the matter severe (norm N2.3-2)."""
    agreed = state.mark is not None and state.mark.severity is Severity.SEVERE and state.mark.by.ref != wanted.by.ref
    return bool(state.gap) and not agreed


def _not_the_bot() -> Refusal:
    return Refusal("not_allowed", "the program judges by its checks, it gives no commands")


def _covers(rule: Rule, severity: Severity) -> bool:
    return severity.rank <= rule.gravest.rank


def _is_full(state: CaseState | None, fact: intents.LinesJudged) -> bool:
    """True when the episode goes on in a new case: a person has to be able to read a case, and a raid of thousands
    must not cost more with every account."""
    if state is None:
        return False
    crowded = len(state.respondents) >= RESPONDENTS_A_CASE and state.respondent(fact.respondent.id) is None
    return crowded or state.next_action > ACTIONS_A_CASE
