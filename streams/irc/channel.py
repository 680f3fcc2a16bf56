"""One channel as we know it: whether we are in it, who else is, and as what."""

from __future__ import annotations

import enum
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.events import Role, RoomKey, Sender

GONE_CAP = 500
"""So many people who left are remembered by their user@host, so that a mute can still reach them."""

MASKS_CAP = 2000


class Presence(enum.Enum):
    """How far we are with a room."""

    OUT = "out"
    """Wanted; not asked for yet, or to be asked for again later."""
    ASKED = "asked"
    IN = "in"


@dataclass(slots=True)
class Member:
    """A person in a channel. ``user_host`` is empty as long as the server has not told it."""

    nick: str
    letters: str = ""
    roles: Role = Role.VIEWER
    user_host: str = ""


@dataclass(slots=True)
class Channel:
    """A wanted channel. ``name`` as the server writes it, ``id`` folded; ``flags`` are its modes without argument,
    ``created`` its creation as the server tells it (empty: unknown).

    ``masks`` remembers whom a mask on the ban list stood for, ``ends`` when a mask we set will end (Unix seconds).
    """

    room: RoomKey
    name: str
    id: str
    presence: Presence = Presence.OUT
    failures: int = 0
    created: str = ""
    members: dict[str, Member] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    masks: OrderedDict[str, str] = field(default_factory=OrderedDict)
    ends: dict[str, float] = field(default_factory=dict)
    _gone: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def enter(self) -> None:
        """We are being let in: forget what was before."""
        self.members.clear()
        self.flags.clear()
        self.masks.clear()
        self.ends.clear()

    def drop(self, sender_id: str) -> Member | None:
        """Somebody left; None when they were not here."""
        member = self.members.pop(sender_id, None)
        if member is not None and member.user_host:
            self._gone[sender_id] = member.user_host
            self._gone.move_to_end(sender_id)
            while len(self._gone) > GONE_CAP:
                self._gone.popitem(last=False)
        return member

    def sender(self, sender_id: str, own_id: str, nick: str = "", extra: Role = Role.VIEWER) -> Sender:
        """Somebody as events name them; ``nick`` serves where they are no member (a channel open to all the world)."""
        member = self.members.get(sender_id)
        roles = (member.roles if member else Role.VIEWER) | extra
        if sender_id == own_id:
            roles |= Role.SELF
        return Sender(sender_id, member.nick if member else nick or sender_id, roles)

    def user_host(self, sender_id: str) -> str:
        """The last known user@host of somebody, empty when unknown."""
        member = self.members.get(sender_id)
        return member.user_host if member else self._gone.get(sender_id, "")

    def sharing(self, user_host: str) -> Iterator[str]:
        """The ids of the members who come from this user@host."""
        return (sender_id for sender_id, member in self.members.items() if member.user_host == user_host)

    def remember_mask(self, key: str, sender_id: str) -> None:
        """Keep whom a mask meant, until it is lifted."""
        self.masks[key] = sender_id
        while len(self.masks) > MASKS_CAP:
            self.masks.popitem(last=False)
