"""The sans-I/O core of IRC: lines in, events out, lines to send, next deadline.

The heart of it is :data:`_HANDLERS` at the end: one method for each command of the server that means something to us.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import timedelta

from streams.backoff import Backoff
from streams.events import Event, FeedChanged, FeedState, RolesChanged, RoomKey, SenderRenamed, name_of
from streams.irc.channel import Channel, Member, Presence
from streams.irc.chat import read_message
from streams.irc.features import Features
from streams.irc.login import Login
from streams.irc.modes import apply_modes
from streams.irc.outgoing import Outgoing, Ticket, Urgency
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
JOIN_ANSWER_S = 20.0
REJOIN_FLOOR = timedelta(seconds=1)
REJOIN = Backoff(timedelta(seconds=4), timedelta(minutes=5))
JOINS_PER_LINE = 8

_REFUSALS = {
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


class IrcSession:
    """One connection to one server, for all rooms in ``rooms``."""

    def __init__(self, settings: IrcSettings, rooms: Iterable[RoomKey], now_s: float, chance: Callable[[], float]):
        self.features = Features()
        self.channels: dict[str, Channel] = {}
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
        self._joins: dict[str, float] = {}
        """Folded channel → when to ask to join it, or to stop waiting for the answer."""
        self._wanted: dict[RoomKey, None] = dict.fromkeys(rooms)
        self.login = Login(settings, lambda text: self._put(text, Urgency.NOW), chance)
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
        events, self._events = self._events, []
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
        self._join_due()

    @property
    def next_deadline_s(self) -> float:
        limit = self._asked_s + ANSWER_S if self._asked_s is not None else self._heard_s + SILENCE_S
        if self._welcomed_s is None:
            limit = min(limit, self._began_s + WELCOME_S)
        elif not self._settled:
            limit = min(limit, self._welcomed_s + SETTLE_S)
        if self._joins and self._settled:
            limit = min(limit, *self._joins.values())
        return min(limit, self._regain_s, self._outgoing.due_s())

    @property
    def established(self) -> bool:
        return self._welcomed_s is not None

    # -- what the platform asks ------------------------------------------------------------------------------------

    @property
    def own_id(self) -> str:
        """Our nick, folded."""
        return self.features.fold(self.login.nick)

    def has(self, capability: str) -> bool:
        """Whether the server granted a capability."""
        return capability in self.login.capabilities

    def channel(self, room: RoomKey) -> Channel | None:
        """The channel of a room; None while it is not wanted or the server is not ready."""
        return self.channels.get(self.features.fold(name_of(room)))

    def want(self, room: RoomKey) -> None:
        """Join a room as soon as the server lets us."""
        self._wanted[room] = None
        if self._settled:
            self._add(room)
            self._join_due()

    def unwant(self, room: RoomKey) -> None:
        """Leave a room."""
        self._wanted.pop(room, None)
        channel = self.channel(room)
        if channel is not None:
            del self.channels[channel.id]
            self._joins.pop(channel.id, None)
            if channel.presence is not Presence.OUT:
                self._put(format_line("PART", channel.name), Urgency.UPKEEP)

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
            self._add(room)
        self._join_due()

    def _add(self, room: RoomKey) -> None:
        folded = self.features.fold(name_of(room))
        if folded not in self.channels:
            self.channels[folded] = Channel(room, name_of(room), folded)
            self._joins[folded] = -math.inf

    def _join_due(self) -> None:
        """Ask for the rooms whose time has come; a JOIN that was never answered is asked again."""
        if not self._settled or not self._joins:
            return
        due = [self.channels[key] for key, at_s in self._joins.items() if at_s <= self._now_s]
        for begin in range(0, len(due), JOINS_PER_LINE):
            some = due[begin : begin + JOINS_PER_LINE]
            self._put(f"JOIN {','.join(channel.name for channel in some)}", Urgency.UPKEEP)
            for channel in some:
                channel.presence = Presence.ASKED
                self._joins[channel.id] = self._now_s + JOIN_ANSWER_S * (2 + len(due))

    def _join_later(self, channel: Channel) -> None:
        channel.presence = Presence.OUT
        channel.failures += 1
        self._joins[channel.id] = (
            self._now_s + (REJOIN_FLOOR + REJOIN.delay(channel.failures, self._chance())).total_seconds()
        )

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

    def _take(self, line: Line) -> None:
        handler = _HANDLERS.get(line.command)
        if handler is not None:
            handler(self, line)
        elif line.command in _REFUSALS:
            self._refused(line)
        for observer in tuple(self._observers):
            observer(line)

    def _put(self, text: str, urgency: Urgency) -> None:
        self._outgoing.put(text, urgency)

    def _here(self, line: Line, index: int = 0) -> Channel | None:
        """The channel a line speaks of, if it is one of ours."""
        return self.channels.get(self.features.fold(line.param(index)))

    def _privmsg(self, line: Line) -> None:
        channel = self._here(line)
        if channel is None or channel.presence is not Presence.IN:
            return  # said to us alone, or to a channel's operators
        message = read_message(line, channel, self.features, self.own_id, self._now_s, self._next_id)
        if message is not None:
            self._events.append(message)

    def _next_id(self) -> str:
        """An id for a line the server gave none, unique over restarts too."""
        self._made_up += 1
        return f"danmod-{int(self._began_s * 1000):x}-{self._made_up:x}"

    def _login(self, line: Line) -> None:
        self.login.receive(line)
        if line.command == "001":
            self._welcomed_s = self._now_s
            if self.own_id != self.features.fold(self._settings.nick):
                self._regain_s = self._now_s + REGAIN_S

    def _isupport(self, line: Line) -> None:
        self.features.learn(line.params[1:-1])

    def _motd_over(self, line: Line) -> None:
        if self._welcomed_s is not None and not self._settled:
            self._settle_in()

    def _unavailable(self, line: Line) -> None:
        """437 speaks of a nick until we are in, of a channel after that."""
        if self._welcomed_s is None:
            self.login.receive(line)
        else:
            self._refused(line)

    def _ping(self, line: Line) -> None:
        self._put(format_line("PONG", *line.params[-1:]), Urgency.NOW)

    def _error(self, line: Line) -> None:
        said = line.param(0)[:160]
        if self._welcomed_s is None and any(word in said.lower() for word in _KEPT_OUT):
            cure = "check platforms.irc.password, or ask the server's operators"
            raise SessionOver(f"the IRC server will not have danmod: {cure} ({said})", for_good=True)
        raise SessionOver(f"the IRC server closed the connection: {said}")

    def _tban_answer(self, line: Line) -> None:
        if line.param(1).upper() == "TBAN":
            self.timed_bans = line.command == "461"

    # -- who is where ----------------------------------------------------------------------------------------------

    def _join(self, line: Line) -> None:
        sender_id = self.features.fold(line.nick)
        channel = self._here(line)
        if channel is None:
            return
        if sender_id == self.own_id:
            channel.enter()
            channel.name = line.param(0)
        channel.members[sender_id] = Member(line.nick, user_host=line.user_host)

    def _names(self, line: Line) -> None:
        channel = self._here(line, 2)
        for entry in line.param(3).split(" ") if channel is not None else ():
            letters, name = self.features.split_name(entry)
            nick, _, user_host = name.partition("!")
            if nick and channel is not None:
                known = channel.user_host(self.features.fold(nick))
                roles = self.features.role_of(letters)
                channel.members[self.features.fold(nick)] = Member(nick, letters, roles, user_host or known)

    def _names_over(self, line: Line) -> None:
        channel = self._here(line, 1)
        if channel is None or channel.presence is Presence.IN or self.own_id not in channel.members:
            return
        channel.presence, channel.failures = Presence.IN, 0
        self._joins.pop(channel.id, None)
        self._put(format_line("MODE", channel.name), Urgency.UPKEEP)
        if not self.has("userhost-in-names"):
            self._put(format_line("WHO", channel.name), Urgency.UPKEEP)
        self._events.append(self._standing(channel))
        own_id = self.own_id
        for sender_id, member in channel.members.items():
            if member.roles or sender_id == own_id:
                roles = channel.sender(sender_id, own_id).roles
                self._events.append(RolesChanged(channel.room, self._now_s, sender_id, roles))

    def _standing(self, channel: Channel) -> FeedChanged:
        """The room is live; warn where we have no rights in it."""
        staff = channel.sender(self.own_id, self.own_id).roles.is_staff
        reason = "" if staff else f"danmod is not an operator of {channel.name}: it can only watch and hide"
        return FeedChanged(channel.room, self._now_s, FeedState.LIVE, reason)

    def _who(self, line: Line) -> None:
        channel = self._here(line, 1)
        member = channel.members.get(self.features.fold(line.param(5))) if channel else None
        if member is not None:
            member.user_host = f"{line.param(2)}@{line.param(3)}"

    def _modes_are(self, line: Line) -> None:
        channel = self._here(line, 1)
        if channel is not None:
            channel.flags = set(line.param(2)) - set("+-")

    def _created(self, line: Line) -> None:
        channel = self._here(line, 1)
        if channel is not None:
            channel.created = line.param(2)

    def _mode(self, line: Line) -> None:
        channel = self._here(line)
        if channel is not None:
            own_id = self.own_id
            for event in apply_modes(channel, self.features, line, own_id, self._now_s):
                self._events.append(event)
                if isinstance(event, RolesChanged) and event.sender_id == own_id:
                    self._events.append(self._standing(channel))

    def _part(self, line: Line) -> None:
        channel, sender_id = self._here(line), self.features.fold(line.nick)
        if channel is None:
            return
        channel.drop(sender_id)
        if sender_id == self.own_id:
            self._put_out(channel, f"danmod was made to leave {channel.name}")

    def _kick(self, line: Line) -> None:
        channel, sender_id = self._here(line), self.features.fold(line.param(1))
        if channel is None:
            return
        channel.drop(sender_id)
        if sender_id == self.own_id:
            self._put_out(channel, f"danmod was kicked by {line.nick}: {line.param(2)}"[:200])

    def _put_out(self, channel: Channel, reason: str) -> None:
        self._events.append(FeedChanged(channel.room, self._now_s, FeedState.BLIND, reason))
        self._join_later(channel)

    def _refused(self, line: Line) -> None:
        channel = self._here(line, 1)
        if channel is None or channel.presence is not Presence.ASKED:
            return
        reason = f"{channel.name} refused danmod: {_REFUSALS[line.command]}"
        self._events.append(FeedChanged(channel.room, self._now_s, FeedState.REFUSED, reason))
        self._join_later(channel)

    def _quit(self, line: Line) -> None:
        sender_id = self.features.fold(line.nick)
        for channel in self.channels.values():
            channel.drop(sender_id)
        self._freed(sender_id)

    def _freed(self, nick_id: str) -> None:
        """Somebody let go of a nick: if it is ours, take it."""
        if self._regain_s < math.inf and nick_id == self.features.fold(self._settings.nick):
            self._regain()

    def _nick(self, line: Line) -> None:
        old_id, nick = self.features.fold(line.nick), line.param(0)
        new_id = self.features.fold(nick)
        if old_id == self.own_id:
            self.login.nick = nick
            if new_id == self.features.fold(self._settings.nick):
                self._regain_s = math.inf
        for channel in self.channels.values():
            self._rename(channel, old_id, new_id, nick)
        if old_id != new_id:
            self._freed(old_id)

    def _rename(self, channel: Channel, old_id: str, new_id: str, nick: str) -> None:
        member = channel.members.pop(old_id, None)
        if member is None:
            return
        member.nick = nick
        channel.members[new_id] = member
        if old_id != new_id:
            for mask in [mask for mask, held in channel.masks.items() if held == old_id]:
                channel.masks[mask] = new_id
            self._events.append(SenderRenamed(channel.room, self._now_s, old_id, channel.sender(new_id, self.own_id)))

    def _chghost(self, line: Line) -> None:
        sender_id = self.features.fold(line.nick)
        for channel in self.channels.values():
            if (member := channel.members.get(sender_id)) is not None:
                member.user_host = f"{line.param(0)}@{line.param(1)}"


_HANDLERS: dict[str, Callable[[IrcSession, Line], None]] = {
    "PRIVMSG": IrcSession._privmsg,
    "PING": IrcSession._ping,
    "JOIN": IrcSession._join,
    "PART": IrcSession._part,
    "QUIT": IrcSession._quit,
    "KICK": IrcSession._kick,
    "NICK": IrcSession._nick,
    "MODE": IrcSession._mode,
    "CHGHOST": IrcSession._chghost,
    "ERROR": IrcSession._error,
    "005": IrcSession._isupport,
    "324": IrcSession._modes_are,
    "329": IrcSession._created,
    "352": IrcSession._who,
    "353": IrcSession._names,
    "366": IrcSession._names_over,
    "376": IrcSession._motd_over,
    "422": IrcSession._motd_over,
    "437": IrcSession._unavailable,
    "421": IrcSession._tban_answer,
    "461": IrcSession._tban_answer,
    **dict.fromkeys(
        ("CAP", "AUTHENTICATE", "001", "432", "433", "436", "464", "465", "902", "903", "904", "905", "906", "908"),
        IrcSession._login,
    ),
}
