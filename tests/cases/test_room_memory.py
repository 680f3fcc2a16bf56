"""What a room remembers: little enough, and nobody's mute gets shorter by accident."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.history import ActionOrdered, AnyEntry, Changes, MeasureEnded, MeasureRevoked, Strike
from cases.model import BOT, ActionKind, MeasureStatus, OrderedAction
from cases.room_memory import (
    ACQUAINTANCES_KEPT,
    CROWDS_SWEPT,
    LINES_KEPT,
    MUTES_SWEPT,
    RECENT_KEPT,
    SENDERS_KEPT,
    STRUCK_KEPT,
    RoomMemory,
)
from streams.events import Message, Role, Sender
from tests.cases.room import ROOM, START_S, line, viewer

ANN, BEN, MASKED = viewer("Ann"), viewer("Ben"), Sender(None, "***")
MOD, SELF = viewer("Mona", Role.MODERATOR), viewer("danmod", Role.SELF)
TEN_MINUTES = 600.0


@pytest.fixture
def memory() -> RoomMemory:
    return RoomMemory(ROOM)


class TestItsBounds:
    def test_a_hundred_thousand_senders_and_lines_stay_small(self, memory: RoomMemory) -> None:
        try:
            for number in range(100_000):
                if number == 60_000:  # all that is kept is newer than this
                    tracemalloc.start()
                at_s = START_S + number / 1000
                sender = Sender(f"u{number}", f"User {number}")
                memory.cluster(line(memory, sender, f"text {number}", at_s), f"c{number // 2}", 1 + number % 2)
                memory.strike(f"u{number}", at_s)
                memory.mute(f"u{number}", "", at_s + 5)
            size, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert size < 40_000_000
        assert len(memory.lines) == LINES_KEPT
        assert len(list(memory.senders())) == SENDERS_KEPT
        struck = sum(1 for number in range(100_000) if memory.strikes(f"u{number}"))
        assert struck == STRUCK_KEPT

    def test_a_forgotten_sender_is_no_newcomer(self, memory: RoomMemory) -> None:
        line(memory, ANN, "hello")
        line(memory, BEN, "hello", START_S + TEN_MINUTES + 1)
        assert memory.sender("ann") is None
        line(memory, ANN, "back", START_S + TEN_MINUTES + 2)
        ann = memory.sender("ann")
        assert ann is not None
        assert ann.established

    def test_acquaintances_are_forgotten_in_the_end(self, memory: RoomMemory) -> None:
        line(memory, ANN, "hello")
        for number in range(SENDERS_KEPT + ACQUAINTANCES_KEPT):
            line(memory, Sender(f"u{number}", "U"), "x", START_S + number / 1000)
        line(memory, ANN, "back", START_S + 60)
        ann = memory.sender("ann")
        assert ann is not None
        assert not ann.established

    def test_lines_live_ten_minutes(self, memory: RoomMemory) -> None:
        old = line(memory, ANN, "hello")
        line(memory, BEN, "still there", START_S + TEN_MINUTES)
        assert memory.line(old.message.id) is old
        line(memory, BEN, "gone", START_S + TEN_MINUTES + 0.1)
        assert memory.line(old.message.id) is None
        assert memory.line(old.short_id) is None

    def test_a_crowd_keeps_its_latest_lines(self, memory: RoomMemory) -> None:
        for number in range(300):
            said = line(memory, viewer(f"U{number}"), "same text", START_S + number / 10)
            memory.cluster(said, "c1", number + 1)
        assert len(memory.cluster_lines("c1", START_S)) == 200
        assert len(memory.cluster_lines("c1", START_S + 29.95)) == 0
        assert len(memory.cluster_lines("c1", START_S + 29.9)) == 1
        assert memory.cluster_lines("c2", START_S) == []

    def test_the_second_of_a_cluster_finds_the_first(self, memory: RoomMemory) -> None:
        first = line(memory, ANN, "same text")
        memory.cluster(first, "c1", 1)
        assert memory.cluster_lines("c1", START_S) == []
        line(memory, BEN, "another text")
        second = line(memory, BEN, "same text")
        memory.cluster(second, "c1", 2)
        assert memory.cluster_lines("c1", START_S) == [first, second]
        assert first.cluster == second.cluster == "c1"

    def test_silent_crowds_go_when_there_are_many(self, memory: RoomMemory) -> None:
        count = LINES_KEPT
        for number in range(count):
            for size in (1, 2):
                memory.cluster(line(memory, ANN, "x", START_S + number), f"c{number}", size)
        assert memory.cluster_lines("c0", START_S) == []
        assert len(memory.cluster_lines(f"c{count - 1}", START_S)) == 2
        assert len(memory._crowds) <= LINES_KEPT + CROWDS_SWEPT

    def test_of_one_sender_a_minutes_lines_are_kept_apart(self, memory: RoomMemory) -> None:
        for number in range(100):
            line(memory, ANN, str(number), START_S + number)
        ann = memory.sender("ann")
        assert ann is not None
        assert [one.message.text for one in ann.recent] == [str(number) for number in range(100 - RECENT_KEPT, 100)]
        line(memory, ANN, "later", START_S + 99 + 61)
        assert [one.message.text for one in ann.recent] == ["later"]

    def test_mutes_that_ended_unseen_are_swept_and_running_ones_stay(self, memory: RoomMemory) -> None:
        memory.mute("banned", "B.1", None)
        memory.mute("long", "L.1", START_S + 86_400)
        for number in range(20 * MUTES_SWEPT):
            memory.clamp(START_S + number)
            memory.mute(f"u{number}", "", START_S + number + 5)
        assert len(memory._muted) <= MUTES_SWEPT + 20
        assert memory.is_muted("banned", START_S + 10**9)
        assert memory.is_muted("long", START_S + 80_000)

    def test_a_sender_who_is_just_a_viewer_again_leaves_no_role_behind(self, memory: RoomMemory) -> None:
        for number in range(100):
            memory.set_roles(f"u{number}", Role.MODERATOR)
            memory.set_roles(f"u{number}", Role.VIEWER)
        assert memory._roles == {}


class TestLines:
    def test_the_clock_never_steps_back(self, memory: RoomMemory) -> None:
        assert [memory.clamp(at_s) for at_s in (START_S, START_S - 50, START_S + 1)] == [START_S, START_S, START_S + 1]
        assert memory.started_s == START_S

    @given(st.lists(st.floats(0, 10**10), min_size=1))
    def test_any_clock_is_made_to_go_forward(self, instants: list[float]) -> None:
        memory = RoomMemory(ROOM)
        clamped = [memory.clamp(at_s) for at_s in instants]
        assert clamped == sorted(clamped)
        assert clamped[-1] == max(instants)

    def test_short_ids_are_short_and_distinct(self, memory: RoomMemory) -> None:
        ids = [line(memory, ANN, "x", START_S + number / 100).short_id for number in range(2000)]
        assert len(set(ids[-LINES_KEPT:])) == LINES_KEPT
        assert max(map(len, ids)) <= 3
        assert ids[0] == "1"
        assert ids[36] == "11"

    def test_a_line_is_found_by_either_id(self, memory: RoomMemory) -> None:
        lines = [line(memory, ANN, "x") for _ in range(40)]
        tenth = lines[9]
        assert tenth.short_id == "a"
        for name in (tenth.message.id, "a", "A"):
            assert memory.line(name) is tenth
        assert memory.line("zz") is None

    def test_a_platforms_id_goes_before_a_short_one(self, memory: RoomMemory) -> None:
        line(memory, ANN, "first")
        second = line(memory, BEN, "second", id="1")
        assert memory.line("1") is second

    def test_an_id_that_came_twice_means_the_later_line(self, memory: RoomMemory) -> None:
        line(memory, ANN, "first", id="same")
        later = line(memory, ANN, "second", START_S + TEN_MINUTES, id="same")
        line(memory, BEN, "x", START_S + TEN_MINUTES + 1)
        assert memory.line("same") is later

    def test_last_is_the_latest_viewers_line(self, memory: RoomMemory) -> None:
        assert memory.last_line() is None
        wanted = line(memory, ANN, "rude")
        line(memory, MASKED, "who am I")
        line(memory, MOD, "behave")
        line(memory, SELF, "reminder")
        asked = line(memory, BEN, "!report last")
        assert memory.last_line(before=asked) is wanted
        assert memory.last_line() is asked

    def test_what_stands_around_a_line(self, memory: RoomMemory) -> None:
        lines = [line(memory, ANN, str(number), START_S + number) for number in range(30)]
        assert memory.before(lines[20], 3) == lines[17:20]
        assert memory.before(lines[1], 3) == lines[:1]
        assert memory.since(lines[20].number, 3) == lines[21:24]
        assert memory.since_s(START_S + 28) == lines[28:]


class TestSenders:
    def test_names_do_not_care_about_case(self, memory: RoomMemory) -> None:
        for sender_id, name in (("1", "Straße"), ("2", "STRASSE"), ("3", "Strasse2")):
            line(memory, Sender(sender_id, name), "hi")
        assert [known.sender.id for known in memory.named("strasse")] == ["1", "2"]
        assert memory.named("nobody") == []

    def test_a_new_name_replaces_the_old(self, memory: RoomMemory) -> None:
        line(memory, Sender("1", "Ann"), "hi")
        line(memory, Sender("1", "Anna"), "hi")
        assert memory.named("ann") == []
        assert len(memory.named("anna")) == 1

    def test_the_latest_speaker_is_last(self, memory: RoomMemory) -> None:
        for sender in (ANN, BEN, ANN):
            line(memory, sender, "hi")
        assert [known.sender for known in memory.senders()] == [BEN, ANN]

    @pytest.mark.fault("X28")
    def test_a_masked_sender_is_nobody(self, memory: RoomMemory) -> None:
        line(memory, MASKED, "hi")
        assert list(memory.senders()) == []
        assert memory.named("***") == []
        assert not memory.is_muted(None, START_S)

    def test_roles_come_with_lines_and_apart(self, memory: RoomMemory) -> None:
        assert not memory.is_exempt(ANN)
        memory.set_roles("ann", Role.MODERATOR)
        assert memory.roles(ANN) == Role.MODERATOR
        assert memory.is_exempt(ANN)
        memory.set_roles("ann", Role.VIEWER)
        assert not memory.is_exempt(ANN)
        for roles in (Role.MODERATOR, Role.OWNER, Role.BOT, Role.SELF):
            assert memory.is_exempt(viewer("X", roles))


class TestRenaming:
    def test_everything_follows_the_person(self, memory: RoomMemory) -> None:
        line(memory, ANN, "hi")
        memory.mute("ann", "A.1", START_S + 60, "flood:ann")
        memory.set_roles("ann", Role.MODERATOR)
        memory.strike("ann", START_S)
        memory.rename("ann", Sender("anna", "Anna"))
        assert memory.sender("ann") is None
        assert [known.sender.id for known in memory.named("anna")] == ["anna"]
        assert memory.is_muted("anna", START_S)
        assert memory.muted_episode("anna") == "flood:ann"
        assert memory.is_exempt(Sender("anna", "Anna"))
        assert memory.strikes("anna") == (START_S,)
        assert not memory.is_muted("ann", START_S)
        assert memory.strikes("ann") == ()
        assert not memory.is_exempt(ANN)

    def test_a_moderators_old_name_makes_nobody_a_moderator(self, memory: RoomMemory) -> None:
        memory.set_roles("mona", Role.MODERATOR)
        memory.rename("ann", Sender("mona", "Mona"))
        assert not memory.is_exempt(Sender("mona", "Mona"))

    @pytest.mark.norm("N3.1-2b", "bad-input")
    def test_the_longer_mute_of_both_names_runs_on(self, memory: RoomMemory) -> None:
        memory.mute("ann", "A.1", START_S + 60)
        memory.mute("ben", "B.1", START_S + 3600)
        memory.strike("ann", START_S)
        memory.strike("ben", START_S - 5)
        memory.rename("ann", Sender("ben", "Ben"))
        assert memory.is_muted("ben", START_S + 3599)
        assert memory.strikes("ben") == (START_S - 5, START_S)

    @pytest.mark.parametrize("new", [MASKED, ANN])
    def test_a_new_name_that_is_none_changes_nothing(self, memory: RoomMemory, new: Sender) -> None:
        line(memory, ANN, "hi")
        memory.mute("ann", "A.1", None)
        memory.rename("ann", new)
        assert memory.is_muted("ann", START_S)
        assert memory.sender("ann") is not None


class TestMutes:
    @pytest.mark.norm("N3.1-2b", "bad-input")
    @given(st.lists(st.none() | st.integers(1, 1000), min_size=1), st.integers(0, 1100))
    def test_a_sender_is_muted_until_the_latest_end(self, spans: list[int | None], later: int) -> None:
        """However mutes come one upon another, none is shortened by the next."""
        memory = RoomMemory(ROOM)
        for number, span in enumerate(spans):
            memory.mute("ann", f"A.{number}", None if span is None else START_S + span)
        runs = any(span is None or later < span for span in spans)
        assert memory.is_muted("ann", START_S + later) == runs

    def test_the_same_mute_now_with_its_case_is_not_longer(self, memory: RoomMemory) -> None:
        """The case's instants are rounded to microseconds."""
        memory.mute("ann", "", START_S + 300.0, "flood:ann")
        memory.mute("ann", "A.1", START_S + 300.0000004, "flood:ann")
        assert not memory.is_muted("ann", START_S + 300.0)

    def test_an_ended_mute_is_over(self, memory: RoomMemory) -> None:
        memory.mute("ann", "A.1", START_S + 60)
        assert memory.is_muted("ann", START_S + 59.9)
        assert not memory.is_muted("ann", START_S + 60)

    def test_a_lifted_sender_may_speak(self, memory: RoomMemory) -> None:
        memory.mute("ann", "A.1", None)
        memory.unmute("ann")
        memory.unmute("ben")
        assert not memory.is_muted("ann", START_S)

    def test_a_mute_without_an_episode_has_one_of_its_own(self, memory: RoomMemory) -> None:
        memory.mute("ann", "A.1", None)
        assert memory.muted_episode("ann") == "muted:ann"


