"""A room's quiet hours: while its people sleep, filters may be stricter. By the room's own clock, over midnight too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s?[-–]\s?([01]?\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Spans of the day, in minutes since midnight by the clock of ``zone``; one that ends before it begins goes on into
    the next day."""

    spans: tuple[tuple[int, int], ...]
    zone: ZoneInfo

    def covers(self, at_s: float) -> bool:
        """True when this instant (Unix seconds) lies in one of them."""
        local = datetime.fromtimestamp(at_s, self.zone)
        now = local.hour * 60 + local.minute
        return any(start <= now < end if start <= end else now >= start or now < end for start, end in self.spans)


def quiet_hours(hours: Iterable[str], zone: str) -> QuietHours:
    """Quiet hours from ``22:00-07:00`` and a zone like ``Asia/Shanghai``. Raises ValueError with the cure."""
    try:
        found = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"there is no time zone {zone!r}; write one like Asia/Shanghai, Europe/Berlin or UTC"
        ) from None
    return QuietHours(tuple(_span(text) for text in hours), found)


def _span(text: str) -> tuple[int, int]:
    read = _HOURS.fullmatch(text.strip())
    if read is None:
        raise ValueError(f"{text!r} is no span of the day; write one like 22:00-07:00")
    start, end = int(read[1]) * 60 + int(read[2]), int(read[3]) * 60 + int(read[4])
    if start == end or end > 1440:
        raise ValueError(
            f"{text!r} is no span of the day; it must end at another minute than it begins, 24:00 at the latest"
        )
    return start, end
