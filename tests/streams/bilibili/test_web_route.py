"""The web route against the simulator: what is read, what is done, and what happens when answers get lost."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from streams.bilibili.answers import NOT_CONNECTED
from streams.events import FeedChanged, FeedState, Message, Role, RoomSilenced, SenderSilenced
from streams.platform import (
    BanSender,
    Capabilities,
    DeleteMessage,
    MuteSender,
    Outcome,
    OutcomeStatus,
    RoomMode,
    Say,
    SetRoomMode,
    UnbanSender,
    UnmuteSender,
)
from tests.contracts.platforms import eventually
from tests.simulators.bilibili import BilibiliSimulator, codec
from tests.streams.bilibili.samples import a_line, captured
from tests.streams.bilibili.world import SHORT, Scene, scene, settings_for

ADD, DEL, LIST = "AddSilentUser", "DelSilentUser", "GetSilentUserList"
HOUR = timedelta(hours=1)


@pytest.fixture
async def simulator() -> AsyncIterator[BilibiliSimulator]:
    async with BilibiliSimulator() as serving:
        yield serving


@pytest.fixture
async def stage(simulator: BilibiliSimulator) -> AsyncIterator[Scene]:
    async with scene(simulator) as running:
        yield running


def _mute(uid: int = 42, span: timedelta = HOUR) -> MuteSender:
    return MuteSender(SHORT, str(uid), "viewer", span, "flooding")


def _calls(stage: Scene, name: str) -> int:
    return sum(path.endswith(name) for path in stage.simulator.calls)


async def _blind(stage: Scene) -> FeedChanged:
    def found() -> list[FeedChanged]:
        events = stage.record.events
        return [event for event in events if isinstance(event, FeedChanged) and event.state is FeedState.BLIND]

    return (await eventually(found, what="blind"))[0]


async def test_a_short_number_is_resolved_and_events_carry_the_configured_room(stage: Scene) -> None:
    await stage.simulator.say(42, "ann", "hello")
    line = await stage.record.line(SHORT, "hello")
    assert (line.room, line.sender.id, line.sender.name) == (SHORT, "42", "ann")


@pytest.mark.parametrize("scheme", ["ws", "tcp"])
async def test_the_chat_address_may_be_configured(simulator: BilibiliSimulator, scheme: str) -> None:
    url = simulator.urls.chat_url if scheme == "ws" else simulator.urls.tcp_url
    async with scene(simulator, settings_for(simulator, chat_url=url)) as stage:
        await simulator.say(42, "ann", f"over {scheme}")
        await stage.record.line(SHORT, f"over {scheme}")


async def test_a_captured_session_arrives_whole(stage: Scene) -> None:
    bodies = [body for _, body in captured("blive-ws")]
    await stage.simulator.replay_captured(bodies)
    await stage.simulator.say(1, "end", "the end")
    await stage.record.line(SHORT, "the end")
    lines = stage.record.messages(SHORT)
    assert len(lines) == 135
    assert len({line.id for line in lines}) == 135


@pytest.mark.fault("X28")
async def test_a_guest_sees_masks_and_is_told_to_log_in(simulator: BilibiliSimulator) -> None:
    async with scene(simulator, settings_for(simulator, cookie="")) as stage:
        change = await _blind(stage)
        assert "guest mode" in change.reason
        assert "log in" in change.reason
        await simulator.say(42, "ann", "who am I")
        line = await stage.record.line(SHORT, "who am I")
        assert (line.sender.id, line.sender.name) == (None, "a***")
        assert stage.platform.capabilities(SHORT) == Capabilities()
        outcome = await stage.platform.perform(_mute())
        assert outcome.status is OutcomeStatus.UNSUPPORTED
        assert "log in" in outcome.detail
        assert _calls(stage, ADD) == 0


@pytest.mark.fault("X28")
@pytest.mark.parametrize("sender_id", ["", "0", "1a2b3c4d", "-5"])
async def test_nobody_is_never_acted_on(stage: Scene, sender_id: str) -> None:
    for action in (
        MuteSender(SHORT, sender_id, "a***", HOUR, "x"),
        BanSender(SHORT, sender_id, "a***", "x"),
        UnmuteSender(SHORT, sender_id, "a***"),
    ):
        assert (await stage.platform.perform(action)).status is OutcomeStatus.REFUSED
    assert _calls(stage, ADD) == _calls(stage, DEL) == 0


async def test_an_expired_cookie_needs_a_person(simulator: BilibiliSimulator) -> None:
    settings = settings_for(simulator, cookie="SESSDATA=dead; bili_jct=x; DedeUserID=1001")
    async with scene(simulator, settings, live=False) as stage:
        await eventually(lambda: FeedState.REFUSED in stage.record.states(SHORT), what="refused")
        (change, *_) = [event for event in stage.record.events if isinstance(event, FeedChanged)]
        assert "log in again" in change.reason


async def test_a_room_that_does_not_exist_needs_a_person(simulator: BilibiliSimulator) -> None:
    simulator.room.short_id = 78
    async with scene(simulator, live=False) as stage:
        await eventually(lambda: FeedState.REFUSED in stage.record.states(SHORT), what="refused")
        assert (await stage.platform.perform(_mute())) == Outcome(OutcomeStatus.RETRY, NOT_CONNECTED)


async def test_old_signing_keys_are_read_anew_once(stage: Scene) -> None:
    mark = len(stage.record.events)
    stage.simulator.world.img_key = "0123456789abcdef0123456789abcdef"
    before = _calls(stage, "/nav")
    stage.simulator.chat.abort_all()
    await stage.record.live(SHORT, after=mark)
    assert _calls(stage, "/nav") == before + 1


async def test_a_reset_right_after_the_login_is_dialled_again(simulator: BilibiliSimulator) -> None:
    simulator.chat.resets_after_auth = 2
    async with scene(simulator):
        await eventually(lambda: simulator.chat.logins == 3 and simulator.chat.clients, what="the third login stands")


async def test_a_token_of_another_life_is_fetched_anew(stage: Scene) -> None:
    mark = len(stage.record.events)
    old = set(stage.simulator.world.tokens)
    stage.simulator.chat.abort_all()
    await stage.record.live(SHORT, after=mark)
    assert set(stage.simulator.world.tokens) - old


@pytest.mark.fault("X10")
async def test_a_bomb_closes_the_connection_with_its_reason_and_we_come_back(stage: Scene) -> None:
    mark = len(stage.record.events)
    await stage.simulator.bomb()
    await stage.record.live(SHORT, after=mark)
    (lost, *_) = [event for event in stage.record.events[mark:] if isinstance(event, FeedChanged)]
    assert "inflates" in lost.reason


@pytest.mark.fault("X8", "X9")
async def test_hostile_frames_cost_no_connection(stage: Scene) -> None:
    await stage.simulator.send_raw(b"\0" * 16)
    await stage.simulator.send_raw(codec.packet(5, b"[" * 100_000))
    await stage.simulator.emit(a_line("after", uid=7))
    await stage.record.line(SHORT, "after")
    assert stage.simulator.chat.logins == 1
    assert stage.platform.tally.counts["broken frame"] == 1
    assert stage.platform.tally.counts["no json"] == 1


async def test_a_mute_is_confirmed_on_the_list_and_told_by_an_event(stage: Scene) -> None:
    outcome = await stage.platform.perform(_mute(span=timedelta(minutes=90)))
    assert outcome == Outcome(OutcomeStatus.DONE)
    assert stage.simulator.silenced == {42}
    silence = stage.simulator.room.silenced[42]
    assert silence.until_s is not None
    assert round(silence.until_s - silence.made_s) == 7200
    await eventually(lambda: any(isinstance(event, SenderSilenced) for event in stage.record.events))


async def test_the_list_is_read_to_its_last_page(stage: Scene) -> None:
    for uid in range(100, 135):
        assert (await stage.platform.perform(_mute(uid))).status is OutcomeStatus.DONE
    assert len(stage.simulator.silenced) == 35
    assert (await stage.platform.perform(UnmuteSender(SHORT, "134", "v"))).status is OutcomeStatus.DONE


async def test_a_ban_is_a_mute_without_an_end(stage: Scene) -> None:
    assert (await stage.platform.perform(BanSender(SHORT, "42", "v", "x"))).status is OutcomeStatus.DONE
    assert stage.simulator.room.silenced[42].until_s is None
    assert (await stage.platform.perform(UnbanSender(SHORT, "42", "v"))).status is OutcomeStatus.DONE
    assert stage.simulator.silenced == set()
    assert (await stage.platform.perform(UnbanSender(SHORT, "42", "v"))).status is OutcomeStatus.ALREADY


async def test_a_success_without_effect_is_unconfirmed(stage: Scene) -> None:
    """A streamer or a moderator cannot be muted, and the platform says "success"."""
    outcome = await stage.platform.perform(_mute(9001))
    assert outcome.status is OutcomeStatus.UNCONFIRMED
    assert "list" in outcome.detail


async def test_a_mute_that_stands_already_is_already(stage: Scene) -> None:
    stage.simulator.world.repeats_are_refused = True
    assert (await stage.platform.perform(_mute())).status is OutcomeStatus.DONE
    assert (await stage.platform.perform(_mute())).status is OutcomeStatus.ALREADY


@pytest.mark.fault("F10")
async def test_a_lost_answer_to_a_mute_is_looked_up_and_not_repeated(stage: Scene) -> None:
    stage.simulator.fail_next(ADD, "drop")
    assert (await stage.platform.perform(_mute())).status is OutcomeStatus.DONE
    assert _calls(stage, ADD) == 1
    assert stage.simulator.silenced == {42}


@pytest.mark.fault("F10")
async def test_when_the_list_cannot_be_read_either_the_next_try_reads_it_first(stage: Scene) -> None:
    stage.simulator.fail_next(ADD, "drop")
    stage.simulator.fail_next(LIST, "500")
    first = await stage.platform.perform(_mute())
    assert first.status is OutcomeStatus.RETRY
    assert (await stage.platform.perform(_mute())).status is OutcomeStatus.DONE
    assert _calls(stage, ADD) == 1


@pytest.mark.fault("F10")
async def test_an_older_mute_on_the_list_is_no_proof_of_a_ban_whose_answer_was_lost(stage: Scene) -> None:
    await stage.platform.perform(_mute())
    stage.simulator.fail_next(ADD, "500")
    ban = BanSender(SHORT, "42", "v", "x")
    assert (await stage.platform.perform(ban)).status is OutcomeStatus.RETRY
    assert (await stage.platform.perform(ban)).status is OutcomeStatus.DONE
    assert stage.simulator.room.silenced[42].until_s is None


@pytest.mark.fault("F10")
async def test_a_lost_answer_to_an_unmute_is_looked_up(stage: Scene) -> None:
    await stage.platform.perform(_mute())
    stage.simulator.fail_next(DEL, "drop")
    assert (await stage.platform.perform(UnmuteSender(SHORT, "42", "v"))).status is OutcomeStatus.DONE
    assert _calls(stage, DEL) == 1


@pytest.mark.fault("F9")
async def test_a_captcha_page_holds_every_call_back_until_its_time(stage: Scene) -> None:
    stage.simulator.fail_next(ADD, "412")
    blocked = await stage.platform.perform(_mute())
    assert blocked.status is OutcomeStatus.RETRY
    assert blocked.retry_after is not None
    assert blocked.retry_after > timedelta(seconds=50)
    again = await stage.platform.perform(_mute())
    assert again.status is OutcomeStatus.RETRY
    assert again.retry_after is not None
    assert _calls(stage, ADD) == 1


@pytest.mark.fault("F9")
async def test_the_platforms_own_wish_is_passed_on(stage: Scene) -> None:
    stage.simulator.fail_next(ADD, "429")
    outcome = await stage.platform.perform(_mute())
    assert outcome.retry_after == timedelta(seconds=7)


@pytest.mark.fault("F9")
@pytest.mark.parametrize("kind", ["500", "html"])
async def test_failing_answers_are_tried_later(stage: Scene, kind: str) -> None:
    stage.simulator.fail_next(ADD, kind)
    stage.simulator.fail_next(LIST, kind)
    assert (await stage.platform.perform(_mute())).status is OutcomeStatus.RETRY
    assert stage.simulator.silenced == set()


async def test_a_slow_answer_is_waited_for(stage: Scene) -> None:
    stage.simulator.fail_next(ADD, "slow")
    assert (await stage.platform.perform(_mute())).status is OutcomeStatus.DONE


async def test_who_is_no_moderator_is_told_the_cure_and_claims_no_mute(simulator: BilibiliSimulator) -> None:
    simulator.room.admins.clear()
    async with scene(simulator) as stage:
        capabilities = stage.platform.capabilities(SHORT)
        assert (capabilities.mute, capabilities.ban, capabilities.say) == (None, False, True)
        outcome = await stage.platform.perform(_mute())
        assert outcome.status is OutcomeStatus.REFUSED
        assert "房管" in outcome.detail


async def test_becoming_a_moderator_is_noticed_while_connected(simulator: BilibiliSimulator) -> None:
    simulator.room.admins.clear()
    async with scene(simulator) as stage:
        simulator.room.admins.add(1001)
        await simulator.emit({"cmd": "room_admin_entrance", "uid": 1001, "level": 1})
        await eventually(lambda: stage.platform.capabilities(SHORT).mute is not None)
        await simulator.emit({"cmd": "ROOM_ADMIN_REVOKE", "uid": 1001})
        await eventually(lambda: stage.platform.capabilities(SHORT).mute is None)


async def test_a_killed_login_is_told(stage: Scene) -> None:
    stage.simulator.world.accounts.pop(1001)
    outcome = await stage.platform.perform(_mute())
    assert outcome.status is OutcomeStatus.REFUSED
    assert "log in again" in outcome.detail


async def test_deleting_is_unsupported_with_an_instruction(stage: Scene) -> None:
    outcome = await stage.platform.perform(DeleteMessage(SHORT, "m", "42"))
    assert outcome.status is OutcomeStatus.UNSUPPORTED
    assert "hide" in outcome.detail


async def test_the_room_is_silenced_and_opened(stage: Scene) -> None:
    platform = stage.platform
    silent = RoomMode("member", ends_s=time.time() + 45 * 60)
    assert (await platform.perform(SetRoomMode(SHORT, silent))).status is OutcomeStatus.DONE
    assert not await stage.simulator.say(42, "v", "hm")
    standing = await platform.room_mode(SHORT)
    assert standing is not None
    assert standing.words == "member"
    assert abs((standing.ends_s or 0) - time.time() - 3600) < 30
    assert (await platform.perform(SetRoomMode(SHORT, RoomMode()))).status is OutcomeStatus.DONE
    assert await platform.room_mode(SHORT) == RoomMode()
    assert await stage.simulator.say(42, "v", "hm")
    await eventually(
        lambda: [event.on for event in stage.record.events if isinstance(event, RoomSilenced)] == [True, False]
    )
    stage.simulator.fail_next("RoomSilent", "drop")
    assert (await platform.perform(SetRoomMode(SHORT, RoomMode("level:5")))).status is OutcomeStatus.DONE
    assert await platform.room_mode(SHORT) == RoomMode("level:5")


async def test_a_line_is_done_when_its_echo_is_seen(stage: Scene) -> None:
    outcome = await stage.platform.perform(Say(SHORT, "请文明发言"))
    assert outcome == Outcome(OutcomeStatus.DONE)
    line = await stage.record.line(SHORT, "请文明发言")
    assert Role.SELF in line.sender.roles


async def test_an_answer_names_the_line_and_its_author(stage: Scene) -> None:
    await stage.simulator.say(42, "ann", "why?")
    line = await stage.record.line(SHORT, "why?")
    await stage.platform.perform(Say(SHORT, "because", reply_to=line.id))
    sent = stage.simulator.room.lines[-1]
    assert (sent["reply_mid"], sent["reply_uname"], sent["replay_dmid"]) == ("42", "ann", line.id)
    await eventually(lambda: [m.reply_to_sender for m in stage.record.messages(SHORT) if m.text == "because"] == ["42"])


async def test_a_line_that_is_too_long_is_not_sent(stage: Scene) -> None:
    assert stage.platform.capabilities(SHORT).line_limit == 40
    outcome = await stage.platform.perform(Say(SHORT, "长" * 41))
    assert outcome.status is OutcomeStatus.REFUSED
    assert "41" in outcome.detail
    assert "40" in outcome.detail
    assert _calls(stage, "/msg/send") == 0


@pytest.mark.parametrize(("sign", "word"), [("f", "filter"), ("k", "forbidden words")])
async def test_a_swallowed_line_is_refused_with_its_reason(stage: Scene, sign: str, word: str) -> None:
    stage.simulator.world.swallow = sign
    outcome = await stage.platform.perform(Say(SHORT, "hello"))
    assert outcome.status is OutcomeStatus.REFUSED
    assert word in outcome.detail


async def test_a_silenced_bot_finds_that_nobody_sees_its_lines(simulator: BilibiliSimulator) -> None:
    simulator.room.admins.clear()
    async with scene(simulator) as stage:
        simulator.room.admins.add(9002)
        simulator.world.account(9002)
        simulator.room.silenced[1001] = type("Row", (), {"until_s": None, "account": simulator.world.bot})()
        outcome = await stage.platform.perform(Say(SHORT, "hello?"))
        assert outcome.status is OutcomeStatus.UNCONFIRMED
        assert "silenced" in outcome.detail


async def test_lines_that_come_too_fast_are_tried_later(stage: Scene) -> None:
    await stage.platform.perform(Say(SHORT, "one"))
    outcome = await stage.platform.perform(Say(SHORT, "two"))
    assert outcome.status is OutcomeStatus.RETRY
    assert outcome.retry_after == timedelta(seconds=3)


async def test_a_silenced_room_says_so(simulator: BilibiliSimulator) -> None:
    simulator.room.admins.clear()
    async with scene(simulator) as stage:
        simulator.room.room_silence = "member"
        outcome = await stage.platform.perform(Say(SHORT, "hello"))
        assert outcome.status is OutcomeStatus.REFUSED
        assert "禁言" in outcome.detail


@pytest.mark.fault("F10")
async def test_a_line_whose_answer_is_lost_is_never_sent_again(stage: Scene) -> None:
    """Its echo proves it."""
    stage.simulator.fail_next("/msg/send", "drop")
    assert (await stage.platform.perform(Say(SHORT, "once"))).status is OutcomeStatus.DONE
    stage.simulator.fail_next("/msg/send", "500")
    assert (await stage.platform.perform(Say(SHORT, "maybe"))).status is OutcomeStatus.UNCONFIRMED
    assert [line["text"] for line in stage.simulator.room.lines] == ["once"]


@pytest.mark.fault("X29")
async def test_our_own_lines_and_mirrored_ones_are_marked(stage: Scene) -> None:
    await stage.simulator.emit({**a_line("copied", uid=5), "cmd": "DANMU_MSG_MIRROR"})
    line = await stage.record.line(SHORT, "copied")
    assert line.mirrored
    await stage.platform.perform(Say(SHORT, "mine"))
    own: Message = await stage.record.line(SHORT, "mine")
    assert own.sender.roles & Role.SELF
