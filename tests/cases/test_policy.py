"""From findings to decisions: minor first, going on is moderate, a wave is moderate from the start."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cases.checks import CheckMode, CheckSettings
from cases.ladder import Ladder
from cases.policy import DEGRADED, Decision, RoomPolicy, judge
from cases.sentence import Measure, Severity, sentence
from streams.events import Role, Sender
from tests.cases.room import Room, usage, viewer

MASKED = Sender(None, "***")
COPY = "buy my skins"
ADVERT = "加微信 abc888 领取福利{}"
VARIANTS = [f"everybody leave this boring stream right now {mark}" for mark in "abcdefghijklmnop"]
MORE_VARIANTS = [f"everybody leave this boring stream right now {mark}" for mark in "qrstuvwxyz"]


def flood(room: Room, sender: Sender | str = "Ann", lines: int = 4, gap_s: float = 0.0) -> list[Decision]:
    """The decisions about so many copies."""
    decisions = []
    for _ in range(lines):
        decisions += room.say(sender, COPY)
        room.wait(gap_s)
    return decisions


def one(decisions: list[Decision]) -> Decision:
    (only,) = decisions
    return only


class TestFlooding:
    @pytest.mark.norm("N3.1-2a", "behaviour")
    def test_the_first_is_minor_hidden_with_one_reminder(self) -> None:
        first = one(flood(Room()))
        assert (first.sentence, first.severity) == (sentence(Measure.HIDE, Measure.REMIND), Severity.MINOR)
        assert (first.rule.id, first.episode, first.quiet, first.restricts) == ("R1", "flood:ann", False, False)
        assert "repeat" in first.checks
        assert first.facts

    @pytest.mark.norm("N3.1-2a", "behaviour")
    def test_the_reminder_is_said_once(self) -> None:
        decisions = flood(Room(), lines=6)
        assert [Measure.REMIND in one.sentence.measures for one in decisions] == [True, False, False]
        assert all(one.severity is Severity.MINOR for one in decisions)

    @pytest.mark.norm("N3.1-2b", "behaviour")
    def test_going_on_is_moderate(self) -> None:
        """Four more lines at once, faster than people write, after the first was hidden and the sender reminded."""
        decisions = flood(Room(), lines=8)
        assert [one.severity for one in decisions] == [Severity.MINOR] * 4 + [Severity.MODERATE]
        assert decisions[-1].sentence == sentence(Measure.HIDE, mute=timedelta(minutes=5))
        assert decisions[-1].restricts

    @pytest.mark.norm("N3.1-2b", "behaviour")
    def test_who_had_a_moment_to_stop_needs_fewer_lines_to_go_on(self) -> None:
        decisions = flood(Room(), lines=8, gap_s=0.5)
        assert [one.severity for one in decisions] == [Severity.MINOR] * 4 + [Severity.MODERATE]

    @pytest.mark.norm("N3.1-2b", "behaviour")
    def test_with_a_contact_it_is_going_on_two_seconds_later(self) -> None:
        for pause_s, severity in ((1.9, Severity.MINOR), (2.0, Severity.MODERATE)):
            room = Room()
            room.settle(people=1)
            for _ in range(4):
                room.say("Regular0", "add me on wechat abc88821")
            room.wait(pause_s)
            assert one(room.say("Regular0", "add me on wechat abc88821")).severity is severity

    def test_after_ten_quiet_minutes_it_begins_anew(self) -> None:
        for pause_s, severity in ((600.0, Severity.MODERATE), (600.1, Severity.MINOR)):
            room = Room()
            flood(room, lines=10)
            room.wait(pause_s)
            seen = replace(room.see("Ann", COPY), usage=usage(s10=8))
            assert one(room.judge(seen)).severity is severity

    def test_a_fan_who_waits_aloud_is_never_muted(self) -> None:
        """Every five seconds for ten minutes: not shown again and again, and that is all."""
        decisions = flood(Room(), lines=120, gap_s=5.0)
        assert decisions
        assert all(one.sentence == sentence(Measure.HIDE) for one in decisions)

    def test_a_platform_that_deletes_is_asked_to(self) -> None:
        room = Room(policy=RoomPolicy(can_delete=True))
        decisions = flood(room, lines=12)
        minor, moderate = decisions[0], decisions[-1]
        assert Measure.DELETE not in minor.sentence.measures
        assert Measure.DELETE in moderate.sentence.measures

    @pytest.mark.norm("N3.1-2b", "behaviour")
    def test_the_ladder_climbs_with_every_mute(self) -> None:
        room = Room()
        lengths = []
        for _ in range(5):
            decisions = flood(room, lines=13, gap_s=0.1)
            lengths += [one.sentence.mute for one in decisions if one.sentence.mute is not None]
            room.wait(60 + lengths[-1].total_seconds())
        assert lengths == [timedelta(minutes=m) for m in (5, 30, 120, 1440, 1440)]

    def test_a_room_may_have_its_own_ladder(self) -> None:
        room = Room(policy=RoomPolicy(ladder=Ladder(steps=(timedelta(minutes=1),))))
        assert flood(room, lines=8)[-1].sentence.mute == timedelta(minutes=1)


class TestMutedSenders:
    def muted(self) -> Room:
        room = Room()
        flood(room, lines=12)
        return room

    def test_their_lines_are_kept_off_in_the_episode_of_their_mute(self) -> None:
        room = self.muted()
        kept_off = one(room.say("Ann", "sorry, what did I do"))
        assert kept_off.sentence == sentence(Measure.HIDE)
        assert (kept_off.episode, kept_off.checks) == ("flood:ann", ("muted",))
        assert kept_off.quiet
        assert not kept_off.restricts

    def test_a_mute_is_not_prolonged_by_writing_on(self) -> None:
        room = self.muted()
        for _ in range(50):
            assert one(room.say("Ann", COPY)).sentence.mute is None
        room.wait(300)
        assert room.say("Ann", "sorry") == []
        assert len(room.memory.strikes("ann")) == 1

    def test_in_a_wave_it_is_the_waves_episode(self) -> None:
        room = Room()
        room.settle(people=10)
        for number in range(6):
            decisions = room.say(f"Bot{number}", ADVERT.format(number))
        assert one(room.say("Bot0", "hello?")).episode == decisions[0].episode
        assert decisions[0].episode.startswith("wave:")

    def test_somebody_else_still_speaks(self) -> None:
        assert self.muted().say("Ben", "hello") == []


class TestOneSillyLine:
    def test_it_is_hidden_and_leads_to_nothing_harsher(self) -> None:
        room = Room()
        for letter in "哈呵嘿嘻嗨":
            silly = one(room.say("Ann", letter * 400))
            assert (silly.checks, silly.sentence, silly.severity) == (
                ("inside",),
                sentence(Measure.HIDE),
                Severity.MINOR,
            )
            room.wait(20)
        assert room.memory.strikes("ann") == ()

    def test_it_does_not_begin_a_flood(self) -> None:
        room = Room()
        room.say("Ann", "哈" * 400)
        room.wait(5)
        assert flood(room)[0].severity is Severity.MINOR

    def test_many_of_them_are_a_flood(self) -> None:
        room = Room()
        decisions = [one for _ in range(12) for one in room.say("Ann", "哈呵嘿嘻" * 100)]
        assert any(one.restricts for one in decisions)


class TestWaves:
    @pytest.mark.norm("N2.2-3a", "behaviour")
    def test_certain_of_it_the_earlier_lines_come_with_it(self) -> None:
        room = Room()
        room.settle(people=10)
        decisions = [one for number in range(6) for one in room.say(f"Bot{number}", ADVERT.format(number))]
        muted = [one for one in decisions if one.restricts]
        assert {one.line.message.sender.id for one in decisions} == {f"bot{number}" for number in range(6)}
        assert len({one.episode for one in decisions if "wave" in one.checks}) == 1
        assert {one.line.number for one in muted} >= {one.line.number for one in decisions[:4]}
        for decision in muted:
            assert decision.severity is Severity.MODERATE
            assert decision.sentence == sentence(Measure.HIDE, mute=timedelta(minutes=5))
            assert (decision.rule.id, decision.quiet) == ("R2", True)

    def test_each_line_is_judged_once_and_each_sender_muted_once(self) -> None:
        room = Room()
        decisions: list[Decision] = []
        for number in range(40):
            decisions += room.say(f"Bot{number % 8}", ADVERT.format(number))
        harsh = [one for one in decisions if one.severity is Severity.MODERATE]
        mild = [one for one in decisions if one.severity is Severity.MINOR]
        assert len({id(one.line) for one in harsh}) == len(harsh)
        assert len({id(one.line) for one in mild}) == len(mild)
        muting = [one.line.message.sender.name for one in decisions if one.restricts]
        assert sorted(muting) == sorted(set(muting))

    def test_an_uncertain_one_only_hides(self) -> None:
        room = Room()
        room.settle(people=10)
        decisions = [one for number in range(12) for one in room.say(f"Bot{number}", VARIANTS[number])]
        assert len(decisions) >= 10
        for decision in decisions:
            assert decision.sentence == sentence(Measure.HIDE)
            assert decision.severity is Severity.MINOR
            assert not decision.restricts
        assert not any(room.memory.is_muted(f"bot{number}", room.now_s) for number in range(12))

    def test_a_known_flooder_does_not_hide_behind_a_wave(self) -> None:
        room = Room()
        room.settle(people=6)
        room.wait(60)
        for number in range(12):
            room.say(f"Bot{number}", ADVERT.format(""))
        found = [one for _ in range(14) for one in room.say("Regular0", ADVERT.format(""))]
        assert found
        assert all(one.episode == "flood:regular0" for one in found)
        assert any(one.restricts for one in found)

    def test_who_floods_in_an_uncertain_wave_is_muted_for_flooding(self) -> None:
        room = Room()
        room.settle(people=10)
        for number in range(12):
            room.say(f"Bot{number}", VARIANTS[number])
        found = [one for variant in [*MORE_VARIANTS, *MORE_VARIANTS] for one in room.say("Bot3", variant)]
        assert any(one.restricts and one.episode == "flood:bot3" for one in found)


class TestWhoIsLeftAlone:
    @pytest.mark.parametrize("role", [Role.MODERATOR, Role.OWNER, Role.BOT, Role.SELF, Role.MODERATOR | Role.BOT])
    @pytest.mark.fault("X29")
    def test_staff_and_bots(self, role: Role) -> None:
        room = Room()
        assert flood(room, viewer("X", role), lines=40) == []

    def test_a_role_told_apart_counts(self) -> None:
        room = Room()
        room.memory.set_roles("ann", Role.MODERATOR)
        assert flood(room, lines=40) == []

    @pytest.mark.fault("X29")
    def test_a_line_from_another_room(self) -> None:
        room = Room()
        assert [room.say("Ann", COPY, mirrored=True) for _ in range(40)] == [[]] * 40

    @pytest.mark.fault("X28")
    @given(st.lists(st.sampled_from([COPY, "hi", "哈" * 400, ADVERT]), max_size=40))
    def test_a_masked_sender_is_never_measured_nor_acted_on(self, texts: list[str]) -> None:
        """At most a line is hidden for what it is: silly, or a stranger's contact."""
        room = Room()
        for text in texts:
            for decision in room.say(MASKED, text):
                assert decision.sentence == sentence(Measure.HIDE)
                assert set(decision.checks) <= {"inside", "contact"}
                assert decision.episode.startswith("unseen:")
        assert list(room.memory.senders()) == []

    def test_ordinary_talk(self) -> None:
        room = Room()
        room.settle(people=3, lines=1)
        assert room.say("Ann", "hello everybody") == []


