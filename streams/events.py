"""What arrives from a room: the events every platform's adapter speaks.

A room is named everywhere by its key, ``platform:name`` (``irc:#talk``, ``bilibili:545068``). Instants on the hot path
are Unix seconds in names that end in ``_s``; everything after the verdict uses aware UTC datetimes.

Money never passes this border: gifts, medals, guard tiers and subscriptions are dropped by the adapters (norm P6-1).
"""

from __future__ import annotations

import enum
from typing import NewType

import msgspec

RoomKey = NewType("RoomKey", str)
"""``platform:name``; the name may itself contain colons."""


def room_key(platform: str, name: str) -> RoomKey:
    """Join a platform and a room's name into the room's key."""
    return RoomKey(f"{platform}:{name}")


def platform_of(room: RoomKey) -> str:
    """The platform part of a room key."""
    return room.partition(":")[0]


def name_of(room: RoomKey) -> str:
    """The platform's own name of the room, without the platform."""
    return room.partition(":")[2]


class Role(enum.Flag):
    """What a sender is in one room. Taken from the account and the room, never from a display name."""

    VIEWER = 0
    MODERATOR = enum.auto()
    OWNER = enum.auto()
    BOT = enum.auto()
    """A chat bot known as such to the platform or the operator: never judged, never obeyed."""
    SELF = enum.auto()
    """The account danmod itself speaks with."""

    @property
    def is_staff(self) -> bool:
        """True for moderators and the owner."""
        return bool(self & (Role.MODERATOR | Role.OWNER))


class Sender(msgspec.Struct, frozen=True, gc=False):
    """Who wrote a line.

    ``id`` is the platform's stable account id within the room; None means the platform hides who it was (a masked
    guest): such a sender is nobody, is never measured and never acted on. ``name`` is decoration. ``created_s`` is when the
    account was made (Unix seconds), None where the platform does not tell.
    """

    id: str | None
    name: str
    roles: Role = Role.VIEWER
    created_s: float | None = None


class Message(msgspec.Struct, frozen=True, gc=False):
    """One chat line.

    ``id`` is unique within its room. ``sent_s`` is the platform's own instant when it tells one, else the arrival.
    ``reply_to`` names the message this one answers, ``reply_to_sender`` its author's id; None when the platform does
    not tell. ``canned`` marks a phrase or sticker the platform offers at one tap. ``mirrored`` marks a line copied in
    from another room, on which we have no rights. ``private`` marks a line said to danmod alone: it belongs to no room, its
    ``room`` names the platform only (``irc:``), and nothing of it is ever shown or counted.
    """

    room: RoomKey
    id: str
    sender: Sender
    text: str
    sent_s: float
    reply_to: str | None = None
    reply_to_sender: str | None = None
    canned: bool = False
    mirrored: bool = False
    private: bool = False


class MessageRemoved(msgspec.Struct, frozen=True, gc=False):
    """Somebody took lines out of the room: one message, all of a sender, or (both None) everything."""

    room: RoomKey
    at_s: float
    message_id: str | None = None
    sender_id: str | None = None


class SenderSilenced(msgspec.Struct, frozen=True, gc=False):
    """A sender was muted or banned on the platform, by whomever. ``until_s`` None: no end is known."""

    room: RoomKey
    at_s: float
    sender_id: str
    until_s: float | None = None
    banned: bool = False
    by: str | None = None


class SenderFreed(msgspec.Struct, frozen=True, gc=False):
    """A mute or ban of a sender was lifted on the platform."""

    room: RoomKey
    at_s: float
    sender_id: str
    by: str | None = None


class SenderRenamed(msgspec.Struct, frozen=True, gc=False):
    """A sender goes on under another id (an IRC nick change): memory, mutes and roles follow the person."""

    room: RoomKey
    at_s: float
    old_id: str
    new: Sender


class RolesChanged(msgspec.Struct, frozen=True, gc=False):
    """A sender gained or lost a role; ``roles`` is the whole new set."""

    room: RoomKey
    at_s: float
    sender_id: str
    roles: Role


class RoomLive(msgspec.Struct, frozen=True, gc=False):
    """The stream of the room began."""

    room: RoomKey
    at_s: float


class RoomClosed(msgspec.Struct, frozen=True, gc=False):
    """The stream of the room ended (the chat may stay open)."""

    room: RoomKey
    at_s: float


class RoomSilenced(msgspec.Struct, frozen=True, gc=False):
    """The whole room was silenced or opened again on the platform. ``until_s`` None: until lifted."""

    room: RoomKey
    at_s: float
    on: bool
    until_s: float | None = None


class PhraseInvited(msgspec.Struct, frozen=True, gc=False):
    """The platform asks viewers to type this text (a lottery keyword, a vote): many equal lines of it are no wave."""

    room: RoomKey
    at_s: float
    text: str


class FeedState(enum.Enum):
    """How well a room is seen."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    """Connected, but silent for longer than its platform ever is."""
    DEGRADED = "degraded"
    """Seen, but we lost rights there: what is decided cannot all be done. Told by the bot, never by a feed."""
    BLIND = "blind"
    """Nothing, or only masked senders, can be seen: the room is not moderated and says so."""
    REFUSED = "refused"
    """The platform will not have us (wrong secret, no such room, removed): a person must act."""


class FeedChanged(msgspec.Struct, frozen=True, gc=False):
    """The feed of a room changed its state; ``reason`` is one sentence for the operator, empty when all is well."""

    room: RoomKey
    at_s: float
    state: FeedState
    reason: str = ""


Event = (
    Message
    | MessageRemoved
    | SenderSilenced
    | SenderFreed
    | SenderRenamed
    | RolesChanged
    | RoomLive
    | RoomClosed
    | RoomSilenced
    | PhraseInvited
    | FeedChanged
)
"""Everything a feed can tell."""
