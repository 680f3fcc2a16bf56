"""`danmod login`: an account is tried or made, and the way to give it to danmod is told."""

from __future__ import annotations

import pytest

from bot.config import ConfigError, OwncastSection, PlatformsSection, Settings
from bot.login import check_login
from tests.simulators.owncast import OwncastSimulator


def registered(simulator: OwncastSimulator) -> list[str]:
    """The chat users of a simulated Owncast."""
    return [account.name for account in simulator.world.accounts if not account.is_bot]


async def _login(platform: str, settings: Settings) -> tuple[int, str]:
    said: list[str] = []
    code = await check_login(platform, settings, lambda question: "", said.append)
    return code, "\n".join(said)


def _owncast(url: str) -> Settings:
    return Settings(platforms=PlatformsSection(owncast=OwncastSection(url=url)))


async def test_owncast_gets_a_chat_user_whose_token_is_told_once() -> None:
    async with OwncastSimulator() as simulator:
        code, said = await _login("owncast", _owncast(simulator.url))
        (made,) = simulator.world.accounts
    assert (code, made.name) == (0, "danmod")
    assert f"DANMOD_PLATFORMS__OWNCAST__MODERATOR_TOKEN={made.token}" in said
    assert "make it a moderator" in said


async def test_a_server_that_is_none_is_told() -> None:
    code, said = await _login("owncast", _owncast("http://127.0.0.1:9"))
    assert code == 1
    assert "is it an Owncast server" in said


@pytest.mark.parametrize(("platform", "cure"), [("owncast", "url first"), ("icq", "write irc")])
async def test_what_is_missing_is_named(platform: str, cure: str) -> None:
    with pytest.raises(ConfigError, match=cure):
        await _login(platform, Settings())
