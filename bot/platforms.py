"""Builds the platforms that the rooms need from their settings: one line a platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import aiohttp

from bot.config import ConfigError, Settings
from bot.twitch_login import stored_grant
from streams.bilibili.feed import BilibiliPlatform
from streams.bilibili.settings import BROWSER, BilibiliSettings
from streams.douyu.feed import DouyuPlatform
from streams.events import RoomKey, platform_of
from streams.irc.feed import IrcPlatform
from streams.irc.settings import IrcSettings
from streams.owncast.feed import OwncastPlatform
from streams.owncast.settings import OwncastSettings
from streams.platform import Platform
from streams.sandbox.feed import SandboxPlatform, SandboxSettings
from streams.twitch.feed import TwitchPlatform
from streams.twitch.settings import TwitchSettings

Clock = Callable[[], float]
Chance = Callable[[], float]


def build(
    settings: Settings, rooms: Iterable[RoomKey], http: aiohttp.ClientSession, clock: Clock, chance: Chance
) -> dict[str, Platform]:
    """The platforms by name. Raises ConfigError for a room whose platform is not configured."""
    built: dict[str, Platform] = {}
    for name in sorted({platform_of(room) for room in rooms}):
        if name not in _BUILDERS or getattr(settings.platforms, name) is None:
            raise ConfigError(f"a room on {name} needs a [platforms.{name}] section")
        built[name] = _BUILDERS[name](settings, http, clock, chance)
    return built


def _irc(settings: Settings, http: aiohttp.ClientSession, clock: Clock, chance: Chance) -> Platform:
    section = settings.platforms.irc
    assert section is not None
    return IrcPlatform(
        IrcSettings(
            url=section.url,
            nick=section.nick,
            password=section.password.get_secret_value() if section.password else None,
            sasl_account=section.sasl_account,
            sasl_password=section.sasl_password.get_secret_value() if section.sasl_password else None,
            origin=section.origin,
            ca_file=str(section.ca_file) if section.ca_file else None,
            lines_per_s=section.lines_per_s,
            burst=section.burst_lines,
        ),
        clock=clock,
        chance=chance,
    )


def _bilibili(settings: Settings, http: aiohttp.ClientSession, clock: Clock, chance: Chance) -> Platform:
    section = settings.platforms.bilibili
    assert section is not None
    codes = {
        room.room: room.code.get_secret_value()
        for room in settings.rooms
        if room.platform == "bilibili" and room.code is not None
    }
    return BilibiliPlatform(
        BilibiliSettings(
            route=section.route,
            api_url=section.api_url,
            live_api_url=section.live_api_url,
            chat_url=section.chat_url,
            cookie=section.cookie.get_secret_value(),
            user_agent=section.user_agent or BROWSER,
            open_url=section.open_url,
            access_key_id=section.access_key_id,
            access_key_secret=section.access_key_secret.get_secret_value(),
            app_id=section.app_id,
            codes=codes,
        ),
        http,
        clock=clock,
        chance=chance,
    )


def _twitch(settings: Settings, http: aiohttp.ClientSession, clock: Clock, chance: Chance) -> Platform:
    section = settings.platforms.twitch
    assert section is not None
    return TwitchPlatform(
        TwitchSettings(
            helix_url=section.helix_url,
            oauth_url=section.oauth_url,
            eventsub_url=section.eventsub_url,
            irc_url=section.irc_url,
            client_id=section.client_id,
        ),
        http,
        clock=clock,
        chance=chance,
        grants=stored_grant(settings),
    )


def _owncast(settings: Settings, http: aiohttp.ClientSession, clock: Clock, chance: Chance) -> Platform:
    section = settings.platforms.owncast
    assert section is not None
    access, moderator = section.access_token.get_secret_value(), section.moderator_token.get_secret_value()
    return OwncastPlatform(
        OwncastSettings(section.url, access, moderator, section.mute), http, clock=clock, chance=chance
    )


def _douyu(settings: Settings, http: aiohttp.ClientSession, clock: Clock, chance: Chance) -> Platform:
    section = settings.platforms.douyu
    assert section is not None
    return DouyuPlatform(section.chat_url, clock=clock, chance=chance)


def _sandbox(settings: Settings, http: aiohttp.ClientSession, clock: Clock, chance: Chance) -> Platform:
    section = settings.platforms.sandbox
    assert section is not None
    token = section.token.get_secret_value()
    return SandboxPlatform(SandboxSettings(section.url, token), http, clock=clock, chance=chance)


_BUILDERS: dict[str, Callable[[Settings, aiohttp.ClientSession, Clock, Chance], Platform]] = {
    "irc": _irc,
    "bilibili": _bilibili,
    "twitch": _twitch,
    "owncast": _owncast,
    "douyu": _douyu,
    "sandbox": _sandbox,
}
