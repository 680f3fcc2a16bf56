"""`danmod login PLATFORM`: try an account's secret and tell where to put it. Only Twitch's is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp

from bot import twitch_login
from bot.config import ConfigError, Settings
from bot.init import UNSANCTIONED
from streams.owncast.api import OwncastApi
from streams.owncast.settings import OwncastSettings

VARIABLE = "DANMOD_PLATFORMS__BILIBILI__COOKIE"


async def check_login(platform: str, settings: Settings, ask: Callable[[str], str], say: Callable[[str], Any]) -> int:
    """Check a login. Raises ConfigError for a platform without one."""
    if platform == "irc":
        say("IRC needs no login here: set sasl_account in [platforms.irc]")
        say("and DANMOD_PLATFORMS__IRC__SASL_PASSWORD in the environment; danmod doctor tries it.")
        return 0
    if platform == "owncast":
        return await _register(settings, say)
    if platform == "twitch":
        return await twitch_login.log_in(settings, say)
    if platform != "bilibili":
        raise ConfigError(f"there is no login for {platform!r}; write irc, bilibili, twitch or owncast")
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


async def _register(settings: Settings, say: Callable[[str], Any]) -> int:
    """Make the chat user danmod moderates as, and tell what its server's owner has to do."""
    section = settings.platforms.owncast
    if section is None:
        raise ConfigError("there is no [platforms.owncast] section; write its url first")
    async with aiohttp.ClientSession() as http:
        token = await OwncastApi(OwncastSettings(section.url), http).register("danmod")
    if token is None:
        say(f"{section.url} gave no chat token: is it an Owncast server, with chat on?")
        return 1
    say("A chat user danmod is made. On the server's admin page, Chat, Users, make it a moderator.")
    say(f"Then give danmod its token, which is shown this once: DANMOD_PLATFORMS__OWNCAST__MODERATOR_TOKEN={token}")
    say("For hiding and speaking: admin page, Integrations, Access Tokens (may send messages, has admin access),")
    say("and that one as DANMOD_PLATFORMS__OWNCAST__ACCESS_TOKEN.")
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
