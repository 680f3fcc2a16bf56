"""`danmod login twitch`: a code typed on any device, no secret, no address of our own; and where the login is kept.

It lies beside the key file, sealed with it: a refresh token is good once, so each new one takes the old one's place at once.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import segno

from bot.clock import SteadyClock
from bot.config import ConfigError, Settings, TwitchSection
from storage import Keys, KeysError, open_keys
from streams.twitch.errors import ApiError, LoggedOut, Refused
from streams.twitch.oauth import Device, Grant, OAuth

PURPOSE = "twitch login"
NO_CLIENT = (
    "Twitch needs an application of your own: register one at https://dev.twitch.tv/console/apps\n"
    'as Client Type "Public", any https://localhost redirect URL, and write its id as client_id in [platforms.twitch]'
)
SLOWER_S = 1.0
"""So much longer than asked for we wait between two questions, so as never to be too quick."""


class SealedGrant:
    """The login in a file of its own. Implements :class:`streams.twitch.tokens.GrantStore`."""

    def __init__(self, path: Path, keys: Keys) -> None:
        self._path = path
        self._keys = keys

    def load(self) -> Grant | None:
        """The stored login; None where there is none, or one that these keys do not open."""
        try:
            sealed = json.loads(self._path.read_text(encoding="utf-8"))["sealed"]
            access, refresh = json.loads(self._keys.unseal(PURPOSE, sealed))
        except (OSError, ValueError, KeyError, TypeError, KeysError):
            return None
        return Grant(str(access), str(refresh))

    def save(self, grant: Grant) -> None:
        """Put this login in the old one's place, whole or not at all, on the disk when it comes back. Raises OSError."""
        sealed = self._keys.seal(PURPOSE, json.dumps([grant.access_token, grant.refresh_token]))
        beside = self._path.with_name(f"{self._path.name}.new")
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"version": 1, "sealed": sealed}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self._path)


def grant_file(settings: Settings) -> Path:
    """Where the login is kept: beside the key file, ``danmod.twitch`` beside ``danmod.keys``."""
    return settings.keys.file.with_suffix(".twitch")


def stored_grant(settings: Settings) -> SealedGrant | None:
    """The store of the login; None while there is no key file yet, and so no login."""
    try:
        return SealedGrant(grant_file(settings), Keys.open(settings.keys.file, create=False))
    except KeysError:
        return None


async def log_in(
    settings: Settings, say: Callable[[str], Any], sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> int:
    """Log in and keep the login; 0 when it is done, 1 when it was not granted. Raises ConfigError."""
    section = settings.platforms.twitch or TwitchSection()
    if not section.client_id:
        raise ConfigError(NO_CLIENT)
    keys = await open_keys(settings.keys.file, settings.storage.url)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        oauth = OAuth(section.oauth_url, section.client_id, http, SteadyClock())
        try:
            grant = await _granted(oauth, say, sleep)
            if grant is None:
                say("Nobody typed the code in time; run danmod login twitch again.")
                return 1
            await asyncio.to_thread(SealedGrant(grant_file(settings), keys).save, grant)
            return await _told(oauth, grant, settings, say)
        except (Refused, LoggedOut) as fault:
            say(f"Twitch did not grant it: {fault.detail}")
            return 1
        except ApiError as fault:
            raise ConfigError(f"{section.oauth_url}: {fault.detail}") from None


async def _granted(
    oauth: OAuth, say: Callable[[str], Any], sleep: Callable[[float], Awaitable[object]]
) -> Grant | None:
    """Show the code and wait for the user; None when its time is over."""
    device = await oauth.begin()
    _show(device, say)
    step_s = device.interval_s + SLOWER_S if device.interval_s else 0.0
    for _ in range(max(1, int(device.expires_in_s / max(step_s, 1.0)))):
        await sleep(step_s)
        if (grant := await oauth.finish(device)) is not None:
            return grant
    return None


def _show(device: Device, say: Callable[[str], Any]) -> None:
    picture = io.StringIO()
    segno.make(device.url, micro=False).terminal(out=picture, compact=True)
    say("Open this address in a browser where danmod's own Twitch account is logged in, or scan it:")
    say(f"  {device.url}")
    say(picture.getvalue().rstrip("\n"))
    say(f"The code there is {device.user_code}. danmod waits {device.expires_in_s // 60} minutes for you.")


async def _told(oauth: OAuth, grant: Grant, settings: Settings, say: Callable[[str], Any]) -> int:
    """Who is logged in now, and what is still lacking."""
    identity = await oauth.identify(grant)
    say(f"danmod is logged in to Twitch as {identity.login}; the login is kept in {grant_file(settings)}.")
    if identity.lacking:
        say(f"It lacks {', '.join(identity.lacking)}: danmod cannot do everything.")
    say(
        f"Make it a moderator: /mod {identity.login} in the chat of each channel. A running danmod is to be started again."
    )
    return 0


def standing(settings: Settings) -> tuple[bool, str]:
    """Whether what was begun is finished, and in one line what danmod is on Twitch and what is missing for more."""
    if not (settings.platforms.twitch and settings.platforms.twitch.client_id):
        return True, "danmod reads as a guest, overlay only; to moderate, set client_id and run danmod login twitch"
    store = stored_grant(settings)
    if store is None or store.load() is None:
        return False, "danmod reads as a guest, for nobody is logged in: danmod login twitch"
    return True, "danmod is logged in with an account"
