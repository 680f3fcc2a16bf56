"""Moderating with an account, over the simulator: moves, losses, revocations, logins, and every kind of no."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from streams import transport
from streams.events import (
    FeedChanged,
    FeedState,
    Message,
    Role,
    RolesChanged,
    SenderFreed,
    SenderSilenced,
    room_key,
)
from streams.platform import (
    BanSender,
    DeleteMessage,
    MuteSender,
    Outcome,
    OutcomeStatus,
    RoomMode,
    Say,
    SetRoomMode,
    UnmuteSender,
    Whisper,
)
from streams.twitch import answers
from streams.twitch.feed import TwitchPlatform
from streams.twitch.oauth import SCOPES, Grant
from streams.twitch.topics import TOPICS
from tests.contracts.platforms import Record, eventually, serving
from tests.contracts.twitch_harness import Grants, TwitchHarness, grants_of, settings_of
from tests.simulators.twitch import TwitchSimulator
from tests.simulators.twitch.world import User

ROOM = room_key("twitch", "streamer")
MINUTE = timedelta(minutes=1)
DONE, ALREADY, RETRY, REFUSED = OutcomeStatus.DONE, OutcomeStatus.ALREADY, OutcomeStatus.RETRY, OutcomeStatus.REFUSED


class Stage:
    """A platform over a simulator, with the login it uses."""

    def __init__(self, simulator: TwitchSimulator, http: aiohttp.ClientSession, grants: Grants) -> None:
        self.simulator, self.grants = simulator, grants
        self.platform = TwitchPlatform(settings_of(simulator), http, chance=lambda: 0.0, grants=grants)
        self.harness = TwitchHarness(simulator, self.platform)

    @property
    def ann(self) -> User:
        return self.simulator.world.user("ann")

    async def mute(self, seconds: int = 60) -> Outcome:
        return await self.platform.perform(MuteSender(ROOM, self.ann.id, "ann", timedelta(seconds=seconds), "flooding"))


@asynccontextmanager
async def staged(login: str = "danmodbot", scopes: tuple[str, ...] = SCOPES) -> AsyncIterator[Stage]:
    async with TwitchSimulator() as simulator, aiohttp.ClientSession() as http:
        token = simulator.world.issue(simulator.world.user(login), scopes)
        yield Stage(simulator, http, Grants(Grant(token.access, token.refresh)))


def _states(record: Record) -> list[tuple[FeedState, str]]:
    return [(event.state, event.reason) for event in record.events if isinstance(event, FeedChanged)]


# -- the socket --------------------------------------------------------------------------------------------------------


@pytest.mark.fault("F6")
async def test_a_move_to_another_socket_loses_nothing_and_subscribes_to_nothing_anew() -> None:
    async with staged() as stage, serving(stage.harness) as record:
        simulator = stage.simulator
        await eventually(
            lambda: len(simulator.eventsub.subscriptions) == len(TOPICS) + 1, what="all topics and whispers"
        )
        before = simulator.eventsub.created
        for number in range(30):
            if number == 10:
                await simulator.eventsub.reconnect_all()
            await simulator.say("ann", f"line {number}")
        await record.line(ROOM, "line 29")
        await eventually(lambda: len(simulator.eventsub.sessions) == 1, what="the old socket closed")
        await simulator.say("ann", "after")
        await record.line(ROOM, "after")
        assert simulator.eventsub.created == before
        texts = [message.text for message in record.messages(ROOM)]
        assert sorted(texts) == sorted([*(f"line {n}" for n in range(30)), "after"]), "each once, whichever socket"
        assert _states(record) == [(FeedState.LIVE, "")]


async def test_nothing_is_ever_sent_on_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    real = transport.connect

    def noting(*args: Any, **options: Any) -> Any:
        asked.append(options["ping_interval"])
        return real(*args, **options)

    monkeypatch.setattr(transport, "connect", noting)
    async with staged() as stage, serving(stage.harness) as record:
        await stage.simulator.say("ann", "hello")
        await record.line(ROOM, "hello")
        assert asked == [None]
        assert stage.simulator.eventsub.pings == 0
        assert 4001 not in stage.simulator.eventsub.closed


async def test_what_is_delivered_twice_counts_once() -> None:
    async with staged() as stage, serving(stage.harness) as record:
        stage.simulator.eventsub.twice = True
        await stage.simulator.say("ann", "once")
        await stage.simulator.say("ann", "twice")
        await record.line(ROOM, "twice")
        assert [message.text for message in record.messages(ROOM)] == ["once", "twice"]


async def test_a_move_that_fails_keeps_the_old_socket_until_twitch_closes_it() -> None:
    async with staged() as stage, serving(stage.harness) as record:
        eventsub = stage.simulator.eventsub
        eventsub.grace_s = 1.0
        (session,) = eventsub.sessions.values()
        url = f"{eventsub.base}/ws?reconnect=nowhere"
        told = eventsub._session(session, "reconnecting", url=url)
        await eventsub.send_frame(session, eventsub.frame("session_reconnect", {"session": told}))
        await eventually(lambda: 4007 in eventsub.closed)
        await stage.simulator.say("ann", "still here")
        await record.line(ROOM, "still here")
        mark = len(record.events)
        await eventsub.close_all(4004)
        await record.live(ROOM, after=mark)
        await stage.simulator.say("ann", "on another socket")
        await record.line(ROOM, "on another socket")


@pytest.mark.parametrize("code", [4000, 4003, 4005, 4006])
async def test_a_closed_socket_is_told_and_everything_is_subscribed_to_anew(code: int) -> None:
    async with staged() as stage, serving(stage.harness) as record:
        mark = len(record.events)
        await stage.simulator.eventsub.close_all(code)
        await record.live(ROOM, after=mark)
        lost = next(event for event in record.events[mark:] if isinstance(event, FeedChanged))
        assert lost.state is FeedState.CONNECTING
        assert str(code) in lost.reason


@pytest.mark.fault("F1")
async def test_silence_for_longer_than_promised_ends_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.twitch.eventsub_session.SLACK_S", 0.2)
    async with staged() as stage:
        stage.simulator.eventsub.keepalive_s = 0.5  # promised as one second
        async with serving(stage.harness) as record:
            stage.simulator.eventsub.silent = True
            await eventually(lambda: FeedState.CONNECTING in record.states(ROOM), what="the silence noticed")
            stage.simulator.eventsub.silent = False
            await eventually(lambda: record.states(ROOM)[-1] is FeedState.LIVE, 30, what="live again")


async def test_many_rooms_fit_on_one_socket_their_chats_first() -> None:
    async with staged() as stage, serving(stage.harness) as record:
        rooms = [room_key("twitch", f"channel{number}") for number in range(60)]
        for room in rooms:
            channel = stage.simulator.world.channel(room.partition(":")[2])
            channel.moderators.add(stage.simulator.bot.id)
            stage.platform.join(room)
        for room in rooms:
            await record.live(room)
        assert all(stage.platform.capabilities(room).mute is not None for room in rooms)
        assert len(stage.simulator.eventsub.sessions) == 1
        assert len(stage.simulator.eventsub.subscriptions) <= 300
        assert not [call for call in stage.simulator.calls if call.endswith("429")]


async def test_a_socket_twitch_does_not_know_is_given_up() -> None:
    async with staged() as stage, serving(stage.harness) as record:
        (session_id,) = stage.simulator.eventsub.sessions
        stage.simulator.eventsub.sessions.pop(session_id)
        stage.simulator.eventsub.subscriptions.clear()
        other = room_key("twitch", stage.simulator.world.channel("other").owner.login)
        stage.platform.join(other)
        await record.live(other)
        assert stage.simulator.eventsub.sessions.keys() != {session_id}
        assert FeedState.CONNECTING in record.states(ROOM)


@pytest.mark.parametrize("kind", ["429", "500", "409"])
async def test_a_room_not_heard_yet_says_why_and_is_asked_for_again(kind: str) -> None:
    async with staged() as stage:
        stage.simulator.fail_next("POST /helix/eventsub/subscriptions", kind, 1)
        async with serving(stage.harness) as record:
            states = _states(record)
        assert states[0][0] is FeedState.CONNECTING
        assert states[0][1]
        assert states[-1] == (FeedState.LIVE, "")


async def test_a_channel_that_cannot_be_looked_up_yet_is_looked_up_later() -> None:
    async with staged() as stage:
        stage.simulator.fail_next("GET /helix/users", "503", 1)
        async with serving(stage.harness) as record:
            await stage.simulator.say("ann", "hello")
            await record.line(ROOM, "hello")


async def test_rooms_come_and_go_on_one_socket() -> None:
    async with staged() as stage, serving(stage.harness) as record:
        stage.simulator.world.channel("other")
        other = room_key("twitch", "other")
        stage.platform.join(other)
        await record.live(other)
        stage.platform.leave(ROOM)
        gone = stage.simulator.channel.owner.id
        subscriptions = stage.simulator.eventsub.subscriptions
        await eventually(
            lambda: not any(each.condition.get("broadcaster_user_id") == gone for each in subscriptions.values())
        )
        assert len(stage.simulator.eventsub.sessions) == 1


# -- who we are --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("chat_user_banned", "lift the ban"),
        ("moderator_removed", "no longer a moderator"),
        ("new_reason", "new_reason"),
    ],
)
async def test_a_chat_that_is_revoked_makes_the_room_blind(status: str, told: str) -> None:
    async with staged() as stage, serving(stage.harness) as record:
        await stage.simulator.eventsub.revoke("channel.chat.message", status)
        await eventually(lambda: record.states(ROOM)[-1] is FeedState.BLIND)
        assert told in _states(record)[-1][1]
        assert stage.platform.capabilities(ROOM).mute is None
        assert (await stage.mute()).status is RETRY
        await stage.platform.probe(ROOM)
        await eventually(lambda: record.states(ROOM)[-1] is FeedState.LIVE, what="seen again when asked anew")


async def test_a_moderator_no_longer_can_do_less_at_once() -> None:
    async with staged() as stage, serving(stage.harness):
        assert stage.platform.capabilities(ROOM).mute is not None
        stage.simulator.channel.moderators.clear()
        for kind in {
            each.type
            for each in stage.simulator.eventsub.subscriptions.values()
            if "moderator_user_id" in each.condition
        }:
            await stage.simulator.eventsub.revoke(kind, "moderator_removed")
        await eventually(lambda: stage.platform.capabilities(ROOM).mute is None)
        can = stage.platform.capabilities(ROOM)
        assert (can.delete, can.ban, can.say) == (False, False, True)
        assert (await stage.mute()).status is REFUSED
        assert answers.NO_RIGHT in (await stage.mute()).detail


async def test_a_plain_viewers_account_reads_and_speaks() -> None:
    async with staged("somebody") as stage, serving(stage.harness):
        can = stage.platform.capabilities(ROOM)
        assert (can.mute, can.ban, can.delete, can.shield, can.say) == (None, False, False, None, True)


async def test_a_login_with_fewer_rights_can_do_less() -> None:
    scopes = ("user:read:chat", "moderator:manage:chat_messages", "moderator:read:warnings")
    async with staged(scopes=scopes) as stage, serving(stage.harness):
        can = stage.platform.capabilities(ROOM)
        assert (can.mute, can.ban, can.delete, can.say, can.whisper) == (None, False, True, False, False)
        outcome = await stage.mute()
        assert outcome.status is REFUSED
        assert answers.NO_SCOPE in outcome.detail


async def test_the_streamers_own_account_reads_who_is_silent() -> None:
    async with staged("streamer") as stage, serving(stage.harness) as record:
        many = [stage.simulator.world.user(f"viewer{number}") for number in range(130)]
        for viewer in many:
            await stage.simulator.chat.ban(stage.simulator.channel, stage.simulator.bot, viewer, "", None)
        listed = await stage.platform.silenced(ROOM)
        assert listed is not None
        assert listed.senders == {viewer.id for viewer in many}
        await eventually(lambda: sum(isinstance(event, SenderSilenced) for event in record.events) == 130)


async def test_the_streamers_own_account_knows_the_moderators_before_they_speak() -> None:
    async with staged("streamer") as stage, serving(stage.harness) as record:
        await eventually(lambda: any(isinstance(event, RolesChanged) for event in record.events))
        told = [event for event in record.events if isinstance(event, RolesChanged)]
        assert [(event.sender_id, event.roles) for event in told] == [(stage.simulator.bot.id, Role.MODERATOR)]


async def test_a_name_that_does_not_exist_and_a_chat_we_are_banned_from_are_refused() -> None:
    async with staged() as stage:
        nobody = room_key("twitch", "nobody_at_all")
        await stage.simulator.chat.ban(
            stage.simulator.channel, stage.simulator.channel.owner, stage.simulator.bot, "", None
        )
        async with serving(stage.harness, join=False) as record:
            stage.platform.join(ROOM)
            stage.platform.join(nobody)
            await eventually(lambda: record.states(ROOM) == [FeedState.REFUSED] == record.states(nobody))


# -- the login ---------------------------------------------------------------------------------------------------------


async def test_a_token_that_ran_out_is_renewed_stored_and_the_call_made_again() -> None:
    async with staged() as stage, serving(stage.harness):
        assert stage.grants.grant is not None
        old = stage.grants.grant
        stage.simulator.world.tokens[old.access_token].until_s = 0
        assert (await stage.mute()).status is DONE
        assert [grant != old for grant in stage.grants.saved] == [True]
        assert stage.simulator.calls.count("POST /oauth2/token") == 1


async def test_many_calls_that_find_out_at_once_renew_once() -> None:
    async with staged() as stage, serving(stage.harness):
        assert stage.grants.grant is not None
        stage.simulator.world.tokens[stage.grants.grant.access_token].until_s = 0
        outcomes = await asyncio.gather(*(stage.mute(seconds) for seconds in range(60, 70)))
        assert {outcome.status for outcome in outcomes} == {DONE}
        assert stage.simulator.calls.count("POST /oauth2/token") == 1


async def test_a_login_that_is_over_says_which_command_helps() -> None:
    async with staged() as stage:
        stage.simulator.world.tokens.clear()
        stage.platform.join(ROOM)
        async with serving(stage.harness, join=False) as record:
            await eventually(lambda: FeedState.REFUSED in record.states(ROOM))
            assert "danmod login twitch" in _states(record)[-1][1]


async def test_a_login_made_meanwhile_is_taken_over() -> None:
    async with staged() as stage, serving(stage.harness):
        stage.simulator.world.tokens.clear()
        stage.grants.grant = grants_of(stage.simulator, stage.simulator.bot).grant
        assert (await stage.mute()).status is DONE
        assert "POST /oauth2/token" not in stage.simulator.calls


# -- every kind of no --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("403", REFUSED, "make danmod's account a moderator"),
        ("409", RETRY, "under way"),
        ("429", RETRY, "too many calls"),
        ("500", RETRY, "HTTP 500"),
        ("503", RETRY, "HTTP 503"),
        ("html", RETRY, "no JSON"),
        ("null", RETRY, "no JSON object"),
    ],
)
async def test_every_no_is_told_rightly(
    kind: str, status: OutcomeStatus, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.twitch.moderation.SEEN_S", 0.1)
    async with staged() as stage, serving(stage.harness):
        stage.simulator.fail_next("POST /helix/moderation/bans", kind)
        outcome = await stage.mute()
        assert outcome.status is status
        assert words in outcome.detail
        assert (await stage.mute()).status is DONE, "and the next one goes through"


async def test_a_lost_answer_is_settled_by_the_event_that_shows_the_measure() -> None:
    async with staged() as stage, serving(stage.harness):
        stage.simulator.fail_next("POST /helix/moderation/bans", "drop")
        assert await stage.mute() == answers.DONE
        stage.simulator.fail_next("DELETE /helix/moderation/bans", "drop")
        unmute = UnmuteSender(ROOM, stage.ann.id, "ann")
        assert (await stage.platform.perform(unmute)).status in {DONE, ALREADY}, (
            "the HTTP client itself repeats a DELETE"
        )
        assert stage.simulator.calls.count("POST /helix/moderation/bans") == 1


async def test_too_many_calls_tell_how_long_to_wait() -> None:
    async with staged() as stage, serving(stage.harness):
        stage.simulator.helix.points_a_minute = 1
        for token in stage.simulator.world.tokens.values():
            token.points = 0
        outcome = await stage.mute()
        assert outcome.status is RETRY
        assert outcome.retry_after is not None
        assert timedelta(seconds=1) <= outcome.retry_after <= timedelta(minutes=2)


async def test_mutes_and_bans_of_others_count_as_already() -> None:
    async with staged() as stage, serving(stage.harness) as record:
        channel, owner = stage.simulator.channel, stage.simulator.channel.owner
        assert (await stage.mute()).status is DONE
        assert (await stage.mute(600)).status is DONE, "a running timeout takes the new length"
        await stage.simulator.chat.ban(channel, owner, stage.ann, "", None)
        assert (await stage.mute()).status is ALREADY
        assert (await stage.platform.perform(BanSender(ROOM, stage.ann.id, "ann", ""))).status is ALREADY
        await stage.simulator.chat.unban(channel, owner, stage.ann)
        unmute = UnmuteSender(ROOM, stage.ann.id, "ann")
        assert (await stage.platform.perform(unmute)).status is ALREADY
        await eventually(
            lambda: any(isinstance(event, SenderFreed) and event.by == "streamer" for event in record.events)
        )
        mute = MuteSender(ROOM, owner.id, "streamer", MINUTE, "")
        assert await stage.platform.perform(mute) == Outcome(REFUSED, answers.PROTECTED)


async def test_deleting_knows_its_limits_and_never_clears_the_chat() -> None:
    async with staged() as stage, serving(stage.harness):
        old, kept = await stage.simulator.say("ann", "old"), await stage.simulator.say("ben", "kept")
        staff = await stage.simulator.say("mod", "staff", moderator=True)
        assert old is not None
        assert kept is not None
        assert staff is not None
        old.at_s -= 7 * 3600
        delete = stage.platform.perform
        assert await delete(DeleteMessage(ROOM, old.id)) == Outcome(REFUSED, answers.TOO_OLD)
        assert await delete(DeleteMessage(ROOM, staff.id)) == Outcome(REFUSED, answers.PROTECTED_LINE)
        assert (await delete(DeleteMessage(ROOM, "00000000-unknown"))).status is ALREADY
        assert (await delete(DeleteMessage(ROOM, ""))).status is REFUSED
        assert not kept.removed
        await stage.mute()
        assert (await delete(DeleteMessage(ROOM, old.id))).status is ALREADY, "the timeout took it along"


# -- speaking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status"),
    [("msg_rejected", REFUSED), ("msg_ratelimit", RETRY), ("msg_slowmode", RETRY), ("msg_new", REFUSED)],
)
async def test_a_line_that_was_taken_and_dropped_is_told(code: str, status: OutcomeStatus) -> None:
    async with staged() as stage, serving(stage.harness):
        stage.simulator.world.swallow = code
        outcome = await stage.platform.perform(Say(ROOM, "hello"))
        assert outcome.status is status
        assert outcome.detail


async def test_lines_are_said_once_and_answer_whom_they_should() -> None:
    async with staged() as stage, serving(stage.harness) as record:
        said = await stage.simulator.say("ann", "!why")
        assert said is not None
        assert (await stage.platform.perform(Say(ROOM, "because", said.id))).status is DONE
        reply = await record.line(ROOM, "because")
        assert reply.reply_to_sender == stage.ann.id
        again = await stage.platform.perform(Say(ROOM, "because"))
        assert again.status is DONE, "the reply was another text to Twitch"
        assert (await stage.platform.perform(Say(ROOM, "because"))).status is REFUSED
        assert (await stage.platform.perform(Say(ROOM, "x" * 501))).status is REFUSED
        assert (await stage.platform.perform(Say(ROOM, " \n "))).status is REFUSED
        stage.simulator.fail_next("POST /helix/chat/messages", "drop")
        assert (await stage.platform.perform(Say(ROOM, "heard all the same"))).status is DONE


async def test_a_line_whose_answer_was_lost_is_never_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.twitch.speaking.ECHO_S", 0.1)
    async with staged() as stage, serving(stage.harness):
        stage.simulator.fail_next("POST /helix/chat/messages", "500")
        assert (await stage.platform.perform(Say(ROOM, "hello"))).status is OutcomeStatus.UNCONFIRMED
        assert stage.simulator.calls.count("POST /helix/chat/messages") == 1


async def test_whispers_are_never_taken_for_arrived_and_have_their_limits() -> None:
    async with staged() as stage, serving(stage.harness) as record:
        whisper: Any = stage.platform.perform
        assert (await whisper(Whisper(ROOM, stage.ann.id, "hello"))).status is OutcomeStatus.UNCONFIRMED
        stage.simulator.world.unreachable.add(stage.ann.id)
        assert await whisper(Whisper(ROOM, stage.ann.id, "hello")) == Outcome(REFUSED, answers.NO_STRANGERS)
        stage.simulator.world.phone_verified = False
        outcome = await whisper(Whisper(ROOM, stage.ann.id, "hello"))
        assert (outcome.status, outcome.detail) == (OutcomeStatus.UNSUPPORTED, answers.NO_PHONE)
        assert not stage.platform.capabilities(ROOM).whisper
        await stage.simulator.chat.whisper(stage.ann, stage.simulator.bot, "!help")
        said = [event for event in record.events if isinstance(event, Message) and event.private]
        await eventually(lambda: [e for e in record.events if isinstance(e, Message) and e.private])
        assert not said or said[0].room == "twitch:"


async def test_a_mode_is_set_back_exactly() -> None:
    async with staged() as stage, serving(stage.harness):
        stage.simulator.channel.settings |= {"slow_mode": True, "slow_mode_wait_time": 10, "subscriber_mode": True}
        before = await stage.platform.room_mode(ROOM)
        assert before == RoomMode("slow 10, subscribers-only")
        shield = stage.platform.capabilities(ROOM).shield
        assert shield is not None
        assert (await stage.platform.perform(SetRoomMode(ROOM, RoomMode(shield.words)))).status is DONE
        assert await stage.platform.room_mode(ROOM) == RoomMode("followers-only 60")
        assert (await stage.platform.perform(SetRoomMode(ROOM, before))).status is DONE
        assert await stage.platform.room_mode(ROOM) == before
        assert (await stage.platform.perform(SetRoomMode(ROOM, RoomMode("closed")))).status is REFUSED
