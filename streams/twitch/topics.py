"""What we want to hear of each room, and which rights each topic needs. Values only."""

from __future__ import annotations

from dataclasses import dataclass

ScopeGroups = tuple[tuple[str, ...], ...]


def _read_or_manage(*names: str) -> ScopeGroups:
    return tuple((f"moderator:read:{name}", f"moderator:manage:{name}") for name in names)


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of event. ``reader`` names the account in its condition: ``user_id`` for whoever may read the chat,
    ``moderator_user_id`` for moderators, "" for nobody. Of each of ``scopes`` the token needs one."""

    type: str
    version: str
    reader: str
    scopes: ScopeGroups

    def condition(self, broadcaster_id: str, own_id: str) -> dict[str, str]:
        """Whom the subscription is about, and who reads it."""
        return {"broadcaster_user_id": broadcaster_id} | ({self.reader: own_id} if self.reader else {})

    def allowed(self, scopes: frozenset[str]) -> bool:
        """Whether a token with these scopes may subscribe."""
        return all(scopes.intersection(group) for group in self.scopes)


_READ: ScopeGroups = (("user:read:chat",),)
_MODERATE = (
    *_read_or_manage("blocked_terms", "chat_settings", "unban_requests", "banned_users", "chat_messages", "warnings"),
    ("moderator:read:moderators",),
    ("moderator:read:vips",),
)

CHAT = Topic("channel.chat.message", "1", "user_id", _READ)
"""Without it a room is not seen."""

MODERATE = Topic("channel.moderate", "2", "moderator_user_id", _MODERATE)

TOPICS = (
    CHAT,
    Topic("channel.chat.message_delete", "1", "user_id", _READ),
    Topic("channel.chat.clear_user_messages", "1", "user_id", _READ),
    Topic("channel.chat.clear", "1", "user_id", _READ),
    MODERATE,
    Topic("channel.chat.notification", "1", "user_id", _READ),
    Topic("channel.chat_settings.update", "1", "user_id", _READ),
    Topic("automod.message.hold", "2", "moderator_user_id", (("moderator:manage:automod",),)),
    Topic("automod.message.update", "2", "moderator_user_id", (("moderator:manage:automod",),)),
    Topic("channel.suspicious_user.message", "1", "moderator_user_id", (("moderator:read:suspicious_users",),)),
    Topic("channel.suspicious_user.update", "1", "moderator_user_id", (("moderator:read:suspicious_users",),)),
    Topic("channel.unban_request.create", "1", "moderator_user_id", _read_or_manage("unban_requests")),
    Topic("channel.unban_request.resolve", "1", "moderator_user_id", _read_or_manage("unban_requests")),
    Topic("channel.warning.send", "1", "moderator_user_id", _read_or_manage("warnings")),
    Topic("channel.warning.acknowledge", "1", "moderator_user_id", _read_or_manage("warnings")),
    Topic("channel.shield_mode.begin", "1", "moderator_user_id", _read_or_manage("shield_mode")),
    Topic("channel.shield_mode.end", "1", "moderator_user_id", _read_or_manage("shield_mode")),
    Topic("stream.online", "1", "", ()),
    Topic("stream.offline", "1", "", ()),
)
"""What is wanted of every room, the most needed first."""

FOR_MODERATORS = frozenset(topic.type for topic in TOPICS if topic.reader == "moderator_user_id")
"""Topics that Twitch gives to a room's moderators alone: whoever has one of them is one."""

WHISPERS = Topic("user.whisper.message", "1", "user_id", (("user:read:whispers", "user:manage:whispers"),))
"""What is said to our account alone; about no room."""


def first_topics(scopes: frozenset[str]) -> tuple[Topic, ...]:
    """What is asked for in every room before anything else: its chat, and a topic that shows whether we moderate it."""
    rank = next((topic for topic in TOPICS if topic.type in FOR_MODERATORS and topic.allowed(scopes)), None)
    return (CHAT, rank) if rank else (CHAT,)
