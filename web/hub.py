"""The fan-out: judged lines in, ready-made frames out to every overlay and feed page. Pure: `advance(now_s)` is its clock.

One frame is encoded once a room and tick, whoever many look. A frame is a JSON object: ``live`` (the engine turns),
``show`` (lines), ``hide`` (ids), ``clear`` (take everything off), ``snapshot`` (feed pages, first frame: the lines shown
before). A screen that hears nothing for STALE_S treats that as ``live: false``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from streams.events import RoomKey
from web.screen import FeedLine, Screen, ShownLine, shown_line

__all__ = ["STALE_S", "FeedLine", "Hub", "ShownLine", "Viewer"]

STALE_S = 5.0
"""Without a beat of the engine for so long, nothing new is shown."""
PULSE_S = 1.0
"""A room without news tells its viewers every so often that it lives."""
QUEUE_BYTES = 1 << 20
"""Frames waiting for one viewer; a viewer that lets more pile up is dropped."""
QUEUE_FRAMES = 512
AGAIN_WITHIN_S = 60.0
"""A line so old still fits into what people talk about."""
AGAIN_KEPT = 20
"""So many lines of a room that were wrongly deleted are listed again."""

_encode = msgspec.json.Encoder().encode


class Viewer:
    """One socket's end of the fan-out.

    ``wake`` is called when there is something to take, ``drop`` once when the viewer fell too far behind or its room
    closed; neither may block. ``feed`` tells a feed page from an overlay.
    """

    def __init__(self, room: RoomKey, wake: Callable[[], None], drop: Callable[[], None], *, feed: bool) -> None:
        self.room = room
        self.feed = feed
        self.dropped = False
        self._wake = wake
        self._drop = drop
        self._frames: deque[str] = deque()
        self._size = 0

    def push(self, frame: str) -> None:
        """Queue one frame, or drop the viewer."""
        if self.dropped:
            return
        if self._size + len(frame) > QUEUE_BYTES or len(self._frames) >= QUEUE_FRAMES:
            self.end()
            return
        self._frames.append(frame)
        self._size += len(frame)
        self._wake()

    def take(self) -> list[str]:
        """Everything queued, oldest first."""
        frames = list(self._frames)
        self._frames.clear()
        self._size = 0
        return frames

    def end(self) -> None:
        """No more frames for this viewer."""
        if not self.dropped:
            self.dropped = True
            self.take()
            self._drop()


class Hub:
    """Every open room's screen and viewers. ``clock`` is Unix time that never steps back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._screens: dict[RoomKey, Screen] = {}
        self._viewers: dict[RoomKey, set[Viewer]] = {}
        self._beat_s: float | None = None
        self._told: dict[RoomKey, tuple[bool, float]] = {}
        self._stirring: set[RoomKey] = set()
        """Rooms with something to release, to tell, or somebody to tell it: of thousands, few have any."""
        self._live = False
        self._again: dict[RoomKey, dict[str, ShownLine]] = {}

    @property
    def live(self) -> bool:
        """True while the engine beats, as of the last `advance`."""
        return self._live

    @property
    def viewers(self) -> int:
        """How many sockets look at any room."""
        return sum(map(len, self._viewers.values()))

    @property
    def overlays(self) -> int:
        """How many of them are overlays."""
        return sum(not viewer.feed for viewers in self._viewers.values() for viewer in viewers)

    def open_room(self, room: RoomKey) -> None:
        """Have a screen for this room; opening it twice changes nothing."""
        self._screens.setdefault(room, Screen())
        self._viewers.setdefault(room, set())

    def close_room(self, room: RoomKey) -> None:
        """Forget the room and end its viewers."""
        self._screens.pop(room, None)
        self._again.pop(room, None)
        self._told.pop(room, None)
        self._stirring.discard(room)
        for viewer in self._viewers.pop(room, set()):
            viewer.end()

    def judged(self, line: FeedLine, hold_s: float | None) -> None:
        """A verdict fell: show the line ``hold_s`` seconds from now, or never (None). A closed room shows nothing."""
        screen = self._stir(line.room)
        if screen is None:
            return
        if hold_s is None:
            screen.keep_off(line.id)
        else:
            screen.hold(line, self._clock() + hold_s)

    def hide(self, room: RoomKey, message_ids: Iterable[str]) -> None:
        """Decided later: cancel these lines in the hold, take them off screens and feed."""
        if screen := self._stir(room):
            screen.hide(message_ids)

    def hide_sender(self, room: RoomKey, sender_key: str) -> None:
        """Hide every known line of a sender."""
        if screen := self._stir(room):
            screen.hide_sender(sender_key)

    def clear(self, room: RoomKey) -> None:
        """Take everything off this room's screens, the hold included."""
        if screen := self._stir(room):
            screen.clear()

    def pause(self, room: RoomKey) -> None:
        """Show nothing new in this room, until `resume`; what is shown stays."""
        if screen := self._stir(room):
            screen.paused = True

    def resume(self, room: RoomKey) -> None:
        """Go on showing, with what is fresh."""
        if screen := self._stir(room):
            screen.resume(self._clock())

    def paused(self, room: RoomKey) -> bool:
        """True while somebody has paused this room's screens."""
        screen = self._screens.get(room)
        return screen is not None and screen.paused

    def lines(self, room: RoomKey) -> tuple[ShownLine, ...]:
        """The last shown lines of a room, oldest first."""
        screen = self._screens.get(room)
        return screen.lines if screen else ()

    def line(self, room: RoomKey, message_id: str) -> ShownLine | None:
        """A line that is on the feed now, None for anything else."""
        screen = self._screens.get(room)
        return screen.line(message_id) if screen else None

    def show_again(self, line: FeedLine) -> None:
        """A line that was deleted and should not have been: the feed page lists it apart, and says so. The overlay never
        shows it, for the moment it was said in is over. The last few of each room are kept while danmod runs."""
        kept = self._again.setdefault(line.room, {})
        kept[line.id] = shown_line(line)
        if len(kept) > AGAIN_KEPT:
            del kept[next(iter(kept))]

    def take_back(self, line: FeedLine) -> None:
        """A line was hidden and should not have been: while its moment lasts the screens show it, afterwards the feed page
        lists it apart."""
        screen = self._stir(line.room)
        if screen is None or not screen.unhide(line.id):
            return
        if self._clock() - line.at_s <= AGAIN_WITHIN_S:
            screen.hold(line, self._clock())
        else:
            self.show_again(line)

    def again(self, room: RoomKey) -> tuple[ShownLine, ...]:
        """The lines of a room that are shown again, oldest first."""
        return tuple(self._again.get(room, {}).values())

    def beat(self, now_s: float) -> None:
        """The engine finished a turn."""
        self._beat_s = now_s

    def attach(
        self, room: RoomKey, wake: Callable[[], None], drop: Callable[[], None], *, feed: bool = False
    ) -> Viewer | None:
        """Let somebody look, from the next frame on; a feed page first gets what is on the feed. None: no such room."""
        if self._stir(room) is None:
            return None
        viewer = Viewer(room, wake, drop, feed=feed)
        self._viewers[room].add(viewer)
        first: dict[str, object] = {"live": self._live}
        viewer.push(_frame({**first, "snapshot": self.lines(room)} if feed else first))
        return viewer

    def detach(self, viewer: Viewer) -> None:
        """Nobody looks there any more."""
        self._viewers.get(viewer.room, set()).discard(viewer)

    def advance(self, now_s: float) -> None:
        """Release what is due and tell every viewer what changed. Without the engine's beat nothing is released."""
        self._live = self._beat_s is not None and now_s - self._beat_s <= STALE_S
        for room in tuple(self._stirring):
            self._advance_room(room, self._screens[room], now_s)
            if not self._viewers[room] and not self._screens[room].stirs:
                self._stirring.discard(room)
                self._told.pop(room, None)

    def _stir(self, room: RoomKey) -> Screen | None:
        """The room's screen, to be looked at in the next tick; None for a room that is not open."""
        screen = self._screens.get(room)
        if screen is not None:
            self._stirring.add(room)
        return screen

    def _advance_room(self, room: RoomKey, screen: Screen, now_s: float) -> None:
        changed = screen.changed(now_s if self._live else None)
        told_live, told_s = self._told.get(room, (None, 0.0))
        if not changed and told_live == self._live and now_s - told_s < PULSE_S:
            return
        self._told[room] = (self._live, now_s)
        if self._viewers[room]:
            frame = _frame({"live": self._live, **_parts(changed.show, changed.hide, changed.clear)})
            self._send(room, frame)

    def _send(self, room: RoomKey, frame: str) -> None:
        for viewer in tuple(self._viewers[room]):
            viewer.push(frame)
            if viewer.dropped:
                self.detach(viewer)


def _parts(show: tuple[ShownLine, ...], hide: tuple[str, ...], clear: bool) -> dict[str, object]:
    parts: dict[str, object] = {"show": show, "hide": hide, "clear": clear}
    return {name: value for name, value in parts.items() if value}


def _frame(parts: dict[str, object]) -> str:
    return _encode(parts).decode()
