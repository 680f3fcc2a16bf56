"""What an Owncast server knows: accounts, integrations, lines, bans. No I/O."""

from __future__ import annotations

import html
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SCOPES = frozenset({"CAN_SEND_MESSAGES", "CAN_SEND_SYSTEM_MESSAGES", "HAS_ADMIN_ACCESS"})
EMOJI = re.compile(r":([a-z]+):")
LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)|(https?://[^\s<]+)")


def stamp(at: datetime) -> str:
    """An instant as Go writes it: nine decimals."""
    return f"{at.strftime('%Y-%m-%dT%H:%M:%S')}.{at.microsecond * 1000 + 7:09d}Z"


def rendered(typed: str) -> str:
    """Markdown to sanitized HTML, as far as the chat's lines go."""

    def link(found: re.Match[str]) -> str:
        words, address = (found[1], found[2]) if found[1] else (found[3], found[3])
        return f'<a href="{address}" rel="noreferrer noopener" target="_blank">{words}</a>'

    body = LINK.sub(link, html.escape(typed, quote=False))
    picture = r'<img src="/img/emoji/\1.gif" class="emoji" alt=":\1:" title=":\1:">'
    return f"<p>{EMOJI.sub(picture, body)}</p>"


@dataclass
class Account:
    """Somebody in the chat, or an integration's own account."""

    name: str
    now: datetime
    is_bot: bool = False
    id: str = field(default_factory=lambda: secrets.token_urlsafe(7))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    moderator: bool = False
    authenticated: bool = False
    disabled_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    addresses: set[str] = field(default_factory=set)
    previous: list[str] = field(default_factory=list)

    def public(self) -> dict[str, Any]:
        """As it stands in events; scopes are left out when there are none."""
        told: dict[str, Any] = {
            "id": self.id,
            "displayName": self.name,
            "displayColor": 210,
            "createdAt": stamp(self.now),
            "previousNames": [*self.previous, self.name],
            "isBot": self.is_bot,
            "authenticated": self.authenticated,
        }
        if self.disabled_at:
            told["disabledAt"] = stamp(self.disabled_at)
        return told | ({"scopes": ["MODERATOR"]} if self.moderator else {})


@dataclass
class Line:
    """One line of the chat."""

    account: Account
    typed: str
    at: datetime
    id: str = field(default_factory=lambda: secrets.token_urlsafe(7))
    visible: bool = True

    def event(self) -> dict[str, Any]:
        """As it is broadcast."""
        return {
            "type": "CHAT",
            "id": self.id,
            "timestamp": stamp(self.at),
            "body": rendered(self.typed),
            "user": self.account.public(),
            "visible": self.visible,
        }


class World:
    """One server's chat."""

    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.lines: list[Line] = []
        self.banned_addresses: set[str] = set()
        self.chat_on = True

    @staticmethod
    def now() -> datetime:
        """The server's clock."""
        return datetime.now(UTC)

    def register(self, name: str = "") -> Account:
        """A new chat user."""
        account = Account(name or f"guest-{secrets.token_hex(2)}", self.now())
        self.accounts.append(account)
        return account

    def integrate(self, name: str, scopes: tuple[str, ...]) -> Account:
        """A new integration. Raises ValueError for an unknown scope."""
        if unknown := set(scopes) - SCOPES:
            raise ValueError(f"unknown scope {sorted(unknown)[0]}")
        account = Account(name, self.now(), is_bot=True, scopes=scopes)
        self.accounts.append(account)
        return account

    def by_token(self, token: str) -> Account | None:
        """The account of a token."""
        return next((one for one in self.accounts if token and one.token == token), None)

    def by_id(self, account_id: str) -> Account | None:
        """The account with this id."""
        return next((one for one in self.accounts if one.id == account_id), None)

    def show(self, ids: list[str], *, visible: bool) -> list[str]:
        """Hide or show lines; the ids that exist."""
        known = [line for line in self.lines if line.id in ids]
        for line in known:
            line.visible = visible
        return [line.id for line in known]
