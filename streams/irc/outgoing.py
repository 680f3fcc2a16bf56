"""What waits to be sent: by urgency, and no faster than a server tolerates. Pure."""

from __future__ import annotations

import enum
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


class Urgency(enum.IntEnum):
    """What goes first."""

    NOW = 0
    """Login and PONG: sent at once, whatever was sent before."""
    DEED = 1
    """Moderation."""
    UPKEEP = 2
    """Joining rooms and looking who is there."""
    CHATTER = 3
    """What we say."""


_WHOLE = 1 - 1e-6
"""A token, but for what floating point loses."""


@dataclass(eq=False, slots=True)
class Ticket:
    """A line that waits. ``on_sent`` is called when it leaves."""

    text: str
    on_sent: Callable[[], None] | None = None
    sent: bool = False


class Outgoing:
    """A queue for each urgency behind one token bucket: ``burst`` lines at once, then ``per_s`` a second."""

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_s = per_s
        self._burst = float(max(burst, 1))
        self._tokens = self._burst
        self._filled_s: float | None = None
        self._queues: tuple[deque[Ticket], ...] = tuple(deque() for _ in Urgency)

    def put(self, text: str, urgency: Urgency, on_sent: Callable[[], None] | None = None) -> Ticket:
        """Queue one line."""
        ticket = Ticket(text, on_sent)
        self._queues[urgency].append(ticket)
        return ticket

    def withdraw(self, ticket: Ticket) -> None:
        """Take back a line that has not left."""
        for queue in self._queues:
            if ticket in queue:
                queue.remove(ticket)

    def take(self, now_s: float) -> list[str]:
        """The lines that may leave now, in the order to send them."""
        self._fill(now_s)
        leaving: list[str] = []
        for urgency, queue in enumerate(self._queues):
            while queue and (urgency == Urgency.NOW or self._tokens >= _WHOLE):
                leaving.append(self._send(queue.popleft()))
                if urgency != Urgency.NOW:
                    self._tokens -= 1
        return leaving

    def due_s(self) -> float:
        """The instant at which ``take`` may give something; infinite when nothing waits."""
        if not any(self._queues):
            return math.inf
        if self._queues[Urgency.NOW] or self._filled_s is None:
            return -math.inf
        return self._filled_s + max(0.0, 1.0 - self._tokens) / self._per_s

    def _fill(self, now_s: float) -> None:
        if self._filled_s is not None:
            self._tokens = min(self._burst, self._tokens + max(0.0, now_s - self._filled_s) * self._per_s)
        self._filled_s = now_s if self._filled_s is None else max(now_s, self._filled_s)

    def _send(self, ticket: Ticket) -> str:
        ticket.sent = True
        if ticket.on_sent:
            ticket.on_sent()
        return ticket.text
