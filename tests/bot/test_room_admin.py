"""Rooms named on the command line, for one run."""

from __future__ import annotations

import pytest

from bot.config import ConfigError, Settings
from bot.room_admin import parse_room, watching_too
from cases.model import Mode


def test_a_room_is_watched_for_one_run_without_any_configuration() -> None:
    settings = watching_too(Settings(), ["twitch:SomeBody", "twitch:somebody"])
    assert [(room.key, room.mode) for room in settings.rooms] == [("twitch:somebody", Mode.DRY_RUN)]
    assert settings.platforms.twitch is not None


def test_a_configured_room_stays_as_it_is() -> None:
    table = {"platform": "twitch", "room": "somebody", "mode": "enforce"}
    settings = Settings(platforms={"twitch": {"irc_url": "ws://127.0.0.1:1"}}, rooms=[table])  # type: ignore[arg-type]
    more = watching_too(settings, ["twitch:Somebody", "twitch:other"])
    assert [(room.key, room.mode) for room in more.rooms] == [
        ("twitch:somebody", Mode.ENFORCE),
        ("twitch:other", Mode.DRY_RUN),
    ]
    assert more.platforms.twitch == settings.platforms.twitch


@pytest.mark.parametrize(("room", "told"), [("irc:#talk", "platforms.irc"), ("twitch", "PLATFORM:ROOM")])
def test_what_cannot_be_watched_so_is_named(room: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        watching_too(Settings(), [room])


def test_names_are_folded_where_their_case_means_nothing() -> None:
    assert parse_room("twitch:SomeBody") == "twitch:somebody"
    assert parse_room("irc:#Talk") == "irc:#talk"
    assert parse_room("sandbox:Demo") == "sandbox:Demo"
