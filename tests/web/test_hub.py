"""The fan-out's laws: nothing without a verdict, nothing before its hold, nothing after it was hidden."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from streams.events import RoomKey
from web import screen
from web.hub import QUEUE_BYTES, STALE_S, FeedLine, Hub, Viewer
from web.screen import FEED_LINES, HELD_CAP, REMEMBERED

ROOM = RoomKey("sandbox:demo")


class Watch:
    """A hub with a clock of its own, and a viewer that remembers every frame."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.hub = Hub(lambda: self.now_s)
        self.hub.open_room(ROOM)
        self.frames: list[dict[str, Any]] = []
        self.beat()
        self.viewer = self.look()

    def look(self, *, feed: bool = False) -> Viewer:
        viewer = self.hub.attach(ROOM, lambda: None, lambda: None, feed=feed)
        assert viewer is not None
        return viewer

    def beat(self) -> None:
        self.hub.beat(self.now_s)
        self.hub.advance(self.now_s)

    def pass_time(self, seconds: float, *, beating: bool = True) -> None:
        self.now_s += seconds
        if beating:
            self.hub.beat(self.now_s)
        self.hub.advance(self.now_s)

    def judged(self, message_id: str, hold_s: float | None = 0.0, sender: str = "a", text: str = "hi") -> None:
        self.hub.judged(FeedLine(ROOM, message_id, "Mia", text, self.now_s, "viewer", sender), hold_s)

    def read(self) -> list[dict[str, Any]]:
        fresh = [json.loads(frame) for frame in self.viewer.take()]
        self.frames += fresh
        return fresh

    def shown(self) -> list[str]:
        self.read()
        return [line["id"] for frame in self.frames for line in frame.get("show", ())]

    def hidden(self) -> list[str]:
        self.read()
        return [message_id for frame in self.frames for message_id in frame.get("hide", ())]


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_line_is_shown_after_its_hold_and_not_before(watch: Watch) -> None:
    watch.judged("m1", hold_s=2.0)
    watch.pass_time(1.9)
    assert watch.shown() == []
    watch.pass_time(0.2)
    assert watch.shown() == ["m1"]


def test_a_line_kept_off_is_never_shown(watch: Watch) -> None:
    watch.judged("m1", hold_s=None)
    watch.pass_time(60)
    assert watch.shown() == []
    assert watch.hub.lines(ROOM) == ()


def test_a_later_decision_cancels_the_hold(watch: Watch) -> None:
    watch.judged("m1", hold_s=2.0)
    watch.hub.hide(ROOM, ["m1"])
    watch.pass_time(3)
    assert watch.shown() == []
    assert watch.hidden() == [], "a screen learns nothing of a line it never had"


def test_a_later_decision_takes_a_shown_line_back(watch: Watch) -> None:
    watch.judged("m1")
    watch.pass_time(0.1)
    watch.hub.hide(ROOM, ["m1"])
    assert watch.hub.lines(ROOM) == ()
    watch.pass_time(0.1)
    assert watch.hidden() == ["m1"]


def test_a_line_hidden_before_its_verdict_stays_hidden(watch: Watch) -> None:
    watch.hub.hide(ROOM, ["m1"])
    watch.judged("m1")
    watch.pass_time(1)
    assert watch.shown() == []


def test_all_lines_of_a_sender_go_held_or_shown(watch: Watch) -> None:
    watch.judged("m1", sender="bad")
    watch.judged("m2", sender="good")
    watch.pass_time(0.1)
    watch.judged("m3", hold_s=2.0, sender="bad")
    watch.hub.hide_sender(ROOM, "bad")
    watch.pass_time(3)
    assert watch.shown() == ["m1", "m2"]
    assert watch.hidden() == ["m1"]


