"""What an operator sets for Twitch."""

from __future__ import annotations

from dataclasses import dataclass

IRC_URL = "wss://irc-ws.chat.twitch.tv:443"


@dataclass(frozen=True, slots=True)
class TwitchSettings:
    """Where Twitch is. ``irc_url`` may be another server's that speaks Twitch's protocol."""

    irc_url: str = IRC_URL
