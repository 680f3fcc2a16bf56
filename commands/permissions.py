"""Who may do what, and to whom. Roles come from the account and the room, never from a display name. Pure."""

from __future__ import annotations

from cases.model import Actor, ActorKind
from cases.room_memory import RoomMemory
from commands.parse import CommandName
from streams.events import Message, Role, Sender

STAFF_ONLY = frozenset(
    {
        CommandName.MUTE,
        CommandName.UNMUTE,
        CommandName.WARN,
        CommandName.DELETE,
        CommandName.BAN,
        CommandName.UNBAN,
        CommandName.UNDO,
        CommandName.UPHOLD,
        CommandName.OVERTURN,
        CommandName.DISMISS,
        CommandName.CONFIRM,
        CommandName.PERMIT,
        CommandName.SHIELD,
        CommandName.NUKE,
        CommandName.OVERLAY,
    }
)
"""Commands of moderators and the owner; the rest is everybody's."""

FOR_NOBODY = frozenset({CommandName.HELP, CommandName.RULES, CommandName.RIGHTS})
"""Commands that need no identity: a masked guest may use them."""


def is_heard(message: Message, memory: RoomMemory) -> bool:
    """False for lines that are never commands: of bots, of ourselves, and copies from another room."""
    return not message.mirrored and not memory.roles(message.sender) & (Role.BOT | Role.SELF)


def is_staff(sender: Sender, memory: RoomMemory) -> bool:
    """True for moderators and the owner of this room; a masked sender is nobody."""
    return sender.id is not None and memory.roles(sender).is_staff


def refusal(command: CommandName, sender: Sender, memory: RoomMemory) -> str | None:
    """Why this sender may not give this command: ``masked`` or ``not_allowed``; None when the sender may."""
    if sender.id is None:
        return None if command in FOR_NOBODY else "masked"
    if command in STAFF_ONLY and not is_staff(sender, memory):
        return "not_allowed"
    return None


def untouchable(target: Sender, by: Sender, memory: RoomMemory, *, measure: bool) -> str | None:
    """Why nothing may be done about this target: ``target_self``, ``target_bot`` or, for a measure, ``target_staff``."""
    roles = memory.roles(target)
    if target.id == by.id:
        return "target_self"
    if roles & (Role.BOT | Role.SELF):
        return "target_bot"
    return "target_staff" if measure and roles.is_staff else None


def actor(sender: Sender, memory: RoomMemory) -> Actor:
    """A member of staff as the one who acts: named, for acting is attributed."""
    kind = ActorKind.OWNER if memory.roles(sender) & Role.OWNER else ActorKind.MODERATOR
    return Actor(kind, sender.id or "", sender.name)
