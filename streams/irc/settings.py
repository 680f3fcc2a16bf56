"""What an operator sets for IRC."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IrcSettings:
    """Where the server is and who we are there.

    ``url`` is ``ws://``, ``wss://``, ``tcp://host:port`` or ``tls://host:port``. ``password`` is the server's own
    (PASS), None when it asks for none; ``sasl_account`` and ``sasl_password`` log in to an account. ``origin`` is the
    Origin header of the websocket. ``ca_file`` names certificates to trust instead of the system's. We send at most
    ``burst`` lines at once and ``lines_per_s`` a second after that; on a server of your own both may be raised.
    """

    url: str
    nick: str
    username: str = "danmod"
    realname: str = "danmod, a moderator bot"
    password: str | None = field(default=None, repr=False)
    sasl_account: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    origin: str = "https://danmod.invalid"
    ca_file: str | None = None
    lines_per_s: float = 1.0
    burst: int = 5

    @property
    def framed(self) -> bool:
        """True on a websocket, where a frame is a line and no CRLF is sent."""
        return self.url.startswith(("ws://", "wss://"))
