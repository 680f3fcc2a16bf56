"""Leave to post one link or contact here, given by a moderator (`!permit`). Pure; a room's memory holds them for minutes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

PERMITS_KEPT = 200


@dataclass(slots=True)
class Permit:
    """One viewer's leave. ``used`` is the number of the line it was used for, None while it waits."""

    until_s: float
    used: int | None = None


class Permits:
    """Who may post one contact until when. Bounded: of more than 200, the oldest lapse."""

    def __init__(self) -> None:
        self._permits: OrderedDict[str, Permit] = OrderedDict()

    def give(self, sender_id: str, until_s: float) -> None:
        """One contact by this sender is fine until then (Unix seconds); replaces an earlier leave."""
        self._permits.pop(sender_id, None)
        self._permits[sender_id] = Permit(until_s)
        if len(self._permits) > PERMITS_KEPT:
            self._permits.popitem(last=False)

    def covers(self, sender_id: str | None, number: int, at_s: float) -> bool:
        """True when this line (its number in the room) is the one the leave was given for; the first one that asks is.
        Asked again about the same line, the answer is the same."""
        permit = self._permits.get(sender_id or "")
        if permit is None or at_s > permit.until_s:
            return False
        if permit.used is None:
            permit.used = number
        return permit.used == number

    def rename(self, old_id: str, new_id: str) -> None:
        """A sender goes on under another id, and so does the leave."""
        permit = self._permits.pop(old_id, None)
        if permit is not None:
            self._permits[new_id] = permit