class TestHolds:
    def test_everybody_waits_a_second_and_staff_not(self) -> None:
        room = Room()
        room.see("Ann", "hello")
        assert room.hold_s(room.see("Ann", "what a jump")) == 1.0
        assert room.hold_s(room.see(viewer("Mona", Role.MODERATOR), "what a jump")) == 0.0
        assert room.hold_s(room.see(viewer("danmod", Role.SELF), ADVERT.format(""))) == 0.0

    def test_a_newcomer_with_a_contact_waits_eight(self) -> None:
        room = Room()
        assert room.hold_s(room.see("Ann", ADVERT.format(""))) == 8.0
        room.settle(people=1)
        assert room.hold_s(room.see("Regular0", ADVERT.format(""))) == 1.0

    def test_somebody_long_known_hardly_waits(self) -> None:
        room = Room()
        room.settle(people=1, lines=20, gap_s=12.0)
        assert room.hold_s(room.see("Regular0", "what a jump")) == 0.2
        assert Room(policy=RoomPolicy(hold=timedelta(0))).hold_s(room.see("Regular0", "what a jump")) == 0.0

    def test_who_says_what_people_known_here_say_waits_no_longer(self) -> None:
        room = Room()
        room.settle(people=2)
        assert room.hold_s(room.see("Regular0", "what a beautiful fight")) == 1.0
        assert room.hold_s(room.see("Ann", "what a beautiful fight")) == 1.0

    def test_a_newcomer_who_echoes_another_waits_eight(self) -> None:
        room = Room()
        assert room.hold_s(room.see("Ann", "everybody leave this stream")) == 1.0
        assert room.hold_s(room.see("Ben", "everybody leave this stream")) == 8.0
        assert room.hold_s(room.see("Cai", "gg")) == 1.0
        assert room.hold_s(room.see("Dee", "gg")) == 1.0

    def test_a_masked_sender_is_a_newcomer(self) -> None:
        assert Room().hold_s(Room().see(MASKED, ADVERT.format(""))) == 8.0

    def test_a_canned_phrase_waits_no_longer_than_others(self) -> None:
        room = Room()
        assert room.hold_s(room.see("Ann", ADVERT.format(""), plain=True)) == 1.0

    def test_a_burst_waits_four_seconds_before_it_is_too_much(self) -> None:
        room = Room()
        room.see("Ann", "hello")
        seen = room.see("Ann", "what a jump")
        held = [room.hold_s(replace(seen, usage=usage(s10=count))) for count in (5, 6, 7)]
        assert held == [1.0, 4.0, 4.0]

    def test_a_room_that_waits_long_waits_as_long_for_the_unsure(self) -> None:
        room = Room(policy=RoomPolicy(hold=timedelta(seconds=20)))
        assert room.hold_s(room.see("Ann", ADVERT.format(""))) == 20.0


