"""The contract every platform keeps: what it can do, what may be asked of it, and how it went.

An adapter is a :class:`Platform`. It is built by wiring from its settings, joins the rooms it is told to join, emits
:mod:`streams.events` and performs :data:`Action` values. It decides nothing. `tests/contracts/test_platform.py` is the
contract as a suite; a new platform is added there.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from streams.events import Event, RoomKey

Emit = Callable[[Sequence[Event]], None]
"""Takes events in arrival order. Never blocks, never raises: what cannot be kept is shed and counted behind it."""


@dataclass(frozen=True, slots=True)
class MuteCapability:
    """How a platform mutes: in steps of ``unit``, from ``minimum`` to ``maximum`` (None: no end needed).

    ``lifts_itself`` tells whether the platform ends the mute by its own clock; if not, danmod's timer lifts it.
    """

    unit: timedelta
    minimum: timedelta
    maximum: timedelta | None
    lifts_itself: bool = True

    def fit(self, span: timedelta) -> timedelta:
        """The shortest mute the platform can express that covers ``span``, capped at its maximum.

        Where it is longer than ``span`` the caller lifts early, so that nobody is silent longer than decided.
        """
        steps = math.ceil(span / self.unit)
        fitted = max(self.unit * steps, self.minimum)
        return fitted if self.maximum is None else min(fitted, self.maximum)


@dataclass(frozen=True, slots=True)
class RoomMode:
    """Who may write in a room, in the platform's own ``words``; "" lets everybody. Equal modes are one setting.

    ``ends_s`` is when the platform itself ends it (Unix seconds), None where it does not. ``voiced`` are people who may
    write in any mode, as far as the platform lets single ones; they are no part of the setting.
    """

    words: str = ""
    ends_s: float | None = None
    voiced: frozenset[str] = field(default=frozenset(), compare=False)


EVERYBODY = RoomMode()
"""The mode of an ordinary evening."""


@dataclass(frozen=True, slots=True)
class ShieldCapability:
    """The mode of a room under attack, in the platform's ``words``: what it is set to then.

    ``longest`` is after how long the platform ends it by itself, None: when it is lifted. ``regulars``: people known in the
    room may write in it all the same.
    """

    words: str
    longest: timedelta | None = None
    regulars: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform lets us do in one room right now. What is missing becomes an honest ``unsupported``."""

    delete: bool = False
    mute: MuteCapability | None = None
    ban: bool = False
    whisper: bool = False
    shield: ShieldCapability | None = None
    say: bool = False
    line_limit: int | None = None
    """Longest line we may say, in characters; None when there is no limit worth knowing."""


@dataclass(frozen=True, slots=True)
class DeleteMessage:
    """Take one message out of the platform's chat."""

    room: RoomKey
    message_id: str
    sender_id: str | None = None


@dataclass(frozen=True, slots=True)
class MuteSender:
    """Keep a sender from writing for ``span`` (already fitted to the capability)."""

    room: RoomKey
    sender_id: str
    sender_name: str
    span: timedelta
    reason: str


@dataclass(frozen=True, slots=True)
class UnmuteSender:
    """End a sender's mute."""

    room: RoomKey
    sender_id: str
    sender_name: str


@dataclass(frozen=True, slots=True)
class BanSender:
    """Remove a sender from the room until further notice."""

    room: RoomKey
    sender_id: str
    sender_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnbanSender:
    """End a sender's ban."""

    room: RoomKey
    sender_id: str
    sender_name: str


@dataclass(frozen=True, slots=True)
class Say:
    """Say one line in the room's chat, answering ``reply_to`` where the platform can."""

    room: RoomKey
    text: str
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Whisper:
    """Say one line to one sender alone."""

    room: RoomKey
    sender_id: str
    text: str


@dataclass(frozen=True, slots=True)
class SetRoomMode:
    """Let write in the room whomever ``mode`` lets. One that ends by itself is set for the platform's shortest length that
    covers it.

    ``voices`` are people who may write all the same, where the platform can let single ones: with a mode that lets
    everybody, what was given to them is taken back.
    """

    room: RoomKey
    mode: RoomMode
    voices: tuple[str, ...] = ()


Action = DeleteMessage | MuteSender | UnmuteSender | BanSender | UnbanSender | Say | Whisper | SetRoomMode
"""One imperative for the platform."""


class OutcomeStatus(enum.Enum):
    """How an action went."""

    DONE = "done"
    ALREADY = "already"
    """The platform was already in the wanted state."""
    UNCONFIRMED = "unconfirmed"
    """The platform accepted it, but neither a re-read nor an event has shown it yet."""
    REFUSED = "refused"
    """The platform said no for good; ``detail`` tells a person why."""
    UNSUPPORTED = "unsupported"
    """The platform cannot do this; ``detail`` is an instruction for a person."""
    RETRY = "retry"
    """It may work later: the connection is away, the platform is busy or failing."""

    @property
    def final(self) -> bool:
        """False only for RETRY."""
        return self is not OutcomeStatus.RETRY


@dataclass(frozen=True, slots=True)
class Outcome:
    """The platform's answer, re-read where it can be re-read.

    ``detail`` is one sentence for a person, empty when there is nothing to say. ``retry_after`` is the platform's own
    wish, None when it has none.
    """

    status: OutcomeStatus
    detail: str = ""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Silenced:
    """Who the platform keeps silent in a room, read from the platform itself: muted or banned, by whomever.

    ``unnamed`` counts entries that could not be traced to an account: while there are any, that somebody is not among
    ``senders`` proves nothing.
    """

    senders: frozenset[str]
    unnamed: int = 0


class Platform(Protocol):
    """One platform, all of its rooms."""

    @property
    def name(self) -> str:
        """The first part of its room keys."""

    def join(self, room: RoomKey) -> None:
        """Want this room from now on. What is wanted is never derived from what last succeeded."""

    def leave(self, room: RoomKey) -> None:
        """No longer want this room. Leaving a room that is not joined is no error."""

    async def run(self, emit: Emit) -> None:
        """Serve the wanted rooms until cancelled, reconnecting for ever; lets nothing but cancellation out."""

    def capabilities(self, room: RoomKey) -> Capabilities:
        """What can be done in the room now; the least that is safe to claim while not connected."""

    async def perform(self, action: Action) -> Outcome:
        """Carry out one action and confirm it where the platform allows. Never raises for the platform's faults."""

    async def silenced(self, room: RoomKey) -> Silenced | None:
        """Who is silent in the room now; None where the platform has no such list or it cannot be read just now."""

    async def room_mode(self, room: RoomKey) -> RoomMode | None:
        """Who may write in the room now, read from the platform itself; None where it cannot be read just now, or has no
        such thing."""

    async def probe(self, room: RoomKey) -> None:
        """Ask the platform anew what we may do in the room, where it does not tell by itself. Never raises."""
