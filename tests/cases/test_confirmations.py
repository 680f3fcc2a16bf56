"""What a decision still needs from people: confirmed, seconded, explained, looked at again, or it takes itself back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases import intents
from cases.draft import MEANWHILE
from cases.history import BanProposed, Changes, Confirmed, MeasureLapsed, ProposalMoved
from cases.house import House
from cases.model import (
    ActionKind,
    Actor,
    ActorKind,
    AppealStatus,
    MeasureStatus,
    OrderedAction,
    Profile,
    ProposalStatus,
)
from cases.sentence import Measure
from tests.cases.matter import ANN, BEN, FULL, MAX, MINUTE, MONA, NOW, Matter, kinds, orders, public

SHARED = (Profile.TEAM, Profile.PLATFORM)
M = MeasureStatus
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture(params=SHARED)
def matter(request: pytest.FixtureRequest) -> Matter:
    """A house in which people share the work."""
    return Matter(House(request.param))


def action(matter: Matter, number: int) -> OrderedAction:
    return matter.case.actions[number]


def status(matter: Matter, number: int = 0) -> MeasureStatus:
    return action(matter, number).status


def running(changes: Changes, key: str) -> dict[str, timedelta]:
    """What a deadline of this key runs for, and how long."""
    return {row.ref: row.due_at - row.started_at for row in changes.deadlines if row.key == key}


def confirm(matter: Matter, by: Actor = MONA) -> Changes:
    return matter.done(matter.registrar.confirm(intents.MeasuresConfirmed(by), matter.now))


def second(matter: Matter, by: Actor = MAX, *, agrees: bool = True, reason: str = "") -> Changes:
    return matter.done(matter.registrar.second(intents.BanSeconded(by, agrees, reason), matter.now))


def expire(matter: Matter, key: str, ref: str) -> Changes:
    return matter.done(matter.registrar.expire(key, ref, matter.now))


class TestProvisionalMeasures:
    """Norm N1.3-2: automatic measures are provisional, marked so, and lapse if no person confirms them."""

    @pytest.mark.norm("N1.3-2", "behaviour")
    @pytest.mark.norm("N1.3-2", "deadline")
    def test_an_automatic_mute_is_provisional_for_half_an_hour(self, matter: Matter) -> None:
        changes = matter.judge(FULL)
        mute = action(matter, 1)
        assert running(changes, "provisional_expiry") == {mute.id: HALF_HOUR}
        assert mute.provisional_until == changes.statements[0].provisional_until == NOW + HALF_HOUR
        assert action(matter, 0).provisional_until is None
        assert matter.case.decided_by == "automatic"

    @pytest.mark.norm("N1.3-2", "behaviour")
    def test_a_person_keeps_it(self, matter: Matter) -> None:
        matter.judge(FULL)
        changes = confirm(matter)
        assert [type(entry) for entry in changes.entries] == [Confirmed]
        assert changes.deadlines_met == (("provisional_expiry", "A7K2.2"),)
        assert (action(matter, 1).provisional_until, matter.case.deciders) == (None, ("mona",))
        assert matter.case.decided_by == "mixed"
        assert expire(matter, "provisional_expiry", "A7K2.2").entries == ()
        assert len(matter.case.in_force("ann")) == 1

    @pytest.mark.norm("N1.3-2", "deadline")
    def test_unconfirmed_it_lapses_on_the_platform_and_leaves_no_strike(self, matter: Matter) -> None:
        matter.judge(FULL)
        matter.wait(HALF_HOUR)
        changes = expire(matter, "provisional_expiry", "A7K2.2")
        assert isinstance(changes.entries[0], MeasureLapsed)
        assert [(one.kind, one.undoes) for one in orders(changes)] == [(ActionKind.UNMUTE, "A7K2.2")]
        assert (changes.timers_done, changes.strikes_cleared) == (("A7K2.2",), ("ann",))
        assert (status(matter, 1), matter.case.in_force()) == (M.LAPSED, ())
        assert expire(matter, "provisional_expiry", "A7K2.2").entries == ()

    @pytest.mark.norm("N1.3-2", "deadline")
    def test_a_short_one_that_ended_leaves_no_strike_either(self, matter: Matter) -> None:
        (mute,) = orders(matter.judge())
        matter.wait(5 * MINUTE)
        matter.done(matter.registrar.end(mute.id, matter.now, lift=False))
        matter.wait(HALF_HOUR)
        changes = expire(matter, "provisional_expiry", mute.id)
        assert (changes.strikes_cleared, orders(changes)) == (("ann",), [])

    def test_after_it_lapsed_the_next_fault_mutes_again(self, matter: Matter) -> None:
        matter.judge()
        matter.wait(HALF_HOUR)
        expire(matter, "provisional_expiry", "A7K2.1")
        assert kinds(matter.judge()) == [ActionKind.MUTE]

    @pytest.mark.norm("N1.3-2", "bad-input")
    def test_what_is_not_provisional_is_not_confirmed(self, matter: Matter) -> None:
        registrar = matter.registrar
        wanted = intents.MeasuresConfirmed(MONA)
        matter.measure()
        assert matter.refused(registrar.confirm(wanted, NOW)) == "nothing_to_confirm"
        for kind in (ActorKind.BOT, ActorKind.VIEWER, ActorKind.PRIVACY):
            mine = intents.MeasuresConfirmed(Actor(kind, "zoe"))
            assert matter.refused(registrar.confirm(mine, NOW)) == "not_allowed"

    @pytest.mark.norm("N1.3-2", "bad-input")
    def test_what_lapsed_is_confirmed_no_more(self, matter: Matter) -> None:
        matter.judge()
        matter.wait(HALF_HOUR)
        expire(matter, "provisional_expiry", "A7K2.1")
        wanted = matter.registrar.confirm(intents.MeasuresConfirmed(MONA), matter.now)
        assert matter.refused(wanted) == "nothing_to_confirm"

    def test_what_was_lifted_waits_for_nobody(self, matter: Matter) -> None:
        matter.judge()
        lifted = matter.registrar.lift(intents.LiftCommanded(MONA, Measure.MUTE, "ann", "a song"), matter.now)
        assert ("provisional_expiry", "A7K2.1") in matter.done(lifted).deadlines_dropped
        assert expire(matter, "provisional_expiry", "A7K2.1").entries == ()

    @pytest.mark.norm("N1.3-2", "behaviour")
    def test_in_solo_it_is_not_provisional_but_a_day_at_most(self) -> None:
        matter = Matter()
        changes = matter.judge(FULL)
        assert (action(matter, 1).provisional_until, running(changes, "provisional_expiry")) == (None, {})
        assert matter.refused(matter.registrar.confirm(intents.MeasuresConfirmed(MONA), NOW)) == "nothing_to_confirm"

    def test_a_persons_measure_is_never_provisional(self, matter: Matter) -> None:
        matter.measure()
        assert action(matter, 0).provisional_until is None


class TestTheSecondPerson:
    """Norm N3.1-2c: two people for a ban, in two hours, else it lapses to a mute."""

    @pytest.mark.norm("N3.1-2c", "behaviour")
    @pytest.mark.norm("N3.1-2c", "deadline")
    def test_one_person_deletes_and_mutes_at_once_and_proposes(self, matter: Matter) -> None:
        changes = matter.measure(Measure.BAN, message_ids=("m1",))
        assert kinds(changes) == [ActionKind.DELETE, ActionKind.MUTE]
        assert action(matter, 1).until == NOW + MEANWHILE
        assert matter.case.measures == (Measure.DELETE, Measure.MUTE)
        (proposal,) = matter.case.proposals
        assert (proposal.id, proposal.by, proposal.meanwhile) == ("A7K2!1", "mona", "A7K2.2")
        assert isinstance(changes.entries[-1], BanProposed)
        assert running(changes, "ban_second") == {"A7K2!1": timedelta(hours=2)}

    @pytest.mark.norm("N3.1-2c", "behaviour")
    def test_somebody_else_agrees_and_the_ban_takes_the_mutes_place(self, matter: Matter) -> None:
        matter.measure(Measure.BAN)
        matter.wait(MINUTE)
        changes = second(matter)
        assert kinds(changes) == [ActionKind.BAN]
        assert [one.kind for one in matter.case.in_force("ann")] == [ActionKind.BAN]
        assert matter.case.deciders == ("mona", "max")
        assert ("ban_second", "A7K2!1") in changes.deadlines_met
        assert running(changes, "ban_review") == {"A7K2.2": timedelta(days=90)}
        assert [(one.measures, one.until) for one in changes.statements] == [((Measure.BAN,), None)]
        assert public(changes) == ["@Ann banned: no insults. Case A7K2"]
        assert changes.timers_done == ("A7K2.1",)

    @pytest.mark.norm("N3.1-2c", "bad-input")
    def test_never_the_same_person(self, matter: Matter) -> None:
        matter.measure(Measure.BAN)
        for by in (MONA, Actor(ActorKind.OPERATOR, "mona")):
            assert matter.refused(matter.registrar.second(intents.BanSeconded(by), NOW)) == "same_person"
        assert matter.case.proposals[0].status is ProposalStatus.PROPOSED

    @pytest.mark.norm("N3.1-2c", "bad-input")
    def test_nor_twice_nor_where_nothing_waits(self, matter: Matter) -> None:
        registrar = matter.registrar
        matter.measure()
        assert matter.refused(registrar.second(intents.BanSeconded(MAX), NOW)) == "nothing_to_confirm"
        matter = Matter(matter.house)
        matter.measure(Measure.BAN)
        second(matter)
        assert matter.refused(registrar.second(intents.BanSeconded(MAX), NOW)) == "nothing_to_confirm"

    @pytest.mark.norm("N3.1-2c", "deadline")
    def test_after_two_hours_it_lapses_to_the_mute(self, matter: Matter) -> None:
        matter.measure(Measure.BAN)
        matter.wait(timedelta(hours=2))
        changes = expire(matter, "ban_second", "A7K2!1")
        assert [type(entry) for entry in changes.entries] == [ProposalMoved]
        assert matter.case.proposals[0].status is ProposalStatus.LAPSED
        assert [one.kind for one in matter.case.in_force("ann")] == [ActionKind.MUTE]
        assert matter.refused(matter.registrar.second(intents.BanSeconded(MAX), matter.now)) == "nothing_to_confirm"

    def test_somebody_declines_with_a_reason(self, matter: Matter) -> None:
        matter.measure(Measure.BAN)
        refusal = matter.registrar.second(intents.BanSeconded(MAX, agrees=False), NOW)
        assert matter.refused(refusal) == "no_reason"
        second(matter, agrees=False, reason="a mute is enough")
        assert matter.case.proposals[0].status is ProposalStatus.DECLINED
        assert [one.kind for one in matter.case.in_force("ann")] == [ActionKind.MUTE]

    def test_whoever_lifts_the_mute_withdraws_the_ban(self, matter: Matter) -> None:
        matter.measure(Measure.BAN)
        lifted = matter.registrar.lift(intents.LiftCommanded(MAX, Measure.MUTE, "ann", "a joke"), matter.now)
        assert ("ban_second", "A7K2!1") in matter.done(lifted).deadlines_dropped
        assert matter.case.proposals[0].status is ProposalStatus.DECLINED

    @pytest.mark.norm("N3.1-2c", "behaviour")
    def test_in_solo_one_person_bans(self) -> None:
        matter = Matter()
        changes = matter.measure(Measure.BAN, message_ids=("m1",))
        assert kinds(changes) == [ActionKind.DELETE, ActionKind.BAN]
        assert matter.case.proposals == ()
        assert running(changes, "ban_review") == {"A7K2.2": timedelta(days=90)}


class TestTheReviewOfABan:
    """Norm N3.1-2c: what has no end is looked at again."""

    def look(self, *, keep: bool, reason: str = "still threatens", action_id: str = "A7K2.1") -> intents.BanLookedAt:
        return intents.BanLookedAt(MAX, action_id, keep, reason)

    @pytest.mark.norm("N3.1-2c", "deadline")
    def test_kept_it_is_looked_at_again_in_ninety_days(self) -> None:
        matter = Matter()
        matter.measure(Measure.BAN)
        matter.wait(timedelta(days=90))
        changes = matter.done(matter.registrar.review_ban(self.look(keep=True), matter.now))
        assert ("ban_review", "A7K2.1") in changes.deadlines_met
        (again,) = [row for row in changes.deadlines if row.key == "ban_review"]
        assert again.due_at == matter.now + timedelta(days=90)
        assert len(matter.case.in_force()) == 1

    @pytest.mark.norm("N3.1-2c", "behaviour")
    def test_or_lifted(self) -> None:
        matter = Matter()
        matter.measure(Measure.BAN)
        changes = matter.done(matter.registrar.review_ban(self.look(keep=False), matter.now))
        assert kinds(changes) == [ActionKind.UNBAN]
        assert matter.case.in_force() == ()

    @pytest.mark.norm("N3.1-2c", "bad-input")
    def test_with_a_reason_and_only_what_runs(self) -> None:
        matter = Matter()
        matter.measure(Measure.BAN)
        for seen, word in (
            (self.look(keep=True, reason=" "), "no_reason"),
            (self.look(keep=True, action_id="A7K2.9"), "not_running"),
        ):
            assert matter.refused(matter.registrar.review_ban(seen, NOW)) == word


class TestTheReasonsOfACommand:
    """Norm N3.1-2e: long reasons are written on the desk within the deadline, else the measure lapses."""

    @pytest.mark.norm("N3.1-2e", "deadline")
    def test_without_reasons_a_mute_lapses_after_half_an_hour(self, matter: Matter) -> None:
        changes = matter.measure(reason="")
        assert running(changes, "command_reasons") == {"A7K2.1": HALF_HOUR}
        matter.wait(HALF_HOUR)
        lapsed = expire(matter, "command_reasons", "A7K2.1")
        assert kinds(lapsed) == [ActionKind.UNMUTE]
        assert (status(matter), lapsed.strikes_cleared) == (M.LAPSED, ("ann",))

    @pytest.mark.norm("N3.1-2e", "behaviour")
    def test_reasons_written_in_time_keep_it(self, matter: Matter) -> None:
        matter.measure(reason="")
        explained = intents.ReasonsWritten(MONA, "went on insulting after two warnings")
        changes = matter.done(matter.registrar.explain(explained, matter.now))
        assert ("command_reasons", "A7K2.1") in changes.deadlines_met
        assert matter.case.reasons == ("went on insulting after two warnings",)
        assert expire(matter, "command_reasons", "A7K2.1").entries == ()
        assert len(matter.case.in_force()) == 1

    @pytest.mark.norm("N3.1-2e", "bad-input")
    def test_empty_reasons_are_none(self, matter: Matter) -> None:
        matter.measure(reason="")
        assert matter.refused(matter.registrar.explain(intents.ReasonsWritten(MONA, " \n"), NOW)) == "no_reason"

    @pytest.mark.parametrize(
        ("profile", "given"),
        [
            (Profile.SOLO, {"reason": ""}),
            (Profile.TEAM, {"reason": "insults"}),
            (Profile.TEAM, {"measure": Measure.WARN, "reason": ""}),
            (Profile.TEAM, {"measure": Measure.DELETE, "reason": ""}),
        ],
    )
    def test_nothing_is_owed_in_solo_with_reasons_or_where_nothing_runs(
        self, profile: Profile, given: dict[str, Any]
    ) -> None:
        matter = Matter(House(profile))
        assert running(matter.measure(**given), "command_reasons") == {}


def test_what_only_stands_on_record_changes_nothing(matter: Matter) -> None:
    matter.report()
    assert matter.refused(matter.registrar.expire("review_moderate", "A7K2", NOW)) == "invalid_transition"


def test_a_wave_lapses_person_by_person(matter: Matter) -> None:
    matter.judge(episode="wave:c1", rule="R2")
    matter.judge(episode="wave:c1", rule="R2", respondent=BEN)
    matter.wait(HALF_HOUR)
    expire(matter, "provisional_expiry", "A7K2.1")
    assert [one.respondent for one in matter.case.in_force()] == ["ben"]
    assert matter.case.respondents == (ANN, BEN)


def test_an_overturned_case_has_nothing_left_to_lapse(matter: Matter) -> None:
    matter.judge()
    matter.appeal()
    changes = matter.answer(AppealStatus.OVERTURNED, by=MAX, findings=("it was a song",))
    assert ("provisional_expiry", "A7K2.1") in changes.deadlines_dropped
    assert expire(matter, "provisional_expiry", "A7K2.1").entries == ()
