"""Taking appeals: who may, until when, and what an appeal that lacks something becomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import intents
from cases.history import Changes, RespondentInformed
from cases.house import House
from cases.model import Actor, ActorKind, AppealStatus, CaseStatus, Profile, Refusal
from cases.registrar import Registrar
from cases.staff import Member, StaffBook
from tests.cases.matter import ANN, BEN, FULL, MAX, MONA, NOW, OWNER, ROOM, Matter, answered, orders, running
from tests.cases.seals import SEALS

SECOND = timedelta(seconds=1)
WINDOW = timedelta(days=180)
SUPERVISOR = Actor(ActorKind.SUPERVISOR, "sue", "Sue")


def made(reasons: str = "it was a song", sender_id: str = "ann", **more: object) -> intents.AppealMade:
    return intents.AppealMade(sender_id, reasons, **more)  # type: ignore[arg-type]


@pytest.fixture
def matter() -> Matter:
    """Ann is muted, by the checks."""
    muted = Matter()
    muted.judge()
    return muted


class TestTheTimeToAppeal:
    @pytest.mark.norm("N3.2-1b", "bad-input")
    @pytest.mark.norm("N3.3-1", "deadline")
    def test_it_does_not_run_before_the_person_is_informed(self, matter: Matter) -> None:
        assert matter.registrar.appeal_ends(matter.case, "ann") is None
        matter.wait(timedelta(days=400))
        matter.appeal()
        assert matter.case.informed_at("ann") == matter.now, "the first attempt shows that they know"
        assert matter.registrar.appeal_ends(matter.case, "ann") == matter.now + WINDOW

    @pytest.mark.norm("N3.3-1", "deadline")
    @given(
        informed=st.datetimes(datetime(2026, 1, 1), datetime(2032, 12, 31)),  # noqa: DTZ001  # the zone is drawn apart
        zone=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    )
    def test_it_ends_to_the_second_wherever_one_lives_leap_days_included(
        self, informed: datetime, zone: timezone
    ) -> None:
        matter = Matter(now=informed.replace(tzinfo=zone).astimezone(UTC))
        matter.judge()
        matter.inform()
        ends = matter.now + WINDOW
        in_time = Registrar(SEALS, matter.house).appeal(made(), ends.astimezone(zone))(matter.case, "X")
        late = Registrar(SEALS, matter.house).appeal(made(), ends + timedelta(microseconds=1))(matter.case, "X")
        assert isinstance(in_time, Changes)
        assert isinstance(late, Refusal)
        assert late.reason == "too_late"
        assert f"{matter.case.informed_at('ann'):%Y-%m-%d}" in late.detail
        assert f"{ends:%Y-%m-%d}" in late.detail

    @pytest.mark.norm("N3.3-1", "deadline")
    def test_over_a_leap_day_it_is_180_days_all_the_same(self) -> None:
        matter = Matter(now=datetime(2028, 2, 28, 23, 59, 59, tzinfo=UTC))
        matter.judge()
        matter.inform()
        assert matter.registrar.appeal_ends(matter.case, "ann") == datetime(2028, 8, 26, 23, 59, 59, tzinfo=UTC)

    @pytest.mark.norm("N3.3-1", "deadline")
    def test_no_house_makes_it_shorter(self) -> None:
        matter = Matter(House(appeal_window=timedelta(days=3)))
        matter.judge()
        matter.inform()
        matter.wait(WINDOW)
        matter.appeal()

    @pytest.mark.norm("N3.3-1", "bad-input")
    @pytest.mark.parametrize(
        ("by", "profile", "admitted"),
        [
            (SUPERVISOR, Profile.PLATFORM, True),
            (SUPERVISOR, Profile.SOLO, True),
            (OWNER, Profile.SOLO, True),
            (OWNER, Profile.TEAM, False),
            (MONA, Profile.PLATFORM, False),
            (None, Profile.SOLO, False),
        ],
    )
    def test_a_late_one_may_be_admitted_by_a_supervisor(
        self, by: Actor | None, profile: Profile, admitted: bool
    ) -> None:
        matter = Matter(House(profile))
        matter.judge()
        matter.inform()
        matter.wait(WINDOW + SECOND)
        answer = matter.apply(matter.registrar.appeal(made(admitted_by=by), matter.now))
        assert isinstance(answer, Changes) == admitted
        if admitted:
            assert matter.case.appeals[0].late

    @pytest.mark.norm("N3.2-1b", "deadline")
    def test_one_is_informed_once_and_anew_of_a_new_decision(self, matter: Matter) -> None:
        first = matter.inform(how="whisper")
        assert isinstance(first.entries[0], RespondentInformed)
        assert matter.refused(matter.registrar.inform("ann", "page", matter.now)) == "already"
        informed_at = matter.now
        matter.wait(timedelta(minutes=6))
        matter.judge(FULL, message_ids=("m9",))
        assert matter.case.informed_at("ann") is None
        matter.wait(SECOND)
        matter.inform()
        assert matter.case.informed_at("ann") == matter.now
        assert matter.case.informed_at("ann", informed_at) == informed_at, "of the first decision they knew before"

    @pytest.mark.norm("N3.3-1", "bad-input")
    def test_nobody_is_informed_of_what_does_not_concern_them(self, matter: Matter) -> None:
        assert matter.refused(matter.registrar.inform("ben", "page", NOW)) == "unknown_case"


class TestAnAppealThatLacksReasons:
    @pytest.mark.norm("N3.3-1", "deadline")
    def test_it_is_kept_and_asked_for_them_within_seven_days(self, matter: Matter) -> None:
        changes = matter.appeal(reasons=" ")
        (appeal,) = matter.case.appeals
        assert (appeal.status, appeal.cure_until) == (AppealStatus.NEEDS_INFO, NOW + timedelta(days=7))
        assert ("appeal_ack", "A7K2/1") in changes.deadlines_kept
        assert [(one.key, one.ref, one.due_at) for one in running(changes)] == [
            ("appeal_cure", "A7K2/1", NOW + timedelta(days=7))
        ]
        assert [letter.key for letter in changes.letters] == ["appeal_needs_info"]
        assert matter.case.status is CaseStatus.APPEALED

    @pytest.mark.norm("N3.3-1", "behaviour")
    def test_reasons_that_come_in_time_complete_it(self, matter: Matter) -> None:
        matter.appeal(reasons="")
        matter.wait(timedelta(days=6))
        changes = matter.done(matter.registrar.appeal(made(evidence=("https://clip.example/1",)), matter.now))
        (appeal,) = matter.case.appeals
        assert (appeal.status, appeal.reasons) == (AppealStatus.OPEN, "it was a song")
        assert appeal.evidence == ("https://clip.example/1",)
        assert changes.deadlines_met == (("appeal_cure", "A7K2/1"),)
        assert [one.key for one in changes.deadlines] == ["appeal_decide_running"]

    @pytest.mark.norm("N3.3-1", "deadline")
    def test_after_that_it_is_judged_as_it_stands_not_dropped(self, matter: Matter) -> None:
        matter.appeal(reasons="")
        early = matter.registrar.answer(answered(AppealStatus.UPHELD), matter.now)
        assert matter.refused(early) == "no_appeal"
        assert matter.refused(matter.registrar.cure_lapsed("A7K2/1", matter.now)) == "already"
        matter.wait(timedelta(days=7))
        matter.done(matter.registrar.cure_lapsed("A7K2/1", matter.now))
        matter.answer(AppealStatus.UPHELD)
        assert matter.case.status is CaseStatus.UPHELD


class TestHowOften:
    @pytest.mark.norm("N3.3-1", "behaviour")
    def test_a_second_one_says_what_is_new(self, matter: Matter) -> None:
        matter.appeal()
        matter.answer(AppealStatus.UPHELD)
        assert matter.refused(matter.registrar.appeal(made("again"), NOW)) == "what_is_new"
        matter.appeal(news="the clip was found")
        assert matter.case.appeals[1].news == "the clip was found"
        matter.answer(AppealStatus.UPHELD, by=OWNER)
        assert matter.refused(matter.registrar.appeal(made(news="more"), NOW)) == "answered"

    @pytest.mark.norm("N3.3-1", "behaviour")
    def test_a_new_decision_may_be_appealed_anew(self, matter: Matter) -> None:
        for _ in range(2):
            matter.appeal(news="new")
            matter.answer(AppealStatus.UPHELD, by=MAX if not matter.case.appeals[1:] else OWNER)
        matter.wait(timedelta(minutes=6))
        matter.judge(message_ids=("m9",))
        matter.appeal()
        assert len(matter.case.appeals) == 3

    @pytest.mark.norm("N3.3-1", "behaviour")
    def test_it_costs_nothing_and_works_after_the_mute_and_for_each_respondent(self, matter: Matter) -> None:
        matter.judge(respondent=BEN, message_ids=("m2",))
        (mute,) = [action for action in matter.case.actions if action.respondent == ANN.id]
        matter.wait(timedelta(minutes=5))
        matter.done(matter.registrar.end(mute.id, matter.now, lift=False))
        matter.appeal("ann")
        matter.appeal("ben")
        assert [appeal.respondent for appeal in matter.case.appeals] == ["ann", "ben"]
        keys = [one.key for changes in matter.committed for one in running(changes) if one.key.startswith("appeal")]
        assert keys == ["appeal_decide", "appeal_decide_running"], "sooner where a measure still runs"


class TestRefusedReporters:
    def refused(self, profile: Profile = Profile.SOLO) -> Matter:
        matter = Matter(House(profile))
        matter.report("p-cai")
        matter.report("p-dan")
        matter.done(matter.registrar.dismiss(intents.DismissCommanded(MONA, "nothing in it at all"), matter.now))
        return matter

    @pytest.mark.norm("N3.3-1", "behaviour")
    @pytest.mark.norm("N2.3-1", "behaviour")
    def test_they_have_the_same_right_and_another_person_answers(self) -> None:
        matter = self.refused(Profile.TEAM)
        report = matter.case.reports[0].id
        matter.done(matter.registrar.appeal(made("he did", sender_id="", report=report), NOW))
        assert matter.case.status is CaseStatus.APPEALED
        assert matter.refused(matter.registrar.answer(answered(by=MONA), NOW)) == "involved"
        changes = matter.answer(by=MAX)
        assert (matter.case.status, orders(changes)) == (CaseStatus.OPEN, [])
        assert [letter.key for letter in changes.letters if letter.ref == report] == ["objection_overturned"]

    @pytest.mark.norm("N3.3-1", "behaviour")
    def test_kept_it_stays_as_it_was(self) -> None:
        matter = self.refused()
        report = matter.case.reports[1].id
        matter.done(matter.registrar.appeal(made("he did", sender_id="", report=report), NOW))
        matter.answer(AppealStatus.UPHELD)
        assert matter.case.status is CaseStatus.DISMISSED

    @pytest.mark.norm("N3.3-1", "bad-input")
    def test_only_a_refused_report_of_this_case(self) -> None:
        matter = self.refused()
        nothing = Matter().apply(matter.registrar.appeal(made(sender_id="", report="A7K2-r1"), NOW))
        stranger = matter.apply(matter.registrar.appeal(made(sender_id="", report="B3C4-r1"), NOW))
        assert nothing == stranger
        accepted = Matter()
        accepted.report("p-cai")
        accepted.measure()
        mine = made(sender_id="", report=accepted.case.reports[0].id)
        assert accepted.refused(accepted.registrar.appeal(mine, NOW)) == "unknown_case"


class TestWhatIsKept:
    @pytest.mark.norm("N3.3-1", "behaviour")
    def test_evidence_is_kept_and_the_contact_only_sealed(self, matter: Matter) -> None:
        changes = matter.done(
            matter.registrar.appeal(made(evidence=("a clip", " ", "a witness"), contact="ann@example.org"), NOW)
        )
        (appeal,) = matter.case.appeals
        assert appeal.arguments == ("it was a song", "a clip", "a witness")
        assert SEALS.unseal("appeal-contact", appeal.contact) == "ann@example.org"
        assert b"ann@example.org" not in msgspec.json.encode(changes)

    @pytest.mark.norm("N3.3-2", "behaviour")
    def test_everybody_concerned_is_heard(self) -> None:
        matter = Matter()
        matter.report("p-cai")
        matter.measure()
        matter.appeal()
        report = matter.case.reports[0].id
        appellant = Actor(ActorKind.VIEWER, SEALS.pseudonym(ROOM, "ann"))
        for remark in (
            intents.AppealRemarkMade(MONA, "he was warned before"),
            intents.AppealRemarkMade(Actor(ActorKind.VIEWER), "it went on for days", report),
            intents.AppealRemarkMade(appellant, "one thing more"),
        ):
            matter.done(matter.registrar.remark(remark, NOW))
        assert [(one.role, one.ref) for one in matter.case.appeals[0].remarks] == [
            ("decider", "mona"),
            ("reporter", report),
            ("appellant", ""),
        ]

    @pytest.mark.norm("N3.3-2", "behaviour")
    def test_who_decided_in_chat_is_heard_at_the_desk(self) -> None:
        mona = Member("staff-1", "Mona", frozenset({"irc:mona"}), frozenset({ActorKind.MODERATOR}), "a")
        matter = Matter(House(Profile.TEAM, staff=StaffBook([mona])))
        matter.measure()
        matter.appeal()
        remark = intents.AppealRemarkMade(Actor(ActorKind.MODERATOR, "staff-1"), "he was warned before")
        matter.done(matter.registrar.remark(remark, NOW))
        assert [one.role for one in matter.case.appeals[0].remarks] == ["decider"]

    @pytest.mark.norm("N3.3-2", "bad-input")
    def test_nobody_else_is(self, matter: Matter) -> None:
        matter.appeal()
        stranger = intents.AppealRemarkMade(Actor(ActorKind.VIEWER, "p-eve"), "me too")
        assert matter.refused(matter.registrar.remark(stranger, NOW)) == "unknown_case"
        assert (
            matter.refused(matter.registrar.remark(intents.AppealRemarkMade(MAX, "as I said"), NOW)) == "unknown_case"
        )
