"""What events look like: every key there is, null where there is nothing, for strict readers miss each one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from tests.simulators.twitch.world import Channel, Line, User

EMOTES = {"Kappa": "25", "PogChamp": "305954156", "LUL": "425618"}

ACTIONS = (
    "followers", "slow", "vip", "unvip", "warn", "mod", "unmod", "ban", "unban", "timeout", "untimeout", "raid", "unraid",
    "delete", "automod_terms", "unban_request", "shared_chat_ban", "shared_chat_timeout", "shared_chat_unban",
    "shared_chat_untimeout", "shared_chat_delete",
)  # fmt: skip


def stamp(at_s: float) -> str:
    """An instant as EventSub writes it: nine digits behind the second."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}.{int(at_s % 1 * 1e9):09d}Z"


def fragments(text: str, people: dict[str, User]) -> list[dict[str, Any]]:
    """The text in pieces, whose texts together are the text again."""
    found: list[dict[str, Any]] = []
    for piece in re.split(r"(\s+)", text):
        kind: dict[str, Any] = {"type": "text", "text": piece, "cheermote": None, "emote": None, "mention": None}
        if piece in EMOTES:
            emote = {"id": EMOTES[piece], "emote_set_id": "0", "owner_id": "0", "format": ["static"]}
            kind |= {"type": "emote", "emote": emote}
        elif piece[:1] == "@" and (user := people.get(piece[1:].lower())):
            kind |= {"type": "mention", "mention": user.as_("user")}
        if kind["type"] == "text" and found and found[-1]["type"] == "text":
            found[-1]["text"] += piece
        elif piece:
            found.append(kind)
    return found or [{"type": "text", "text": text, "cheermote": None, "emote": None, "mention": None}]


def badges(channel: Channel, user: User) -> list[dict[str, str]]:
    if user.id == channel.owner.id:
        return [{"set_id": "broadcaster", "id": "1", "info": ""}]
    return [{"set_id": "moderator", "id": "1", "info": ""}] if user.id in channel.moderators else []


def chat_message(
    channel: Channel, line: Line, people: dict[str, User], source: Channel | None = None
) -> dict[str, Any]:
    """A line of chat; ``source`` is the other channel it was typed in, None for this one."""
    parent = line.reply_to
    reply = None
    if parent is not None:
        reply = {
            "parent_message_id": parent.id,
            "parent_message_body": parent.text,
            **parent.user.as_("parent_user"),
            "thread_message_id": parent.id,
            **parent.user.as_("thread_user"),
        }
    nobody = {f"source_broadcaster_user_{key}": None for key in ("id", "login", "name")}
    return {
        **channel.owner.as_("broadcaster_user"),
        **line.user.as_("chatter_user"),
        "message_id": line.id,
        "message": {"text": line.text, "fragments": fragments(line.text, people)},
        "color": "",
        "badges": badges(channel, line.user),
        "message_type": "text",
        "cheer": None,
        "reply": reply,
        "channel_points_custom_reward_id": None,
        "channel_points_animation_id": None,
        **(source.owner.as_("source_broadcaster_user") if source else nobody),
        "source_message_id": f"source-{line.id}" if source else None,
        "source_badges": badges(source, line.user) if source else None,
        "is_source_only": False if source else None,
    }


def moderate(channel: Channel, by: User, action: str, **details: Any) -> dict[str, Any]:
    """Something a moderator did (channel.moderate, version 2)."""
    nobody = {f"source_broadcaster_user_{key}": None for key in ("id", "login", "name")}
    return {
        **channel.owner.as_("broadcaster_user"),
        **nobody,
        **by.as_("moderator_user"),
        "action": action,
        **dict.fromkeys(ACTIONS),
        **details,
    }


def held(
    channel: Channel, user: User, message_id: str, text: str, people: dict[str, User], at_s: float
) -> dict[str, Any]:
    """A line that AutoMod holds (version 2)."""
    boundaries = [{"start_pos": 0, "end_pos": max(0, len(text) - 1)}]
    return {
        **channel.owner.as_("broadcaster_user"),
        **user.as_("user"),
        "message_id": message_id,
        "message": {"text": text, "fragments": fragments(text, people)},
        "reason": "automod",
        "automod": {"category": "swearing", "level": 4, "boundaries": boundaries},
        "blocked_term": None,
        "held_at": stamp(at_s),
    }
