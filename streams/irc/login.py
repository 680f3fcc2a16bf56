"""From the first byte to the welcome: password, capabilities, SASL, nick. Sans-I/O.

Capabilities are asked for one by one, since a server refuses a request whole when it does not know one of them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from streams.irc.settings import IrcSettings
from streams.irc.wire import Line, format_line
from streams.session import SessionOver

CAPABILITIES = (
    "message-tags",
    "server-time",
    "account-tag",
    "echo-message",
    "multi-prefix",
    "userhost-in-names",
    "account-notify",
    "extended-join",
    "chghost",
    "cap-notify",
)
"""What we can use; `sasl` is added when an account is set."""

_SASL_CHUNK = 400
_SASL_FAILED = {"902", "904", "905", "906", "908"}

_FATAL = {
    "464": "the IRC server refused the password: correct platforms.irc.password",
    "465": "the IRC server has banned danmod: ask its operators",
    "432": "the IRC server does not allow the nick {nick}: choose another platforms.irc.nick",
}


LOGIN_COMMANDS = ("CAP", "AUTHENTICATE", "001", "433", "436", "903", *_SASL_FAILED, *_FATAL)
"""What :class:`Login` wants to hear."""


class Login:
    """Walks through the registration; ``send`` takes finished lines, ``chance`` draws a nick's tail."""

    def __init__(self, settings: IrcSettings, send: Callable[[str], None], chance: Callable[[], float]) -> None:
        self.nick = settings.nick
        self.welcomed = False
        self.capabilities: set[str] = set()
        self._settings = settings
        self._send = send
        self._chance = chance
        self._offered: set[str] = set()
        self._asked: set[str] = set()
        self._ended = False
        self._tries = 0

    def begin(self) -> None:
        """Say who we are; the server waits with its welcome until the capabilities are settled."""
        if self._settings.password:
            self._say("PASS", self._settings.password)
        self._say("CAP", "LS", "302")
        self._say("NICK", self.nick)
        self._say("USER", self._settings.username, "0", "*", self._settings.realname)

    def receive(self, line: Line) -> None:
        """Take one line of the server. Raises SessionOver where a person must act."""
        match line.command:
            case "CAP":
                self._capability(line)
            case "AUTHENTICATE" if line.param(0) == "+":
                self._authenticate()
            case "903":
                self._end()
            case "433" | "436" | "437" if not self.welcomed:
                self._next_nick()
            case "001":
                self.nick, self.welcomed = line.param(0) or self.nick, True
            case number if number in _SASL_FAILED:
                raise SessionOver(_SASL_SENTENCE, for_good=True)
            case number if number in _FATAL and not self.welcomed:
                raise SessionOver(_FATAL[number].format(nick=self.nick), for_good=True)

    def _capability(self, line: Line) -> None:
        names = [name.partition("=")[0] for name in line.params[-1].split()] if line.params else []
        match line.param(1).upper():
            case "LS":
                self._offered.update(names)
                if line.param(2) != "*":
                    self._ask(self._offered)
            case "NEW":
                self._ask(names)
            case "ACK":
                self._answered(names)
                self.capabilities.update(name for name in names if not name.startswith("-"))
                if "sasl" in names:
                    self._say("AUTHENTICATE", "PLAIN")
                self._maybe_end()
            case "NAK":
                self._answered(names)
                self._maybe_end()
            case "DEL":
                self.capabilities.difference_update(names)

    def _ask(self, offered: set[str] | list[str]) -> None:
        """Ask for what we can use of what is offered."""
        wanted = [name for name in CAPABILITIES if name in offered]
        if self._settings.sasl_account and not self.welcomed:
            if "sasl" not in offered:
                raise SessionOver("the IRC server offers no SASL: remove platforms.irc.sasl_account", for_good=True)
            wanted.append("sasl")
        for name in wanted:
            self._asked.add(name)
            self._say("CAP", "REQ", name)
        self._maybe_end()

    def _answered(self, names: list[str]) -> None:
        if "sasl" in names and self._settings.sasl_account:
            return  # answered by the outcome of SASL
        self._asked.difference_update(name.lstrip("-") for name in names)

    def _maybe_end(self) -> None:
        if not self._asked and not self._ended:
            self._ended = True
            self._say("CAP", "END")

    def _end(self) -> None:
        self._asked.discard("sasl")
        self._maybe_end()

    def _authenticate(self) -> None:
        """SASL PLAIN, in chunks of 400; a full last chunk is followed by an empty one."""
        account, password = self._settings.sasl_account or "", self._settings.sasl_password or ""
        answer = base64.b64encode(f"{account}\0{account}\0{password}".encode()).decode()
        chunks = [answer[at : at + _SASL_CHUNK] for at in range(0, len(answer), _SASL_CHUNK)]
        if len(chunks[-1]) == _SASL_CHUNK:
            chunks.append("+")
        for chunk in chunks:
            self._say("AUTHENTICATE", chunk)

    def _next_nick(self) -> None:
        """The nick is taken: add underscores, then digits."""
        self._tries += 1
        if self._tries > 8:
            raise SessionOver(f"the nick {self._settings.nick} and eight others like it are taken")
        tail = "_" * self._tries if self._tries <= 3 else f"{int(self._chance() * 1000)}"
        self.nick = f"{self._settings.nick}{tail}"
        self._say("NICK", self.nick)

    def _say(self, command: str, *params: str) -> None:
        self._send(format_line(command, *params))


_SASL_SENTENCE = (
    "the IRC server refused the account: correct platforms.irc.sasl_account and platforms.irc.sasl_password"
)