def test_clear_takes_everything_and_lets_new_lines_come(watch: Watch) -> None:
    watch.judged("m1")
    watch.pass_time(0.1)
    watch.judged("m2", hold_s=1.0)
    watch.hub.clear(ROOM)
    watch.judged("m3")
    watch.pass_time(2)
    assert watch.shown() == ["m1", "m3"]
    assert any(frame.get("clear") for frame in watch.frames)
    assert [line.id for line in watch.hub.lines(ROOM)] == ["m3"]


def test_the_senders_key_never_leaves(watch: Watch) -> None:
    watch.judged("m1", sender="opaque-key")
    watch.pass_time(0.1)
    assert all("opaque-key" not in frame for frame in watch.viewer.take())


def test_without_a_beat_nothing_is_released_and_the_screens_are_told(watch: Watch) -> None:
    watch.judged("m1", hold_s=STALE_S + 1)
    watch.pass_time(STALE_S + 2, beating=False)
    assert watch.shown() == []
    assert watch.frames[-1]["live"] is False
    watch.pass_time(1)
    assert watch.shown() == ["m1"]
    assert watch.frames[-1]["live"] is True


def test_a_hub_that_never_heard_a_beat_is_closed() -> None:
    hub = Hub(lambda: 1000.0)
    hub.advance(1000.0)
    assert not hub.live


def test_hiding_works_while_closed(watch: Watch) -> None:
    watch.judged("m1")
    watch.pass_time(0.1)
    watch.pass_time(STALE_S + 1, beating=False)
    watch.hub.hide(ROOM, ["m1"])
    watch.pass_time(0.1, beating=False)
    assert watch.hidden() == ["m1"]


def test_an_overlay_that_joins_late_gets_only_what_comes_after(watch: Watch) -> None:
    watch.judged("m1")
    watch.pass_time(0.1)
    late = watch.look()
    watch.judged("m2")
    watch.pass_time(0.1)
    frames = [json.loads(frame) for frame in late.take()]
    assert [line["id"] for frame in frames for line in frame.get("show", ())] == ["m2"]
    assert "snapshot" not in frames[0]


def test_a_feed_page_that_joins_late_gets_the_shown_lines_and_no_other(watch: Watch) -> None:
    watch.judged("m1")
    watch.judged("m2")
    watch.pass_time(0.1)
    watch.hub.hide(ROOM, ["m1"])
    watch.judged("m3", hold_s=9.0)
    frames = [json.loads(frame) for frame in watch.look(feed=True).take()]
    assert [line["id"] for line in frames[0]["snapshot"]] == ["m2"]


def test_a_quiet_room_is_told_every_second_that_it_lives(watch: Watch) -> None:
    watch.read()
    for _ in range(40):
        watch.pass_time(0.1)
    assert 3 <= len(watch.read()) <= 5


@pytest.mark.fault("F32")
def test_a_viewer_that_takes_nothing_is_dropped_and_harms_nobody(watch: Watch) -> None:
    dropped: list[str] = []
    stuck = watch.hub.attach(ROOM, lambda: None, lambda: dropped.append("stuck"))
    assert stuck is not None
    taken, sent = 0, 0
    while not dropped:
        sent += 20
        for index in range(20):
            watch.judged(f"{sent}.{index}", text="长" * 300)
        watch.pass_time(0.1)
        taken += len([line for frame in watch.read() for line in frame.get("show", ())])
        assert sent < 100 * QUEUE_BYTES / 300
    assert dropped == ["stuck"]
    assert taken == sent
    assert stuck.take() == []
    assert watch.hub.viewers == 1


def test_closing_a_room_ends_its_viewers_and_forgets_its_lines(watch: Watch) -> None:
    watch.judged("m1")
    watch.pass_time(0.1)
    watch.hub.close_room(ROOM)
    assert watch.viewer.dropped
    assert watch.hub.lines(ROOM) == ()
    assert watch.hub.attach(ROOM, lambda: None, lambda: None) is None
    watch.judged("m2")
    watch.pass_time(1)
    watch.hub.open_room(ROOM)
    assert watch.hub.lines(ROOM) == ()


