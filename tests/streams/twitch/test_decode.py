"""EventSub frames become events: every captured one against a golden file, and the shapes captures do not show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import (
    Event,
    Message,
    MessageRemoved,
    Role,
    RolesChanged,
    RoomClosed,
    RoomKey,
    RoomLive,
    RoomSilenced,
    SenderFreed,
    SenderSilenced,
)
from streams.twitch.decode import Decoder, Tally
from streams.twitch.frames import read_chat, read_frame
from tests.simulators.twitch import bodies
from tests.simulators.twitch.world import Channel, Line, User
from tests.streams.twitch.samples import NOW_S, check_golden, rows

OWNER, ANN, BEN = User("9001", "streamer", "Streamer"), User("7", "ann", "安"), User("8", "ben", "Ben")
ROOM = RoomKey("twitch:streamer")
STAMP = "2026-11-22T01:02:03.123456789Z"
AT_S = 1795309323.123457
UNWANTED = {
    "unknown channel.ban",
    "unknown channel.unban",
    "unknown channel.update",
    "unknown channel.follow",
    "unknown channel.raid",
    "unknown channel.moderator.add",
    "unknown channel.moderator.remove",
    "unknown channel.shared_chat.begin",
    "unknown channel.shared_chat.update",
    "unknown channel.shared_chat.end",
    "unknown channel.chat.user_message_hold",
    "unknown channel.chat.user_message_update",
    "unknown user.authorization.grant",
    "unknown user.authorization.revoke",
    "unknown user.update",
}
"""What is in the samples and what we do not subscribe to."""


class Everywhere(dict[str, RoomKey]):
    """Every channel is wanted."""

    def get(self, key: str, default: Any = None) -> RoomKey:
        return RoomKey(f"twitch:{key}")


def framed(kind: str, event: Any, version: str = "1", stamp: str = STAMP) -> dict[str, Any]:
    about = {"subscription_type": kind, "subscription_version": version}
    metadata = {"message_id": "m", "message_type": "notification", "message_timestamp": stamp, **about}
    return {"metadata": metadata, "payload": {"subscription": {"type": kind, "version": version}, "event": event}}


def decoded(frame: Any, decoder: Decoder | None = None) -> list[Event]:
    read = read_frame(frame if isinstance(frame, str | bytes) else json.dumps(frame, ensure_ascii=False))
    assert read is not None
    return (decoder or Decoder({"9001": ROOM}, "1001", Tally())).decode(read, NOW_S)


def line(text: str, *, by: User = ANN, reply_to: Line | None = None, source: Channel | None = None) -> dict[str, Any]:
    channel = Channel(OWNER, {"8"})
    said = Line("id-1", by, text, 0.0, reply_to=reply_to)
    return framed("channel.chat.message", bodies.chat_message(channel, said, {}, source))


def samples() -> Iterator[tuple[str, dict[str, Any]]]:
    for row in rows("frames.captured"):
        if row["frame"]["metadata"]["message_type"] == "notification":
            yield row["id"], row["frame"]
    for row in rows("events.captured"):
        for event in row["event"] if isinstance(row["event"], list) else [row["event"]]:
            yield row["id"], framed(row["type"], event)
    for row in rows("notifications.docs"):
        if row["type"] and "event" in row["payload"]:
            yield row["id"], framed(row["type"], row["payload"]["event"], row["version"])


def test_captured_events_give_the_golden_events() -> None:
    tally = Tally()
    decoder = Decoder(Everywhere(), "1001", tally)
    check_golden("eventsub", ((ident, decoded(frame, decoder)) for ident, frame in samples()))
    assert set(tally.counts) == UNWANTED


def test_every_sample_frame_is_a_frame() -> None:
    frames = [row["frame"] for row in rows("frames.captured")]
    frames += [row["payload"] for row in rows("notifications.docs") if "metadata" in row["payload"]]
    assert len(frames) >= 26
    for frame in frames:
        read = read_frame(json.dumps(frame))
        assert read is not None
        assert read.metadata.message_type == frame["metadata"]["message_type"]


def test_a_line_tells_who_wrote_what_and_when() -> None:
    (said,) = decoded(line("第一条 Kappa"))
    assert said == Message(ROOM, "id-1", said.sender, "第一条 Kappa", AT_S)  # type: ignore[union-attr]
    assert isinstance(said, Message)
    assert (said.sender.id, said.sender.name, said.sender.roles) == ("7", "安", Role.VIEWER)


@pytest.mark.parametrize(("by", "roles"), [(OWNER, Role.OWNER), (BEN, Role.MODERATOR), (ANN, Role.VIEWER)])
def test_roles_come_from_badges(by: User, roles: Role) -> None:
    (said,) = decoded(line("hi", by=by))
    assert isinstance(said, Message)
    assert said.sender.roles is roles


def test_our_own_line_is_marked() -> None:
    (said,) = decoded(line("hi", by=User("1001", "danmodbot", "danmodbot")))
    assert isinstance(said, Message)
    assert said.sender.roles is Role.SELF


def test_a_reply_takes_its_target_along_and_loses_its_address() -> None:
    (said,) = decoded(line("@Ben !report spam", reply_to=Line("id-0", BEN, "buy", 0.0)))
    assert isinstance(said, Message)
    assert (said.text, said.reply_to, said.reply_to_sender) == ("!report spam", "id-0", "8")


def test_a_line_of_a_shared_chat_gives_no_rights_here() -> None:
    elsewhere = Channel(User("5", "other", "Other"), {"7"})
    (said,) = decoded(line("hi", source=elsewhere))
    assert isinstance(said, Message)
    assert (said.mirrored, said.sender.roles) == (True, Role.VIEWER)
    (said,) = decoded(line("hi", source=Channel(OWNER)))
    assert isinstance(said, Message)
    assert not said.mirrored


def test_emotes_alone_are_canned_and_invisible_ends_are_dropped() -> None:
    (emotes,), (text,) = decoded(line("Kappa LUL")), decoded(line("gg Kappa \U000e0000"))
    assert isinstance(emotes, Message)
    assert isinstance(text, Message)
    assert (emotes.canned, text.canned, text.text) == (True, False, "gg Kappa")
    assert decoded(line("\U000e0000")) == []


def test_a_line_for_a_room_left_meanwhile_is_none() -> None:
    assert decoded(line("hi"), Decoder({}, "1001", Tally())) == []


@pytest.mark.parametrize(
    "spoil",
    [
        {"badges": None},
        {"badges": [{"set_id": 5}]},
        {"reply": {"parent_message_id": 5}},
        {"chatter_user_login": None},
        {"message": {"text": "hi"}},
        {"source_broadcaster_user_id": 5},
    ],
    ids=str,
)
def test_an_odd_corner_costs_no_line(spoil: dict[str, Any]) -> None:
    frame = line("hi")
    frame["payload"]["event"] |= spoil
    (said,) = decoded(frame)
    assert isinstance(said, Message)
    assert (said.text, said.sender.id) == ("hi", "7")


def test_typed_and_tolerant_reading_agree() -> None:
    for frame in (line("hi"), line("@Ben hi", reply_to=Line("id-0", BEN, "buy", 0.0)), line("Kappa", by=BEN)):
        odd = json.loads(json.dumps(frame))
        odd["payload"]["event"]["chatter_user_name"] = None
        plain = read_chat(msgspec.json.encode(frame["payload"]))
        tolerant = read_chat(msgspec.json.encode(odd["payload"]))
        assert plain is not None
        assert tolerant is not None
        assert msgspec.structs.replace(plain, chatter_user_name="") == tolerant


def test_what_is_no_line_is_counted_and_never_raises() -> None:
    tally = Tally()
    decoder = Decoder({"9001": ROOM}, "1001", tally)
    assert decoded(framed("channel.chat.message", {"broadcaster_user_id": "9001"}), decoder) == []
    assert decoded(framed("channel.chat.clear", None), decoder) == []
    assert decoded(framed("channel.new", {}), decoder) == []
    assert dict(tally.counts) == {"odd channel.chat.message": 1, "odd channel.chat.clear": 1, "unknown channel.new": 1}


@pytest.mark.parametrize(("stamp", "at_s"), [("yesterday", NOW_S), ("", NOW_S), ("2026-11-22T01:02:03Z", 1795309323.0)])
def test_a_stamp_that_is_no_instant_is_the_arrival(stamp: str, at_s: float) -> None:
    frame = line("hi")
    frame["metadata"]["message_timestamp"] = stamp
    (said,) = decoded(frame)
    assert isinstance(said, Message)
    assert said.sent_s == at_s


def _by(action: str, **details: Any) -> list[Event]:
    mod = User("8", "ben", "Ben")
    return decoded(framed("channel.moderate", bodies.moderate(Channel(OWNER), mod, action, **details), "2"))


def test_what_moderators_do_is_told_with_who_did_it() -> None:
    ann = ANN.as_("user")
    until = {"timeout": {**ann, "reason": "", "expires_at": "2026-11-22T01:12:03Z"}}
    assert _by("timeout", **until) == [SenderSilenced(ROOM, AT_S, "7", until_s=1795309923.0, by="ben")]
    assert _by("ban", ban={**ann, "reason": ""}) == [SenderSilenced(ROOM, AT_S, "7", banned=True, by="ben")]
    assert _by("untimeout", untimeout=ann) == [SenderFreed(ROOM, AT_S, "7", by="ben")]
    assert _by("unban", unban=ann) == [SenderFreed(ROOM, AT_S, "7", by="ben")]
    assert _by("delete", delete={**ann, "message_id": "x"}) == [MessageRemoved(ROOM, AT_S, message_id="x")]
    assert _by("clear") == [MessageRemoved(ROOM, AT_S)]
    assert _by("mod", mod=ann) == [RolesChanged(ROOM, AT_S, "7", Role.MODERATOR)]
    assert _by("unmod", unmod=ann) == [RolesChanged(ROOM, AT_S, "7", Role.VIEWER)]
    assert _by("shared_chat_ban", shared_chat_ban={**ann, "reason": ""}) == [], "banned in the other room, not here"
    assert _by("slow", slow={"wait_time_seconds": 5}) == []


def test_deletions_clears_and_the_stream_are_told() -> None:
    target = {**OWNER.as_("broadcaster_user"), **ANN.as_("target_user"), "message_id": "x"}
    room = OWNER.as_("broadcaster_user")
    assert decoded(framed("channel.chat.message_delete", target)) == [MessageRemoved(ROOM, AT_S, message_id="x")]
    cleared = decoded(framed("channel.chat.clear_user_messages", target))
    assert cleared == [MessageRemoved(ROOM, AT_S, sender_id="7")]
    assert decoded(framed("channel.chat.clear", room)) == [MessageRemoved(ROOM, AT_S)]
    assert decoded(framed("stream.online", room)) == [RoomLive(ROOM, AT_S)]
    assert decoded(framed("stream.offline", room)) == [RoomClosed(ROOM, AT_S)]


def test_emote_only_is_a_silenced_room_and_told_once() -> None:
    decoder = Decoder({"9001": ROOM}, "1001", Tally())

    def change(*, on: bool) -> list[Event]:
        settings = {**OWNER.as_("broadcaster_user"), "emote_mode": on, "slow_mode": True}
        return decoded(framed("channel.chat_settings.update", settings), decoder)

    assert [change(on=on) for on in (False, True, True, False)] == [
        [],
        [RoomSilenced(ROOM, AT_S, on=True)],
        [],
        [RoomSilenced(ROOM, AT_S, on=False)],
    ]


def test_an_approved_unban_request_frees() -> None:
    event = {**OWNER.as_("broadcaster_user"), **ANN.as_("user"), **BEN.as_("moderator_user"), "id": "r"}
    approved = decoded(framed("channel.unban_request.resolve", {**event, "status": "approved"}))
    assert approved == [SenderFreed(ROOM, AT_S, "7", by="ben")]
    assert decoded(framed("channel.unban_request.resolve", {**event, "status": "denied"})) == []


def test_a_whisper_is_said_to_us_alone() -> None:
    whisper = {**ANN.as_("from_user"), **User("1001", "danmodbot", "x").as_("to_user"), "whisper_id": "w"}
    (said,) = decoded(framed("user.whisper.message", {**whisper, "whisper": {"text": "!appeal A7K2"}}))
    assert isinstance(said, Message)
    assert (said.room, said.private, said.text, said.sender.id) == ("twitch:", True, "!appeal A7K2", "7")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["message", "text", "badges", "ban", "user_id", "timeout", "expires_at", "reply", "whisper"]), inner
)))  # fmt: skip
def test_hostile_events_never_raise(event: Any) -> None:
    decoder = Decoder(Everywhere(), "1001", Tally())
    for kind in ("channel.chat.message", "channel.chat.notification", "channel.moderate", "user.whisper.message"):
        fields = {"broadcaster_user_id": "9001", "action": "timeout", **(event if isinstance(event, dict) else {})}
        decoded(framed(kind, fields), decoder)
        decoded(framed(kind, event), decoder)


@given(st.one_of(st.text(), st.binary(), st.just('{"metadata":{"message_type":"x"},"payload":[]}')))
def test_hostile_frames_never_raise(data: str | bytes) -> None:
    read_frame(data)


def test_a_frame_with_halves_of_characters_is_still_read() -> None:
    frame = json.dumps(line("hi \ud83d there"))
    (said,) = decoded(frame)
    assert isinstance(said, Message)
    assert said.text == "hi \ufffd there"
