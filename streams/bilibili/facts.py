"""What must be known of a room and of ourselves to read its chat. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from streams.events import Role, RoomKey

_VIEWER, _MODERATOR = Role.VIEWER, Role.MODERATOR


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """One room, as the platform described it when we dialled.

    ``room`` is the key as configured (the number may be a short one), ``room_id`` the real number. ``owner_id`` is the
    streamer's account, ``own_id`` ours (None: a guest, or the open platform); both are uids on the web route and
    open ids on the open platform.
    """

    room: RoomKey
    room_id: int
    owner_id: str | None = None
    own_id: str | None = None

    @property
    def is_guest(self) -> bool:
        """True where nobody is logged in: the platform then masks most senders."""
        return self.own_id is None

    def roles(self, sender_id: str | None, is_admin: bool) -> Role:
        """The roles of a sender, from the account and the platform's own mark."""
        roles = _MODERATOR if is_admin else _VIEWER
        if sender_id is None or (sender_id != self.owner_id and sender_id != self.own_id):
            return roles
        if sender_id == self.owner_id:
            roles |= Role.OWNER
        if sender_id == self.own_id:
            roles |= Role.SELF
        return roles
