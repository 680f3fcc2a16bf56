"""Who may write in a room: Twitch's chat settings as words, and words as settings. Pure."""

from __future__ import annotations

from typing import Any

from streams.tolerant import as_int

SHIELD = "followers-only 60"
"""For a room under attack: whoever follows for an hour writes on."""

_PLAIN = {"subscribers-only": "subscriber_mode", "emotes-only": "emote_mode", "unique-only": "unique_chat_mode"}
_MEASURED = {
    "followers-only": ("follower_mode", "follower_mode_duration"),
    "slow": ("slow_mode", "slow_mode_wait_time"),
}


def words_of(settings: dict[str, Any]) -> str:
    """The settings in words; "" where everybody may write. Minutes of following, seconds between lines."""
    found = [
        f"{word} {as_int(settings.get(length))}"
        for word, (mode, length) in _MEASURED.items()
        if settings.get(mode) is True
    ]
    found += [word for word, mode in _PLAIN.items() if settings.get(mode) is True]
    return ", ".join(found)


def settings_of(words: str) -> dict[str, Any] | None:
    """The whole settings that words stand for; None for words that stand for none."""
    wish: dict[str, Any] = dict.fromkeys(("follower_mode", "slow_mode", *_PLAIN.values()), False)
    for part in filter(None, words.split(", ")):
        word, _, length = part.partition(" ")
        if word in _PLAIN and not length:
            wish[_PLAIN[word]] = True
        elif word in _MEASURED and length.isascii() and length.isdigit():
            mode, key = _MEASURED[word]
            wish |= {mode: True, key: int(length)}
        else:
            return None
    return wish
