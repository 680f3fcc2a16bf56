"""The chat through a proxy that dribbles, cuts and falls silent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from yarl import URL

from streams.bilibili import session
from streams.events import FeedChanged, FeedState, Message
from tests.chaos import ChaosProxy
from tests.contracts.platforms import eventually
from tests.simulators.bilibili import BilibiliSimulator
from tests.streams.bilibili.world import SHORT, Scene, scene, settings_for


@asynccontextmanager
async def _proxied(transport: str = "ws") -> AsyncIterator[tuple[Scene, ChaosProxy]]:
    """The platform whose chat goes through the proxy; its HTTP calls do not."""
    async with BilibiliSimulator() as simulator:
        target = URL(simulator.urls.chat_url if transport == "ws" else simulator.urls.tcp_url)
        async with ChaosProxy(target.port or 0) as proxy:
            path = target.path if transport == "ws" else ""
            url = f"{target.scheme}://127.0.0.1:{proxy.port}{path}"
            async with scene(simulator, settings_for(simulator, chat_url=url)) as stage:
                yield stage, proxy


@pytest.mark.fault("F3")
@pytest.mark.parametrize("transport", ["ws", "tcp"])
async def test_one_byte_at_a_time_tells_the_same(transport: str) -> None:
    async with _proxied(transport) as (stage, proxy):
        proxy.dribble = True
        texts = [f"第{number}条" for number in range(5)]
        for text in texts:
            await stage.simulator.say(42, "ann", text)
        await stage.record.line(SHORT, texts[-1])
        assert [line.text for line in stage.record.messages(SHORT)] == texts


@pytest.mark.fault("F2")
@pytest.mark.parametrize("transport", ["ws", "tcp"])
@pytest.mark.parametrize("cut", [1, 3, 4, 15, 16, 20, 40, 100, 250])
async def test_a_frame_cut_in_its_middle_gives_no_partial_event(transport: str, cut: int) -> None:
    async with _proxied(transport) as (stage, proxy):
        mark = len(stage.record.events)
        proxy.cut_next_at = cut
        await stage.simulator.say(42, "ann", "lost")
        await stage.record.live(SHORT, after=mark)
        await stage.simulator.say(42, "ann", "after")
        await stage.record.line(SHORT, "after")
        events = stage.record.events[mark:]
    assert [event.text for event in events if isinstance(event, Message)] == ["after"]
    assert next(event.state for event in events if isinstance(event, FeedChanged)) is FeedState.CONNECTING


@pytest.mark.fault("F1")
async def test_a_peer_that_falls_silent_is_stale_at_once_and_dialled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real patience is 40 and 55 seconds; here it is a hundredth."""
    monkeypatch.setattr(session, "HEARTBEAT_S", 0.3)
    monkeypatch.setattr(session, "STALE_AFTER_S", 0.6)
    monkeypatch.setattr(session, "DEAD_AFTER_S", 0.9)
    async with _proxied() as (stage, proxy):
        mark = len(stage.record.events)
        proxy.swallow_replies = True
        await eventually(lambda: FeedState.CONNECTING in stage.record.states(SHORT), what="given up")
        proxy.swallow_replies = False
        proxy.cut_all()
        await stage.record.live(SHORT, after=mark)
        changes = [event for event in stage.record.events[mark:] if isinstance(event, FeedChanged)]
    assert changes[0].state is FeedState.STALE
    assert "silent" in changes[1].reason
