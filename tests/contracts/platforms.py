"""Which platforms keep the platform contract, and what each must offer so that the suite can put it to the test.

To add a platform: write a harness (an async context manager that yields a :class:`Harness` over a real server or a
simulator) in a module of its own and add one line to :data:`PLATFORMS`. Nothing else changes.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast, overload

from streams.events import Event, FeedChanged, FeedState, Message, RoomKey
from streams.platform import Platform

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """``factory`` is ``module:function``; ``needs`` names the system's server the harness cannot do without.

    ``lists_silenced`` False: the platform mutes, and shows nobody a list of whom.
    """

    factory: str
    needs: str | None = None
    lists_silenced: bool = True


PLATFORMS: dict[str, Entry] = {
    "irc": Entry("tests.contracts.irc_harness:irc", needs="inspircd"),
    "bilibili": Entry("tests.contracts.bilibili_harness:bilibili"),
    "douyu": Entry("tests.contracts.douyu_harness:douyu", lists_silenced=False),
    "owncast": Entry("tests.contracts.owncast_harness:owncast", lists_silenced=False),
    "twitch": Entry("tests.contracts.twitch_harness:moderator", lists_silenced=False),
    "twitch-guest": Entry("tests.contracts.twitch_harness:guest"),
    "sandbox": Entry("tests.contracts.sandbox_harness:sandbox"),
}
"""Every platform under contract, by name."""


class Viewer(Protocol):
    """A person in the room, on a client of their own that is not ours."""

    @property
    def name(self) -> str:
        """The name other people see."""

    @property
    def id(self) -> str:
        """What :attr:`streams.events.Sender.id` must be for this person."""

    async def say(self, text: str) -> None:
        """Send one line, whether or not the platform lets it through."""

    async def heard(self) -> list[str]:
        """The texts this person's client shows now, oldest first, without those taken out again."""

    async def whispers(self) -> list[str]:
        """The texts said to this person alone."""

    async def can_speak(self) -> bool:
        """Try for real: say a line (joining again first where the person was removed) and see if others get it."""


class Harness(Protocol):
    """One platform with a server behind it and people in its room."""

    platform: Platform
    """Built and not yet running; quick to reconnect (its chance draws 0)."""

    room: RoomKey
    """A room in which danmod has all the rights it can have; not yet joined."""

    async def viewer(self, name: str) -> Viewer:
        """A plain viewer, present in the room. The same name gives another person in another test only."""

    async def moderator(self, name: str) -> Viewer:
        """A moderator of the room, present in it."""

    async def drop_connection(self) -> None:
        """Cut the platform's connection; the server stays up and lets it in again."""

    async def take_down(self) -> None:
        """Stop the server."""

    async def bring_up(self) -> None:
        """Start it again at the same address."""


HarnessFactory = Callable[[], AbstractAsyncContextManager[Harness]]


def factory_of(name: str) -> HarnessFactory:
    """The harness factory of one platform, imported only when it is asked for."""
    module, _, function = PLATFORMS[name].factory.partition(":")
    return cast(HarnessFactory, getattr(importlib.import_module(module), function))


@overload
async def eventually(ask: Callable[[], Coroutine[object, object, T]], within_s: float = 10.0, what: str = "") -> T: ...


@overload
async def eventually(ask: Callable[[], T], within_s: float = 10.0, what: str = "") -> T: ...


async def eventually(ask: Callable[[], object], within_s: float = 10.0, what: str = "") -> object:
    """Ask until the answer is true and return it. Fails after ``within_s`` seconds, naming ``what``."""
    deadline = time.monotonic() + within_s
    while True:
        asked = ask()
        answer = await asked if isinstance(asked, Coroutine) else asked
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {within_s} s: {what or ask}"
        await asyncio.sleep(0.02)


@dataclass
class Record:
    """Everything a running platform emitted, in order."""

    events: list[Event] = field(default_factory=list)

    def emit(self, events: Sequence[Event]) -> None:
        self.events.extend(events)

    def messages(self, room: RoomKey) -> list[Message]:
        return [event for event in self.events if isinstance(event, Message) and event.room == room]

    def states(self, room: RoomKey) -> list[FeedState]:
        return [event.state for event in self.events if isinstance(event, FeedChanged) and event.room == room]

    async def line(self, room: RoomKey, text: str) -> Message:
        """The first line with this text, waited for."""
        found: list[Message] = await eventually(
            lambda: [message for message in self.messages(room) if message.text == text], what=f"the line {text!r}"
        )
        return found[0]

    async def live(self, room: RoomKey, after: int = 0) -> None:
        """Wait until the room went live, looking at the events from the ``after``-th on."""

        def is_live() -> bool:
            return any(
                isinstance(event, FeedChanged) and event.room == room and event.state is FeedState.LIVE
                for event in self.events[after:]
            )

        await eventually(is_live, what=f"{room} live")


@asynccontextmanager
async def serving(harness: Harness, *, join: bool = True) -> AsyncIterator[Record]:
    """Run the platform, by default with its room joined and live; yields what it emits."""
    record = Record()
    if join:
        harness.platform.join(harness.room)
    task = asyncio.create_task(harness.platform.run(record.emit))
    try:
        if join:
            await record.live(harness.room)
        yield record
        assert not task.done(), "run() ended by itself"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
