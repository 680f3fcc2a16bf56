"""Answering appeals: by whom, with what reasons, and what an answer does and never does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import intents
from cases.appeal_review import is_reasoned
from cases.catalogue import LANGUAGES, say
from cases.history import Changes, MeasureRevoked, TimerKind
from cases.house import House
from cases.model import (
    BOT,
    ActionKind,
    Actor,
    ActorKind,
    AppealStatus,
    CaseStatus,
    MeasureStatus,
    Profile,
    Refusal,
)
from cases.sentence import Measure, Severity
from cases.staff import Member, StaffBook
from tests.cases.matter import FULL, MAX, MONA, NOW, OWNER, ROOM, Matter, answered, kinds, orders, public, running
from tests.cases.seals import SEALS

DAY = timedelta(days=1)
REVIEWER = Actor(ActorKind.REVIEWER, "nils", "Nils")
SUE = Actor(ActorKind.SUPERVISOR, "sue", "Sue")


def appealed(profile: Profile = Profile.SOLO, reasons: str = "it was a song", **house: Any) -> Matter:
    """Mona muted Ann; Ann objects."""
    matter = Matter(House(profile, **house))
    matter.measure()
    matter.outcome("A7K2.1")
    matter.appeal(reasons=reasons)
    return matter


def member(ref: str, *roles: ActorKind) -> Member:
    return Member(f"staff-{ref}", ref.title(), frozenset({f"irc:{ref}"}), frozenset(roles), "team a")


class TestWhoAnswers:
    @pytest.mark.norm("N3.3-2", "bad-input")
    @pytest.mark.parametrize("profile", [Profile.TEAM, Profile.PLATFORM])
    @pytest.mark.parametrize(
        ("part", "by"),
        [
            ("decided", MONA),
            ("reported", Actor(ActorKind.MODERATOR, "rep")),
            ("answered before", MAX),
            ("accused", Actor(ActorKind.MODERATOR, "ann")),
            ("program", BOT),
            ("viewer", Actor(ActorKind.VIEWER, "eve")),
        ],
    )
    def test_nobody_who_took_any_part(self, profile: Profile, part: str, by: Actor) -> None:
        matter = Matter(House(profile))
        matter.report(SEALS.pseudonym(ROOM, "rep"))
        matter.measure()
        matter.appeal()
        matter.answer(AppealStatus.UPHELD, by=MAX)
        matter.appeal(news="a clip")
        for outcome in (AppealStatus.UPHELD, AppealStatus.OVERTURNED):
            refused = matter.refused(matter.registrar.answer(answered(outcome, by=by), NOW))
            assert refused in ("involved", "conflict", "not_allowed"), part
        matter.answer(by=REVIEWER)

    @pytest.mark.norm("N3.3-2", "bad-input")
    def test_not_the_rooms_owner_in_profile_platform(self) -> None:
        matter = appealed(Profile.PLATFORM)
        assert matter.refused(matter.registrar.answer(answered(by=OWNER), NOW)) == "involved"

    @pytest.mark.norm("N3.3-2", "behaviour")
    def test_with_a_roster_only_its_reviewers(self) -> None:
        book = StaffBook([member("max", ActorKind.MODERATOR), member("nils", ActorKind.REVIEWER)])
        matter = appealed(Profile.TEAM, staff=book)
        assert matter.refused(matter.registrar.answer(answered(by=MAX), NOW)) == "not_reviewer"
        matter.answer(by=REVIEWER)

    @pytest.mark.norm("N3.3-2", "bad-input")
    def test_a_second_account_does_not_help(self) -> None:
        mona = Member("staff-m", "Mona", frozenset({"irc:mona", "irc:alt"}), frozenset({ActorKind.REVIEWER}), "a")
        matter = appealed(Profile.TEAM, staff=StaffBook([mona]))
        other = Actor(ActorKind.REVIEWER, "alt")
        assert matter.refused(matter.registrar.answer(answered(by=other), NOW)) == "involved"

    @pytest.mark.norm("N3.3-2", "behaviour")
    def test_alone_in_solo_the_streamer_answers_and_that_stands_on_record(self) -> None:
        matter = appealed()
        matter.answer(AppealStatus.UPHELD, by=MONA, uninvolved_exists=False)
        assert matter.case.appeals[0].alone
        other = appealed()
        other.answer(AppealStatus.UPHELD)
        assert not other.case.appeals[0].alone

    @pytest.mark.norm("N3.3-2", "bad-input")
    @given(
        by=st.sampled_from([BOT, Actor(ActorKind.BOT, "x")]),
        outcome=st.sampled_from([AppealStatus.UPHELD, AppealStatus.OVERTURNED]),
        others=st.booleans(),
        profile=st.sampled_from(Profile),
    )
    def test_never_a_program(self, by: Actor, outcome: AppealStatus, others: bool, profile: Profile) -> None:
        matter = appealed(profile)
        decide = matter.registrar.answer(answered(outcome, by=by, uninvolved_exists=others), NOW)
        assert matter.refused(decide) == "not_allowed"


class TestReasons:
    @pytest.mark.norm("N3.3-3b", "bad-input")
    @pytest.mark.parametrize("outcome", [AppealStatus.UPHELD, AppealStatus.PARTIAL])
    @pytest.mark.parametrize("answer", ["", "no", "rejected.", "不成立", "  .  "])
    def test_too_short_is_no_reason(self, outcome: AppealStatus, answer: str) -> None:
        matter = appealed()
        revoked = ("A7K2.1",) if outcome is AppealStatus.PARTIAL else ()
        wanted = answered(outcome, answer=answer, revoked=revoked)
        assert matter.refused(matter.registrar.answer(wanted, NOW)) in ("no_reason", "unfit")

    @pytest.mark.norm("N3.3-3b", "bad-input")
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_ready_made_sentence_is_no_reason(self, language: str) -> None:
        assert not is_reasoned(say(language, "hearing.appeal.upheld"))
        assert not is_reasoned(say(language, "hearing.appeal.upheld").upper() + " ")
        assert is_reasoned("The song was over when you posted it forty times.")
        assert is_reasoned("歌已经放完了")

    @pytest.mark.norm("N3.3-2", "behaviour")
    def test_each_argument_and_each_piece_of_evidence_has_a_finding(self) -> None:
        matter = Matter(House(Profile.TEAM))
        matter.measure()
        made = intents.AppealMade("ann", "it was a song\nothers did it too", evidence=("a clip",))
        matter.done(matter.registrar.appeal(made, NOW))
        two = answered(
            AppealStatus.UPHELD, answer="the song was over", findings=("over by then", "they were muted, too")
        )
        assert matter.refused(matter.registrar.answer(two, NOW)) == "no_finding"
        matter.answer(AppealStatus.UPHELD, answer="the song was over", findings=("over", "muted, too", "shows it"))
        assert [(one.argument, one.finding) for one in matter.case.appeals[0].findings] == [
            ("it was a song", "over"),
            ("others did it too", "muted, too"),
            ("a clip", "shows it"),
        ]

    @pytest.mark.norm("N3.3-3b", "deadline")
    def test_the_reasons_go_out_with_the_answer(self) -> None:
        matter = appealed()
        changes = matter.answer(AppealStatus.UPHELD, answer="the song was over by then")
        (letter,) = [one for one in changes.letters if one.key == "appeal_upheld"]
        assert (letter.ref, letter.words["answer"]) == ("A7K2/1", "the song was over by then")
        assert ("appeal_decide_running", "A7K2/1") in changes.deadlines_met


class TestSuccess:
    @pytest.mark.norm("N3.3-3a", "deadline")
    def test_it_is_done_only_when_the_platform_confirms(self) -> None:
        matter = appealed()
        changes = matter.answer()
        (lift,) = orders(changes)
        (deadline,) = changes.deadlines
        assert (deadline.key, deadline.ref) == ("revoke", lift.id)
        assert deadline.due_at == NOW + timedelta(seconds=60)
        for status in (MeasureStatus.PENDING, MeasureStatus.UNCONFIRMED, MeasureStatus.UNSUPPORTED):
            assert matter.outcome(lift.id, status).deadlines_met == (), status
        assert matter.outcome(lift.id, MeasureStatus.IN_FORCE).deadlines_met == (("revoke", lift.id),)

    @pytest.mark.norm("N3.3-3a", "bad-input")
    def test_a_platform_that_refuses_never_makes_it_done(self) -> None:
        matter = appealed()
        (lift,) = orders(matter.answer())
        assert matter.outcome(lift.id, MeasureStatus.REFUSED).deadlines_met == ()
        assert matter.case.action(lift.id).status is MeasureStatus.REFUSED  # type: ignore[union-attr]

    @pytest.mark.norm("N3.3-3a", "behaviour")
    def test_other_cases_are_looked_after_by_a_durable_timer(self) -> None:
        matter = appealed()
        (timer,) = matter.answer().timers
        assert (timer.kind, timer.ref, timer.due_at) == (TimerKind.CASCADE, "A7K2/1", NOW)
        noted = matter.done(matter.registrar.cascaded("A7K2/1", ["B3C4"], ["D6E7"], NOW))
        assert noted.timers_done == ("A7K2/1",)

    @pytest.mark.norm("N3.3-3a", "behaviour")
    def test_a_mute_that_counted_the_fault_is_shortened_never_lengthened(self) -> None:
        matter = Matter()
        (mute,) = orders(matter.measure(span=timedelta(hours=2)))
        longer = matter.done(matter.registrar.reexamine("X3X3/1", {mute.id: NOW + DAY}, NOW))
        assert orders(longer) == []
        assert [letter.key for letter in longer.letters] == ["appeal_reexamine"]
        shorter = matter.done(matter.registrar.reexamine("X4X4/1", {mute.id: NOW + timedelta(minutes=30)}, NOW))
        assert kinds(shorter) == [ActionKind.UNMUTE, ActionKind.MUTE]
        assert orders(shorter)[1].until == NOW + timedelta(minutes=30)
        assert (shorter.strikes, shorter.statements) == ((), ())
        again = matter.registrar.reexamine("X4X4/1", {}, NOW)
        assert matter.refused(again) == "already"

    @pytest.mark.norm("N3.3-3a", "behaviour")
    def test_an_apology_is_offered(self) -> None:
        assert public(appealed().answer()) == ["@Ann appeal A7K2: overturned"]
        assert public(appealed().answer(apologise=False)) == []

    @pytest.mark.norm("N3.3-3b", "behaviour")
    def test_it_may_be_right_in_part(self) -> None:
        matter = Matter()
        matter.judge(FULL)
        matter.appeal()
        changes = matter.answer(AppealStatus.PARTIAL, answer="the mute was too much", revoked=("A7K2.2",))
        assert [entry.action_id for entry in changes.entries if isinstance(entry, MeasureRevoked)] == ["A7K2.2"]
        assert matter.case.action("A7K2.1").status is MeasureStatus.PENDING  # type: ignore[union-attr]
        assert (matter.case.status, matter.case.appeals[0].status) == (CaseStatus.DECIDED, AppealStatus.PARTIAL)

    @pytest.mark.norm("N3.3-3b", "bad-input")
    @pytest.mark.parametrize("revoked", [(), ("A7K2.9",), ("A7K2.1", "A7K2.2")])
    def test_a_part_is_some_of_what_runs_and_not_all(self, revoked: tuple[str, ...]) -> None:
        matter = Matter()
        matter.judge(FULL)
        matter.appeal()
        wanted = answered(AppealStatus.PARTIAL, answer="the mute was too much", revoked=revoked)
        assert matter.refused(matter.registrar.answer(wanted, NOW)) == "unfit"

    @pytest.mark.norm("N3.3-3b", "behaviour")
    @given(
        outcome=st.sampled_from(AppealStatus),
        revoked=st.lists(st.sampled_from(["A7K2.1", "A7K2.2", "B9B9.1", ""]), unique=True).map(tuple),
        answer=st.sampled_from(["looked at it", "", "ban them"]),
        late=st.booleans(),
    )
    def test_an_answer_is_never_harsher(
        self, outcome: AppealStatus, revoked: tuple[str, ...], answer: str, late: bool
    ) -> None:
        matter = Matter()
        matter.judge(FULL)
        matter.appeal()
        if late:
            matter.done(matter.registrar.appeal_overdue("A7K2/1", NOW + timedelta(minutes=1)))
        before = {action.id: action for action in matter.case.actions}
        wanted = answered(outcome, answer=answer, revoked=revoked)
        reply = matter.apply(matter.registrar.answer(wanted, NOW + timedelta(minutes=2)))
        if isinstance(reply, Refusal):
            return
        assert (reply.strikes, reply.statements) == ((), ())
        for action in orders(reply):
            lifts = action.kind in (ActionKind.UNMUTE, ActionKind.UNBAN)
            goes_on = action.kind is ActionKind.MUTE and action.until == before["A7K2.2"].until
            assert lifts or (late and goes_on)


class TestNobodyAnswers:
    @pytest.mark.norm("N3.3-2", "deadline")
    def test_the_answer_is_due_in_a_day_while_a_measure_runs_else_in_seven(self) -> None:
        still = appealed()
        (one,) = [one for changes in still.committed for one in running(changes) if one.ref == "A7K2/1"]
        assert (one.key, one.due_at) == ("appeal_decide_running", NOW + DAY)
        over = Matter()
        (mute,) = orders(over.measure())
        over.done(over.registrar.end(mute.id, NOW, lift=False))
        (other,) = [one for one in running(over.appeal()) if one.ref == "A7K2/1"]
        assert (other.key, other.due_at) == ("appeal_decide", NOW + 7 * DAY)

    @pytest.mark.norm("N3.3-2", "deadline")
    def test_a_running_measure_is_suspended_on_the_platform(self) -> None:
        matter = Matter()
        matter.measure(span=3 * DAY)
        matter.outcome("A7K2.1")
        matter.appeal()
        matter.wait(DAY)
        changes = matter.done(matter.registrar.appeal_overdue("A7K2/1", matter.now))
        assert kinds(changes) == [ActionKind.UNMUTE]
        assert matter.case.in_force() == ()
        assert changes.strikes_cleared == (), "the decision itself stands"
        assert [one.key for one in changes.deadlines] == ["revoke"]
        assert matter.case.appeals[0].overdue
        assert matter.refused(matter.registrar.appeal_overdue("A7K2/1", matter.now)) == "already"

    @pytest.mark.norm("N3.3-2", "deadline")
    @pytest.mark.parametrize(("waited", "restored"), [(2 * DAY, True), (4 * DAY, False)])
    def test_upheld_later_it_goes_on_for_the_time_left_only(self, waited: timedelta, restored: bool) -> None:
        matter = Matter()
        matter.measure(span=3 * DAY)
        matter.appeal()
        matter.wait(DAY)
        matter.done(matter.registrar.appeal_overdue("A7K2/1", matter.now))
        matter.now = NOW + waited
        changes = matter.answer(AppealStatus.UPHELD)
        ends = [(action.kind, action.until) for action in orders(changes)]
        assert ends == ([(ActionKind.MUTE, NOW + 3 * DAY)] if restored else [])
        assert (changes.strikes, changes.statements) == ((), ())

    @pytest.mark.norm("N3.3-2", "deadline")
    def test_a_severe_one_goes_to_the_operator_the_same_day(self) -> None:
        matter = Matter()
        matter.measure(Measure.BAN, rule="R3") if _bans(matter) else matter.judge(severity=Severity.SEVERE)
        matter.appeal()
        matter.wait(DAY)
        changes = matter.done(matter.registrar.appeal_overdue("A7K2/1", matter.now))
        assert orders(changes) == []
        told = [(letter.ref, letter.key) for letter in changes.letters if letter.to == "staff"]
        assert told == [("role:operator", "appeal_severe_late")]

    @pytest.mark.norm("N3.3-2", "bad-input")
    def test_an_answered_one_is_not_overdue(self) -> None:
        matter = appealed()
        matter.answer()
        assert matter.refused(matter.registrar.appeal_overdue("A7K2/1", matter.now)) == "already"


def _bans(matter: Matter) -> bool:
    from tests.cases.matter import commanded

    return isinstance(matter.registrar.measure(commanded(Measure.BAN, rule="R3"), NOW)(None, "X"), Changes)
