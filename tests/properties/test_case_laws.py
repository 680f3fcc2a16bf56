"""Laws of a case, whatever people, checks and the platform do in whatever order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cases import intents
from cases.history import ActionOrdered, AnyEntry, Changes, Judged, MeasureRevoked, Opened, TimerKind
from cases.house import House
from cases.lifecycle import fold, may
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
    Respondent,
)
from cases.ports import Decide
from cases.registrar import Registrar
from cases.rules import HOUSE_RULES
from cases.sentence import ALLOWED, RESTRICTIVE, Measure, Severity, sentence
from tests.cases.matter import NOW, commanded, evidence, judged, reported
from tests.cases.seals import SEALS

CODE = "A7K2"
PEOPLE = tuple(Respondent(name.lower(), name) for name in ("Ann", "Ben", "Cai"))
STAFF = (
    Actor(ActorKind.MODERATOR, "mona", "Mona"),
    Actor(ActorKind.MODERATOR, "max", "Max"),
    Actor(ActorKind.OWNER, "own", "Streamer"),
    Actor(ActorKind.MODERATOR, "ann", "Ann"),
)
people = st.sampled_from(PEOPLE)
staff = st.sampled_from(STAFF)
reasons = st.sampled_from(["", " ", "because", "\0", "{name}"])
others = st.sets(st.sampled_from([measure for measure in Measure if measure is not Measure.MUTE]))
lengths = st.none() | st.sampled_from([timedelta(seconds=1), timedelta(minutes=5), timedelta(days=400)])
sentences = st.builds(lambda measures, mute: sentence(*measures, mute=mute), others, lengths)
rules = st.sampled_from([*HOUSE_RULES, "R9", ""])
spans = st.sampled_from([None, timedelta(0), timedelta(seconds=-1), timedelta(minutes=10), timedelta.max])


class TheLifeOfACase(RuleBasedStateMachine):
    """Random intents through the registrar. Where a new case would begin, the old one is forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state: CaseState | None = None
        self.entries: list[AnyEntry] = []
        self.timers: dict[str, datetime] = {}
        self.stated: dict[str, int] = {}
        self.house = House()

    @initialize(profile=st.sampled_from(Profile), cap=st.sampled_from([timedelta(minutes=30), timedelta(hours=24)]))
    def found(self, profile: Profile, cap: timedelta) -> None:
        self.house = House(profile, cap)

    # -- what may happen --------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 61, 301, 1000, 200 * 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(
        who=people,
        what=sentences,
        severity=st.sampled_from(Severity),
        rule_id=rules,
        dry=st.booleans(),
        q=st.booleans(),
    )
    def the_checks_judge(
        self, who: Respondent, what: Any, severity: Severity, rule_id: str, dry: bool, q: bool
    ) -> None:
        fact = judged(what, severity, respondent=who, rule=rule_id, dry_run=dry, quiet=q, deletable=("m1", "m2"))
        changes = self.apply(self.registrar.judge(fact, self.now))
        if changes is not None:
            assert {measure for entry in self.of(changes, Judged) for measure in entry.measures} <= ALLOWED[severity]
            assert {Measure(action.kind) for action in orders(changes)} <= ALLOWED[severity] - {Measure.BAN}
            assert all(
                action.until is None or action.until <= self.now + self.house.automatic_cap
                for action in orders(changes)
            )

    @rule(
        who=people | st.none(),
        reporter=st.sampled_from(["p-1", "p-2", SEALS.pseudonym(judged().room, "max")]),
        dry=st.booleans(),
    )
    def somebody_reports(self, who: Respondent | None, reporter: str, dry: bool) -> None:
        changes = self.apply(self.registrar.report(reported(reporter, respondent=who, dry_run=dry), self.now))
        assert changes is None or not orders(changes)

    @rule(
        who=people,
        by=staff,
        measure=st.sampled_from(Measure),
        span=spans,
        rule_id=rules,
        reason=reasons,
        dry=st.booleans(),
    )
    def staff_command(
        self, who: Respondent, by: Actor, measure: Measure, span: timedelta | None, rule_id: str, reason: str, dry: bool
    ) -> None:
        wanted = commanded(measure, respondent=who, by=by, span=span, rule=rule_id, reason=reason, dry_run=dry)
        changes = self.apply(self.registrar.measure(wanted, self.now))
        assert changes is None or {Measure(action.kind) for action in orders(changes)} <= {measure}

    @rule(who=people, by=staff, measure=st.sampled_from([Measure.MUTE, Measure.BAN]), reason=reasons)
    def staff_lift(self, who: Respondent, by: Actor, measure: Measure, reason: str) -> None:
        self.apply(self.registrar.lift(intents.LiftCommanded(by, measure, who.id, reason), self.now))

    @rule(by=staff, reason=reasons)
    def staff_undo(self, by: Actor, reason: str) -> None:
        before = self.state
        changes = self.apply(self.registrar.undo(intents.UndoCommanded(by, reason), self.now))
        if changes is not None:
            assert before is not None
            assert before.deciders == (by.ref,)

    @rule(by=staff, reason=reasons)
    def staff_dismiss(self, by: Actor, reason: str) -> None:
        self.apply(self.registrar.dismiss(intents.DismissCommanded(by, reason), self.now))

    @rule(who=people, reason=reasons)
    def somebody_appeals(self, who: Respondent, reason: str) -> None:
        self.apply(self.registrar.appeal(intents.AppealMade(who.id, reason), self.now))

    @rule(by=staff, outcome=st.sampled_from(AppealStatus), answer=reasons, somebody_else=st.booleans())
    def staff_answer(self, by: Actor, outcome: AppealStatus, answer: str, somebody_else: bool) -> None:
        before = self.state
        wanted = intents.AppealAnswered(by, outcome, answer, somebody_else)
        changes = self.apply(self.registrar.answer(wanted, self.now))
        if changes is not None and before is not None and self.state is not None:
            appellant = next(a.respondent for a in before.appeals if a.status is AppealStatus.OPEN)
            assert by.ref != appellant
            assert by.ref not in before.deciders or (self.house.profile is Profile.SOLO and not somebody_else)
            assert {action.respondent for action in orders(changes)} <= {appellant}
            assert not (outcome is AppealStatus.OVERTURNED and self.state.in_force(appellant))

    @rule(number=st.integers(0, 12), status=st.sampled_from(["in-force", "unconfirmed", "refused", "unsupported"]))
    def the_platform_answers(self, number: int, status: str) -> None:
        seen = intents.OutcomeSeen(f"{CODE}.{number}", MeasureStatus(status), "so it went")
        self.apply(self.registrar.outcome(seen, self.now))

    @rule(number=st.integers(0, 12), lift=st.booleans())
    def a_timer_fires(self, number: int, lift: bool) -> None:
        self.apply(self.registrar.end(f"{CODE}.{number}", self.now, lift=lift))

    @rule()
    def more_is_seen(self) -> None:
        self.apply(self.registrar.freeze(evidence("later"), self.now))

    # -- how it is applied ------------------------------------------------------------------------------------------

    @property
    def registrar(self) -> Registrar:
        return Registrar(SEALS, self.house)

    def of(self, changes: Changes, kind: type[Judged]) -> list[Judged]:
        return [entry for entry in changes.entries if isinstance(entry, kind)]

    def apply(self, decide: Decide) -> Changes | None:
        """Changes are folded as a case log does; a refusal changes nothing."""
        answer = decide(self.state, CODE)
        assert decide(self.state, CODE) == answer
        if isinstance(answer, Refusal):
            assert answer.reason
            assert answer.detail
            return None
        if answer.entries and isinstance(answer.entries[0], Opened):
            self.state, self.entries, self.timers, self.stated = None, [], {}, {}
        before = self.state
        self.state = fold(self.state, answer.entries)
        self.entries += answer.entries
        self.follow(before, answer)
        return answer

    def follow(self, before: CaseState | None, changes: Changes) -> None:
        """The laws of one step."""
        assert self.state is not None
        assert changes.code in (CODE, "")
        ordered = orders(changes)
        self.statements_cover(changes, ordered)
        self.timers_pair(changes, ordered)
        self.revoked_are_lifted(changes, ordered)
        if self.state.dry_run:
            done = (changes.statements, changes.strikes, changes.strikes_cleared, changes.timers)
            assert not ordered
            assert not any(done[:2])
            assert not changes.timers

    def statements_cover(self, changes: Changes, ordered: list[OrderedAction]) -> None:
        """Every restrictive action is covered by exactly one statement, and no statement is without one."""
        restricting = [action for action in ordered if Measure.__members__.get(action.kind.name) in RESTRICTIVE]
        about = [statement.respondent for statement in changes.statements]
        assert len(about) == len(set(about))
        assert set(about) <= {action.respondent for action in restricting}
        for statement in changes.statements:
            own = [action for action in restricting if action.respondent == statement.respondent]
            assert statement.id == own[0].id
            assert set(statement.measures) == {Measure(action.kind) for action in own}
            assert statement.until == next((action.until for action in own if action.until), None)
            assert statement.appeal_until >= self.now + timedelta(days=180)
            self.stated[statement.respondent] = self.stated.get(statement.respondent, 0) + 1
        for action in restricting:
            assert self.stated.get(action.respondent, 0) >= 1
            assert action.kind is ActionKind.DELETE or action.respondent in about

    def timers_pair(self, changes: Changes, ordered: list[OrderedAction]) -> None:
        """A mute has one timer, due at its end; nothing else has; a mute that stopped running needs none any more."""
        mutes = {action.id: action.until for action in ordered if action.kind is ActionKind.MUTE}
        assert {timer.ref: timer.due_at for timer in changes.timers} == mutes
        assert all(timer.kind == TimerKind.MUTE_END for timer in changes.timers)
        assert all(until is not None and until > self.now for until in mutes.values())
        self.timers |= {timer.ref: timer.due_at for timer in changes.timers}
        for ref in changes.timers_done:
            self.timers.pop(ref, None)

    def revoked_are_lifted(self, changes: Changes, ordered: list[OrderedAction]) -> None:
        revoked = {entry.action_id for entry in changes.entries if isinstance(entry, MeasureRevoked)}
        lifted = {action.undoes for action in ordered if action.undoes is not None}
        assert revoked <= lifted
        assert revoked <= set(changes.timers_done)

    # -- what always holds ------------------------------------------------------------------------------------------

    @invariant()
    def state_is_the_fold_of_the_history(self) -> None:
        if self.state is not None:
            assert fold(None, self.entries) == self.state
            decoded = msgspec.json.decode(msgspec.json.encode(self.entries), type=list[AnyEntry])
            assert fold(None, decoded) == self.state

    @invariant()
    def nobody_is_muted_twice_at_a_time(self) -> None:
        for person in PEOPLE if self.state else ():
            assert self.state is not None
            running = [a for a in self.state.in_force(person.id) if a.until is None or a.until > self.now]
            assert len(running) <= 1

    @invariant()
    def every_running_mute_has_its_timer(self) -> None:
        for action in self.state.in_force() if self.state else ():
            if action.kind is ActionKind.MUTE:
                assert self.timers[action.id] == action.until

    @invariant()
    def actions_are_numbered_without_gaps(self) -> None:
        if self.state is not None:
            assert [a.id for a in self.state.actions] == [f"{CODE}.{n + 1}" for n in range(len(self.state.actions))]
            assert self.state.next_action == len(self.state.actions) + 1

    @invariant()
    def a_closed_case_holds_nobody(self) -> None:
        if self.state is not None and self.state.status in (
            CaseStatus.OVERTURNED,
            CaseStatus.UNDONE,
            CaseStatus.DISMISSED,
        ):
            assert self.state.in_force() == ()
            assert not may(Judged, self.state)

    @invariant()
    def an_appealed_case_has_an_open_appeal(self) -> None:
        if self.state is not None:
            open_ = any(appeal.status is AppealStatus.OPEN for appeal in self.state.appeals)
            assert open_ == (self.state.status is CaseStatus.APPEALED)


def orders(changes: Changes) -> list[OrderedAction]:
    return [entry.action for entry in changes.entries if isinstance(entry, ActionOrdered)]


TestTheLifeOfACase = TheLifeOfACase.TestCase
TestTheLifeOfACase.settings = settings(
    max_examples=max(60, settings.default.max_examples if settings.default else 60),
    stateful_step_count=40,
    deadline=None,
)
