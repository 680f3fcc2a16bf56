"""How the operator wants this platform used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from types import MappingProxyType
from typing import Literal

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
"""The platform turns away agents that call themselves curl or python; token and websocket must show the same one."""


@dataclass(frozen=True, slots=True)
class BilibiliSettings:
    """Two routes: ``open`` is the one the platform offers to others, for reading only; ``web`` is the operator's own
    choice and speaks as a browser with the operator's cookie.

    ``chat_url`` empty: dial what the platform names. ``cookie`` empty: a guest, who sees masked senders. ``codes``
    maps a room's configured name to the streamer's identity code (open route). ``app_id`` 0: none.
    """

    route: Literal["open", "web"] = "open"
    api_url: str = "https://api.bilibili.com"
    live_api_url: str = "https://api.live.bilibili.com"
    chat_url: str = ""
    cookie: str = field(default="", repr=False)
    user_agent: str = BROWSER
    open_url: str = "https://live-open.biliapi.com"
    access_key_id: str = ""
    access_key_secret: str = field(default="", repr=False)
    app_id: int = 0
    codes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookie line as names and values; what is no cookie is left out."""
        jar: SimpleCookie = SimpleCookie()
        pairs: dict[str, str] = {}
        for part in self.cookie.split(";"):
            name, _, value = part.strip().partition("=")
            try:
                jar[name] = value
            except CookieError:
                continue
            pairs[name] = value.strip()
        return pairs