def test_the_memory_of_a_room_is_bounded(watch: Watch) -> None:
    for index in range(HELD_CAP + 500):
        watch.judged(f"held{index}", hold_s=60)
    room = watch.hub._screens[ROOM]
    assert room.waiting == HELD_CAP
    assert room.kept_off == 500
    for index in range(REMEMBERED + 500):
        watch.judged(f"m{index}")
        watch.hub.hide(ROOM, [f"h{index}"])
    watch.pass_time(61)
    assert len(watch.hub.lines(ROOM)) == FEED_LINES
    assert len(room._shown) <= REMEMBERED
    assert len(room._hidden) <= REMEMBERED


def test_cancelled_holds_do_not_pile_up(watch: Watch) -> None:
    for index in range(3 * HELD_CAP):
        watch.judged(f"m{index}", hold_s=3600)
        watch.hub.hide(ROOM, [f"m{index}"])
    assert len(watch.hub._screens[ROOM]._due) <= 2 * HELD_CAP + 1


class ScreenLaws(RuleBasedStateMachine):
    """Any order of verdicts, hides, time, beats and joins."""

    @initialize()
    def begin(self) -> None:
        self.watch = Watch()
        self.verdicts: dict[str, float | None] = {}
        self.gone: set[str] = set()
        self.shown_at: dict[str, float] = {}
        self.late: list[tuple[Viewer, set[str]]] = []
        self.count = 0

    @rule(hold_s=st.one_of(st.none(), st.floats(0, 4)), sender=st.sampled_from("ab"), text=st.text(max_size=8))
    def judge(self, hold_s: float | None, sender: str, text: str) -> None:
        self.count += 1
        message_id = f"{sender}{self.count}"
        self.verdicts[message_id] = None if hold_s is None else self.watch.now_s + hold_s
        self.watch.judged(message_id, hold_s, sender, text)

    @precondition(lambda self: self.verdicts)
    @rule(data=st.data())
    def hide(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sets(st.sampled_from(sorted(self.verdicts)), max_size=3))
        self.watch.hub.hide(ROOM, chosen)
        self.gone |= chosen

    @rule(sender=st.sampled_from("ab"))
    def hide_sender(self, sender: str) -> None:
        self.watch.hub.hide_sender(ROOM, sender)
        self.gone |= {message_id for message_id in self.verdicts if message_id.startswith(sender)}

    @rule()
    def clear(self) -> None:
        self.watch.hub.clear(ROOM)
        self.gone |= set(self.verdicts)

    @rule(seconds=st.floats(0.01, 8), beating=st.booleans())
    def time(self, seconds: float, beating: bool) -> None:
        self.watch.pass_time(seconds, beating=beating)
        for frame in self.watch.read():
            for line in frame.get("show", ()):
                self._check(line["id"], frame)

    def _check(self, message_id: str, frame: dict[str, Any]) -> None:
        due = self.verdicts[message_id]
        assert due is not None, "no line without a verdict that lets it pass"
        assert due <= self.watch.now_s, "no line before its hold is over"
        assert message_id not in self.gone, "no line after it was hidden"
        assert message_id not in self.shown_at, "no line twice"
        assert frame["live"] is True
        self.shown_at[message_id] = self.watch.now_s

    @rule(feed=st.booleans())
    def join(self, feed: bool) -> None:
        self.late.append((self.watch.look(feed=feed), set(self.shown_at) if not feed else set()))

    @invariant()
    def nothing_leaks_to_a_late_joiner(self) -> None:
        for viewer, before in getattr(self, "late", []):
            for frame in map(json.loads, viewer.take()):
                for line in (*frame.get("show", ()), *frame.get("snapshot", ())):
                    assert line["id"] not in before
                    assert line["id"] in self.shown_at
                    assert line["id"] not in self.gone

    @invariant()
    def the_feed_holds_only_what_may_be_seen(self) -> None:
        if hasattr(self, "watch"):
            ids = {line.id for line in self.watch.hub.lines(ROOM)}
            assert ids <= set(self.shown_at) - self.gone


