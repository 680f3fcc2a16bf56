"""What both ways of reading know of a line's text and its writer. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from streams.events import Role

_ROLES = {
    "broadcaster": Role.OWNER,
    "moderator": Role.MODERATOR,
    "lead_moderator": Role.MODERATOR,
    "bot-badge": Role.BOT,
}
"""Badges of the room that stand for a role. Twitch tells roles by badges alone."""

_VIEWER = Role.VIEWER

UNSEEN = "\U000e0000\u034f"
"""What other clients put behind a text to get it past Twitch's own check for repeated lines."""


def roles_of(badges: Iterable[str]) -> Role:
    """The roles that badges worn in the room itself stand for. Badges of another room give no role here."""
    roles = _VIEWER
    for badge in badges:
        if badge in _ROLES:
            roles = joined(roles, _ROLES[badge])
    return roles


def joined(one: Role, other: Role) -> Role:
    """Both roles. Nearly always one of them says nothing new, and joining flags takes longer than reading a line."""
    if other is _VIEWER or one is other:
        return one
    return other if one is _VIEWER else one | other


def unpadded(text: str) -> str:
    """The text without the invisible end some clients give it."""
    return text.rstrip(UNSEEN + " ") if text[-1:] in UNSEEN else text


def without_address(text: str, *names: str | None) -> str:
    """The text of a reply without the ``@name`` that Twitch itself puts in front of it.

    So ``@bad !report spam`` is the command it was meant as; a text that is nothing but the address stays.
    """
    if text[:1] != "@":
        return text
    for name in names:
        end = 1 + len(name or "")
        if name and text[1:end].casefold() == name.casefold() and text[end : end + 1] == " ":
            return text[end:].lstrip() or text
    return text
