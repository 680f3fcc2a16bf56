"""Bilibili, simulated: the web route mutes in hours and lifts in time, the open route only looks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cases.model import ActionKind, MeasureStatus
from tests.journeys.running import Danmod, danmod, eventually, overlay
from tests.simulators.bilibili import BilibiliSimulator

FLOOD = "主播快看看我发的弹幕吧"


@asynccontextmanager
async def _watched(folder: Path, section: str, room: str, limits: str = "") -> AsyncIterator[tuple[Danmod, str]]:
    config = f"""
language = "zh-CN"
[limits]
{limits}
[platforms.bilibili]
{section}
{room}
"""
    async with danmod(folder, config) as running:
        yield running, "bilibili:77"


def _web(simulator: BilibiliSimulator) -> str:
    urls = simulator.urls
    return f'route = "web"\napi_url = "{urls.api_url}"\nlive_api_url = "{urls.live_api_url}"'


async def test_a_flood_is_muted_by_the_hour_and_freed_by_our_own_timer(tmp_path: Path) -> None:
    async with BilibiliSimulator() as simulator:
        section = f'{_web(simulator)}\ncookie = "{simulator.cookie}"'
        room = '[[rooms]]\nplatform = "bilibili"\nroom = "77"\nmode = "enforce"'
        async with _watched(tmp_path, section, room, "mutes_min = [0.15]\nburst_lines = 30") as (running, _):
            for _ in range(14):
                await simulator.say(3001, "话痨", FLOOD)
            await eventually(lambda: 3001 in simulator.silenced, "the platform's mute")
            silence = simulator.room.silenced[3001]
            assert silence.until_s is not None
            assert round(silence.until_s - silence.made_s) == 3600, "the platform knows only whole hours"
            await eventually(lambda: _mute_is(running, MeasureStatus.IN_FORCE), "the confirmed mute", every_s=0.02)
            assert any(path.endswith("GetSilentUserList") for path in simulator.calls), "the list was read again"
            assert not await simulator.say(3001, "话痨", "还能说吗")

            await eventually(lambda: 3001 not in simulator.silenced, "our timer to free the sender")
            await eventually(lambda: _mute_is(running, MeasureStatus.ENDED), "the mute's end in the case")
            assert await simulator.say(3001, "话痨", "自由了")


async def test_a_report_in_chinese_gets_a_receipt_that_fits_the_line(tmp_path: Path) -> None:
    async with BilibiliSimulator() as simulator:
        section = f'{_web(simulator)}\ncookie = "{simulator.cookie}"'
        room = '[[rooms]]\nplatform = "bilibili"\nroom = "77"\nmode = "enforce"'
        async with _watched(tmp_path, section, room) as (running, _):
            await simulator.say(3002, "张三", "今天天气不错")
            await simulator.say(3003, "李四", "举报 @张三 刷屏")
            (case,) = await eventually(running.cases, "the case")
            receipt = await eventually(lambda: _ours(simulator, case.code), "the receipt in chat")
    assert len(receipt) <= 20
    assert "张三" not in receipt
    assert "李四" not in receipt
    assert [person.id for person in case.respondents] == ["3002"]


async def test_the_open_route_only_keeps_the_overlay_clean(tmp_path: Path) -> None:
    async with BilibiliSimulator() as simulator:
        platform = simulator.open
        section = (
            f'route = "open"\nopen_url = "{simulator.urls.open_url}"\naccess_key_id = "{platform.key_id}"\n'
            f'access_key_secret = "{platform.secret}"\napp_id = {platform.app_id}'
        )
        room = f'[[rooms]]\nplatform = "bilibili"\nroom = "77"\nmode = "enforce"\ncode = "{simulator.room.code}"'
        async with _watched(tmp_path, section, room) as (running, key), overlay(running, key) as screen:
            await simulator.say(3004, "王五", "大家晚上好")
            for _ in range(12):
                await simulator.say(3005, "话痨", FLOOD)
            await eventually(lambda: "大家晚上好" in screen.shown, "ordinary talk on the overlay")
            mutes = await eventually(lambda: _unsupported(running), "the honest outcome", 50.0)
            assert "by hand" in mutes[0].detail
            assert screen.shown.count(FLOOD) < 4
            assert simulator.silenced == set()


async def _mute_is(running: Danmod, status: MeasureStatus) -> bool:
    return [mute.status for mute in await running.actions(ActionKind.MUTE)] == [status]


async def _unsupported(running: Danmod) -> list[object]:
    return [mute for mute in await running.actions(ActionKind.MUTE) if mute.status is MeasureStatus.UNSUPPORTED]


def _ours(simulator: BilibiliSimulator, code: str) -> str:
    """The latest line of the bot's own account about this case, "" while there is none."""
    bot = simulator.world.bot.uid
    own = [line["text"] for line in simulator.room.lines if line["uid"] == bot and code in str(line["text"])]
    return str(own[-1]) if own else ""
