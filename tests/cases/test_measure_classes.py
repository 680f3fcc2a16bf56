"""Which measure which class allows, on which ground, under which rule (norm N1.1, N1.3-1, N3.1-2a to N3.1-2c)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import intents
from cases.history import Changes, Judged
from cases.house import House
from cases.ladder import Ladder
from cases.model import ActionKind, Actor, ActorKind, Ground, Profile, Refusal
from cases.rulebook import FIRST
from cases.rules import HOUSE_RULES
from cases.sentence import ALLOWED, Measure, Sentence, Severity, sentence
from tests.cases.matter import BEN, MINUTE, MONA, NOW, Matter, commanded, judged, orders, public

HARSHER = {
    Severity.MINOR: {Measure.REMIND, Measure.WARN, Measure.HIDE},
    Severity.MODERATE: {Measure.REMIND, Measure.WARN, Measure.HIDE, Measure.DELETE, Measure.MUTE},
    Severity.SEVERE: set(Measure),
}
"""The table of the norm, restated apart from the code."""


def wanted(measure: Measure, **changes: Any) -> Any:
    return commanded(
        measure, rule="R0", message_ids=("m1",), span=MINUTE if measure is Measure.MUTE else None, **changes
    )


def answer(matter: Matter, measure: Measure, **changes: Any) -> Changes | Refusal:
    return matter.apply(matter.registrar.measure(wanted(measure, **changes), NOW))


@pytest.mark.norm("N3.1-2a", "behaviour")
@pytest.mark.norm("N3.1-2b", "behaviour")
@pytest.mark.norm("N3.1-2c", "behaviour")
@pytest.mark.norm("N1.3-1", "behaviour")
def test_the_table_is_the_norms() -> None:
    assert {severity: set(measures) for severity, measures in ALLOWED.items()} == HARSHER


@pytest.mark.norm("N3.1-2a", "bad-input")
@pytest.mark.norm("N3.1-2b", "bad-input")
@pytest.mark.norm("N3.1-2c", "bad-input")
@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("measure", Measure)
def test_every_class_by_every_measure_by_command(profile: Profile, severity: Severity, measure: Measure) -> None:
    given_ = answer(Matter(House(profile)), measure, severity=severity)
    assert isinstance(given_, Changes) == (measure in HARSHER[severity])
    assert isinstance(given_, Changes) or given_.reason == "too_severe"


@pytest.mark.norm("N3.1-2a", "bad-input")
@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("measure", Measure)
def test_every_class_by_every_measure_by_the_checks(severity: Severity, measure: Measure) -> None:
    what = sentence(mute=MINUTE) if measure is Measure.MUTE else sentence(measure)
    matter = Matter()
    given_ = matter.apply(matter.registrar.judge(judged(what, severity, rule="R0"), NOW))
    assert isinstance(given_, Changes) == (measure in HARSHER[severity] - {Measure.BAN})


class TestMinor:
    @pytest.mark.norm("N3.1-2a", "behaviour")
    @pytest.mark.parametrize("measure", sorted(HARSHER[Severity.MINOR]))
    def test_it_deletes_mutes_and_strikes_nothing(self, measure: Measure) -> None:
        changes = Matter().measure(measure, rule="R3")
        assert (orders(changes), changes.strikes, changes.statements, changes.timers) == ([], (), (), ())

    @pytest.mark.norm("N3.1-2a", "behaviour")
    @pytest.mark.norm("N3.1-2a", "deadline")
    def test_the_reminder_invites_to_rephrase_with_the_decision_itself_and_once(self) -> None:
        matter = Matter()
        what = sentence(Measure.HIDE, Measure.REMIND)
        minor: dict[str, Any] = {"severity": Severity.MINOR, "rule": "R3", "category": "insult"}
        assert public(matter.judge(what, **minor)) == ["@Ann please rephrase (no insults); !why A7K2"]
        assert public(matter.judge(what, **minor)) == []
        assert public(matter.judge(what, respondent=BEN, **minor)) == ["@Ben please rephrase (no insults); !why A7K2"]
        assert matter.case.reminded == ("ann", "ben")

    def test_a_flooder_is_asked_to_slow_down(self) -> None:
        told = public(Matter().judge(sentence(Measure.REMIND), Severity.MINOR))
        assert told == ["@Ann slow down please (no flooding); !why A7K2"]


class TestModerate:
    @pytest.mark.norm("N3.1-2b", "behaviour")
    @pytest.mark.norm("N3.1-2b", "deadline")
    def test_a_mute_states_its_end_and_ends_by_itself(self) -> None:
        matter = Matter()
        changes = matter.measure(span=timedelta(hours=2))
        (mute,) = orders(changes)
        assert mute.until == changes.statements[0].until == changes.timers[0].due_at == NOW + timedelta(hours=2)
        matter.wait(timedelta(hours=2))
        freed = matter.done(matter.registrar.end(mute.id, matter.now, lift=True))
        assert [one.kind for one in orders(freed)] == [ActionKind.UNMUTE]

    @pytest.mark.norm("N3.1-2b", "behaviour")
    @given(st.integers(0, 3), st.integers(0, 6))
    def test_only_decisions_that_still_count_lengthen_the_next_mute(self, valid: int, expired: int) -> None:
        ladder, now_s = Ladder(), NOW.timestamp()
        old = [now_s - ladder.decay.total_seconds() - 1] * expired
        assert ladder.length([*old, *([now_s - 60.0] * valid)], now_s) == ladder.steps[valid]

    @pytest.mark.norm("N3.1-2b", "behaviour")
    @pytest.mark.parametrize("way", ["appeal", "undo"])
    def test_a_decision_set_aside_takes_its_strike_along(self, way: str) -> None:
        matter = Matter()
        assert [strike.sender_id for strike in matter.measure().strikes] == ["ann"]
        if way == "undo":
            changes = matter.done(matter.registrar.undo(intents.UndoCommanded(MONA, "a mistake"), matter.now))
        else:
            matter.appeal()
            changes = matter.answer(findings=("it was a song",))
        assert changes.strikes_cleared == ("ann",)


class TestSevere:
    @pytest.mark.norm("N3.1-2c", "behaviour")
    @pytest.mark.norm("N3.1-2c", "deadline")
    @pytest.mark.parametrize("profile", Profile)
    def test_the_line_goes_at_once_with_the_decision(self, profile: Profile) -> None:
        matter = Matter(House(profile))
        changes = matter.measure(Measure.BAN, message_ids=("m1",))
        first = orders(changes)[0]
        assert (first.kind, first.message_id, first.ordered_at) == (ActionKind.DELETE, "m1", NOW)


class TestGrounds:
    @pytest.mark.norm("N1.3-1", "behaviour")
    @pytest.mark.norm("N1.3-1", "deadline")
    @pytest.mark.parametrize("measure", [Measure.DELETE, Measure.MUTE, Measure.BAN])
    def test_every_statement_names_its_ground_in_the_change_that_orders(self, measure: Measure) -> None:
        given_ = answer(Matter(), measure, ground=Ground.ILLEGAL, provision=" Criminal Code § 185 ")
        assert isinstance(given_, Changes)
        (statement,) = given_.statements
        assert (statement.ground, statement.provision) == (Ground.ILLEGAL, "Criminal Code § 185")
        assert (statement.rule, bool(orders(given_))) == ("R0", True)
        (decision,) = [entry for entry in given_.entries if isinstance(entry, Judged)]
        assert (decision.ground, decision.provision) == (Ground.ILLEGAL, "Criminal Code § 185")

    @pytest.mark.norm("N1.3-1", "bad-input")
    @pytest.mark.parametrize("provision", ["", "  ", "\n"])
    @pytest.mark.parametrize("measure", Measure)
    def test_illegal_without_a_cited_provision_is_refused(self, measure: Measure, provision: str) -> None:
        given_ = answer(Matter(), measure, ground=Ground.ILLEGAL, provision=provision)
        assert isinstance(given_, Refusal)
        assert given_.reason == "no_provision"

    def test_without_more_the_ground_is_the_rule(self) -> None:
        (statement,) = Matter().measure().statements
        assert (statement.ground, statement.provision) == (Ground.RULE, "")


rules = st.sampled_from([*HOUSE_RULES, "R9", "", "r3"])
lengths = st.none() | st.just(5 * MINUTE)
measures = st.sets(st.sampled_from([measure for measure in Measure if measure is not Measure.MUTE]))
sentences = st.builds(lambda chosen, mute: sentence(*chosen, mute=mute), measures, lengths)


class TestRules:
    @pytest.mark.norm("N1.1", "behaviour")
    @pytest.mark.norm("N1.1", "deadline")
    @given(what=sentences, severity=st.sampled_from(Severity), rule=rules, profile=st.sampled_from(Profile))
    def test_every_automatic_action_joins_one_rule_of_the_version_in_force(
        self, what: Sentence, severity: Severity, rule: str, profile: Profile
    ) -> None:
        matter = Matter(House(profile))
        given_ = matter.apply(matter.registrar.judge(judged(what, severity, rule=rule, deletable=("m1",)), NOW))
        self._joined(given_, rule)

    @pytest.mark.norm("N1.1", "behaviour")
    @pytest.mark.norm("N1.1", "bad-input")
    @given(measure=st.sampled_from(Measure), rule=rules, profile=st.sampled_from(Profile))
    def test_so_does_every_commanded_one(self, measure: Measure, rule: str, profile: Profile) -> None:
        matter = Matter(House(profile))
        span = MINUTE if measure is Measure.MUTE else None
        given_ = matter.apply(matter.registrar.measure(commanded(measure, rule=rule, span=span), NOW))
        self._joined(given_, rule)

    def _joined(self, given_: Changes | Refusal, rule: str) -> None:
        if rule not in HOUSE_RULES:
            assert isinstance(given_, Refusal)
            assert given_.reason == "unknown_rule"
        if isinstance(given_, Refusal):
            return
        decisions = [entry for entry in given_.entries if isinstance(entry, Judged)]
        assert {(entry.rule, entry.policy_version) for entry in decisions} == {(rule, FIRST.number)}
        assert {(one.rule, one.policy_version) for one in given_.statements} <= {(rule, FIRST.number)}
        severities = {entry.severity for entry in decisions}
        assert all(severity.rank <= HOUSE_RULES[rule].gravest.rank for severity in severities)


@pytest.mark.norm("N3.1-2e", "bad-input")
@pytest.mark.parametrize("kind", sorted(set(ActorKind) - {"moderator", "owner", "operator", "supervisor"}))
def test_nobody_else_orders_anything(kind: ActorKind) -> None:
    matter, by = Matter(), Actor(kind, "zoe")
    for measure in Measure:
        given_ = answer(matter, measure, by=by)
        assert isinstance(given_, Refusal)
        assert given_.reason == "not_allowed"
