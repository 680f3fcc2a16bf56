"""`danmod rooms`: the rooms of the file and of the database as one list; the file wins and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.config import PLATFORMS, ConfigError, RoomSection, Settings, TwitchSection, key_of
from bot.sections import Section
from cases.model import Mode
from storage import open_beside, open_keys
from streams.events import RoomKey, name_of, platform_of
from web.rooms import overlay_url

Say = Callable[[str], Any]


def parse_room(text: str) -> RoomKey:
    """``PLATFORM:ROOM`` as a key. Raises ConfigError."""
    platform, colon, name = text.partition(":")
    if not colon or not name.strip():
        raise ConfigError(f"{text!r} is no room; write PLATFORM:ROOM, like irc:#talk")
    if platform not in PLATFORMS:
        raise ConfigError(f"{platform!r} is no platform of this version; they are {', '.join(PLATFORMS)}")
    return key_of(platform, name.strip())


def watching_too(settings: Settings, rooms: Iterable[str]) -> Settings:
    """The settings with these rooms as well, in dry run, for one run. A room that is configured stays as it is.

    A platform all of whose keys have defaults needs no section for this. Raises ConfigError.
    """
    table = settings.platforms
    sections, known = list(settings.rooms), {room.key for room in settings.rooms}
    for key in dict.fromkeys(map(parse_room, rooms)):
        if key not in known:
            sections.append(RoomSection(platform=platform_of(key), room=name_of(key)))
        if getattr(table, platform_of(key)) is None:
            table = table.model_copy(update={platform_of(key): _without_keys(key)})
    return settings.model_copy(update={"platforms": table, "rooms": tuple(sections)})


def _without_keys(key: RoomKey) -> Section:
    """The section of a platform that needs no key set. Raises ConfigError where one is needed."""
    if platform_of(key) != "twitch":
        raise ConfigError(f"{key} needs a [platforms.{platform_of(key)}] section in the configuration")
    return TwitchSection()


async def list_rooms(settings: Settings, say: Say) -> int:
    """Print every room with mode, origin and overlay address."""
    keys = await open_keys(settings.keys.file, settings.storage.url)
    async with open_beside(settings.storage.url) as beside:
        stored = {room.room: room.mode for room in await beside.rooms.list()}
    fixed = {room.key: room.mode for room in settings.rooms}
    base = settings.web.public_url.rstrip("/") or f"http://{settings.web.host}:{settings.web.port}"
    for key in [*fixed, *(key for key in stored if key not in fixed)]:
        mode, origin = (fixed[key], "file") if key in fixed else (stored[key], "database")
        note = f" (the database says {stored[key]}; the file wins)" if key in fixed and key in stored else ""
        say(f"{key}  {mode}  {origin}{note}")
        say(f"  overlay {overlay_url(base, key, keys.token('overlay', key))}")
    if not fixed and not stored:
        say("no rooms; add one: danmod rooms add PLATFORM:ROOM")
    return 0


async def add_room(settings: Settings, text: str, mode: Mode, say: Say) -> int:
    """Add a room to the database."""
    key = parse_room(text)
    if getattr(settings.platforms, platform_of(key)) is None:
        raise ConfigError(f"{key} needs a [platforms.{platform_of(key)}] section in the configuration")
    if any(room.key == key for room in settings.rooms):
        say(f"{key} is in the file already; the file wins")
        return 1
    async with open_beside(settings.storage.url) as beside:
        added = await beside.rooms.add(key, mode)
    say(f"{key} added in {mode}; restart danmod to watch it" if added else f"{key} is there already")
    if added and platform_of(key) == "bilibili" and _reads_only(settings):
        say(f"{name_of(key)}: the open platform is for reading: overlay only, no mutes on the platform")
    return 0 if added else 1


def _reads_only(settings: Settings) -> bool:
    return settings.platforms.bilibili is not None and settings.platforms.bilibili.route == "open"


async def remove_room(settings: Settings, text: str, say: Say) -> int:
    """Remove a room from the database."""
    key = parse_room(text)
    async with open_beside(settings.storage.url) as beside:
        removed = await beside.rooms.remove(key)
    say(f"{key} removed; its cases stay" if removed else f"{key} was not added by command; look in the file")
    return 0 if removed else 1


async def set_mode(settings: Settings, text: str, mode: Mode, say: Say) -> int:
    """Change the mode of a room in the database."""
    key = parse_room(text)
    if any(room.key == key for room in settings.rooms):
        say(f"{key} is in the file, which wins: change its `mode` there")
        return 1
    async with open_beside(settings.storage.url) as beside:
        changed = await beside.rooms.set_mode(key, mode)
    say(f"{key} is now in {mode}; restart danmod to apply it" if changed else f"{key} was never added")
    return 0 if changed else 1
