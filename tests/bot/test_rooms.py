"""The watched rooms: how well each is seen, and what its policy is just now."""

from __future__ import annotations

from bot.config import LimitsSection, policy_of
from bot.rooms import BLIND_AFTER_S, MASKED_LINES, Rooms, WatchedRoom
from cases.model import Mode, Profile
from streams.events import FeedChanged, FeedState, Message, RoomKey, Sender, room_key
from streams.platform import Capabilities

ROOM = room_key("irc", "#talk")
ANN, MASKED = Sender("ann", "Ann"), Sender(None, "A***")


def watched(key: RoomKey = ROOM, mode: Mode = Mode.ENFORCE, can: Capabilities | None = None) -> WatchedRoom:
    told = [can or Capabilities(delete=True)]
    return WatchedRoom(key, mode, policy_of(LimitsSection(), Profile.SOLO), "en", lambda: told[0], state_since_s=0.0)


def line(sender: Sender, sent_s: float = 0.0) -> Message:
    return Message(ROOM, "m", sender, "hello", sent_s)


def test_a_room_that_is_not_connected_for_a_minute_is_blind_and_says_why() -> None:
    room = watched()
    assert room.seen_as(BLIND_AFTER_S)[0] is FeedState.CONNECTING
    state, reason = room.seen_as(BLIND_AFTER_S + 1)
    assert state is FeedState.BLIND
    assert "not connected for 61 s" in reason
    room.feed_changed(FeedChanged(ROOM, 100.0, FeedState.LIVE))
    assert room.seen_as(100.0) == (FeedState.LIVE, "")


def test_a_reconnect_starts_the_minute_anew_but_a_repeated_state_does_not() -> None:
    room = watched()
    room.feed_changed(FeedChanged(ROOM, 50.0, FeedState.LIVE))
    room.feed_changed(FeedChanged(ROOM, 100.0, FeedState.CONNECTING, "cut"))
    room.feed_changed(FeedChanged(ROOM, 150.0, FeedState.CONNECTING, "still cut"))
    assert room.state_since_s == 100.0
    assert room.seen_as(159.0)[0] is FeedState.CONNECTING
    assert room.seen_as(161.0)[0] is FeedState.BLIND


def test_a_room_of_hidden_people_is_blind_until_one_is_seen() -> None:
    room = watched()
    room.feed_changed(FeedChanged(ROOM, 0.0, FeedState.LIVE))
    for _ in range(MASKED_LINES - 1):
        room.saw(line(MASKED), 1.0)
    assert room.seen_as(1.0)[0] is FeedState.LIVE
    room.saw(line(MASKED), 1.0)
    state, reason = room.seen_as(1.0)
    assert state is FeedState.BLIND
    assert "log in" in reason
    room.saw(line(ANN), 2.0)
    assert room.seen_as(2.0)[0] is FeedState.LIVE


def test_a_refused_room_says_what_the_platform_said() -> None:
    room = watched()
    room.feed_changed(FeedChanged(ROOM, 1.0, FeedState.REFUSED, "wrong token"))
    assert room.seen_as(1000.0) == (FeedState.REFUSED, "wrong token")


def test_the_policy_follows_what_can_be_deleted_now() -> None:
    can = [Capabilities(delete=False)]
    room = WatchedRoom(ROOM, Mode.ENFORCE, policy_of(LimitsSection(), Profile.SOLO), "en", lambda: can[0])
    assert not room.policy.can_delete
    can[0] = Capabilities(delete=True)
    room.refresh()
    assert room.policy.can_delete


def test_only_a_line_later_than_the_quickest_is_late() -> None:
    room = watched()
    assert not room.is_late(line(ANN, 0.0), 3600.0, 120.0), "a clock that is off for every line"
    assert not room.is_late(line(ANN, 10.0), 3611.0, 120.0)
    assert room.is_late(line(ANN, 20.0), 3620.0 + 121.0, 120.0)
    assert not room.is_late(line(ANN, 1e9), 3700.0, 120.0)
    assert not room.is_late(line(ANN, 3700.0), 3701.0, 120.0), "one from the future has changed nothing"


def test_rooms_are_kept_by_their_key_and_the_first_stays() -> None:
    rooms, first = Rooms(), watched()
    rooms.add(first)
    rooms.add(watched(mode=Mode.DRY_RUN))
    assert rooms.get(ROOM) is first
    assert rooms.get(room_key("irc", "#none")) is None
    assert (len(rooms), list(rooms)) == (1, [first])


def test_a_dry_run_is_a_mode() -> None:
    assert watched(mode=Mode.DRY_RUN).dry_run
    assert not watched().dry_run
