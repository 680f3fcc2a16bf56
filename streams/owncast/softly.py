"""The soft mute: Owncast has no mute, so each further line of a muted person is hidden as soon as it comes. Pure.

The person can go on writing and nobody sees it; no address is banned, nothing is said in public, and lifting it needs no
call. Across a restart danmod's own record goes on: every line of a muted person is taken off by the engine too.
"""

from __future__ import annotations

from streams.events import Message

KEPT = 20_000
"""So many soft mutes are remembered at once; the engine's record keeps them all."""


class SoftMutes:
    """Who is softly muted until when (Unix seconds)."""

    def __init__(self) -> None:
        self._until_s: dict[str, float] = {}

    def mute(self, sender_id: str, until_s: float) -> bool:
        """Mute somebody, or for longer; False when they were muted for as long already."""
        if self._until_s.get(sender_id, 0.0) >= until_s:
            return False
        self._until_s.pop(sender_id, None)
        self._until_s[sender_id] = until_s
        if len(self._until_s) > KEPT:
            del self._until_s[next(iter(self._until_s))]
        return True

    def unmute(self, sender_id: str) -> bool:
        """End a mute; False when there was none."""
        return self._until_s.pop(sender_id, None) is not None

    def covers(self, message: Message, now_s: float) -> bool:
        """True for a line that is to be hidden."""
        sender_id = message.sender.id or ""
        until_s = self._until_s.get(sender_id)
        if until_s is not None and until_s <= now_s:
            del self._until_s[sender_id]
            return False
        return until_s is not None
