"""What a room's chat is told before anything of it is stored: that danmod is here, and where rights are read (norm P1-2).

One line when danmod joins, one more after the first receipt of a stream; neither is repeated for each person, for a notice
that everybody has seen is noise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bot.rooms import WatchedRoom
from cases.catalogue import say
from commands.replies import Reply
from streams.events import FeedState, RoomKey

STREAM = timedelta(hours=12)
"""So long a notice is taken for known in a room."""
SHORT_ABSENCE = timedelta(minutes=10)
"""After no longer an absence a room still knows that danmod is there."""

Tell = Callable[[WatchedRoom, Reply], None]


class Presence:
    """Says both lines at most once a stream. Nothing is said in a dry run, or where danmod cannot speak."""

    def __init__(self, tell: Tell, clock: Callable[[], float], public_url: str) -> None:
        self._tell = tell
        self._clock = clock
        self._url = f"{public_url.rstrip('/')}/rights" if public_url else ""
        self._told: dict[tuple[RoomKey, str], float] = {}

    def begin(self, away: timedelta | None, rooms: list[RoomKey]) -> None:
        """danmod starts after this absence, None: for the first time. After a short one the rooms still know."""
        if away is not None and away <= SHORT_ABSENCE:
            self._told |= {(room, "presence"): self._clock() for room in rooms}

    def seen(self, room: WatchedRoom, state: FeedState) -> None:
        """A room is seen otherwise than before: when it is live, its people learn that danmod is there."""
        if state is FeedState.LIVE:
            self._say(room, "presence")

    def receipt(self, room: WatchedRoom) -> None:
        """Somebody got a receipt: the first one of a stream is followed by where rights are read."""
        self._say(room, "first_receipt")

    def _say(self, room: WatchedRoom, key: str) -> None:
        capabilities, now_s = room.capabilities(), self._clock()
        told_s = self._told.get((room.key, key))
        if room.dry_run or not capabilities.say or (told_s is not None and now_s - told_s < STREAM.total_seconds()):
            return
        self._told[room.key, key] = now_s
        self._tell(room, Reply(say(room.language, f"chat.{key}", capabilities.line_limit, url=self._url), urgent=True))
