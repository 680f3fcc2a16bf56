"""danmod's IRC adapter against a real InspIRCd: mutes that end, nick changes, kicks, restarts, missing rights, TLS."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from streams.events import (
    Event,
    FeedChanged,
    FeedState,
    Role,
    RoomKey,
    SenderFreed,
    SenderRenamed,
    SenderSilenced,
)
from streams.irc.feed import IrcPlatform, IrcSettings
from streams.platform import (
    BanSender,
    DeleteMessage,
    MuteSender,
    Outcome,
    OutcomeStatus,
    RoomMode,
    Say,
    SetRoomMode,
    UnbanSender,
    UnmuteSender,
    Whisper,
)
from tests.contracts.platforms import Record, eventually
from tests.irc_server import Connecting, InspIRCd, IrcClient, clients, inspircd

pytestmark = pytest.mark.needs("inspircd")

ROOM = RoomKey("irc:#talk")
NAME = "#talk"
DONE, ALREADY = OutcomeStatus.DONE, OutcomeStatus.ALREADY


@asynccontextmanager
async def danmod(
    url: str, *, wait: bool = True, nick: str = "danmod", **more: object
) -> AsyncIterator[tuple[IrcPlatform, Record]]:
    """The adapter, in the room."""
    settings = IrcSettings(url, nick, **{"lines_per_s": 1000, "burst": 1000, **more})  # type: ignore[arg-type]
    platform, record = IrcPlatform(settings, clock=time.time, chance=lambda: 0.0), Record()
    platform.join(ROOM)
    task = asyncio.create_task(platform.run(record.emit))
    try:
        if wait:
            await record.live(ROOM)
        yield platform, record
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def mute(sender_id: str, seconds: float) -> MuteSender:
    return MuteSender(ROOM, sender_id, sender_id, timedelta(seconds=seconds), "flooding")


async def heard(client: IrcClient, speaker: IrcClient, text: str) -> bool:
    """Whether a line of ``speaker`` reaches ``client``."""
    await speaker.say(NAME, text)
    await client.settle()
    return text in client.heard(NAME)


async def event_of(record: Record, kind: type[Event], within_s: float = 10.0) -> Event:
    found = await eventually(
        lambda: [event for event in record.events if isinstance(event, kind)], within_s=within_s, what=kind.__name__
    )
    return found[0]


@dataclass
class Scene:
    """danmod in its room, first and so its operator, and people who came after."""

    server: InspIRCd
    platform: IrcPlatform
    record: Record
    connect: Connecting


@asynccontextmanager
async def scene(*nicks: str, timed_bans: bool = True, **more: object) -> AsyncIterator[tuple[Scene, list[IrcClient]]]:
    """A server, danmod, and people. All connect at once, for the server greets only once a second."""
    async with inspircd(timed_bans=timed_bans) as server, clients(server) as connect:
        connecting = [asyncio.create_task(connect(nick)) for nick in nicks]
        async with danmod(server.url, **more) as (platform, record):  # type: ignore[arg-type]
            people = list(await asyncio.gather(*connecting))
            for client in people:
                await client.join(NAME)
                await client.say(NAME, "here")
            await eventually(lambda: len(record.messages(ROOM)) == len(people), what="everybody seen by danmod")
            record.events.clear()
            yield Scene(server, platform, record, connect), people


async def test_a_timed_mute_ends_by_the_servers_own_sweep() -> None:
    async with scene("ann", "ben") as (at, (ann, ben)):
        platform, record = at.platform, at.record
        capability = platform.capabilities(ROOM).mute
        assert capability is not None
        assert capability.lifts_itself
        began_s = time.time()
        assert (await platform.perform(mute("ann", 1))).status is DONE
        assert not await heard(ben, ann, "muted")
        silenced = await event_of(record, SenderSilenced)
        assert isinstance(silenced, SenderSilenced)
        assert (silenced.sender_id, silenced.banned, silenced.by) == ("ann", False, "danmod")
        assert silenced.until_s is not None
        assert abs(silenced.until_s - began_s - 1) < 0.9
        freed = await event_of(record, SenderFreed, within_s=30)
        assert isinstance(freed, SenderFreed)
        assert freed.sender_id == "ann"
        assert await heard(ben, ann, "free again")


async def test_a_longer_mute_replaces_a_shorter_one_and_a_shorter_leaves_it() -> None:
    async with scene("ann") as (at, _):
        platform, record = at.platform, at.record
        assert (await platform.perform(mute("ann", 30))).status is DONE
        assert (await platform.perform(mute("ann", 20))).status is ALREADY
        assert (await platform.perform(mute("ann", 600))).status is DONE
        ends = [event.until_s for event in record.events if isinstance(event, SenderSilenced)]
        assert ends[-1] is not None
        assert ends[-1] > time.time() + 500


async def test_without_timed_bans_a_mute_is_a_plain_mode_that_danmod_lifts() -> None:
    async with scene("ann", "ben", timed_bans=False) as (at, (ann, ben)):
        platform = at.platform
        capability = platform.capabilities(ROOM).mute
        assert capability is not None
        assert not capability.lifts_itself
        assert (await platform.perform(mute("ann", 60))).status is DONE
        assert (await platform.perform(mute("ann", 60))).status is ALREADY
        assert not await heard(ben, ann, "muted")
        assert (await platform.perform(UnmuteSender(ROOM, "ann", "ann"))).status is DONE
        assert await heard(ben, ann, "free")


async def test_a_mute_follows_a_nick_change_and_frees_the_old_nick() -> None:
    async with scene("ann", "ben") as (at, (ann, ben)):
        platform, record = at.platform, at.record
        # two people behind one user@host: only the nick can be muted
        twin = await IrcClient.connect(at.server.port, "twin", user="ann")
        await twin.join(NAME)
        assert (await platform.perform(mute("ann", 60))).status is DONE
        assert await heard(ben, twin, "not me")
        await ann.change_nick("anna")
        await event_of(record, SenderRenamed)

        async def muted_again() -> bool:
            return any("+b :m:anna!*@*" in line for line in ben.lines) and any(
                "-b :m:ann!*@*" in line for line in ben.lines
            )

        await eventually(muted_again, what="the mute under the new nick")
        assert not await heard(ben, ann, "still muted")
        assert not [event for event in record.events if isinstance(event, SenderFreed)]
        assert (await platform.perform(UnmuteSender(ROOM, "anna", "anna"))).status is DONE
        assert await heard(ben, ann, "free")
        await twin.close()


async def test_alone_behind_a_host_the_mute_holds_whatever_the_nick() -> None:
    async with scene("ann", "ben") as (at, (ann, ben)):
        platform = at.platform
        assert (await platform.perform(mute("ann", 60))).status is DONE
        await ben.settle()
        assert any("m:*!ann@127.0.0.1" in line for line in ben.lines)
        await ann.change_nick("anna")
        assert not await heard(ben, ann, "still muted")
        ann.send(f"PART {NAME}")
        await ann.settle()
        assert (await platform.perform(UnmuteSender(ROOM, "anna", "anna"))).status is DONE
        await ann.join(NAME)
        assert await heard(ben, ann, "free")


async def test_kicked_danmod_says_so_and_comes_back_without_rights() -> None:
    async with scene("ann", "boss") as (at, (ann, boss)):
        platform, record = at.platform, at.record
        await boss.oper()
        boss.send(f"SAMODE {NAME} +o boss")
        await boss.settle()
        mark = len(record.events)
        boss.send(f"KICK {NAME} danmod :no bots")
        await record.live(ROOM, after=mark)
        changes = [event for event in record.events[mark:] if isinstance(event, FeedChanged)]
        assert changes[0].state is FeedState.BLIND
        assert changes[0].reason == "danmod was kicked by boss: no bots"
        assert "not an operator" in changes[-1].reason
        refused = await platform.perform(mute("ann", 60))
        assert refused.status is OutcomeStatus.REFUSED
        assert "make danmod an operator of #talk" in refused.detail
        assert platform.capabilities(ROOM).mute is None
        assert not platform.capabilities(ROOM).ban
        assert platform.capabilities(ROOM).say
        mark = len(record.events)
        boss.send(f"MODE {NAME} +o danmod")
        await record.live(ROOM, after=mark)
        assert (await platform.perform(mute("ann", 60))).status is DONE
        assert await heard(boss, ann, "x") is False


async def test_banned_from_the_room_danmod_keeps_asking() -> None:
    async with inspircd() as server, clients(server) as connect:
        boss = await connect("boss")
        await boss.join(NAME)
        boss.send(f"MODE {NAME} +b danmod!*@*")
        await boss.settle()
        async with danmod(server.url, wait=False) as (platform, record):
            await eventually(lambda: FeedState.REFUSED in record.states(ROOM))
            assert (await platform.perform(Say(ROOM, "hi"))).status is OutcomeStatus.RETRY
            boss.send(f"MODE {NAME} -b danmod!*@*")
            await record.live(ROOM)


async def test_a_restarted_server_has_its_mutes_again() -> None:
    async with scene("ann") as (at, _):
        platform, record = at.platform, at.record
        assert (await platform.perform(mute("ann", 120))).status is DONE
        mark = len(record.events)
        await at.server.stop()
        await eventually(lambda: FeedState.CONNECTING in record.states(ROOM))
        assert (await platform.perform(mute("ann", 120))).status is OutcomeStatus.RETRY
        await at.server.start()
        connecting = [asyncio.create_task(at.connect(nick)) for nick in ("ann", "ben")]
        await record.live(ROOM, after=mark)
        ann, ben = await asyncio.gather(*connecting)
        await ann.join(NAME)
        await ben.join(NAME)

        async def muted_again() -> bool:
            ben.send(f"MODE {NAME} b")
            await ben.settle()
            return any(" 367 " in line and "m:" in line for line in ben.lines)

        await eventually(muted_again, what="the mute set again")
        assert not await heard(ben, ann, "muted still")


@pytest.mark.fault("F1")
@pytest.mark.fault("F10")
async def test_a_frozen_server_means_later_and_the_deed_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.irc.deeds.ECHO_S", 0.1)
    monkeypatch.setattr("streams.irc.deeds.LIST_S", 0.2)
    monkeypatch.setattr("streams.irc.speech.ECHO_S", 0.2)
    async with scene("ann", "ben") as (at, (ann, ben)):
        os.kill(at.server.pid, signal.SIGSTOP)
        try:
            assert (await at.platform.perform(mute("ann", 60))).status is OutcomeStatus.RETRY
            assert (await at.platform.perform(Say(ROOM, "hello?"))).status is OutcomeStatus.UNCONFIRMED
        finally:
            os.kill(at.server.pid, signal.SIGCONT)
        monkeypatch.undo()
        assert (await at.platform.perform(mute("ann", 60))).status in {DONE, ALREADY}
        assert not await heard(ben, ann, "muted")
        assert ben.heard(NAME).count("hello?") == 1
        ben.send(f"MODE {NAME} b")
        await ben.settle()
        assert sum(" 367 " in line for line in ben.lines) == 1


async def test_a_long_text_arrives_in_pieces_and_no_text_is_a_command() -> None:
    async with scene("ann") as (at, (ann,)):
        platform, record = at.platform, at.record
        text = " ".join(f"弹幕{number}" for number in range(120))
        assert (await platform.perform(Say(ROOM, text))).status is DONE
        assert (await platform.perform(Say(ROOM, "one\r\nQUIT :two\x01"))).status is DONE
        await ann.settle()
        lines = ann.heard(NAME)
        assert " ".join(lines[:-1]) == text
        assert lines[-1] == "one QUIT :two"
        assert all(Role.SELF in line.sender.roles for line in record.messages(ROOM))
        assert (await platform.perform(Say(ROOM, "\r\n "))).status is OutcomeStatus.REFUSED


async def test_actions_against_nobody_are_refused() -> None:
    async with scene("ann") as (at, _):
        platform = at.platform
        for nick in ("", "a b", "*", "a,b", "#talk", "a!b", "x\r\nQUIT", ":x"):
            for action in (mute(nick, 5), BanSender(ROOM, nick, "", ""), Whisper(ROOM, nick, "hi")):
                assert (await platform.perform(action)).status is OutcomeStatus.REFUSED, action
        assert (await platform.perform(Whisper(ROOM, "nobody", "hi"))).status is OutcomeStatus.REFUSED
        assert (await platform.perform(Say(RoomKey("irc:#elsewhere"), "hi"))).status is OutcomeStatus.REFUSED
        assert (await platform.perform(DeleteMessage(ROOM, "1"))).status is OutcomeStatus.UNSUPPORTED
        absent: Outcome = await platform.perform(mute("gone", 60))
        assert absent.status is DONE
        assert (await platform.perform(UnbanSender(ROOM, "gone", "gone"))).status is ALREADY


async def test_flood_control_lets_moderation_overtake_chatter() -> None:
    async with scene("ann", lines_per_s=20, burst=4) as (at, (ann,)):
        saying = [asyncio.create_task(at.platform.perform(Say(ROOM, f"say {number}"))) for number in range(14)]
        await eventually(lambda: len(ann.heard(NAME)) > 0)
        assert (await at.platform.perform(mute("ann", 60))).status is DONE
        assert len(ann.heard(NAME)) < 14
        assert {outcome.status for outcome in await asyncio.gather(*saying)} == {DONE}
        await ann.settle()
        assert ann.heard(NAME) == [f"say {number}" for number in range(14)]


async def test_who_may_write_is_read_from_the_server_and_set_back() -> None:
    async with scene("boss") as (at, (boss,)):
        platform = at.platform
        await boss.oper()
        boss.send(f"SAMODE {NAME} +m")
        await boss.settle()
        assert await platform.room_mode(ROOM) == RoomMode("m")
        assert (await platform.perform(SetRoomMode(ROOM, RoomMode("m")))).status is ALREADY
        assert (await platform.perform(SetRoomMode(ROOM, RoomMode()))).status is DONE
        assert await platform.room_mode(ROOM) == RoomMode()


async def test_a_moderated_room_hears_those_who_were_given_a_voice_and_takes_it_back() -> None:
    async with scene("ann", "ben") as (at, (ann, ben)):
        platform = at.platform
        assert (await platform.perform(SetRoomMode(ROOM, RoomMode("m"), ("ann", "gone")))).status is DONE
        ben.send(f"PRIVMSG {NAME} :not heard")
        ann.send(f"PRIVMSG {NAME} :heard")
        await ann.settle()
        await eventually(lambda: "heard" in ben.heard(NAME))
        assert "not heard" not in ann.heard(NAME)
        assert (await platform.perform(SetRoomMode(ROOM, RoomMode(), ("ann", "gone")))).status is DONE
        assert (await platform.perform(SetRoomMode(ROOM, RoomMode("m")))).status is DONE
        ann.send(f"PRIVMSG {NAME} :her voice is gone")
        await ann.settle()
        await ben.settle()
        assert "her voice is gone" not in ben.heard(NAME)


async def test_a_wrong_password_is_for_good_and_the_right_one_lets_in_over_tcp() -> None:
    async with inspircd(password="sesame") as server:
        async with danmod(f"tcp://127.0.0.1:{server.port}", wait=False, password="wrong") as (_, record):
            await eventually(lambda: FeedState.REFUSED in record.states(ROOM))
            refused = next(event for event in record.events if isinstance(event, FeedChanged))
            assert "platforms.irc.password" in refused.reason
        async with danmod(f"tcp://127.0.0.1:{server.port}", password="sesame") as (platform, record):
            ann = await IrcClient.connect(server.port, "ann", password="sesame")
            await ann.join(NAME)
            await ann.say(NAME, "over tcp 弹幕")
            assert (await record.line(ROOM, "over tcp 弹幕")).sender.id == "ann"
            assert (await platform.perform(Say(ROOM, "heard"))).status is DONE
            await ann.close()


async def test_tls_with_a_certificate_of_our_own(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    async with inspircd(tls=(certificate, key)) as server:
        url = f"tls://127.0.0.1:{server.tls_port}"
        async with danmod(url, ca_file=str(certificate)) as (platform, _):
            assert (await platform.perform(Say(ROOM, "over tls"))).status is DONE
        async with danmod(url, wait=False) as (_, record):
            await eventually(lambda: FeedState.CONNECTING in record.states(ROOM))
            assert "certificate" in next(e.reason for e in record.events if isinstance(e, FeedChanged)).lower()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, as files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
