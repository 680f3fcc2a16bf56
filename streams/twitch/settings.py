"""What an operator sets for Twitch."""

from __future__ import annotations

from dataclasses import dataclass

HELIX_URL = "https://api.twitch.tv/helix"
OAUTH_URL = "https://id.twitch.tv/oauth2"
EVENTSUB_URL = "wss://eventsub.wss.twitch.tv/ws"
IRC_URL = "wss://irc-ws.chat.twitch.tv:443"


@dataclass(frozen=True, slots=True)
class TwitchSettings:
    """Where Twitch is, and as which application we speak to it.

    Each URL may be another server's that speaks Twitch's protocols. ``client_id`` is the operator's own public
    application, registered at dev.twitch.tv; empty: danmod only reads, as a guest.
    """

    helix_url: str = HELIX_URL
    oauth_url: str = OAUTH_URL
    eventsub_url: str = EVENTSUB_URL
    irc_url: str = IRC_URL
    client_id: str = ""
