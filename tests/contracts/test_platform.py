"""The platform contract as a suite: every adapter, over a real server or its simulator, keeps the same clauses."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from streams.events import FeedChanged, FeedState, Role, RoomKey, platform_of
from streams.platform import (
    EVERYBODY,
    Action,
    BanSender,
    Capabilities,
    DeleteMessage,
    MuteSender,
    OutcomeStatus,
    RoomMode,
    Say,
    SetRoomMode,
    UnbanSender,
    UnmuteSender,
    Whisper,
)
from tests.contracts.platforms import PLATFORMS, Harness, Viewer, eventually, factory_of, serving

DONE, ALREADY = OutcomeStatus.DONE, OutcomeStatus.ALREADY
EFFECTIVE = {DONE, ALREADY}
A_MINUTE = timedelta(minutes=1)


def _parameters() -> list[object]:
    return [
        pytest.param(name, marks=[pytest.mark.needs(entry.needs)] if entry.needs else [])
        for name, entry in PLATFORMS.items()
    ]


@pytest.fixture(params=_parameters())
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with factory_of(request.param)() as built:
        yield built


def _mute(harness: Harness, viewer: Viewer, span: timedelta = A_MINUTE) -> MuteSender:
    capability = harness.platform.capabilities(harness.room).mute
    fitted = capability.fit(span) if capability else span
    return MuteSender(harness.room, viewer.id, viewer.name, fitted, "flooding")


def _declared(capabilities: Capabilities, action: Action) -> bool:
    """Whether the platform claims to be able to do this."""
    match action:
        case DeleteMessage():
            return capabilities.delete
        case MuteSender() | UnmuteSender():
            return capabilities.mute is not None
        case BanSender() | UnbanSender():
            return capabilities.ban
        case Whisper():
            return capabilities.whisper
        case SetRoomMode():
            return capabilities.shield is not None
        case Say():
            return capabilities.say


def _every_action(room: RoomKey, sender_id: str, message_id: str) -> list[Action]:
    return [
        DeleteMessage(room, message_id, sender_id),
        MuteSender(room, sender_id, "somebody", A_MINUTE, "flooding"),
        UnmuteSender(room, sender_id, "somebody"),
        BanSender(room, sender_id, "somebody", "flooding"),
        UnbanSender(room, sender_id, "somebody"),
        Say(room, "hello"),
        Whisper(room, sender_id, "hello"),
        SetRoomMode(room, RoomMode("silent")),
        SetRoomMode(room, EVERYBODY),
    ]


async def test_the_room_key_begins_with_the_platforms_name(harness: Harness) -> None:
    assert platform_of(harness.room) == harness.platform.name


async def test_lines_arrive_in_order_with_ids_and_identities(harness: Harness) -> None:
    async with serving(harness) as record:
        ann, ben = await harness.viewer("ann"), await harness.viewer("ben")
        for number in range(10):
            await ann.say(f"ann {number}")
        await record.line(harness.room, "ann 9")
        await ben.say("弹幕 ben")
        await record.line(harness.room, "弹幕 ben")
        lines = record.messages(harness.room)
    assert [line.text for line in lines] == [*(f"ann {number}" for number in range(10)), "弹幕 ben"]
    assert {line.sender.id for line in lines} == {ann.id, ben.id}
    assert [line.sender.name for line in lines][-1] == ben.name
    assert len({line.id for line in lines}) == len(lines)
    assert all(a.sent_s <= b.sent_s for a, b in itertools.pairwise(lines))


async def test_roles_come_from_the_platform(harness: Harness) -> None:
    async with serving(harness) as record:
        viewer, moderator = await harness.viewer("viewer"), await harness.moderator("keeper")
        await viewer.say("from a viewer")
        await moderator.say("from a moderator")
        plain = await record.line(harness.room, "from a viewer")
        staff = await record.line(harness.room, "from a moderator")
    assert plain.sender.roles is Role.VIEWER
    assert Role.MODERATOR in staff.sender.roles


async def test_said_lines_appear_in_the_room_and_our_own_are_marked(harness: Harness) -> None:
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        if not harness.platform.capabilities(harness.room).say:
            await _is_told_honestly(harness, Say(harness.room, "hello from the bot"))
            return
        outcome = await harness.platform.perform(Say(harness.room, "hello from the bot"))
        assert outcome.status in {DONE, OutcomeStatus.UNCONFIRMED}

        async def heard() -> bool:
            return "hello from the bot" in await ann.heard()

        await eventually(heard, what="the line in the room")
        await ann.say("after")
        await record.line(harness.room, "after")
        own = [line for line in record.messages(harness.room) if line.text == "hello from the bot"]
    assert all(Role.SELF in line.sender.roles for line in own)
    assert len(own) <= 1


async def test_a_left_room_is_silent_and_a_joined_one_is_live(harness: Harness) -> None:
    platform, room = harness.platform, harness.room
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        await ann.say("before")
        await record.line(room, "before")
        platform.leave(room)
        platform.leave(room)
        await eventually(lambda: not platform.capabilities(room).say, what="left")
        await ann.say("while away")
        mark = len(record.events)
        platform.join(room)
        await record.live(room, after=mark)
        await ann.say("again")
        await record.line(room, "again")
        texts = [line.text for line in record.messages(room)]
    assert texts == ["before", "again"]


async def test_a_cut_connection_is_told_and_comes_back(harness: Harness) -> None:
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        mark = len(record.events)
        await harness.drop_connection()
        await record.live(harness.room, after=mark)
        await ann.say("after the cut")
        await record.line(harness.room, "after the cut")
        changes = [event for event in record.events[mark:] if isinstance(event, FeedChanged)]
    lost = [change for change in changes if change.state is not FeedState.LIVE]
    assert lost
    assert lost[0].reason


async def _is_told_honestly(harness: Harness, action: Action) -> None:
    """What a platform does not declare it refuses by name, with an instruction for a person."""
    outcome = await harness.platform.perform(action)
    assert outcome.status is OutcomeStatus.UNSUPPORTED
    assert outcome.detail


@pytest.mark.norm("N1.2", "behaviour")
async def test_a_declared_mute_silences_and_an_unmute_frees(harness: Harness) -> None:
    platform, room = harness.platform, harness.room
    async with serving(harness):
        ann = await harness.viewer("ann")
        if platform.capabilities(room).mute is None:
            await _is_told_honestly(harness, _mute(harness, ann))
            return
        assert await ann.can_speak()
        assert (await platform.perform(_mute(harness, ann))).status in EFFECTIVE
        assert not await ann.can_speak()
        assert (await platform.perform(_mute(harness, ann))).status in EFFECTIVE
        assert not await ann.can_speak()
        assert (await platform.perform(UnmuteSender(room, ann.id, ann.name))).status is DONE
        assert (await platform.perform(UnmuteSender(room, ann.id, ann.name))).status in EFFECTIVE
        assert await ann.can_speak()


@pytest.mark.norm("N1.2", "behaviour")
async def test_who_is_silent_is_read_from_the_platform(harness: Harness) -> None:
    platform, room = harness.platform, harness.room
    assert await platform.silenced(room) is None, "not connected: nothing is known"
    async with serving(harness):
        ann, ben = await harness.viewer("ann"), await harness.viewer("ben")
        if platform.capabilities(room).mute is None:
            await _is_told_honestly(harness, _mute(harness, ann))
            return
        await platform.perform(_mute(harness, ann))
        await platform.perform(BanSender(room, ben.id, ben.name, "flooding"))
        if not PLATFORMS[platform.name].lists_silenced:
            assert await platform.silenced(room) is None
            return
        assert await _silent(harness) >= {ann.id, ben.id}
        await platform.perform(UnmuteSender(room, ann.id, ann.name))
        assert await _silent(harness) & {ann.id, ben.id} == {ben.id}
        await platform.probe(room)
        assert platform.capabilities(room).mute is not None


async def _silent(harness: Harness) -> frozenset[str]:
    listed = await harness.platform.silenced(harness.room)
    assert listed is not None
    assert listed.unnamed == 0
    return listed.senders


async def test_a_mute_hits_one_sender_only(harness: Harness) -> None:
    platform, room = harness.platform, harness.room
    async with serving(harness):
        ann, ben = await harness.viewer("ann"), await harness.viewer("ben")
        if platform.capabilities(room).mute is None:
            await _is_told_honestly(harness, _mute(harness, ann))
            return
        assert (await platform.perform(_mute(harness, ann))).status in EFFECTIVE
        assert await ben.can_speak()
        assert not await ann.can_speak()


async def test_a_declared_ban_removes_and_an_unban_lets_in(harness: Harness) -> None:
    platform, room = harness.platform, harness.room
    async with serving(harness):
        ann = await harness.viewer("ann")
        if not platform.capabilities(room).ban:
            await _is_told_honestly(harness, BanSender(room, ann.id, ann.name, "flooding"))
            return
        assert (await platform.perform(BanSender(room, ann.id, ann.name, "flooding"))).status in EFFECTIVE
        assert not await ann.can_speak()
        assert (await platform.perform(BanSender(room, ann.id, ann.name, "flooding"))).status in EFFECTIVE
        assert (await platform.perform(UnbanSender(room, ann.id, ann.name))).status is DONE
        assert (await platform.perform(UnbanSender(room, ann.id, ann.name))).status in EFFECTIVE
        assert await ann.can_speak()


async def test_a_declared_delete_takes_the_line_out(harness: Harness) -> None:
    platform, room = harness.platform, harness.room
    async with serving(harness) as record:
        ann, ben = await harness.viewer("ann"), await harness.viewer("ben")
        if not platform.capabilities(room).delete:
            await _is_told_honestly(harness, DeleteMessage(room, "m1", ann.id))
            return
        await ann.say("out with it")
        message = await record.line(room, "out with it")
        delete = DeleteMessage(room, message.id, ann.id)
        assert (await platform.perform(delete)).status in EFFECTIVE

        async def gone() -> bool:
            return "out with it" not in await ben.heard()

        await eventually(gone, what="the line out of the room")
        assert (await platform.perform(delete)).status in EFFECTIVE


async def test_a_declared_whisper_reaches_one_person_alone(harness: Harness) -> None:
    platform, room = harness.platform, harness.room
    async with serving(harness):
        ann, ben = await harness.viewer("ann"), await harness.viewer("ben")
        if not platform.capabilities(room).whisper:
            await _is_told_honestly(harness, Whisper(room, ann.id, "for you alone"))
            return
        outcome = await platform.perform(Whisper(room, ann.id, "for you alone"))
        assert outcome.status in {DONE, OutcomeStatus.UNCONFIRMED}

        async def reached() -> bool:
            return "for you alone" in await ann.whispers()

        await eventually(reached, what="the whisper")
        assert "for you alone" not in [*await ben.heard(), *await ben.whispers()]


async def test_a_declared_shield_keeps_newcomers_silent_and_is_taken_back(harness: Harness) -> None:
    platform, room = harness.platform, harness.room
    assert await platform.room_mode(room) is None, "not connected: nothing is known"
    async with serving(harness):
        ann = await harness.viewer("ann")
        shield = platform.capabilities(room).shield
        if shield is None:
            await _is_told_honestly(harness, SetRoomMode(room, EVERYBODY))
            return
        assert await platform.room_mode(room) == EVERYBODY
        assert (await platform.perform(SetRoomMode(room, RoomMode(shield.words)))).status is DONE
        standing = await platform.room_mode(room)
        assert standing is not None
        assert standing.words == shield.words
        assert not await ann.can_speak()
        assert (await platform.perform(SetRoomMode(room, RoomMode(shield.words)))).status in EFFECTIVE
        assert (await platform.perform(SetRoomMode(room, EVERYBODY))).status is DONE
        assert await platform.room_mode(room) == EVERYBODY
        assert await ann.can_speak()


@pytest.mark.norm("N1.2", "bad-input")
async def test_what_is_not_declared_is_unsupported_with_an_instruction(harness: Harness) -> None:
    platform, room = harness.platform, harness.room
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        await ann.say("a line")
        message = await record.line(room, "a line")
        for action in _every_action(room, ann.id, message.id):
            if _declared(platform.capabilities(room), action):
                continue
            outcome = await platform.perform(action)
            assert outcome.status is OutcomeStatus.UNSUPPORTED, action
            assert outcome.detail, action


async def test_the_least_is_claimed_before_the_room_is_live(harness: Harness) -> None:
    capabilities = harness.platform.capabilities(harness.room)
    assert not capabilities.ban
    assert not capabilities.delete
    assert capabilities.mute is None


async def test_nothing_raises_while_the_server_is_away(harness: Harness) -> None:
    platform, room = harness.platform, harness.room
    async with serving(harness) as record:
        ann = await harness.viewer("ann")
        mute = _mute(harness, ann)
        could = platform.capabilities(room)
        mark = len(record.events)
        await harness.take_down()
        await eventually(
            lambda: any(isinstance(event, FeedChanged) for event in record.events[mark:]), what="the loss told"
        )
        for action in _every_action(room, ann.id, "1"):
            outcome = await platform.perform(action)
            wanted = OutcomeStatus.RETRY if _declared(could, action) else OutcomeStatus.UNSUPPORTED
            assert outcome.status is wanted, action
            assert outcome.detail, action
        mark = len(record.events)
        await harness.bring_up()
        await record.live(room, after=mark)
        if could.mute is not None:
            back = await harness.viewer("cat")
            assert (await platform.perform(_mute(harness, back))).status in EFFECTIVE | {OutcomeStatus.REFUSED}
        assert mute.room == room


async def test_a_declared_mute_fits_every_span(harness: Harness) -> None:
    async with serving(harness):
        mute = harness.platform.capabilities(harness.room).mute
        if mute is None:
            await _is_told_honestly(harness, _mute(harness, await harness.viewer("ann")))
            return
        for span in (timedelta(seconds=1), A_MINUTE, timedelta(hours=3), timedelta(days=400)):
            fitted = mute.fit(span)
            assert fitted >= mute.minimum
            assert mute.maximum is None or fitted <= mute.maximum
            assert fitted >= span or fitted == mute.maximum
