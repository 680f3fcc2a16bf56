"""`danmod login PLATFORM`: try an account's secret and tell where to put it. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp

from bot.config import ConfigError, Settings
from bot.init import UNSANCTIONED

VARIABLE = "DANMOD_PLATFORMS__BILIBILI__COOKIE"


async def check_login(platform: str, settings: Settings, ask: Callable[[str], str], say: Callable[[str], Any]) -> int:
    """Check a login. Raises ConfigError for a platform without one."""
    if platform == "irc":
        say("IRC needs no login here: set sasl_account in [platforms.irc]")
        say("and DANMOD_PLATFORMS__IRC__SASL_PASSWORD in the environment; danmod doctor tries it.")
        return 0
    if platform != "bilibili":
        raise ConfigError(f"there is no login for {platform!r}; write irc or bilibili")
    section = settings.platforms.bilibili
    base = section.api_url if section else "https://api.bilibili.com"
    say(UNSANCTIONED)
    cookie = ask("Cookie line of a logged-in browser (not shown)").strip()
    name = await _account(base, cookie)
    if name is None:
        say("This cookie is not logged in; copy the whole line of SESSDATA, bili_jct, DedeUserID and buvid3.")
        return 1
    say(f"This cookie is logged in as {name}.")
    say(f"Give it to danmod by the environment variable {VARIABLE}, not in the file.")
    return 0


async def _account(base: str, cookie: str) -> str | None:
    """The account's name, None when nobody is logged in."""
    limit = aiohttp.ClientTimeout(total=10)
    headers = {"Cookie": cookie, "User-Agent": "Mozilla/5.0"}
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as http,
            http.get(f"{base}/x/web-interface/nav", headers=headers) as answer,
        ):
            body = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as fault:
        raise ConfigError(f"{base} could not be asked: {type(fault).__name__}") from None
    data = body.get("data") if isinstance(body, dict) else None
    return str(data.get("uname", "?")) if isinstance(data, dict) and data.get("isLogin") else None
