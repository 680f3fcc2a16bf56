"""Laws of a case, whatever people, checks and the platform do in whatever order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cases import intents
from cases.confirmations import EXPIRES
from cases.history import ActionOrdered, AnyEntry, Changes, Judged, MeasureRevoked, Opened, TimerKind
from cases.house import House
from cases.lifecycle import fold, may
from cases.machines import ACTION, CASE, PROPOSAL, REPORT
from cases.model import (
    ActionKind,
    Actor,
    ActorKind,
    AppealStatus,
    CaseState,
    CaseStatus,
    MeasureStatus,
    OrderedAction,
    Profile,
    Refusal,
    ReportStatus,
    Respondent,
)
from cases.ports import Decide
from cases.registrar import Registrar
from cases.rules import HOUSE_RULES
from cases.sentence import ALLOWED, RESTRICTIVE, Measure, Sentence, Severity, sentence
from tests.cases.matter import NOW, ROOM, commanded, evidence, judged, reported
from tests.cases.seals import SEALS

PEOPLE = tuple(Respondent(name.lower(), name) for name in ("Ann", "Ben", "Cai"))
MAX = Actor(ActorKind.MODERATOR, "max", "Max")
STAFF = (
    Actor(ActorKind.MODERATOR, "mona", "Mona"),
    MAX,
    Actor(ActorKind.OWNER, "own", "Streamer"),
    Actor(ActorKind.MODERATOR, "ann", "Ann"),
)
REPORTERS = ("p-1", "p-2", SEALS.pseudonym(ROOM, MAX.ref))
people = st.sampled_from(PEOPLE)
staff = st.sampled_from(STAFF)
reasons = st.sampled_from(["because", "{name}", "\0", "", " "])
others = st.sets(st.sampled_from([measure for measure in Measure if measure is not Measure.MUTE]))
lengths = st.none() | st.sampled_from([timedelta(seconds=1), timedelta(minutes=5), timedelta(days=400)])
wild = st.tuples(
    st.builds(lambda measures, mute: sentence(*measures, mute=mute), others, lengths),
    st.sampled_from(Severity),
    st.sampled_from([*HOUSE_RULES, "R9", ""]),
)
sound = st.sampled_from(
    [
        (sentence(Measure.HIDE, Measure.REMIND), Severity.MINOR, "R1"),
        (sentence(Measure.HIDE, mute=timedelta(minutes=5)), Severity.MODERATE, "R1"),
        (sentence(Measure.HIDE, Measure.DELETE, mute=timedelta(hours=2)), Severity.MODERATE, "R2"),
        (sentence(Measure.HIDE, Measure.DELETE), Severity.MODERATE, "R1"),
    ]
)
rules = st.sampled_from([*HOUSE_RULES, "R9"])
spans = st.sampled_from([timedelta(minutes=10), timedelta(days=2), None, timedelta(0), timedelta(-1), timedelta.max])
which = st.integers(0, 2)
"""Which case an intent is about: the latest (0), or an earlier one."""


LIVE = ["in-force", "in-force", "unconfirmed", "refused", "unsupported"]
outcomes = st.sampled_from([AppealStatus.UPHELD, AppealStatus.OVERTURNED, AppealStatus.OPEN])


@dataclass
class Held:
    """One case as a log holds it."""

    code: str
    state: CaseState | None = None
    entries: list[AnyEntry] = field(default_factory=list)
    timers: dict[str, datetime] = field(default_factory=dict)
    stated: set[str] = field(default_factory=set)


class TheLifeOfCases(RuleBasedStateMachine):
    """Random intents through the registrar, about any of the cases that came about."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.cases: list[Held] = []
        self.dry_run = False
        self.house = House()

    @initialize(profile=st.sampled_from(Profile), cap=st.sampled_from([timedelta(minutes=30), timedelta(hours=24)]))
    def found(self, profile: Profile, cap: timedelta) -> None:
        self.house = House(profile, cap)

    # -- what may happen --------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 61, 301, 1000, 200 * 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(dry_run=st.sampled_from([False, False, False, True]))
    def the_room_changes_its_mode(self, dry_run: bool) -> None:
        self.dry_run = dry_run

    @rule(who=people, what=sound | sound | sound | wild, quiet=st.booleans(), which=which)
    def the_checks_judge(self, who: Respondent, what: tuple[Sentence, Severity, str], quiet: bool, which: int) -> None:
        decided, severity, rule_id = what
        fact = judged(decided, severity, respondent=who, rule=rule_id, dry_run=self.dry_run, quiet=quiet)
        changes = self.apply(self.registrar.judge(fact, self.now), which)
        if changes is None:
            return
        recorded = {measure for entry in changes.entries if isinstance(entry, Judged) for measure in entry.measures}
        ordered = orders(changes)
        assert recorded | {Measure(action.kind) for action in ordered} <= ALLOWED[severity] - {Measure.BAN}
        assert all(action.until is None or action.until <= self.now + self.house.automatic_cap for action in ordered)

    @rule(who=people | st.none(), reporter=st.sampled_from(REPORTERS), which=which)
    def somebody_reports(self, who: Respondent | None, reporter: str, which: int) -> None:
        made = reported(reporter, respondent=who, dry_run=self.dry_run)
        changes = self.apply(self.registrar.report(made, self.now), which)
        assert changes is None or not orders(changes)

    @rule(
        who=people, by=staff, measure=st.sampled_from(Measure), span=spans, rule_id=rules, reason=reasons, which=which
    )
    def staff_command(
        self,
        who: Respondent,
        by: Actor,
        measure: Measure,
        span: timedelta | None,
        rule_id: str,
        reason: str,
        which: int,
    ) -> None:
        given = {"span": span, "rule": rule_id, "reason": reason}
        wanted = commanded(measure, respondent=who, by=by, dry_run=self.dry_run, **given)
        changes = self.apply(self.registrar.measure(wanted, self.now), which)
        if changes is None:
            return
        meanwhile = {Measure.DELETE, Measure.MUTE} if measure is Measure.BAN else set()
        assert {Measure(action.kind) for action in orders(changes)} <= {measure} | meanwhile
        if measure is Measure.BAN and self.house.profile is not Profile.SOLO:
            assert Measure.BAN not in {Measure(action.kind) for action in orders(changes)}

    @rule(who=people, by=staff, measure=st.sampled_from([Measure.MUTE, Measure.BAN]), which=which)
    def staff_lift(self, who: Respondent, by: Actor, measure: Measure, which: int) -> None:
        self.apply(self.registrar.lift(intents.LiftCommanded(by, measure, who.id, "enough"), self.now), which)

    @rule(by=staff, reason=reasons, which=which)
    def staff_undo(self, by: Actor, reason: str, which: int) -> None:
        before = self.held(which).state
        changes = self.apply(self.registrar.undo(intents.UndoCommanded(by, reason), self.now), which)
        if changes is not None:
            assert before is not None
            assert before.orderers == (by.ref,)

    @rule(by=staff, reason=reasons, which=which)
    def staff_dismiss(self, by: Actor, reason: str, which: int) -> None:
        changes = self.apply(self.registrar.dismiss(intents.DismissCommanded(by, reason), self.now), which)
        assert changes is None or reason.strip()

    @rule(by=staff, look=st.sampled_from(["accept", "ask", "refuse"]), reason=reasons, which=which)
    def staff_triage(self, by: Actor, look: str, reason: str, which: int) -> None:
        wanted: dict[str, Decide] = {
            "accept": self.registrar.accept(intents.ReportAccepted(by, reason=reason), self.now),
            "ask": self.registrar.ask(intents.InfoAsked(by, reason), self.now),
            "refuse": self.registrar.refuse(intents.ReportRefused(by, "repeated", reason), self.now),
        }
        changes = self.apply(wanted[look], which)
        assert changes is None or not orders(changes)
        assert changes is None or look == "accept" or reason.strip()

    @rule(number=st.integers(1, 3), reason=reasons, which=which)
    def a_reporter_supplies(self, number: int, reason: str, which: int) -> None:
        given = intents.InfoSupplied(f"{self.held(which).code}-r{number}", reason)
        self.apply(self.registrar.supply(given, self.now), which)

    @rule(by=staff, severity=st.sampled_from(Severity), rule_id=rules, reason=reasons, which=which)
    def staff_review(self, by: Actor, severity: Severity, rule_id: str, reason: str, which: int) -> None:
        self.apply(self.registrar.look(intents.ContextOpened(by), self.now), which)
        given = intents.ClassGiven(by, "insult", severity, reason, rule_id)
        changes = self.apply(self.registrar.classify(given, self.now), which)
        assert changes is None or not orders(changes)

    @rule(by=staff, agrees=st.booleans(), reason=reasons, which=which)
    def staff_confirm(self, by: Actor, agrees: bool, reason: str, which: int) -> None:
        before = self.held(which).state
        proposal = before.proposal() if before else None
        seconded = self.apply(self.registrar.second(intents.BanSeconded(by, agrees, reason), self.now), which)
        assert seconded is None or (proposal is not None and (not agrees or proposal.by != by.ref))
        self.apply(self.registrar.confirm(intents.MeasuresConfirmed(by), self.now), which)
        self.apply(self.registrar.explain(intents.ReasonsWritten(by, reason), self.now), which)

    @rule(key=st.sampled_from([*EXPIRES]), number=st.integers(1, 4), which=which)
    def a_deadline_passes(self, key: str, number: int, which: int) -> None:
        ref = f"{self.held(which).code}{'!' if key == 'ban_second' else '.'}{number}"
        changes = self.apply(self.registrar.expire(key, ref, self.now), which)
        assert changes is None or {action.kind for action in orders(changes)} <= {ActionKind.UNMUTE, ActionKind.UNBAN}

    @rule(who=people, reason=reasons, which=which)
    def somebody_appeals(self, who: Respondent, reason: str, which: int) -> None:
        changes = self.apply(self.registrar.appeal(intents.AppealMade(who.id, reason, news=reason), self.now), which)
        state = self.held(which).state
        if changes is not None and state is not None and state.appeals:
            assert reason.strip() or state.appeals[-1].status is AppealStatus.NEEDS_INFO

    @rule(by=staff, outcome=outcomes, answer=reasons, somebody_else=st.booleans(), which=which)
    def staff_answer(self, by: Actor, outcome: AppealStatus, answer: str, somebody_else: bool, which: int) -> None:
        held = self.held(which)
        before = held.state
        wanted = intents.AppealAnswered(by, outcome, answer, somebody_else, findings=(answer, answer, answer))
        changes = self.apply(self.registrar.answer(wanted, self.now), which)
        if changes is None or before is None or held.state is None:
            return
        appellant = next(a.respondent for a in before.appeals if a.status.waits)
        reported_it = SEALS.pseudonym(ROOM, by.ref) in {report.reporter for report in before.reports}
        involved = reported_it or by.ref in before.deciders
        assert by.ref != appellant
        assert not involved or (self.house.profile is Profile.SOLO and not somebody_else)
        assert {action.respondent for action in orders(changes)} <= {appellant}
        assert not (outcome is AppealStatus.OVERTURNED and held.state.in_force(appellant))

    @rule(number=st.integers(0, 4), status=st.sampled_from(LIVE), which=which)
    def the_platform_answers(self, number: int, status: str, which: int) -> None:
        action_id = f"{self.held(which).code}.{number}"
        seen = intents.OutcomeSeen(action_id, MeasureStatus(status), "so it went")
        self.apply(self.registrar.outcome(seen, self.now), which)

    @rule(number=st.integers(0, 4), lift=st.booleans(), which=which)
    def a_timer_fires(self, number: int, lift: bool, which: int) -> None:
        self.apply(self.registrar.end(f"{self.held(which).code}.{number}", self.now, lift=lift), which)

    @rule(which=which)
    def more_is_seen(self, which: int) -> None:
        self.apply(self.registrar.freeze(evidence("later"), self.now), which)

    # -- how it is applied ------------------------------------------------------------------------------------------

    @property
    def registrar(self) -> Registrar:
        return Registrar(SEALS, self.house)

    def held(self, which: int) -> Held:
        """The case meant, or nothing yet."""
        return self.cases[-1 - which % len(self.cases)] if self.cases else Held("none")

    def apply(self, decide: Decide, which: int) -> Changes | None:
        """Changes are folded as a case log does; a refusal changes nothing."""
        held, fresh = self.held(which), f"N{len(self.cases)}"
        answer = decide(held.state, fresh)
        assert decide(held.state, fresh) == answer
        if isinstance(answer, Refusal):
            assert answer.reason
            assert answer.detail
            return None
        if answer.entries and isinstance(answer.entries[0], Opened):
            held = Held(fresh)
            self.cases.append(held)
        held.state = fold(held.state, answer.entries)
        held.entries += answer.entries
        self.follow(held, answer)
        return answer if answer.refused is None else None

    def follow(self, held: Held, changes: Changes) -> None:
        """The laws of one step."""
        ordered = orders(changes)
        self.statements_cover(held, changes, ordered)
        self.timers_pair(held, changes, ordered)
        self.revoked_are_lifted(changes, ordered)
        if held.state is not None and held.state.dry_run:
            assert (ordered, changes.statements, changes.strikes, changes.notices, changes.timers) == (
                [],
                (),
                (),
                (),
                (),
            )

    def statements_cover(self, held: Held, changes: Changes, ordered: list[OrderedAction]) -> None:
        """Every restrictive action is covered by exactly one statement, and no statement is without one."""
        restricting = [action for action in ordered if action.kind.value in RESTRICTIVE]
        about = [statement.respondent for statement in changes.statements]
        assert len(about) == len(set(about))
        assert set(about) <= {action.respondent for action in restricting}
        for statement in changes.statements:
            own = [action for action in restricting if action.respondent == statement.respondent]
            assert statement.id == own[0].id
            assert set(statement.measures) == {Measure(action.kind) for action in own}
            assert statement.until == next((action.until for action in own if action.until), None)
            assert statement.appeal_until >= self.now + timedelta(days=180)
        held.stated |= set(about)
        for action in restricting:
            assert action.respondent in held.stated
            assert action.kind is ActionKind.DELETE or action.respondent in about

    def timers_pair(self, held: Held, changes: Changes, ordered: list[OrderedAction]) -> None:
        """A mute has one timer, due at its end; nothing else has."""
        mutes = {action.id: action.until for action in ordered if action.kind is ActionKind.MUTE}
        ends = [timer for timer in changes.timers if timer.kind == TimerKind.MUTE_END]
        assert {timer.ref: timer.due_at for timer in ends} == mutes
        assert all(until is not None and until > self.now for until in mutes.values())
        held.timers |= {timer.ref: timer.due_at for timer in ends}
        for ref in changes.timers_done:
            held.timers.pop(ref, None)

    def revoked_are_lifted(self, changes: Changes, ordered: list[OrderedAction]) -> None:
        """What is taken back is taken back on the platform by an action that names it."""
        revoked = {entry.action_id for entry in changes.entries if isinstance(entry, MeasureRevoked)}
        assert revoked <= {action.undoes for action in ordered}
        assert revoked <= set(changes.timers_done)

    # -- what always holds ------------------------------------------------------------------------------------------

    def states(self) -> Iterator[CaseState]:
        return (held.state for held in self.cases if held.state is not None)

    @invariant()
    def state_is_the_fold_of_the_history(self) -> None:
        for held in self.cases:
            assert fold(None, held.entries) == held.state

    @invariant()
    def nobody_is_muted_twice_at_a_time(self) -> None:
        for state in self.states():
            running = [a.respondent for a in state.in_force() if a.until is None or a.until > self.now]
            assert len(running) == len(set(running))

    @invariant()
    def every_running_mute_has_its_timer(self) -> None:
        for held in self.cases:
            for action in held.state.in_force() if held.state else ():
                assert action.kind is not ActionKind.MUTE or held.timers[action.id] == action.until

    @invariant()
    def everything_stands_where_its_table_says(self) -> None:
        for state in self.states():
            assert state.status in CASE.states
            assert all(report.status in REPORT.states for report in state.reports)
            assert all(action.status in ACTION.states for action in state.actions)
            assert all(proposal.status in PROPOSAL.states for proposal in state.proposals)

    @invariant()
    def a_decision_leaves_no_report_unanswered(self) -> None:
        for state in self.states():
            if not state.status.waits and state.status is not CaseStatus.APPEALED:
                open_ones = {ReportStatus.RECEIVED, ReportStatus.NEEDS_INFO, ReportStatus.ACCEPTED}
                assert not open_ones & {report.status for report in state.reports}

    @invariant()
    def actions_are_numbered_without_gaps(self) -> None:
        for state in self.states():
            assert [a.id for a in state.actions] == [f"{state.code}.{n + 1}" for n in range(len(state.actions))]
            assert state.next_action == len(state.actions) + 1

    @invariant()
    def a_closed_case_holds_nobody(self) -> None:
        for state in self.states():
            if not may(Judged, state):
                assert state.in_force() == ()

    @invariant()
    def an_appealed_case_has_an_open_appeal(self) -> None:
        for state in self.states():
            waiting = any(appeal.status.waits for appeal in state.appeals)
            assert waiting == (state.status is CaseStatus.APPEALED)

    def teardown(self) -> None:
        """Stored and read again, a history gives the same state."""
        for held in self.cases:
            stored = msgspec.json.encode(held.entries)
            assert fold(None, msgspec.json.decode(stored, type=list[AnyEntry])) == held.state


def orders(changes: Changes) -> list[OrderedAction]:
    """The actions these changes order."""
    return [entry.action for entry in changes.entries if isinstance(entry, ActionOrdered)]


TestTheLifeOfCases = TheLifeOfCases.TestCase
TestTheLifeOfCases.settings = settings(stateful_step_count=60, max_examples=max(200, settings().max_examples))
