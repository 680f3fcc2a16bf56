"""Which channels we want, and how we get into them and back: asking, waiting, being refused, asking again. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

from streams.backoff import Backoff
from streams.events import FeedChanged, FeedState, RoomKey, name_of
from streams.irc.channel import Channel, Presence
from streams.irc.features import Features
from streams.irc.wire import Line

JOIN_ANSWER_S = 20.0
"""So long a JOIN may stay without answer, longer where many were asked for at once."""
REJOIN_FLOOR = timedelta(seconds=1)
REJOIN = Backoff(timedelta(seconds=4), timedelta(minutes=5))
JOINS_PER_LINE = 8

REFUSALS = {
    "403": "no such channel",
    "405": "danmod is in too many channels",
    "437": "the channel is unavailable for now",
    "471": "it is full",
    "473": "it is for the invited only: invite danmod",
    "474": "danmod is banned there: lift the ban",
    "475": "it needs a key",
    "476": "the name is no channel's",
    "477": "it needs a registered nick: set platforms.irc.sasl_account",
    "489": "it needs a TLS connection: use a wss:// or tls:// address",
    "520": "it is for the server's operators only",
}


class Rooms:
    """The channels of one session. ``put`` queues a line."""

    def __init__(self, features: Features, put: Callable[[str], None], chance: Callable[[], float]) -> None:
        self.channels: dict[str, Channel] = {}
        """By folded name."""
        self._features = features
        self._put = put
        self._chance = chance
        self._joins: dict[str, float] = {}
        """Folded name → when to ask to join it, or to stop waiting for the answer."""

    @property
    def next_due_s(self) -> float:
        """When ``join_due`` has something to do; infinite while we are in all rooms."""
        return min(self._joins.values(), default=math.inf)

    def find(self, name: str) -> Channel | None:
        """The channel of this name, if it is one of ours."""
        return self.channels.get(self._features.fold(name))

    def add(self, room: RoomKey) -> None:
        """Want a room from now on."""
        folded = self._features.fold(name_of(room))
        if folded not in self.channels:
            self.channels[folded] = Channel(room, name_of(room), folded)
            self._joins[folded] = -math.inf

    def remove(self, room: RoomKey) -> None:
        """Leave a room."""
        channel = self.find(name_of(room))
        if channel is not None:
            del self.channels[channel.id]
            self._joins.pop(channel.id, None)
            if channel.presence is not Presence.OUT:
                self._put(f"PART {channel.name}")

    def join_due(self, now_s: float) -> None:
        """Ask for the rooms whose time has come; a JOIN that was never answered is asked again."""
        due = [self.channels[key] for key, at_s in self._joins.items() if at_s <= now_s]
        for begin in range(0, len(due), JOINS_PER_LINE):
            some = due[begin : begin + JOINS_PER_LINE]
            self._put(f"JOIN {','.join(channel.name for channel in some)}")
            for channel in some:
                channel.presence = Presence.ASKED
                self._joins[channel.id] = now_s + JOIN_ANSWER_S * (2 + len(due))

    def entered(self, channel: Channel) -> None:
        """We are in."""
        channel.presence, channel.failures = Presence.IN, 0
        self._joins.pop(channel.id, None)

    def put_out(self, channel: Channel, reason: str, now_s: float) -> FeedChanged:
        """We were made to leave: ask again later."""
        self._join_later(channel, now_s)
        return FeedChanged(channel.room, now_s, FeedState.BLIND, reason)

    def refused(self, line: Line, now_s: float) -> list[FeedChanged]:
        """A numeric that keeps us out of a room we asked for."""
        channel = self.find(line.param(1))
        if channel is None or channel.presence is not Presence.ASKED:
            return []
        self._join_later(channel, now_s)
        reason = f"{channel.name} refused danmod: {REFUSALS[line.command]}"
        return [FeedChanged(channel.room, now_s, FeedState.REFUSED, reason)]

    def _join_later(self, channel: Channel, now_s: float) -> None:
        channel.presence = Presence.OUT
        channel.failures += 1
        wait = REJOIN_FLOOR + REJOIN.delay(channel.failures, self._chance())
        self._joins[channel.id] = now_s + wait.total_seconds()