names = st.sampled_from(["Ann", "Ben", "Cai", "Dee", "Eve"])
texts = st.sampled_from(
    [COPY, ADVERT.format(1), ADVERT.format(2), "hello there friends", "6", "哈" * 400, *VARIANTS[:3]]
)
talk = st.lists(st.tuples(names | st.none(), texts, st.sampled_from([0.0, 0.1, 3.0, 700.0])), max_size=60)


@pytest.mark.norm("N1.3-1", "behaviour")
@pytest.mark.norm("N1.1", "behaviour")
@given(talk, st.booleans())
def test_no_decision_exceeds_its_severity_and_each_has_a_rule(
    lines: list[tuple[str | None, str, float]], can_delete: bool
) -> None:
    room = Room(policy=RoomPolicy(can_delete=can_delete))
    for name, text, gap_s in lines:
        for decision in room.say(MASKED if name is None else name, text):
            assert decision.sentence.within(decision.severity)
            assert decision.severity.rank <= decision.rule.gravest.rank
            assert decision.sentence
            assert decision.restricts == (decision.sentence.mute is not None)
            assert decision.checks
            assert decision.facts
            assert Measure.BAN not in decision.sentence.measures
        room.wait(gap_s)


@pytest.mark.norm("N1.3-2", "behaviour")
@given(talk)
def test_the_outcome_does_not_depend_on_who_it_is(lines: list[tuple[str | None, str, float]]) -> None:
    """The same lines by people of other names and ids lead to the same decisions."""

    def told(prefix: str) -> list[tuple[object, ...]]:
        room = Room()
        found: list[tuple[object, ...]] = []
        for name, text, gap_s in lines:
            said = room.say(MASKED if name is None else prefix + name, text)
            found += [(one.line.number, one.sentence, one.severity, one.rule.id, one.checks, one.facts) for one in said]
            room.wait(gap_s)
        return found

    assert told("") == told("Zed")


def test_a_check_that_is_off_decides_nothing() -> None:
    off = dict.fromkeys(("repeat", "sender-rate"), CheckMode.OFF)
    room = Room(policy=RoomPolicy(checks=CheckSettings(modes=off)))
    assert flood(room, lines=30) == []


def test_judging_twice_changes_no_strike_while_muted() -> None:
    room = Room()
    flood(room, lines=12)
    seen = room.see("Ann", COPY)
    assert judge(seen, room.policy) == judge(seen, room.policy)
    assert len(room.memory.strikes("ann")) == 1


@pytest.mark.norm("N2.2-3a", "bad-input")
def test_a_decision_made_without_the_shared_counters_says_so() -> None:
    room = Room()
    for _ in range(4):
        room.judge(room.see("ann", "buy my things"))
    (well,) = room.judge(room.see("ann", "buy my things"))
    seen = room.see("ann", "buy my things")
    (degraded,) = room.judge(replace(seen, usage=seen.usage._replace(degraded=True)))
    assert DEGRADED not in well.facts
    assert degraded.facts[-1] == DEGRADED
