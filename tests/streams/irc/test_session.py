"""The IRC session as transcripts: what the server says, what we answer, what we make of it. No socket, no clock."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import (
    Event,
    FeedChanged,
    FeedState,
    Message,
    Role,
    RolesChanged,
    RoomKey,
    RoomSilenced,
    Sender,
    SenderFreed,
    SenderRenamed,
    SenderSilenced,
)
from streams.irc.outgoing import Outgoing, Urgency
from streams.irc.session import ANSWER_S, SILENCE_S, WELCOME_S, IrcSession
from streams.irc.settings import IrcSettings
from streams.session import SessionOver

ROOM = RoomKey("irc:#r")
SETTINGS = IrcSettings("ws://irc.example", "danmod", lines_per_s=100, burst=100)
ISUPPORT = (
    ":s 005 danmod CASEMAPPING=rfc1459 CHANMODES=b,k,l,imnpst EXTBAN=,m PREFIX=(qaohv)~&@%+ CHANTYPES=# MODES=20 :are"
)


class Talk:
    """A session and the other side of it."""

    def __init__(self, settings: IrcSettings = SETTINGS, rooms: Iterable[RoomKey] = (ROOM,), chance: float = 0.0):
        self.now_s = 1000.0
        self.session = IrcSession(settings, rooms, self.now_s, lambda: chance)

    def hear(self, *lines: str) -> list[Event]:
        for line in lines:
            self.session.receive_data(line, self.now_s)
        return self.session.events_received()

    def sent(self) -> list[str]:
        return [str(frame) for frame in self.session.data_to_send()]

    def wait(self, seconds: float) -> list[Event]:
        self.now_s += seconds
        self.session.advance(self.now_s)
        return self.session.events_received()

    def welcome(self, caps: str = "message-tags server-time echo-message") -> Talk:
        self.sent()
        self.hear(f"CAP * LS :{caps}", *(f"CAP * ACK :{cap}" for cap in caps.split()))
        self.hear(":s 001 danmod :Welcome", ISUPPORT, ":s 422 danmod :no MOTD", ":s 461 danmod TBAN :Not enough")
        self.sent()
        return self

    def enter(self, names: str = "@danmod ann") -> list[Event]:
        return self.hear(":danmod!d@h JOIN #r", f":s 353 danmod = #r :{names}", ":s 366 danmod #r :End")

    def inside(self, names: str = "@danmod ann") -> Talk:
        self.welcome().enter(names)
        self.hear(
            ":s 324 danmod #r :+nt", ":s 352 danmod #r a host s ann H :0 ann", ":s 352 danmod #r d h s danmod H@ :0 d"
        )
        self.sent()
        return self


def test_the_registration_asks_for_capabilities_one_by_one() -> None:
    talk = Talk(IrcSettings("ws://x", "danmod", password="pw"))
    assert talk.sent() == ["PASS pw", "CAP LS 302", "NICK danmod", "USER danmod 0 * :danmod, a moderator bot"]
    assert not talk.hear(":s CAP * LS * :multi-prefix unknown-thing", ":s CAP * LS :server-time=x message-tags")
    assert talk.sent() == ["CAP REQ message-tags", "CAP REQ server-time", "CAP REQ multi-prefix"]
    talk.hear(":s CAP danmod ACK :message-tags ", ":s CAP danmod NAK :server-time")
    assert talk.sent() == []
    talk.hear(":s CAP danmod ACK :multi-prefix")
    assert talk.sent() == ["CAP END"]
    assert not talk.session.established
    talk.hear(":s 001 danmod :Welcome")
    assert talk.session.established
    assert talk.session.has("multi-prefix")
    assert not talk.session.has("server-time")


def test_sasl_plain_is_sent_in_chunks_and_ends_the_capabilities() -> None:
    talk = Talk(IrcSettings("ws://x", "danmod", sasl_account="bot", sasl_password="p" * 400))
    talk.sent()
    talk.hear("CAP * LS :sasl=PLAIN")
    assert talk.sent() == ["CAP REQ sasl"]
    talk.hear("CAP * ACK :sasl")
    assert talk.sent() == ["AUTHENTICATE PLAIN"]
    talk.hear("AUTHENTICATE +")
    chunks = [line.removeprefix("AUTHENTICATE ") for line in talk.sent()]
    assert len(chunks[0]) == 400
    assert base64.b64decode("".join(chunks)) == b"bot\0bot\0" + b"p" * 400
    talk.hear(":s 903 danmod :SASL successful")
    assert talk.sent() == ["CAP END"]


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        (":s 464 danmod :Password incorrect", "platforms.irc.password"),
        (":s 465 danmod :banned", "banned"),
        (":s 904 danmod :SASL failed", "platforms.irc.sasl_account"),
        (":s 432 danmod bad :Erroneous nick", "platforms.irc.nick"),
    ],
)
def test_what_only_a_person_can_mend_is_for_good_and_names_the_cure(line: str, cure: str) -> None:
    with pytest.raises(SessionOver, match=cure) as over:
        Talk().hear(line)
    assert over.value.for_good


def test_an_account_on_a_server_without_sasl_is_refused() -> None:
    with pytest.raises(SessionOver, match="offers no SASL"):
        Talk(IrcSettings("ws://x", "danmod", sasl_account="bot")).hear("CAP * LS :server-time")


def test_an_error_ends_the_session_but_not_for_good() -> None:
    with pytest.raises(SessionOver, match="Closing link: killed") as over:
        Talk().hear("ERROR :Closing link: killed")
    assert not over.value.for_good


def test_a_taken_nick_falls_back_and_is_regained() -> None:
    talk = Talk()
    talk.sent()
    talk.hear(":s 433 * danmod :in use", ":s 433 * danmod_ :in use")
    assert talk.sent() == ["NICK danmod_", "NICK danmod__"]
    talk.hear(":s 001 danmod__ :Welcome", ISUPPORT, ":s 376 danmod__ :End")
    talk.sent()
    talk.hear(":danmod__!d@h JOIN #r", ":s 353 danmod__ = #r :danmod__ danmod", ":s 366 danmod__ #r :End")
    talk.sent()
    talk.wait(60)
    assert "NICK danmod" in talk.sent()
    talk.hear(":s 433 danmod__ danmod :in use")
    assert talk.session.own_id == "danmod__"
    talk.hear(":danmod!d@h QUIT :gone")
    assert talk.sent() == ["NICK danmod"]
    events = talk.hear(":danmod__!d@h NICK danmod")
    assert talk.session.own_id == "danmod"
    assert next(event for event in events if isinstance(event, SenderRenamed)).new.roles is Role.SELF
    talk.wait(59)
    assert "NICK danmod" not in talk.sent()


def test_a_joined_room_is_live_with_its_staff() -> None:
    talk = Talk().welcome()
    events = talk.enter("~@boss &adm @danmod %half +voice ann")
    assert events[0] == FeedChanged(ROOM, 1000.0, FeedState.LIVE, "")
    roles = {event.sender_id: event.roles for event in events if isinstance(event, RolesChanged)}
    assert roles == {
        "boss": Role.OWNER | Role.MODERATOR,
        "adm": Role.MODERATOR,
        "half": Role.MODERATOR,
        "danmod": Role.MODERATOR | Role.SELF,
    }


def test_without_rights_the_room_is_live_with_a_warning_until_we_are_opped() -> None:
    talk = Talk().welcome()
    events = talk.enter("danmod @ann")
    assert isinstance(events[0], FeedChanged)
    assert events[0].state is FeedState.LIVE
    assert "danmod is not an operator of #r" in events[0].reason
    events = talk.hear(":ann!a@h MODE #r +o danmod")
    assert events == [
        RolesChanged(ROOM, 1000.0, "danmod", Role.MODERATOR | Role.SELF),
        FeedChanged(ROOM, 1000.0, FeedState.LIVE, ""),
    ]


def test_a_line_carries_its_time_its_id_its_roles_and_what_it_answers() -> None:
    talk = Talk().inside()
    (event,) = talk.hear(
        "@time=2026-01-02T03:04:05.500Z;msgid=m1;+draft/reply=m0;bot :Ann!a@host PRIVMSG #R :hi \x02there\x02"
    )
    assert event == Message(ROOM, "m1", Sender("ann", "ann", Role.BOT), "hi there", 1767323045.5, "m0")


def test_a_line_without_tags_gets_an_id_of_its_own() -> None:
    talk = Talk().inside()
    first, second = talk.hear(":ann!a@host PRIVMSG #r :hi", ":ann!a@host PRIVMSG #r :hi")
    assert isinstance(first, Message)
    assert isinstance(second, Message)
    assert first.id != second.id
    assert first.sent_s == 1000.0
    talk.now_s += 0.01
    later = Talk()
    later.session = IrcSession(SETTINGS, (ROOM,), talk.now_s, lambda: 0.0)
    (third,) = later.inside().hear(":ann!a@host PRIVMSG #r :hi")
    assert isinstance(third, Message)
    assert third.id not in {first.id, second.id}


@pytest.mark.parametrize(
    "line",
    [
        ":ann!a@h PRIVMSG #r :\x01VERSION\x01",
        ":ann!a@h PRIVMSG #other :hi",
        ":ann!a@h PRIVMSG @#r :between operators",
        ":ann!a@h NOTICE #r :hi",
        ":s NOTICE danmod :hi",
        "@time=nonsense",
        "nonsense",
    ],
)
def test_what_is_no_speech_in_the_room_is_no_message(line: str) -> None:
    assert Talk().inside().hear(line) == []


def test_an_action_is_unwrapped_and_our_own_echo_is_ours() -> None:
    talk = Talk().inside()
    action, own = talk.hear(":ann!a@h PRIVMSG #r :\x01ACTION waves\x01", ":danmod!d@h PRIVMSG #r :noted")
    assert isinstance(action, Message)
    assert action.text == "waves"
    assert isinstance(own, Message)
    assert Role.SELF in own.sender.roles


def test_an_unreadable_time_is_the_arrivals() -> None:
    (event,) = Talk().inside().hear("@time=yesterday :ann!a@h PRIVMSG #r :hi")
    assert isinstance(event, Message)
    assert event.sent_s == 1000.0


def test_ranks_come_and_go() -> None:
    talk = Talk().inside()
    assert talk.hear(":danmod!d@h MODE #r +vo ann ann") == [RolesChanged(ROOM, 1000.0, "ann", Role.MODERATOR)]
    assert talk.hear(":danmod!d@h MODE #r -o+k ann key") == [RolesChanged(ROOM, 1000.0, "ann", Role.VIEWER)]
    assert talk.hear(":s MODE #r +o nobody", ":s MODE #r +o", ":s MODE #r +l 5") == []


def test_masks_that_mean_one_person_are_told() -> None:
    talk = Talk().inside("@danmod ann ben")
    assert talk.hear(":op!o@h MODE #r +b m:Ann!*@*") == [SenderSilenced(ROOM, 1000.0, "ann", None, False, "op")]
    assert talk.hear(":op!o@h MODE #r +b *!a@host") == [SenderSilenced(ROOM, 1000.0, "ann", None, True, "op")]
    talk.hear(":ann!a@host NICK anna")
    assert talk.hear(":s MODE #r -b m:Ann!*@*") == [SenderFreed(ROOM, 1000.0, "anna", None)]
    talk.hear(":anna!a@host PART #r")
    assert talk.hear(":op!o@h MODE #r -b *!a@host") == [SenderFreed(ROOM, 1000.0, "anna", "op")]
    assert talk.hear(":op!o@h MODE #r +b *!*@*", ":op!o@h MODE #r +b r:real", ":op!o@h MODE #r b") == []


def test_a_moderated_room_is_silenced() -> None:
    talk = Talk().inside()
    assert talk.hear(":op!o@h MODE #r +m", ":op!o@h MODE #r +m") == [RoomSilenced(ROOM, 1000.0, True)]
    assert talk.hear(":op!o@h MODE #r -m") == [RoomSilenced(ROOM, 1000.0, False)]


def test_a_nick_change_is_followed() -> None:
    talk = Talk().inside("@danmod @ann")
    assert talk.hear(":ann!a@host NICK [Anna]") == [
        SenderRenamed(ROOM, 1000.0, "ann", Sender("{anna}", "[Anna]", Role.MODERATOR))
    ]
    (message,) = talk.hear(":[Anna]!a@host PRIVMSG #r :me")
    assert isinstance(message, Message)
    assert message.sender == Sender("{anna}", "[Anna]", Role.MODERATOR)


def test_kicked_we_say_so_and_come_back_with_back_off() -> None:
    talk = Talk(chance=0.5).inside()
    (event,) = talk.hear(":boss!b@h KICK #r danmod :no bots")
    assert event == FeedChanged(ROOM, 1000.0, FeedState.BLIND, "danmod was kicked by boss: no bots")
    assert talk.sent() == []
    assert talk.session.next_deadline_s == 1000.0 + 1 + 2
    talk.wait(3)
    assert talk.sent() == ["JOIN #r"]
    (refused,) = talk.hear(":s 474 danmod #r :You are banned")
    assert isinstance(refused, FeedChanged)
    assert refused.state is FeedState.REFUSED
    assert "lift the ban" in refused.reason
    talk.wait(5)
    assert talk.sent() == ["JOIN #r"]
    assert isinstance(talk.enter()[0], FeedChanged)
    talk.sent()
    assert talk.session.next_deadline_s == 1008.0 + SILENCE_S


def test_a_join_that_is_never_answered_is_asked_again() -> None:
    talk = Talk().welcome()
    talk.wait(59)
    talk.hear("PING x")
    talk.wait(30)
    assert "JOIN #r" in talk.sent()


def test_many_rooms_are_asked_for_several_in_one_line() -> None:
    talk = Talk(rooms=[RoomKey(f"irc:#r{number}") for number in range(20)])
    talk.sent()
    talk.hear(":s 001 danmod :Welcome", ISUPPORT, ":s 376 danmod :End")
    joins = [line for line in talk.sent() if line.startswith("JOIN")]
    assert [line.count(",") for line in joins] == [7, 7, 3]


def test_wanting_and_unwanting_rooms_later() -> None:
    talk = Talk(rooms=[]).welcome()
    talk.session.want(RoomKey("irc:#R"))
    assert talk.sent() == ["JOIN #R"]
    assert isinstance(talk.enter()[0], FeedChanged)
    assert talk.enter() == []
    talk.session.unwant(RoomKey("irc:#r"))
    assert talk.sent()[-1] == "PART #r"
    talk.session.unwant(RoomKey("irc:#r"))
    assert talk.hear(":ann!a@h PRIVMSG #r :hi") == []


@pytest.mark.fault("F1")
def test_a_silent_server_is_asked_and_then_given_up() -> None:
    talk = Talk().inside()
    assert talk.session.next_deadline_s == 1000 + SILENCE_S
    talk.wait(SILENCE_S)
    assert talk.sent() == ["PING danmod"]
    talk.wait(ANSWER_S - 1)
    talk.hear(":s PONG s danmod")
    talk.wait(SILENCE_S)
    assert talk.sent() == ["PING danmod"]
    with pytest.raises(SessionOver, match="silent for 75 s"):
        talk.wait(ANSWER_S)


@pytest.mark.fault("F1")
def test_a_server_that_never_welcomes_is_given_up() -> None:
    talk = Talk()
    assert talk.session.next_deadline_s <= 1000 + WELCOME_S
    talk.sent()
    talk.hear("PING 1")
    with pytest.raises(SessionOver, match="did not welcome"):
        talk.wait(WELCOME_S)


def test_pings_are_answered_at_once_even_when_the_bucket_is_empty() -> None:
    talk = Talk(IrcSettings("ws://x", "danmod", lines_per_s=1, burst=1)).welcome()
    talk.session.send("PRIVMSG #r :a", Urgency.CHATTER)
    talk.session.send("PRIVMSG #r :b", Urgency.CHATTER)
    talk.hear("PING :x y")
    assert "PONG :x y" in talk.sent()


def test_deeds_go_before_chatter_and_no_faster_than_allowed() -> None:
    outgoing = Outgoing(per_s=1, burst=2)
    for number in range(3):
        outgoing.put(f"say {number}", Urgency.CHATTER)
    ticket = outgoing.put("mode", Urgency.DEED)
    assert outgoing.due_s() == float("-inf")
    assert outgoing.take(0) == ["mode", "say 0"]
    assert ticket.sent
    assert outgoing.take(0) == []
    assert outgoing.due_s() == 1.0
    gone = outgoing.put("gone", Urgency.DEED)
    outgoing.withdraw(gone)
    outgoing.withdraw(gone)
    assert outgoing.take(1.0) == ["say 1"]
    assert outgoing.take(100) == ["say 2"]
    assert outgoing.due_s() == float("inf")


def test_over_tcp_lines_end_with_crlf_and_arrive_in_any_pieces() -> None:
    talk = Talk(IrcSettings("tcp://x:1", "danmod"))
    assert talk.sent()[0] == "CAP LS 302\r\n"
    for byte in b":s 433 * danmod :in use\r\n":
        talk.session.receive_data(bytes([byte]), 1000.0)
    assert talk.sent() == ["NICK danmod_\r\n"]


COMMANDS = st.sampled_from(sorted(Talk().session._handlers))
ARGUMENT = st.sampled_from(
    ["#r", "danmod", "ann", "+b-o", "m:*!*@*", "*", "=", ":", "PREFIX=(", "CHANMODES=,,", "LS", "ACK"]
)


@given(st.lists(st.tuples(COMMANDS, st.lists(ARGUMENT | st.text(max_size=6), max_size=5)), max_size=12))
@pytest.mark.fault("X12")
def test_no_sequence_of_lines_raises(lines: list[tuple[str, list[str]]]) -> None:
    talk = Talk().inside()
    for command, params in lines:
        try:
            talk.hear(f":ann!a@h {command} {' '.join(params)}")
            talk.wait(1)
        except SessionOver:
            return
        talk.sent()
        assert talk.session.next_deadline_s > 0


@pytest.mark.norm("N3.3-1", "behaviour")
def test_a_line_to_us_alone_belongs_to_no_room() -> None:
    talk = Talk().inside()
    (said,) = talk.hear("@msgid=x1 :Ann!a@h PRIVMSG danmod :!link K7ACDEFH")
    assert said == Message(RoomKey("irc:"), "x1", Sender("ann", "Ann"), "!link K7ACDEFH", talk.now_s, private=True)
    (again,) = talk.hear(":Stranger!s@h PRIVMSG DANMOD :!why")
    assert isinstance(again, Message)
    assert (again.private, again.sender.roles) == (True, Role.VIEWER)


@pytest.mark.norm("N3.3-1", "bad-input")
@pytest.mark.parametrize(
    "line",
    [
        ":danmod!d@h PRIVMSG danmod :!why",
        ":irc.example PRIVMSG danmod :!why",
        ":Ann!a@h NOTICE danmod :!why",
        ":Ann!a@h PRIVMSG danmod :\x01VERSION\x01",
        ":Ann!a@h PRIVMSG @#r :!why",
        ":Ann!a@h PRIVMSG somebody :!why",
        "@bot :Other!o@h PRIVMSG danmod :!why",
    ],
)
def test_no_person_said_that_to_us(line: str) -> None:
    assert Talk().inside().hear(line) == []
