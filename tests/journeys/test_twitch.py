"""Twitch, simulated: danmod started from a configuration times out a flood, takes a report by reply, hears what people do by
hand, and as a guest reads without any account."""

from __future__ import annotations

from pathlib import Path

from bot.config import load
from bot.twitch_login import SealedGrant, grant_file
from cases.model import ActionKind, CaseKind, MeasureStatus
from storage import open_keys
from streams.twitch.oauth import SCOPES, Grant
from tests.journeys.running import Danmod, danmod, eventually, overlay
from tests.simulators.twitch import TwitchSimulator

ROOM = "twitch:streamer"
FLOOD = "buy cheap followers at the shop"


def _config(simulator: TwitchSimulator, *, client_id: str = "") -> str:
    urls = simulator.urls
    return f"""
[platforms.twitch]
client_id = "{client_id}"
helix_url = "{urls.helix_url}"
oauth_url = "{urls.oauth_url}"
eventsub_url = "{urls.eventsub_url}"
irc_url = "{urls.irc_url}"
[[rooms]]
platform = "twitch"
room = "Streamer"
mode = "enforce"
"""


async def _logged_in(folder: Path, simulator: TwitchSimulator) -> str:
    """The configuration of a danmod that is logged in, as `danmod login twitch` leaves it."""
    text = _config(simulator, client_id=simulator.client_id)
    settings = load(Danmod(folder, text).config)
    keys = await open_keys(settings.keys.file, settings.storage.url)
    token = simulator.world.issue(simulator.bot, SCOPES)
    SealedGrant(grant_file(settings), keys).save(Grant(token.access, token.refresh))
    return text


async def _action(running: Danmod, kind: ActionKind, *statuses: MeasureStatus) -> bool:
    actions = [action for case in await running.cases() for action in case.actions]
    return any(action.kind is kind and action.status in statuses for action in actions)


async def test_a_flood_is_timed_out_and_a_lift_by_hand_is_noted(tmp_path: Path) -> None:
    async with TwitchSimulator() as simulator:
        config = await _logged_in(tmp_path, simulator)
        async with danmod(tmp_path, config) as running, overlay(running, ROOM) as screen:
            max_ = simulator.world.user("max")
            await eventually(lambda: len(simulator.eventsub.subscriptions) > 10, "danmod in the room")
            await simulator.say("ann", "good evening")
            await eventually(lambda: "good evening" in screen.shown, "an innocent line on the overlay")

            async def timed_out() -> bool:
                await simulator.say("max", FLOOD)
                return simulator.channel.ban_of(max_.id) is not None

            await eventually(timed_out, "the timeout", every_s=0.3)
            ban = simulator.channel.ban_of(max_.id)
            assert ban is not None
            assert ban.until_s is not None
            assert ban.by is simulator.bot
            done = (MeasureStatus.IN_FORCE, MeasureStatus.PARTIAL)
            await eventually(lambda: _action(running, ActionKind.MUTE, *done), "the record of it")
            await simulator.chat.unban(simulator.channel, simulator.channel.owner, max_)
            await eventually(lambda: _action(running, ActionKind.MUTE, MeasureStatus.DRIFTED), "the lift noted", 40)
            assert simulator.channel.ban_of(max_.id) is None, "and not set again"


async def test_a_reply_reports_whom_it_answers(tmp_path: Path) -> None:
    async with TwitchSimulator() as simulator:
        config = await _logged_in(tmp_path, simulator)
        async with danmod(tmp_path, config) as running:
            await eventually(lambda: len(simulator.eventsub.subscriptions) > 10, "danmod in the room")
            line = await simulator.say("max", "something rude")
            assert line is not None
            await simulator.say("ann", "!report rude", reply_to=line)

            async def reported() -> bool:
                cases = await running.cases()
                return any(case.kind is CaseKind.REPORT and line.user.id in str(case) for case in cases)

            await eventually(reported, "the case")


async def test_a_guest_keeps_the_overlay_clean_and_touches_nothing(tmp_path: Path) -> None:
    async with (
        TwitchSimulator() as simulator,
        danmod(tmp_path, _config(simulator)) as running,
        overlay(running, ROOM) as screen,
    ):
        await eventually(lambda: any(client.channels for client in simulator.irc.clients), "danmod in the room")
        await simulator.say("ann", "good evening")
        await eventually(lambda: "good evening" in screen.shown, "an innocent line on the overlay")
        for _ in range(12):
            await simulator.say("max", FLOOD)
        await simulator.say("ann", "did you see that")
        await eventually(lambda: "did you see that" in screen.shown, "the next innocent line")
        assert screen.shown.count(FLOOD) < 12
        assert not [call for call in simulator.calls if "/helix/" in call]
