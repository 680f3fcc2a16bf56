"""The sans-I/O core of reading as a guest: one IRC connection for all rooms, tags asked for, nothing ever said.

A guest needs no account: any nick ``justinfan`` with digits is let in and may join and read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from streams.backoff import Backoff
from streams.events import Event, FeedChanged, FeedState, RoomKey, name_of
from streams.irc.outgoing import Outgoing, Urgency
from streams.irc.wire import Line, lines_of
from streams.session import Frame, SessionOver
from streams.twitch.irc_lines import read_clearing, read_line, read_removal, read_said

SILENCE_S = 60.0
"""After so long without a word from Twitch we ask whether it is there…"""
ANSWER_S = 15.0
"""…and wait so long for its answer."""
WELCOME_S = 20.0
JOIN_ANSWER_S = 20.0
"""So long a JOIN may stay without answer: a name that does not exist gets none."""
REJOIN = Backoff()
JOINS_PER_S, JOINS_AT_ONCE = 1.0, 10
"""Twitch takes 20 within ten seconds."""

NO_ANSWER = "Twitch has no chat of this name, or did not answer: check the channel's name"
SUSPENDED = "Twitch has suspended this channel"


@dataclass(slots=True)
class _Channel:
    """One wanted room. ``due_s`` is when to ask for it (again), or to stop waiting; infinite while we are in."""

    room: RoomKey
    due_s: float = -math.inf
    asked: bool = False
    inside: bool = False
    failures: int = 0


class GuestSession:
    """One connection for all rooms in ``rooms``. ``chance`` draws our nick's number and the jitter."""

    def __init__(self, rooms: Iterable[RoomKey], now_s: float, chance: Callable[[], float]) -> None:
        self.unread_lines = 0
        """Lines that are none of Twitch's."""
        self._chance = chance
        self._now_s = self._began_s = self._heard_s = now_s
        self._asked_s: float | None = None
        self._welcome = False
        self._made_up = 0
        self._events: list[Event] = []
        self._outgoing = Outgoing(JOINS_PER_S, JOINS_AT_ONCE)
        self._channels: dict[str, _Channel] = {}
        self._handlers: dict[str, Callable[[Line], None]] = {
            "PRIVMSG": self._said,
            "USERNOTICE": self._said,
            "CLEARCHAT": self._cleared,
            "CLEARMSG": self._removed,
            "ROOMSTATE": self._entered,
            "366": self._entered,
            "NOTICE": self._notice,
            "PING": self._ping,
            "RECONNECT": self._reconnect,
            "001": self._welcomed,
        }
        self._nick = f"justinfan{10_000 + int(chance() * 80_000)}"
        self._greet()
        for room in rooms:
            self.want(room)

    def receive_data(self, data: Frame, now_s: float) -> None:
        """Take one frame, which may hold several lines. Raises SessionOver when Twitch ends it."""
        self._now_s = self._heard_s = max(now_s, self._now_s)
        self._asked_s = None
        texts, dropped = lines_of(data)
        self.unread_lines += dropped
        for text in texts:
            line = read_line(text)
            if line is None:
                self.unread_lines += 1
            elif handler := self._handlers.get(line.command):
                handler(line)

    def events_received(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def data_to_send(self) -> list[Frame]:
        return list(self._outgoing.take(self._now_s))

    def advance(self, now_s: float) -> None:
        self._now_s = max(now_s, self._now_s)
        self._watch()
        if self._welcome:
            for name, channel in self._channels.items():
                if channel.due_s <= self._now_s:
                    self._ask_or_give_up(name, channel)

    @property
    def next_deadline_s(self) -> float:
        limit = self._heard_s + SILENCE_S if self._asked_s is None else self._asked_s + ANSWER_S
        if not self._welcome:
            return min(limit, self._began_s + WELCOME_S, self._outgoing.due_s())
        due_s = min((channel.due_s for channel in self._channels.values()), default=math.inf)
        return min(limit, due_s, self._outgoing.due_s())

    @property
    def established(self) -> bool:
        return self._welcome

    def is_inside(self, room: RoomKey) -> bool:
        """True while we read this room."""
        channel = self._channels.get(_folded(room))
        return channel is not None and channel.inside

    def want(self, room: RoomKey) -> None:
        """Read a room as soon as Twitch lets us."""
        self._channels.setdefault(_folded(room), _Channel(room))

    def unwant(self, room: RoomKey) -> None:
        """Leave a room."""
        channel = self._channels.pop(_folded(room), None)
        if channel is not None and (channel.asked or channel.inside):
            self._outgoing.put(f"PART #{_folded(room)}", Urgency.UPKEEP)

    # -- asking ----------------------------------------------------------------------------------------------------

    def _greet(self) -> None:
        for text in ("CAP REQ :twitch.tv/tags twitch.tv/commands", "PASS SCHMOOPIIE", f"NICK {self._nick}"):
            self._outgoing.put(text, Urgency.NOW)

    def _watch(self) -> None:
        if not self._welcome and self._now_s >= self._began_s + WELCOME_S:
            raise SessionOver(f"Twitch's chat did not welcome danmod within {WELCOME_S:.0f} s")
        if self._asked_s is not None:
            if self._now_s >= self._asked_s + ANSWER_S:
                raise SessionOver(f"Twitch's chat has been silent for {self._now_s - self._heard_s:.0f} s")
        elif self._now_s >= self._heard_s + SILENCE_S:
            self._asked_s = self._now_s
            self._outgoing.put("PING :danmod", Urgency.NOW)

    def _ask_or_give_up(self, name: str, channel: _Channel) -> None:
        if channel.asked:
            self._refused(channel, NO_ANSWER)
            return
        channel.asked, channel.due_s = True, math.inf
        self._outgoing.put(f"JOIN #{name}", Urgency.UPKEEP, lambda: self._sent(channel))

    def _sent(self, channel: _Channel) -> None:
        """The JOIN has left, perhaps after others: only now its answer is waited for."""
        channel.due_s = self._now_s + JOIN_ANSWER_S

    def _refused(self, channel: _Channel, reason: str) -> None:
        channel.asked = channel.inside = False
        channel.failures += 1
        channel.due_s = self._now_s + JOIN_ANSWER_S + REJOIN.delay(channel.failures, self._chance()).total_seconds()
        self._events.append(FeedChanged(channel.room, self._now_s, FeedState.REFUSED, reason))

    # -- what Twitch tells -----------------------------------------------------------------------------------------

    def _channel_of(self, line: Line) -> _Channel | None:
        """The wanted room a line is for; None also while we are not in it, for what comes late after leaving it."""
        channel = self._channels.get(line.param(0).removeprefix("#"))
        return channel if channel is not None and channel.inside else None

    def _welcomed(self, line: Line) -> None:
        self._welcome = True
        self.advance(self._now_s)

    def _entered(self, line: Line) -> None:
        """ROOMSTATE begins with its channel, 366 names it behind our nick."""
        name = line.param(1) if line.command == "366" else line.param(0)
        channel = self._channels.get(name.removeprefix("#"))
        if channel is not None and not channel.inside:
            channel.inside, channel.asked, channel.failures, channel.due_s = True, False, 0, math.inf
            self._events.append(FeedChanged(channel.room, self._now_s, FeedState.LIVE))

    def _said(self, line: Line) -> None:
        if channel := self._channel_of(line):
            message = read_said(line, channel.room, self._now_s, self._next_id)
            if message is not None:
                self._events.append(message)

    def _cleared(self, line: Line) -> None:
        if channel := self._channel_of(line):
            self._events += read_clearing(line, channel.room, self._now_s)

    def _removed(self, line: Line) -> None:
        if channel := self._channel_of(line):
            self._events += read_removal(line, channel.room, self._now_s)

    def _notice(self, line: Line) -> None:
        if not self._welcome:
            raise SessionOver(f"Twitch's chat will not have danmod: {line.param(1)[:100]}")
        channel = self._channels.get(line.param(0).removeprefix("#"))
        if channel is not None and line.value(";msg-id=") in ("msg_channel_suspended", "tos_ban"):
            self._refused(channel, SUSPENDED)

    def _ping(self, line: Line) -> None:
        self._outgoing.put(f"PONG :{line.param(0) or 'tmi.twitch.tv'}", Urgency.NOW)

    def _reconnect(self, line: Line) -> None:
        raise SessionOver("Twitch's chat asks everybody to connect anew")

    def _next_id(self) -> str:
        """An id for a line that has none, unique over restarts too."""
        self._made_up += 1
        return f"danmod-{int(self._began_s * 1000):x}-{self._made_up:x}"


def _folded(room: RoomKey) -> str:
    return name_of(room).lower()
