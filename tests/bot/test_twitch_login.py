"""`danmod login twitch`: the code is shown, the login is kept sealed, and `danmod run` moderates with it."""

from __future__ import annotations

import asyncio
import json
import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot import doctor, platforms
from bot.clock import SteadyClock
from bot.config import ConfigError, Settings, load
from bot.twitch_login import grant_file, log_in, standing, stored_grant
from storage import Keys, open_keys, open_storage
from streams.twitch.oauth import SCOPES, Grant
from tests.simulators.twitch import TwitchSimulator


@pytest.fixture
async def simulator() -> AsyncIterator[TwitchSimulator]:
    async with TwitchSimulator() as serving:
        serving.oauth.interval_s = 0
        yield serving


def settings_in(folder: Path, simulator: TwitchSimulator, client_id: str = "danmodclient") -> Settings:
    urls = simulator.urls
    file = folder / "config.toml"
    file.write_text(
        f"""
[storage]
url = "sqlite:///{folder / "danmod.db"}"
[keys]
file = "{folder / "danmod.keys"}"
[platforms.twitch]
client_id = "{client_id}"
helix_url = "{urls.helix_url}"
oauth_url = "{urls.oauth_url}"
eventsub_url = "{urls.eventsub_url}"
irc_url = "{urls.irc_url}"
[[rooms]]
platform = "twitch"
room = "Streamer"
"""
    )
    return load(file)


class Screen:
    """What was printed. The user, who reads it, types the code after ``polls`` questions."""

    def __init__(self, simulator: TwitchSimulator, polls: int = 2, *, approves: bool = True) -> None:
        self.said: list[str] = []
        self._simulator, self._polls, self._approves = simulator, polls, approves

    def __call__(self, text: str) -> None:
        self.said.append(text)

    @property
    def text(self) -> str:
        return "\n".join(self.said)

    async def sleep(self, seconds: float) -> None:
        self._polls -= 1
        if self._polls == 0:
            (code,) = re.findall(r"The code there is ([A-Z]{8})", self.text)
            if self._approves:
                self._simulator.oauth.approve(code, self._simulator.bot)
            else:
                self._simulator.oauth.deny(code)
        await asyncio.sleep(0)


async def test_a_login_shows_a_code_and_a_picture_and_is_kept_sealed(
    tmp_path: Path, simulator: TwitchSimulator
) -> None:
    settings, screen = settings_in(tmp_path, simulator), Screen(simulator)
    assert await log_in(settings, screen, screen.sleep) == 0
    assert "logged in to Twitch as danmodbot" in screen.text
    assert "/activate?public=true" in screen.text
    assert "█" in screen.text or "▀" in screen.text, "a picture to scan"
    store = stored_grant(settings)
    assert store is not None
    grant = store.load()
    assert grant is not None
    token = simulator.world.tokens[grant.access_token]
    assert token.scopes == frozenset(SCOPES)
    file = grant_file(settings)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for secret in (grant.access_token, grant.refresh_token):
        assert secret not in file.read_text()
        assert secret not in screen.text
        assert secret not in repr(grant)


async def test_a_user_who_says_no_and_one_who_never_comes(tmp_path: Path, simulator: TwitchSimulator) -> None:
    settings = settings_in(tmp_path, simulator)
    no = Screen(simulator, approves=False)
    assert await log_in(settings, no, no.sleep) == 1
    assert "did not grant" in no.text
    simulator.oauth.codes_last_s = 3
    never = Screen(simulator, polls=10**9)
    assert await log_in(settings, never, never.sleep) == 1
    assert "run danmod login twitch again" in never.text
    assert not grant_file(settings).exists()


async def test_what_is_missing_is_named_with_its_cure(tmp_path: Path, simulator: TwitchSimulator) -> None:
    with pytest.raises(ConfigError, match="client_id"):
        await log_in(settings_in(tmp_path, simulator, client_id=""), print)
    unknown = Screen(simulator)
    assert await log_in(settings_in(tmp_path, simulator, client_id="unknown"), unknown, unknown.sleep) == 1
    assert "invalid client" in unknown.text
    await simulator.stop()
    with pytest.raises(ConfigError, match="cannot be reached"):
        await log_in(settings_in(tmp_path, simulator), print)


async def test_a_stored_login_opens_with_its_own_keys_alone(tmp_path: Path, simulator: TwitchSimulator) -> None:
    settings = settings_in(tmp_path, simulator)
    assert stored_grant(settings) is None, "no key file, no login"
    Keys.open(settings.keys.file, create=True)
    store = stored_grant(settings)
    assert store is not None
    assert store.load() is None
    store.save(Grant("a", "r"))
    store.save(Grant("a2", "r2"))
    assert store.load() == Grant("a2", "r2")
    settings.keys.file.unlink()
    Keys.open(settings.keys.file, create=True)
    other = stored_grant(settings)
    assert other is not None
    assert other.load() is None
    for broken in ("", "[]", '{"sealed": 5}', json.dumps({"sealed": "x"})):
        grant_file(settings).write_text(broken)
        assert store.load() is None


async def test_the_doctor_says_in_one_line_what_is_missing(
    tmp_path: Path, simulator: TwitchSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LOOK_S", 5.0)
    guest = settings_in(tmp_path, simulator, client_id="")
    assert standing(guest) == (
        True,
        "danmod reads as a guest, overlay only; to moderate, set client_id and run danmod login twitch",
    )
    settings = settings_in(tmp_path, simulator)
    ok, told = standing(settings)
    assert not ok
    assert "danmod login twitch" in told
    keys = await open_keys(settings.keys.file, settings.storage.url)
    async with open_storage(settings.storage.url, keys=keys):
        pass
    screen = Screen(simulator)
    assert await log_in(settings, screen, screen.sleep) == 0
    said: list[str] = []
    assert await doctor.examine(settings, said.append) == 0, said
    assert "ok    twitch: danmod is logged in with an account" in said
    assert any(
        line.startswith("ok    twitch:streamer: seen; danmod can hide, delete, mute, ban, speak") for line in said
    )
    simulator.channel.moderators.clear()
    said.clear()
    await doctor.examine(settings, said.append)
    assert any("/mod danmodbot in its chat" in line for line in said)


async def test_the_platform_is_built_with_the_login(tmp_path: Path, simulator: TwitchSimulator) -> None:
    settings, screen = settings_in(tmp_path, simulator), Screen(simulator)
    assert await log_in(settings, screen, screen.sleep) == 0
    async with aiohttp.ClientSession() as http:
        (platform,) = platforms.build(
            settings, [room.key for room in settings.rooms], http, SteadyClock(), lambda: 0.0
        ).values()
        heard: list[object] = []
        platform.join(settings.rooms[0].key)
        task = asyncio.create_task(platform.run(heard.extend))
        async with asyncio.timeout(10):
            while platform.capabilities(settings.rooms[0].key).mute is None:  # noqa: ASYNC110 - two ends
                await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
