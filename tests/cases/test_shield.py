"""The shield: when it rises, whom it holds, when it falls. Through one room's judging, as the pipeline does it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.judging import Judging, Verdict
from cases.policy import RoomPolicy
from cases.room_memory import RoomMemory
from cases.sentence import Measure
from cases.shield import COMMANDED, NAME, Raised, Shield
from cases.siege import ShieldMode, ShieldPolicy
from cases.signals import told
from ratelimit.limits import Hit
from ratelimit.memory_gauge import MemoryGauge
from streams.events import Message, Role, Sender
from tests.cases.room import ROOM, START_S, TALK

CALM_S = 1.0
QUIET_S = ShieldPolicy().quiet.total_seconds()
HOLD = ShieldPolicy().hold
PUSHES = ("hurry to the market of miracles", "the quiet man sells the moon", "everything must go before noon tonight")


@dataclass
class Stage:
    """One room that judges what people say; its clock goes on by itself."""

    policy: RoomPolicy = field(default_factory=RoomPolicy)
    now_s: float = START_S
    said: int = 0
    memory: RoomMemory = field(default_factory=lambda: RoomMemory(ROOM))
    gauge: MemoryGauge = field(default_factory=MemoryGauge)

    def __post_init__(self) -> None:
        self.judging = Judging(self.memory)

    @property
    def shield(self) -> Shield:
        return self.judging.shield

    def up(self) -> Raised | None:
        return self.shield.raised

    def say(self, who: str, text: str, *, after_s: float = CALM_S, roles: Role = Role.VIEWER) -> Verdict:
        self.now_s += after_s
        self.said += 1
        sender = Sender(who.lower(), who, roles)
        message = Message(ROOM, f"m{self.said}", sender, text, self.now_s)
        line = self.judging.hear(message, self.now_s)
        (usage,) = self.gauge.count_now([Hit(ROOM, sender.id, int(self.now_s * 1000))])
        return self.judging.judge(line, usage, self.policy, command=False)

    def settle(self) -> None:
        """An ordinary evening: ten people talk for ten minutes."""
        for turn in range(200):
            self.say(f"Regular{turn % 10}", f"{TALK[turn % len(TALK)]} {turn}", after_s=3.0)

    def wave(self, number: int, accounts: int = 12) -> None:
        """So many fresh accounts push one text within some seconds."""
        for account in range(accounts):
            self.say(f"Fresh{number}x{account}", f"{PUSHES[number]} vx: star8888", after_s=0.2)


def stage(**changes: object) -> Stage:
    """A room in which people have talked for a while."""
    made = Stage(replace(RoomPolicy(), shield=replace(ShieldPolicy(), **changes)))  # type: ignore[arg-type]  # as given
    made.settle()
    return made


def test_an_ordinary_evening_raises_nothing() -> None:
    assert stage().shield.raised is None


def test_several_waves_raise_it_and_it_says_why() -> None:
    room = stage(held=1000)
    room.wave(0)
    assert room.up() is None, "one wave is dealt with as a wave"
    room.wave(1)
    raised = room.shield.raised
    assert raised is not None
    assert told(raised.cause) == "2 waves of one text each; within 90 s"
    assert told(raised.cause, "zh-CN").startswith("2 波冲刷")


def test_many_newcomers_kept_off_raise_it() -> None:
    room = stage(waves=99)
    room.wave(0, 30)
    raised = room.up()
    assert raised is not None
    assert "newcomers' lines kept off" in told(raised.cause)


def test_a_rush_of_new_people_raises_it_and_a_room_full_of_known_people_does_not() -> None:
    calm, rushed = (stage(waves=99, floods=99, held=9_999) for _ in range(2))
    for turn in range(60):
        calm.say(f"Regular{turn % 10}", f"{TALK[turn % 10]} again {turn * 7}", after_s=0.15)
        rushed.say(f"Visitor{turn}", f"{TALK[turn % 10]} first {turn * 7} {chr(97 + turn % 26)}", after_s=0.15)
    raised = rushed.up()
    assert calm.up() is None
    assert raised is not None
    assert "times as many lines as usual" in told(raised.cause)


def test_a_vote_is_no_rush() -> None:
    room = stage(waves=99, floods=99, held=9_999)
    for turn in range(120):
        room.say(f"Visitor{turn}", f"!vote {'ab'[turn % 2]}", after_s=0.1)
    assert room.up() is None


@pytest.mark.parametrize("mode", [ShieldMode.COMMAND, ShieldMode.OFF])
def test_it_does_not_rise_by_itself_where_it_may_not(mode: ShieldMode) -> None:
    room = stage(mode=mode)
    room.wave(0, 30)
    room.wave(1, 30)
    assert room.up() is None


def test_people_known_here_chat_as_always_and_newcomers_wait() -> None:
    room = stage()
    before = room.say("Regular1", "what a strange evening").hold
    room.shield.up(room.now_s, room.policy.shield)
    assert room.say("Regular2", "indeed it is strange").hold == before
    assert room.say("Newcomer", "hello everybody here").hold == HOLD
    assert room.say("Mod", "keep calm please", roles=Role.MODERATOR).hold == timedelta(0)


def test_two_alike_lines_of_newcomers_are_kept_off_both_of_them_and_nobody_is_muted() -> None:
    room = stage()
    room.shield.up(room.now_s, room.policy.shield)
    first = room.say("NewOne", "come and see my beautiful garden")
    second = room.say("NewTwo", "come and see my beautiful garden!")
    assert first.hold == HOLD
    assert second.hold is None
    assert [one.line.message.sender.id for one in second.decisions] == ["newone", "newtwo"]
    for decision in second.decisions:
        assert set(decision.checks) <= {NAME, "wave"}, "the wave check may have known it as well"
        assert decision.sentence.measures == {Measure.HIDE}
        assert not decision.restricts
        assert decision.quiet


def test_a_shield_that_rose_by_itself_makes_newcomers_wait_and_keeps_nothing_off_on_its_own_word() -> None:
    room = stage()
    room.shield.recall(Raised(room.now_s, room.now_s + 600.0, room.now_s, ()))
    assert room.say("NewOne", "what a beautiful garden that is").hold == HOLD
    second = room.say("NewTwo", "what a beautiful garden that is")
    assert second.hold is not None
    assert not second.decisions


def test_alike_lines_of_known_people_are_a_chorus_under_the_shield_too() -> None:
    room = stage()
    room.shield.up(room.now_s, room.policy.shield)
    for number in range(6):
        verdict = room.say(f"Regular{number}", "what a wonderful goal that was")
        assert not verdict.decisions
        assert verdict.hold is not None
        assert verdict.hold < HOLD


def test_it_falls_after_quiet_and_no_sooner() -> None:
    room = stage()
    room.wave(0, 30)
    raised = room.up()
    assert raised is not None
    last_s = raised.sign_s
    room.shield.look(last_s + QUIET_S - 1, room.policy.shield)
    assert room.up() is not None
    room.shield.look(last_s + QUIET_S, room.policy.shield)
    assert room.up() is None
    assert room.shield.fell == "quiet"


def test_half_a_sign_keeps_it_up() -> None:
    room = stage(held=10_000, waves=2)
    room.wave(0)
    room.wave(1)
    room.say("Regular1", "are they gone now", after_s=QUIET_S - 10)
    assert room.up() is not None
    room.wave(2)
    room.say("Regular1", "no they are not gone", after_s=QUIET_S - 10)
    assert room.up() is not None, "one wave would not have raised it, but it shows that the attack goes on"


def test_it_falls_after_the_longest_time_even_under_attack() -> None:
    room = stage(longest=timedelta(minutes=1))
    room.wave(0, 30)
    raised = room.shield.raised
    assert raised is not None
    room.shield.look(raised.until_s, room.policy.shield)
    assert (room.shield.raised, room.shield.fell) == (None, "time")


def test_for_a_span_it_stays_however_quiet_it_is() -> None:
    shield, policy = Shield(), ShieldPolicy()
    shield.up(START_S, policy, timedelta(minutes=10))
    shield.look(START_S + 599, policy)
    assert shield.raised is not None
    shield.up(START_S + 599, policy, timedelta(minutes=10))
    shield.look(START_S + 1198, policy)
    assert shield.raised is not None, "renewed"
    assert shield.raised.since_s == START_S
    shield.look(START_S + 1199, policy)
    assert shield.raised is None


def test_lowered_by_a_person_it_does_not_rise_by_itself_for_a_while() -> None:
    room = stage()
    room.wave(0, 30)
    room.shield.down(room.now_s, room.policy.shield)
    room.wave(1, 30)
    assert room.up() is None
    room.now_s += room.policy.shield.rest.total_seconds()
    room.wave(2, 30)
    assert room.up() is not None


def test_what_the_shield_keeps_off_is_no_sign_of_an_attack() -> None:
    room = stage()
    room.shield.up(room.now_s, room.policy.shield)
    sign_s = room.now_s
    for number in range(12):
        verdict = room.say(f"Greeter{number}", f"hi {number}", after_s=5.0)
        assert all(NAME in decision.checks for decision in verdict.decisions)
    assert room.shield.raised == Raised(sign_s, sign_s + 1800, sign_s, COMMANDED, by_people=True)


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("up"), st.none() | st.integers(1, 3_000)),
        st.tuples(st.just("down"), st.none()),
        st.tuples(st.just("wait"), st.integers(0, 4_000)),
    ),
    max_size=30,
)


@given(_steps)
def test_it_is_never_up_longer_than_was_allowed(steps: list[tuple[str, int | None]]) -> None:
    shield, policy, now_s, allowed_s = Shield(), ShieldPolicy(), START_S, START_S
    for kind, number in steps:
        if kind == "wait":
            now_s += number or 0
            shield.look(now_s, policy)
        elif kind == "down":
            shield.down(now_s, policy)
            assert shield.raised is None
        else:
            raised = shield.up(now_s, policy, timedelta(seconds=number) if number else None)
            allowed_s = now_s + (number or policy.longest.total_seconds())
            assert raised.until_s == allowed_s
            assert raised.cause == COMMANDED
        assert shield.raised is None or now_s < allowed_s or kind == "up"
