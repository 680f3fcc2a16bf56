"""The sans-I/O core that every platform writes: bytes in, events out, bytes to send, next deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from streams.events import Event

Frame = bytes | str
Clock = Callable[[], float]
"""Unix seconds that never step back within one process."""


class SessionOver(Exception):
    """The session cannot go on and the connection is to be closed.

    ``reason`` is one sentence for the operator. ``for_good``: dialling again is useless until a person acts (wrong
    secret, no such room); the connection then waits at the back-off's cap and says so.
    """

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good


class Session(Protocol):
    """The sans-I/O core of one connection. Made anew for every dial."""

    def receive_data(self, data: Frame, now_s: float) -> None:
        """Take one websocket frame, or a TCP read of any size. Raises SessionOver; nothing else for hostile bytes."""

    def events_received(self) -> list[Event]:
        """The events understood since the last call, in order."""

    def data_to_send(self) -> list[Frame]:
        """What must be sent now, in order; each item is one websocket frame or one TCP write."""

    def advance(self, now_s: float) -> None:
        """Do what is due (heartbeats, watchdog). Raises SessionOver when the peer has been silent too long.

        May be called before anything is due, and is called after every ``flush``.
        """

    @property
    def next_deadline_s(self) -> float:
        """The instant ``advance`` wants to be called, at the latest."""

    @property
    def established(self) -> bool:
        """True once the platform has let us in: after :data:`STEADY_S` more, a failure starts the back-off anew."""
