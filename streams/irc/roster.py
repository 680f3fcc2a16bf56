"""Who is in our channels and as what: JOIN, NAMES, WHO, MODE, KICK, NICK and their kin, told as events. Pure."""

from __future__ import annotations

from collections.abc import Callable

from streams.events import Event, FeedChanged, FeedState, RolesChanged, SenderRenamed
from streams.irc.channel import Channel, Member, Presence
from streams.irc.features import Features
from streams.irc.login import Login
from streams.irc.modes import apply_modes
from streams.irc.rooms import Rooms
from streams.irc.wire import Line, format_line

Handler = Callable[[Line, float], None]


class Roster:
    """Keeps the members of ``rooms``. ``put`` queues a line, ``tell`` takes an event."""

    def __init__(
        self,
        rooms: Rooms,
        features: Features,
        login: Login,
        put: Callable[[str], None],
        tell: Callable[[Event], None],
    ) -> None:
        self._rooms = rooms
        self._features = features
        self._login = login
        self._put = put
        self._tell = tell

    @property
    def own_id(self) -> str:
        """Our nick, folded."""
        return self._features.fold(self._login.nick)

    def handlers(self) -> dict[str, Handler]:
        """What is done about each command of the server."""
        return {
            "JOIN": self._join,
            "PART": self._part,
            "QUIT": self._quit,
            "KICK": self._kick,
            "NICK": self._nick,
            "MODE": self._mode,
            "CHGHOST": self._chghost,
            "324": self._modes_are,
            "329": self._created,
            "352": self._who,
            "353": self._names,
            "366": self._names_over,
        }

    def _join(self, line: Line, now_s: float) -> None:
        sender_id = self._features.fold(line.nick)
        channel = self._rooms.find(line.param(0))
        if channel is None:
            return
        if sender_id == self.own_id:
            channel.enter()
            channel.name = line.param(0)
        channel.members[sender_id] = Member(line.nick, user_host=line.user_host)

    def _names(self, line: Line, now_s: float) -> None:
        channel = self._rooms.find(line.param(2))
        for entry in line.param(3).split(" ") if channel is not None else ():
            letters, name = self._features.split_name(entry)
            nick, _, user_host = name.partition("!")
            if nick and channel is not None:
                known = channel.user_host(self._features.fold(nick))
                roles = self._features.role_of(letters)
                channel.members[self._features.fold(nick)] = Member(nick, letters, roles, user_host or known)

    def _names_over(self, line: Line, now_s: float) -> None:
        channel = self._rooms.find(line.param(1))
        if channel is None or channel.presence is Presence.IN or self.own_id not in channel.members:
            return
        self._rooms.entered(channel)
        self._put(format_line("MODE", channel.name))
        if "userhost-in-names" not in self._login.capabilities:
            self._put(format_line("WHO", channel.name))
        self._tell(self._standing(channel, now_s))
        own_id = self.own_id
        for sender_id, member in channel.members.items():
            if member.roles or sender_id == own_id:
                roles = channel.sender(sender_id, own_id).roles
                self._tell(RolesChanged(channel.room, now_s, sender_id, roles))

    def _standing(self, channel: Channel, now_s: float) -> FeedChanged:
        """The room is live; warn where we have no rights in it."""
        staff = channel.sender(self.own_id, self.own_id).roles.is_staff
        reason = "" if staff else f"danmod is not an operator of {channel.name}: it can only watch and hide"
        return FeedChanged(channel.room, now_s, FeedState.LIVE, reason)

    def _who(self, line: Line, now_s: float) -> None:
        channel = self._rooms.find(line.param(1))
        member = channel.members.get(self._features.fold(line.param(5))) if channel else None
        if member is not None:
            member.user_host = f"{line.param(2)}@{line.param(3)}"

    def _modes_are(self, line: Line, now_s: float) -> None:
        channel = self._rooms.find(line.param(1))
        if channel is not None:
            channel.flags = set(line.param(2)) - set("+-")

    def _created(self, line: Line, now_s: float) -> None:
        channel = self._rooms.find(line.param(1))
        if channel is not None:
            channel.created = line.param(2)

    def _mode(self, line: Line, now_s: float) -> None:
        channel = self._rooms.find(line.param(0))
        if channel is not None:
            own_id = self.own_id
            for event in apply_modes(channel, self._features, line, own_id, now_s):
                self._tell(event)
                if isinstance(event, RolesChanged) and event.sender_id == own_id:
                    self._tell(self._standing(channel, now_s))

    def _part(self, line: Line, now_s: float) -> None:
        channel, sender_id = self._rooms.find(line.param(0)), self._features.fold(line.nick)
        if channel is None:
            return
        channel.drop(sender_id)
        if sender_id == self.own_id:
            self._tell(self._rooms.put_out(channel, f"danmod was made to leave {channel.name}", now_s))

    def _kick(self, line: Line, now_s: float) -> None:
        channel, sender_id = self._rooms.find(line.param(0)), self._features.fold(line.param(1))
        if channel is None:
            return
        channel.drop(sender_id)
        if sender_id == self.own_id:
            reason = f"danmod was kicked by {line.nick}: {line.param(2)}"[:200]
            self._tell(self._rooms.put_out(channel, reason, now_s))

    def _quit(self, line: Line, now_s: float) -> None:
        sender_id = self._features.fold(line.nick)
        for channel in self._rooms.channels.values():
            channel.drop(sender_id)

    def _nick(self, line: Line, now_s: float) -> None:
        old_id, nick = self._features.fold(line.nick), line.param(0)
        if old_id == self.own_id:
            self._login.nick = nick
        for channel in self._rooms.channels.values():
            self._rename(channel, old_id, nick, now_s)

    def _rename(self, channel: Channel, old_id: str, nick: str, now_s: float) -> None:
        member = channel.members.pop(old_id, None)
        if member is None:
            return
        new_id = self._features.fold(nick)
        member.nick = nick
        channel.members[new_id] = member
        if old_id != new_id:
            for mask in [mask for mask, held in channel.masks.items() if held == old_id]:
                channel.masks[mask] = new_id
            self._tell(SenderRenamed(channel.room, now_s, old_id, channel.sender(new_id, self.own_id)))

    def _chghost(self, line: Line, now_s: float) -> None:
        sender_id = self._features.fold(line.nick)
        for channel in self._rooms.channels.values():
            if (member := channel.members.get(sender_id)) is not None:
                member.user_host = f"{line.param(0)}@{line.param(1)}"
