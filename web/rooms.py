"""Rooms in addresses: `platform:room` percent-encoded, or a short form where it is unique. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from streams.events import RoomKey, name_of, platform_of
from web.views import RoomView

_SIGILS = "#&+!@"


def find(rooms: Sequence[RoomView], asked: str) -> RoomView | None:
    """The room an address means: its key, else what it alone can be short for. None: no room, or several."""
    exact = [room for room in rooms if room.key == asked]
    if exact:
        return exact[0]
    short = [room for room in rooms if asked in _short_forms(room.key)]
    return short[0] if len(short) == 1 else None


def _short_forms(key: RoomKey) -> tuple[str, ...]:
    name, platform = name_of(key), platform_of(key)
    bare = name.lstrip(_SIGILS)
    return (name, bare, f"{platform}:{bare}")


def room_path(page: str, room: RoomKey) -> str:
    """``/feed/irc%3A%23room`` for the page ``feed``."""
    return f"/{page}/{quote(room, safe='')}"


def overlay_url(base: str, room: RoomKey, key: str) -> str:
    """The address to paste into OBS; secret. ``base`` has no slash at its end."""
    return f"{base}{room_path('overlay', room)}?key={quote(key, safe='')}"
