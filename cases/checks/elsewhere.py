"""The same text by strangers in other rooms of the installation: what no room sees by itself.

A line of chat that a stranger says here, and strangers say in other rooms within ten minutes, is said for no room's sake.
Who say it there count as if they said it here, where several in each room do: one newcomer in each of many rooms asks what
newcomers ask. Where people known in their rooms say it too, it is something all the world says today.
"""

from __future__ import annotations

from typing import NamedTuple

from cases.checks.seen import Seen

IN_EACH = 2
"""So many strangers in each other room, on average, are a crowd that goes from room to room."""
ROOMS_ALONE = 2
"""From so many other rooms on, the first line here tells; before, only when somebody here says it too."""
KNOWN_TO_ONE = 3
"""One person known in a room speaks against so many strangers."""


class Elsewhere(NamedTuple):
    """How many strangers said the text in how many other rooms; none where it says nothing."""

    rooms: int = 0
    strangers: int = 0

    @property
    def enough(self) -> bool:
        """True when a first line here may be looked at for it."""
        return self.rooms >= ROOMS_ALONE


def is_elsewhere(seen: Seen) -> bool:
    """True for a text that was said in enough other rooms to look at its first line here."""
    return seen.echo is not None and seen.echo.rooms >= ROOMS_ALONE


def elsewhere(seen: Seen, here: int) -> Elsewhere:
    """Who pushes this line's text in other rooms, while ``here`` people say it in this one."""
    echo = seen.echo
    if echo is None or echo.rooms == 0:
        return Elsewhere()
    strangers = echo.senders - echo.known - here
    if strangers < IN_EACH * echo.rooms or strangers < KNOWN_TO_ONE * echo.known:
        return Elsewhere()
    return Elsewhere(echo.rooms, strangers)
