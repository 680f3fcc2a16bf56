"""Who may do what, to whom: every role against every command."""

from __future__ import annotations

import pytest

from cases.model import ActorKind
from cases.room_memory import RoomMemory
from commands import permissions
from commands.parse import CommandName
from commands.permissions import FOR_NOBODY, STAFF_ONLY
from streams.events import Message, Role, Sender, room_key

ROOM = room_key("irc", "#talk")
VIEWER = Sender("v", "Viewer")
LOOKALIKE = Sender("w", "Mоna")
"""With a Cyrillic letter: looks like the moderator."""
SAME_NAME = Sender("x", "Mona")
STAFF = (Sender("m", "Mona", Role.MODERATOR), Sender("o", "Owner", Role.OWNER), Sender("p", "Pat"))
DEAF = (Sender("b", "Bot", Role.BOT), Sender("s", "danmod", Role.SELF), Sender("c", "Bot", Role.BOT | Role.MODERATOR))


@pytest.fixture
def memory() -> RoomMemory:
    """A room where the platform told apart that Pat is a moderator."""
    made = RoomMemory(ROOM)
    made.set_roles("p", Role.MODERATOR)
    return made


@pytest.mark.parametrize("command", list(CommandName))
@pytest.mark.fault("X2")
def test_roles_decide_and_names_do_not(memory: RoomMemory, command: CommandName) -> None:
    for sender in STAFF:
        assert permissions.refusal(command, sender, memory) is None
    for sender in (VIEWER, LOOKALIKE, SAME_NAME, Sender("y", ""), Sender("z", "Owner\nMona")):
        assert permissions.refusal(command, sender, memory) == ("not_allowed" if command in STAFF_ONLY else None)


@pytest.mark.parametrize("command", list(CommandName))
@pytest.mark.parametrize("roles", [Role.VIEWER, Role.MODERATOR, Role.OWNER])
def test_a_masked_sender_has_no_rights_whatever_it_claims(
    memory: RoomMemory, command: CommandName, roles: Role
) -> None:
    sender = Sender(None, "Mona", roles)
    assert permissions.refusal(command, sender, memory) == (None if command in FOR_NOBODY else "masked")
    assert not permissions.is_staff(sender, memory)


def test_a_role_that_was_taken_away_is_gone(memory: RoomMemory) -> None:
    pat = STAFF[2]
    assert permissions.is_staff(pat, memory)
    memory.set_roles("p", Role.VIEWER)
    assert permissions.refusal(CommandName.BAN, pat, memory) == "not_allowed"


@pytest.mark.fault("X29")
def test_bots_ourselves_and_copies_are_not_heard(memory: RoomMemory) -> None:
    for sender in DEAF:
        assert not permissions.is_heard(Message(ROOM, "1", sender, "!mute @v", 0.0), memory)
    assert permissions.is_heard(Message(ROOM, "1", STAFF[0], "!mute @v", 0.0), memory)
    assert not permissions.is_heard(Message(ROOM, "1", STAFF[0], "!mute @v", 0.0, mirrored=True), memory)


@pytest.mark.fault("X13")
def test_staff_bots_and_oneself_are_untouchable(memory: RoomMemory) -> None:
    by = STAFF[0]
    for target in STAFF[1:]:
        assert permissions.untouchable(target, by, memory, measure=True) == "target_staff"
        assert permissions.untouchable(target, by, memory, measure=False) is None
    for target in DEAF:
        assert permissions.untouchable(target, by, memory, measure=False) == "target_bot"
    assert permissions.untouchable(by, by, memory, measure=False) == "target_self"
    assert permissions.untouchable(LOOKALIKE, by, memory, measure=True) is None


def test_staff_act_under_their_account(memory: RoomMemory) -> None:
    acting = permissions.actor(STAFF[1], memory)
    assert (acting.kind, acting.ref, acting.name) == (ActorKind.OWNER, "o", "Owner")
    assert permissions.actor(STAFF[2], memory).kind is ActorKind.MODERATOR
