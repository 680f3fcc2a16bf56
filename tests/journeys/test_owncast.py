"""Owncast, simulated: danmod started from a configuration hides a flood and mutes softly, across a restart too."""

from __future__ import annotations

from pathlib import Path

from cases.model import ActionKind, MeasureStatus
from tests.bot.test_login import registered
from tests.journeys.running import Danmod, danmod, eventually, overlay
from tests.simulators.owncast import OwncastSimulator

ROOM = "owncast:chat"
FLOOD = "buy my skins at the shop"


def _config(simulator: OwncastSimulator) -> str:
    world = simulator.world
    keeper = world.register("keeper")
    keeper.moderator = True
    integration = world.integrate("danmod", ("CAN_SEND_MESSAGES", "HAS_ADMIN_ACCESS"))
    return f"""
[platforms.owncast]
url = "{simulator.url}"
access_token = "{integration.token}"
moderator_token = "{keeper.token}"
[[rooms]]
platform = "owncast"
room = "chat"
mode = "enforce"
"""


async def _muted(running: Danmod) -> bool:
    done = (MeasureStatus.IN_FORCE, MeasureStatus.UNCONFIRMED)
    return any(
        action.kind is ActionKind.MUTE and action.status in done
        for case in await running.cases()
        for action in case.actions
    )


async def test_a_flood_is_hidden_and_its_writer_muted_softly_across_a_restart(tmp_path: Path) -> None:
    async with OwncastSimulator(flood_control=False) as simulator, danmod(tmp_path, _config(simulator)) as running:
        max_, ann = simulator.world.register("max"), simulator.world.register("ann")
        async with overlay(running, ROOM) as screen:
            simulator.say(ann, "good evening")
            await eventually(lambda: "good evening" in screen.shown, "an innocent line on the overlay")

            async def muted_if_it_goes_on() -> bool:
                simulator.say(max_, FLOOD)
                return await _muted(running)

            await eventually(muted_if_it_goes_on, "the mute", every_s=0.5)
            await eventually(lambda: not simulator.world.lines[-1].visible, "the last copy hidden in the chat")
            assert max_.disabled_at is None, "nobody is shut out"
        await running.kill()
        await running.start()
        late = simulator.say(max_, "am I back?")
        await eventually(lambda: not late.visible, "a muted person's line hidden after the restart")
        fine = simulator.say(ann, "is it quiet now")
        again = simulator.say(max_, "and now?")
        await eventually(lambda: not again.visible, "the next one too")
        assert fine.visible


async def test_with_an_address_alone_the_room_is_read(tmp_path: Path) -> None:
    async with OwncastSimulator() as simulator:
        config = f'[platforms.owncast]\nurl = "{simulator.url}"\n[[rooms]]\nplatform = "owncast"\nroom = "chat"\n'
        async with danmod(tmp_path, config) as running, overlay(running, ROOM) as screen:
            simulator.say(simulator.world.register("ann"), "hello [there](https://a.example)")
            await eventually(lambda: "hello there (https://a.example)" in screen.shown, "the line")
            assert registered(simulator) == ["danmod", "ann"]
