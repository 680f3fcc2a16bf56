"""Twitch's IRC lines become events: every captured one against a golden file, and what makes them trustworthy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import Event, Message, MessageRemoved, Role, SenderSilenced
from streams.irc.wire import parse
from streams.twitch.irc_lines import read_any_line, read_clearing, read_line, read_removal, read_said
from streams.twitch.texts import without_address
from tests.streams.twitch.samples import NOW_S, ROOM, check_golden, rows

LINES = [*rows("lines.captured"), *rows("lines.parser")]


def understood(text: str) -> list[Event] | None:
    """The events of one line; None where it is no line."""
    line = read_line(text)
    if line is None:
        return None
    match line.command:
        case "PRIVMSG" | "USERNOTICE":
            said = read_said(line, ROOM, NOW_S, lambda: "made-up")
            return [said] if said else []
        case "CLEARCHAT":
            return read_clearing(line, ROOM, NOW_S)
        case "CLEARMSG":
            return read_removal(line, ROOM, NOW_S)
    return []


def message(ident: str) -> Message:
    (row,) = [row for row in LINES if row["id"] == ident]
    (event,) = understood(row["line"]) or []
    assert isinstance(event, Message)
    return event


def test_captured_lines_give_the_golden_events() -> None:
    def found() -> Iterator[tuple[str, list[Event]]]:
        for row in LINES:
            for text in [*row.get("previous", ()), row["line"]]:
                if row.get("valid", True):
                    events = understood(text)
                    assert events is not None, text
                    yield row["id"], events

    check_golden("lines", found())


@pytest.mark.parametrize("row", [row for row in LINES if not row.get("valid", True)], ids=lambda row: row["id"])
def test_a_line_out_of_shape_is_not_read(row: dict[str, str]) -> None:
    assert understood(row["line"]) is None


def test_the_short_way_reads_what_the_long_one_does_and_what_the_wire_reads() -> None:
    for row in LINES:
        line = read_line(row["line"])
        assert line == read_any_line(row["line"])
        assert line is None or line == parse(row["line"])


@given(st.text("@: #PRIVMSG=;\r", max_size=40))
def test_the_short_way_takes_nothing_the_long_one_refuses(text: str) -> None:
    for line in (text, f"@a=b :c!d@e PRIVMSG {text}", f"@{text} :c PRIVMSG #x :y", f"@a=b :{text} PRIVMSG #x :y"):
        assert read_line(line) == read_any_line(line)


def test_what_was_said_is_always_a_message_and_money_never_is() -> None:
    said = [row["line"] for row in LINES if row.get("valid", True) and " PRIVMSG #" in row["line"]]
    assert len(said) > 80
    assert all(isinstance(event, Message) for text in said for event in understood(text) or [None])
    assert understood(next(row["line"] for row in LINES if row["id"] == "usernotice/test_subgift")) == []
    resub = message("usernotice/test_resub")
    assert (resub.text, resub.sender.id) == ("xqcL", "21156217")


def test_roles_come_from_the_badges_of_this_room_alone() -> None:
    outside, both = message("shared-chat-moderator-external-channel"), message("shared-chat-moderator-both-channels")
    assert (outside.mirrored, outside.sender.roles) == (True, Role.VIEWER)
    assert (both.mirrored, both.sender.roles) == (True, Role.MODERATOR)
    assert message("action").sender.roles is Role.OWNER
    assert not message("shared-chat-same-channel").mirrored
    assert message("badges-invalid").sender.roles is Role.VIEWER


@pytest.mark.parametrize(
    ("badges", "roles"),
    [
        ("lead_moderator/1,vip/1", Role.MODERATOR),
        ("sub-moderator/1", Role.VIEWER),
        ("moderator/1,bot-badge/1", Role.MODERATOR | Role.BOT),
        ("staff/1,admin/1,vip/1,subscriber/9", Role.VIEWER),
    ],
)
def test_a_badge_is_read_by_its_whole_name(badges: str, roles: Role) -> None:
    (event,) = understood(f"@badges={badges};id=1;user-id=5 :a!a@a PRIVMSG #c :hi") or []
    assert isinstance(event, Message)
    assert event.sender.roles == roles


def test_a_reply_names_whom_it_answers_and_loses_the_address_twitch_put_before_it() -> None:
    reply = message("reply-unescape")
    assert reply.text == "b"
    assert reply.reply_to == "241c2a7e-be6e-4132-981b-fc76c5137e3a"
    assert reply.reply_to_sender == "27573656"
    assert message("simple").reply_to is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("@Bad !report spam", "!report spam"),
        ("@坏人 !举报", "!举报"),
        ("@bad", "@bad"),
        ("@badly !report", "@badly !report"),
        ("!report @bad", "!report @bad"),
        ("@other !report", "@other !report"),
    ],
)
def test_only_the_address_of_the_answered_goes(text: str, rest: str) -> None:
    assert without_address(text, "bad", "坏人", None) == rest


def test_the_invisible_end_some_clients_add_is_dropped() -> None:
    (event,) = understood("@id=1;user-id=5 :a!a@a PRIVMSG #c :!report @x \U000e0000") or []
    assert isinstance(event, Message)
    assert event.text == "!report @x"
    assert understood("@id=1;user-id=5 :a!a@a PRIVMSG #c :\U000e0000") == []


def test_a_timeout_ends_a_ban_does_not_and_both_take_the_lines_out() -> None:
    (row,) = [row for row in LINES if row["id"] == "clearchat/test_timeout"]
    assert understood(row["line"]) == [
        MessageRemoved(ROOM, 1594553828.245, sender_id="148973258"),
        SenderSilenced(ROOM, 1594553828.245, "148973258", until_s=1594553829.245),
    ]
    (row,) = [row for row in LINES if row["id"] == "clearchat/test_permaban"]
    events = understood(row["line"]) or []
    assert events[1] == SenderSilenced(ROOM, 1594561360.331, "70948394", banned=True)
    (row,) = [row for row in LINES if row["id"] == "clearchat/test_chat_clear"]
    assert understood(row["line"]) == [MessageRemoved(ROOM, 1594561392.337)]


@pytest.mark.parametrize("stamp", ["", "0", "x", "²²²²²²²²²²²²²", "9" * 400, "-1594553828245"])
def test_a_stamp_that_is_no_instant_is_the_arrival(stamp: str) -> None:
    (event,) = understood(f"@id=1;user-id=5;tmi-sent-ts={stamp} :a!a@a PRIVMSG #c :hi") or []
    assert isinstance(event, Message)
    assert event.sent_s == NOW_S


@pytest.mark.fault("X12")
@given(st.text(max_size=200), st.sampled_from(["PRIVMSG", "CLEARCHAT", "CLEARMSG", "USERNOTICE"]), st.text(max_size=80))
def test_hostile_lines_never_raise(tags: str, command: str, text: str) -> None:
    understood(f"@{tags} :a!a@a {command} #c :{text}")
    understood(tags)