def at(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


def changed(*entries: AnyEntry, code: str = "A7K2", struck: tuple[float, ...] = (), cleared: bool = False) -> Changes:
    return Changes(
        entries=entries,
        strikes=tuple(Strike("ann", at(at_s)) for at_s in struck),
        strikes_cleared=("ann",) if cleared else (),
        code=code,
    )


def ordered(kind: ActionKind, until_s: float | None = None, id: str = "A7K2.1") -> ActionOrdered:
    until = None if until_s is None else at(until_s)
    action = OrderedAction(id, kind, "ann", MeasureStatus.PENDING, at(START_S), until)
    return ActionOrdered(at=at(START_S), by=BOT, action=action)


class TestAbsorbing:
    def test_a_committed_mute_runs_from_now_on(self, memory: RoomMemory) -> None:
        memory.absorb(changed(ordered(ActionKind.MUTE, START_S + 60)), "flood:ann", strikes=True)
        assert memory.is_muted("ann", START_S)
        assert memory.muted_episode("ann") == "flood:ann"

    def test_a_ban_has_no_end(self, memory: RoomMemory) -> None:
        memory.absorb(changed(ordered(ActionKind.BAN)), "command:ann", strikes=True)
        assert memory.is_muted("ann", START_S + 10**9)

    @pytest.mark.parametrize("kind", [ActionKind.DELETE, ActionKind.UNMUTE, ActionKind.UNBAN])
    def test_another_action_mutes_nobody(self, memory: RoomMemory, kind: ActionKind) -> None:
        memory.absorb(changed(ordered(kind)), "flood:ann", strikes=True)
        assert not memory.is_muted("ann", START_S)

    @pytest.mark.parametrize(
        "end",
        [
            MeasureEnded(at=at(START_S), by=BOT, action_id="A7K2.1"),
            MeasureRevoked(at=at(START_S), by=BOT, action_id="A7K2.1", reason="undo"),
        ],
    )
    def test_an_end_frees_from_this_mute_alone(self, memory: RoomMemory, end: AnyEntry) -> None:
        memory.mute("ann", "A7K2.1", START_S + 60)
        memory.mute("ben", "B3C4.1", START_S + 60)
        memory.absorb(changed(end), "flood:ann", strikes=True)
        assert not memory.is_muted("ann", START_S)
        assert memory.is_muted("ben", START_S)

    @pytest.mark.norm("N3.1-2b", "bad-input")
    def test_the_end_of_a_shorter_mute_leaves_the_longer(self, memory: RoomMemory) -> None:
        memory.absorb(changed(ordered(ActionKind.MUTE, START_S + 3600)), "a", strikes=True)
        shorter = ordered(ActionKind.MUTE, START_S + 60, id="B3C4.1")
        memory.absorb(changed(shorter, code="B3C4"), "b", strikes=True)
        ended = MeasureEnded(at=at(START_S + 60), by=BOT, action_id="B3C4.1")
        memory.absorb(changed(ended, code="B3C4"), "b", strikes=True)
        assert memory.is_muted("ann", START_S + 3000)
        assert memory.muted_episode("ann") == "a"

    def test_a_strike_is_counted_once(self, memory: RoomMemory) -> None:
        memory.strike("ann", START_S)
        memory.absorb(changed(struck=(START_S,)), "flood:ann", strikes=False)
        assert memory.strikes("ann") == (START_S,)
        memory.absorb(changed(struck=(START_S + 9,)), "command:ann", strikes=True)
        assert memory.strikes("ann") == (START_S, START_S + 9)

    @pytest.mark.norm("N3.1-2b", "behaviour")
    @pytest.mark.norm("N3.3-3a", "behaviour")
    def test_an_overturned_case_takes_its_own_strikes_only(self, memory: RoomMemory) -> None:
        memory.strike("ann", START_S)
        memory.absorb(changed(code="A7K2", struck=(START_S,)), "flood:ann", strikes=False)
        memory.absorb(changed(code="B3C4", struck=(START_S + 9,)), "command:ann", strikes=True)
        memory.absorb(changed(code="A7K2", cleared=True), "flood:ann", strikes=True)
        assert memory.strikes("ann") == (START_S + 9,)
        memory.absorb(changed(code="B3C4", cleared=True), "command:ann", strikes=True)
        assert memory.strikes("ann") == ()

    def test_strikes_of_unknown_cases_go_with_any(self, memory: RoomMemory) -> None:
        memory.strike("ann", START_S)
        memory.absorb(changed(cleared=True), "flood:ann", strikes=True)
        assert memory.strikes("ann") == ()

    def test_clearing_forgets_the_flood(self, memory: RoomMemory) -> None:
        line(memory, ANN, "hi")
        ann = memory.sender("ann")
        assert ann is not None
        ann.flood_since_s, ann.flood_lines = START_S, 5
        memory.clear_strikes("ann")
        assert (ann.flood_since_s, ann.flood_lines) == (None, 0)


class TestInvitedPhrases:
    def test_a_phrase_is_invited_for_ten_minutes(self, memory: RoomMemory) -> None:
        memory.invite("join", START_S)
        assert memory.is_invited("join", START_S + TEN_MINUTES)
        assert not memory.is_invited("join", START_S + TEN_MINUTES + 1)
        assert not memory.is_invited("buy", START_S)

    def test_fifty_phrases_are_kept(self, memory: RoomMemory) -> None:
        for number in range(60):
            memory.invite(f"word {number}", START_S)
        assert not memory.is_invited("word 9", START_S)
        assert memory.is_invited("word 10", START_S)


steps = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(["a", "b", "c"]), st.integers(0, 700)),
    st.tuples(st.just("rename"), st.sampled_from(["a", "b", "c"]), st.sampled_from([0, 1, 2])),
)


@given(st.lists(steps, max_size=60))
def test_its_indexes_agree_whatever_happens(done: list[tuple[str, str, int]]) -> None:
    memory = RoomMemory(ROOM)
    now_s, said = START_S, 0
    for what, who, number in done:
        if what == "say":
            now_s += number
            said += 1
            message = Message(ROOM, f"m{said}", Sender(who, who), "text", now_s)
            memory.add(message, "text", memory.clamp(now_s))
        else:
            memory.rename(who, Sender("abc"[number], "abc"[number]))
    for kept in memory.lines:
        assert memory.line(kept.short_id) is kept
        assert memory.line(kept.message.id) is kept
        assert kept.at_s >= now_s - TEN_MINUTES
    assert all(known.last_s >= now_s - 2 * TEN_MINUTES for known in memory.senders())
    assert len({known.sender.id for known in memory.senders()}) == len(list(memory.senders()))


def test_spans_are_what_the_documentation_says() -> None:
    assert (LINES_KEPT, timedelta(seconds=TEN_MINUTES)) == (500, timedelta(minutes=10))