TestScreenLaws = ScreenLaws.TestCase
TestScreenLaws.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)


@pytest.mark.fault("X7")
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=400), st.floats())
def test_every_frame_is_json_whatever_a_platform_told(message_id: str, name: str, text: str, at_s: float) -> None:
    watch = Watch()
    line = FeedLine(ROOM, message_id + "\ud83d", name + "\ud800", text + "\udfff", at_s)
    watch.hub.judged(line, 0.0)
    watch.pass_time(0.1)
    (shown_id,) = watch.shown()
    assert 0 <= watch.hub.lines(ROOM)[0].at < screen.LAST_SECOND
    watch.hub.hide(ROOM, [line.id])
    watch.pass_time(0.1)
    assert watch.hidden() == [shown_id]


def test_rooms_in_which_nothing_happens_cost_nothing(watch: Watch) -> None:
    for index in range(1000):
        watch.hub.open_room(RoomKey(f"sandbox:{index}"))
    watch.hub.judged(FeedLine(RoomKey("sandbox:7"), "m1", "Mia", "hi", 1.0), 1.0)
    watch.pass_time(0.1)
    assert watch.hub._stirring == {ROOM, RoomKey("sandbox:7")}
    watch.pass_time(2)
    watch.pass_time(0.1)
    assert watch.hub._stirring == {ROOM}


def test_the_caps_are_what_the_documents_say() -> None:
    assert screen.FEED_LINES == 200


def test_a_paused_room_shows_nothing_new_and_goes_on_with_what_is_fresh(watch: Watch) -> None:
    watch.judged("before")
    watch.pass_time(0.1)
    watch.hub.pause(ROOM)
    watch.judged("early")
    watch.pass_time(screen.STALE_AFTER_S + 1)
    watch.judged("late")
    watch.pass_time(1)
    assert watch.hub.paused(ROOM)
    assert watch.shown() == ["before"]
    watch.hub.resume(ROOM)
    watch.pass_time(0.1)
    assert not watch.hub.paused(ROOM)
    assert watch.shown() == ["before", "late"], "what is long over is not shown afterwards"


def test_a_paused_room_is_cleared_and_hidden_lines_stay_hidden(watch: Watch) -> None:
    watch.hub.pause(ROOM)
    watch.judged("m1", hold_s=0.5)
    watch.judged("m2", hold_s=0.5)
    watch.hub.hide(ROOM, ["m1"])
    watch.hub.resume(ROOM)
    watch.pass_time(1)
    assert watch.shown() == ["m2"]


def test_what_was_hidden_by_mistake_comes_back_while_its_moment_lasts(watch: Watch) -> None:
    line = FeedLine(ROOM, "m1", "Mia", "hi", watch.now_s, "viewer", "a")
    watch.judged("m1")
    watch.pass_time(0.1)
    watch.hub.hide(ROOM, ["m1"])
    watch.pass_time(5)
    watch.hub.take_back(line)
    watch.pass_time(0.1)
    assert watch.shown() == ["m1", "m1"]
    watch.hub.take_back(line)
    watch.pass_time(0.1)
    assert watch.shown() == ["m1", "m1"], "it was hidden once, and comes back once"


def test_what_was_hidden_long_ago_is_listed_apart(watch: Watch) -> None:
    line = FeedLine(ROOM, "m1", "Mia", "hi", watch.now_s, "viewer", "a")
    watch.judged("m1", hold_s=None)
    watch.pass_time(90)
    watch.hub.take_back(line)
    watch.pass_time(0.1)
    assert watch.shown() == []
    assert [again.id for again in watch.hub.again(ROOM)] == ["m1"]
