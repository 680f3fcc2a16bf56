"""The sans-I/O core of IRC: lines in, events out, lines to send, next deadline.

The heart of it is ``_own_handlers``: one method for each command of the server that means something to us; who is where
is the :mod:`streams.irc.roster`'s business, how we get into rooms the :mod:`streams.irc.rooms`'.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from streams.events import Event, RoomKey, name_of
from streams.irc.channel import Channel, Presence
from streams.irc.chat import read_message, read_private
from streams.irc.features import Features
from streams.irc.login import LOGIN_COMMANDS, Login
from streams.irc.outgoing import Outgoing, Ticket, Urgency
from streams.irc.rooms import REFUSALS, Rooms
from streams.irc.roster import Handler, Roster
from streams.irc.settings import IrcSettings
from streams.irc.wire import Line, LineBuffer, format_line, lines_of, parse
from streams.session import Frame, SessionOver

_KEPT_OUT = ("access denied", "password", "not authorized", "banned", "-lined")
"""Words of an ERROR before the welcome that no second dial will change."""

Observer = Callable[[Line], None]

SILENCE_S = 60.0
"""After so long without a word from the server we ask whether it is there…"""
ANSWER_S = 15.0
"""…and wait so long for its answer."""
WELCOME_S = 30.0
"""Longest registration."""
SETTLE_S = 5.0
"""After the welcome, the server's own words (005) have come by then, even where no MOTD numeric ends them."""
REGAIN_S = 60.0
"""While our nick is taken we try to get it back so often."""


