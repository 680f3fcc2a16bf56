"""The only writer of cases: what each intent writes, and why it may be refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import intents
from cases.history import (
    AppealDecided,
    Appealed,
    Dismissed,
    EvidenceFrozen,
    Judged,
    MeasureEnded,
    MeasureRevoked,
    Opened,
    OutcomeRecorded,
    ReportTaken,
    RespondentInformed,
    TimerKind,
    Triaged,
    Undone,
)
from cases.house import House
from cases.model import (
    ActionKind,
    Actor,
    ActorKind,
    AppealStatus,
    CaseKind,
    CaseStatus,
    MeasureStatus,
    Profile,
    Refusal,
)
from cases.registrar import EPISODE_GAP, LONGEST_MUTE, SEVERITY_OF, Registrar
from cases.rules import HOUSE_RULES
from cases.sentence import ALLOWED, Measure, Severity, sentence
from cases.staff import Member, StaffBook
from tests.cases.matter import (
    ANN,
    BEN,
    FULL,
    HIDE,
    MAX,
    MINUTE,
    MONA,
    MUTE,
    NOW,
    OWNER,
    ROOM,
    Matter,
    answered,
    commanded,
    judged,
    kinds,
    orders,
    public,
    reported,
)
from tests.cases.seals import SEALS

DELETE, MUTED, BAN = ActionKind.DELETE, ActionKind.MUTE, ActionKind.BAN
SECOND = timedelta(seconds=1)


@pytest.fixture
def matter() -> Matter:
    """Profile solo, nothing happened yet."""
    return Matter()


def undo(by: Actor = MONA, reason: str = "", processed: str | None = None) -> intents.UndoCommanded:
    return intents.UndoCommanded(by, reason, processed)


def lift(measure: Measure = Measure.MUTE, sender_id: str = "ann") -> intents.LiftCommanded:
    return intents.LiftCommanded(MAX, measure, sender_id, "enough", "lift-1")


class TestTheChecksJudge:
    @pytest.mark.norm("N3.2-1b", "behaviour")
    @pytest.mark.norm("N2.2-3a", "behaviour")
    def test_everything_is_written_at_once(self, matter: Matter) -> None:
        changes = matter.judge(FULL)
        assert [type(entry) for entry in changes.entries][:3] == [Opened, Judged, EvidenceFrozen]
        assert kinds(changes) == [DELETE, MUTED]
        assert [action.id for action in orders(changes)] == ["A7K2.1", "A7K2.2"]
        (statement,) = changes.statements
        assert (statement.id, statement.respondent, statement.rule) == ("A7K2.1", "ann", "R1")
        assert statement.measures == (Measure.DELETE, Measure.MUTE)
        assert statement.facts == ("4 copies in 30 s, the limit is 3",)
        assert statement.automatic
        assert statement.until == NOW + 5 * MINUTE
        assert statement.appeal_until == NOW + timedelta(days=180)
        assert statement.token == SEALS.token("statement", "A7K2.1")
        (timer,) = changes.timers
        assert (timer.kind, timer.ref, timer.due_at) == (TimerKind.MUTE_END, "A7K2.2", NOW + 5 * MINUTE)
        assert [(strike.sender_id, strike.at) for strike in changes.strikes] == [("ann", NOW)]
        assert public(changes) == ["@Ann muted 5m: no flooding. !why A7K2"]
        assert changes.code == "A7K2"

    def test_the_case_says_what_it_is(self, matter: Matter) -> None:
        matter.judge(FULL)
        case = matter.case
        assert (case.kind, case.status, case.episode) == (CaseKind.AUTOMATIC, CaseStatus.DECIDED, "flood:ann")
        assert (case.severity, case.category, case.rule) == (Severity.MODERATE, "flooding", "R1")
        assert case.automatic
        assert case.respondents == (ANN,)
        assert case.deciders == ()

    @pytest.mark.norm("N3.1-2a", "behaviour")
    def test_a_minor_one_hides_and_reminds_without_strike_or_statement(self, matter: Matter) -> None:
        changes = matter.judge(sentence(Measure.HIDE, Measure.REMIND), Severity.MINOR)
        assert orders(changes) == []
        assert (changes.statements, changes.strikes, changes.timers) == ((), (), ())
        assert public(changes) == ["@Ann slow down please (no flooding); !why A7K2"]

    def test_hiding_on_says_nothing_more(self, matter: Matter) -> None:
        assert matter.judge(HIDE, Severity.MINOR).notices == ()

    def test_a_wave_gets_no_stage(self, matter: Matter) -> None:
        assert public(matter.judge(FULL, quiet=True)) == []
        assert len(matter.statements()) == 1

    def test_an_episode_is_one_case(self, matter: Matter) -> None:
        matter.judge(HIDE, Severity.MINOR)
        matter.wait(3 * SECOND)
        changes = matter.judge(MUTE)
        assert not any(isinstance(entry, Opened) for entry in changes.entries)
        assert (matter.case.severity, matter.case.lines) == (Severity.MODERATE, 2)
        assert matter.case.last_at == NOW + 3 * SECOND

    def test_who_is_muted_is_not_muted_again(self, matter: Matter) -> None:
        matter.judge(MUTE)
        matter.wait(MINUTE)
        changes = matter.judge(FULL)
        assert kinds(changes) == [DELETE]
        assert (changes.timers, changes.strikes) == ((), ())

    @pytest.mark.norm("N3.2-1b", "behaviour")
    def test_later_deletions_stand_in_the_first_statement(self, matter: Matter) -> None:
        matter.judge(FULL)
        assert matter.judge(sentence(Measure.DELETE), deletable=("m2",)).statements == ()
        assert (
            matter.judge(sentence(Measure.DELETE), respondent=BEN, deletable=("m3",)).statements[0].respondent == "ben"
        )

    def test_a_mute_that_ended_makes_room_for_the_next(self, matter: Matter) -> None:
        """Even when the timer was not looked at yet."""
        matter.judge(MUTE)
        matter.wait(5 * MINUTE)
        changes = matter.judge(sentence(Measure.HIDE, mute=30 * MINUTE))
        assert kinds(changes) == [MUTED]
        assert len(changes.statements) == 1

    def test_each_respondent_of_a_wave_has_an_own_statement(self, matter: Matter) -> None:
        matter.judge(FULL, episode="wave:c1", rule="R2")
        matter.judge(FULL, episode="wave:c1", rule="R2", respondent=BEN)
        assert [statement.respondent for statement in matter.statements()] == ["ann", "ben"]
        assert matter.case.respondents == (ANN, BEN)
        assert len({statement.token for statement in matter.statements()}) == 2

    @pytest.mark.norm("N1.3-2", "behaviour")
    def test_an_automatic_mute_is_capped(self) -> None:
        matter = Matter(House(automatic_cap=timedelta(minutes=30)))
        (mute,) = orders(matter.judge(sentence(mute=timedelta(days=30))))
        assert mute.until == NOW + 30 * MINUTE
        assert matter.committed[0].timers[0].due_at == mute.until

    def test_no_evidence_no_entry(self, matter: Matter) -> None:
        changes = matter.judge(HIDE, Severity.MINOR, evidence=None)
        assert changes.evidence == ()
        assert [type(entry) for entry in changes.entries] == [Opened, Judged]

    @pytest.mark.parametrize("status", [CaseStatus.UNDONE, CaseStatus.DISMISSED, CaseStatus.OVERTURNED])
    def test_a_closed_case_is_not_joined(self, status: CaseStatus) -> None:
        matter = closed(status)
        matter.code = "B3C4"
        answer = Registrar(SEALS).judge(judged(), matter.now)(matter.state, "B3C4")
        assert not isinstance(answer, Refusal)
        assert isinstance(answer.entries[0], Opened)
        assert answer.code == "B3C4"

    @pytest.mark.norm("N3.1-2a", "bad-input")
    @pytest.mark.parametrize(
        ("what", "severity", "rule", "reason"),
        [
            (MUTE, Severity.MINOR, "R1", "too_severe"),
            (sentence(Measure.DELETE), Severity.MINOR, "R1", "too_severe"),
            (sentence(Measure.BAN), Severity.MODERATE, "R2", "too_severe"),
            (sentence(Measure.BAN), Severity.SEVERE, "R2", "too_severe"),
            (MUTE, Severity.SEVERE, "R1", "too_severe"),
            (MUTE, Severity.MODERATE, "R99", "unknown_rule"),
            (MUTE, Severity.MODERATE, "", "unknown_rule"),
        ],
    )
    def test_what_no_check_may_decide(
        self, matter: Matter, what: Any, severity: Severity, rule: str, reason: str
    ) -> None:
        assert matter.refused(matter.registrar.judge(judged(what, severity, rule=rule), NOW)) == reason

    def test_nothing_is_deleted_that_was_not_to_be(self, matter: Matter) -> None:
        assert kinds(matter.judge(MUTE, deletable=("m1",))) == [MUTED]


def closed(status: CaseStatus) -> Matter:
    """A matter that ended so."""
    matter = Matter()
    if status is CaseStatus.DISMISSED:
        matter.report()
        matter.done(matter.registrar.dismiss(intents.DismissCommanded(MONA, "banter"), matter.now))
    elif status is CaseStatus.UNDONE:
        matter.measure()
        matter.done(matter.registrar.undo(undo(), matter.now))
    elif status is CaseStatus.OVERTURNED:
        matter.judge()
        matter.appeal()
        matter.answer()
    assert matter.case.status is status
    return matter


class TestReports:
    @pytest.mark.norm("N2.3-1", "behaviour")
    def test_a_report_opens_a_case_that_waits(self, matter: Matter) -> None:
        changes = matter.report(processed="msg-1", contact="cai@example.org")
        assert [type(entry) for entry in changes.entries] == [Opened, ReportTaken, EvidenceFrozen, Triaged]
        (receipt,) = changes.receipts
        assert (receipt.report_id, receipt.contact) == ("A7K2-r1", "cai@example.org")
        assert receipt.token == SEALS.token("report", "A7K2-r1")
        case = matter.case
        assert (case.kind, case.status) == (CaseKind.REPORT, CaseStatus.REVIEW)
        assert (case.rule, case.category) == ("R3", "insult")
        assert (case.respondents, case.severity) == ((ANN,), Severity.MINOR)
        assert changes.processed == "msg-1"
        assert not case.automatic

    @pytest.mark.norm("N1.3-4", "behaviour")
    def test_a_report_says_and_does_nothing_on_its_own(self, matter: Matter) -> None:
        """Notices to the respondent come at decision time, not at report time."""
        changes = matter.report()
        assert (orders(changes), changes.notices, changes.statements, changes.strikes) == ([], (), (), ())

    @pytest.mark.norm("N1.3-4", "behaviour")
    def test_the_reporter_is_a_pseudonym_and_the_contact_no_entry(self, matter: Matter) -> None:
        matter.report("p-cai", contact="cai@example.org")
        assert "cai@example.org" not in repr(matter.entries)
        assert [report.reporter for report in matter.case.reports] == ["p-cai"]

    @pytest.mark.norm("N2.3-1", "behaviour")
    def test_a_second_reporter_joins_with_an_own_receipt(self, matter: Matter) -> None:
        matter.report("p-cai")
        changes = matter.report("p-dee")
        assert [receipt.report_id for receipt in changes.receipts] == ["A7K2-r2"]
        assert len(matter.case.reports) == 2

    def test_the_same_reporter_is_told_of_the_first_report(self, matter: Matter) -> None:
        matter.report("p-cai")
        matter.wait(MINUTE)
        answer = matter.apply(matter.registrar.report(reported("p-cai"), matter.now))
        assert answer == Refusal("already", "A7K2")

    @pytest.mark.norm("N1.3-2", "behaviour")
    @given(st.integers(1, 30))
    def test_how_many_reported_changes_nothing_but_the_list(self, count: int) -> None:
        matter = Matter()
        for number in range(count):
            matter.report(f"p-{number}")
        case = matter.case
        assert (case.severity, case.status, case.measures, case.lines) == (
            Severity.MINOR,
            CaseStatus.REVIEW,
            (),
            0,
        )
        (mute,) = orders(matter.measure())
        assert mute.until == NOW + 10 * MINUTE

    def test_a_report_without_a_respondent_waits_too(self, matter: Matter) -> None:
        matter.report(respondent=None, channel="web", processed="web:1")
        assert matter.case.respondents == ()
        assert matter.case.episode == "report:web:web:1"

    @pytest.mark.parametrize(
        ("category", "rule"), [("insult", "R3"), ("flooding", "R1"), ("law", "R0"), ("other", "R0")]
    )
    def test_the_category_finds_its_rule(self, matter: Matter, category: str, rule: str) -> None:
        matter.report(category=category)
        assert matter.case.rule == rule

    def test_a_decided_case_is_joined_while_its_episode_lasts(self) -> None:
        for gap, joins in ((EPISODE_GAP, True), (EPISODE_GAP + SECOND, False)):
            matter = Matter()
            matter.report("p-cai")
            matter.measure()
            answer = matter.registrar.report(reported("p-dee"), NOW + gap)(matter.state, "B3C4")
            assert not isinstance(answer, Refusal)
            assert isinstance(answer.entries[0], ReportTaken) == joins

    def test_an_open_case_is_joined_however_late(self, matter: Matter) -> None:
        matter.report("p-cai")
        matter.wait(timedelta(days=3))
        matter.report("p-dee")
        assert len(matter.case.reports) == 2

    @pytest.mark.parametrize("status", [CaseStatus.UNDONE, CaseStatus.DISMISSED, CaseStatus.OVERTURNED])
    def test_a_closed_case_is_not_joined(self, status: CaseStatus) -> None:
        matter = closed(status)
        answer = matter.registrar.report(reported("p-zoe"), matter.now)(matter.state, "B3C4")
        assert not isinstance(answer, Refusal)
        assert isinstance(answer.entries[0], Opened)


class TestModeratorsMeasures:
    @pytest.mark.norm("N3.1-2e", "behaviour")
    @pytest.mark.norm("N3.2-1b", "behaviour")
    def test_a_mute_opens_a_case_of_its_own(self, matter: Matter) -> None:
        changes = matter.measure(processed="msg-1")
        case = matter.case
        assert (case.kind, case.status, case.rule) == (CaseKind.COMMAND, CaseStatus.DECIDED, "R3")
        assert (case.severity, case.deciders, case.episode) == (Severity.MODERATE, ("mona",), "command:ann")
        (mute,) = orders(changes)
        assert (mute.kind, mute.until, mute.respondent) == (MUTED, NOW + 10 * MINUTE, "ann")
        (statement,) = changes.statements
        assert (statement.measures, statement.facts, statement.automatic) == ((Measure.MUTE,), ("insults",), False)
        assert [timer.ref for timer in changes.timers] == [mute.id]
        assert [strike.sender_id for strike in changes.strikes] == ["ann"]
        assert public(changes) == ["@Ann muted 10m: no insults. !why A7K2"]
        assert changes.processed == "msg-1"

    def test_a_ban_has_no_end_and_no_timer(self, matter: Matter) -> None:
        changes = matter.measure(Measure.BAN)
        assert [(action.kind, action.until) for action in orders(changes)] == [(BAN, None)]
        assert changes.timers == ()
        assert changes.statements[0].until is None
        assert [strike.sender_id for strike in changes.strikes] == ["ann"]
        assert public(changes) == ["@Ann banned: no insults. Case A7K2"]
        assert matter.case.severity is Severity.SEVERE

    def test_a_deletion_names_its_lines(self, matter: Matter) -> None:
        changes = matter.measure(Measure.DELETE)
        assert [(action.kind, action.message_id) for action in orders(changes)] == [(DELETE, "m1"), (DELETE, "m2")]
        assert len(changes.statements) == 1
        assert changes.statements[0].until is None
        assert (changes.strikes, changes.timers, changes.notices) == ((), (), ())

    @pytest.mark.norm("N3.1-2a", "behaviour")
    def test_a_warning_is_said_and_costs_nothing(self, matter: Matter) -> None:
        changes = matter.measure(Measure.WARN)
        assert (orders(changes), changes.statements, changes.strikes) == ([], (), ())
        assert public(changes) == ["@Ann warning: no insults. !why A7K2"]
        assert matter.case.severity is Severity.MINOR

    def test_it_decides_the_open_report_under_its_own_rule(self, matter: Matter) -> None:
        matter.report(category="other")
        assert matter.case.rule == "R0"
        matter.measure()
        case = matter.case
        assert (case.kind, case.status, case.rule) == (CaseKind.REPORT, CaseStatus.DECIDED, "R3")
        assert case.deciders == ("mona",)

    @pytest.mark.norm("N1.3-4", "behaviour")
    def test_the_statement_tells_nothing_of_the_reports(self, matter: Matter) -> None:
        matter.report("p-cai", note="he called me names MARKER")
        matter.wait(MINUTE)
        changes = matter.measure()
        told = repr((changes.statements, changes.notices))
        assert "MARKER" not in told
        assert "p-cai" not in told
        assert "report" not in told

    def test_a_decided_case_is_left_alone(self, matter: Matter) -> None:
        matter.measure()
        answer = matter.registrar.measure(commanded(), matter.now)(matter.state, "B3C4")
        assert not isinstance(answer, Refusal)
        assert isinstance(answer.entries[0], Opened)

    @pytest.mark.parametrize("measure", Measure)
    def test_every_measure_asserts_a_severity_that_allows_it(self, measure: Measure) -> None:
        assert measure in ALLOWED[SEVERITY_OF[measure]]

    @pytest.mark.norm("N1.1", "bad-input")
    @pytest.mark.parametrize("rule", ["", "R9", "r3", "R03", "no insults"])
    def test_without_a_published_rule_nothing_is_done(self, matter: Matter, rule: str) -> None:
        assert matter.refused(matter.registrar.measure(commanded(rule=rule), NOW)) == "unknown_rule"

    @pytest.mark.norm("N1.3-1", "behaviour")
    @pytest.mark.parametrize("measure", Measure)
    @pytest.mark.parametrize("rule", HOUSE_RULES)
    def test_no_measure_exceeds_its_rule(self, matter: Matter, measure: Measure, rule: str) -> None:
        spanned = {"span": MINUTE} if measure is Measure.MUTE else {}
        answer = matter.apply(matter.registrar.measure(commanded(measure, rule=rule, **spanned), NOW))
        exceeds = SEVERITY_OF[measure].rank > HOUSE_RULES[rule].gravest.rank
        assert isinstance(answer, Refusal) == exceeds
        if isinstance(answer, Refusal):
            assert answer.reason == "too_severe"

    @pytest.mark.norm("N3.1-2b", "bad-input")
    @pytest.mark.fault("X13")
    @pytest.mark.parametrize(
        ("span", "reason"),
        [
            (None, "no_length"),
            (timedelta(0), "no_length"),
            (timedelta(seconds=-5), "no_length"),
            (LONGEST_MUTE + SECOND, "too_long"),
            (timedelta.max, "too_long"),
        ],
    )
    def test_a_mute_needs_a_sane_length(self, matter: Matter, span: timedelta | None, reason: str) -> None:
        assert matter.refused(matter.registrar.measure(commanded(span=span), NOW)) == reason

    def test_a_deletion_needs_a_line(self, matter: Matter) -> None:
        wanted = commanded(Measure.DELETE, message_ids=())
        assert matter.refused(matter.registrar.measure(wanted, NOW)) == "no_line"

    @pytest.mark.norm("N3.1-2c", "bad-input")
    @pytest.mark.parametrize("profile", Profile)
    def test_one_person_bans_in_solo_only(self, profile: Profile) -> None:
        matter = Matter(House(profile))
        ordered = kinds(matter.measure(Measure.BAN))
        assert ordered == ([BAN] if profile is Profile.SOLO else [MUTED])
        assert bool(matter.case.proposals) == (profile is not Profile.SOLO)


class TestLifting:
    def test_a_lift_revokes_and_frees_on_the_platform(self, matter: Matter) -> None:
        (mute,) = orders(matter.judge(MUTE))
        changes = matter.done(matter.registrar.lift(lift(), matter.now))
        assert isinstance(changes.entries[0], MeasureRevoked)
        assert [(action.kind, action.undoes) for action in orders(changes)] == [(ActionKind.UNMUTE, mute.id)]
        assert changes.timers_done == (mute.id,)
        assert changes.processed == "lift-1"
        assert matter.case.in_force() == ()
        assert matter.case.status is CaseStatus.DECIDED

    def test_a_ban_is_lifted_by_its_own_command(self, matter: Matter) -> None:
        matter.measure(Measure.BAN)
        assert matter.refused(matter.registrar.lift(lift(), NOW)) == "not_running"
        assert kinds(matter.done(matter.registrar.lift(lift(Measure.BAN), NOW))) == [ActionKind.UNBAN]

    @pytest.mark.parametrize("prepare", [lambda m: None, lambda m: m.measure(Measure.WARN), lambda m: m.report()])
    def test_what_does_not_run_is_not_lifted(self, matter: Matter, prepare: Callable[[Matter], object]) -> None:
        prepare(matter)
        assert matter.refused(matter.registrar.lift(lift(), NOW)) == "not_running"

    def test_nor_somebody_elses_nor_twice(self, matter: Matter) -> None:
        matter.judge(MUTE)
        assert matter.refused(matter.registrar.lift(lift(sender_id="ben"), NOW)) == "not_running"
        matter.done(matter.registrar.lift(lift(), NOW))
        assert matter.refused(matter.registrar.lift(lift(), NOW)) == "not_running"

    @pytest.mark.parametrize("status", [MeasureStatus.UNSUPPORTED, MeasureStatus.UNCONFIRMED, MeasureStatus.IN_FORCE])
    def test_what_holds_on_our_overlay_is_lifted_too(self, matter: Matter, status: MeasureStatus) -> None:
        matter.judge(MUTE)
        matter.outcome("A7K2.1", status)
        assert kinds(matter.done(matter.registrar.lift(lift(), NOW))) == [ActionKind.UNMUTE]

    def test_after_a_lift_the_next_fault_mutes_again(self, matter: Matter) -> None:
        matter.judge(MUTE)
        matter.done(matter.registrar.lift(lift(), NOW))
        matter.wait(MINUTE)
        assert kinds(matter.judge(MUTE)) == [MUTED]


class TestUndoing:
    def test_it_names_what_it_undoes(self, matter: Matter) -> None:
        (mute,) = orders(matter.measure())
        changes = matter.done(matter.registrar.undo(undo(processed="u1"), NOW))
        assert [type(entry) for entry in changes.entries][-1] is Undone
        assert [(action.kind, action.undoes) for action in orders(changes)] == [(ActionKind.UNMUTE, mute.id)]
        assert changes.timers_done == (mute.id,)
        assert changes.strikes_cleared == ("ann",)
        assert changes.processed == "u1"
        action = matter.case.action(mute.id)
        assert action is not None
        assert action.status is MeasureStatus.REVOKED

    @pytest.mark.parametrize("measure", [Measure.WARN, Measure.DELETE])
    def test_what_cannot_be_taken_back_on_the_platform_is_taken_back_here(
        self, matter: Matter, measure: Measure
    ) -> None:
        matter.measure(measure)
        assert orders(matter.done(matter.registrar.undo(undo(), NOW))) == []
        assert matter.case.status is CaseStatus.UNDONE

    def test_fresh_to_the_second(self) -> None:
        for wait, refused in ((15 * MINUTE, False), (15 * MINUTE + SECOND, True)):
            matter = Matter()
            matter.measure()
            answer = matter.registrar.undo(undo(), NOW + wait)(matter.state, "")
            assert isinstance(answer, Refusal) == refused
            if isinstance(answer, Refusal):
                assert answer.reason == "too_late"

    def test_only_ones_own(self, matter: Matter) -> None:
        assert matter.refused(matter.registrar.undo(undo(), NOW)) == "nothing_to_undo"
        matter.measure()
        assert matter.refused(matter.registrar.undo(undo(MAX), NOW)) == "not_yours"

    def test_the_own_measure_from_ones_other_account(self) -> None:
        mona = Member("staff-1", "Mona", frozenset({"irc:mona"}), frozenset({ActorKind.MODERATOR}), "a")
        matter = Matter(House(staff=StaffBook([mona])))
        matter.measure()
        matter.done(matter.registrar.undo(undo(Actor(ActorKind.MODERATOR, "staff-1")), NOW))
        assert matter.case.status is CaseStatus.UNDONE

    def test_not_the_checks(self, matter: Matter) -> None:
        matter.judge(MUTE)
        assert matter.refused(matter.registrar.undo(undo(), NOW)) == "not_yours"

    def test_not_twice(self, matter: Matter) -> None:
        matter.measure()
        matter.done(matter.registrar.undo(undo(), NOW))
        assert matter.refused(matter.registrar.undo(undo(), NOW)) == "already"

    def test_not_under_appeal(self, matter: Matter) -> None:
        matter.measure()
        matter.appeal()
        assert matter.refused(matter.registrar.undo(undo(), NOW)) == "not_yours"


class TestDismissing:
    def dismiss(self, reason: str = "banter between friends") -> intents.DismissCommanded:
        return intents.DismissCommanded(MONA, reason, "d1")

    @pytest.mark.norm("N2.3-1", "behaviour")
    def test_a_person_dismisses_with_a_reason(self, matter: Matter) -> None:
        matter.report()
        changes = matter.done(matter.registrar.dismiss(self.dismiss(), NOW))
        assert [type(entry) for entry in changes.entries] == [Dismissed]
        assert (matter.case.status, matter.case.deciders) == (CaseStatus.DISMISSED, ("mona",))
        assert changes.processed == "d1"

    @pytest.mark.norm("N2.3-1", "bad-input")
    @pytest.mark.parametrize("reason", ["", "  ", "\n"])
    def test_a_refusal_without_a_reason_cannot_be_saved(self, matter: Matter, reason: str) -> None:
        matter.report()
        assert matter.refused(matter.registrar.dismiss(self.dismiss(reason), NOW)) == "no_reason"

    def test_only_what_is_open(self, matter: Matter) -> None:
        assert matter.refused(matter.registrar.dismiss(self.dismiss(), NOW)) == "unknown_case"
        matter.judge()
        assert matter.refused(matter.registrar.dismiss(self.dismiss(), NOW)) == "invalid_transition"


class TestAppealing:
    @pytest.mark.norm("N3.3-1", "behaviour")
    def test_a_respondent_objects(self, matter: Matter) -> None:
        matter.judge()
        changes = matter.appeal(reasons="  it was a song  ")
        told, entry = changes.entries
        assert isinstance(told, RespondentInformed)
        assert isinstance(entry, Appealed)
        assert (entry.appeal.id, entry.appeal.respondent, entry.appeal.reasons) == ("A7K2/1", "ann", "it was a song")
        assert entry.by == Actor(ActorKind.VIEWER, SEALS.pseudonym(ROOM, "ann"))
        assert matter.case.status is CaseStatus.APPEALED

    @pytest.mark.norm("N3.3-1", "bad-input")
    def test_somebody_elses_case_looks_like_none(self, matter: Matter) -> None:
        nothing = matter.apply(matter.registrar.appeal(intents.AppealMade("ben", "why"), NOW))
        matter.judge()
        elses = matter.apply(matter.registrar.appeal(intents.AppealMade("ben", "why"), NOW))
        assert nothing == elses
        assert isinstance(elses, Refusal)
        assert elses.reason == "unknown_case"

    @pytest.mark.norm("N3.3-1", "deadline")
    def test_the_window_closes_to_the_second(self) -> None:
        for late, refused in ((timedelta(0), False), (SECOND, True)):
            matter = Matter()
            matter.judge()
            matter.inform()
            matter.wait(timedelta(days=180) + late)
            answer = matter.apply(matter.registrar.appeal(intents.AppealMade("ann", "why"), matter.now))
            assert isinstance(answer, Refusal) == refused
            if isinstance(answer, Refusal):
                assert answer.reason == "too_late"
                assert "2026-10-28" in answer.detail

    @pytest.mark.norm("N3.3-1", "bad-input")
    @pytest.mark.parametrize("reasons", ["", " ", "\t\n"])
    def test_empty_reasons_are_asked_for(self, matter: Matter, reasons: str) -> None:
        matter.judge()
        matter.appeal(reasons=reasons)
        assert matter.case.appeals[0].status is AppealStatus.NEEDS_INFO
        assert matter.refused(matter.registrar.appeal(intents.AppealMade("ann", reasons), NOW)) == "no_reason"
        matter.appeal()
        assert matter.case.appeals[0].status is AppealStatus.OPEN

    @pytest.mark.norm("N3.3-1", "behaviour")
    def test_it_works_after_the_mute_has_ended(self, matter: Matter) -> None:
        (mute,) = orders(matter.judge())
        matter.wait(5 * MINUTE)
        matter.done(matter.registrar.end(mute.id, matter.now, lift=False))
        matter.appeal()

    def test_once_at_a_time_and_twice_in_all(self, matter: Matter) -> None:
        matter.judge()
        matter.appeal()
        made = intents.AppealMade("ann", "again")
        assert matter.refused(matter.registrar.appeal(made, NOW)) == "already"
        matter.answer(AppealStatus.UPHELD)
        assert matter.refused(matter.registrar.appeal(made, NOW)) == "what_is_new"
        matter.appeal(news="my brother saw it")
        matter.answer(AppealStatus.UPHELD, by=OWNER)
        assert matter.refused(matter.registrar.appeal(made, NOW)) == "answered"

    @pytest.mark.parametrize("status", [CaseStatus.UNDONE, CaseStatus.OVERTURNED, CaseStatus.DISMISSED])
    def test_nothing_to_appeal(self, status: CaseStatus) -> None:
        matter = closed(status)
        made = intents.AppealMade("ann", "why")
        assert matter.refused(matter.registrar.appeal(made, matter.now)) == "nothing_to_appeal"

    def test_a_dry_run_did_nothing_to_appeal(self, matter: Matter) -> None:
        matter.judge(dry_run=True)
        assert matter.refused(matter.registrar.appeal(intents.AppealMade("ann", "why"), NOW)) == "nothing_to_appeal"


class TestAnswering:
    def appealed(self, house: House | None = None) -> Matter:
        matter = Matter(house or House())
        matter.measure()
        matter.appeal()
        return matter

    @pytest.mark.norm("N3.3-3a", "behaviour")
    def test_overturning_takes_everything_back(self) -> None:
        matter = self.appealed()
        changes = matter.answer()
        assert [type(entry) for entry in changes.entries if not hasattr(entry, "action")] == [
            MeasureRevoked,
            AppealDecided,
        ]
        assert [(action.kind, action.undoes) for action in orders(changes)] == [(ActionKind.UNMUTE, "A7K2.1")]
        assert (changes.timers_done, changes.strikes_cleared) == (("A7K2.1",), ("ann",))
        assert public(changes) == ["@Ann appeal A7K2: overturned"]
        assert matter.case.status is CaseStatus.OVERTURNED
        assert matter.case.in_force() == ()

    @pytest.mark.norm("N3.3-3a", "behaviour")
    def test_only_what_runs_against_the_appellant(self, matter: Matter) -> None:
        matter.judge(FULL, episode="wave:c1", rule="R2")
        matter.judge(FULL, episode="wave:c1", rule="R2", respondent=BEN)
        matter.appeal("ann")
        changes = matter.answer()
        assert changes.strikes_cleared == ("ann",)
        assert [action.respondent for action in orders(changes)] == ["ann"]
        assert [action.respondent for action in matter.case.in_force()] == ["ben"]
        assert matter.case.status is CaseStatus.DECIDED

    @pytest.mark.norm("N3.3-3a", "behaviour")
    def test_an_ended_mute_still_loses_its_strike(self, matter: Matter) -> None:
        (mute,) = orders(matter.judge())
        matter.done(matter.registrar.end(mute.id, NOW + 5 * MINUTE, lift=False))
        matter.appeal()
        changes = matter.answer()
        assert orders(changes) == []
        assert changes.strikes_cleared == ("ann",)

    @pytest.mark.norm("N3.3-3b", "behaviour")
    def test_upholding_changes_nothing_and_says_why(self) -> None:
        matter = self.appealed()
        changes = matter.answer(AppealStatus.UPHELD)
        assert (orders(changes), changes.strikes_cleared, changes.timers_done) == ([], (), ())
        assert public(changes) == ["@Ann appeal A7K2: upheld. looked at it"]
        assert matter.case.status is CaseStatus.UPHELD
        assert len(matter.case.in_force()) == 1

    @pytest.mark.norm("N3.3-3b", "bad-input")
    @pytest.mark.parametrize("answer", ["", "  "])
    def test_upholding_needs_a_reason_overturning_none(self, answer: str) -> None:
        matter = self.appealed()
        upheld = matter.registrar.answer(answered(AppealStatus.UPHELD, answer=answer), NOW)
        assert matter.refused(upheld) == "no_reason"
        matter.answer(AppealStatus.OVERTURNED, answer=answer)

    @pytest.mark.norm("N3.3-2", "bad-input")
    @pytest.mark.parametrize(
        ("profile", "somebody_else", "refused"),
        [
            (Profile.SOLO, True, True),
            (Profile.SOLO, False, False),
            (Profile.TEAM, True, True),
            (Profile.TEAM, False, True),
            (Profile.PLATFORM, True, True),
            (Profile.PLATFORM, False, True),
        ],
    )
    def test_who_acted_answers_only_alone_in_solo(self, profile: Profile, somebody_else: bool, refused: bool) -> None:
        matter = self.appealed(House(profile))
        decide = matter.registrar.answer(answered(by=MONA, uninvolved_exists=somebody_else), NOW)
        if refused:
            assert matter.refused(decide) == "involved"
        else:
            matter.done(decide)

    @pytest.mark.norm("N3.3-2", "behaviour")
    @pytest.mark.parametrize("profile", [Profile.SOLO, Profile.TEAM])
    def test_somebody_uninvolved_always_may(self, profile: Profile) -> None:
        matter = self.appealed(House(profile))
        matter.answer(by=OWNER)

    @pytest.mark.norm("N3.3-2", "bad-input")
    def test_who_reported_is_involved(self, matter: Matter) -> None:
        matter.report(SEALS.pseudonym(ROOM, "max"))
        matter.measure()
        matter.appeal()
        assert matter.refused(matter.registrar.answer(answered(by=MAX), NOW)) == "involved"
        matter.answer(by=OWNER)

    @pytest.mark.norm("N3.3-2", "bad-input")
    @pytest.mark.parametrize("profile", Profile)
    def test_nobody_answers_the_own_appeal(self, profile: Profile) -> None:
        matter = self.appealed(House(profile))
        own = Actor(ActorKind.MODERATOR, "ann", "Ann")
        decide = matter.registrar.answer(answered(by=own, uninvolved_exists=False), NOW)
        assert matter.refused(decide) == "conflict"

    def test_there_must_be_an_appeal_and_an_outcome(self, matter: Matter) -> None:
        assert matter.refused(matter.registrar.answer(answered(), NOW)) == "unknown_case"
        matter.judge()
        assert matter.refused(matter.registrar.answer(answered(), NOW)) == "no_appeal"
        matter.appeal()
        assert matter.refused(matter.registrar.answer(answered(AppealStatus.OPEN), NOW)) == "invalid_transition"
        matter.answer()
        assert matter.refused(matter.registrar.answer(answered(), NOW)) == "no_appeal"

    def test_the_oldest_appeal_is_answered_first(self, matter: Matter) -> None:
        matter.judge(episode="wave:c1")
        matter.judge(episode="wave:c1", respondent=BEN)
        matter.appeal("ben")
        matter.appeal("ann")
        matter.answer(AppealStatus.UPHELD)
        assert [(a.respondent, a.status) for a in matter.case.appeals] == [
            ("ben", AppealStatus.UPHELD),
            ("ann", AppealStatus.OPEN),
        ]
        assert matter.case.status is CaseStatus.APPEALED

    @pytest.mark.norm("N3.3-3b", "behaviour")
    @given(st.sampled_from([AppealStatus.UPHELD, AppealStatus.OVERTURNED]))
    def test_no_outcome_is_harsher_than_the_decision(self, outcome: AppealStatus) -> None:
        matter = self.appealed()
        before = matter.case
        matter.answer(outcome)
        assert matter.case.measures == before.measures
        assert matter.case.severity == before.severity
        assert set(matter.case.in_force()) <= set(before.in_force())


class TestOutcomesAndEnds:
    def test_the_platforms_answer_is_recorded(self, matter: Matter) -> None:
        matter.judge()
        changes = matter.outcome("A7K2.1", MeasureStatus.IN_FORCE, "muted 300 s")
        assert isinstance(changes.entries[0], OutcomeRecorded)
        (action,) = matter.case.actions
        assert (action.status, action.detail) == (MeasureStatus.IN_FORCE, "muted 300 s")

    def test_a_late_answer_to_a_revoked_action_is_ignored(self, matter: Matter) -> None:
        matter.measure()
        matter.done(matter.registrar.undo(undo(), NOW))
        seen = intents.OutcomeSeen("A7K2.1", MeasureStatus.IN_FORCE, "late")
        assert matter.refused(matter.registrar.outcome(seen, NOW)) == "already"
        assert matter.case.in_force() == ()

    def test_a_refused_action_is_not_revived(self, matter: Matter) -> None:
        """A second answer must not bring back a mute whose place another may have taken."""
        matter.judge()
        matter.outcome("A7K2.1", MeasureStatus.REFUSED, "is a moderator there")
        matter.judge()
        seen = intents.OutcomeSeen("A7K2.1", MeasureStatus.IN_FORCE, "late")
        assert matter.refused(matter.registrar.outcome(seen, NOW)) == "already"
        assert [action.id for action in matter.case.in_force()] == ["A7K2.2"]

    def test_unknown_actions_and_cases(self, matter: Matter) -> None:
        seen = intents.OutcomeSeen("A7K2.9", MeasureStatus.IN_FORCE, "")
        assert matter.refused(matter.registrar.outcome(seen, NOW)) == "unknown_case"
        matter.judge()
        assert matter.refused(matter.registrar.outcome(seen, NOW)) == "unknown_case"
        assert matter.refused(matter.registrar.end("A7K2.9", NOW, lift=True)) == "unknown_case"
        assert Matter().refused(matter.registrar.end("A7K2.1", NOW, lift=True)) == "unknown_case"
        assert Matter().refused(matter.registrar.freeze(judged().evidence, NOW)) == "unknown_case"  # type: ignore[arg-type]  # there is evidence

    @pytest.mark.norm("N3.1-2b", "behaviour")
    @pytest.mark.parametrize("frees", [True, False])
    def test_a_mute_ends(self, matter: Matter, frees: bool) -> None:
        (mute,) = orders(matter.judge())
        matter.wait(5 * MINUTE)
        changes = matter.done(matter.registrar.end(mute.id, matter.now, lift=frees))
        assert isinstance(changes.entries[0], MeasureEnded)
        assert [(action.kind, action.undoes) for action in orders(changes)] == (
            [(ActionKind.UNMUTE, mute.id)] if frees else []
        )
        assert changes.timers_done == (mute.id,)
        assert matter.case.in_force() == ()
        assert matter.case.last_at == NOW

    def test_a_second_end_only_stops_the_timer(self, matter: Matter) -> None:
        (mute,) = orders(matter.judge())
        for again in (False, True):
            changes = matter.done(matter.registrar.end(mute.id, NOW, lift=True))
            assert (changes.entries == ()) == again
            assert changes.timers_done == (mute.id,)

    def test_a_refused_mute_never_began_and_does_not_end(self, matter: Matter) -> None:
        (mute,) = orders(matter.judge())
        matter.outcome(mute.id, MeasureStatus.REFUSED, "is a moderator there")
        changes = matter.done(matter.registrar.end(mute.id, NOW, lift=True))
        assert (changes.entries, changes.timers_done) == ((), (mute.id,))
        action = matter.case.action(mute.id)
        assert action is not None
        assert action.status is MeasureStatus.REFUSED

    def test_only_mutes_end(self, matter: Matter) -> None:
        matter.judge(FULL)
        assert matter.refused(matter.registrar.end("A7K2.1", NOW, lift=True)) == "unknown_case"

    @pytest.mark.norm("N2.3-2", "behaviour")
    def test_what_followed_joins_the_file(self, matter: Matter) -> None:
        matter.judge()
        later = reported().evidence
        assert later is not None
        changes = matter.done(matter.registrar.freeze(later, NOW))
        assert changes.evidence == (later,)
        assert [type(entry) for entry in changes.entries] == [EvidenceFrozen]


class TestADryRun:
    def test_it_orders_strikes_states_and_notifies_nothing(self, matter: Matter) -> None:
        matter.judge(FULL, dry_run=True)
        matter.judge(sentence(Measure.HIDE, Measure.REMIND), Severity.MINOR, dry_run=True)
        assert matter.case.dry_run
        assert matter.case.measures
        for changes in matter.committed:
            done = (changes.statements, changes.strikes, changes.notices, changes.timers)
            assert (orders(changes), *done) == ([], (), (), (), ())

    @pytest.mark.parametrize("measure", Measure)
    def test_so_for_every_command(self, measure: Measure) -> None:
        matter = Matter()
        changes = matter.measure(measure, dry_run=True, **({"span": MINUTE} if measure is Measure.MUTE else {}))
        done = (changes.statements, changes.strikes, changes.notices, changes.timers)
        assert (orders(changes), *done) == ([], (), (), (), ())
        assert any(isinstance(entry, Judged) for entry in changes.entries)

    @pytest.mark.parametrize("first", [True, False])
    def test_it_never_mixes_with_what_is_done(self, first: bool) -> None:
        """A room that changes its mode begins a new case: neither acts in a dry run nor leaves a deed unrecorded."""
        matter = Matter()
        matter.judge(HIDE, Severity.MINOR, dry_run=first)
        answer = matter.registrar.judge(judged(MUTE, dry_run=not first), NOW)(matter.state, "B3C4")
        assert not isinstance(answer, Refusal)
        assert isinstance(answer.entries[0], Opened)
        assert bool(orders(answer)) == first

    def test_a_report_of_the_dry_run_does_not_disarm_a_later_command(self, matter: Matter) -> None:
        matter.report(dry_run=True)
        answer = matter.registrar.measure(commanded(), NOW)(matter.state, "B3C4")
        assert not isinstance(answer, Refusal)
        assert kinds(answer) == [MUTED]

    def test_reports_get_their_receipts(self, matter: Matter) -> None:
        assert len(matter.report(dry_run=True).receipts) == 1


class TestNotices:
    """Norm N3.2-1b: the statement is reachable while muted; nobody is told to type in chat."""

    @pytest.mark.norm("N3.2-1b", "behaviour")
    def test_the_link_to_the_statement_goes_by_whisper_alone(self) -> None:
        matter = Matter(House(public_url="https://mod.example/"))
        (told,) = matter.judge().notices
        (statement,) = matter.statements()
        assert told.private_to == "ann"
        assert told.secret == f"https://mod.example/statement/{statement.token}"
        assert statement.token not in told.text

    def test_without_a_public_address_there_is_no_link(self, matter: Matter) -> None:
        assert matter.judge().notices[0].secret == ""

    @pytest.mark.norm("N3.2-1b", "behaviour")
    def test_in_a_wave_each_is_told_by_whisper_and_the_room_nothing(self) -> None:
        matter = Matter(House(public_url="https://mod.example"))
        (told,) = matter.judge(FULL, quiet=True).notices
        assert (told.text, told.private_to) == ("", "ann")
        assert told.secret.startswith("@Ann muted 5m")
        assert told.secret.endswith(matter.statements()[0].token)

    @pytest.mark.norm("N1.3-4", "behaviour")
    def test_an_answer_is_said_to_the_room_without_its_reporters(self, matter: Matter) -> None:
        matter.report("p-cai")
        matter.measure()
        matter.appeal()
        matter.answer()
        assert "p-cai" not in repr(matter.notices())

    def test_notices_are_in_the_houses_language(self) -> None:
        matter = Matter(House(language="zh-CN"))
        assert public(matter.judge()) == ["@Ann 禁言5分 A7K2"]
