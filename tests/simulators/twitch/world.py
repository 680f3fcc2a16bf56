"""What the simulated platform knows: users, channels, tokens, who is banned, what was said."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

DAY_S = 86_400.0
DELETABLE_S = 6 * 3600.0

BOT_SCOPES = frozenset(
    {
        "user:read:chat",
        "user:write:chat",
        "user:bot",
        "user:manage:whispers",
        "user:read:moderated_channels",
        "moderator:manage:automod",
        "moderator:manage:banned_users",
        "moderator:manage:blocked_terms",
        "moderator:manage:chat_messages",
        "moderator:manage:chat_settings",
        "moderator:manage:shield_mode",
        "moderator:manage:unban_requests",
        "moderator:manage:warnings",
        "moderator:read:moderators",
        "moderator:read:suspicious_users",
        "moderator:read:vips",
        "moderation:read",
        "channel:moderate",
    }
)
"""Everything danmod may ask for, and what a broadcaster's own token has."""


@dataclass(frozen=True)
class User:
    """Somebody with an account."""

    id: str
    login: str
    name: str

    def as_(self, prefix: str) -> dict[str, str]:
        """The three keys that name a person in an event."""
        return {f"{prefix}_id": self.id, f"{prefix}_login": self.login, f"{prefix}_name": self.name}


@dataclass
class Token:
    """An access token. ``user`` None: an application's own."""

    access: str
    client_id: str
    user: User | None
    scopes: frozenset[str]
    until_s: float
    refresh: str = ""
    points: float = 800.0
    counted_s: float = 0.0


@dataclass
class Ban:
    """``until_s`` None: for good."""

    by: User
    reason: str
    made_s: float
    until_s: float | None


@dataclass
class Line:
    """Something said in a channel."""

    id: str
    user: User
    text: str
    at_s: float
    removed: bool = False
    reply_to: Line | None = None


@dataclass
class Grant:
    """A device that waits for its user. ``user`` None: not approved yet."""

    device_code: str
    user_code: str
    client_id: str
    scopes: frozenset[str]
    until_s: float
    user: User | None = None
    denied: bool = False
    polled_s: float = 0.0


def plain_settings() -> dict[str, Any]:
    return {
        "slow_mode": False,
        "slow_mode_wait_time": None,
        "follower_mode": False,
        "follower_mode_duration": None,
        "subscriber_mode": False,
        "emote_mode": False,
        "unique_chat_mode": False,
        "non_moderator_chat_delay": False,
        "non_moderator_chat_delay_duration": None,
    }


@dataclass
class Channel:
    """One channel with its chat."""

    owner: User
    moderators: set[str] = field(default_factory=set)
    bans: dict[str, Ban] = field(default_factory=dict)
    warned: set[str] = field(default_factory=set)
    """Who may not chat until they have acknowledged a warning."""
    lines: list[Line] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=plain_settings)
    shield: bool = False
    unban_requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    held: dict[str, tuple[User, str]] = field(default_factory=dict)
    """Lines that AutoMod holds, by id."""
    restricted: dict[str, str] = field(default_factory=dict)
    followers: dict[str, float] = field(default_factory=dict)
    """Who follows, and since when."""
    live: bool = False

    def is_staff(self, user: User) -> bool:
        return user.id == self.owner.id or user.id in self.moderators

    def lets_follower(self, user_id: str) -> bool:
        """Whether followers-only mode lets somebody write."""
        since_s = self.followers.get(user_id)
        least_s = 60 * (self.settings["follower_mode_duration"] or 0)
        return not self.settings["follower_mode"] or (since_s is not None and time.time() - since_s >= least_s)

    def ban_of(self, user_id: str) -> Ban | None:
        """The ban or timeout that is in force."""
        ban = self.bans.get(user_id)
        if ban and ban.until_s is not None and ban.until_s <= time.time():
            del self.bans[user_id]
            return None
        return ban


@dataclass
class World:
    """Everything behind the addresses. ``clients`` maps an application to its secret; "" is a public one."""

    clients: dict[str, str] = field(default_factory=lambda: {"danmodclient": "", "secretclient": "s3cret"})
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    whispers: list[tuple[User, User, str]] = field(default_factory=list)
    unreachable: set[str] = field(default_factory=set)
    """Whoever takes no whispers from strangers."""
    phone_verified: bool = True
    swallow: str = ""
    """The drop reason of the next lines sent; empty: none."""

    def user(self, login: str, user_id: str = "") -> User:
        """The user of a login, made when new; a name may be in any script."""
        folded = login.lower()
        known = next((user for user in self.users.values() if user.login == folded), None)
        if known is None:
            number = user_id or str(70_000 + len(self.users))
            known = self.users.setdefault(number, User(number, folded, login))
        return known

    def channel(self, login: str, user_id: str = "") -> Channel:
        """The channel of a login, made when new."""
        owner = self.user(login, user_id)
        return self.channels.setdefault(owner.id, Channel(owner))

    def named(self, login: str) -> Channel | None:
        """The channel of this name, None when there is none."""
        return next((channel for channel in self.channels.values() if channel.owner.login == login.lower()), None)

    def issue(
        self,
        user: User | None,
        scopes: Iterable[str] = BOT_SCOPES,
        client_id: str = "danmodclient",
        life_s: float = 14_400,
    ) -> Token:
        """A fresh token, with a refresh token where it is a user's."""
        refresh = secrets.token_hex(24) if user else ""
        token = Token(secrets.token_hex(15), client_id, user, frozenset(scopes), time.time() + life_s, refresh)
        self.tokens[token.access] = token
        return token

    def token(self, access: str) -> Token | None:
        """A token that still holds."""
        token = self.tokens.get(access)
        return token if token and token.until_s > time.time() else None


def new_id() -> str:
    return str(uuid.uuid4())