class IrcSession:
    """One connection to one server, for all rooms in ``rooms``."""

    def __init__(self, settings: IrcSettings, rooms: Iterable[RoomKey], now_s: float, chance: Callable[[], float]):
        self.features = Features()
        self.unread_lines = 0
        """Lines without a command, or longer than any server may send."""
        self.timed_bans: bool | None = None
        """Whether the server knows TBAN; None until it has answered."""
        self._settings = settings
        self._chance = chance
        self._now_s = now_s
        self._began_s = now_s
        self._heard_s = now_s
        self._asked_s: float | None = None
        self._welcomed_s: float | None = None
        self._settled = False
        self._regain_s = math.inf
        self._made_up = 0
        self._buffer = LineBuffer()
        self._events: list[Event] = []
        self._outgoing = Outgoing(settings.lines_per_s, settings.burst)
        self._observers: list[Observer] = []
        self._wanted = rooms
        self.login = Login(settings, lambda text: self._put(text, Urgency.NOW), chance)
        self._rooms = Rooms(self.features, self._upkeep, chance)
        self._roster = Roster(self._rooms, self.features, self.login, self._upkeep, self._events.append)
        self._handlers = {**self._own_handlers(), **self._roster.handlers()}
        self.login.begin()

    # -- what the shell asks ---------------------------------------------------------------------------------------

    def receive_data(self, data: Frame, now_s: float) -> None:
        """Take one frame or read. Raises SessionOver when the server ends it; nothing else for hostile bytes."""
        self._now_s = self._heard_s = max(now_s, self._now_s)
        self._asked_s = None
        for text in self._lines(data):
            line = parse(text)
            if line is None:
                self.unread_lines += 1
            else:
                self._take(line)

    def events_received(self) -> list[Event]:
        events = self._events.copy()
        self._events.clear()
        return events

    def data_to_send(self) -> list[Frame]:
        end = "" if self._settings.framed else "\r\n"
        return [text + end for text in self._outgoing.take(self._now_s)]

    def advance(self, now_s: float) -> None:
        self._now_s = max(now_s, self._now_s)
        self._watch()
        if self._welcomed_s is not None and not self._settled and self._now_s >= self._welcomed_s + SETTLE_S:
            self._settle_in()
        if self._now_s >= self._regain_s:
            self._regain()
        if self._settled:
            self._rooms.join_due(self._now_s)

    @property
    def next_deadline_s(self) -> float:
        limit = self._asked_s + ANSWER_S if self._asked_s is not None else self._heard_s + SILENCE_S
        if self._welcomed_s is None:
            limit = min(limit, self._began_s + WELCOME_S)
        elif not self._settled:
            limit = min(limit, self._welcomed_s + SETTLE_S)
        return min(limit, self._rooms.next_due_s, self._regain_s, self._outgoing.due_s())

    @property
    def established(self) -> bool:
        return self._welcomed_s is not None

    # -- what the platform asks ------------------------------------------------------------------------------------

    @property
    def own_id(self) -> str:
        """Our nick, folded."""
        return self._roster.own_id

    def has(self, capability: str) -> bool:
        """Whether the server granted a capability."""
        return capability in self.login.capabilities

    def channel(self, room: RoomKey) -> Channel | None:
        """The channel of a room; None while it is not wanted or the server is not ready."""
        return self._rooms.find(name_of(room))

    def want(self, room: RoomKey) -> None:
        """Join a room as soon as the server lets us."""
        if self._settled:
            self._rooms.add(room)
            self._rooms.join_due(self._now_s)

    def unwant(self, room: RoomKey) -> None:
        """Leave a room."""
        self._rooms.remove(room)

    def send(self, text: str, urgency: Urgency, on_sent: Callable[[], None] | None = None) -> Ticket:
        """Queue a finished line."""
        return self._outgoing.put(text, urgency, on_sent)

    def withdraw(self, ticket: Ticket) -> None:
        """Take back a line that has not left."""
        self._outgoing.withdraw(ticket)

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Show every line to ``observer`` after it was understood; call the answer to stop."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    # -- time ------------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        if self._welcomed_s is None and self._now_s >= self._began_s + WELCOME_S:
            raise SessionOver(f"the IRC server did not welcome danmod within {WELCOME_S:.0f} s")
        if self._asked_s is not None:
            if self._now_s >= self._asked_s + ANSWER_S:
                raise SessionOver(f"the IRC server has been silent for {self._now_s - self._heard_s:.0f} s")
        elif self._now_s >= self._heard_s + SILENCE_S:
            self._asked_s = self._now_s
            self._put(format_line("PING", "danmod"), Urgency.NOW)

    def _settle_in(self) -> None:
        """The server has said what it can do: look for timed bans and join the rooms."""
        self._settled = True
        if self.features.extban_prefix == "" and "m" in self.features.extbans:
            self._put("TBAN", Urgency.UPKEEP)  # answered by 461 where it exists, by 421 where not
        else:
            self.timed_bans = False
        for room in self._wanted:
            self._rooms.add(room)
        self._rooms.join_due(self._now_s)

    def _regain(self) -> None:
        self._regain_s = self._now_s + REGAIN_S
        self._put(format_line("NICK", self._settings.nick), Urgency.UPKEEP)

    # -- lines -----------------------------------------------------------------------------------------------------

    def _lines(self, data: Frame) -> list[str]:
        if self._settings.framed:
            lines, dropped = lines_of(data)
            self.unread_lines += dropped
            return lines
        return self._buffer.feed(data if isinstance(data, bytes) else data.encode("utf-8", "replace"))

    def _own_handlers(self) -> dict[str, Handler]:
        """What is done about each command that is not about who is where."""
        return {
            "PRIVMSG": self._privmsg,
            "PING": self._ping,
            "ERROR": self._error,
            "005": self._isupport,
            "376": self._motd_over,
            "422": self._motd_over,
            "421": self._tban_answer,
            "461": self._tban_answer,
            **dict.fromkeys(REFUSALS, self._refused),
            "437": self._unavailable,
            **dict.fromkeys(LOGIN_COMMANDS, self._login),
        }

    def _take(self, line: Line) -> None:
        handler = self._handlers.get(line.command)
        if handler is not None:
            handler(line, self._now_s)
            if line.command in ("NICK", "QUIT"):
                self._mind_nick(line)
        for observer in tuple(self._observers):
            observer(line)

    def _upkeep(self, text: str) -> None:
        self._put(text, Urgency.UPKEEP)

    def _put(self, text: str, urgency: Urgency) -> None:
        self._outgoing.put(text, urgency)

    def _privmsg(self, line: Line, now_s: float) -> None:
        channel = self._rooms.find(line.param(0))
        if channel is None and self.features.fold(line.param(0)) == self.own_id:
            self._said_to_us(line)
        if channel is None or channel.presence is not Presence.IN:
            return  # to a channel's operators, or to a channel that we are not in
        message = read_message(line, channel, self.features, self.own_id, self._now_s, self._next_id)
        if message is not None:
            self._events.append(message)

    def _said_to_us(self, line: Line) -> None:
        """A line to us alone: of a person, for the server itself sends notices."""
        sender_id = self.features.fold(line.nick)
        if line.nick and line.user_host and sender_id != self.own_id:
            message = read_private(line, sender_id, self._now_s, self._next_id)
            if message is not None:
                self._events.append(message)

    def _next_id(self) -> str:
        """An id for a line the server gave none, unique over restarts too."""
        self._made_up += 1
        return f"danmod-{int(self._began_s * 1000):x}-{self._made_up:x}"

    def _login(self, line: Line, now_s: float) -> None:
        self.login.receive(line)
        if line.command == "001":
            self._welcomed_s = self._now_s
            if self.own_id != self.features.fold(self._settings.nick):
                self._regain_s = self._now_s + REGAIN_S

    def _isupport(self, line: Line, now_s: float) -> None:
        self.features.learn(line.params[1:-1])

    def _motd_over(self, line: Line, now_s: float) -> None:
        if self._welcomed_s is not None and not self._settled:
            self._settle_in()

    def _unavailable(self, line: Line, now_s: float) -> None:
        """437 speaks of a nick until we are in, of a channel after that."""
        if self._welcomed_s is None:
            self.login.receive(line)
        else:
            self._refused(line, now_s)

    def _refused(self, line: Line, now_s: float) -> None:
        self._events.extend(self._rooms.refused(line, now_s))

    def _mind_nick(self, line: Line) -> None:
        """Somebody let go of a nick: if it is the one we want, take it; if it is we who have it now, be content."""
        wanted = self.features.fold(self._settings.nick)
        if self.own_id == wanted:
            self._regain_s = math.inf
        elif self.features.fold(line.nick) == wanted:
            self._regain()

    def _ping(self, line: Line, now_s: float) -> None:
        self._put(format_line("PONG", *line.params[-1:]), Urgency.NOW)

    def _error(self, line: Line, now_s: float) -> None:
        said = line.param(0)[:160]
        if self._welcomed_s is None and any(word in said.lower() for word in _KEPT_OUT):
            cure = "check platforms.irc.password, or ask the server's operators"
            raise SessionOver(f"the IRC server will not have danmod: {cure} ({said})", for_good=True)
        raise SessionOver(f"the IRC server closed the connection: {said}")

    def _tban_answer(self, line: Line, now_s: float) -> None:
        if line.param(1).upper() == "TBAN":
            self.timed_bans = line.command == "461"
