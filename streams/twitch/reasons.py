"""Why a room is not heard, in words for the operator. Values only."""

from __future__ import annotations

NOT_A_MODERATOR = "danmod is no moderator here and can only hide and speak"
NO_READING_RIGHT = "the login may not read chats: danmod login twitch"
NO_CHANNEL = "Twitch has no channel of this name"
BANNED = "danmod is banned from this chat: lift the ban"
NO_READING = "Twitch does not let danmod read this chat: is it banned there?"
_REVOKED = {
    "chat_user_banned": BANNED,
    "moderator_removed": "danmod is no longer a moderator here: make it one again",
    "authorization_revoked": "the login was taken back: danmod login twitch",
    "user_removed": "an account is gone from Twitch",
    "version_removed": "this version of danmod is too old for Twitch",
}


def why_revoked(status: str) -> str:
    """What it means that Twitch ended a subscription, and what to do."""
    return _REVOKED.get(status, f"Twitch ended the subscription ({status})")
